# SPDX-License-Identifier: MIT
"""`bambuctl print`: a file looked at, matched with spools, handed over and started; or nothing done, and said why."""
import json
import os
import subprocess

import make3mf
from harness import BAMBUCTL, Case, main, wait_until

RED, GREEN, BLUE = "#FF0000", "#00FF00", "#0000FF"
OFFLINE, BUSY, GUARD, LOCKED, REFUSED = 5, 9, 9, 10, 16


class Prints(Case):
    def begin(self, model="P1S", *args, state="idle", pace="60", ams="ams"):
        self.sim_ = self.sim("--printers", "1", "--model", model, "--state", state, "--pace", pace, "--rate", "20",
                             "--ams", ams, *args)
        self.one = json.loads(self.sim_.do("list"))[0]["name"]
        self.daemon_ = self.daemon()
        self.daemon_.wait_status(self.one, "a report", lambda s: s["link"]["state"] == "online" and
                                 s["print"]["state"] != "unknown" and s["firmware"])

    def spool(self, tray, type_="PLA", color="FF0000FF"):
        """What a tray of the first unit holds, told as a person would."""
        code, out, err = self.daemon_.ctl("ams", "set", self.one, f"A{tray + 1}", "--type", type_, "--color", color)
        self.assertEqual(code, 0, out + err)

    def spools(self, *colors):
        for tray, color in enumerate(colors):
            self.spool(tray, color=color.lstrip("#") + "FF")

    def file(self, *filaments, name="lid.gcode.3mf", plates=None, **kw):
        filaments = [make3mf.filament(i + 1, color=c) if isinstance(c, str) else c for i, c in enumerate(filaments)]
        make3mf.make(self.folder / name, plates or [make3mf.plate(filaments=filaments or None)], **kw)
        return str(self.folder / name)

    def ctl(self, *args):
        return self.daemon_.ctl("print", *args)

    def started(self):
        return json.loads(self.sim_.do("start", self.one))

    def last(self):
        return json.loads(self.sim_.do("last", self.one))

    def stored(self):
        return {f["path"] for f in json.loads(self.sim_.do("file", self.one, "list"))}

    def untouched(self, before, *args):
        """The printer has what it had, and heard of no job."""
        self.assertEqual(self.stored(), before, args)
        self.assertNotEqual(self.last().get("print", {}).get("command"), "project_file", args)

    def refused(self, status, part, *args, env=None):
        before = self.stored()
        code, out, err = self.daemon_.ctl("print", *args, env=env)
        self.assertEqual(code, status, out + err)
        self.assertIn(part, err, args)
        self.untouched(before, args)
        return out


