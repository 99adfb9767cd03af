# SPDX-License-Identifier: MIT
"""What can happen to a simulated printer: a job through its stages, runout, messages, drying, crowding, clocks."""
import json
import subprocess
import time
import unittest

from harness import DEADLINE, SIM, wait_until
from simclient import PUSHALL, SimCase, packet, text

WAY = [255, 2, 13, 1, 14, 7, 4, 8, 0]


def changes(values):
    """Without repetitions."""
    return [v for i, v in enumerate(values) if i == 0 or v != values[i - 1]]


class Prints(SimCase):
    """One idle printer, and a client that hears all of it."""

    def open(self, *args):
        self.begin("--printers", "1", "--state", "idle", *args)
        self.client_ = self.client()
        self.addCleanup(self.client_.sock.close)
        self.client_.subscribe()
        return self.one["name"]

    def full(self):
        self.client_.request(PUSHALL)
        while True:
            print_ = self.client_.report()["print"]
            if print_.get("msg") == 0:
                return print_

    def job(self, *words):
        self.do("job", self.one["name"], *words)

    def until(self, probe):
        """All reports up to the one that fulfils probe."""
        seen = []
        while True:
            seen.append(self.client_.report()["print"])
            if probe(seen[-1]):
                return seen

    def refused(self, *words):
        done = subprocess.run([SIM, "ctl", self.sim_.control, *words], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""), words)
        return done.stderr


