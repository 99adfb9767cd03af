# SPDX-License-Identifier: MIT
"""A simulated printer that is asked for a job, or by somebody it does not trust."""
import json

from harness import main
from simclient import SimCase

PARSE, BUSY, CARD, NO_MAPPING = 0x05004003, 0x05004004, 0x0500C010, 0x07FF8012
UNSIGNED, BAD_HEADER = 84033543, 84033545
PATH = "/cache/lid.gcode.3mf"


class Starts(SimCase):
    def open(self, model="P1S", *args, state="idle", pace="0", rate="20"):
        self.runs = getattr(self, "runs", 0) + 1
        self.begin("--printers", "1", "--model", model, "--state", state, "--rate", rate, "--pace", pace, "--deltas", *args,
                   name=f"sim{self.runs}")
        self.name = self.one["name"]
        self.do("file", self.name, "make", PATH, "1000")
        self.client_ = self.client()
        self.client_.subscribe()
        self.number = 400

    def send(self, command, category="print", **body):
        self.number += 1
        self.client_.request(json.dumps({category: {"sequence_id": str(self.number), "command": command, **body}}))

    def ask(self, **changes):
        body = {"param": "Metadata/plate_2.gcode", "url": "ftp://" + PATH, "file": "lid.gcode.3mf", "md5": "", "bed_type": "auto",
                "timelapse": False, "bed_leveling": True, "auto_bed_leveling": 1, "flow_cali": False, "vibration_cali": True,
                "layer_inspect": False, "use_ams": False, "ams_mapping": [], "ams_mapping2": [], "subtask_name": "lid",
                "profile_id": "0", "project_id": "7001", "subtask_id": "7002", "task_id": "7003"}
        self.send("project_file", **{**body, **changes})

    def answer(self):
        """The acknowledgement, without what it must echo."""
        got = self.until(lambda p: p.get("sequence_id") == str(self.number) and p["command"] != "push_status")
        return {k: v for k, v in got.items() if k not in ("command", "sequence_id")}

    def until(self, probe):
        for _ in range(2000):
            for body in self.client_.report().values():
                if isinstance(body, dict) and probe(body):
                    return body
        self.fail("2000 reports without it")

    def shown(self, **wanted):
        return self.until(lambda p: p["command"] == "push_status" and all(p.get(k) == v for k, v in wanted.items()))

    def full(self):
        self.client_.request('{"pushing":{"sequence_id":"7","command":"pushall"}}')
        return self.until(lambda p: p.get("msg") == 0)

    def told(self):
        return json.loads(self.do("start", self.name))


