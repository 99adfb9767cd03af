# SPDX-License-Identifier: MIT
"""Faults of the network itself, in private namespaces (reliability.md rows 1, 2 and 4): all at once, each on a printer of
its own, while one printer is well and somebody asks the daemon all the time."""
import os
import shutil
import threading
import time
import unittest

import netns
from harness import Case, wait_until, main

NAMES = ["halfopen", "nosyn", "lossy", "reset", "nameless", "named", "well"]
FIRST, OURS = "10.99.0.11", "10.99.0.1"
ADDRESS = {name: f"10.99.0.{11 + i}" for i, name in enumerate(NAMES)}
REFUSED = netns.refused()


class Asker(threading.Thread):
    """Pings the daemon one call after the other and keeps how long each took."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.client = daemon.client()
        self.took, self.done = [], threading.Event()
        self.start()

    def run(self):
        with self.client as c:
            while not self.done.wait(0.02):
                start = time.monotonic()
                c.call("daemon.ping")
                self.took.append(time.monotonic() - start)

    def finish(self):
        self.done.set()
        self.join(20)
        return sorted(self.took)


@unittest.skipIf(REFUSED, REFUSED)
class Net(Case):
    def setUp(self):
        super().setUp()
        self.cable = netns.Cable(OURS, ADDRESS.values())
        self.addCleanup(self.cable.close)
        self.sim_ = self.sim("--printers", str(len(NAMES)), "--rate", "5", "--address", FIRST, "--port-base", "8883",
                             wrap=self.cable.b.enter)
        # An /etc of its own, whatever the real one holds or lacks.
        etc = self.folder / "etc"
        etc.mkdir()
        for name in ("group", "ld.so.cache", "machine-id", "passwd"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", etc / name)
        self.hosts = etc / "hosts"
        self.hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS['named']} named.test\n")
        (etc / "resolv.conf").write_text(f"nameserver {ADDRESS['well']}\n")
        (etc / "nsswitch.conf").write_text("hosts: files dns\n")
        self.write_names()
        # The resolver's machine is there and says nothing.
        self.cable.outward(ADDRESS["well"], "udp", "dport", "53", "drop")

    def write_names(self):
        head, *sections = (self.folder / "bambud.conf").read_text().split("[Printer ")
        self.serials = {}
        for name, section in zip(NAMES, sections):
            section = section.split("]\n", 1)[1]
            self.serials[name] = next(l for l in section.splitlines() if l.startswith("Serial="))[7:]
            self.assertIn(f"Address={ADDRESS[name]}\n", section)
            if name.startswith("name"):
                host = "nowhere.test" if name == "nameless" else "named.test"
                section = section.replace(f"Address={ADDRESS[name]}\n", f"Address={host}\n")
            head += f"[Printer {name}]\n{section}"
        # More names that nobody resolves than there are threads to wait for them.
        head += "".join(f"[Printer extra{i}]\nSerial=01P00B00000000{i}\nAddress=extra{i}.test\nAccessCode=12345678\n"
                        for i in range(6))
        self.write_config(head)

    def begin(self):
        self.daemon_ = self.daemon(wrap=[*self.cable.a.enter, "unshare", "--mount", "sh", "-c",
                                         'mount --bind $0/etc /etc && exec "$@"', self.folder])
        self.asker = Asker(self.daemon_)
        self.daemon_.wait_status("well", "a report", lambda s: s["print"]["state"] != "unknown")

    def link(self, name):
        return self.daemon_.call("printer.get", {"printer": name})["link"]

    def counters(self, name):
        with self.daemon_.client() as c:
            return c.call("daemon.stats")["counters"]["printers"][name]

    def test_every_fault_of_the_network_at_once(self):
        self.cable.outward(ADDRESS["nosyn"], "tcp", "flags", "&", "syn", "==", "syn", "drop")
        self.begin()
        for name in ("halfopen", "lossy", "reset", "named"):
            self.daemon_.wait_status(name, "a report", lambda s: s["print"]["state"] != "unknown")
        cut = time.monotonic()
        self.cable.both_ways(ADDRESS["halfopen"], "drop")
        self.cable.both_ways(ADDRESS["lossy"], "numgen", "random", "mod", "100", "<", "30", "drop")
        self.cable.outward(ADDRESS["reset"], "tcp", "flags", "&", "syn", "==", "0", "reject", "with", "tcp", "reset")
        lossy = self.messages("lossy")
        self.check_reset()
        self.check_resolver()
        self.check_dropped_syn()
        self.check_loss(lossy)
        self.check_half_open(cut)
        self.cable.heal()
        for name in ("halfopen", "nosyn", "lossy", "reset"):
            self.daemon_.ctl("refresh", name)
        for name in ("halfopen", "nosyn", "lossy", "reset"):
            self.daemon_.wait_link(name, "online", deadline=40)
        well = self.link("well")
        self.assertEqual((well["state"], well["reconnects"]), ("online", 0), "the other printer is untouched")
        self.assertLess(well["age_ms"], 5000)
        self.check_asker()

    def messages(self, name):
        return self.counters(name)["messages"]

    def check_reset(self):
        """Every segment but a SYN answered with RST: lost at once, and tried no faster than the backoff says."""
        self.daemon_.wait_link("reset", "offline")
        self.daemon_.wait_status("reset", "the reason", lambda s: "peer reset the connection" in (s["link"]["last_error"] or ""))
        tries = self.counters("reset")["connects"]
        self.assertLessEqual(tries, 2, "no session came of it")

    def check_resolver(self):
        link = self.daemon_.wait_link("nameless", "offline", deadline=25)["link"]
        self.assertIn("nowhere.test", link["last_error"])
        # The name is forgotten by the machine, and the session ends: the last good address is as good.
        self.hosts.write_text("127.0.0.1 localhost\n")
        self.sim_.do("fault", self.serials["named"], "kick", "on")
        self.daemon_.wait_status("named", "a reconnect", lambda s: s["link"]["reconnects"] == 1 and
                                 s["link"]["state"] == "online", deadline=25)

    def check_dropped_syn(self):
        link = self.daemon_.wait_link("nosyn", "offline", deadline=25)["link"]
        self.assertIn("no answer from host within 10 s", link["last_error"])

    def check_loss(self, before):
        """Three of ten packets are gone, TCP brings the rest: reports go on, none is torn."""
        wait_until("reports through the loss", lambda: self.messages("lossy") >= before + 10, deadline=30)

    def check_half_open(self, cut):
        """Row 2: nothing comes, nothing is refused. Stale or offline before the minute is over."""
        link = self.daemon_.wait_status("halfopen", "an end", lambda s: s["link"]["state"] in ("stale", "offline"), deadline=65)["link"]
        took = time.monotonic() - cut
        print(f"half-open noticed after {took:.0f} s: {link['last_error']}")
        self.assertLess(took, 65)
        self.assertGreater(link["age_ms"], 20000, "the last values have their age")

    def check_asker(self):
        took = self.asker.finish()
        self.assertGreater(len(took), 200)
        print(f"{len(took)} pings: 95 % below {took[len(took) * 95 // 100] * 1000:.1f} ms, longest {took[-1] * 1000:.1f} ms")
        self.assertLess(took[len(took) * 95 // 100], 0.1)
        # One blocking look-up or connect would be seconds.
        self.assertLess(took[-1], 2)


if __name__ == "__main__":
    main()
