# SPDX-License-Identifier: MIT
"""Sessions that the other end takes away at once (reliability.md row 6): no ping-pong, and a word about who it may be."""
import json
import re
import shutil
import unittest

import broker
import netns
from harness import Case, Process, wait_until
from shim import Shim

SERIAL = "01P00A000000001"
KICKS = 3  # so many within a minute, then 15 to 18 minutes of quiet
WORDS = "another client"


class Kicked(Case):
    """The simulator lets the first printer's client in and closes; the second printer must not notice."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "2", "--rate", "10")
        self.shim = Shim(self.folder)
        self.daemon_ = self.daemon(wrap=self.shim.wrap)
        self.sick, self.well = [p["name"] for p in self.daemon_.call("printer.list")["printers"]]
        for name in (self.sick, self.well):
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and
                                     s["print"]["state"] != "unknown")
        self.serial = self.daemon_.status(self.sick)["serial"]

    def tearDown(self):
        link = self.daemon_.status(self.well)["link"]
        self.assertEqual((link["state"], link["reconnects"]), ("online", 0), "the other printer is untouched")
        self.assertLess(link["age_ms"], 5000)
        super().tearDown()

    def logins(self):
        return json.loads(self.sim_.do("stats", self.serial))["logins"]

    def pass_by(self, seconds):
        """In steps: the printer that is well is heard between them, as it would be."""
        def messages():
            return self.daemon_.call("daemon.stats")["counters"]["printers"][self.well]["messages"]

        for _ in range(0, seconds, 15):
            self.shim.pass_by(15)
            before = messages()
            wait_until("the time to be seen", lambda: messages() > before + 1, pause=0.01)

    def kick(self):
        """From a session that stood: its loss is nobody's kick. Returns the logins by then."""
        self.pass_by(30)
        before = self.logins()
        self.sim_.do("fault", self.serial, "kick-at-once", "on")
        self.sim_.do("fault", self.serial, "kick", "on")
        self.wait_words()
        return before

    def wait_words(self):
        return self.daemon_.wait_status(self.sick, "the word", lambda s: WORDS in (s["link"]["last_error"] or ""))["link"]

    def test_three_kicks_end_in_fifteen_minutes_of_quiet(self):
        before = self.kick()
        link = self.daemon_.status(self.sick)["link"]
        self.assertEqual(link["state"], "offline")
        self.assertIn("same client id", link["last_error"])
        self.assertIn("bambuctl refresh", link["last_error_hint"])
        _, out, _ = self.daemon_.ctl("status", self.sick)
        self.assertIn(WORDS, " ".join(out.split()))
        self.assertEqual(self.logins(), before + KICKS)
        self.pass_by(14 * 60)
        self.assertEqual(self.logins(), before + KICKS, "quiet")
        self.pass_by(4 * 60)
        wait_until("one more try", lambda: self.logins() == before + KICKS + 1)
        self.wait_words()
        self.pass_by(5 * 60)
        self.assertEqual(self.logins(), before + KICKS + 1, "one was enough to know")
        # A line a change: as often offline as it was let in, and the reason where it was found.
        log = [line for line in self.daemon_.text().splitlines() if self.sick in line and WORDS in line]
        self.assertEqual(len(log), 2, log)

    def test_a_user_may_try_at_once(self):
        before = self.kick()
        self.assertEqual(self.daemon_.ctl("refresh", self.sick)[0], 0)
        wait_until("a try by hand", lambda: self.logins() == before + KICKS + 1)
        self.wait_words()
        self.sim_.do("fault", self.serial, "kick-at-once", "off")
        self.assertEqual(self.daemon_.ctl("refresh", self.sick)[0], 0)
        link = self.daemon_.wait_link(self.sick, "online")["link"]
        self.assertIsNone(link["last_error"])


class SameId(Case):
    """A real broker, and another program with our client id that wants the session as much as we do."""

    def setUp(self):
        super().setUp()
        broker.make_ca(self.folder)
        broker.make_leaf(self.folder, "leaf", SERIAL)
        self.broker = self.start(broker.Broker(self.folder, SERIAL))
        self.write_config("[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n"
                          f"[Printer one]\nSerial={SERIAL}\nAddress=127.0.0.1\nPort={self.broker.port}\n"
                          "AccessCode=12345678\nCaFile=./ca.pem\n")
        self.shim = Shim(self.folder)
        self.daemon_ = self.daemon(wrap=self.shim.wrap)
        self.daemon_.wait_link("one", "online")

    def ours(self):
        """Client ids of the sessions that came in with the printer's login, in order."""
        return re.findall(r"New client connected from \S+ as (\S+) \([^)]*u'bblp'\)", self.broker.text())

    @unittest.skipIf(netns.refused(), "another /etc needs root and namespaces")
    def test_the_id_is_this_machines(self):
        """The same configuration on another machine is not the same client; after a restart it still is."""
        (self.folder / "etc").mkdir()
        for name in ("group", "passwd"):
            shutil.copy(f"/etc/{name}", self.folder / "etc" / name)
        for machine in ("a" * 32, "b" * 32, "a" * 32):
            (self.folder / "etc" / "machine-id").write_text(machine + "\n")
            self.daemon_.stop()
            self.processes.remove(self.daemon_)
            self.daemon_ = self.daemon(wrap=["unshare", "--mount", "sh", "-c", 'mount --bind $0/etc /etc && exec "$@"', self.folder])
            self.daemon_.wait_link("one", "online")
        first, one, other, again = self.ours()
        self.assertEqual(one, again)
        self.assertEqual(len({first, one, other}), 3)

    def rivals(self):
        """How often the other program came in with our id."""
        return len(re.findall(r"New client connected from \S+ as bambud-\S+ \([^)]*\)", self.broker.text())) - len(self.ours())

    def pass_by(self, seconds):
        """No session is up meanwhile that would miss its keepalive: one step is as good as many."""
        before = self.daemon_.call("daemon.status")["uptime_s"]
        self.shim.pass_by(seconds)
        wait_until("the time to be seen", lambda: self.daemon_.call("daemon.status")["uptime_s"] >= before + seconds)

    def test_two_of_the_same_id_do_not_play_ping_pong(self):
        first, = self.ours()
        self.assertRegex(first, r"^bambud-[0-9a-f]{8}$")
        # It comes back by itself, each time it is thrown out.
        rival = Process("rival", ["mosquitto_sub", "-h", "127.0.0.1", "-p", self.broker.plain, "-i", first, "-t", "x"], self.folder)
        self.addCleanup(rival.stop)
        link = self.daemon_.wait_status("one", "the word", lambda s: WORDS in (s["link"]["last_error"] or ""), deadline=30)["link"]
        self.assertEqual(link["state"], "offline")
        tries = self.ours()
        self.assertEqual(set(tries), {first}, "the id is stable")
        self.assertLessEqual(len(tries), 1 + KICKS)
        self.pass_by(14 * 60)
        self.assertEqual(self.ours(), tries, "peace")
        self.pass_by(4 * 60)
        wait_until("one more try", lambda: len(self.ours()) == len(tries) + 1)
        # The rival comes back and sees that it is over: nobody takes the session from it any more.
        wait_until("the rival to be back", lambda: self.rivals() >= len(tries) + 1)
        self.daemon_.wait_status("one", "the word", lambda s: WORDS in (s["link"]["last_error"] or ""))
        rival.stop()
        self.assertEqual(self.daemon_.ctl("refresh", "one")[0], 0)
        self.daemon_.wait_link("one", "online")


if __name__ == "__main__":
    unittest.main(verbosity=2)