class Begins(Starts):
    def test_a_job_prepares_and_runs_with_the_ids_of_the_request(self):
        for model, url in (("P1S", "file:///sdcard" + PATH), ("A1MINI", "ftp://" + PATH), ("X1C", "file:///sdcard" + PATH),
                           ("H2D", "ftp://" + PATH)):
            with self.subTest(model=model):
                self.open(model, pace="10")
                self.ask(url=url)
                self.assertEqual(self.answer(), {"result": "success", "reason": ""})
                delta = self.shown(gcode_state="PREPARE")
                self.assertEqual([delta[k] for k in ("project_id", "subtask_id", "task_id", "subtask_name", "print_type")],
                                 ["7001", "7002", "7003", "lid", "local"])
                self.assertEqual(delta["gcode_file"], "lid.gcode.3mf" if model in ("P1S", "A1MINI") else "/data/Metadata/plate_2.gcode")
                self.shown(gcode_file_prepare_percent="100")
                self.assertEqual(self.full()["gcode_state"], "RUNNING")
                self.assertEqual(self.full()["subtask_id"], "7002")
                self.assertEqual({k: self.told()[k] for k in ("outcome", "path", "plate", "name", "trays", "not_boolean", "use_ams")},
                                 {"outcome": "starts", "path": PATH, "plate": 2, "name": "lid", "trays": [254], "not_boolean": [],
                                  "use_ams": False})
                self.sim_.stop()

    def test_a_p1s_clamps_ids(self):
        for model, expected in (("P1S", "2147483647"), ("X1C", "99999999999")):
            self.open(model)
            self.ask(subtask_id="99999999999")
            self.assertEqual(self.shown(gcode_state="PREPARE")["subtask_id"], expected)
            self.sim_.stop()

    def test_trays_of_the_mapping_are_used_in_turn(self):
        self.open("H2D", "--ams", "pro2,ht")
        self.ask(use_ams=True, ams_mapping=[1, -1, -1, 128],
                 ams_mapping2=[{"ams_id": 0, "slot_id": 1}, {"ams_id": 255, "slot_id": 255}, {"ams_id": 255, "slot_id": 0},
                               {"ams_id": 128, "slot_id": 0}])
        self.shown(gcode_state="PREPARE")
        self.assertEqual(self.told()["trays"], [1, 254, 128])

    def test_the_first_tray_is_loaded(self):
        self.open("P1S", "--ams", "ams", pace="300")
        self.ask(use_ams=True, ams_mapping=[1])
        self.until(lambda p: p.get("ams", {}).get("tray_now") == "1")
        self.assertEqual(self.full()["gcode_state"], "RUNNING")

    def test_an_empty_slot_stops_it_until_there_is_a_spool(self):
        for ams, mapping, remedy in (("ams", [2], "insert=2"), ("none", [0], None), ("ams", [], None)):
            with self.subTest(ams=ams, mapping=mapping):
                self.open("P1S", "--ams", ams, pace="50")
                if remedy:
                    self.do("set", self.name, "remove=2")
                self.ask(use_ams=True, ams_mapping=mapping)
                self.assertEqual(self.shown(gcode_state="PAUSE")["print_error"], NO_MAPPING)
                self.send("resume", param="")
                self.shown(gcode_state="PREPARE")
                if remedy:
                    self.do("set", self.name, remedy)
                    self.shown(gcode_state="RUNNING")
                self.sim_.stop()

    def test_gcode_files_print_where_they_are_taken(self):
        self.open("P1S")
        self.do("file", self.name, "make", "/lid.gcode", "10")
        self.send("gcode_file", param="/lid.gcode")
        self.assertEqual(self.shown(gcode_state="PREPARE")["subtask_name"], "lid")
        self.sim_.stop()
        self.open("A1MINI")
        self.send("gcode_file", param=PATH)
        self.assertEqual(self.answer()["result"], "fail")
        self.assertEqual(self.full()["gcode_state"], "IDLE")


class Refusals(Starts):
    def fails(self, error, outcome, **changes):
        self.ask(**changes)
        self.assertEqual(self.answer()["result"], "success", "an answer is no effect")
        self.shown(gcode_state="FAILED", print_error=error)
        self.assertEqual(self.told()["outcome"], outcome)
        self.send("clean_print_error", subtask_id="0", print_error=error)
        self.shown(print_error=0)
        self.do("state", self.name, "idle")
        self.shown(gcode_state="IDLE")

    def test_a_missing_file_or_a_bad_request_is_an_error(self):
        self.open("P1S", rate="0")
        for url in ("ftp:///none.3mf", "file:///sdcard/none.3mf", "ftp:///cache", "ftp:///cache/../" + PATH):
            self.fails(PARSE, "no file", url=url)
        for bad in ({"url": "http://x/y.3mf"}, {"url": 5}, {"param": "Metadata/plate.gcode"}, {"param": "Metadata/plate_0.gcode"}):
            self.fails(PARSE, "bad request", **bad)
        self.fault("ftp-no-card")
        self.fails(CARD, "no card")

    def test_newer_models_have_no_mounted_card(self):
        self.open("H2D", rate="0")
        self.fails(PARSE, "bad request", url="file:///sdcard" + PATH)
        self.ask()
        self.shown(gcode_state="PREPARE")

    def test_a_busy_printer_goes_on_with_its_job(self):
        self.open("P1S", state="printing", rate="0")
        for state in ("printing", "paused", "preparing"):
            self.do("state", self.name, state)
            before = self.full()
            self.ask()
            self.shown(print_error=BUSY)
            after = self.full()
            self.assertEqual((after["gcode_state"], after["subtask_id"]), (before["gcode_state"], before["subtask_id"]))
            self.assertEqual((self.told()["outcome"], self.told()["kills"]), ("busy", False))
            self.do("set", self.name, "error=0")

    def test_a_busy_a1_mini_loses_its_job(self):
        self.open("A1MINI", state="printing", rate="0")
        self.ask()
        self.assertEqual(self.shown(gcode_state="FAILED")["print_error"], BUSY)
        self.assertTrue(self.told()["kills"])
        self.ask()
        self.shown(gcode_state="PREPARE")

    def test_numbers_for_booleans_are_seen_and_have_their_price(self):
        cases = (("H2S", {"flow_cali": 1, "bed_leveling": 0}, {"not_boolean": ["bed_leveling", "flow_cali"], "calibrates": False}),
                 ("H2DPRO", {"use_ams": 1, "ams_mapping": [0]}, {"not_boolean": ["use_ams"], "use_ams": False, "trays": [254]}),
                 ("P1S", {"timelapse": "true"}, {"not_boolean": ["timelapse"], "calibrates": True}))
        for model, changes, expected in cases:
            with self.subTest(model=model):
                self.open(model, rate="0")
                self.ask(**changes)
                self.shown(gcode_state="PREPARE")
                self.assertEqual({k: self.told()[k] for k in expected}, expected)
                self.sim_.stop()

    def test_an_h2s_that_read_numbers_skips_levelling(self):
        for value in (1, True):
            self.open("H2S", pace="60")
            self.ask(bed_leveling=value)
            stages = set()
            self.until(lambda p: stages.add(p.get("stg_cur")) or p.get("stg_cur") == 0 and p.get("gcode_state", "RUNNING") == "RUNNING"
                       and 4 in stages)
            self.assertEqual(1 in stages, value is True)
            self.sim_.stop()


