# SPDX-License-Identifier: MIT
"""A strict reader of the text exposition format of Prometheus, version 0.0.4."""
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)+)\Z")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)\Z")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|\Z)')
UNQUOTED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class Bad(AssertionError):
    """What is wrong, with the line."""


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match:
            raise Bad(f"labels: {text!r} at {at}")
        name, value, comma = match.groups()
        if name in found or name.startswith("__"):
            raise Bad(f"label twice or reserved: {name}")
        found[name] = re.sub(r'\\[\\"n]', lambda m: UNQUOTED[m.group()], value)
        at = match.end()
        if comma and at == len(text):
            raise Bad(f"comma at the end: {text!r}")
    return found


class Family:
    def __init__(self, name, help_):
        self.name, self.help, self.type, self.samples = name, help_, None, {}


def parse(text):
    """{name: Family}; Family.samples is {frozenset of (label, value): float}. Raises Bad."""
    if not text.endswith("\n") or "\r" in text:
        raise Bad("must end with one newline, without carriage returns")
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            match = HELP.match(line)
            if not match or match.group(1) in families:
                raise Bad(f"HELP: {line!r}")
            family = families[match.group(1)] = Family(*match.groups())
        elif line.startswith("# TYPE "):
            match = TYPE.match(line)
            if not match or not family or match.group(1) != family.name or family.type or family.samples:
                raise Bad(f"TYPE: {line!r}")
            family.type = match.group(2)
        else:
            match = SAMPLE.match(line)
            if not match or not family or not family.type or match.group(1) != family.name:
                raise Bad(f"sample: {line!r}")
            labels = frozenset(labels_of(match.group(2) or "").items())
            if labels in family.samples:
                raise Bad(f"twice: {line!r}")
            family.samples[labels] = float(match.group(3))
    for family in families.values():
        if not family.samples:
            raise Bad(f"{family.name} has no sample")
        if (family.type == "counter") != family.name.endswith("_total"):
            raise Bad(f"{family.name} is a {family.type}")
    return families
