# SPDX-License-Identifier: MIT
"""Figures of the whole daemon: CPU against a bare receiver, memory, descriptors, idle cost, start, restart of a farm, bambuctl.

Every figure stands beside its limit; a baseline runs in the same minute. Needs a release build in BUILD_DIR.
"""
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BAMBUCTL, BAMBUD, BUILD, Daemon, Process, Sim, wait_until  # noqa: E402

RECEIVER = BUILD / "tests" / "bench" / "bench_receiver"
EVENT_LOG = BUILD / "tests" / "bench" / "bench_event_log"
FARM = int(os.environ.get("BENCH_FARM", "1000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
missed = []


def figure(name, value, limit, unit, good=None):
    good = value <= limit if good is None else good
    print(f"{name:<44}{value:>10.2f} {unit:<8} limit {limit:g} {'PASS' if good else 'MISS'}", flush=True)
    if not good:
        missed.append(name)


def cpu_s(pid):
    """Time on the processor of all threads, by the scheduler's own clock."""
    return sum(int(p.read_text().split()[0]) for p in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def settle(seconds):
    """Lets the measured time pass: nothing is awaited here, the clock is the measurement."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        select.select([], [], [], min(0.5, end - time.monotonic()))


def burn(pid, seconds):
    before = cpu_s(pid)
    settle(seconds)
    return (cpu_s(pid) - before) / seconds


def all_fresh(client):
    printers = client.call("printer.list", None, 60)["printers"]
    return all(p["link"]["state"] == "online" and p["link"]["full_age_ms"] is not None for p in printers)


def farm(folder, count, *args):
    sim = Sim(folder, "--printers", str(count), "--model", "X1C", "--deltas", *args)
    d = Daemon(folder)
    with d.client() as c:
        wait_until(f"{count} printers", lambda: all_fresh(c), deadline=120, pause=0.5)
    return sim, d


def memory(count):
    with tempfile.TemporaryDirectory(prefix="bb-") as folder:
        os.chmod(folder, 0o700)
        sim, d = farm(folder, count, "--rate", "0.2")
        fds = len(os.listdir(f"/proc/{d.child.pid}/fd"))
        kb = rss_kb(d.child.pid)
        figure(f"rss at {count} printers", kb / 1024, (12 * 1024 + 60 * count) / 1024, "MiB")
        figure(f"descriptors at {count} printers, above 40", max(0, fds - 40), count, "fds")
        d.stop()
        sim.stop()


def receiver_list(folder):
    lines = []
    text = (pathlib.Path(folder) / "bambud.conf").read_text()
    for block in text.split("[Printer ")[1:]:
        lines.append(" ".join(re.search(rf"^{key}=(.*)$", block, re.M)[1] for key in ("Serial", "Port", "AccessCode")))
    path = pathlib.Path(folder) / "receiver.list"
    path.write_text("\n".join(lines) + "\n")
    return path


def last_seq(d):
    return int(d.call("events.list", {"limit": 1})["cursor"].split(".")[1])


def event_log(folder, events_per_s, daemon_cpu):
    """What an event costs more with the log, alone and measured, times the events of the load."""
    place = pathlib.Path(folder) / "events-bench"
    place.mkdir()
    text = subprocess.run([EVENT_LOG, place], check=True, capture_output=True, text=True).stdout
    each_us = float(re.search(r"([-0-9.]+) us an event", text)[1])
    print(f"  ({text.strip()}; {events_per_s:.0f} events a second)")
    figure("event log, share of the daemon's cpu", 100 * each_us * events_per_s / 1e6 / daemon_cpu, 5, "%")


def load(folder, sim, d):
    """1,000 deltas a second: the daemon, then the bare receiver, on the same simulator."""
    before = last_seq(d)
    ours = burn(d.child.pid, SECONDS)
    event_log(folder, (last_seq(d) - before) / SECONDS, ours)
    d.stop()
    receiver = Process("receiver", [RECEIVER, receiver_list(folder)], folder)
    receiver.wait_line("ready", deadline=60)
    bare = burn(receiver.child.pid, SECONDS)
    receiver.stop()
    print(f"  (daemon {ours * 100:.1f} % of a core, bare receiver {bare * 100:.1f} %)")
    figure(f"cpu at {FARM} deltas/s, ratio to bare receiver", ours / bare, 1.5, "x")


def idle(sim, d):
    sim.do("fault", "all", "mute", "on")
    settle(3)
    figure(f"idle cpu at {FARM} printers", burn(d.child.pid, SECONDS) * 100, 1.0, "% core")
    sim.do("fault", "all", "mute", "off")


def slowest_status_ms(d, name, until):
    worst = 0.0
    while not until():
        start = time.monotonic()
        subprocess.run([BAMBUCTL, "--socket", d.socket, "status", name], check=True, stdout=subprocess.DEVNULL)
        worst = max(worst, (time.monotonic() - start) * 1000)
        settle(0.1)
    return worst


def restart(sim, d):
    with d.client() as c:
        name = c.call("printer.list")["printers"][0]["name"]
        sim.do("fault", "all", "refuse", "on")
        sim.do("fault", "all", "kick", "on")
        settle(5)
        sim.do("fault", "all", "refuse", "off")
        begin = time.monotonic()
        last = [0.0, False]

        def back():
            if time.monotonic() - last[0] > 0.4:
                last[0] = time.monotonic()
                status = c.call("daemon.status", None, 60)["printers"]
                last[1] = status["online"] == status["total"] or time.monotonic() - begin > 60
            return last[1]
        worst = slowest_status_ms(d, name, back)
        figure(f"{FARM} printers back after a 5 s restart", time.monotonic() - begin, 10, "s")
        figure("slowest bambuctl status meanwhile", worst, 50, "ms")


def start_time(count=1000):
    with tempfile.TemporaryDirectory(prefix="bb-") as folder:
        os.chmod(folder, 0o700)
        path = pathlib.Path(folder) / "bambud.conf"
        path.write_text("[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n" + "".join(
            f"[Printer p{i:04d}]\nSerial=01P00A{i:09d}\nAddress=127.0.0.1\nPort=1\nAccessCode=12345678\n"
            for i in range(count)))
        path.chmod(0o600)
        times = []
        for _ in range(5):
            begin = time.monotonic()
            d = Daemon(folder)
            times.append((time.monotonic() - begin) * 1000)
            d.stop()
        figure(f"exec to READY with {count} printers, no network", min(times), 100, "ms")


def kept_start(folder):
    """Each printer's last state is read, checked and shown at once."""
    times = []
    for _ in range(4):
        begin = time.monotonic()
        d = Daemon(folder)
        times.append((time.monotonic() - begin) * 1000)
        d.stop()
    figure(f"exec to READY with {FARM} kept states", min(times), 200, "ms")


def command_time(d, name):
    def best(argv):
        times = []
        for _ in range(200):
            begin = time.perf_counter()
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 2] * 1000
    nothing = best(["/bin/true"])
    ours = best([BAMBUCTL, "--socket", d.socket, "status", name])
    print(f"  (bambuctl status {ours:.2f} ms, true {nothing:.2f} ms)")
    figure("bambuctl status, ratio to true", ours / nothing, 3, "x")


def main():
    start_time()
    memory(1)
    memory(100)
    with tempfile.TemporaryDirectory(prefix="bb-") as folder:
        os.chmod(folder, 0o700)
        sim, d = farm(folder, FARM, "--rate", "0.2")
        with d.client() as c:
            name = c.call("printer.list")["printers"][0]["name"]
        figure(f"rss at {FARM} printers", rss_kb(d.child.pid) / 1024, (12 * 1024 + 60 * FARM) / 1024, "MiB")
        fds = len(os.listdir(f"/proc/{d.child.pid}/fd"))
        figure(f"descriptors at {FARM} printers, above 40", max(0, fds - 40), FARM, "fds")
        command_time(d, name)
        idle(sim, d)
        restart(sim, d)
        sim.do("rate", "all", "1")
        settle(5)
        load(folder, sim, d)
        sim.stop()
        kept_start(folder)
    print(json.dumps({"missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    assert BAMBUD.exists()
    sys.exit(main())
