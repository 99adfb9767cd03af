# SPDX-License-Identifier: MIT
"""Every fault a printer or its network can show, one test a switch of the simulator (reliability.md rows 1-12)."""
import json
import unittest

from harness import Case, wait_until


class Faults(Case):
    """Two printers: `sick` gets the fault, `well` must not notice."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "2", "--rate", "5")
        self.daemon_ = None

    def begin(self, *faults):
        """Switches faults on before the daemon starts, then waits for the healthy printer."""
        self.sick, self.well = self.names()
        for fault in faults:
            self.sim_.do("fault", self.sick_serial, fault, "on")
        self.daemon_ = self.daemon()
        self.daemon_.wait_link(self.well, "online")

    def names(self):
        """Names and serials as the written configuration has them."""
        names, serials = [], []
        for line in (self.folder / "bambud.conf").read_text().splitlines():
            if line.startswith("[Printer "):
                names.append(line[len("[Printer "):-1])
            elif line.startswith("Serial="):
                serials.append(line[len("Serial="):])
        self.sick_serial, self.well_serial = serials
        return names

    def stats(self, serial):
        return json.loads(self.sim_.do("stats", serial))

    def tearDown(self):
        if self.daemon_:
            status = self.daemon_.status(self.well)
            self.assertEqual(status["link"]["state"], "online", "the other printer is untouched")
            self.assertLess(status["link"]["age_ms"], 5000)
        super().tearDown()

    def refused(self, fault, *words):
        self.begin(fault)
        link = self.daemon_.wait_link(self.sick, "tls_refused")["link"]
        for word in words:
            self.assertIn(word, link["last_error"].lower())
        self.assertEqual(self.stats(self.sick_serial)["bytes_in"], 0, "not one byte of MQTT for a stranger")
        self.assertIsNone(link["plane"])
        self.assertIsNone(link["tls"])

    def test_wrong_cn(self):
        self.refused("wrong-cn", "certificate")

    def test_self_signed(self):
        self.refused("self-signed", "self")

    def test_foreign_ca(self):
        self.refused("foreign-ca", "certificate")

    def test_expired(self):
        self.refused("expired", "expired")

    def test_tls11(self):
        self.refused("tls11")

    def test_leaf_alone_is_accepted_by_the_key_that_signed_it(self):
        self.begin("leaf-alone")
        self.assertEqual(self.daemon_.wait_link(self.sick, "online")["link"]["tls"], "verified")

    def test_wrong_code(self):
        self.begin("wrong-code")
        link = self.daemon_.wait_link(self.sick, "auth_refused")["link"]
        self.assertTrue(link["last_error"])
        self.assertEqual(self.stats(self.sick_serial)["connects"], 1, "no tight retry")
        code, out, _ = self.daemon_.ctl("refresh", self.sick, "--json=short")
        self.assertEqual((code, json.loads(out)["error"]["data"]["type"]), (13, "rate_limited"))

    def test_refuse(self):
        self.begin("refuse")
        self.daemon_.wait_link(self.sick, "lan_closed")
        self.sim_.do("fault", self.sick_serial, "refuse", "off")
        self.daemon_.ctl("refresh", self.sick)
        self.daemon_.wait_link(self.sick, "online")

    def test_silent(self):
        self.begin("silent")
        link = self.daemon_.wait_link(self.sick, "offline", deadline=25)["link"]
        self.assertIn("10 s", link["last_error"])

    def test_slow_accept(self):
        self.begin("slow-accept")
        self.assertEqual(self.daemon_.status(self.sick)["link"]["state"], "connecting")
        self.sim_.do("fault", self.sick_serial, "slow-accept", "off")
        self.daemon_.wait_link(self.sick, "online", deadline=30)

    def test_kick_shows_offline_with_the_old_values_and_comes_back(self):
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")
        with self.daemon_.client() as c:
            c.call("events.subscribe", {"kinds": ["printer.*"], "state": False})
            self.sim_.do("fault", self.sick_serial, "kick", "on")
            kinds = [c.line()["params"]["kind"] for _ in range(2)]
        self.assertEqual(kinds, ["printer.offline", "printer.online"])
        self.daemon_.wait_status(self.sick, "reconnects", lambda s: s["link"]["reconnects"] == 1)

    def test_mute_is_an_age_not_an_error(self):
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")
        self.sim_.do("fault", self.sick_serial, "mute", "on")
        self.daemon_.wait_status(self.sick, "an age", lambda s: s["link"]["age_ms"] > 3000 and
                                 s["link"]["state"] == "online")
        self.sim_.do("fault", self.sick_serial, "mute", "off")
        self.daemon_.wait_status(self.sick, "a new report", lambda s: s["link"]["age_ms"] < 1000)

    def test_half_open_is_an_age_too(self):
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")
        self.sim_.do("fault", self.sick_serial, "half-open", "on")
        self.daemon_.wait_status(self.sick, "an age", lambda s: s["link"]["age_ms"] > 3000)
        # Once the watchdog has said so it is no longer online; the times are reliability.md row 2.
        self.daemon_.wait_link(self.sick, "stale", deadline=60)
        self.daemon_.wait_link(self.sick, "offline", deadline=20)
        self.sim_.do("fault", self.sick_serial, "half-open", "off")
        self.daemon_.wait_link(self.sick, "online", deadline=60)

    def cut(self, fault):
        self.begin()
        self.daemon_.wait_link(self.sick, "online")
        before = self.rss()
        self.sim_.do("fault", self.sick_serial, fault, "on")
        link = self.daemon_.wait_status(self.sick, "a cut", lambda s: s["link"]["reconnects"] >= 1 or
                                        s["link"]["state"] == "offline", deadline=60)["link"]
        self.sim_.do("fault", self.sick_serial, fault, "off")
        self.daemon_.wait_link(self.sick, "online", deadline=30)
        self.assertLess(self.rss() - before, 40 << 20, "bounded, also with a sanitizer's quarantine")
        return link

    def rss(self):
        with self.daemon_.client() as c:
            return c.call("daemon.status")["rss_bytes"]

    def test_oversize_is_cut(self):
        self.cut("oversize")

    def test_trickle_is_cut(self):
        self.cut("trickle")

    def dropped(self, fault, counter):
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")
        self.sim_.do("fault", self.sick_serial, fault, "on")
        with self.daemon_.client() as c:
            def count():
                return json.dumps(c.call("daemon.stats", None))

            wait_until(f"{counter} to count", lambda: any(
                f'"{counter}": {n}' in count() for n in range(1, 2000)))
        self.assertIn(self.daemon_.status(self.sick)["link"]["state"], ("online", "stale"))
        self.sim_.do("fault", self.sick_serial, fault, "off")
        self.daemon_.wait_status(self.sick, "a new report", lambda s: s["link"]["age_ms"] < 2000)

    def test_garbage_is_dropped_and_counted(self):
        self.dropped("garbage", "dropped_syntax")

    def test_deep_is_dropped_and_counted(self):
        self.dropped("deep", "dropped_limit")

    def test_many_keys_are_dropped_and_counted(self):
        self.dropped("many-keys", "dropped_limit")

    def test_ever_new_keys_are_bounded(self):
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")

        def messages():
            return self.daemon_.call("daemon.stats")["counters"]["printers"][self.sick]["messages"]

        def raw_bytes():
            return len(json.dumps(self.daemon_.call("printer.raw", {"printer": self.sick})))

        self.sim_.do("rate", self.sick_serial, "100")
        self.sim_.do("fault", self.sick_serial, "new-keys", "on", "200")
        start, before = messages(), self.rss()
        wait_until("600 messages", lambda: messages() > start + 600, deadline=40)
        self.assertLess(raw_bytes(), 128 << 10)
        self.assertLess(self.rss() - before, 40 << 20)
        self.sim_.do("fault", self.sick_serial, "new-keys", "off")
        self.sim_.do("rate", self.sick_serial, "5")
        self.assertEqual(self.daemon_.status(self.sick)["link"]["state"], "online")

    def test_names_of_a_peer_are_shown_without_control_bytes(self):
        """Row 15: escape sequences, line ends and direction marks of a job's name reach no log and no terminal."""
        self.begin()
        self.daemon_.wait_status(self.sick, "a report", lambda s: s["print"]["state"] != "unknown")
        evil = "a\\u001b[31mred\\u0007\\r\\n<3>forged line\\u009b2J\\u202egnp.\\u0000end"
        self.sim_.do("publish", self.sick_serial, '{"print":{"command":"push_status","msg":0,"gcode_state":"RUNNING",'
                     f'"mc_percent":3,"subtask_name":"{evil}","gcode_file":"{evil}","sequence_id":"{evil}","{evil}":1}}}}')
        self.daemon_.wait_status(self.sick, "the name", lambda s: "red" in json.dumps(s["print"]))
        bad = [chr(c) for c in [*range(0, 10), *range(11, 32), *range(127, 160), 0x202e, 0x2028]]
        for args in (["status", self.sick], ["list"], ["events"], ["get", self.sick, "print.job.name"], ["status", "@all"]):
            _, out, err = self.daemon_.ctl(*args)
            self.assertFalse([c for c in bad if c in out + err], args)
        log = self.daemon_.log.read_bytes().decode()
        self.assertFalse([c for c in bad if c in log])
        self.assertFalse([line for line in log.splitlines() if line.startswith("<3>forged")])

    def test_foreign_topic_is_dropped_and_counted(self):
        self.dropped("foreign-topic", "dropped_topic")

    def test_bad_utf8_is_repaired_and_counted(self):
        self.dropped("bad-utf8", "repaired")

    def test_bad_types_are_counted_and_the_rest_taken(self):
        self.dropped("bad-types", "wrong_types")

    def whole(self, fault):
        self.begin(fault)
        s = self.daemon_.wait_status(self.sick, "a full report", lambda s: s["link"]["full_age_ms"] is not None and
                                     s["print"]["state"] != "unknown" and s["firmware"])
        self.assertIsNotNone(s["temp"]["bed"]["current_c"])
        self.daemon_.wait_status(self.sick, "fresh reports", lambda s: s["link"]["age_ms"] < 1000)

    def test_split_records_make_whole_messages(self):
        self.whole("split")

    def test_joined_packets_are_all_taken(self):
        self.whole("join")

    def test_flood_is_cut(self):
        self.begin()
        self.daemon_.wait_link(self.sick, "online")
        self.sim_.do("fault", self.sick_serial, "flood", "on", "500")
        self.daemon_.wait_status(self.sick, "a reconnect", lambda s: s["link"]["reconnects"] >= 1, deadline=30)
        self.sim_.do("fault", self.sick_serial, "flood", "off")
        self.daemon_.wait_link(self.sick, "online", deadline=30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