class Whole(Prints):
    def test_a_file_is_put_matched_and_started(self):
        self.begin()
        self.spools(BLUE, RED, GREEN)
        code, out, err = self.ctl(self.one, self.file(GREEN, RED), "--wait", "--timelapse", "--no-level")
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, r"1 +PLA +green +13 g +A3 +PLA +green .*fits, same color")
        self.assertRegex(out, rf"{self.one}  (preparing|printing) lid  confirmed after [0-9.]+ s")
        self.assertRegex(out, rf"{self.one}  printing")
        told = self.started()
        self.assertEqual((told["outcome"], told["path"], told["plate"], told["trays"], told["not_boolean"], told["use_ams"]),
                         ("starts", "/lid.gcode.3mf", 1, [2, 1], [], True))
        sent = self.last()["print"]
        self.assertEqual(sent["url"], "file:///sdcard/lid.gcode.3mf")
        self.assertEqual((sent["timelapse"], sent["bed_leveling"]), (True, False))
        self.assertEqual(sent["ams_mapping"], [2, 1])
        self.assertEqual(sent["ams_mapping2"], [{"ams_id": 0, "slot_id": 2}, {"ams_id": 0, "slot_id": 1}])
        self.assertTrue(0 < int(sent["task_id"]) < 2**31)
        status = self.daemon_.status(self.one)
        self.assertEqual((status["print"]["state"], status["print"]["job"], status["print"]["task_id"]),
                         ("printing", "lid", sent["task_id"]))

    def test_json_is_one_object(self):
        self.begin()
        self.spools(RED)
        code, out, err = self.ctl(self.one, self.file(RED), "--json=short")
        self.assertEqual(code, 0, out + err)
        got = json.loads(out)
        self.assertEqual({k: got[k] for k in ("printer", "path", "plate", "stage", "job")},
                         {"printer": self.one, "path": "/lid.gcode.3mf", "plate": 1, "stage": "effective", "job": "lid"})
        self.assertEqual([(m["filament"], m["slot"], m["tray"]) for m in got["mapping"]], [(1, "A1", 0)])
        self.assertTrue(got["op"].startswith("u-"))

    def test_a_file_on_the_printer_is_read_to_choose_slots(self):
        self.begin()
        self.spools(BLUE, RED)
        file = self.file(RED)
        code, out, err = self.daemon_.ctl("put", self.one, file, "/cache/x.3mf")
        self.assertEqual(code, 0, out + err)
        code, out, err = self.ctl(self.one, "@sd:cache/x.3mf")
        self.assertEqual(code, 0, out + err)
        self.assertIn("reading /cache/x.3mf from the printer", err)
        self.assertEqual((self.started()["path"], self.started()["trays"]), ("/cache/x.3mf", [1]))

    def test_a_file_on_the_printer_with_named_slots_is_not_read(self):
        self.begin()
        self.sim_.do("file", self.one, "make", "/cache/y.3mf", "100")
        code, out, err = self.ctl(self.one, "@sd:/cache/y.3mf", "--ams", "1=A4,3=ext", "--plate", "2")
        self.assertEqual(code, 0, out + err)
        self.assertNotIn("reading", err)
        self.assertEqual(self.last()["print"]["ams_mapping"], [3, -1, -1])
        self.assertEqual(self.started()["plate"], 2)

    def test_without_ams_the_printer_is_told_so(self):
        self.begin(ams="none")
        code, out, err = self.ctl(self.one, self.file(RED))
        self.assertEqual(code, 0, out + err)
        self.assertEqual((self.started()["use_ams"], self.started()["trays"]), (False, [254]))

    def test_gcode_is_started_as_it_is(self):
        self.begin()
        path = self.folder / "cube.gcode"
        path.write_text("G28\n")
        code, out, err = self.ctl(self.one, str(path))
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.last()["print"]["command"], "gcode_file")
        self.assertEqual(self.last()["print"]["param"], "/cube.gcode")

    def test_a_dual_nozzle_printer_gets_both_forms(self):
        self.begin("H2D", ams="pro2,ht")
        file = self.file(make3mf.filament(2, color=RED), model="O1D", product="Bambu Lab H2D",
                         filaments=[("PLA", BLUE), ("PLA", RED)])
        code, out, err = self.ctl(self.one, file, "--ams", "HT-A", "--yes")
        self.assertEqual(code, 0, out + err)
        sent = self.last()["print"]
        self.assertEqual(sent["url"], "ftp:///lid.gcode.3mf")
        self.assertEqual(sent["ams_mapping"], [-1, 128])
        self.assertEqual(sent["ams_mapping2"], [{"ams_id": 255, "slot_id": 255}, {"ams_id": 128, "slot_id": 0}])


