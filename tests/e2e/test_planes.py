# SPDX-License-Identifier: MIT
"""Two ways to a printer: the local network and the account's one session (reliability.md rows 5, 6, 17)."""
import json
import re

import broker
from harness import main, wait_until
from test_account import PASSWORD, AccountCase


class Planes(AccountCase):
    def broker_stats(self):
        return json.loads(self.sim_.do("broker", "stats"))

    def begin_planes(self, **kw):
        self.begin_account("--rate", "5", **kw)
        self.sign_in_whole()
        self.cloud_only = [p["name"] for p in self.call("printer.list")["printers"] if p["name"] not in self.lan]

    def wait_plane(self, name, plane):
        return self.daemon_.wait_status(name, f"plane {plane}", lambda s: s["link"]["plane"] == plane and
                                        s["link"]["state"] == "online" and s["link"]["full_age_ms"] is not None)

    def changes(self):
        return [(e["data"]["from"], e["data"]["to"]) for e in self.events("printer.plane_changed")]

    def serial(self, name):
        return self.daemon_.status(name)["serial"]

    def switch(self, name, fault, on):
        self.sim_.do("fault", self.serial(name), fault, "on" if on else "off")

    def cut_lan(self, name):
        self.switch(name, "refuse", True)
        self.switch(name, "kick", True)

    def minutes_pass(self, minutes):
        """So that the printer in the local network is heard every 15 s."""
        for _ in range(minutes * 4):
            self.shim.pass_by(15)
            wait_until("a report", lambda: self.daemon_.status(self.lan[0])["link"]["age_ms"] < 15000, pause=0.01)

    def test_printer_of_the_account_alone_is_reached_through_the_cloud(self):
        self.begin_planes(sections=1)
        name, = self.cloud_only
        link = self.wait_plane(name, "cloud")["link"]
        self.assertEqual(link["tls"], "verified")
        self.assertEqual(self.broker_stats()["logins"], 1)
        self.assertEqual(self.broker_stats()["foreign"], 0)
        self.assertEqual(self.call("account.status")["session"], {"up": True, "error": None})
        self.assertRegex(self.call("metrics.text")["text"],
                         rf'bambu_messages_total{{[^}}]*printer="{name}",plane="cloud",kind="full"}} [1-9]')
        self.assertEqual(self.call("device.light", printer=name, node="chamber", mode="on")["stage"], "effective")
        self.assertGreater(self.broker_stats()["requests"], 2)
        self.switch(name, "cloud-off", True)
        self.assertIn("disconnected", self.daemon_.wait_link(name, "offline")["link"]["last_error"])
        self.switch(name, "cloud-off", False)
        self.wait_plane(name, "cloud")
        self.lan_untouched()
        self.assertEqual(self.changes(), [])

    def test_cloud_takes_over_from_the_lan_and_gives_back(self):
        self.begin_planes(sections=2)
        name, other = self.lan
        wait_until("both to be subscribed", lambda: self.broker_stats()["topics"] == 2)
        self.wait_plane(name, "lan")
        self.sim_.do("state", self.serial(name), "idle")
        self.daemon_.wait_status(name, "idleness", lambda s: s["print"]["state"] == "idle")
        self.sim_.do("state", self.serial(name), "preparing")
        wait_until("the start", lambda: len(self.events("print.started")) == 1)
        self.cut_lan(name)
        link = self.wait_plane(name, "cloud")["link"]
        self.assertIn("in the local network", link["last_error"])
        self.switch(name, "refuse", False)
        self.wait_plane(name, "lan")
        self.assertEqual(self.changes(), [("lan", "cloud"), ("cloud", "lan")])
        self.assertEqual(len(self.events("print.started")), 1, "nothing is told twice")
        self.assertEqual(len([e for e in self.events("printer.offline") if e["printer"] == name]), 0)
        self.assertEqual(self.daemon_.status(other)["link"]["reconnects"], 0)

    def test_stranger_in_the_lan_is_said_while_the_cloud_stands_in(self):
        self.begin_account("--rate", "5", sections=1)
        name, = self.lan
        self.switch(name, "wrong-cn", True)
        self.switch(name, "kick", True)
        self.daemon_.wait_link(name, "tls_refused")
        self.sign_in_whole()
        link = self.wait_plane(name, "cloud")["link"]
        self.assertRegex(link["last_error"], "^in the local network: certificate is for ")
        self.assertTrue(link["last_error_hint"])
        self.assertIn("in the local network: certificate", self.daemon_.ctl("status", name)[1])

    def test_three_kicks_are_followed_by_fifteen_minutes_of_quiet(self):
        self.begin_planes(sections=1, shim=True)
        self.wait_plane(self.cloud_only[0], "cloud")
        self.sim_.do("broker", "kick-at-once", "on")
        self.sim_.do("broker", "kick")
        self.daemon_.wait_status(self.cloud_only[0], "the word",
                                 lambda s: "another client" in (s["link"]["last_error"] or ""))
        before = self.broker_stats()["connects"]
        self.assertLessEqual(before, 5)
        self.assertIn("another client", self.call("daemon.status")["cloud"]["session"]["error"])
        self.sim_.do("broker", "kick-at-once", "off")
        self.sim_.do("rate", "all", "20")
        self.minutes_pass(14)
        self.assertEqual(self.broker_stats()["connects"], before)
        self.minutes_pass(5)
        self.wait_plane(self.cloud_only[0], "cloud")
        self.lan_untouched()

    def test_dead_token_ends_the_session_and_a_new_one_begins_it(self):
        self.begin_planes(sections=1)
        name, = self.cloud_only
        self.wait_plane(name, "cloud")
        self.sim_.do("cloud", "expire")
        wait_until("the session's end", lambda: self.broker_stats()["died"] == 1)
        self.daemon_.wait_link(name, "offline")
        self.lan_untouched()
        self.sign_in_whole()
        self.wait_plane(name, "cloud")
        self.assertLessEqual(self.broker_stats()["connects"], 5)

    def test_session_that_is_taken_away_comes_back(self):
        self.begin_planes(sections=1)
        self.wait_plane(self.cloud_only[0], "cloud")
        self.sim_.do("broker", "kick")
        self.daemon_.wait_status(self.cloud_only[0], "the loss", lambda s: s["link"]["state"] == "offline")
        self.wait_plane(self.cloud_only[0], "cloud")
        self.assertEqual(self.broker_stats()["logins"], 2)

    def test_real_broker_with_passwords_and_rules(self):
        where = self.folder / "mosquitto"
        where.mkdir()
        self.cloud("--cloud-password", PASSWORD, "--cloud-token", "bound-token-1", printers=2)
        sections = (self.folder / "bambud.conf").read_text().split("[Printer ")
        seen, unseen = [next(l for l in s.splitlines() if l.startswith("Serial="))[7:] for s in sections[1:]]
        broker.make_ca(where)
        broker.make_leaf(where, "leaf", "localhost", san="IP:127.0.0.1")
        real = self.start(broker.Broker(where, seen, code="bound-token-1", user=f"u_{self.info['uid']}",
                                        acl=[f"read device/{seen}/report", f"write device/{seen}/request"]))
        (self.folder / "both.pem").write_text((self.folder / "cloud-ca.pem").read_text() + (where / "ca.pem").read_text())
        cloud = re.sub(r"(?m)^MqttPort=.*$", f"MqttPort={real.port}", (self.folder / "cloud.conf").read_text())
        cloud = cloud.replace("CaFile=./cloud-ca.pem", "CaFile=./both.pem") + "Token=bound-token-1\n"
        self.write_config(sections[0] + cloud)
        self.shim = None
        self.start_daemon()
        self.wait_account("printers", 2)
        names = {p["serial"]: p["name"] for p in self.call("printer.list")["printers"]}
        wait_until("a request by the real broker", lambda: f"device/{seen}/request" in real.text())
        real.publish(json.dumps({"print": {"command": "push_status", "msg": 0, "gcode_state": "RUNNING", "mc_percent": 7}}))
        status = self.daemon_.wait_status(names[seen], "the report", lambda s: s["print"]["percent"] == 7)
        self.assertEqual((status["link"]["plane"], status["link"]["tls"]), ("cloud", "verified"))
        real.publish("{}", topic=f"device/{unseen}/report")
        self.assertIn("no word", self.daemon_.wait_link(names[unseen], "offline")["link"]["last_error"])
        real.publish(json.dumps({"event": {"event": "client.disconnected"}}))
        self.daemon_.wait_link(names[seen], "offline")
        real.publish(json.dumps({"event": {"event": "client.connected"}}))
        self.daemon_.wait_link(names[seen], "online")


if __name__ == "__main__":
    main()