class Way(Prints):
    def test_a_job_goes_through_all_its_stages_and_stays_finished(self):
        name = self.open("--model", "P1S", "--ams", "ams", "--rate", "50", "--pace", "250")
        self.do("set", name, "insert=1")
        self.full()
        self.job("start", "minutes=20", "layers=50", "trays=0,1", "source=cloud", "bed=55", "name=Vase no 7")
        seen = self.until(lambda p: p.get("gcode_state") == "FINISH")

        def told(key):
            return [p[key] for p in seen if key in p]
        self.assertEqual(told("gcode_state"), ["PREPARE", "RUNNING", "FINISH"])
        self.assertEqual(told("stg_cur"), WAY + [4, 0, 255])
        self.assertEqual(told("stg"), [[2, 13, 1, 14, 7, 4, 8], []])
        self.assertEqual(told("print_type"), ["cloud", "cloud", "idle"])
        self.assertEqual(told("subtask_name"), ["Vase no 7"])
        percents = [int(p) for p in told("gcode_file_prepare_percent")]
        self.assertEqual((percents, percents[-1]), (sorted(percents), 100))
        self.assertGreater(len(percents), 1)
        for key, end in (("mc_percent", 100), ("layer_num", 50)):
            self.assertEqual((told(key), told(key)[-1]), (sorted(told(key)), end), key)
            self.assertGreater(len(set(told(key))), 20)
        remaining = told("mc_remaining_time")
        self.assertEqual((remaining, remaining[0], remaining[-1]), (sorted(remaining, reverse=True), 20, 0))
        trays = changes([p["ams"]["tray_now"] for p in seen if "ams" in p])
        self.assertEqual(trays, ["255", "0", "255", "1", "255"])
        # Temperatures follow: many steps, none before the target was set.
        hot = told("nozzle_temper")
        self.assertGreater(len([t for t in hot if 30 < t < 210]), 8)
        self.assertGreater(max(hot), 215)
        beds = told("bed_temper")
        self.assertLess(max(beds), 57)
        self.assertGreater(len([b for b in beds if 25 < b < 53]), 5)
        # ... and down again, while FINISH stays.
        after = self.until(lambda p: p.get("nozzle_temper", 300) < 40)
        self.assertEqual([p for p in after if "gcode_state" in p], [])
        self.assertEqual(self.full()["gcode_state"], "FINISH")

    def test_again_begins_the_next_job_and_pace_is_settable(self):
        name = self.open("--model", "A1", "--rate", "20")
        self.full()
        self.do("set", name, "again=300", "pace=1000")
        self.job("start", "minutes=5")
        states = changes([p["gcode_state"] for p in self.until(lambda p: p.get("mc_percent") == 100)
                          if "gcode_state" in p])
        self.assertEqual(states[:2], ["PREPARE", "RUNNING"])
        self.until(lambda p: p.get("gcode_state") == "PREPARE")

    def test_pause_resume_cancel_fail_and_finish(self):
        name = self.open("--model", "P1S", "--rate", "0")
        self.full()
        self.assertIn("idle", self.refused("job", name, "pause"))
        self.job("start", "percent=30", "minutes=100", "nozzle=250", "trays=254")
        delta = self.client_.report()["print"]
        self.assertEqual([delta.get(k) for k in ("gcode_state", "stg_cur", "mc_percent", "mc_remaining_time", "nozzle_target_temper")],
                         ["RUNNING", 0, 30, 70, 250])
        self.assertEqual(delta["ams"]["tray_now"], "254")
        self.assertIn("printing", self.refused("job", name, "start"))
        for words, state, stage, error in ((["pause"], "PAUSE", 16, 0x03008001), (["resume"], "RUNNING", 0, 0),
                                           (["pause", "stage=17", "error=03008005"], "PAUSE", 17, 0x03008005),
                                           (["cancel"], "FAILED", 255, 0x0300400C)):
            self.job(*words)
            delta = self.client_.report()["print"]
            self.assertEqual((delta["gcode_state"], delta["stg_cur"], delta["print_error"]), (state, stage, error), words)
        self.assertEqual(delta["nozzle_target_temper"], 0)
        self.refused("job", name, "resume")
        self.job("start", "percent=5")
        self.client_.report()
        self.job("fail")
        self.assertEqual(self.client_.report()["print"]["print_error"], 0x03004006)
        self.job("start")
        self.assertEqual(self.client_.report()["print"]["gcode_state"], "PREPARE")
        self.job("finish")
        delta = self.client_.report()["print"]
        self.assertEqual((delta["gcode_state"], delta["mc_percent"], delta["print_error"] if "print_error" in delta else 0),
                         ("FINISH", 100, 0))

    def test_a_cancelled_job_says_so_for_two_seconds(self):
        self.open("--model", "P1S", "--rate", "20", "--pace", "10")
        self.full()
        self.job("start", "percent=50")
        self.job("cancel")
        seen = self.until(lambda p: p.get("print_error") == 0)
        self.assertEqual([p["print_error"] for p in seen if "print_error" in p], [0x0300400C, 0])
        self.assertEqual(self.full()["gcode_state"], "FAILED")

    def test_a_spool_gets_lighter(self):
        self.open("--model", "P1S", "--ams", "ams", "--rate", "50", "--pace", "500")
        before = self.full()["ams"]["ams"][0]["tray"][0]["remain"]
        self.job("start", "percent=1", "minutes=30", "trays=0")
        self.until(lambda p: p.get("gcode_state") == "FINISH")
        after = self.full()["ams"]["ams"][0]["tray"][0]["remain"]
        self.assertIn(before - after, (8, 9, 10))


