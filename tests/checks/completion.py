#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the shells are offered is what `bambuctl help` knows: verbs and options, no more and no less.
usage: completion.py ROOT BAMBUCTL | --self-test"""
import json
import os
import subprocess
import sys

import tree

PLACE = 'ctl/complete.c'


def compare(report, what, have, want):
    for word in sorted(want - have):
        report.fail(PLACE, 1, f'{what}: {word} is not offered')
    for word in sorted(have - want):
        report.fail(PLACE, 1, f'{what}: {word} is offered, and help does not know it')


def check_completion(report, said, ask):
    """said: `help --json`; ask(words) -> the candidates for the last of them."""
    verbs = {row['verb']: row for row in said['verbs'] if row['built']}
    compare(report, 'first word', ask(['']), {verb.split()[0] for verb in verbs})
    for first in sorted({verb.split()[0] for verb in verbs if ' ' in verb}):
        offered, seconds = ask([first, '']), {verb.split()[1] for verb in verbs if verb.startswith(first + ' ')}
        # Behind a verb that stands alone as well there may be words of its own.
        compare(report, first, offered & seconds if first in verbs else offered, seconds)
    for verb, row in verbs.items():
        names = {'--' + o['name'] for o in said['options'] + (row['options'] or [])}
        compare(report, verb + ' --', ask(verb.split() + ['--']), names)
    return f'{len(verbs)} verbs'


def asker(bambuctl):
    # Without a daemon: verbs and options are known all the same.
    env = dict(os.environ, BAMBUD_SOCKET='/nonexistent/control.sock')

    def ask(words):
        done = subprocess.run([bambuctl, '__complete', *words], capture_output=True, text=True, env=env, check=False)
        return {line.split('\t')[0] for line in done.stdout.splitlines()}
    return ask


ROW = {'built': True, 'options': []}
SAID = {'options': [{'name': 'json'}],
        'verbs': [{**ROW, 'verb': 'hms', 'options': [{'name': 'all'}]}, {**ROW, 'verb': 'hms text'}, {**ROW, 'verb': 'daemon ping'},
                  {'verb': 'top', 'built': False, 'options': []}]}
OFFERS = {'': 'hms daemon', 'hms ': 'text @all', 'daemon ': 'ping', 'hms --': '--json --all', 'hms text --': '--json',
          'daemon ping --': '--json'}
SAMPLES = [
    (None, {}),
    ('first word: daemon is not offered', {'': 'hms'}),
    ('first word: top is offered', {'': 'hms daemon top'}),
    ('hms: text is not offered', {'hms ': '@all'}),
    ('daemon: stop is offered', {'daemon ': 'ping stop'}),
    ('hms --: --all is not offered', {'hms --': '--json'}),
    ('daemon ping --: --all is offered', {'daemon ping --': '--json --all'}),
]


def self_test():
    wrong = 0
    for want, changed in SAMPLES:
        offers = {**OFFERS, **changed}
        report = tree.Report('.')
        check_completion(report, SAID, lambda words: set(offers[' '.join(words)].split()))
        told = '\n'.join(report.lines)
        if (want is None and told) or (want is not None and (want not in told or len(report.lines) != 1)):
            print(f'FAIL self-test: want {want!r}, got {told!r}')
            wrong = 1
    print('' if wrong else f'ok {len(SAMPLES)} samples')
    return wrong


def main():
    if sys.argv[1:2] == ['--self-test']:
        return self_test()
    root, bambuctl = sys.argv[1:3]
    said = json.loads(subprocess.run([bambuctl, 'help', '--json=short'], capture_output=True, text=True, check=True).stdout)
    report = tree.Report(root)
    return report.finish(check_completion(report, said, asker(bambuctl)))


if __name__ == '__main__':
    sys.exit(main())
