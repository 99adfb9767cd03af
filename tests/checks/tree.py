# SPDX-License-Identifier: MIT
"""What the checks share: the files of the tree, one way to complain, one way to prove that a check can fail."""
import os
import sys
import tempfile


def files(root, *endings):
    """Paths below root with one of these endings, sorted; build folders and hidden ones left out."""
    found = []
    for folder, names, leaves in os.walk(root):
        names[:] = [n for n in names if not n.startswith(('.', '__pycache__')) and
                    not os.path.isdir(os.path.join(folder, n, 'meson-private'))]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in leaves if n.endswith(endings)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        return f.read()


class Report:
    """Complaints of one check."""

    def __init__(self, root):
        self.root = root
        self.lines = []

    def fail(self, path, line, why):
        self.lines.append(f'FAIL {path}:{line} {why}')

    def finish(self, note=''):
        for line in self.lines:
            print(line)
        if not self.lines:
            print('ok' + (f' {note}' if note else ''))
        return 1 if self.lines else 0


def self_test(check, samples):
    """samples: (words that must be complained about, or None for a good tree; {path: text}). A check that
    misses a fault, or complains of a good tree, has failed."""
    wrong = 0
    for want, tree in samples:
        with tempfile.TemporaryDirectory(prefix='bambud-check-') as root:
            for path, text in tree.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), 'w', encoding='utf-8') as f:
                    f.write(text)
            report = Report(root)
            check(report)
        told = '\n'.join(report.lines)
        if (want is None and told) or (want is not None and (want not in told or len(report.lines) != 1)):
            print(f'FAIL self-test: want {want!r}, got {told!r}')
            wrong = 1
    if not wrong:
        print(f'ok {len(samples)} samples')
    return wrong


def main(check, samples):
    """check(report) returns a note for the last line, or None."""
    if sys.argv[1:2] == ['--self-test']:
        sys.exit(self_test(check, samples))
    report = Report(sys.argv[1])
    note = check(report)
    sys.exit(report.finish(note or ''))
