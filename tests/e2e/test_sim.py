# SPDX-License-Identifier: MIT
"""The simulator is what it claims: stock MQTT clients work against it, and every fault switch does what its help says."""
import json
import os
import pathlib
import re
import subprocess
import time
import unittest

from harness import DEADLINE, SIM, wait_until
from simclient import LIGHT, PUSHALL, VERSION, SimCase, packet, text

class Stock(SimCase):
    """mosquitto_sub and mosquitto_pub."""

    def subscribe(self, printer, *args, topic="report"):
        path = self.folder / f"sub-{printer['serial']}-{len(self.processes)}"
        with open(path, "wb") as out:
            child = subprocess.Popen(self.stock("mosquitto_sub", printer, "-t", f"device/{printer['serial']}/{topic}", "-q", "1",
                                                *args), stdout=out, stderr=subprocess.STDOUT)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child, path

    def publish(self, printer, payload):
        subprocess.run(self.stock("mosquitto_pub", printer, "-t", f"device/{printer['serial']}/request", "-q", "1", "-m", payload),
                       check=True, timeout=DEADLINE, capture_output=True)

    def test_every_model_answers_pushall_get_version_and_commands(self):
        self.begin("--printers", "14", "--rate", "0")
        self.assertEqual(len({p["model"] for p in self.printers}), 14)
        for printer in self.printers:
            with self.subTest(model=printer["model"]):
                child, path = self.subscribe(printer, "-C", "3")
                self.do("wait", printer["serial"], "subscribes", "1")
                for payload in (PUSHALL, VERSION, LIGHT):
                    self.publish(printer, payload)
                child.wait(DEADLINE)
                full, version, ack = [json.loads(line) for line in path.read_text().splitlines()]
                self.assertEqual(full["print"]["command"], "push_status")
                self.assertEqual(full["print"].get("msg"), None if printer["model"] == "X1E" else 0)
                for key in ("gcode_state", "mc_percent", "nozzle_temper", "bed_temper", "ams", "hms", "print_error", "wifi_signal"):
                    self.assertIn(key, full["print"])
                self.assertEqual("device" in full["print"], printer["model"] in ("H2D", "H2S", "P2S", "X2D", "A2L", "H2DPRO", "H2C"))
                self.assertEqual("fun" in full["print"], printer["model"] not in ("P1P", "P1S", "A1", "A1MINI"))
                self.assertEqual((version["info"]["command"], version["info"]["sequence_id"]), ("get_version", "8"))
                modules = {m["name"]: m for m in version["info"]["module"]}
                self.assertEqual(modules["ota"]["sn"], printer["serial"])
                self.assertEqual(len(modules), 11 if printer["model"] == "H2C" else 5, "four of the body, one AMS, a rack of six")
                self.assertEqual((ack["system"]["sequence_id"], ack["system"]["result"]), ("9", "success"))

    def test_a_wrong_code_and_a_wrong_user_are_refused(self):
        self.begin("--printers", "1")
        for kw, word in (({"code": "00000000"}, "not authorised"), ({"user": "guest"}, "bad user name or password")):
            done = subprocess.run(self.stock("mosquitto_sub", self.one, "-t", "#", "-C", "1", **kw), capture_output=True, text=True,
                                  timeout=DEADLINE, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, (done.stdout + done.stderr).lower())
        self.assertEqual(self.stats()["logins_refused"], 2)
        self.assertEqual(self.stats()["published"], 0)

    def test_another_serial_is_acknowledged_and_stays_silent(self):
        self.begin("--printers", "1", "--rate", "20")
        other = dict(self.one, serial=self.one["serial"].lower())
        listener, quiet = self.subscribe(other)
        self.do("wait", self.one["serial"], "subscribes", "1")
        child, path = self.subscribe(self.one, "-C", "10")
        child.wait(DEADLINE)
        self.assertEqual(len(path.read_text().splitlines()), 10)
        self.assertEqual(self.stats()["published"], 10, "nothing was sent to the other topic")
        self.assertIsNone(listener.poll())
        self.assertEqual(quiet.read_text(), "")

    def test_wildcards_receive_reports(self):
        self.begin("--printers", "1", "--rate", "20")
        for topic in ("#", "+"):
            child, path = self.subscribe(self.one, "-C", "2", topic=topic)
            child.wait(DEADLINE)
            self.assertEqual(len(path.read_text().splitlines()), 2)

    def test_certificate_is_checked_by_a_stock_client(self):
        self.begin("--printers", "1")
        self.fault("self-signed")
        done = subprocess.run(self.stock("mosquitto_sub", self.one, "-t", "#", "-C", "1"), capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.do("wait", self.one["serial"], "tls_failed", "1")
        self.assertEqual(self.stats()["bytes_in"], 0)


class Broker(SimCase):
    def test_subscribing_to_requests_ends_the_connection_of_p1_and_a1_only(self):
        self.begin("--printers", "2", "--model", "P1S", "--model", "X1C", "--rate", "0")
        p1s, x1c = self.printers
        with self.client(printer=p1s) as c:
            c.sock.sendall(packet(0x82, b"\0\1" + text(c.topic + "request") + b"\0"))
            self.assertIsNone(c.read())
        with self.client(printer=x1c) as c:
            c.subscribe(c.topic + "request")
            c.request(LIGHT)
            self.assertEqual(c.report(), json.loads(LIGHT))

    def test_malformed_packets_close_the_connection(self):
        self.begin("--printers", "1", "--rate", "0")
        for raw in (packet(0x82, b"\0\1" + text("#") + b"\0"), b"\xf0\x00", packet(0x10, text("MQTX") + bytes(8)),
                    b"\x30\xff\xff\xff\xff\x01"):
            with self.client(connect=False) as c:
                c.sock.sendall(raw)
                self.assertIsNone(c.read(), raw)
        with self.client() as c:
            c.sock.sendall(packet(0x10, text("MQTT") + bytes([4, 2, 0, 60]) + text("again")))
            self.assertIsNone(c.read())

    def test_another_protocol_level_is_told_so(self):
        self.begin("--printers", "1", "--rate", "0")
        with self.client(connect=False) as c:
            c.sock.sendall(packet(0x10, text("MQTT") + bytes([5, 2, 0, 60, 0]) + text("five")))
            self.assertEqual(c.read(), (2, b"\0\1"))

    def test_silence_beyond_the_keepalive_is_cut_and_ping_is_answered(self):
        self.begin("--printers", "1", "--rate", "0")
        with self.client(keepalive=1) as c:
            begin = time.monotonic()
            c.sock.sendall(b"\xc0\x00")
            self.assertEqual(c.read(), (13, b""))
            self.assertIsNone(c.read())
            self.assertGreater(time.monotonic() - begin, 1.4)
        self.assertEqual(self.stats()["keepalive_cuts"], 1)

    def test_a_second_client_of_the_same_id_takes_the_place(self):
        self.begin("--printers", "1", "--rate", "0")
        with self.client(client="same") as first, self.client(client="same") as second:
            self.assertIsNone(first.read())
            second.sock.sendall(b"\xc0\x00")
            self.assertEqual(second.read(), (13, b""))

    def test_qos_1_is_acknowledged_and_unsubscribe_ends_reports(self):
        self.begin("--printers", "1", "--rate", "0")
        with self.client() as c:
            c.subscribe()
            c.sock.sendall(packet(0x32, text(c.topic + "request") + b"\0\x2a" + PUSHALL.encode()))
            self.assertEqual({c.read()[0], c.read()[0]}, {3, 4})
            c.sock.sendall(packet(0xA2, b"\0\5" + text(c.topic + "report")))
            self.assertEqual(c.read(), (11, b"\0\5"))
            c.request(PUSHALL)
            c.sock.sendall(b"\xc0\x00")
            self.assertEqual(c.read(), (13, b""), "no report in between")


class Control(SimCase):
    def test_set_and_state_show_in_the_next_delta(self):
        self.begin("--printers", "1", "--model", "P1S", "--state", "idle", "--rate", "0")
        with self.client() as c:
            c.subscribe()
            self.do("state", self.one["name"], "printing")
            self.assertEqual(c.report()["print"]["gcode_state"], "RUNNING")
            self.do("set", self.one["serial"], "percent=42", "layer=7", "hms=03000100:00010007,0C000100:00010001", "job=My part 3")
            delta = c.report()["print"]
            self.assertEqual((delta["msg"], delta["mc_percent"], delta["layer_num"]), (1, 42, 7))
            self.assertEqual(delta["hms"], [{"attr": 0x03000100, "code": 0x10007}, {"attr": 0x0C000100, "code": 0x10001}])
            self.assertEqual(delta["subtask_name"], "My part 3")
            self.assertNotIn("bed_target_temper", delta, "a delta holds what changed")
            self.do("state", self.one["name"], "paused")
            delta = c.report()["print"]
            self.assertEqual((delta["gcode_state"], delta["stg_cur"], delta["print_error"]), ("PAUSE", 6, 0x07008011))

    def test_publish_sends_the_bytes_and_last_shows_the_request(self):
        self.begin("--printers", "1", "--rate", "0")
        raw = '{"print": {"x":1},  "odd":[ ]}'
        with self.client() as c:
            c.subscribe()
            self.do("publish", self.one["name"], raw)
            self.assertEqual(c.message()[1].decode(), raw)
            c.request(LIGHT)
            c.report()
            self.assertEqual(self.do("last", self.one["name"]), LIGHT)

    def test_wrong_commands_are_named_errors(self):
        self.begin("--printers", "1")
        for words in (["nonsense"], ["fault", "all", "nonsense", "on"], ["fault", "nobody", "mute", "on"], ["fault", "all", "mute"],
                      ["fault", "all", "mute", "on", "5"], ["fault", "all", "flood", "on", "0"], ["set", "all"],
                      ["set", "all", "percent=200"], ["set", "all", "nothing=1"], ["state", "all", "dancing"], ["stats", "nobody"],
                      ["last", self.one["name"]], ["wait", "total", "nothing", "1"], ["wait", "total", "connects", "1", "20"],
                      ["rate", "all", "-1"], ["job", "all"], ["job", "all", "dance"], ["job", "nobody", "start"],
                      ["job", "all", "resume"], ["job", "all", "pause", "error=xyz"], ["job", "all", "pause", "nothing=1"],
                      ["hms", "all", "raise"], ["hms", "all", "raise", "0300"], ["hms", "all", "clear", "0300-1200-0002-0001"],
                      ["hms", "all", "hide"], ["code", "all", "1"], ["code", self.one["name"]], ["set", "all", "dry=0:55:8"]):
            with self.subTest(words=words):
                done = subprocess.run([SIM, "ctl", self.sim_.control, *words], capture_output=True, text=True, timeout=DEADLINE,
                                      check=False)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertTrue(done.stderr.startswith("error "), done.stderr)

    def test_a_partial_ams_array_follows_a_removed_spool(self):
        self.begin("--printers", "1", "--model", "H2D", "--ams", "pro2,pro2,ht", "--rate", "0", "--still")
        with self.client() as c:
            c.subscribe()
            c.request(PUSHALL)
            ams = c.report()["print"]["ams"]
            self.assertEqual([u["id"] for u in ams["ams"]], ["0", "1", "128"])
            self.assertEqual(ams["ams_exist_bits"], "13")
            before = int(ams["tray_exist_bits"], 16)
            self.do("set", self.one["name"], "remove=5")
            ams = c.report()["print"]["ams"]
            self.assertEqual([u["id"] for u in ams["ams"]], ["1"])
            self.assertEqual(ams["ams"][0]["tray"][1], {"id": "1", "state": 9})
            self.assertEqual(int(ams["tray_exist_bits"], 16), before & ~0x20)


class Program(SimCase):
    def test_identity_and_configuration_survive_a_restart(self):
        self.begin("--printers", "3", "--seed", "5")
        before = [{k: p[k] for k in ("serial", "code", "pin", "model")} for p in self.printers]
        ca = (self.folder / "ca.pem").read_bytes()
        self.sim_.stop()
        self.begin("--printers", "3", "--seed", "5", name="again")
        self.assertEqual(before, [{k: p[k] for k in ("serial", "code", "pin", "model")} for p in self.printers])
        self.assertEqual(ca, (self.folder / "ca.pem").read_bytes())
        for name in ("bambud.conf", "printers.conf", "ca-key.pem", "leaf-key.pem"):
            self.assertEqual((self.folder / name).stat().st_mode & 0o777, 0o600, name)
        text_ = (self.folder / "bambud.conf").read_text()
        for p in self.printers:
            self.assertRegex(text_, rf"\[Printer {p['name']}\]\nSerial={p['serial']}\nAddress=127.0.0.1\nPort={p['port']}\n"
                                    rf"FtpPort={p['ftp_port']}\nAccessCode={p['code']}\nCaFile=./ca.pem\nCamera=off\n")

    def test_a_farm_file_names_printers_and_their_faults(self):
        path = self.folder / "farm"
        path.write_text("# mine\nred model=A1MINI serial=030TEST code=abc state=paused ams=none tags=a,b percent=12\n"
                        "blue model=X1E fault=wrong-code:4\n")
        self.begin("--farm", path, "--rate", "0")
        red, blue = self.printers
        self.assertEqual((red["name"], red["serial"], red["code"], red["state"]), ("red", "030TEST", "abc", "paused"))
        self.assertIn("Tags=a b\n", (self.folder / "bambud.conf").read_text())
        with self.client(printer=red) as c:
            c.subscribe()
            c.request(PUSHALL)
            full = c.report()["print"]
            self.assertEqual((full["mc_percent"], full["ams"]["ams"]), (12, []))
        self.assertEqual(blue["faults"], ["wrong-code"])
        with self.client(printer=blue, connect=False) as c:
            c.sock.sendall(packet(0x10, text("MQTT") + bytes([4, 0xC2, 0, 60]) + text("x") + text("bblp") + text(blue["code"])))
            self.assertEqual(c.read(), (2, b"\0\4"))

    def test_each_printer_may_have_an_address_of_its_own(self):
        self.begin("--printers", "3", "--address", "127.0.7.254")
        self.assertEqual([p["address"] for p in self.printers], ["127.0.7.254", "127.0.7.255", "127.0.8.0"])
        with self.client(printer=self.printers[2]):
            pass

    def test_quit_and_bad_usage(self):
        self.begin("--printers", "1")
        self.do("quit")
        self.assertEqual(self.sim_.child.wait(DEADLINE), 0)
        for args in ([], ["--dir", self.folder, "--printers", "0"], ["--dir", self.folder, "--model", "Z9"],
                     ["--dir", self.folder, "--rate", "x"], ["--dir", self.folder, "extra"], ["--nonsense"]):
            done = subprocess.run([SIM, *args], capture_output=True, timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""), args)

    def test_help_names_every_fault_and_says_which_commands_have_no_effect(self):
        done = subprocess.run([SIM, "--help"], capture_output=True, text=True, timeout=DEADLINE, check=True)
        self.assertIn("Every other command is acknowledged", done.stdout)
        self.assertIn("NO effect", done.stdout)
        self.assertIn("print.pause", done.stdout.split("that are obeyed")[1].split("Faults:")[0])
        faults = done.stdout.split("Faults:")[1].split("Keys of set")[0]
        self.assertEqual(len(re.findall(r"^  [a-z]", faults, re.M)), 80)

    def test_it_dies_with_its_parent_when_told_so(self):
        path = self.folder / "child"
        script = ('"$0" --dir "$1" --die-with-parent >"$2" & echo $! >"$2.pid"; '
                  'until grep -q ready "$2"; do read -r -t 0.02 <> <(:); done; exit 0')
        subprocess.run(["bash", "-c", script, SIM, self.folder / "d", path], timeout=DEADLINE, check=True)
        pid = int((self.folder / "child.pid").read_text())
        wait_until("its end", lambda: not os.path.exists(f"/proc/{pid}") or
                   pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z")


if __name__ == "__main__":
    unittest.main(verbosity=2)
