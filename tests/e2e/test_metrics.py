# SPDX-License-Identifier: MIT
"""metrics.text of a living daemon: readable, complete, honest."""
import json
import os
import pathlib
import re
import time
import unittest

import promtext
from harness import Case, wait_until

PRINTER = {"bambu_printer_info", "bambu_printer_up", "bambu_report_age_seconds", "bambu_print_state", "bambu_job_progress_ratio",
           "bambu_job_remaining_seconds", "bambu_job_layer", "bambu_job_layers", "bambu_temperature_celsius",
           "bambu_temperature_target_celsius", "bambu_fan_speed_ratio", "bambu_ams_humidity_ratio", "bambu_ams_temperature_celsius",
           "bambu_filament_remaining_ratio", "bambu_hms_active", "bambu_wifi_signal_dbm", "bambu_prints_total",
           "bambu_reconnects_total", "bambu_messages_total", "bambu_messages_dropped_total",
           "bambu_camera_frames_total", "bambu_print_error"}
DAEMON = {"bambud_events_total", "bambud_disk_trouble", "bambud_start_time_seconds", "bambu_build_info", "bambud_loop_lag_seconds", "bambud_clients", "process_cpu_seconds_total", "process_open_fds",
          "process_max_fds", "process_virtual_memory_bytes", "process_resident_memory_bytes", "process_start_time_seconds"}
FARM = """h2d model=H2D state=printing ams=pro2,ht job=secret-part percent=47 layer=12 layers=100 remaining=30
p1s model=P1S state=idle ams=ams
stranger model=P1P state=idle fault=wrong-cn
attic model=X1E state=idle fault=refuse
"""


