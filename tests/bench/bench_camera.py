# SPDX-License-Identifier: MIT
"""One camera of 100 kB pictures to 0, 1, 4 and 16 viewers: the daemon's CPU time a picture beside that of a bare forwarder from
OpenSSL to sockets, by turns in the same run and over the same simulated printer."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BUILD, Daemon, Sim, wait_until  # noqa: E402

RELAY = BUILD / "tests" / "bench" / "bench_camera_relay"
SECONDS = float(os.environ.get("BENCH_CAMERA_SECONDS", "4"))
HZ = 60
BYTES = 100_000
RATIO_MIN = 0.7
missed = []


def cpu_us(pid):
    """CPU time of the main thread, where both do all their work."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def measure(pid, frames):
    """CPU time a picture, in us, and the bytes rate is left to the readers."""
    wait_until("pictures", lambda: frames() > HZ / 4)
    cpu, first = cpu_us(pid), frames()
    time.sleep(SECONDS)
    return (cpu_us(pid) - cpu) / max(frames() - first, 1), frames() - first


class Readers:
    def __init__(self, path, viewers, request=None):
        self.child = subprocess.Popen([str(RELAY), "read", str(path), str(viewers)] + ([request] if request else []),
                                      stdout=subprocess.PIPE, text=True) if viewers else None

    def stop(self):
        """Bytes read by all of them."""
        if not self.child:
            return 0
        self.child.send_signal(signal.SIGTERM)
        return int(self.child.communicate(timeout=20)[0])


def with_daemon(daemon, name, viewers):
    request = json.dumps({"id": 1, "method": "camera.stream", "params": {"printer": name}})
    readers = Readers(daemon.socket, viewers, request)
    begun = daemon.call("camera.status", {"printer": name})["frames"]
    got = measure(daemon.child.pid, lambda: daemon.call("camera.status", {"printer": name})["frames"] - begun)
    return got, readers.stop()


def with_forwarder(folder, printer, viewers):
    path, log = folder / f"relay{viewers}.sock", folder / f"relay{viewers}.log"
    with open(log, "w", encoding="ascii") as out:
        child = subprocess.Popen([str(RELAY), "forward", printer["address"], str(printer["camera_port"]), printer["code"], str(path),
                                  str(viewers)], stdout=out)
    wait_until("the forwarder", lambda: "listening" in log.read_text())
    readers = Readers(path, viewers)

    def frames():
        lines = log.read_text().split()
        return int(lines[-1]) if lines and lines[-1].isdigit() else 0
    got = measure(child.pid, frames)
    child.kill()
    child.wait()
    return got, readers.stop()


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bb-"))
    processes = []
    try:
        sim = Sim(folder, "--printers", "2", "--model", "P1S", "--model", "P1S", "--rate", "0", "--camera", "always",
                  "--camera-hz", str(HZ), "--camera-size", "320x240")
        processes.append(sim)
        ours, theirs = json.loads(sim.do("list"))
        for printer in (ours, theirs):
            sim.do("fault", printer["serial"], "cam-big", "on", str(BYTES))
        config = folder / "bambud.conf"
        head, tail = config.read_text().rsplit("Camera=always", 1)
        config.write_text(head + "Camera=off" + tail)
        daemon = Daemon(folder)
        processes.append(daemon)
        wait_until("pictures", lambda: daemon.call("camera.status", {"printer": ours["name"]})["state"] == "streaming")
        for viewers in (0, 1, 4, 16):
            (bare, sent), bare_bytes = with_forwarder(folder, theirs, viewers)
            (own, got), own_bytes = with_daemon(daemon, ours["name"], viewers)
            ratio = bare / own
            good = ratio >= RATIO_MIN and (viewers == 0 or own_bytes > 0.9 * got * BYTES * viewers)
            print(f"camera, {BYTES // 1000} kB to {viewers:>2} viewers: bare {bare:6.0f} us, bambud {own:6.0f} us a picture "
                  f"({sent} and {got} pictures, {bare_bytes >> 20} and {own_bytes >> 20} MiB) ratio {ratio:.2f} "
                  f"limit {RATIO_MIN} {'PASS' if good else 'MISS'}", flush=True)
            if not good:
                missed.append(viewers)
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(1 if missed else 0)


main()
