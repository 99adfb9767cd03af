# SPDX-License-Identifier: MIT
"""Figures of an account's printers on one broker session: time to the first state, memory, CPU of their deltas.

Every figure stands beside its limit. Needs a release build in BUILD_DIR.
"""
import json
import os
import pathlib
import re
import tempfile
import time

from bench_farm import RECEIVER, burn, figure, missed, rss_kb, settle
from harness import Daemon, Process, Sim, wait_until

COUNT = int(os.environ.get("BENCH_CLOUD", "5000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
TOKEN = "bench-token"


def configure(folder):
    """The printers of the simulator by the cloud alone: sections without an address, the token given."""
    config = folder / "bambud.conf"
    text = config.read_text().replace("\nSerial=", "\nMode=cloud\nSerial=")
    head, _, rest = text.partition("[Printer ")
    config.write_text(head + (folder / "cloud.conf").read_text() + f"Token={TOKEN}\n[Printer " + rest)


def all_known(client):
    printers = client.call("printer.list", None, 60)["printers"]
    return len(printers) == COUNT and all(
        p["link"]["plane"] == "cloud" and p["link"]["full_age_ms"] is not None for p in printers)


def published(sim):
    return json.loads(sim.do("broker", "stats"))["published"]


def measure(folder):
    sim = Sim(folder, "--printers", str(COUNT), "--model", "X1C", "--deltas", "--rate", "0", "--cloud",
              "--cloud-token", TOKEN)
    configure(pathlib.Path(folder))
    begin = time.monotonic()
    daemon = Daemon(folder)
    with daemon.client() as client:
        wait_until(f"{COUNT} first states", lambda: all_known(client), deadline=120, pause=0.2)
    figure(f"{COUNT} printers known, from the start", time.monotonic() - begin, 10, "s")
    stats = json.loads(sim.do("broker", "stats"))
    figure("connections to the broker", stats["connects"], 1, "")
    figure(f"rss at {COUNT} printers", rss_kb(daemon.child.pid) / 1024, (12 * 1024 + 20 * COUNT) / 1024, "MiB")
    sim.do("rate", "all", "1")
    before = published(sim)
    ours = burn(daemon.child.pid, SECONDS)
    rate = (published(sim) - before) / SECONDS
    figure("rss after their deltas", rss_kb(daemon.child.pid) / 1024, (12 * 1024 + 20 * COUNT) / 1024, "MiB")
    daemon.stop()
    compare(folder, sim, ours, rate)
    sim.stop()


def compare(folder, sim, ours, rate):
    """The same deltas to a bare receiver on one connection."""
    broker = re.search(r"(?m)^MqttPort=(\d+)", (pathlib.Path(folder) / "cloud.conf").read_text())[1]
    serials = re.findall(r"(?m)^Serial=(.*)$", (pathlib.Path(folder) / "bambud.conf").read_text())
    topics = pathlib.Path(folder) / "receiver.list"
    topics.write_text("".join(f"{serial} {broker} {TOKEN}\n" for serial in serials))
    user = f"u_{json.loads(sim.do('cloud', 'info'))['uid']}"
    receiver = Process("receiver", [RECEIVER, topics, user], folder)
    receiver.wait_line("ready", deadline=60)
    settle(2)
    before = published(sim)
    bare = burn(receiver.child.pid, SECONDS)
    bare_rate = (published(sim) - before) / SECONDS
    receiver.stop()
    print(f"  (daemon {ours * 100:.1f} % of a core at {rate:.0f} deltas/s, bare receiver {bare * 100:.1f} % at {bare_rate:.0f})")
    figure(f"cpu at {rate:.0f} deltas/s, ratio to bare receiver", ours / rate / (bare / bare_rate), 1.5, "x")


def main():
    with tempfile.TemporaryDirectory(prefix="bb-") as folder:
        os.chmod(folder, 0o700)
        measure(folder)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
