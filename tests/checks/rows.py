#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every fault of the table has a test, and every test named in tests/e2e/ROWS exists. usage: rows.py ROOT | --self-test"""
import os
import re

import tree

ROWS = 'tests/e2e/ROWS'
WANTED = [*range(1, 16), *range(17, 23), 24, 25, 26, 28, 29, 30, 31, 32]
TEST = {'.py': r'^\s*def {}\(self', '.c': r'^static void {}\(void \*\*'}


def check(report):
    seen, count = set(), 0
    for number, line in enumerate(tree.read(report.root, ROWS).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith('#'):
            continue
        if len(words) != 3 or not words[0].isdigit():
            report.fail(ROWS, number, 'is not ROW FILE TEST')
            continue
        row, path, name = words
        pattern = TEST.get(os.path.splitext(path)[1])
        seen.add(int(row))
        count += 1
        if not pattern or not os.path.exists(os.path.join(report.root, path)):
            report.fail(ROWS, number, f'no file of tests: {path}')
        elif not re.search(pattern.format(re.escape(name)), tree.read(report.root, path), re.M):
            report.fail(ROWS, number, f'no test {name} in {path}')
    for row in WANTED:
        if row not in seen:
            report.fail(ROWS, 0, f'row {row} has no test')
    return f'{count} tests of {len(seen)} rows'


GOOD = ''.join(f'{row} t.py test_a\n' for row in WANTED)
SAMPLES = [
    (None, {ROWS: '# head\n\n' + GOOD + '1 t.c rule\n', 't.py': '    def test_a(self):\n', 't.c': 'static void rule(void **state)\n'}),
    ('no test test_b', {ROWS: GOOD + '3 t.py test_b\n', 't.py': 'def test_a(self):\n# test_b\n'}),
    ('no file of tests: u.py', {ROWS: GOOD + '3 u.py test_a\n', 't.py': 'def test_a(self):\n'}),
    ('row 30 has no test', {ROWS: GOOD.replace('30 t.py test_a\n', ''), 't.py': 'def test_a(self):\n'}),
    ('is not ROW FILE TEST', {ROWS: GOOD + 'three t.py test_a\n', 't.py': 'def test_a(self):\n'}),
]

if __name__ == '__main__':
    tree.main(check, SAMPLES)
