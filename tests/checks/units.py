#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What systemd is given: the catalog explains every kind of event, the units are valid and the service is sandboxed.
usage: units.py ROOT PRINT_EVENTS BAMBUD | --self-test"""
import os
import re
import subprocess
import sys
import tempfile

import tree

CATALOG, SERVICE, SOCKET, PATHS = ('systemd/bambud.catalog', 'systemd/bambud.service.in', 'systemd/bambud.socket',
                                   'common/paths.h')
EXPOSURE_MAX = 12  # tenths; reliability.md asks for 1.2
HEADERS = ['Subject', 'Defined-By', 'Documentation']
# Kinds that are not about one printer.
FARM = ('cloud.', 'config.', 'daemon.', 'disk.', 'hook.', 'notification.', 'command.')

# What to do is said: an instruction begins a sentence or a clause, or a command stands in quotes, or nothing is to be done.
VERBS = 'add|check|clear|close|correct|dry|give|have|let|look|make|press|put|read|restart|run|set|sign in|switch|take|wait'
ADVICE = re.compile(r'Nothing (to do|has to be done|can be done)\b|"bambuctl '
                    rf'|(^|[.:;,] |\b(otherwise|else|and|then|or) )({VERBS})\b', re.I)


def entries(text):
    """(line, id, lines of the entry) of each entry of a catalog."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('-- '):
            found.append((number, line[3:].strip(), []))
        elif found:
            found[-1][2].append(line)
    return found


def check_entry(report, number, kind, lines):
    heads = dict(line.split(': ', 1) for line in lines[:lines.index('') if '' in lines else 0] if ': ' in line)
    for name in HEADERS:
        if not heads.get(name):
            report.fail(CATALOG, number, f'{kind} has no {name}:')
    if not any(line.strip() for line in lines[len(heads) + 1:]):
        report.fail(CATALOG, number, f'{kind} is not explained')
    elif not ADVICE.search(' '.join(lines[len(heads) + 1:])):
        report.fail(CATALOG, number, f'{kind} does not say what to do')
    if not kind.startswith(FARM) and '@BAMBU_PRINTER@' not in heads.get('Subject', ''):
        report.fail(CATALOG, number, f'the subject of {kind} does not name the printer')


def check_catalog(report, table):
    kinds = {row.split()[1]: row.split()[0] for row in table.splitlines()}
    seen = set()
    for number, id_, lines in entries(tree.read(report.root, CATALOG)):
        if id_ not in kinds:
            report.fail(CATALOG, number, f'no kind of event has the id {id_}')
        elif id_ in seen:
            report.fail(CATALOG, number, f'{kinds[id_]} stands here twice')
        else:
            check_entry(report, number, kinds[id_], lines)
        seen.add(id_)
    for id_, kind in kinds.items():
        if id_ not in seen:
            report.fail(CATALOG, 1, f'{kind} has no entry: -- {id_}')


def complaint(*command, quiet=True):
    """The last words of a command that failed, or None; quiet: its stderr is a failure, too."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and not (quiet and done.stderr):
        return None
    return ((done.stderr + done.stdout).strip() or 'failed').splitlines()[-1]


def check_units(report, program):
    with tempfile.TemporaryDirectory() as folder:
        # The program must exist where the unit says; systemd-analyze wants the real file names.
        service, socket = os.path.join(folder, 'bambud.service'), os.path.join(folder, 'bambud.socket')
        text = re.sub(r'^(ExecStart=)\S+', lambda m: m.group(1) + program, tree.read(report.root, SERVICE), flags=re.M)
        with open(service, 'w', encoding='utf-8') as f:
            f.write(text)
        with open(socket, 'w', encoding='utf-8') as f:
            f.write(tree.read(report.root, SOCKET))
        said = complaint('systemd-analyze', 'verify', '--man=no', service, socket)
        if said:
            report.fail(SERVICE, 1, f'systemd-analyze verify: {said}')
        said = complaint('systemd-analyze', 'security', '--offline=yes', '--no-pager', f'--threshold={EXPOSURE_MAX}', service,
                         quiet=False)
        if said:
            report.fail(SERVICE, 1, f'exposure above {EXPOSURE_MAX / 10}: {said}')


def check_path(report):
    want = re.search(r'PATHS_SYSTEM_SOCKET "([^"]+)"', tree.read(report.root, PATHS)).group(1)
    listens = re.findall(r'^ListenStream=(.*)$', tree.read(report.root, SOCKET), re.M)
    if listens != [want]:
        report.fail(SOCKET, 1, f'listens at {listens}, clients look at {want}')


def check(report, table, program):
    check_catalog(report, table)
    check_path(report)
    check_units(report, program)


A, B = 'a' * 32, 'b' * 32
TABLE = f'print.paused {A}\ndaemon.started {B}\n'
ENTRY_A = f'-- {A}\nSubject: On @BAMBU_PRINTER@\nDefined-By: x\nDocumentation: man:x(8)\n\nLook at it.\n\n'
ENTRY_B = f'-- {B}\nSubject: Ready\nDefined-By: x\nDocumentation: man:x(8)\n\nNothing to do.\n'
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
GOOD = {CATALOG: '# x\n\n' + ENTRY_A + ENTRY_B, PATHS: '#define PATHS_SYSTEM_SOCKET "/run/bambud/control.sock"\n',
        SERVICE: tree.read(HERE, SERVICE), SOCKET: tree.read(HERE, SOCKET)}
SAMPLES = [
    (None, GOOD),
    (f'daemon.started has no entry: -- {B}', {**GOOD, CATALOG: ENTRY_A}),
    ('no kind of event has the id ccc', {**GOOD, CATALOG: ENTRY_A + ENTRY_B + '\n-- ccc\nSubject: x\n\nx\n'}),
    ('print.paused stands here twice', {**GOOD, CATALOG: ENTRY_A + ENTRY_A + ENTRY_B}),
    ('print.paused has no Documentation:', {**GOOD, CATALOG: ENTRY_A.replace('Documentation: man:x(8)\n', '') + ENTRY_B}),
    ('print.paused is not explained', {**GOOD, CATALOG: ENTRY_A.replace('Look at it.\n', '') + ENTRY_B}),
    ('print.paused does not say what to do', {**GOOD, CATALOG: ENTRY_A.replace('Look at it.', 'It is paused.') + ENTRY_B}),
    ('does not name the printer', {**GOOD, CATALOG: ENTRY_A.replace('@BAMBU_PRINTER@', 'it') + ENTRY_B}),
    ('clients look at /run/bambud/control.sock', {**GOOD, SOCKET: GOOD[SOCKET].replace('/control', '/other')}),
    ('exposure above 1.2', {**GOOD, SERVICE: GOOD[SERVICE].replace('ProtectHome=yes', 'ProtectHome=no')}),
    ('systemd-analyze verify', {**GOOD, SERVICE: GOOD[SERVICE].replace('WatchdogSec=30', 'WatchdogSec=often')}),
]


def main():
    if sys.argv[1:2] == ['--self-test']:
        return tree.self_test(lambda report: check(report, TABLE, '/bin/true'), SAMPLES)
    root, print_events, bambud = sys.argv[1:4]
    report = tree.Report(root)
    table = subprocess.run([print_events], capture_output=True, text=True, check=True).stdout
    check(report, table, os.path.abspath(bambud))
    return report.finish(f'exposure at most {EXPOSURE_MAX / 10}')


if __name__ == '__main__':
    sys.exit(main())
