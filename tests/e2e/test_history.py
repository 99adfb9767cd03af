# SPDX-License-Identifier: MIT
"""Past prints: each once, with what was seen of it and nothing else, over ends of any kind."""
import csv
import io
import os
import signal
import sqlite3
import stat
import subprocess
import unittest

from harness import Case, main, wait_until


class History(Case):
    """One P2S that does only what the test says."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--model", "P2S", "--state", "idle", "--still", "--rate", "0", "--deltas")
        self.round = 0
        self.begin()
        self.name = self.daemon_.call("printer.list")["printers"][0]["name"]
        self.wait_full()

    def begin(self):
        self.round += 1
        self.daemon_ = self.daemon(name=f"bambud{self.round}")

    def again(self, kill=False, meanwhile=None):
        """The daemon ends, something happens, it starts."""
        if kill:
            self.daemon_.child.send_signal(signal.SIGKILL)
        self.daemon_.stop()
        self.processes.remove(self.daemon_)
        if meanwhile:
            meanwhile()
        self.begin()
        self.wait_full()

    def wait_full(self):
        self.daemon_.wait_status(self.name, "a full report", lambda s: s["link"]["state"] == "online" and
                                 s["link"]["full_age_ms"] is not None and s["device"]["door"] is not None)

    def do(self, verb, *words):
        self.sim_.do(verb, self.name, *words)

    def publish(self, members):
        self.do("publish", '{"print":{"command":"push_status","msg":1,' + members + "}}")

    def events(self, kind):
        return [e for e in self.daemon_.call("events.list", {"kinds": [kind], "limit": 4096})["events"]
                if e["printer"] == self.name]

    def heard(self, kind, count=1):
        return wait_until(f"{count} {kind}", lambda: len(self.events(kind)) >= count and self.events(kind))

    def state(self, word, kind, count=1):
        self.do("state", word)
        return self.heard(kind, count)[-1]

    def prints(self, **params):
        return self.daemon_.call("history.list", params)["prints"]

    def job(self, count=1):
        """A job that prints."""
        started = self.state("preparing", "print.started", count)
        layers = len(self.events("print.layer"))
        self.do("state", "printing")
        self.do("set", "percent=31", "layer=20")
        self.heard("print.layer", layers + 1)
        return started

    def only(self, **params):
        prints = self.prints(**params)
        self.assertEqual(len(prints), 1, prints)
        return prints[0]

    def test_a_print_from_its_start_to_its_end(self):
        started = self.job()
        running = self.only()
        self.assertEqual((running["result"], running["running"], running["started"], running["ended"]),
                         (None, True, started["time"], None))
        self.assertEqual((running["percent"], running["layer"]), (31, 20))
        finished = self.state("finished", "print.finished")
        p = self.only()
        epoch = self.daemon_.call("events.list", {"limit": 1})["cursor"].split(".")[0]
        self.assertEqual(p["id"], f"{epoch}.{started['seq']}")
        self.assertEqual((p["result"], p["running"], p["late"]), ("finished", False, False))
        self.assertEqual((p["started"], p["ended"]), (started["time"], finished["time"]))
        self.assertEqual((p["job"], p["percent"], p["layer"]), (finished["data"]["job"], 100, finished["data"]["layer"]))
        self.assertEqual(p["duration_s"], finished["data"]["duration_s"])
        tray = self.daemon_.status(self.name)["ams"]["units"][0]["trays"][0]
        self.assertEqual(p["filament"], [{"tray": 0, "unit": 0, "slot": 0, "label": "A", "type": tray["type"],
                                          "color": tray["color"]}])
        self.assertIsNone(p["weight_g"])
        self.assertEqual(self.daemon_.call("history.get", {"id": p["id"]}), p)

    def test_failed_and_cancelled_have_their_reasons(self):
        self.job()
        self.publish('"gcode_state":"FAILED","mc_percent":0,"layer_num":0')
        self.publish('"print_error":50348044')
        self.heard("print.cancelled")
        cancelled = self.only()
        self.assertEqual((cancelled["result"], cancelled["percent"], cancelled["layer"], cancelled["code"]),
                         ("cancelled", 31, 20, "0300-400C"))
        self.publish('"print_error":0,"gcode_state":"RUNNING"')
        self.heard("print.started", 2)
        self.publish('"gcode_state":"FAILED"')
        self.heard("print.failed")
        failed = self.prints()[0]
        self.assertEqual((failed["result"], failed["code"]), ("failed", None))
        stats = self.daemon_.call("history.stats")
        self.assertEqual(stats["printers"][0]["printer"], self.name)
        for one in (stats["printers"][0], stats["totals"]):
            self.assertEqual((one["prints"], one["failed"], one["cancelled"], one["finished"], one["timed"]),
                             (2, 1, 1, 0, 2))
            self.assertEqual(one["success"], {"rate": 0, "of": 2})

    def test_a_restart_in_the_middle_is_one_print(self):
        started = self.job()
        self.again()
        self.do("set", "percent=55", "layer=40")
        self.heard("print.layer", 2)
        self.again(kill=True)
        finished = self.state("finished", "print.finished")
        p = self.only()
        self.assertEqual((p["started"], p["ended"], p["result"]), (started["time"], finished["time"], "finished"))
        self.assertIsNotNone(p["duration_s"])

    def test_kill_right_at_the_end_loses_and_doubles_nothing(self):
        for n in range(1, 4):
            started = self.job(n)
            finished = self.state("finished", "print.finished", n)
            self.again(kill=True)
            prints = self.prints()
            self.assertEqual(len(prints), n)
            self.assertEqual((prints[0]["started"], prints[0]["ended"], prints[0]["result"]),
                             (started["time"], finished["time"], "finished"))

    def test_what_ended_while_nobody_looked_has_no_time(self):
        started = self.job()
        self.again(meanwhile=lambda: self.do("state", "finished"))
        self.heard("print.finished")
        p = self.only()
        self.assertEqual((p["result"], p["started"], p["ended"], p["duration_s"], p["late"]),
                         ("finished", started["time"], None, None, True))

    def test_a_job_that_was_followed_by_another_ended_unseen(self):
        self.job()
        first = self.only()["job"]

        def next_job():
            for word in ("finished", "preparing", "printing"):
                self.do("state", word)
        self.again(meanwhile=next_job)
        self.heard("print.started", 2)
        now, before = self.prints()
        self.assertEqual((before["result"], before["ended"], before["running"]), ("unknown", None, False))
        self.assertEqual((now["running"], now["started"], now["late"], now["job"]), (True, None, True, now["job"]))
        self.assertNotEqual(now["job"], first)

    def test_a_damaged_file_is_rebuilt_from_the_event_log(self):
        self.job()
        self.state("finished", "print.finished")
        before = self.prints()
        path = self.folder / "state" / "history.sqlite"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

        def damage():
            data = bytearray(path.read_bytes())
            data[100:4000] = os.urandom(3900)
            path.write_bytes(data)
        self.again(meanwhile=damage)
        self.assertEqual(self.prints(), before)
        self.assertEqual(len(list(path.parent.glob("history.sqlite.bad-*"))), 1)

    def test_a_file_of_a_later_version_is_set_aside(self):
        self.job()
        before = self.prints()
        path = self.folder / "state" / "history.sqlite"

        def later():
            db = sqlite3.connect(path)
            db.execute("PRAGMA user_version = 2")
            db.commit()
            db.close()
        self.again(meanwhile=later)
        self.assertEqual(self.prints()[0]["id"], before[0]["id"])
        self.assertEqual(len(list(path.parent.glob("history.sqlite.bad-*"))), 1)

    @unittest.skipIf(os.geteuid() != 0, "mounts a tmpfs, which only root may")
    def test_a_full_disk_is_made_up_for(self):
        state = self.folder / "state"

        def mount():
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=0700", "t", state], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", state], check=False)
        self.again(meanwhile=mount)
        ballast = state / "ballast"
        with open(ballast, "wb") as f:
            try:
                while True:
                    os.write(f.fileno(), bytes(4096))
            except OSError:
                pass
        started = self.job()
        finished = self.state("finished", "print.finished")

        def said(kind):
            events = self.daemon_.call("events.list", {"kinds": [kind]})["events"]
            return "history" in [e["data"]["what"] for e in events]
        wait_until("disk.full", lambda: said("disk.full"))
        ballast.unlink()
        wait_until("disk.recovered", lambda: said("disk.recovered"))
        p = self.only()
        self.assertEqual((p["started"], p["ended"]), (started["time"], finished["time"]))

    def test_pages_times_and_printers(self):
        for n in range(1, 4):
            self.job(n)
            self.state("finished", "print.finished", n)
        c = self.daemon_
        page = c.call("history.list", {"limit": 2})
        rest = c.call("history.list", {"limit": 2, "before": page["next"]})
        self.assertEqual((len(page["prints"]), len(rest["prints"]), rest["next"]), (2, 1, None))
        self.assertEqual(page["prints"] + rest["prints"], self.prints())
        self.assertEqual(self.prints(since=page["prints"][0]["last_seen"]), page["prints"][:1])
        self.assertEqual(self.prints(printer=self.name, since="2100-01-01T00:00:00Z"), [])
        self.assertEqual(len(self.prints(printer=page["prints"][0]["serial"])), 3)
        self.assertEqual(self.prints(printer="model=X1C"), [])
        with c.client() as client:
            for params, want in (({"printer": "nobody"}, "no_such_printer"), ({"since": "1.5"}, "invalid_params"),
                                 ({"before": "x"}, "invalid_params"), ({"limit": 0}, "invalid_params")):
                self.assertEqual(client.error("history.list", params)["data"]["type"], want, params)
            self.assertEqual(client.error("history.get", {"id": "1.999999"})["data"]["type"], "invalid_params")

    def test_fewer_are_kept_when_told_so(self):
        for n in range(1, 4):
            self.job(n)
            self.state("finished", "print.finished", n)
        self.assertEqual(len(self.prints()), 3)
        text = (self.folder / "bambud.conf").read_text()
        self.write_config(text + "\n[History]\nKeep=2\n")
        self.daemon_.call("daemon.reload")
        self.job(4)
        self.assertEqual(len(self.prints()), 2)
        self.write_config(text + "\n[History]\nEnabled=no\n")
        self.daemon_.call("daemon.reload")
        with self.daemon_.client() as client:
            self.assertEqual(client.error("history.list")["data"]["type"], "unsupported")
        self.state("finished", "print.finished", 4)
        self.write_config(text)
        self.daemon_.call("daemon.reload")
        self.assertEqual(self.prints()[0]["result"], "finished", "what happened meanwhile is made up for")

    def test_what_people_see(self):
        self.assertIn("no print is recorded", self.daemon_.ctl("history")[2])
        self.state("preparing", "print.started")
        self.publish('"subtask_name":"=1+1,\\"x\\"\\u001b[1m"')
        self.do("state", "printing")
        self.do("set", "percent=31", "layer=20")
        self.state("finished", "print.finished")
        d = self.daemon_
        p = self.only()
        code, out, err = d.ctl("history")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("finished", out)
        self.assertIn("A1 " + p["filament"][0]["type"], out)
        code, out, err = d.ctl("history", self.name, "--csv", "--since", "1d")
        self.assertEqual((code, err), (0, ""))
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        self.assertEqual(len(rows), 1)
        self.assertEqual(p["job"], '=1+1,"x"\x1b[1m')
        self.assertEqual(rows[0]["job"], "'" + p["job"].replace("\x1b", "\\x1B"))
        self.assertEqual((rows[0]["id"], rows[0]["result"], rows[0]["weight_g"]), (p["id"], "finished", ""))
        self.assertEqual(d.ctl("history", "show", p["id"])[0], 0)
        self.assertIn(p["id"], d.ctl("history", "show", p["id"])[1])
        code, out, _ = d.ctl("history", "stats", self.name)
        self.assertIn("100 % of 1", out)
        self.assertEqual(d.ctl("history", "--limit", "0")[0], 2)
        self.assertEqual(d.ctl("history", "--since", "yesterday")[0], 2)
        self.assertEqual(d.ctl("history", "--csv", "--json")[0], 2)
        self.assertEqual(d.ctl("history", "show", "1.99999999")[0], 2)


if __name__ == "__main__":
    main()
