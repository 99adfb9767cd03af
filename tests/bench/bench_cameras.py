# SPDX-License-Identifier: MIT
"""What cameras cost at rest: 100 of JPEG at one picture a second of 100 kB, and one of RTSPS with its decoder."""
import os
import pathlib
import re
import select
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Daemon, Sim, wait_until  # noqa: E402

COUNT = int(os.environ.get("BENCH_CAMERAS", "100"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "15"))
BYTES = 100_000
missed = []


def figure(name, value, limit, unit):
    good = value <= limit
    print(f"{name:<58}{value:>8.2f} {unit:<7} limit {limit:g} {'PASS' if good else 'MISS'}", flush=True)
    if not good:
        missed.append(name)


def tree(pid):
    """The process and all below it."""
    below = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [p for child in below for p in tree(int(child))]


def cpu_s(pids):
    """By the scheduler's own clock, of all threads."""
    return sum(int(t.read_text().split()[0]) for p in pids for t in pathlib.Path(f"/proc/{p}/task").glob("*/schedstat")) / 1e9


def burn(pids):
    """Percent of a core; nothing is awaited here, the clock is the measurement."""
    before, begun = cpu_s(pids), time.monotonic()
    while time.monotonic() - begun < SECONDS:
        select.select([], [], [], 0.5)
    return (cpu_s(pids) - before) / (time.monotonic() - begun) * 100


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def frames(d):
    found = re.findall(r"^bambu_camera_frames_total\{.* (\d+)$", d.call("metrics.text")["text"], re.M)
    return [int(n) for n in found]


def all_streaming(d, count):
    got = frames(d)
    return len(got) == count and min(got) >= 3


def with_sim(work, *args):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bb-"))
    processes = [Sim(folder, "--rate", "0", *args)]
    try:
        work(folder, processes)
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def online(d):
    printers = d.call("printer.list")["printers"]
    return all(p["link"]["state"] == "online" and p["link"]["full_age_ms"] is not None for p in printers)


def start(folder, processes, config):
    (folder / "bambud.conf").write_text(config)
    d = Daemon(folder)
    processes.append(d)
    wait_until("the printers", lambda: online(d), 60, 0.5)
    return d


def jpeg(folder, processes):
    """Beside a daemon that looks at no camera of the same printers."""
    sim, config = processes[0], (folder / "bambud.conf").read_text()
    sim.do("fault", "all", "cam-big", "on", str(BYTES))
    d = start(folder, processes, config.replace("Camera=always", "Camera=off"))
    bare_cpu, bare_kb = burn(tree(d.child.pid)), rss_kb(d.child.pid)
    processes.pop().stop()
    d = start(folder, processes, config)
    wait_until("pictures", lambda: all_streaming(d, COUNT), 60, 0.5)
    first, begun = sum(frames(d)), time.monotonic()
    cpu = burn(tree(d.child.pid))
    rate = (sum(frames(d)) - first) / (time.monotonic() - begun)
    print(f"  ({COUNT} printers without cameras: {bare_cpu:.2f} % of a core, {bare_kb} kB; with: {rss_kb(d.child.pid)} kB, {rate:.0f} pictures/s)")
    if rate < 0.9 * COUNT:
        missed.append("rate")
    figure(f"{COUNT} JPEG cameras, {BYTES // 1000} kB each second: cpu", cpu, 5 * COUNT / 100, "% core")
    figure("  each, resident beside its last picture", (rss_kb(d.child.pid) - bare_kb) / COUNT - BYTES / 1024, 150, "kB")


def rtsps(folder, processes):
    d = start(folder, processes, (folder / "bambud.conf").read_text())
    wait_until("pictures", lambda: all_streaming(d, 1), 60, 0.5)
    pids = tree(d.child.pid)
    daemon = burn(pids[:1])
    figure("one RTSPS camera at rest, 1920x1080, with bambud-video: cpu", burn(pids), 3, "% core")
    print(f"  (the daemon alone: {daemon:.2f} % of a core; bambud-video resident: {rss_kb(pids[-1])} kB)")


def main():
    with_sim(jpeg, "--printers", str(COUNT), "--model", "P1S", "--state", "idle", "--camera", "always", "--camera-hz", "1", "--camera-size", "320x240")
    with_sim(rtsps, "--printers", "1", "--model", "X1C", "--camera", "always", "--camera-hz", "1", "--camera-size", "1920x1080")
    raise SystemExit(1 if missed else 0)


main()
