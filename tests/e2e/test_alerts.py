# SPDX-License-Identifier: MIT
"""Thresholds of the configuration: told when they have stood, other ones at a reload, none when off."""
import json
import unittest

from harness import DEADLINE, Case, wait_until

KINDS = ["ams.humidity_*", "ams.temp_*", "ams.filament_low", "door.*"]


class Alerts(Case):
    """A P2S with one AMS whose values only the test moves."""

    def begin(self, limits):
        self.sim_ = self.sim("--model", "P2S", "--state", "idle", "--still", "--rate", "0", "--deltas", "--ams", "ams")
        self.printers = (self.folder / "bambud.conf").read_text()
        self.limits(limits)
        self.daemon_ = self.daemon()
        self.name = self.daemon_.call("printer.list")["printers"][0]["name"]
        self.daemon_.wait_status(self.name, "its AMS", lambda s: s["link"]["state"] == "online" and s["ams"]["units"])
        self.client = self.daemon_.client()
        self.addCleanup(self.client.close)
        self.client.call("events.subscribe", {"kinds": KINDS, "state": False})
        self.ams(humidity_raw="20", humidity="5", temp="25.0")

    def limits(self, text):
        self.write_config(self.printers + "\n[Alerts]\n" + text)

    def ams(self, **members):
        self.publish({"ams": {"ams": [{"id": "0", **members}]}})

    def publish(self, members):
        self.sim_.do("publish", self.name, json.dumps({"print": {"command": "push_status", "msg": 1, **members}}))

    def hear(self, kind):
        event = self.client.notifications.pop(0) if self.client.notifications else self.client.line()
        self.assertEqual(event["params"]["kind"], kind, event)
        return event["params"]["data"]

    def heard(self):
        return self.client.call("daemon.ping") and self.client.notifications

    def nothing_yet(self):
        self.sim_.do("set", self.name, "door=on")
        self.hear("door.opened")
        self.sim_.do("set", self.name, "door=off")
        self.hear("door.closed")

    def wait_events(self, count):
        """The printer says things of no interest until so many warnings came; never otherwise would they."""
        rssi = iter(range(-90, -20))
        wait_until(f"{count} events", lambda: self.publish({"wifi_signal": f"{next(rssi)}dBm"}) or len(self.heard()) >= count,
                   DEADLINE, 0.3)

    def test_warning_waits_for_its_time_and_a_message(self):
        self.begin("HumidityHigh=60\nDebounce=1s\n")
        self.ams(humidity_raw="59", temp="46.0")
        self.nothing_yet()
        self.wait_events(1)
        self.assertEqual(self.hear("ams.temp_high")["temp_c"], 46)
        self.ams(humidity_raw="60")
        self.wait_events(1)
        self.assertEqual(self.hear("ams.humidity_high"),
                         {"unit": 0, "label": "A", "humidity_level": 5, "humidity_pct": 60})
        self.ams(humidity_raw="50", temp="40.0")
        self.wait_events(2)
        self.hear("ams.humidity_ok")
        self.hear("ams.temp_ok")

    def test_reload_takes_other_limits(self):
        self.begin("HumidityHigh=off\nAmsTempHigh=off\nFilamentLow=off\nDebounce=0s\n")
        self.ams(humidity_raw="90", temp="70.0")
        self.ams(humidity_raw="20", temp="25.0")
        self.nothing_yet()
        self.limits("HumidityHigh=30\nAmsTempHigh=off\nDebounce=0s\n")
        self.assertEqual(sorted(self.daemon_.call("daemon.reload")["changed"]),
                         ["Alerts.FilamentLow", "Alerts.HumidityHigh"])
        self.ams(humidity_raw="20", temp="24.0")
        self.ams(humidity_raw="30", temp="70.0")
        self.assertEqual(self.hear("ams.humidity_high")["humidity_pct"], 30)
        self.limits("HumidityHigh=80\nAmsTempHigh=off\nDebounce=0s\n")
        self.daemon_.call("daemon.reload")
        self.publish({"wifi_signal": "-33dBm"})
        self.hear("ams.humidity_ok")

    def test_bad_limit_is_a_warning_and_the_default_counts(self):
        self.begin("HumidityHigh=wet\nDebounce=0s\n")
        self.daemon_.wait_line("HumidityHigh=wet: want a number, off|1..100")
        self.ams(humidity_raw="50")
        self.hear("ams.humidity_high")


if __name__ == "__main__":
    unittest.main(verbosity=2)