class Slow(Starts):
    def test_a_slow_start_keeps_the_old_state(self):
        self.open("H2D", state="finished", pace="100")
        self.fault("slow-start", "on", "50")
        before = self.full()["subtask_id"]
        self.ask()
        self.answer()
        self.assertEqual([self.full()[k] for k in ("gcode_state", "subtask_id")], ["FINISH", before])
        self.ask()
        self.shown(print_error=BUSY)
        self.assertEqual(self.shown(gcode_state="PREPARE")["subtask_id"], "7002")

    def test_preparing_takes_long_or_for_ever(self):
        self.open("P1P", pace="100")
        self.fault("slow-prepare")
        self.ask()
        self.shown(gcode_file_prepare_percent="99")
        self.assertEqual(self.full()["gcode_state"], "PREPARE")
        self.shown(gcode_state="RUNNING")
        self.do("state", self.name, "idle")
        self.fault("stuck-prepare")
        self.do("set", self.name, "pace=10000")
        self.ask()
        self.shown(gcode_file_prepare_percent="99")
        for _ in range(20):
            self.assertNotIn("gcode_state", self.client_.report()["print"])
        self.assertEqual(self.full()["gcode_state"], "PREPARE")
        self.send("stop", param="")
        self.shown(gcode_state="FAILED")


class Locks(Starts):
    LIGHT = {"led_node": "chamber_light", "led_mode": "off", "led_on_time": 500, "led_off_time": 500, "loop_times": 0,
             "interval_time": 0}

    def refuse(self, model, fault):
        self.open(model, state="printing", rate="0")
        if fault:
            self.fault(fault)
        else:
            self.do("set", self.name, "locked=on")

    def still_prints(self):
        self.assertEqual(self.full()["gcode_state"], "RUNNING")
        self.send("ledctrl", "system", **self.LIGHT)
        self.assertEqual(self.answer()["result"], "success")
        self.shown(lights_report=[{"node": "chamber_light", "mode": "off"}])

    def test_a_refusal_has_two_codes(self):
        for fault, code in ((None, UNSIGNED), ("lock-header", BAD_HEADER), ("lock-hms", UNSIGNED)):
            with self.subTest(fault=fault):
                self.refuse("P1S", fault)
                for send in (lambda: self.send("pause", param=""), self.ask):
                    send()
                    self.assertEqual(self.answer(), {"result": "failed", "reason": "mqtt message verify failed", "err_code": code})
                self.still_prints()
                self.sim_.stop()

    def test_a_health_message_says_so(self):
        self.refuse("X1C", "lock-hms")
        self.send("pause", param="")
        self.assertEqual(self.shown()["hms"], [{"attr": 0x05000500, "code": 0x00010007}])

    def test_an_answer_has_no_result(self):
        self.refuse("P1S", "lock-no-result")
        self.send("pause", param="")
        self.assertEqual(self.answer(), {})
        self.still_prints()

    def test_there_is_no_answer(self):
        self.refuse("A1MINI", "lock-silent")
        self.send("pause", param="")
        self.still_prints()


if __name__ == "__main__":
    main()
