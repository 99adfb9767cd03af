# SPDX-License-Identifier: MIT
"""Why a printer cannot be reached, whom to trust, and what it says: printer.doctor, printer.trust, mqtt.listen."""
import json
import subprocess
import time
import unittest

from harness import Case, wait_until

STEPS = ("address", "tcp", "tls", "serial", "login", "subscription", "report", "full_report", "control")
# Which step fails by which fault, with a word of its detail and one of its remedy.
FAULTS = {
    "wrong-cn": ("serial", "expected", "another printer"),
    "self-signed": ("tls", "self-signed", "bambuctl printer trust"),
    "expired": ("tls", "expired on", "bambuctl printer trust"),
    "wrong-code": ("login", "not authorised", "AccessCode="),
    "refuse": ("tcp", "nobody listens", "LAN access"),
    "silent": ("tls", "within 5 s", "off and on"),
}


class Looks(Case):
    def farm(self, count):
        """A simulator and the names and serials it wrote down."""
        self.sim_ = self.sim("--printers", str(count), "--rate", "5")
        lines = (self.folder / "bambud.conf").read_text().splitlines()
        self.names = [line[len("[Printer "):-1] for line in lines if line.startswith("[Printer ")]
        self.serials = [line[len("Serial="):] for line in lines if line.startswith("Serial=")]

    def stats(self, i):
        return json.loads(self.sim_.do("stats", self.serials[i]))

    def steps(self, result):
        self.assertEqual(tuple(s["name"] for s in result["steps"]), STEPS)
        for step in result["steps"]:
            self.assertEqual(step["remedy"] is not None, step["state"] == "fail", step)
        return {s["name"]: s for s in result["steps"]}

    def failing(self, result, name, detail, remedy):
        steps = self.steps(result)
        at = STEPS.index(name)
        self.assertEqual([steps[s]["state"] for s in STEPS[:at]], ["ok"] * at, steps)
        self.assertEqual(steps[name]["state"], "fail")
        self.assertEqual({steps[s]["state"] for s in STEPS[at + 1:]} - {"skipped"}, set(), steps)
        self.assertIn(detail, steps[name]["detail"])
        self.assertIn(remedy, result["remedy"])
        self.assertEqual(result["remedy"], steps[name]["remedy"])
        return steps


