# SPDX-License-Identifier: MIT
"""Captures: recorded from the simulator, redacted, whole; and replayed to the same end."""
import json
import os
import re
import select
import signal
import socket
import subprocess
import unittest

import harness
from harness import BAMBUCTL, BAMBUD, wait_until


class Recorder(harness.Case):
    def start_farm(self, *args):
        self.farm = self.sim("--printers", "2", "--model", "X1C", "--model", "P1S", "--state", "printing", "--rate", "5",
                             "--pace", "20", *args)
        self.bambud = self.daemon()
        config = (self.folder / "bambud.conf").read_text()
        self.names = re.findall(r"^\[Printer (\S+)\]$", config, re.M)
        self.serials = re.findall(r"^Serial=(\S+)$", config, re.M)
        self.codes = re.findall(r"^AccessCode=(\S+)$", config, re.M)
        for name in self.names:
            self.bambud.wait_status(name, "a print", lambda s: s["link"]["state"] == "online" and s["firmware"]
                                    and s["print"]["state"] == "printing")

    def run_ctl(self, *args, **kw):
        return subprocess.Popen([str(BAMBUCTL), "--socket", str(self.bambud.socket), *args], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **kw)

    def record(self, name, *args):
        path = self.folder / f"{name}.jsonl"
        child = self.run_ctl("record", name, str(path), *args)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.kill)
        wait_until("messages of the capture", lambda: path.exists() and path.read_text().count('"dir":"in"') >= 5
                   and re.search(r'"dir":"in".*msg\\":0', path.read_text()))
        return child, path

    def end(self, child, how=signal.SIGINT):
        child.send_signal(how)
        out, err = child.communicate(timeout=harness.DEADLINE)
        return child.returncode, out.decode(), err.decode()

    def lines(self, path):
        text = path.read_text()
        self.assertTrue(text.endswith("\n"))
        return [json.loads(line) for line in text.splitlines()]


