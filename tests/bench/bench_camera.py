# SPDX-License-Identifier: MIT
"""One camera of 100 kB pictures to 0, 1, 4 and 16 viewers: the daemon's CPU time a picture beside that of a bare forwarder from
OpenSSL to sockets. Both run at once, each over a printer of the same simulator, and are measured in the same windows: what
disturbs one disturbs the other, and the median of the windows counts."""
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import BUILD, Daemon, Sim, wait_until  # noqa: E402

RELAY = BUILD / "tests" / "bench" / "bench_camera_relay"
WINDOWS = int(os.environ.get("BENCH_CAMERA_WINDOWS", "7"))  # of a second
HZ = 60
BYTES = 100_000
RATIO_MIN = 0.7
missed = []


def cpu_us(pid):
    """CPU time of the main thread, where both do all their work."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def measure(ours, theirs):
    """CPU time a picture in us, a pair for each window. Each of the two: pid, and a function that counts pictures."""
    wait_until("pictures", lambda: all(frames() > HZ / 4 for _, frames in (ours, theirs)))
    got = []
    for _ in range(WINDOWS):
        before = [(cpu_us(pid), frames()) for pid, frames in (ours, theirs)]
        time.sleep(1)
        after = [(cpu_us(pid), frames()) for pid, frames in (ours, theirs)]
        got.append([(a[0] - b[0]) / max(a[1] - b[1], 1) for a, b in zip(after, before)])
    return got


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


class Forwarder:
    def __init__(self, folder, printer, viewers):
        path, self.log = folder / f"relay{viewers}.sock", folder / f"relay{viewers}.log"
        with open(self.log, "w", encoding="ascii") as out:
            self.child = subprocess.Popen([str(RELAY), "forward", printer["address"], str(printer["camera_port"]), printer["code"],
                                           str(path), str(viewers)], stdout=out)
        wait_until("the forwarder", lambda: "listening" in self.log.read_text())
        self.readers = Readers(path, viewers)

    def frames(self):
        lines = self.log.read_text().split()
        return int(lines[-1]) if lines and lines[-1].isdigit() else 0

    def stop(self):
        self.child.kill()
        self.child.wait()
        return self.readers.stop()


def fan_out(folder, daemon, ours, theirs, viewers):
    request = json.dumps({"id": 1, "method": "camera.stream", "params": {"printer": ours["name"]}})
    readers, forwarder = Readers(daemon.socket, viewers, request), Forwarder(folder, theirs, viewers)

    def frames():
        return daemon.call("camera.status", {"printer": ours["name"]})["frames"]
    first = frames()
    windows = measure((daemon.child.pid, lambda: frames() - first), (forwarder.child.pid, forwarder.frames))
    sent, own_bytes, bare_bytes = frames() - first, readers.stop(), forwarder.stop()
    own, bare = (statistics.median(w[i] for w in windows) for i in (0, 1))
    ratio = statistics.median(w[1] / w[0] for w in windows)
    good = ratio >= RATIO_MIN and (viewers == 0 or own_bytes > 0.9 * sent * BYTES * viewers)
    print(f"camera, {BYTES // 1000} kB to {viewers:>2} viewers: bare {bare:6.0f} us, bambud {own:6.0f} us a picture "
          f"({sent} pictures, {bare_bytes >> 20} and {own_bytes >> 20} MiB) ratio {ratio:.2f} "
          f"limit {RATIO_MIN} {'PASS' if good else 'MISS'}", flush=True)
    if not good:
        missed.append(viewers)


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
            fan_out(folder, daemon, ours, theirs, viewers)
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(1 if missed else 0)


main()