class Checked(Prints):
    def test_check_and_dry_run_do_nothing_to_the_printer(self):
        self.begin()
        self.spools(RED)
        before, file = self.stored(), self.file(RED)
        code, out, err = self.ctl(self.one, file, "--check")
        self.assertEqual(code, 0, out + err)
        self.assertIn("would print /lid.gcode.3mf", out)
        code, out, err = self.ctl(self.one, file, "--dry-run")
        self.assertEqual(code, 0, out + err)
        self.assertIn('"project_file"', out)
        code, out, err = self.ctl(self.one, file, "--check", "--json=short")
        self.assertEqual(json.loads(out)["payloads"][0]["print"]["ams_mapping"], [0])
        self.untouched(before)

    def test_the_wrong_model_or_nozzle_needs_a_yes(self):
        self.begin()
        self.spools(RED)
        file = self.file(RED, model="BL-P001", product="Bambu Lab X1 Carbon")
        self.refused(GUARD, "the printer is a P1S", self.one, file)
        self.refused(GUARD, "the printer is a P1S", self.one, file, "--check")
        wide = self.file(name="wide.3mf", plates=[make3mf.plate(nozzles="0.8")])
        self.refused(GUARD, "nozzle of 0.8 mm", self.one, wide)
        code, out, err = self.ctl(self.one, file, "--yes")
        self.assertEqual(code, 0, out + err)
        self.assertIn("the printer is a P1S", err)

    def test_plates_are_listed_and_must_be_sliced(self):
        self.begin()
        self.spools(RED)
        several = self.file(name="s.3mf", plates=[make3mf.plate(1, "lid"), make3mf.plate(2, "box"), make3mf.plate(3, gcode=None)])
        self.refused(2, "several plates: 1 lid, 2 box", self.one, several)
        self.refused(2, "no plate 7 in the file: it has 1 lid, 2 box", self.one, several, "--plate", "7")
        self.refused(REFUSED, "plate 3 is not sliced", self.one, several, "--plate", "3")
        self.refused(REFUSED, "nothing in the file is sliced", self.one, self.file(name="n.3mf", plates=[make3mf.plate(gcode=None)]))
        code, out, err = self.ctl(self.one, several, "--plate", "2")
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.started()["plate"], 2)

    def test_what_does_not_fit_is_shown_and_nothing_is_started(self):
        self.begin()
        self.spools(RED, GREEN, BLUE)
        self.spool(3, color="FFFFFFFF")
        petg = self.file(RED, make3mf.filament(2, "PETG", GREEN), name="petg.3mf")
        out = self.refused(GUARD, "no slot holds PETG", self.one, petg)
        self.assertRegex(out, r"2 +PETG +green .* - .*no slot holds PETG")
        self.refused(GUARD, "no slot holds PETG", self.one, petg, "--yes")
        self.refused(GUARD, "needs PETG, holds PLA", self.one, petg, "--ams", "A1,A2")
        self.refused(2, "no slot \"B1\"", self.one, petg, "--ams", "A1,B1")
        self.refused(2, "filament 2", self.one, petg, "--ams", "A1")
        self.sim_.do("set", self.one, "remove=2")
        self.daemon_.wait_status(self.one, "an empty slot", lambda s: s["ams"]["units"][0]["trays"][2]["state"] == "empty")
        self.refused(GUARD, "no spool in it", self.one, petg, "--ams", "A1,A3", "--yes")
        code, out, err = self.ctl(self.one, petg, "--ams", "A1,A2", "--yes")
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.started()["trays"], [0, 1])

    def test_files_that_are_none_and_the_cloud_are_refused_by_name(self):
        self.begin()
        junk = self.folder / "junk.3mf"
        junk.write_bytes(b"no archive")
        self.refused(REFUSED, "", self.one, str(junk))
        self.refused(11, "nobody is signed in", self.one, "@cloud:123")
        self.refused(2, "no options go with @cloud:ID", self.one, "@cloud:123", "--check")
        self.refused(2, "no options go with @cloud:ID", self.one, "@cloud:123", "--plate", "2")
        self.refused(2, "which file?", self.one, "@cloud:")
        self.refused(2, ".3mf or .gcode", self.one, "lid.stl")
        self.refused(REFUSED, "No such file", self.one, str(self.folder / "none.3mf"))
        self.refused(2, "--ams goes with", self.one, "@sd:x.gcode", "--ams", "A1")
        self.refused(2, "no file to print")