class Runout(Prints):
    def test_codes_name_the_unit_and_slot_and_bits_follow(self):
        cases = (("P1S", "ams,ams", 5, 0x07018011, 0x07012100), ("A1", "lite", 2, 0x12008011, 0x12002200),
                 ("H2D", "pro2,ht", 128, 0x18808011, 0x18802000), ("A2L", "lite", 25, 0x12108011, 0x12102100),
                 ("X1C", "ams", 254, 0x07FF8011, 0x07FF2000))
        farm = self.folder / "farm"
        farm.write_text("".join(f"p{i} model={m} ams={a}\n" for i, (m, a, *_) in enumerate(cases)))
        self.begin("--farm", farm, "--rate", "0", "--deltas")
        for i, (model, _, tray, error, attr) in enumerate(cases):
            with self.subTest(model=model), self.client(printer=self.printers[i]) as c:
                c.subscribe()
                c.request(PUSHALL)
                bits = int(c.report()["print"]["ams"]["tray_exist_bits"], 16)
                self.do("job", f"p{i}", "start", f"trays={tray}", "percent=20")
                self.assertEqual(c.report()["print"]["gcode_state"], "RUNNING")
                self.do("job", f"p{i}", "runout")
                delta = c.report()["print"]
                self.assertEqual((delta["gcode_state"], delta["stg_cur"], delta["print_error"]), ("PAUSE", 6, error))
                self.assertEqual(delta["hms"], [{"attr": attr, "code": 0x20001}])
                self.assertEqual(delta["ams"]["tray_now"], "255")
                if tray < 254:
                    self.assertEqual(bin(bits ^ int(delta["ams"]["tray_exist_bits"], 16)).count("1"), 1)
                if "device" in delta:
                    extruder = next(e for e in delta["device"]["extruder"]["info"] if e["snow"] != e["spre"])
                    self.assertEqual((extruder["snow"], extruder["spre"], extruder["star"]),
                                     (0xFEFF, *[{128: 128 << 8, 25: 16 << 8 | 1}[tray]] * 2))
                else:
                    self.assertEqual((delta["ams"]["tray_pre"], delta["ams"]["tray_tar"]), (str(tray), str(tray)))
                self.do("job", f"p{i}", "resume")
                delta = c.report()["print"]
                self.assertEqual((delta["gcode_state"], delta["print_error"], delta["hms"]), ("RUNNING", 0, []))
                if tray < 254:
                    self.assertEqual(int(delta["ams"]["tray_exist_bits"], 16), bits, "a new spool is in")

    def test_a_change_to_an_empty_slot_is_a_runout(self):
        name = self.open("--model", "P1S", "--ams", "ams", "--rate", "20", "--pace", "200")
        self.do("set", name, "remove=2")
        self.full()
        self.job("start", "minutes=10", "trays=0,2", "percent=45")
        seen = self.until(lambda p: p.get("gcode_state") == "PAUSE")[-1]
        self.assertEqual((seen["stg_cur"], seen["print_error"], seen["hms"][0]["attr"]), (6, 0x07008011, 0x07002200))


class Messages(Prints):
    def test_health_messages_come_and_go(self):
        name = self.open("--model", "X1C", "--rate", "0", "--deltas")
        self.full()
        self.do("hms", name, "raise", "0300-1200-0002-0001", "0C00010000010001")
        two = [{"attr": 0x03001200, "code": 0x20001}, {"attr": 0x0C000100, "code": 0x10001}]
        self.assertEqual(self.client_.report()["print"]["hms"], two)
        self.do("hms", name, "raise", "0300-1200-0002-0001")
        self.assertNotIn("hms", self.client_.report()["print"], "it stands already")
        self.do("hms", name, "clear", "03001200:00020001")
        self.assertEqual(self.client_.report()["print"]["hms"], two[1:])
        self.do("hms", name, "clear")
        self.assertEqual(self.client_.report()["print"]["hms"], [])

    def test_the_door_is_told_as_each_family_does(self):
        self.begin("--printers", "4", "--model", "X1C", "--model", "P2S", "--model", "A2L", "--model", "P1S", "--rate", "0",
                   "--deltas", "--still")
        for printer in self.printers:
            with self.client(printer=printer) as c, self.subTest(model=printer["model"]):
                c.subscribe()
                self.do("set", printer["name"], "door=on")
                opened = c.report()["print"]
                flags = opened["home_flag"] >> 23 & 1, int(opened.get("stat", "0"), 16) >> 23 & 1
                self.assertEqual(flags, {"X1C": (1, 0), "P2S": (1, 1), "A2L": (0, 0), "P1S": (0, 0)}[printer["model"]])

    def test_a_unit_dries_and_cools(self):
        name = self.open("--model", "H2D", "--ams", "ams,pro2,ht", "--rate", "20")
        self.full()
        self.refused("set", name, "dry=0:55:8")
        self.refused("set", name, "dry=1:80:8")
        self.do("set", name, "dry=1:60:2", "pace=1500")
        unit = self.until(lambda p: "ams" in p)[-1]["ams"]["ams"]
        unit = next(u for u in unit if u["id"] == "1")
        self.assertEqual((int(unit["info"], 16) >> 4 & 15, unit["dry_setting"]),
                         (2, {"dry_filament": "", "dry_temperature": 60, "dry_duration": 2}))
        self.assertGreater(unit["dry_time"], 110)
        seen, temps, status = [], [], []
        while not status or status[-1] != 0:
            for u in self.client_.report()["print"].get("ams", {}).get("ams", []):
                if u["id"] == "1":
                    seen.append(u["dry_time"])
                    temps.append(float(u["temp"]))
                    status.append(int(u["info"], 16) >> 4 & 15)
        self.assertEqual(changes(status), [2, 3, 0])
        self.assertEqual((seen, seen[-1]), (sorted(seen, reverse=True), 0))
        self.assertGreater(max(temps), 55)
        self.assertLess(temps[-1], max(temps) - 3)
        self.do("set", name, "dry=128:80:24")
        self.do("set", name, "dry=128:off")
        self.assertEqual([int(u["info"], 16) >> 4 & 15 for u in self.full()["ams"]["ams"]], [0, 0, 0])

    def test_the_clock_can_be_wrong(self):
        name = self.open("--model", "P2S", "--rate", "0")
        self.assertLess(abs(self.full()["t_utc"] - time.time() * 1000), 60000)
        self.do("set", name, "clock=-86400")
        self.assertLess(abs(self.client_.report()["print"]["t_utc"] + 86400000 - time.time() * 1000), 60000)


