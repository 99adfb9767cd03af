#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of at most 600 lines, functions of 80, headers of 150. usage: sizes.py ROOT | --self-test"""
import re
import statistics

import tree

FILE_MAX, FUNCTION_MAX, HEADER_MAX = 600, 80, 150
# Tables of data: longer than a file of code may be, with the reason.
TABLES = {
    'common/method_table.c': 'one row per socket method',
    'daemon/model/hms_data.c': 'one row per code',
}
NAME = re.compile(r'(\w+)\(')


def functions(lines):
    """(name, line of the opening brace, lines from brace to brace) of each function of formatted C."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line == '}' and start:
            head = start - 1
            while head > 0 and (lines[head - 1].startswith(('\t', ' ')) or not NAME.search(lines[head - 1])):
                head -= 1
            found = NAME.search(lines[head - 1]) if head > 0 else None
            yield (found.group(1) if found else '?'), start, number - start + 1
            start = None


def check(report):
    lengths = []
    for path in tree.files(report.root, '.c', '.h', '.py', '.sh'):
        lines = tree.read(report.root, path).splitlines()
        limit = HEADER_MAX if path.endswith('.h') else FILE_MAX
        if len(lines) > limit and path not in TABLES:
            report.fail(path, limit + 1, f'{len(lines)} lines, at most {limit}')
        if not path.endswith(('.c', '.h')):
            continue
        for name, start, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION_MAX:
                report.fail(path, start, f'{name} has {length} lines, at most {FUNCTION_MAX}')
    if not lengths:
        return None
    lengths.sort()
    return (f'{len(lengths)} functions, median {statistics.median(lengths):g} lines, '
            f'90th percentile {lengths[len(lengths) * 9 // 10]}')


def function(length):
    return 'static int big(\n    int a)\n{\n' + '\treturn 0;\n' * (length - 2) + '}\n'


SAMPLES = [
    (None, {'a.c': function(80) + function(79), 'a.h': 'int x;\n' * 150, 'b.c': 'int x;\n' * 600}),
    (None, {'common/method_table.c': 'int x;\n' * 700}),
    ('a.c:601 601 lines, at most 600', {'a.c': 'int x;\n' * 601}),
    ('a.py:601 601 lines', {'a.py': 'x\n' * 601}),
    ('a.h:151 151 lines, at most 150', {'a.h': 'int x;\n' * 151}),
    ('a.c:3 big has 81 lines, at most 80', {'a.c': function(81)}),
]

if __name__ == '__main__':
    tree.main(check, SAMPLES)
