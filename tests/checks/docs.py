#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the texts say is so: commands, options, files and keys they name exist; nothing stands in them that belongs to one
machine. usage: docs.py ROOT BAMBUD BAMBUCTL PRINT_CONF | --self-test"""
import glob
import json
import os
import re
import subprocess
import sys

import tree

TEXTS = ['README.md', 'HACKING.md', 'NEWS']
MANUAL = ('.1', '.5', '.7', '.8')
CONF = 'conf/bambud.conf'
SELF = 'tests/checks/docs.py'
FOLDERS = r'(?:common|conf|ctl|daemon|systemd|tests)'

# Places of one machine, of one person, or left to be filled in.
FORBIDDEN = [
    (re.compile(r'(?<![\w.])/(?:work|root|mnt)/\w'), 'a path of one machine'),
    (re.compile(r'(?<![\w.])/home/(?!me\b|user\b)\w+'), 'a path of one person'),
    (re.compile(r'(?<![\w.])/tmp/b-\w+'), 'a build folder of one machine'),
    (re.compile(r'[A-Z]+_GO_HERE'), 'a place left to be filled in'),
]
TODO = re.compile(r'\b(?:TODO|FIXME|XXX)\b')
# Commands in code blocks and in inline code.
COMMAND = re.compile(r'(?:^\s*(?:\$ )?|`)(bambuctl|bambud)((?: [^`\n|;&]*)?)', re.M)
# The same in a man page: quoted, displayed, or in an example.
QUOTED = re.compile(r'^\.[DQ]l (?:[$#] )?(bambuctl|bambud)((?: [^\n|;&]*)?)', re.M)
EXAMPLE = re.compile(r'(?:^[$#] |\| |\(|^if )(bambuctl|bambud)((?: [^\n|;&)]*)?)', re.M)
LITERAL = re.compile(r'^\.Bd -literal.*?^\.Ed$', re.M | re.S)
PATH = re.compile(r'(?<![\w/.-])(' + FOLDERS + r'/[\w*./{},-]*[\w*}])')


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def check_words(report, path, text, hacking):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in FORBIDDEN:
            found = pattern.search(line)
            if found:
                report.fail(path, number, f'{why}: {found.group(0)}')
        if TODO.search(line) and path != 'HACKING.md' and not any(path in h and TODO.search(h) for h in hacking):
            report.fail(path, number, 'a TODO that HACKING.md does not name with this file')


def check_command(report, path, number, program, words, known):
    verbs, options = known[program]
    words = words.split('#')[0].split()
    for word in words:
        name = word.split('=')[0]
        if name.startswith('--') and name not in options:
            report.fail(path, number, f'{program} has no option {name}')
    verb = next((w for w in words if not w.startswith('-')), None)
    # A placeholder (NAME), a value of an option or prose ends the command.
    if verbs is not None and verb and words[0] == verb and re.fullmatch(r'[a-z][a-z-]*', verb) and verb not in verbs:
        report.fail(path, number, f'bambuctl has no verb {verb}')


def check_text(report, path, text, known):
    for found in COMMAND.finditer(text):
        is_prose = text[found.start()] != '`' and not in_block(text, found.start(1))
        if not is_prose:
            check_command(report, path, line_of(text, found.start(1)), *found.groups(), known)
    for found in PATH.finditer(text):
        pattern = re.sub(r'\{[^}]*\}', '*', found.group(1))
        # The installed name of a man page or an example of a file to come is no file of ours.
        if not glob.glob(os.path.join(report.root, pattern)) and not glob.glob(os.path.join(report.root, pattern + '.[ch]')):
            report.fail(path, line_of(text, found.start(1)), f'there is no {found.group(1)}')


def check_manual(report, path, text, known):
    for found in QUOTED.finditer(text):
        check_command(report, path, line_of(text, found.start()), *found.groups(), known)
    for block in LITERAL.finditer(text):
        for found in EXAMPLE.finditer(block.group(0)):
            check_command(report, path, line_of(text, block.start() + found.start(1)), *found.groups(), known)


def in_block(text, offset):
    """Whether the offset lies between ``` fences."""
    return text.count('\n```', 0, offset) % 2 == 1


def check_conf(report, want):
    have = tree.read(report.root, CONF) if os.path.exists(os.path.join(report.root, CONF)) else ''
    for number, (a, b) in enumerate(zip(have.splitlines() + [''], want.splitlines() + ['']), 1):
        if a != b:
            report.fail(CONF, number, f'the table of keys says "{b}"')
            return
    if have != want:
        report.fail(CONF, 1, 'differs in length from the table of keys')