class Metrics(Case):
    def setUp(self):
        super().setUp()
        farm = self.folder / "farm"
        farm.write_text(FARM)
        self.sim_ = self.sim("--farm", farm, "--rate", "5")
        self.daemon_ = self.daemon()
        for name, link in (("h2d", "online"), ("p1s", "online"), ("stranger", "tls_refused"), ("attic", "lan_closed")):
            self.daemon_.wait_link(name, link)
        for name in ("h2d", "p1s"):
            self.daemon_.wait_status(name, "a full report", lambda s: s["print"]["state"] != "unknown" and s["firmware"])

    def read(self):
        return promtext.parse(self.daemon_.call("metrics.text")["text"])

    @staticmethod
    def get(families, name, printer=None, **labels):
        """The one value with these labels, or None."""
        wanted = set(labels.items()) | ({("printer", printer)} if printer else set())
        found = [v for k, v in families[name].samples.items() if wanted <= k] if name in families else []
        assert len(found) < 2, (name, printer, labels, found)
        return found[0] if found else None

    def test_every_family_is_there_and_reads_well(self):
        families = self.read()
        self.assertEqual(set(families), PRINTER | DAEMON)
        for name in PRINTER:
            for labels in families[name].samples:
                self.assertLessEqual({"serial", "printer"}, {k for k, _ in labels}, name)
        get = lambda *a, **k: self.get(families, *a, **k)
        for value, *where in ((1, "bambu_printer_up", "h2d"), (0, "bambu_printer_up", "stranger"), (0.47, "bambu_job_progress_ratio", "h2d"),
                              (1800, "bambu_job_remaining_seconds", "h2d"), (12, "bambu_job_layer", "h2d"),
                              (100, "bambu_job_layers", "h2d"), (None, "bambu_job_layer", "p1s"),
                              (None, "bambu_report_age_seconds", "attic"), (None, "bambu_wifi_signal_dbm", "attic")):
            self.assertEqual(get(*where), value, where)
        self.assertEqual(get("bambu_printer_info", "h2d", model="H2D", firmware="01.02.00.00", plane="lan"), 1)
        self.assertEqual(get("bambu_print_state", "h2d", state="printing"), 1)
        self.assertEqual(sum(v for k, v in families["bambu_print_state"].samples.items() if ("printer", "h2d") in k), 1)
        self.assertEqual(get("bambu_temperature_target_celsius", "h2d", sensor="nozzle_right"), 220)
        self.assertIsNone(get("bambu_temperature_celsius", "p1s", sensor="chamber"))
        self.assertGreaterEqual(get("bambu_reconnects_total", "stranger", plane="lan", reason="tls"), 1)
        self.assertGreaterEqual(get("bambu_reconnects_total", "attic", plane="lan", reason="refused_port"), 1)

    def test_commands_are_counted_by_method_and_result(self):
        self.assertEqual(self.daemon_.ctl("pause", "h2d")[0], 0)
        self.assertNotEqual(self.daemon_.ctl("pause", "p1s")[0], 0)
        families = self.read()
        self.assertEqual(self.get(families, "bambu_commands_total", "h2d", method="print.pause", result="effective"), 1)
        self.assertEqual(self.get(families, "bambud_events_total", kind="command.done"), 1)
        self.assertEqual(self.get(families, "bambud_events_total", kind="print.paused"), 1)
        self.assertEqual(self.get(families, "bambu_print_error", "h2d"), 0)

    def test_job_names_and_secrets_are_told_nowhere(self):
        text = self.daemon_.call("metrics.text")["text"]
        self.assertEqual(self.daemon_.status("h2d")["print"]["job"], "secret-part")
        self.assertNotIn("secret-part", text)
        for printer in json.loads(self.sim_.do("list")):
            self.assertNotIn(printer["code"], text)

    def test_counters_only_grow(self):
        before = self.read()
        self.sim_.do("publish", "p1s", "{nothing")
        self.sim_.do("fault", "h2d", "kick", "on")
        wait_until("a dropped message and a reconnect", lambda: self.get(now := self.read(), "bambu_messages_dropped_total", "p1s",
                   reason="syntax") == 1 and self.get(now, "bambu_reconnects_total", "h2d", reason="lost") == 1)
        self.daemon_.wait_link("h2d", "online")
        after = self.read()
        for name, family in before.items():
            if family.type == "counter":
                for labels, value in family.samples.items():
                    self.assertGreaterEqual(after[name].samples[labels], value, (name, labels))
        self.assertGreater(self.get(after, "bambu_messages_total", "p1s", kind="delta"),
                           self.get(before, "bambu_messages_total", "p1s", kind="delta"))

    def test_strings_of_a_printer_cannot_break_the_format(self):
        evil = 'a"b\\c\nd} 1'
        self.sim_.do("publish", "p1s", json.dumps({"info": {"command": "get_version", "sequence_id": "1", "module": [
            {"name": "ota", "sw_ver": evil, "hw_ver": "OTA", "sn": "x", "product_name": "Bambu Lab P1S"}]}}))
        self.daemon_.wait_status("p1s", "the firmware", lambda s: s["firmware"] == evil)
        self.assertEqual(self.get(self.read(), "bambu_printer_info", "p1s", firmware='a"b\\c\\x0Ad} 1'), 1)

    def test_process_figures_are_those_of_the_daemon(self):
        families = self.read()
        pid = self.daemon_.child.pid
        limit = re.search(r"Max open files +(\d+)", pathlib.Path(f"/proc/{pid}/limits").read_text()).group(1)
        self.assertEqual(self.get(families, "process_max_fds"), int(limit))
        self.assertLess(abs(self.get(families, "process_open_fds") - len(os.listdir(f"/proc/{pid}/fd"))), 3)
        self.assertLess(abs(self.get(families, "process_start_time_seconds") - time.time()), 60)
        self.assertGreater(self.get(families, "process_resident_memory_bytes"), 1e6)
        self.assertGreater(self.get(families, "process_cpu_seconds_total"), 0)
        # Clients of the set-up that have just closed may be counted still.
        wait_until("the asking client alone", lambda: self.get(self.read(), "bambud_clients") == 1)

    def test_bambuctl_hands_on_the_text(self):
        code, out, err = self.daemon_.ctl("metrics", "--json=short")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(set(promtext.parse(json.loads(out)["text"])), PRINTER | DAEMON)


class Reader(unittest.TestCase):
    """The reader refuses what Prometheus refuses."""

    def test_bad_texts(self):
        good = '# HELP a_total What.\n# TYPE a_total counter\na_total{x="1"} 2\n'
        self.assertEqual(promtext.parse(good)["a_total"].samples, {frozenset({("x", "1")}): 2})
        for old, new in (("} 2\n", "} 2"), ("} 2", "} NaN"), ("} 2", "} two"), ('"1"', '"1'), ('"1"', '"a"b"'), ('"1"', '"1",'),
                         ('"1"', '"\\t"'), ("counter", "gauge"), ("counter", "thing"), ("# TYPE a_total", "# TYPE b_total"),
                         ('a_total{x="1"} 2\n', 'a_total{x="1"} 2\na_total{x="1"} 3\n'), ('a_total{x="1"} 2\n', 'a_total{x="1",x="2"} 2\n'),
                         ('a_total{x="1"} 2\n', ""), ("# HELP a_total What.\n", ""), ("What.", ""), ('{x="1"}', '{1x="1"}')):
            with self.subTest(old=old, new=new), self.assertRaises(promtext.Bad):
                promtext.parse(good.replace(old, new))


if __name__ == "__main__":
    unittest.main(verbosity=2)