class Doctor(Looks):
    def test_every_fault_has_its_step_and_its_remedy(self):
        self.farm(len(FAULTS) + 1)
        for serial, fault in zip(self.serials, FAULTS):
            self.sim_.do("fault", serial, fault, "on")
        self.daemon_ = self.daemon()
        self.daemon_.wait_link(self.names[-1], "online")
        self.daemon_.wait_link(self.names[list(FAULTS).index("wrong-code")], "auth_refused")
        begun = time.monotonic()
        with self.daemon_.client() as c:
            asked = {c.request("printer.doctor", {"printer": name}): fault for name, fault in zip(self.names, FAULTS)}
            ping = c.request("daemon.ping")
            order = []
            while asked:
                reply = c.line()
                order.append(reply["id"])
                if reply["id"] != ping:
                    fault = asked.pop(reply["id"])
                    with self.subTest(fault=fault):
                        self.failing(reply["result"], *FAULTS[fault])
        self.assertLess(time.monotonic() - begun, 20)
        # The silent one was asked last but one, and the others have not waited for it.
        self.assertGreater(len(order) - order.index(ping), 1)
        for i, fault in enumerate(FAULTS):
            if fault in ("wrong-cn", "self-signed", "expired"):
                self.assertEqual(self.stats(i)["bytes_in"], 0, f"{fault}: not one byte of MQTT for a stranger")
            if fault == "wrong-code":
                self.assertEqual(self.stats(i)["connects"], 1, "a refused code is not tried again")

    def test_connected_printer_is_asked_not_disturbed(self):
        self.farm(2)
        self.daemon_ = self.daemon()
        for name in self.names:
            self.daemon_.wait_status(name, "a full report", lambda s: s["link"]["full_age_ms"] is not None)
        for i, name in enumerate(self.names):
            before = self.stats(i)["connects"]
            steps = self.steps(self.daemon_.call("printer.doctor", {"printer": name}))
            self.assertEqual({steps[s]["state"] for s in STEPS[:-1]}, {"ok"}, steps)
            self.assertIn("chain complete", steps["tls"]["detail"])
            self.assertIn(self.serials[i], steps["serial"]["detail"])
            self.assertEqual(self.stats(i)["connects"], before)
        with self.daemon_.client() as c:
            self.assertEqual(c.error("printer.doctor", {"printer": "@all"})["data"]["type"], "ambiguous_printer")

    def test_doctor_brings_back_a_printer_that_waits(self):
        self.farm(1)
        self.sim_.do("fault", self.serials[0], "refuse", "on")
        self.daemon_ = self.daemon()
        self.daemon_.wait_link(self.names[0], "lan_closed")
        self.sim_.do("fault", self.serials[0], "refuse", "off")
        steps = self.steps(self.daemon_.call("printer.doctor", {"printer": self.names[0]}))
        self.assertEqual({steps[s]["state"] for s in STEPS[:-1]}, {"ok"}, steps)
        self.assertGreaterEqual(steps["tls"]["ms"], 0)
        self.assertEqual(self.daemon_.status(self.names[0])["link"]["state"], "online")

    def test_chain_that_is_incomplete_is_told(self):
        self.farm(1)
        config = (self.folder / "bambud.conf").read_text()
        ca = next(line for line in config.splitlines() if line.startswith("CaFile="))[len("CaFile="):]
        key = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", str(self.folder / ca)], check=True,
                             capture_output=True, text=True).stdout
        self.write_config(key, name="key.pem")
        self.write_config(config.replace(f"CaFile={ca}", "CaFile=./key.pem"))
        self.sim_.do("fault", self.serials[0], "leaf-alone", "on")
        self.daemon_ = self.daemon()
        self.daemon_.wait_status(self.names[0], "a full report", lambda s: s["link"]["full_age_ms"] is not None)
        steps = self.steps(self.daemon_.call("printer.doctor", {"printer": self.names[0]}))
        self.assertEqual(steps["tls"]["state"], "ok")
        self.assertIn("chain incomplete", steps["tls"]["detail"])

    def test_disabled_printer_says_why_first(self):
        self.farm(1)
        config = (self.folder / "bambud.conf").read_text()
        self.write_config("".join(line + "\n" for line in config.splitlines() if not line.startswith("AccessCode=")))
        self.daemon_ = self.daemon()
        result = self.daemon_.call("printer.doctor", {"printer": self.names[0]})
        self.failing(result, "address", "no AccessCode=", "bambuctl daemon reload")

    def test_daemon_that_stops_answers_what_it_still_looks_at(self):
        self.farm(1)
        self.sim_.do("fault", self.serials[0], "silent", "on")
        self.daemon_ = self.daemon()
        with self.daemon_.client() as c:
            wanted = c.request("printer.doctor", {"printer": self.names[0]})
            c.call("daemon.ping")
            self.daemon_.child.terminate()
            self.assertEqual(c.reply(wanted)["error"]["data"]["type"], "cancelled")


