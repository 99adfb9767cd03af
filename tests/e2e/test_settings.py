# SPDX-License-Identifier: MIT
"""option, xcam and nozzle without a value: how a printer is set, and what of it nobody knows."""
import json

import harness
from harness import Case


class SettingsCase(Case):
    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "2", "--model", "H2D", "--model", "A1MINI", "--still")
        self.daemon_ = self.daemon()
        printers = self.daemon_.call("printer.list")["printers"]
        self.h2d, self.mini = sorted((p["name"] for p in printers), key=lambda n: "mini" in n.lower() or "a1" in n.lower())
        for name in (self.h2d, self.mini):
            self.daemon_.wait_status(name, "a full report", lambda s: s["link"]["full_age_ms"] is not None)

    def publish(self, name, **members):
        """What the printer reports of itself, seen in its state."""
        mark = -40 - self.marks
        self.marks += 1
        self.sim_.do("publish", name, json.dumps({"print": {"command": "push_status", "msg": 1, "wifi_signal": f"{mark}dBm", **members}}))
        self.daemon_.wait_status(name, "the mark", lambda s: s["device"]["wifi_dbm"] == mark)

    marks = 0

    def lines(self, *args):
        code, out, err = self.daemon_.ctl(*args)
        self.assertEqual((code, err), (0, ""), out)
        return [line.split() for line in out.splitlines()]

    def test_options_are_shown_and_what_is_not_there_is_open(self):
        self.publish(self.mini, home_flag=(1 << 4) | (1 << 18) | (1 << 19) | (1 << 20))
        self.assertEqual(self.lines("option", self.mini),
                         [["airprint_detect", "-"], ["auto_recovery", "on"], ["auto_refill", "off"], ["blob_detect", "-"],
                          ["sound", "off"], ["tangle_detect", "on"]])
        both = self.lines("option", "*")
        self.assertEqual(len(both), 12)
        self.assertIn([self.mini, "sound", "off"], both)
        self.assertEqual(self.lines("get", self.mini, "options.tangle_detect"), [["true"]])
        got = json.loads(self.daemon_.ctl("option", self.mini, "--json")[1])
        self.assertEqual((got["options"]["sound"], got["options"]["blob_detect"]), (False, None))

    def test_watches_are_shown_with_their_sensitivity(self):
        self.publish(self.h2d, cfg="8000", xcam={"cfg": (1 << 7) | (2 << 8), "buildplate_marker_detector": False})
        self.assertEqual(self.lines("xcam", "-p", self.h2d),
                         [["airprint_detector", "off", "low"], ["buildplate_marker_detector", "off"], ["clump_detector", "off", "low"],
                          ["first_layer_inspector", "off"], ["pileup_detector", "off", "low"], ["plate_offset_switch", "off"],
                          ["printing_monitor", "on", "never_halt"], ["spaghetti_detector", "on", "high"]])

    def test_nozzles_are_shown_where_they_are(self):
        self.publish(self.mini, nozzle_diameter="0.6", nozzle_type="hardened_steel")
        self.assertEqual(self.lines("nozzle", self.mini), [["0.6", "mm", "hardened_steel"]])
        self.assertEqual([line[0] for line in self.lines("nozzle", self.h2d)], ["right", "left"])

    def test_with_a_value_they_are_commands(self):
        for words in (("option", self.mini, "auto_refill=on"), ("xcam", self.mini, "buildplate_marker_detector", "on"),
                      ("nozzle", self.mini, "stainless_steel", "0.4")):
            code, out, err = self.daemon_.ctl(*words, "--dry-run")
            self.assertEqual((code, err), (0, ""), out)
            self.assertIn("command", out)
        # What is asked to be sent is never taken for a question.
        self.assertEqual(self.daemon_.ctl("option", self.mini, "--dry-run")[0], 2)
        self.assertEqual(self.daemon_.ctl("xcam", self.mini, "--sensitivity", "low")[0], 2)
        self.assertEqual(self.daemon_.ctl("option", "nobody")[0], 4)
        self.assertEqual(self.daemon_.ctl("option")[0], 4)

    def test_lists_go_without_what_hardly_changes(self):
        self.assertNotIn("options", self.daemon_.call("printer.list")["printers"][0])
        self.assertIn("options", self.daemon_.call("printer.get", {"printer": self.mini}))


if __name__ == "__main__":
    harness.main()
