# SPDX-License-Identifier: MIT
"""The slice on real parts: mosquitto -> TLS -> bambud -> socket -> bambuctl."""
import json
import os
import pathlib
import unittest

import broker
from harness import Case, wait_until

SERIAL = "01P00A000000001"
CONFIG = """[Daemon]
Socket=./run/control.sock
StateDirectory=./state
CacheDirectory=./cache
[Printer one]
Serial={serial}
Address=127.0.0.1
Port={port}
AccessCode=12345678
CaFile=./ca.pem
Camera=off
"""
PAYLOADS = os.environ.get("BAMBU_PAYLOADS")


def at(obj, path):
    """Value at a path like ams.units.0.trays.1.color."""
    for part in path.split("."):
        obj = obj[int(part)] if isinstance(obj, list) else obj[part]
    return obj


def tray(tray_id, **fields):
    base = {"id": str(tray_id), "remain": 40, "tray_info_idx": "GFA00", "tray_type": "PLA", "tray_color": "FF0000FF",
            "tray_sub_brands": "PLA Basic", "tag_uid": "0011223344556677", "tray_uuid": "AB" * 16, "total_len": 330000,
            "nozzle_temp_min": "190", "nozzle_temp_max": "230", "k": 0.02, "cols": ["FF0000FF"]}
    base.update(fields)
    return base


FULL = {"print": {
    "command": "push_status", "msg": 0, "sequence_id": "1", "gcode_state": "RUNNING", "mc_percent": 47,
    "mc_remaining_time": "123", "layer_num": 112, "total_layer_num": 238, "subtask_name": "lid_plate2",
    "gcode_file": "lid_plate2.gcode.3mf", "stg_cur": 7, "print_type": "cloud", "spd_lvl": 2, "spd_mag": 100,
    "nozzle_temper": 219.8125, "nozzle_target_temper": 220, "bed_temper": 65, "bed_target_temper": 65,
    "chamber_temper": 5, "cooling_fan_speed": "9", "big_fan1_speed": "5", "big_fan2_speed": "3",
    "heatbreak_fan_speed": "15", "wifi_signal": "-52dBm", "sdcard": True, "print_error": 0, "home_flag": 1024,
    "lights_report": [{"node": "chamber_light", "mode": "on"}], "nozzle_diameter": "0.4",
    "nozzle_type": "hardened_steel", "hms": [],
    "ams": {"ams": [{"id": "0", "humidity": "4", "temp": "27.0", "tray": [tray(0), tray(1, tray_color="00FF00FF"),
                                                                         tray(2), {"id": "3"}]}],
            "ams_exist_bits": "1", "tray_exist_bits": "7", "tray_now": "1", "tray_tar": "1", "version": 3,
            "insert_flag": True, "power_on_flag": False},
    "vt_tray": tray(254, tray_type="PETG", tray_color="FFFF00FF")}}


