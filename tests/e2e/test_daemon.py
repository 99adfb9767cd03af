# SPDX-License-Identifier: MIT
"""The daemon as a program: start, stop, reload, lock, secrets, and bambuctl around it."""
import json
import os
import pathlib
import signal
import subprocess
import unittest

from harness import BAMBUCTL, BAMBUD, Case, Process, wait_until

CODE = "cAnArY77"
ONE = """[Daemon]
Socket=./run/control.sock
StateDirectory=./state
CacheDirectory=./cache
{daemon}
[Printer one]
Serial=01P00A000000001
Address=127.0.0.1
Port=1
AccessCode={code}
{printer}
"""


def conf(daemon="", printer="", code=CODE):
    return ONE.format(daemon=daemon, printer=printer, code=code)


class Program(Case):
    def bambud(self, *args, **kw):
        return subprocess.run([str(BAMBUD), *map(str, args)], capture_output=True, text=True, timeout=20, check=False, **kw)

    def test_terminates_with_0_and_leaves_no_socket(self):
        self.write_config(conf())
        d = self.daemon()
        self.assertTrue(d.socket.is_socket())
        self.assertEqual(d.stop(), 0)
        self.assertFalse(d.socket.exists())
        self.processes.remove(d)

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        self.write_config(conf())
        d = self.daemon()
        second = self.bambud("--config", self.folder / "bambud.conf")
        self.assertEqual(second.returncode, 1)
        self.assertIn("another bambud", second.stderr)
        self.assertIn(str(d.child.pid), second.stderr)
        self.assertEqual(d.ctl("daemon", "ping")[0], 0)

    def test_a_killed_daemon_is_replaced_over_its_stale_socket(self):
        self.write_config(conf())
        d = self.daemon()
        d.child.kill()
        d.child.wait()
        self.assertTrue(d.socket.exists())
        self.assertEqual(d.ctl("list")[0], 3)
        again = self.daemon(name="again")
        self.assertEqual(again.ctl("daemon", "ping")[0], 0)

    def test_a_bad_daemon_value_ends_the_start_with_78(self):
        self.write_config(conf(daemon="LogLevel=loud"))
        done = self.bambud("--config", self.folder / "bambud.conf")
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"bambud\.conf:\d+: .*LogLevel")

    def test_a_bad_printer_value_disables_that_printer_only(self):
        self.write_config(conf(printer="Port=70000") + "[Printer two]\nSerial=01P00A000000002\nAddress=127.0.0.1\nPort=1\n"
                          "AccessCode=x1234567\n")
        d = self.daemon()
        s = d.status("one")
        self.assertEqual(s["link"]["state"], "disabled")
        self.assertIn("Port", s["link"]["last_error"])
        d.wait_link("two", "lan_closed")

    def test_check_config_and_dump_config(self):
        self.write_config(conf(printer="Adress=1.2.3.4"))
        done = self.bambud("--check-config", f"--config={self.folder}/bambud.conf")
        self.assertEqual(done.returncode, 78)
        self.assertIn("Address", done.stderr)
        done = self.bambud("--dump-config", "--config", self.folder / "bambud.conf")
        self.assertEqual(done.returncode, 0)
        self.assertIn("AccessCode=***", done.stdout)
        self.assertNotIn(CODE, done.stdout)

    def test_a_readable_file_with_a_secret_refuses_that_secret(self):
        self.write_config(conf(), mode=0o644)
        d = self.daemon()
        s = d.wait_link("one", "disabled")
        self.assertIn("chmod", json.dumps(s["link"]))

    def test_reload_keeps_what_is_unchanged_and_refuses_what_is_broken(self):
        sim = self.sim("--printers", "2", "--rate", "2")
        path = self.folder / "bambud.conf"
        text = path.read_text()
        d = self.daemon()
        with d.client() as c:
            first, second = [p["name"] for p in c.call("printer.list")["printers"]]
        d.wait_link(first, "online")
        d.wait_link(second, "online")
        path.write_text(text.replace(f"[Printer {second}]", "[Printer renamed]"))
        code, out, err = d.ctl("daemon", "reload", "--json=short")
        self.assertEqual(code, 0, err)
        self.assertIn("renamed", out)
        d.wait_link("renamed", "online")
        self.assertEqual(d.status(first)["link"]["reconnects"], 0)
        path.write_text(text.replace("Serial=", "[Serial="))
        d.child.send_signal(signal.SIGHUP)
        d.wait_line("refused")
        self.assertEqual(d.status("renamed")["link"]["reconnects"], 0)
        code, out, _ = d.ctl("daemon", "reload", "--json=short")
        self.assertNotEqual(code, 0)
        self.assertIn("bambud.conf:", json.loads(out)["error"]["message"])
        self.assertTrue(sim.child.poll() is None)

    def test_the_access_code_is_nowhere_to_be_seen(self):
        self.sim("--printers", "1", "--rate", "2", "--code", CODE)
        d = self.daemon(extra=["--log-level", "debug"])
        with d.client() as c:
            name = c.call("printer.list")["printers"][0]["name"]
        d.wait_link(name, "online")
        shown = d.text()
        for args in (["list", "--json"], ["status", name, "--json"], ["call", "daemon.stats"],
                     ["call", "printer.raw", json.dumps({"printer": name})], ["events", "--json"]):
            code, out, err = d.ctl(*args)
            self.assertEqual(code, 0, f"{args}: {err}")
            shown += out + err
        self.assertNotIn(CODE, shown)
        proc = pathlib.Path(f"/proc/{d.child.pid}")
        if os.geteuid() == 0:
            self.assertNotIn(CODE.encode(), (proc / "environ").read_bytes())
        self.assertNotIn(CODE.encode(), (proc / "cmdline").read_bytes())
        self.assertEqual(d.socket.parent.parent.joinpath("state").stat().st_mode & 0o777, 0o700)

    def test_watchdog_is_fed(self):
        self.write_config(conf())
        os.environ["WATCHDOG_USEC"] = "1000000"
        try:
            d = self.daemon()
        finally:
            del os.environ["WATCHDOG_USEC"]
        d.wait_notify("WATCHDOG=1")
        d.wait_notify("WATCHDOG=1")

    def test_the_service_manager_is_told_of_reload_farm_and_end(self):
        path = self.write_config("[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n")
        d = self.daemon()
        d.wait_notify("STATUS=no printer is configured yet: see bambud.conf(5)")
        path.write_text(conf())
        d.child.send_signal(signal.SIGHUP)
        self.assertRegex(d.wait_notify("RELOADING=1"), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        d.wait_notify("STATUS=1 printer: 0 online")
        d.wait_notify("READY=1")
        path.write_text(conf(daemon="LogLevel=loud"))
        d.child.send_signal(signal.SIGHUP)
        d.wait_notify("RELOADING=1")
        d.wait_notify("READY=1")  # with the old configuration
        self.assertEqual(d.stop(), 0)
        self.processes.remove(d)
        self.assertIn("STOPPING=1", d.messages)

    def test_an_event_is_one_line_with_its_weight(self):
        sim = self.sim("--printers", "1", "--rate", "5", "--state", "printing", "--ams", "none")
        d = self.daemon()
        with d.client() as c:
            name = c.call("printer.list")["printers"][0]["name"]
        d.wait_line(f"<6>{name}: online\n")
        sim.do("set", name, "hms=03001200:00020001")
        d.wait_line(f"<4>{name}: HMS raised: 0300-1200-0002-0001")
        sim.do("state", name, "finished")
        d.wait_line(f"<6>{name}: print finished")
        lines = d.text().splitlines()
        self.assertEqual(sum("HMS raised" in line for line in lines), 1)
        self.assertEqual(sum("online" in line for line in lines), 1)
        self.assertNotIn("print layer", d.text())

    def test_watchdog_is_not_fed_by_a_stopped_process(self):
        """Row 26: what does not run feeds nobody; the service manager draws the conclusion."""
        self.write_config(conf())
        os.environ["WATCHDOG_USEC"] = "600000"
        try:
            d = self.daemon()
        finally:
            del os.environ["WATCHDOG_USEC"]
        d.wait_notify("WATCHDOG=1")
        d.child.send_signal(signal.SIGSTOP)
        stat = pathlib.Path(f"/proc/{d.child.pid}/stat")
        wait_until("the stop", lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T")
        d.messages.clear()
        with self.assertRaises(AssertionError):
            d.wait_notify("WATCHDOG=1", deadline=2)
        d.child.send_signal(signal.SIGCONT)
        d.wait_notify("WATCHDOG=1")

    def test_a_damaged_file_of_an_added_printer_stops_nobody(self):
        """Row 24: drop-ins with one bit of one byte flipped, each byte in turn, binary, a folder, a dangling link:
        the daemon starts, says file and line, and the other printers are served."""
        self.write_config(conf())
        added = self.folder / "state" / "printers.d"
        added.mkdir(parents=True)
        whole = b"[Printer two]\nSerial=01P00A000000002\nAddress=127.0.0.1\nPort=1\nAccessCode=x1234567\n"
        (added / "binary.conf").write_bytes(bytes(range(256)) * 16)
        (added / "folder.conf").mkdir()
        (added / "dangling.conf").symlink_to("nowhere")
        for i in range(len(whole)):
            damaged = bytearray(whole)
            damaged[i] ^= 1 << i % 8
            (added / f"flip{i:02}.conf").write_bytes(damaged)
            (added / f"flip{i:02}.conf").chmod(0o600)
        d = self.daemon()
        d.wait_link("one", "lan_closed")
        for name in ("binary.conf:1", "folder.conf:1", "dangling.conf:1"):
            self.assertIn(name, d.text())
        self.assertIn("left out", d.text())
        for path in added.iterdir():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        (added / "two.conf").write_bytes(whole)
        (added / "two.conf").chmod(0o600)
        d.call("daemon.reload")
        d.wait_link("two", "lan_closed")
        # Damage that comes later: what runs is kept, and the reload says why.
        (added / "two.conf").write_bytes(whole.replace(b"Port=", b"Po\x00t="))
        code, out, _ = d.ctl("daemon", "reload", "--json=short")
        self.assertNotEqual(code, 0)
        self.assertIn("two.conf:4", json.loads(out)["error"]["message"])
        self.assertEqual(d.status("two")["name"], "two")

    def test_usage_errors(self):
        self.assertEqual(self.bambud("--nonsense").returncode, 2)
        self.assertEqual(self.bambud("--version").stdout.split()[0], "bambud")
        self.assertIn("--config", self.bambud("--help").stdout)
        self.assertEqual(self.bambud("--config", self.folder / "none.conf").returncode, 78)


class Ctl(Case):
    def test_no_daemon_is_exit_3_with_one_line(self):
        done = subprocess.run([str(BAMBUCTL), "--socket", str(self.folder / "none"), "list"], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (3, 1))
        done = subprocess.run([str(BAMBUCTL), "--socket", str(self.folder / "none"), "list", "--json"], capture_output=True,
                              text=True, timeout=20, check=False)
        self.assertEqual(json.loads(done.stdout)["error"]["data"]["type"], "daemon_unreachable")

    def test_the_main_verbs_against_a_farm(self):
        self.sim("--farm", "demo")
        d = self.daemon()
        with d.client() as c:
            printers = c.call("printer.list")["printers"]
            wait_until("verdicts", lambda: all(p["link"]["state"] != "connecting"
                       for p in c.call("printer.list")["printers"]))
        names = [p["name"] for p in printers]
        self.assertEqual(len(names), 8)
        code, out, _ = d.ctl("list")
        self.assertEqual(code, 0)
        for name in names:
            self.assertIn(name, out)
        online = next(p["name"] for p in d.call("printer.list")["printers"] if p["link"]["state"] == "online")
        d.wait_status(online, "a report", lambda s: s["print"]["state"] != "unknown")
        for args in (["status", online], ["ams", online], ["hms", online], ["keys"], ["daemon", "status"], ["daemon", "ping"],
                     ["daemon", "stats"], ["events"], ["help"], ["hms", "text", "0300-400C"]):
            code, out, err = d.ctl(*args)
            self.assertEqual((code, err), (0, ""), args)
            self.assertTrue(out.strip() or args[0] in ("hms", "events"), args)
        code, out, _ = d.ctl("get", online, "print.state", "link.state")
        self.assertEqual((code, out.split("\n")[1]), (0, "online"))
        self.assertEqual(d.ctl("status", "nobody")[0], 4)
        self.assertEqual(d.ctl("history", online)[0], 0)
        self.assertEqual(d.ctl("nonsense")[0], 2)
        code, out, _ = d.ctl("status", "@all", "--json=short")
        self.assertEqual(len(json.loads(out)["results"]), 8)

    def test_following_events_prints_one_line_each(self):
        sim = self.sim("--printers", "1", "--rate", "2")
        d = self.daemon()
        with d.client() as c:
            name = c.call("printer.list")["printers"][0]["name"]
        d.wait_link(name, "online")
        follower = self.start(Process("events", [BAMBUCTL, "--socket", d.socket, "events", "-f", "--json=short"], self.folder))
        with d.client() as c:
            wait_until("the follower to be connected", lambda: c.call("daemon.status")["clients"] >= 2)
            wait_until("an event in the output", lambda: (sim.do("fault", "all", "kick", "on"),
                       "printer.o" in follower.text())[1], pause=0.5)
        self.assertIn("kind", json.loads(follower.text().splitlines()[0]))
        follower.child.send_signal(signal.SIGINT)
        follower.child.wait(20)
        self.processes.remove(follower)

    def test_a_closed_pipe_is_quiet(self):
        self.write_config(conf())
        d = self.daemon()
        done = subprocess.run(f"{BAMBUCTL} --socket {d.socket} keys | head -1", shell=True, capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
