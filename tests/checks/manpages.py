#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The man pages say what the tables say: every option, key, verb, method, error, event and field, and nothing else.
usage: manpages.py ROOT BAMBUD BAMBUCTL PRINT_TABLES [--write] | --self-test

A page holds regions between a marker and `.\\" end`. `.\\" table: NAME` is written by --write and compared line by line.
`.\\" items: NAME` is the inside of a list: each entry begins with lines that the tables give (--write corrects those of
entries that are there), and goes on in words of its own, which no entry may lack."""
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap

import tree

BAMBUD, CONF, BAMBUCTL, PROTOCOL = 'daemon/bambud.8', 'daemon/bambud.conf.5', 'ctl/bambuctl.1', 'common/bambud-protocol.7'
MARKER = re.compile(r'\.\\" (table|items): (\S+)$')
END = '.\\" end'
MACROS = {'Ar', 'Cm', 'Fl', 'Ic', 'Ns', 'Oo', 'Oc', 'Pq', ',', '='}
CONTROL = ('until', 'timeout_ms', 'dry_run', 'many', 'confirm')


def text(s):
    """A line of running text."""
    s = s.replace('\\', '\\e')
    return ('\\&' if s[:1] in ('.', "'") else '') + s


def sentence(s):
    return text(s[0].upper() + s[1:]) + ('' if s.endswith('.') else '.')


def fill(words):
    return textwrap.wrap(', '.join(words) + '.', 78, break_on_hyphens=False)


# ---- what the tables give: the first lines of an entry, or a whole list ----

def option_head(o):
    head = f".It Fl {o['letter']} , Fl -{o['name']}" if o.get('letter') else f".It Fl -{o['name']}"
    if o['value']:
        head += f" Ns Oo = Ns Ar {o['value']} Oc" if o.get('value_optional') else f" Ar {o['value']}"
    return [head]


def usage_macros(usage):
    """The arguments of a verb as arguments of .It."""
    words = []
    for word in usage.split():
        opened, closed = word.startswith('['), word.endswith((']', ']...'))
        more = word.endswith(']...')
        bare = word.removeprefix('[').removesuffix('...' if more else '').removesuffix(']')
        words += ['Oo'] if opened else []
        if bare == '|':
            words += [bare]
        elif bare.startswith('-') and bare != '-':
            words += ['Fl', bare[1:]]
        else:
            words += ['Ar' if bare[:1].isupper() or bare == '-' else 'Cm', bare]
        words += ['Oc'] if closed else []
        words += ['Ns', '...'] if more else []
    return ' '.join(words)


def verb_head(v):
    return [f".It Cm {v['verb']} {usage_macros(v['usage'])}".rstrip()]


def kind_of_value(k):
    kinds = {'string': 'Text', 'words': 'A list of words', 'path': 'A path', 'secret': 'A secret', 'serial': 'A serial number',
             'host': 'An address or a host name', 'hex': '64 hexadecimal digits', 'bool': 'Yes or no'}
    if k['values'] and k['type'] in ('enum', 'bool'):
        return 'One of ' + ', '.join(k['values'].split('|'))
    if k['type'] in ('int', 'port'):
        bounds = k['values'].removeprefix('off|')
        return 'A number, ' + bounds.replace('..', ' to ') + (', or off' if bounds != k['values'] else '')
    if k['type'] == 'time':
        return 'A time, ' + k['values'].replace('..', ' to ')
    return kinds[k['type']]


def key_head(k):
    when = '' if not k['built'] else '; taken at a reload' if k['reloadable'] else '; taken at the next start'
    preset = f" Ns Ar {k['preset']}" if k['preset'] else ''
    return [f".It Ic {k['name']} Ns ={preset}", kind_of_value(k) + when + '.']


def param_lines(p):
    limits = ' , {} to {}'.format(*(int(n) if n == int(n) else n for n in (p['min'], p['max']))) if 'min' in p else ''
    yield f".It Ar {p['name']} Pq {p['type']}{limits}{' , needed' if p['required'] else ''}"
    words = ': ' + ', '.join(p['words']) if p['words'] else ''
    yield text(p['help'] + words)


def method_head(m):
    own = [p for p in m['params'] if p['name'] not in CONTROL]
    lines = [f".It Ic {m['name']} Pq {m['perm']}{' , confirm' if m['confirm'] else ''}", sentence(m['help'])]
    if own:
        lines += ['.Bl -tag -width timeout_ms -compact'] + [line for p in own for line in param_lines(p)] + ['.El']
    return lines


def listed(rows, width):
    return [f'.Bl -tag -width {width}'] + [line for row in rows for line in row] + ['.El']


def exit_table(errors):
    rows = []
    for status in sorted({e['exit'] for e in errors}):
        rows.append([f'.It {status}'])
        for e in errors:
            if e['exit'] == status:
                rows[-1] += [f".Er {e['type']} :", text(e['text'])]
    return ['.Bl -tag -width Ds', '.It 0', 'All went well.'] + [line for row in rows for line in row] + ['.El']


def status_table(keys):
    return listed([[f".It Va {k['path']} Pq {k['type']}{' , ' + k['unit'] if k['unit'] else ''}", text(k['help'])]
                   for k in keys], 'Ds')


def missing(names):
    """No section where nothing is."""
    return {'missing': ('table', fill(names))} if names else {}


def wanted(tables, ctl, bambud_help, log_source):
    """page -> region -> ('table', lines) or ('items', heads)."""
    options = [{'name': n, 'value': v} for n, v in re.findall(r'^  --([a-z-]+)(?: ([A-Z]+))? ', bambud_help, re.M)]
    verbs, keys = ctl['verbs'], tables['config']
    all_options = ctl['options'] + [o for v in verbs for o in v['options']]
    methods = tables['methods']
    conf = {'sections': ('items', [[f".It Bq {s['name']}{' Ar NAME' if s['named'] else ''}"] for s in tables['sections']])}
    for section in dict.fromkeys(k['section'] for k in keys):
        for name, built in (section, True), (section + '-later', False):
            heads = [key_head(k) for k in keys if k['section'] == section and k['built'] == built]
            conf.update({name: ('items', heads)} if heads else {})
    return {
        BAMBUD: {'options': ('items', [option_head(o) for o in options]),
                 'fields': ('items', [[f'.It Va {name}'] for name in re.findall(r'"((?:BAMBU|MESSAGE)_[A-Z]+)"', log_source)]),
                 'links': ('items', [[f'.It Cm {word}'] for word in tables['links']])},
        CONF: conf,
        BAMBUCTL: {
            'verbs': ('items', [verb_head(v) for v in verbs if v['built']]),
            **missing([v['verb'] for v in verbs if not v['built']]),
            'options': ('items', list({o['name']: option_head(o) for o in all_options}.values())),
            'columns': ('table', listed([[f".It Cm {v['verb']}", *fill(v['columns'])] for v in verbs
                                         if v['built'] and v['columns']], 'Ds')),
            'exit': ('table', exit_table(tables['errors'])),
        },
        PROTOCOL: {
            'methods': ('items', [method_head(m) for m in methods if m['built']]),
            **missing([m['name'] for m in methods if not m['built']]),
            'errors': ('table', listed([[f".It Er {e['type']} Pq {e['code']}", text(e['text'])] for e in tables['errors']], 'Ds')),
            'events': ('table', listed([[f".It Ic {e['kind']} Pq {e['level']}{' , kept' if e['kept'] else ''}", sentence(e['help'])]
                                        for e in tables['events']], 'Ds')),
            'metrics': ('table', listed([[f".It Va {f['name']} Pq {f['type']}", sentence(f['help'])]
                                         for f in tables['metrics']], 'Ds')),
            'status': ('table', status_table(tables['status'])),
        },
    }


# ---- a page against them ----

def name_of(head):
    """What an entry is about: the long name of an option, else the words up to the next macro."""
    words = head.split()[1:]
    long = [w for w in words if re.fullmatch(r'-[a-z][a-z-]*', w)] if words[0] == 'Fl' else []
    if long:
        return '-' + long[0]
    named = []
    for word in words[1:]:
        if word in MACROS:
            break
        named.append(word)
    return ' '.join(named)


class Region:
    """kind, name, and [first, last) as indices of lines, markers left out."""

    def __init__(self, kind, name, first, last):
        self.kind, self.name, self.first, self.last = kind, name, first, last


def regions(lines):
    found = None
    for number, line in enumerate(lines):
        opening = MARKER.match(line)
        if opening:
            found = Region(*opening.groups(), number + 1, number + 1)
        elif line == END and found:
            found.last = number
            yield found
            found = None


def entries(lines, region):
    """[start, end) of each entry of the list; those of inner lists belong to it."""
    depth, starts = 0, []
    for number in range(region.first, region.last):
        line = lines[number]
        depth += line.startswith('.Bl') - line.startswith('.El')
        if depth == 0 and line.startswith('.It'):
            starts.append(number)
    return list(zip(starts, starts[1:] + [region.last]))


def check_table(report, page, lines, region, want):
    have = lines[region.first:region.last]
    for number in range(max(len(have), len(want))):
        a = have[number] if number < len(have) else ''
        b = want[number] if number < len(want) else ''
        if a != b:
            report.fail(page, region.first + number + 1, f'table {region.name}: "{a}", the program says "{b}"')
            return


def check_entry(report, page, lines, entry, head):
    start, end = entry
    for number, want in enumerate(head):
        have = lines[start + number] if start + number < end else ''
        if have != want:
            report.fail(page, start + number + 1, f'"{have}", the program says "{want}"')
            return
    if not any(line and not line.startswith('.\\"') for line in lines[start + len(head):end]):
        report.fail(page, start + 1, f'nothing is said of {name_of(head[0])}')


def check_items(report, page, lines, name, places, heads):
    left = {name_of(head[0]): head for head in heads}
    names = set(left)
    for region in places:
        for entry in entries(lines, region):
            about = name_of(lines[entry[0]])
            if about not in names:
                report.fail(page, entry[0] + 1, f'{name}: the program has no {about}')
            elif about not in left:
                report.fail(page, entry[0] + 1, f'{name}: {about} is there twice')
            else:
                check_entry(report, page, lines, entry, left.pop(about))
    for about, head in left.items():
        report.fail(page, places[0].first, f'{name}: no entry for {about}, which begins: {" / ".join(head)}')


def check_page(report, page, want):
    path = os.path.join(report.root, page)
    if not os.path.exists(path):
        report.fail(page, 1, 'there is no such page')
        return
    lines = tree.read(report.root, page).splitlines()
    found = list(regions(lines))
    for region in found:
        if (region.kind, region.name) not in {(kind, name) for name, (kind, _) in want.items()}:
            report.fail(page, region.first, f'the checks know no {region.kind} {region.name}')
    for name, (kind, rows) in want.items():
        places = [r for r in found if (r.kind, r.name) == (kind, name)]
        if not places:
            report.fail(page, 1, f'no {kind} {name}')
        elif kind == 'items':
            check_items(report, page, lines, name, places, rows)
        else:
            check_table(report, page, lines, places[0], rows)


def head_length(lines, region, entry, head):
    """How many lines of an entry are the tables': the parameters of a method are a list of their own."""
    third = entry[0] + 2
    if region.name == 'methods' and third < entry[1] and lines[third].startswith('.Bl -tag -width timeout_ms'):
        return lines.index('.El', third) + 1 - entry[0]
    return min(len(head), 2)