class Slice(Case):
    def setUp(self):
        super().setUp()
        broker.make_ca(self.folder)
        broker.make_leaf(self.folder, "leaf", SERIAL)
        self.broker = self.start(broker.Broker(self.folder, SERIAL))
        self.write_config(CONFIG.format(serial=SERIAL, port=self.broker.port))
        self.daemon_ = self.daemon()
        self.daemon_.wait_link("one", "online")

    def messages(self):
        return self.daemon_.call("daemon.stats")["counters"]["printers"]["one"]["messages"]

    def say(self, message):
        """Publishes as the printer and returns the status once the daemon has taken it."""
        before = self.messages()
        self.broker.publish(message if isinstance(message, (bytes, str)) else json.dumps(message))
        wait_until("the message to be taken", lambda: self.messages() > before)
        return self.daemon_.status("one")

    def test_asks_for_everything_after_the_connect(self):
        with_report = f"device/{SERIAL}/report (QoS"
        self.broker.wait_line(f"device/{SERIAL}/request")
        self.assertIn(with_report, self.broker.text())

    def test_full_report_and_a_session_of_deltas(self):
        s = self.say(FULL)
        for path, want in {
                "link.state": "online", "link.plane": "lan", "link.tls": "verified", "link.address": "127.0.0.1",
                "model": "P1S", "print.state": "printing", "print.percent": 47, "print.layer": 112,
                "print.total_layers": 238, "print.remaining_s": 7380, "print.stage": "heating_nozzle",
                "print.stage_id": 7, "print.job": "lid_plate2", "print.source": "cloud", "print.speed": "standard",
                "print.error": None, "temp.nozzles.0.current_c": 219.8, "temp.nozzles.0.target_c": 220,
                "temp.bed.current_c": 65, "temp.chamber.current_c": None, "fans.part_pct": 60, "fans.aux_pct": 33,
                "fans.chamber_pct": 20, "fans.heatbreak_pct": 100, "lights.chamber": "on",
                "ams.units.0.label": "A", "ams.units.0.humidity_level": 4, "ams.units.0.trays.0.state": "loaded",
                "ams.units.0.trays.0.remain_pct": 40, "ams.units.0.trays.0.remain_mm": 132000,
                "ams.units.0.trays.3.state": "empty", "ams.units.0.trays.1.active": True,
                "ams.active": {"unit": 0, "slot": 1, "tray": 1}, "ams.external.0.type": "PETG",
                "ams.external.0.tray": 254, "ams.auto_refill": True, "ams.total_slots": 4, "hms": [],
                "device.sdcard": "present", "device.nozzle_count": 1, "control.state": "unknown"}.items():
            self.assertEqual(at(s, path), want, path)
        self.deltas()

    def deltas(self):
        s = self.say({"print": {"command": "push_status", "msg": 1, "mc_percent": "48",
                                "ams": {"ams": [{"id": "0", "tray": [{"id": "1", "tray_type": "PETG", "tray_info_idx":
                                                                     "GFG00", "tray_color": "0000FFFF"}]}]}}})
        self.assertEqual(at(s, "print.percent"), 48)
        self.assertEqual(at(s, "ams.units.0.trays.1.type"), "PETG")
        self.assertEqual(at(s, "ams.units.0.trays.0.type"), "PLA", "partial tray array clears nothing else")
        self.assertEqual(at(s, "ams.units.0.humidity_level"), 4, "unit scalars stay")
        s = self.say({"print": {"ams": {"tray_exist_bits": "6", "tray_now": "254"}}})
        self.assertEqual(at(s, "ams.units.0.trays.0.state"), "empty", "exist bits are the truth")
        self.assertEqual(at(s, "ams.active"), {"unit": None, "slot": None, "tray": 254})
        s = self.say({"print": {"hms": [{"attr": 0x07002000, "code": 0x00020001}]}})
        self.assertEqual(at(s, "hms.0.code"), "0700-2000-0002-0001")
        self.assertEqual(at(s, "hms.0.severity"), "serious")
        self.assertEqual(at(self.say({"print": {"hms": []}}), "hms"), [])
        # An ack and an empty object change nothing.
        s = self.say({"print": {"command": "gcode_line", "sequence_id": "40001", "result": "success", "mc_percent": 1}})
        self.assertEqual(at(s, "print.percent"), 48)
        self.assertEqual(at(self.say({}), "print.percent"), 48)
        # Wrong types: the field is unknown, the rest of the message is taken.
        s = self.say({"print": {"mc_percent": {"a": 1}, "layer_num": 113, "bed_temper": "cold"}})
        self.assertIsNone(at(s, "print.percent"))
        self.assertIsNone(at(s, "temp.bed.current_c"))
        self.assertEqual(at(s, "print.layer"), 113)
        s = self.say(b'{"print":{"subtask_name":"lid \xff\xfe plate","layer_num":114}}')
        self.assertEqual(at(s, "print.layer"), 114)
        self.assertIn("lid", at(s, "print.job"))
        for garbage in (b"{\"print\":{\"layer_num\":1}}x", b"{\"print\":{\"layer_num\":NaN}}", b"\x00\x01"):
            self.assertEqual(at(self.say(garbage), "print.layer"), 114, garbage)
        drops = self.daemon_.call("daemon.stats")
        self.assertIn('"dropped_syntax":3', json.dumps(drops).replace(" ", ""))

    def test_smallest_configuration_answers_bambuctl(self):
        self.say(FULL)
        code, out, err = self.daemon_.ctl("status", "one", "--json=short")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.count("\n"), 1)
        self.assertEqual(json.loads(out)["name"], "one")

    @unittest.skipUnless(PAYLOADS, "BAMBU_PAYLOADS names no folder of real dumps")
    def test_dumps_of_real_printers(self):
        for model, wants in json.loads((pathlib.Path(__file__).parent / "dump_truths.json").read_text()).items():
            folder = pathlib.Path(PAYLOADS)
            self.say((folder / f"{model}-version.json").read_bytes())
            s = self.say((folder / f"{model}-full.json").read_bytes())
            for path, want in wants.items():
                self.assertEqual(at(s, path), want, f"{model}: {path}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