class Trust(Looks):
    def test_pin_of_a_self_signed_printer_makes_it_online(self):
        self.farm(2)
        self.sim_.do("fault", self.serials[0], "self-signed", "on")
        self.daemon_ = self.daemon()
        sick, well = self.names
        self.daemon_.wait_link(sick, "tls_refused")
        self.daemon_.wait_link(well, "online")
        with self.daemon_.client() as c:
            shown = c.call("printer.trust", {"printer": sick, "show": True})
            self.assertEqual((shown["verified"], shown["trusted"]), (False, False))
            self.assertEqual(shown["subject"], self.serials[0])
            self.assertEqual(shown["issuer"], self.serials[0])
            self.assertIn("self-signed", shown["reason"])
            self.assertEqual(self.stats(0)["bytes_in"], 0, "a look sends no byte of MQTT")
            dropin = self.folder / "state" / "printers.d" / f"{sick}.conf"
            other = "0" * 64
            self.assertEqual(c.error("printer.trust", {"printer": sick, "pin": other})["data"]["type"], "tls_refused")
            self.assertFalse(dropin.exists())
            trusted = c.call("printer.trust", {"printer": sick, "pin": shown["pin"].upper()})
            self.assertEqual((trusted["trusted"], trusted["pin"]), (True, shown["pin"]))
            self.assertEqual(self.daemon_.wait_link(sick, "online")["link"]["tls"], "pinned")
            self.assertEqual(dropin.read_text(), f"[Printer {sick}]\nVerify=pin\nPin={shown['pin']}\n")
            self.assertEqual(dropin.stat().st_mode & 0o7777, 0o600)
            self.assertEqual(self.daemon_.status(well)["link"]["reconnects"], 0, "the other printer stays connected")
            self.assertTrue(c.call("printer.trust", {"printer": sick})["trusted"])
            self.whole_again(sick, c)

    def whole_again(self, sick, client):
        """Another certificate under the pin is refused, and the doctor says so."""
        self.daemon_.wait_status(sick, "a full report", lambda s: s["link"]["full_age_ms"] is not None)
        steps = self.steps(client.call("printer.doctor", {"printer": sick}))
        self.assertIn("pinned", steps["tls"]["detail"])
        self.assertEqual(steps["serial"]["state"], "skipped")
        self.sim_.do("fault", self.serials[0], "self-signed", "off")
        self.sim_.do("fault", self.serials[0], "kick", "on")
        self.daemon_.wait_link(sick, "tls_refused")
        result = client.call("printer.doctor", {"printer": sick})
        self.failing(result, "tls", "another pin", "replaced or reset")

    def test_genuine_printer_is_shown_as_verified(self):
        self.farm(1)
        self.daemon_ = self.daemon()
        self.daemon_.wait_link(self.names[0], "online")
        connects = self.stats(0)["connects"]
        shown = self.daemon_.call("printer.trust", {"printer": self.names[0]})
        self.assertEqual((shown["verified"], shown["chain_complete"], shown["reason"]), (True, True, None))
        self.assertGreater(shown["not_after"], shown["not_before"])
        self.assertEqual(self.daemon_.status(self.names[0])["link"]["reconnects"], 0)
        self.assertEqual(self.stats(0)["connects"], connects, "no second login beside the living one")

    def test_what_cannot_be_seen_or_is_no_pin_is_an_error(self):
        self.farm(1)
        self.sim_.do("fault", self.serials[0], "refuse", "on")
        self.daemon_ = self.daemon()
        name = self.names[0]
        with self.daemon_.client() as c:
            for params, want in (({"printer": name}, "printer_offline"),
                                 ({"printer": name, "pin": "abc"}, "invalid_params"),
                                 ({"printer": name, "pin": "g" * 64}, "invalid_params"),
                                 ({"printer": name, "pin": "0" * 64, "show": True}, "invalid_params"),
                                 ({"printer": "nobody"}, "no_such_printer")):
                self.assertEqual(c.error("printer.trust", params)["data"]["type"], want, params)


class Listen(Looks):
    def test_reports_are_heard_until_unsubscribed_and_never_a_code(self):
        self.farm(2)
        self.daemon_ = self.daemon()
        codes = [line[len("AccessCode="):] for line in (self.folder / "bambud.conf").read_text().splitlines()
                 if line.startswith("AccessCode=")]
        self.daemon_.wait_link(self.names[0], "online")
        with self.daemon_.client() as c:
            sub = c.call("mqtt.listen", {"printer": self.names[0]})
            self.assertEqual(sub, {"sub": 1, "printer": self.names[0]})
            heard = [c.line() for _ in range(5)]
            self.sim_.do("fault", self.serials[0], "kick", "on")  # after a connect everything is asked for
            wait_until("a full report among the messages", lambda: self.is_full(c.line()), pause=0)
            c.call("events.unsubscribe", {"sub": 1})
            c.notifications.clear()
            c.call("daemon.ping")
            self.assertEqual(c.notifications, [])
        for line in heard:
            self.assertEqual(line["method"], "mqtt")
            params = line["params"]
            self.assertEqual((params["sub"], params["printer"]), (1, self.names[0]))
            self.assertEqual(params["topic"], f"device/{self.serials[0]}/report")
            self.assertIn("print", params["payload"])
            for code in codes:
                self.assertNotIn(code, json.dumps(line))

    @staticmethod
    def is_full(line):
        return line["params"]["payload"].get("print", {}).get("msg") == 0

    def test_what_is_no_json_is_heard_as_text(self):
        self.farm(1)
        self.daemon_ = self.daemon()
        self.daemon_.wait_link(self.names[0], "online")
        with self.daemon_.client() as c:
            c.call("mqtt.listen", {"printer": self.names[0]})
            self.sim_.do("fault", self.serials[0], "garbage", "on")
            wait_until("a text among the messages", lambda: isinstance(c.line()["params"]["payload"], str), pause=0)


if __name__ == "__main__":
    unittest.main()