def check_tree(report, known, conf):
    hacking_path = os.path.join(report.root, 'HACKING.md')
    hacking = tree.read(report.root, 'HACKING.md').splitlines() if os.path.exists(hacking_path) else []
    for path in tree.files(report.root, '.c', '.h', '.py', '.sh', '.md', '.conf', 'meson.build', 'NEWS', '.in', *MANUAL):
        if path != SELF:
            check_words(report, path, tree.read(report.root, path), hacking)
    for path in TEXTS:
        if os.path.exists(os.path.join(report.root, path)):
            check_text(report, path, tree.read(report.root, path), known)
    for path in tree.files(report.root, *MANUAL):
        check_manual(report, path, tree.read(report.root, path), known)
    check_conf(report, conf)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def ask_programs(bambud, bambuctl):
    """program -> (verbs or None, options)."""
    said = json.loads(run(bambuctl, 'help', '--json=short'))
    verbs = {row['verb'].split()[0] for row in said['verbs']}
    options = {'--' + row['name'] for row in said['options']}
    options |= {'--' + o['name'] for row in said['verbs'] for o in row.get('options') or []}
    return {'bambuctl': (verbs, options), 'bambud': (None, set(re.findall(r'--[a-z-]+', run(bambud, '--help'))))}


def check_loads(report, bambud):
    """The file as it is shipped must be read without a word."""
    done = subprocess.run([bambud, '--check-config', '--config', os.path.join(report.root, CONF), '--state-dir', '/nonexistent',
                           '--socket', '/nonexistent/s'], capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        report.fail(CONF, 1, f'bambud --check-config ends with {done.returncode}: {done.stderr.strip()}')


KNOWN = {'bambuctl': ({'list', 'status'}, {'--json'}), 'bambud': (None, {'--config'})}
GOOD = {CONF: '#A=1\n', 'tests/a.sh': 'x\n', 'daemon/a.c': '/* in /tmp/x */\n',
        'README.md': 'Run `bambuctl status NAME` or `bambud --config FILE`, see `tests/a.sh`, daemon/a.\n'
                     '```\n$ bambuctl list --json   # all\n$ bambuctl\n```\nThen bambuctl knows.\n'}
MAN = '.Ql bambuctl status NAME\n.Bd -literal\n$ bambud --config FILE\nx=$(bambuctl list --json) | cat\n.Ed\nBut bambuctl knows.\n'
SAMPLES = [
    (None, GOOD),
    (None, {**GOOD, 'daemon/a.c': '/* TODO cut */\n', 'HACKING.md': 'TODO in daemon/a.c: cut\n'}),
    ('README.md:1 bambuctl has no verb dance', {**GOOD, 'README.md': 'Run `bambuctl dance`.\n'}),
    ('README.md:3 bambuctl has no verb sing', {**GOOD, 'README.md': 'So:\n```\n$ bambuctl sing\n```\n'}),
    ('bambud has no option --loud', {**GOOD, 'README.md': '`bambud --loud`\n'}),
    ('there is no tests/none.sh', {**GOOD, 'README.md': 'See tests/none.sh.\n'}),
    ('conf/bambud.conf:1 the table of keys says "#A=1"', {**GOOD, CONF: '#A=2\n'}),
    ('conf/bambud.conf:2 the table of keys says ""', {**GOOD, CONF: '#A=1\n#B=2\n'}),
    ('a TODO that HACKING.md does not name', {**GOOD, 'daemon/a.c': '/* TODO cut */\n'}),
    ('a path of one machine', {**GOOD, 'daemon/a.c': '/* see /mnt/x */\n'}),
    ('a path of one person', {**GOOD, 'NEWS': 'in /home/someone\n'}),
    ('a place left to be filled in', {**GOOD, 'HACKING.md': 'TRAPS_GO_HERE\n'}),
    (None, {**GOOD, 'ctl/x.1': MAN}),
    ('ctl/x.1:1 bambuctl has no verb hum', {**GOOD, 'ctl/x.1': MAN.replace('status NAME', 'hum')}),
    ('ctl/x.1:3 bambud has no option --loud', {**GOOD, 'ctl/x.1': MAN.replace('--config', '--loud')}),
    ('ctl/x.1:4 bambuctl has no verb hum', {**GOOD, 'ctl/x.1': MAN.replace('list --json', 'hum')}),
    ('a path of one machine', {**GOOD, 'ctl/x.1': MAN + '.Pa /mnt/x\n'}),
]


def main():
    if sys.argv[1:2] == ['--self-test']:
        return tree.self_test(lambda report: check_tree(report, KNOWN, '#A=1\n'), SAMPLES)
    root, bambud, bambuctl, print_conf = sys.argv[1:5]
    report = tree.Report(root)
    check_tree(report, ask_programs(bambud, bambuctl), run(print_conf))
    check_loads(report, bambud)
    return report.finish()


if __name__ == '__main__':
    sys.exit(main())