class Access(Prints):
    def test_a_new_code_drops_clients_and_refuses_the_old_one(self):
        name = self.open("--model", "P1S", "--rate", "0")
        self.do("code", name, "newcode1")
        self.assertIsNone(self.client_.read())
        with self.assertRaisesRegex(AssertionError, "CONNACK"):
            self.client()
        with self.client(code="newcode1") as c:
            c.subscribe().request(PUSHALL)
            c.report()
        self.assertEqual(json.loads(self.do("list"))[0]["code"], "newcode1")

    def test_one_client_too_many_is_dropped(self):
        self.begin("--printers", "1", "--rate", "0")
        self.fault("clients", "on", "2")
        with self.client(client="a"), self.client(client="b") as second:
            with self.client(client="c", connect=False) as third:
                third.sock.sendall(packet(0x10, text("MQTT") + bytes([4, 0xC2, 0, 60]) + text("c") + text("bblp") +
                                          text(self.one["code"])))
                self.assertIsNone(third.read(), "no CONNACK")
            with self.client(client="b"):
                self.assertIsNone(second.read(), "the same id takes its own place")
            self.assertEqual((self.stats()["crowded"], self.stats()["logins"]), (1, 3))
            self.fault("clients", "off")
            with self.client(client="c"):
                pass

    def test_slow_connack_answers_late_and_forgets_nothing(self):
        self.begin("--printers", "1", "--rate", "0")
        self.fault("slow-connack", "on", "400")
        with self.client(connect=False) as c:
            begin = time.monotonic()
            c.sock.sendall(packet(0x10, text("MQTT") + bytes([4, 0xC2, 0, 60]) + text("x") + text("bblp") + text(self.one["code"])) +
                           packet(0x82, b"\0\1" + text("#") + b"\0"))
            self.assertEqual(c.read(), (2, b"\0\0"))
            self.assertGreaterEqual(time.monotonic() - begin, 0.39)
            self.assertEqual(c.read(), (9, b"\0\1\0"))

    def test_off_ends_connections_after_so_many_full_reports(self):
        self.begin("--printers", "1", "--rate", "0")
        self.fault("off", "on", "1")
        with self.client() as c:
            c.subscribe().request(PUSHALL)
            c.report()
            self.assertIsNone(c.read())
        with self.assertRaises(TimeoutError):
            self.client(deadline=0.4)
        self.fault("off", "off")
        with self.client() as c:
            c.subscribe()
            self.fault("off")
            self.assertIsNone(c.read())