class Recording(Recorder):
    def test_ctrl_c_leaves_a_whole_capture(self):
        self.start_farm()
        child, path = self.record(self.names[0])
        status, out, err = self.end(child)
        lines = self.lines(path)
        self.assertEqual(status, 0, err)
        self.assertIn("messages", out)
        self.assertEqual(lines[0]["bambu_capture"], 1)
        self.assertEqual(lines[0]["serial"][:3], self.serials[0][:3])
        self.assertEqual([line["dir"] for line in lines[1:3]], ["held", "held"])
        self.assertEqual(lines[-1]["end"], "the client ended it")
        self.assertEqual(lines[-1]["messages"], sum("dir" in line for line in lines))
        times = [line["ms"] for line in lines[1:]]
        self.assertEqual(times, sorted(times))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_nothing_of_the_owner_is_in_it(self):
        self.start_farm()
        job = "For Anna.gcode.3mf"
        self.farm.do("set", self.names[0], "job=For Anna")
        for args, named in (((), False), (("--files",), True)):
            child, path = self.record(self.names[0], "--yes", *args)
            code, _, err = self.bambud.ctl("light", self.names[0], "on")
            self.assertEqual(code, 0, err)
            self.end(child)
            text = path.read_text()
            self.assertIn('"dir":"out"', text)
            for secret in [*self.serials, *self.codes, *self.names, "127.0.0.1:"]:
                self.assertNotIn(secret, text)
            self.assertEqual("For Anna" in text, named, job)

    def test_a_file_is_not_written_over_unasked(self):
        self.start_farm()
        path = self.folder / "kept"
        path.write_text("mine")
        status, _, err = self.bambud.ctl("record", self.names[0], str(path), "--for", "1s")
        self.assertEqual((status, path.read_text()), (9, "mine"))
        self.assertIn("--yes", err)

    def test_a_time_ends_it_and_so_does_another_client(self):
        self.start_farm()
        status, out, _ = self.bambud.ctl("record", self.names[0], "-", "--for", "1s")
        self.assertEqual((status, json.loads(out.splitlines()[-1])["end"]), (0, "its time was over"))
        first, one = self.record(self.names[0])
        second, other = self.record(self.names[1])
        self.assertEqual(self.bambud.call("record.stop", {"printer": self.names[0]})["stopped"], 1)
        self.assertEqual(first.wait(harness.DEADLINE), 0)
        self.assertEqual(self.lines(one)[-1]["end"], "stopped")
        self.assertEqual(self.end(second)[0], 0)
        self.assertEqual(self.lines(other)[-1]["end"], "the client ended it")

    def test_two_record_the_same_printer(self):
        self.start_farm()
        with self.bambud.client() as client:
            self.assertEqual(client.call("record.start", {"printer": self.names[0]})["upgrade"], "raw")
            child, path = self.record(self.names[0])
            client.close()  # the other goes on
            held = len(path.read_text())
            wait_until("more of the capture", lambda: len(path.read_text()) > held)
            self.assertEqual(self.end(child)[0], 0)

    def test_a_slow_reader_loses_whole_messages_and_is_told(self):
        self.start_farm("--rate", "60")
        with self.bambud.client() as client:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.call("record.start", {"printer": self.names[0]})
            before = self.received()
            # Nothing is read until more came than the daemon and the kernel keep.
            wait_until("messages to be lost", lambda: self.received() - before > 600, 40)
            seen = []
            while not any("lost" in line for line in seen):
                seen.append(client.line())
            client.sock.shutdown(socket.SHUT_WR)
            while seen[-1] is not None and "end" not in seen[-1]:
                seen.append(client.line())
        self.assertGreater(seen[-1]["lost_messages"], 0)

    def received(self):
        return self.bambud.call("daemon.stats")["counters"]["printers"][self.names[0]]["messages"]

    def test_the_end_of_the_daemon_ends_it_with_its_last_line(self):
        self.start_farm()
        child, path = self.record(self.names[0])
        self.bambud.stop()
        self.processes.remove(self.bambud)
        _, err = child.communicate(timeout=harness.DEADLINE)
        self.assertEqual(self.lines(path)[-1].get("end"), "the daemon ended it", err)
        self.assertNotEqual(child.returncode, 0)

    def test_other_requests_on_the_connection_are_refused(self):
        self.start_farm()
        with self.bambud.client() as client:
            client.call("events.subscribe", {})
            self.assertEqual(client.error("record.start", {"printer": self.names[0]})["data"]["type"], "invalid_request")
        self.assertEqual(self.bambud.ctl("record", "nobody", "-")[0], 4)
        self.assertEqual(self.bambud.ctl("record", self.names[0], "-", "--for", "soon")[0], 2)


def without_owner(value):
    """A status without what a capture has not: whose it is, its link, ages, and times that began before."""
    hidden = {"name", "serial", "instance", "tags", "link", "age_ms", "camera", "since", "started", "task_id", "tag_uid", "uuid",
              "eta"}
    if isinstance(value, dict):
        return {k: without_owner(v) for k, v in value.items() if k not in hidden}
    return [without_owner(v) for v in value] if isinstance(value, list) else value


