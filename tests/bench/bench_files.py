# SPDX-License-Identifier: MIT
"""Four uploads at once through the file engine, against the curl command doing the same to the same servers in the same minute."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from broker import make_ca, make_leaf  # noqa: E402
from ftpdoor import FtpDoor, why_not  # noqa: E402
from harness import BUILD  # noqa: E402

DRIVE = BUILD / "tests" / "e2e" / "ftps_drive"
CODE = "12345678"
SIZE = int(os.environ.get("BENCH_FILE_BYTES", str(200_000_000)))
SERIALS = [f"01P00A00000000{i}" for i in range(4)]
missed = []


def figure(name, value, limit, unit, good):
    print(f"{name:<44}{value:>10.2f} {unit:<8} limit {limit:g} {'PASS' if good else 'MISS'}", flush=True)
    if not good:
        missed.append(name)


def with_curl(folder, doors, local):
    """Seconds of four curl commands at once."""
    config = folder / "curlrc"
    config.write_text(f'user = "bblp:{CODE}"\n')
    config.chmod(0o600)
    begun = time.monotonic()
    children = [subprocess.Popen(["curl", "-sS", "-K", str(config), "--cacert", str(folder / "ca.pem"), "--ssl-reqd", "--disable-epsv",
                                  "--resolve", f"{serial}:{door.port}:127.0.0.1", "-T", str(local),
                                  f"ftps://{serial}:{door.port}/curl.bin"]) for serial, door in zip(SERIALS, doors)]
    for child in children:
        if child.wait(600) != 0:
            raise SystemExit(f"curl ended with {child.returncode}")
    return time.monotonic() - begun


def with_engine(folder, doors, local, size):
    """Seconds, peak kB and the longest turn of the loop in ms, of four jobs at once."""
    with subprocess.Popen([str(DRIVE), str(folder / "ca.pem"), "chain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, FTPS_CODE=CODE)) as child:
        begun = time.monotonic()
        for serial, door in zip(SERIALS, doors):
            child.stdin.write(f"put\t{serial}\t{door.port}\t/engine.bin\t{size}\t{local}\n")
        child.stdin.flush()
        done = 0
        while done < len(doors):
            line = child.stdout.readline()
            if " error " in line or not line:
                raise SystemExit(f"the engine said {line}")
            done += " done " in line
        took = time.monotonic() - begun
        child.stdin.write("stat\n")
        child.stdin.flush()
        stat = re.search(r"lag_ms (\d+) rss_kb (\d+) turn_cpu_us (\d+)", child.stdout.readline())
        child.stdin.close()
        child.wait(20)
    return took, int(stat[2]), int(stat[3]) / 1000


def main():
    reason = why_not()
    if reason:
        print(f"files: skipped: {reason}")
        return
    doors = []
    with tempfile.TemporaryDirectory(prefix="bb-") as name:
        folder = pathlib.Path(name)
        make_ca(folder)
        local, small = folder / "local", folder / "small"
        local.write_bytes(os.urandom(1 << 20) * (SIZE >> 20))
        small.write_bytes(bytes(1_000_000))
        try:
            for i, serial in enumerate(SERIALS):
                make_leaf(folder, f"leaf{i}", serial)
                doors.append(FtpDoor(folder, code=CODE, leaf=f"leaf{i}", name=f"door{i}"))
            size = local.stat().st_size
            _, rss_small, _ = with_engine(folder, doors, small, 1_000_000)
            # Each way twice, in turns: the better one counts, so that a neighbour's burst does not.
            curl, engine = [], []
            for _ in range(2):
                curl.append(with_curl(folder, doors, local))
                engine.append(with_engine(folder, doors, local, size))
            best, own = min(curl), min(e[0] for e in engine)
            print(f"4 x {size / 1e6:.0f} MB: curl {4 * size / best / 1e6:.0f} MB/s, engine {4 * size / own / 1e6:.0f} MB/s")
            figure("uploads, share of what curl does", best / own, 0.8, "x", best / own >= 0.8)
            grown = max(e[1] for e in engine) - rss_small
            figure("uploads, memory above that of small files", grown / 1024, 4, "MB", grown <= 4096)
            turn = max(e[2] for e in engine)
            figure("uploads, longest turn of the loop (CPU)", turn, 20, "ms", turn <= 20)
        finally:
            for door in doors:
                door.stop()
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