class Demo(SimCase):
    def test_eight_printers_of_different_models_and_moods(self):
        self.begin("--farm", "demo", "--pace", "20")
        d = self.daemon()
        links = {"stranger": "tls_refused", "attic": "offline"}
        for printer in self.printers:
            d.wait_link(printer["name"], links.get(printer["name"], "online"))
        for name in {p["name"] for p in self.printers} - {"stranger"}:
            d.wait_status(name, "a report", lambda s: s["print"]["state"] != "unknown")
        shown = {p["name"]: p for p in d.call("printer.list")["printers"]}
        self.assertEqual(len(shown), 8)
        self.assertEqual(len({p["model"] for p in shown.values()}), 8)
        self.assertGreaterEqual({p["print"]["state"] for p in shown.values()},
                                {"printing", "finished", "paused", "idle", "failed"})
        h2d = d.status("rack1-01")
        self.assertTrue(next(u for u in h2d["ams"]["units"] if u["label"] == "HT-A")["drying"]["active"])
        d.wait_status("rack1-01", "its job to move", lambda s: (s["print"]["remaining_s"], s["print"]["layer"]) !=
                      (h2d["print"]["remaining_s"], h2d["print"]["layer"]))
        d.wait_status("rack2-04", "its job to begin", lambda s: s["print"]["state"] == "printing" and s["print"]["stage"])
        paused = d.status("rack2-03")
        self.assertEqual([paused["hms"][0][k] for k in ("unit", "slot")] + [paused["ams"]["units"][0]["trays"][1]["state"]],
                         [0, 1, "empty"])
        for name in ("rack1-02", "shelf-1"):
            self.assertLess(d.status(name)["temp"]["nozzles"][0]["current_c"], 30, "its job is long over")

    def test_bambud_reads_every_model_as_what_it_is(self):
        self.begin("--printers", "14", "--state", "printing", "--rate", "2", "--deltas")
        d = self.daemon()
        for printer in self.printers:
            s = d.wait_status(printer["name"], "a full report", lambda s: s["print"]["state"] == "printing" and s["firmware"])
            with self.subTest(model=printer["model"]):
                self.assertEqual(s["model"], printer["model"])
                self.assertEqual(len(s["temp"]["nozzles"]), 2 if printer["model"] in ("H2D", "X2D", "H2DPRO", "H2C") else 1)
                self.assertEqual(s["camera"]["kind"], "jpeg" if printer["model"] in ("P1S", "P1P", "A1", "A1MINI", "A2L") else "rtsps")
                self.assertEqual([u["label"] for u in s["ams"]["units"]], ["L" if printer["model"] == "A2L" else "A"])
                self.assertIn(s["ams"]["active"]["tray"], (24, 25) if printer["model"] == "A2L" else (0, 1))

    def test_bambud_follows_a_job(self):
        self.begin("--printers", "1", "--model", "P1S", "--ams", "ams", "--state", "idle", "--rate", "20")
        d, name = self.daemon(), self.one["name"]
        d.wait_status(name, "idle", lambda s: s["print"]["state"] == "idle")
        self.do("job", name, "start", "minutes=20", "trays=0", "pace=100", "name=Vase")
        d.wait_status(name, "preparing", lambda s: s["print"]["state"] == "preparing" and s["print"]["prepare_percent"] is not None)
        d.wait_status(name, "levelling", lambda s: s["print"]["stage_id"] == 1)
        d.wait_status(name, "layers", lambda s: s["print"]["percent"] and s["ams"]["active"] and s["print"]["job"] == "Vase")
        self.do("job", name, "runout")
        s = d.wait_status(name, "runout", lambda s: s["print"]["state"] == "paused")
        self.assertEqual((s["print"]["error"]["code"], s["hms"][0]["unit"], s["hms"][0]["slot"], s["ams"]["active"]),
                         ("0700-8011", 0, 0, None))
        self.do("job", name, "resume", "pace=400")
        d.wait_status(name, "the end", lambda s: s["print"]["state"] == "finished" and s["print"]["percent"] == 100)
        self.assertTrue(wait_until("cooling down", lambda: d.status(name)["temp"]["nozzles"][0]["current_c"] < 60))
        self.assertEqual(d.status(name)["print"]["state"], "finished")


if __name__ == "__main__":
    unittest.main(verbosity=2)