class Replaying(Recorder):
    def replay(self, path, **kw):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        done = subprocess.run([str(BAMBUD), "--replay", str(path)], capture_output=True, env=env, timeout=harness.DEADLINE,
                              check=False, **kw)
        return done.returncode, done.stdout, done.stderr.decode()

    def good(self, path):
        status, out, err = self.replay(path)
        self.assertEqual((status, err), (0, ""))
        lines = [json.loads(line) for line in out.splitlines()]
        return lines[:-1], lines[-1]

    def test_two_runs_are_equal_to_the_byte(self):
        self.start_farm("--deltas")
        for name in self.names:
            child, path = self.record(name)
            self.end(child)
            first = self.replay(path)
            self.assertEqual(first[0], 0, first[2])
            self.assertEqual(self.replay(path), first)
            with open(path, "rb") as f:
                self.assertEqual(self.replay("-", stdin=f), first)

    def test_the_last_state_is_that_of_the_daemon(self):
        self.start_farm("--deltas")
        for name in self.names:
            child, path = self.record(name, "--files")
            for words in (("light", name, "on"), ("pause", name), ("resume", name)):
                self.assertEqual(self.bambud.ctl(*words)[0], 0)
            self.farm.do("rate", name, "0")
            self.farm.do("set", name, "wifi=-33")
            status = self.bambud.wait_status(name, "the last change", lambda s: s["device"]["wifi_dbm"] == -33)
            self.end(child)
            events, last = self.good(path)
            self.assertEqual(without_owner(last["status"]), without_owner(status))
            self.assertEqual(last["status"]["print"]["job"], status["print"]["job"])
            self.assertIn("print.paused", [event["kind"] for event in events])
            self.assertEqual(last["replay"]["dropped"], 0)

    def test_events_are_those_that_were_told(self):
        self.start_farm("--deltas")
        name = self.names[1]
        with self.bambud.client() as client:
            client.call("events.subscribe", {"printers": name, "kinds": ["print.*", "light.*", "hms.*"]})
            child, path = self.record(name)
            for words in (("light", name, "off"), ("light", name, "on"), ("pause", name), ("resume", name), ("stop", name, "--yes")):
                code, _, err = self.bambud.ctl(*words)
                self.assertEqual(code, 0, (words, err))
            told = []
            while not told or told[-1] != "print.cancelled":
                line = client.line()
                told += [line["params"]["kind"]] if line["method"] == "event" else []
            self.end(child)
        replayed = [e["kind"] for e in self.good(path)[0] if e["kind"].split(".")[0] in ("print", "light", "hms")]
        self.assertEqual([k for k in replayed if k != "print.progress"], [k for k in told if k != "print.progress"])

    def test_messages_that_are_no_text_and_sessions_that_begin_are_kept(self):
        self.start_farm("--deltas")
        name = self.names[1]
        child, path = self.record(name, "--files")
        self.farm.do("fault", name, "bad-utf8", "on")
        wait_until("bytes that are no text", lambda: '"base64"' in path.read_text())
        self.farm.do("fault", name, "bad-utf8", "off")
        self.farm.do("fault", name, "kick", "on")
        wait_until("a new session", lambda: '"anew":true' in path.read_text())
        held = path.read_text().count('"dir":"in"')
        wait_until("messages of it", lambda: path.read_text().count('"dir":"in"') > held + 5)
        self.end(child)
        _, last = self.good(path)
        self.assertGreater(last["replay"]["repaired"], 0)

    def test_a_bad_file_is_told_with_its_line(self):
        header = ('{"bambu_capture":1,"printer":"p","serial":"01P000000000001","time":"2026-11-23T01:00:00Z"}\n')
        for text, line, why in (
                ("", 1, "empty"), ("{}\n", 1, "no capture"), ("nothing\n", 1, "no JSON"),
                (header.replace(":1,", ":9,"), 1, "format 9"), (header.replace("Z", ""), 1, "time"),
                (header.replace('"serial":"01P000000000001",', ""), 1, "serial"),
                (header + '{"ms":5,"dir":"in","payload":"{}"}\n{"ms":4}\n', 3, "goes back"),
                (header + '{"ms":-1}\n', 2, "ms"), (header + '{"dir":"in"}\n', 2, "ms"),
                (header + '{"ms":1,"dir":"in"}\n', 2, "payload"), (header + '{"ms":1,"dir":"up"}\n', 2, "dir"),
                (header + '{"ms":1,"dir":"in","base64":"a"}\n', 2, "base64"),
                (header + '{"ms":1,"dir":"in","payl', 2, "cut off"), (header + "\n", 2, "no JSON")):
            path = self.folder / "bad"
            path.write_text(text)
            status, _, err = self.replay(path)
            self.assertEqual(status, 1, text)
            self.assertIn(f"{path}:{line}: ", err)
            self.assertIn(why, err)
        self.assertEqual(self.replay(self.folder / "none")[0], 1)
        self.assertIn("No such file", self.replay(self.folder / "none")[2])

    def test_what_is_unknown_or_undecodable_is_left_alone(self):
        path = self.folder / "odd"
        path.write_text('{"bambu_capture":1,"printer":"p","serial":"01P000000000001","time":"2026-11-23T01:00:00Z","new":[]}\n'
                        '{"ms":1,"new":true}\n{"ms":2,"dir":"in","payload":"no JSON"}\n{"ms":3,"dir":"in","too_long":300000}\n'
                        '{"ms":4,"lost":3}\n{"ms":4,"dir":"in","base64":"/w=="}\n')
        events, last = self.good(path)
        self.assertEqual(events, [])
        self.assertEqual(last["replay"], {"ms": 4, "messages": 3, "full": 0, "delta": 0, "ack": 0, "version": 0, "ignored": 0,
                                          "dropped": 3, "repaired": 0, "wrong_types": 0, "lost": 3, "end": None})
        self.assertEqual(last["status"]["model"], "P1S")

    def test_time_passes_as_in_the_capture(self):
        """An end that waits for its reason is told 3 s later, without a message at that time."""
        def line(ms, **members):
            return json.dumps({"ms": ms, "plane": "lan", "dir": "in",
                               "payload": json.dumps({"print": {"command": "push_status", **members}})}) + "\n"
        path = self.folder / "end"
        path.write_text('{"bambu_capture":1,"printer":"p","serial":"01P000000000001","time":"2026-11-23T01:00:00Z"}\n' +
                        line(0, msg=0, gcode_state="RUNNING", mc_percent=50, subtask_name="a") +
                        line(1000, msg=1, gcode_state="FAILED") + '{"ms":60000,"end":"its time was over"}\n')
        events, last = self.good(path)
        self.assertEqual([(e["kind"], e["ms"], e["time"]) for e in events],
                         [("print.failed", 4000, "2026-11-23T01:00:04.000Z")])
        self.assertEqual(last["replay"]["end"], "its time was over")