class Guarded(Prints):
    def test_a_printer_that_is_away_is_said_before_its_spools(self):
        self.begin()
        self.sim_.do("fault", self.one, "off", "on")
        self.daemon_.wait_status(self.one, "gone", lambda s: s["link"]["state"] in ("offline", "lan_closed"))
        code, out, err = self.ctl(self.one, self.file(RED))
        self.assertEqual((code, out), (5, ""), err)
        self.assertNotIn("slot", err)

    def test_a_busy_printer_is_sent_nothing(self):
        self.begin(state="printing")
        for args in ((self.file(RED), "--no-ams"), ("@sd:/x.3mf", "--no-ams"), ("@sd:/x.3mf",), (self.file(RED), "--no-ams", "--check")):
            self.refused(BUSY, "printing", self.one, *args)
        self.sim_.do("state", self.one, "paused")
        self.daemon_.wait_status(self.one, "paused", lambda s: s["print"]["state"] == "paused")
        self.refused(BUSY, "paused", self.one, self.file(RED), "--no-ams")

    def test_a_locked_printer_is_refused_before_the_upload(self):
        self.begin("X1C")
        self.sim_.do("set", self.one, "locked=on")
        self.daemon_.wait_status(self.one, "locked", lambda s: s["control"]["state"] == "locked")
        file = self.file(RED, model="BL-P001", product="Bambu Lab X1 Carbon")
        self.refused(LOCKED, "signed commands", self.one, file, "--no-ams")

    def test_a_lock_learnt_from_a_start_refuses_the_next_before_the_upload(self):
        self.begin()
        self.sim_.do("file", self.one, "make", "/y.3mf", "100")
        self.sim_.do("set", self.one, "locked=on")
        code, out, err = self.ctl(self.one, "@sd:/y.3mf", "--no-ams")
        self.assertEqual(code, LOCKED, out + err)
        before = self.stored()
        code, out, err = self.ctl(self.one, self.file(RED), "--no-ams")
        self.assertEqual(code, LOCKED, out + err)
        self.assertIn("Developer Mode", err)
        self.assertEqual(self.stored(), before)

    def test_a_printer_that_is_away_is_refused_before_the_upload(self):
        self.begin()
        self.sim_.do("fault", self.one, "refuse", "on")
        self.sim_.do("fault", self.one, "kick", "on")
        self.daemon_.wait_status(self.one, "gone", lambda s: s["link"]["state"] != "online")
        self.refused(OFFLINE, self.one, self.one, self.file(RED), "--no-ams")

    def test_a_start_is_never_replayed_after_the_connection_was_lost(self):
        self.begin()
        self.sim_.do("file", self.one, "make", "/y.3mf", "100")
        self.sim_.do("fault", self.one, "mute", "on")
        with self.daemon_.client() as c:
            wanted = c.request("print.start", {"printer": self.one, "path": "/y.3mf"})
            wait_until("the request", lambda: self.last().get("print", {}).get("command") == "project_file")
            self.sim_.do("fault", self.one, "refuse", "on")
            self.sim_.do("fault", self.one, "kick", "on")
            got = c.reply(wanted)["error"]
            self.assertEqual(got["data"]["type"], "printer_offline")
            self.assertIn("not sent again", got["message"])
        self.sim_.do("fault", self.one, "mute", "off")
        self.sim_.do("state", self.one, "idle")
        self.sim_.do("fault", self.one, "refuse", "off")
        self.daemon_.wait_link(self.one, "online", deadline=40)
        # Whether the printer took it is not known, so neither is a second one sent.
        with self.daemon_.client() as c:
            def known():
                error = c.error("print.start", {"printer": self.one, "path": "/y.3mf"})["data"]["type"]
                return error not in ("stale", "rate_limited") and error
            self.assertEqual(wait_until("a full report", known, pause=0.3), "busy")
        self.assertNotIn("print", self.last())
        self.assertEqual(self.daemon_.status(self.one)["print"]["state"], "idle")


class Slow(Prints):
    def test_a_printer_that_takes_its_time_is_waited_for(self):
        self.begin(pace="1")
        self.sim_.do("file", self.one, "make", "/y.3mf", "100")
        self.sim_.do("fault", self.one, "slow-start", "on", "3")
        code, out, err = self.ctl(self.one, "@sd:/y.3mf", "--no-ams")
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, r"preparing y  confirmed after [3-9]\.\d s")

    def test_a_start_that_does_not_come_is_unverified(self):
        self.begin(pace="1")
        self.sim_.do("file", self.one, "make", "/y.3mf", "100")
        self.sim_.do("fault", self.one, "slow-start", "on", "1000")
        code, out, err = self.ctl(self.one, "@sd:/y.3mf", "--no-ams", "--timeout", "2s")
        self.assertEqual(code, 8, out + err)
        self.assertIn("acknowledged, no effect seen within 2 s", err)
        code, out, err = self.ctl(self.one, "@sd:/y.3mf", "--no-ams")
        self.assertEqual(code, BUSY, out + err)
        self.assertIn("not known whether the printer took it", err)

    def test_a_file_that_the_printer_cannot_print_is_rejected_with_its_words(self):
        self.begin()
        code, out, err = self.ctl(self.one, "@sd:/none.3mf", "--no-ams")
        self.assertEqual(code, 7, out + err)
        self.assertIn("0500-4003: The print file cannot be parsed", err)

    def test_the_wait_for_the_first_line_ends_with_the_job(self):
        self.begin()
        self.sim_.do("file", self.one, "make", "/y.3mf", "100")
        self.sim_.do("fault", self.one, "stuck-prepare", "on")
        done = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.daemon_.socket), "print", self.one, "@sd:/y.3mf",
                                 "--no-ams", "--wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=dict(os.environ, LC_ALL="C.UTF-8"))
        self.daemon_.wait_status(self.one, "preparing", lambda s: s["print"]["state"] == "preparing")
        self.assertIn("confirmed after", done.stdout.readline())
        self.sim_.do("job", self.one, "cancel")
        out, err = done.communicate(timeout=20)
        self.assertEqual(done.returncode, 7, out + err)
        self.assertIn("ended before it printed", err)


if __name__ == "__main__":
    main()
