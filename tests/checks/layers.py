#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes go down only, from the source root; headers stand alone. usage: layers.py ROOT | --self-test"""
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import tree

# A folder, and the folders it may include beside itself. Siblings are not named, so they stay strangers.
IO, MODEL = 'daemon/io', 'daemon/model'
L4 = ['daemon/fleet', 'daemon/camera', 'daemon/files', 'daemon/cloud', 'daemon/store']
LAYERS = {
    'common': [],
    'daemon/io': ['common'],
    'daemon/model': ['common'],
    'daemon/fleet': ['common', IO, MODEL],
    'daemon/camera': ['common', IO, MODEL],
    'daemon/files': ['common', IO, MODEL],
    'daemon/cloud': ['common', IO, MODEL],
    'daemon/store': ['common', IO, MODEL],
    'daemon/api': ['common', IO, MODEL] + L4,
    'daemon/bridge': ['common', IO, MODEL] + L4,
    'daemon/video': ['common'],
    'daemon': ['common', IO, MODEL, 'daemon/api', 'daemon/bridge'] + L4,
    'ctl': ['common'],
    'ctl/inspect': ['common'],
    'ctl/show': ['common'],
    'tests/sim': ['common'],
}
# Tests look at everything; what they share lies below tests/ and is included from the root as well.
TESTS = ['tests/unit', 'tests/bench', 'tests/fuzz', 'tests/checks', 'tests/e2e']

# What a folder may not take from outside, with the reason.
FORBIDDEN = {
    'common': (r'event2/|mosquitto\.h|systemd/|curl/', 'common/ has no event loop and no network library'),
    'daemon/model': (r'event2/|mosquitto\.h|systemd/|curl/|sys/socket\.h|common/log\.h',
                     'model/ is pure: no loop, socket or log'),
    'ctl': (r'event2/|mosquitto\.h|systemd/|curl/|openssl/|zip\.h|expat\.h|chafa|turbojpeg', 'bambuctl links json-c and libsmartcols alone'),
    'daemon/api': (r'mosquitto\.h|openssl/', 'the network of printers ends in io/'),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SPDX = 'SPDX-License-Identifier: MIT'


def layer_of(path):
    """The longest folder of the table that holds the file, or None."""
    folder = os.path.dirname(path)
    while folder and folder not in LAYERS and folder not in TESTS:
        folder = os.path.dirname(folder)
    return folder or None


def check_include(report, path, number, kind, target):
    own = layer_of(path)
    pattern, why = FORBIDDEN.get(own, (None, None))
    if pattern and re.search(pattern, target):
        report.fail(path, number, f'may not include {target}: {why}')
        return
    if kind == '<':
        return
    if not os.path.exists(os.path.join(report.root, target)):
        report.fail(path, number, f'"{target}" is not a path from the source root')
        return
    other = layer_of(target)
    if own not in TESTS and other != own and other not in LAYERS.get(own, []):
        report.fail(path, number, f'{own}/ may not include {target}')


def check_start(report, path, lines):
    if len(lines) < 2 or lines[0] != f'/* {SPDX} */':
        report.fail(path, 1, f'the first line is not /* {SPDX} */')
    elif not lines[1].startswith('/* ') or len(lines[1]) < 10:
        report.fail(path, 2, 'the second line does not say what the file is for')
    elif path.endswith('.h') and '#pragma once' not in lines:
        report.fail(path, 1, 'no #pragma once')


def check_script(report, path, lines):
    if SPDX not in ''.join(lines[:2]) and any(lines):
        report.fail(path, 1, f'neither of the first two lines holds {SPDX}')


def check_alone(report, path):
    """gcc's complaint when the header does not compile by itself, or None."""
    command = [os.environ.get('CC', 'cc'), '-std=gnu11', '-D_GNU_SOURCE', '-fsyntax-only', '-I', report.root, '-include',
               os.path.join(report.root, path), '-x', 'c', '/dev/null']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if 'error' in line]
    return (errors or [done.stderr])[0].split('error:')[-1].strip()


def check(report):
    sources = tree.files(report.root, '.c', '.h')
    for path in sources:
        lines = tree.read(report.root, path).splitlines()
        check_start(report, path, lines)
        if layer_of(path) is None:
            report.fail(path, 1, 'the folder is not in the table of layers')
            continue
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if found:
                check_include(report, path, number, *found.groups())
    for path in tree.files(report.root, '.py', '.sh', 'meson_options.txt'):
        check_script(report, path, tree.read(report.root, path).splitlines())
    headers = [path for path in sources if path.endswith('.h')]
    with ThreadPoolExecutor(2) as pool:
        for path, why in zip(headers, pool.map(lambda p: check_alone(report, p), headers)):
            if why:
                report.fail(path, 1, f'does not compile alone: {why}')
    return f'{len(sources)} files, {len(headers)} headers alone'


def source(*lines):
    return '\n'.join((f'/* {SPDX} */', '/* What this is for. */') + lines) + '\n'


def header(*lines):
    return source('#pragma once', *lines)


SAMPLES = [
    (None, {'common/a.h': header(), 'daemon/io/b.h': header('#include "common/a.h"'),
            'daemon/fleet/c.c': source('#include "daemon/io/b.h"', '#include <event2/event.h>'),
            'daemon/main.c': source('#include "daemon/io/b.h"'), 'tests/unit/io/t.c': source('#include "daemon/io/b.h"')}),
    ('common/ may not include daemon/io/b.h', {'daemon/io/b.h': header(), 'common/a.c': source('#include "daemon/io/b.h"')}),
    ('daemon/io/ may not include daemon/model/m.h',
     {'daemon/model/m.h': header(), 'daemon/io/a.c': source('#include "daemon/model/m.h"')}),
    ('daemon/camera/ may not include daemon/fleet/f.h',
     {'daemon/fleet/f.h': header(), 'daemon/camera/a.c': source('#include "daemon/fleet/f.h"')}),
    ('daemon/api/ may not include daemon/d.h', {'daemon/d.h': header(), 'daemon/api/a.c': source('#include "daemon/d.h"')}),
    ('daemon/bridge/ may not include daemon/api/a.h',
     {'daemon/api/a.h': header(), 'daemon/bridge/b.c': source('#include "daemon/api/a.h"')}),
    ('ctl/ may not include daemon/d.h', {'daemon/d.h': header(), 'ctl/a.c': source('#  include "daemon/d.h"')}),
    ('tests/sim/ may not include daemon/d.h', {'daemon/d.h': header(), 'tests/sim/a.c': source('#include "daemon/d.h"')}),
    ('model/ is pure', {'daemon/model/a.c': source('#include <event2/event.h>')}),
    ('a.c:3 "a.h" is not a path from the source root', {'common/a.h': header(), 'common/a.c': source('#include "a.h"')}),
    ('not a path from the source root', {'common/a.h': header(), 'common/b/c.c': source('#include "../a.h"')}),
    ('not in the table', {'extra/a.c': source()}),
    ('a.h:1 does not compile alone', {'common/a.h': header('size_t count(void);')}),
    ('no #pragma once', {'common/a.h': source()}),
    ('the first line is not', {'common/a.c': '/* What. */\n'}),
    ('does not say what the file is for', {'common/a.c': f'/* {SPDX} */\n#include <stdio.h>\n'}),
    ('neither of the first two lines', {'tests/a.py': 'print(1)\n'}),
]

if __name__ == '__main__':
    tree.main(check, SAMPLES)