class Reporting(Recorder):
    def test_a_report_holds_everything_but_whose_it_is(self):
        self.start_farm()
        self.farm.do("set", self.names[0], "job=For Anna")
        self.bambud.wait_status(self.names[0], "its job", lambda s: s["print"]["job"] == "For Anna")
        child = self.run_ctl("daemon", "report", cwd=self.folder)
        out, err = child.communicate(timeout=harness.DEADLINE)
        self.assertEqual(child.returncode, 0, err)
        path, = self.folder.glob("bambud-report-*.json")
        self.assertIn(path.name, out.decode())
        self.assertIn("journalctl", err.decode())
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        text = path.read_text()
        report = json.loads(text)
        self.assertEqual([p["name"] for p in report["printers"]["results"]], ["printer-1", "printer-2"])
        self.assertEqual(report["printers"]["results"][0]["serial"][:3], self.serials[0][:3])
        for section in ("system", "hello", "status", "stats", "config", "account", "cameras", "events", "metrics"):
            self.assertIn(section, report)
        self.assertIn("AccessCode=***", report["config"])
        self.assertTrue(any(line.startswith("bambu_printer_up{") for line in report["metrics"]))
        for secret in [*self.serials, *self.codes, *self.names, "For Anna", os.uname().nodename]:
            self.assertNotIn(secret, text)

    def test_a_report_is_not_written_over_another(self):
        self.start_farm()
        path = self.folder / "mine"
        path.write_text("mine")
        status, _, err = self.bambud.ctl("daemon", "report", str(path))
        self.assertEqual((status, path.read_text()), (9, "mine"), err)
        status, out, _ = self.bambud.ctl("daemon", "report", "-")
        self.assertEqual((status, json.loads(out)["bambud_report"]), (0, 1))
        status, out, _ = self.bambud.ctl("daemon", "config")
        self.assertIn("[Printer", out)
        self.assertNotIn(self.codes[0], out)


if __name__ == "__main__":
    harness.main()