def write_page(root, page, want):
    lines = tree.read(root, page).splitlines()
    for region in reversed(list(regions(lines))):
        kind, rows = want.get(region.name, (None, None))
        if kind == 'table':
            lines[region.first:region.last] = rows
            continue
        heads = {name_of(head[0]): head for head in rows or []}
        for entry in reversed(entries(lines, region)):
            head = heads.get(name_of(lines[entry[0]]))
            if head:
                lines[entry[0]:entry[0] + head_length(lines, region, entry, head)] = head
    with open(os.path.join(root, page), 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')


def check_manual(report, want):
    for page in want:
        check_page(report, page, want[page])


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check_lint(report, pages):
    """mandoc has nothing to warn of."""
    for page in pages:
        done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', os.path.join(report.root, page)],
                              capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            report.fail(page, 1, line.split(':', 2)[-1])


def check_references(report, pages):
    """Pages of this project that a page refers to exist."""
    known = {tuple(os.path.basename(page).rsplit('.', 1)) for page in pages}
    for page in pages:
        for number, line in enumerate(tree.read(report.root, page).splitlines(), 1):
            for name, section in re.findall(r'\bXr (bambu\S+) (\d)', line):
                if (name, section) not in known:
                    report.fail(page, number, f'there is no {name}({section})')


def check_all(report, want):
    check_manual(report, want)
    pages = [page for page in want if os.path.exists(os.path.join(report.root, page))]
    check_references(report, pages)
    check_lint(report, pages)


# ---- proof that each rule can fail ----

PAGE = '.Dd January 1, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Sh A\n'
LIST = ('.Bl -tag -width Ds\n.\\" items: options\n.It Fl p , Fl -printer Ar SEL\nText.\n.It Fl -all\n.Bl -dash\n.It\nInner.\n.El\n'
        '.\\" end\n.El\n')
TABLE = '.\\" table: words\none, two.\n.\\" end\n'
WANT = {BAMBUD: {'options': ('items', [['.It Fl p , Fl -printer Ar SEL'], ['.It Fl -all']]), 'words': ('table', ['one, two.'])}}
SAMPLES = [
    (None, {BAMBUD: PAGE + LIST + TABLE}),
    ('there is no such page', {'README.md': 'x\n'}),
    ('no table words', {BAMBUD: PAGE + LIST}),
    ('table words: "one, three."', {BAMBUD: PAGE + LIST + TABLE.replace('two', 'three')}),
    ('table words: "", the program says "one, two."', {BAMBUD: PAGE + LIST + 'x\n' + TABLE.replace('one, two.\n', '')}),
    ('table words: "more", the program says ""', {BAMBUD: PAGE + LIST + TABLE.replace('two.\n', 'two.\nmore\n')}),
    ('no entry for --all', {BAMBUD: PAGE + LIST.replace('.It Fl -all\n', '') + TABLE}),
    ('the program has no --loud', {BAMBUD: PAGE + LIST.replace('.It Fl -all', '.It Fl -loud\nText.\n.It Fl -all') + TABLE}),
    ('--all is there twice', {BAMBUD: PAGE + LIST.replace('.It Fl -all', '.It Fl -all\nText.\n.It Fl -all') + TABLE}),
    ('the program says ".It Fl p , Fl -printer Ar SEL"', {BAMBUD: PAGE + LIST.replace('Ar SEL', 'Ar NAME') + TABLE}),
    ('nothing is said of --printer', {BAMBUD: PAGE + LIST.replace('Text.', '.\\" remark') + TABLE}),
    ('the checks know no table extra', {BAMBUD: PAGE + LIST + TABLE + TABLE.replace('words', 'extra')}),
    ('there is no bambuctl(1)', {BAMBUD: PAGE + LIST + TABLE + '.Xr bambuctl 1\n'}),
    ('unknown macro', {BAMBUD: PAGE + LIST + TABLE + '.Zz\n'}),
]


METHODS = ('.\\" items: methods\n.It Ic hello Pq any\nSay who.\n.Bl -tag -width timeout_ms -compact\n.It Ar old Pq int\ntext\n.El\n'
           'Result: one.\n.It Ic a.b Pq read\nOld help.\nResult: two.\n.\\" end\n')
METHODS_WANT = [['.It Ic hello Pq any', 'Say it.'],
                ['.It Ic a.b Pq read , confirm', 'New help.', '.Bl -tag -width timeout_ms -compact', '.It Ar n Pq int', 'text', '.El']]


def test_write():
    """What was written agrees, keeps the words around it, and stays as it is when written again."""
    want = {'methods': ('items', METHODS_WANT), 'words': ('table', ['new.'])}
    with tempfile.TemporaryDirectory(prefix='bambud-check-') as root:
        path = os.path.join(root, 'page.7')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(METHODS + TABLE)
        texts = []
        for _ in range(2):
            write_page(root, 'page.7', want)
            texts.append(tree.read(root, 'page.7'))
        report = tree.Report(root)
        check_page(report, 'page.7', want)
    if report.lines or texts[0] != texts[1] or texts[0].count('Result: ') != 2 or texts[0].count('.Bl') != 1:
        print(f'FAIL self-test: written as {texts[0]}{report.lines}')
        return 1
    return 0


def self_test():
    macros = {'[-f] [--since CURSOR|TIME] PRINTER...': 'Oo Fl f Oc Oo Fl -since Ar CURSOR|TIME Oc Ar PRINTER...',
              'on|off [FILE]...': 'Cm on|off Oo Ar FILE Oc Ns ...',
              '[--pin HEX | --show]': 'Oo Fl -pin Ar HEX | Fl -show Oc'}
    for usage, want in macros.items():
        if usage_macros(usage) != want:
            print(f'FAIL self-test: {usage} gives {usage_macros(usage)}')
            return 1
    if test_write():
        return 1
    return tree.self_test(lambda report: check_all(report, WANT), SAMPLES)


def main():
    if sys.argv[1:2] == ['--self-test']:
        return self_test()
    root, bambud, bambuctl, print_tables = sys.argv[1:5]
    tables, ctl = json.loads(run(print_tables)), json.loads(run(bambuctl, 'help', '--json=short'))
    want = wanted(tables, ctl, run(bambud, '--help'), tree.read(root, 'common/log.c'))
    if sys.argv[5:] == ['--write']:
        for page in want:
            write_page(root, page, want[page])
    report = tree.Report(root)
    check_all(report, want)
    return report.finish(f'{len(want)} pages')


if __name__ == '__main__':
    sys.exit(main())
