# SPDX-License-Identifier: MIT
"""The end-to-end tests once more, with every daemon under the package's unit and its sandbox, below a systemd in namespaces.

Run by tests/check.sh --long. usage: under_unit.py [NAME...]    (test_NAME.py; all that are not left out)
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from harness import BUILD, SOURCE
from test_systemd import SKIPPED, why_not

HERE = pathlib.Path(__file__).resolve().parent
TMP = pathlib.Path("/run/bb/t")  # the unit has a /tmp of its own
LEFT_OUT = {
    "systemd": "is about the unit itself",
    "net": "has a network of its own, which the unit does not join",
    **dict.fromkeys(["users", "cloudusers"], "make the daemon another user's by setpriv"),
    **dict.fromkeys(["sim", "simcamera", "simcloud", "simcloudnet", "simfaults", "simfiles", "simobey", "simrtsp", "simstart",
                     "inspect", "inspect_off", "ftps"], "has no daemon"),
}
SECONDS = 400


def run(name):
    """One file; what it printed when it failed."""
    env = dict(os.environ, TMPDIR=str(TMP), BAMBU_UNDER_UNIT="1", PYTHONDONTWRITEBYTECODE="1")
    begin = time.monotonic()
    try:
        done = subprocess.run(["/usr/bin/python3", HERE / f"test_{name}.py"], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=SECONDS, check=False)
        code, text = done.returncode, done.stdout
    except subprocess.TimeoutExpired as e:
        code, text = -1, f"{e}\n{(e.stdout or b'').decode(errors='replace')}"
    return name, code, time.monotonic() - begin, text


def all_skipped(text):
    """Such a file belongs to those that are left out, with its reason."""
    ran, skipped = re.search(r"^Ran (\d+) test", text, re.M), re.search(r"skipped=(\d+)\)$", text, re.M)
    return ran is None or (skipped is not None and ran[1] == skipped[1])


def inside(names):
    TMP.mkdir(exist_ok=True)
    wrong = []
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for name, code, took, text in pool.map(run, names):
            word = "FAIL" if code not in (0, SKIPPED) else "skipped" if all_skipped(text) else "ok"
            print(f"{word:<8}{name:<16}{took:5.0f} s  {text.rstrip().splitlines()[-1] if text.strip() else ''}", flush=True)
            if word != "ok":
                wrong.append(name)
                print(text[-6000:], flush=True)
    print(f"{len(names) - len(wrong)} files passed, {len(wrong)} did not: {' '.join(wrong)}")
    return 1 if wrong else 0


def outside(names):
    why = why_not()
    if why:
        print(f"cannot run: {why}")
        return 1
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bb-unit-"))
    try:
        (folder / "stage").mkdir()
        argv = [HERE / "systemd_in_namespaces.sh", folder, folder / "stage", SOURCE, BUILD, "env", "BB_INSIDE=1", "HOME=/root",
                "LC_ALL=C.UTF-8", "BUILD_DIR=/run/bb/build", *(f"{k}={v}" for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")),
                "/usr/bin/python3", "-B", "/run/bb/source/tests/e2e/under_unit.py", *names]
        subprocess.run([str(a) for a in argv], check=False)
        for name in ("out", "boot"):
            path = folder / name
            if path.exists() and (name == "out" or not (folder / "status").exists()):
                print(path.read_text(errors="replace")[-60000:])
        ended = folder / "status"
        return int(ended.read_text()) if ended.exists() else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    there = sorted(p.stem.removeprefix("test_") for p in HERE.glob("test_*.py"))
    names = sys.argv[1:] or [n for n in there if n not in LEFT_OUT]
    sys.exit((inside if "BB_INSIDE" in os.environ else outside)(names))


if __name__ == "__main__":
    main()
