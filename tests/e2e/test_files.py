# SPDX-License-Identifier: MIT
"""file.* and the verbs about files: through the socket and the shell, against a real vsftpd and a nasty simulator."""
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

import harness
from broker import free_port, make_ca, make_leaf
from ftpdoor import CARD_UID, FtpDoor, why_not

SERIALS = [f"01P00A00000000{i}" for i in range(1, 5)]
CODE = "87654321"
HALF = 20_000_000


class Files(harness.Case):
    """What both doors share."""

    def local(self, data, name="lid.3mf"):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def upgrade(self, client, method, **params):
        """The first answer; the connection is raw behind it."""
        return client.call(method, params)

    def put(self, client, printer, path, data):
        """The whole dance by hand: the last line."""
        begun = self.upgrade(client, "file.put", printer=printer, path=path, size=len(data))
        self.assertEqual((begun["upgrade"], begun["size"]), ("raw", len(data)))
        client.send(data)
        return client.line(), begun

    def rest(self, client):
        """Everything up to the end."""
        data = client.buffer
        client.sock.settimeout(harness.DEADLINE)
        try:
            while chunk := client.sock.recv(1 << 16):
                data += chunk
        except ConnectionResetError:
            pass
        return data

    def type_of(self, line):
        return line["error"]["data"]["type"] if "error" in line else line

    def wait_op(self, op, what, probe):
        return harness.wait_until(what, lambda: (lambda o: o if probe(o) else None)(self.d.call("op.get", {"op": op})))

    def names(self, printer, path="/"):
        return [e["name"] for e in self.d.call("file.list", {"printer": printer, "path": path})["entries"]]

    def spawn(self, *args, **kw):
        """bambuctl that goes on."""
        child = subprocess.Popen([str(harness.BAMBUCTL), "--socket", str(self.d.socket), *map(str, args)],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.kill)
        return child

    def running(self, method):
        """The operation of that method that moves bytes."""
        def look():
            ops = [o for o in self.d.call("op.list")["ops"] if o["method"] == method and not o["ended"] and o["done"] > 0]
            return ops[0] if ops else None
        return harness.wait_until(f"{method} to move", look)


@unittest.skipIf(why_not(), why_not())
class Vsftpd(Files):
    def setUp(self):
        super().setUp()
        make_ca(self.folder)

    def doors(self, count=1, **kw):
        """Printers r1.. of which only the files are there."""
        doors, config = [], "[Daemon]\nStateDirectory=./state\nCacheDirectory=./cache\nSocket=./run/control.sock\n"
        for i in range(count):
            make_leaf(self.folder, f"leaf{i}", SERIALS[i])
            options = kw.get("each", {}).get(i, {k: v for k, v in kw.items() if k != "each"})
            doors.append(self.start(FtpDoor(self.folder, code=CODE, leaf=f"leaf{i}", name=f"door{i}", **options)))
            config += (f"\n[Printer r{i + 1}]\nSerial={SERIALS[i]}\nAddress=127.0.0.1\nPort={free_port()}\n"
                       f"FtpPort={doors[i].port}\nAccessCode={CODE}\nCaFile={self.folder}/ca.pem\nCamera=off\n")
        self.write_config(config)
        self.d = self.daemon()
        return doors

    def ctl(self, *args, **kw):
        return self.d.ctl(*map(str, args), **kw)

    def test_verbs_there_and_back(self):
        door, = self.doors()
        data = os.urandom(3_000_000)
        lid = self.local(data, "lid #1%.3mf")
        code, out, err = self.ctl("put", "r1", lid)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^/lid #1%\.3mf  3\.0 MB stored in [0-9.]+ s\n$")
        self.assertEqual((door.card / lid.name).read_bytes(), data)
        self.assertEqual(self.ctl("mkdir", "r1", "/cache")[:2], (0, "made /cache\n"))
        code, out, err = self.ctl("put", lid, "--json=short")  # the only printer
        self.assertEqual(code, 0, err)
        self.assertEqual({k: json.loads(out)[k] for k in ("path", "size", "clear_data")},
                         {"path": "/lid #1%.3mf", "size": 3_000_000, "clear_data": False})
        self.assertEqual(self.ctl("put", "r1", lid, "cache/")[0], 0)
        self.assertEqual(self.ctl("put", "r1", "-", "/empty.gcode", stdin="")[0], 0)
        self.assertEqual(self.ctl("put", "r1", "-", "/piped.gcode", stdin="G28\n")[0], 0)
        self.assertEqual((door.card / "piped.gcode").read_text(), "G28\n")
        code, out, _ = self.ctl("files", "r1", "-o", "name,size")
        self.assertEqual([line.split(None) for line in out.splitlines()[1:3]], [["cache/", "-"], ["empty.gcode", "0", "B"]])
        code, out, _ = self.ctl("files", "r1", "/cache", "--json=short")
        self.assertEqual([(e["name"], e["size"], e["dir"]) for e in json.loads(out)["entries"]], [(lid.name, 3_000_000, False)])
        back = self.folder / "back"
        self.assertEqual(self.ctl("fetch", "r1", f"/cache/{lid.name}", back)[0], 0)
        self.assertEqual(back.read_bytes(), data)
        code, out, err = self.d.ctl("fetch", "r1", lid.name, "-", text=False)
        self.assertEqual((code, err), (0, b""))
        self.assertEqual(out, data)
        self.assertEqual(self.ctl("fetch", "r1", "/empty.gcode", self.folder / "none")[0], 0)
        self.assertEqual((self.folder / "none").read_bytes(), b"")
        self.assertEqual(self.ctl("rm", "r1", "/empty.gcode")[0], 9)
        self.assertEqual(self.ctl("rm", "r1", "/empty.gcode", "--yes")[:2], (0, "deleted /empty.gcode\n"))
        self.assertFalse((door.card / "empty.gcode").exists())

    def test_fetch_writes_whole_files_and_replaces_none_unasked(self):
        door, = self.doors()
        (door.card / "a.3mf").write_bytes(b"new")
        (self.folder / "sub").mkdir()
        there = self.local(b"old", "sub/a.3mf")
        self.assertEqual(self.ctl("fetch", "r1", "/a.3mf", self.folder / "sub")[0], 9)
        self.assertEqual(there.read_bytes(), b"old")
        self.assertEqual(self.ctl("fetch", "r1", "/a.3mf", there, "--yes")[0], 0)
        self.assertEqual(there.read_bytes(), b"new")
        self.assertEqual(self.ctl("fetch", "r1", "/gone.3mf", self.folder / "sub" / "x")[0], 4)
        self.assertEqual(os.listdir(self.folder / "sub"), ["a.3mf"])
        self.assertEqual(self.ctl("fetch", "r1", "/a.3mf", self.folder / "none" / "x")[0], 1)

    def test_put_refuses_what_is_no_file(self):
        door, = self.doors()
        os.mkfifo(self.folder / "fifo")
        with open(self.folder / "huge", "wb") as huge:
            huge.truncate(17179869185)
        for name in ("fifo", "huge", "none", "."):
            self.assertEqual(self.ctl("put", "r1", self.folder / name)[0], 16, name)
        self.assertEqual(self.ctl("put", "r1", "-", stdin="x")[0], 2)
        self.assertEqual(self.ctl("put", "r1", self.local(b"x"), "/a/../b")[0], 16)
        self.assertEqual(self.ctl("put", "r1", self.local(b"x"), "/a\r\nDELE b")[0], 16)
        self.assertEqual(os.listdir(door.card), [])
        self.assertNotIn("STOR", door.commands())

    def test_upgrade_wants_a_connection_of_its_own(self):
        door, = self.doors()
        params = {"printer": "r1", "path": "/a.3mf", "size": 3}
        request = json.dumps({"id": 1, "method": "file.put", "params": params}) + "\n"
        ping = '{"id":2,"method":"daemon.reload"}\n'
        for behind in ("abc", ping):
            with self.d.client() as c:
                c.send(request + behind)
                self.assertEqual(self.type_of(c.line()), "invalid_request")
                self.assertIsNone(c.line())
        with self.d.client() as c:
            c.call("events.subscribe", {"kinds": ["print.*"]})
            self.assertEqual(c.error("file.put", params)["data"]["type"], "invalid_request")
        with self.d.client() as c:
            c.call("mqtt.listen", {"printer": "r1"})
            self.assertEqual(c.error("file.get", {"printer": "r1", "path": "/a"})["data"]["type"], "invalid_request")
        self.assertNotIn("config.reloaded", str(self.d.call("events.list", {"kinds": ["config.*"]})))
        self.assertEqual(os.listdir(door.card), [])

    def test_what_follows_a_put_is_its_contents(self):
        door, = self.doors()
        lines = b'{"id":9,"method":"daemon.reload"}\n' * 100
        with self.d.client() as c:
            last, begun = self.put(c, "r1", "/lines", lines)
            self.assertEqual(last["result"]["op"], begun["op"])
            self.assertIsNone(c.line())
        self.assertEqual((door.card / "lines").read_bytes(), lines)
        self.assertEqual(self.d.call("events.list", {"kinds": ["config.*"]})["events"], [])
        self.assertIn("called file.put: ok", self.d.text())

    def test_cancel_from_another_connection(self):
        door, = self.doors(local_max_rate="2000000")
        with self.d.client() as c:
            begun = self.upgrade(c, "file.put", printer="r1", path="/half", size=HALF)
            sender = threading.Thread(target=self.pour, args=(c,))
            sender.start()
            self.wait_op(begun["op"], "bytes", lambda o: o["done"] > 0 and o["total"] == HALF)
            self.assertTrue(self.d.call("op.cancel", {"op": begun["op"]})["cancelled"])
            self.assertEqual(self.type_of(c.line()), "cancelled")
            sender.join()
        self.assertEqual(self.d.call("op.get", {"op": begun["op"]})["error"]["data"]["type"], "cancelled")
        harness.wait_until("the half file to go", lambda: not (door.card / "half").exists())

    def pour(self, client):
        """Sends until nobody takes it."""
        sock = client.sock.dup()
        try:
            for _ in range(HALF // 65536):
                sock.sendall(bytes(65536))
        except OSError:
            pass
        finally:
            sock.close()

    def test_ctrl_c_and_a_killed_client_leave_nothing(self):
        door, = self.doors(local_max_rate="2000000")
        big = self.local(bytes(HALF), "big")
        for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
            child = self.spawn("put", "r1", big)
            op = self.running("file.put")
            child.send_signal(number)
            self.assertEqual(child.wait(harness.DEADLINE), status)
            self.wait_op(op["op"], "the end", lambda o: o["ended"] and o["error"]["data"]["type"] == "cancelled")
            harness.wait_until("the half file to go", lambda: not (door.card / "big").exists())
        (door.card / "big").write_bytes(bytes(HALF))
        child = self.spawn("fetch", "r1", "/big", self.folder / "back")
        self.running("file.get")
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(harness.DEADLINE), 130)
        self.assertEqual([p.name for p in self.folder.iterdir() if "back" in p.name or "bambuctl-" in p.name], [])

    def test_daemon_that_stops_says_so_in_mid_transfer(self):
        door, = self.doors(local_max_rate="2000000")
        (door.card / "big").write_bytes(bytes(HALF))
        with self.d.client() as up, self.d.client() as down:
            self.upgrade(up, "file.put", printer="r1", path="/half", size=HALF)
            waits = down.request("file.get", {"printer": "r1", "path": "/big"})
            up.send(bytes(100_000))
            self.d.call("daemon.ping")
            self.stop_daemon()
            self.assertEqual(up.line()["error"]["message"], "the daemon stops")
            self.assertEqual(self.type_of(down.reply(waits)), "cancelled")
        with self.subTest("get"):
            self.d = self.daemon()
            with self.d.client() as c:
                self.assertEqual(self.upgrade(c, "file.get", printer="r1", path="/big")["size"], HALF)
                self.stop_daemon()
                data = self.rest(c)
            self.assertLess(len(data), HALF)
            nul, _, error = data.rpartition(b"\0")
            self.assertEqual(json.loads(error)["error"]["message"], "the daemon stops")
            self.assertEqual(nul.strip(b"\0"), b"")

    def stop_daemon(self):
        self.processes.remove(self.d)
        self.assertEqual(self.d.stop(), 0)
        self.assertNotIn("Sanitizer", self.d.text())

    def test_four_uploads_and_a_hung_printer_hold_up_nobody(self):
        doors = self.doors(4)
        data = os.urandom(8_000_000)
        held = self.d.client()
        self.addCleanup(held.close)
        # Its client sends nothing: the printer and its queue wait, the others do not.
        hung = self.upgrade(held, "file.put", printer="r4", path="/hung", size=100)
        before = self.d.call("daemon.status")["rss_bytes"]
        lasts = [None] * 3

        def one(i):
            with self.d.client() as c:
                lasts[i] = self.put(c, f"r{i + 1}", "/big", data)[0]
        threads = [threading.Thread(target=one, args=(i,)) for i in range(3)]
        for t in threads:
            t.start()
        with self.d.client() as c:
            while any(t.is_alive() for t in threads):
                c.call("daemon.ping")
                c.call("printer.list")
        for t in threads:
            t.join()
        self.assertEqual([last["result"]["size"] for last in lasts], [len(data)] * 3)
        self.assertEqual((doors[2].card / "big").read_bytes(), data)
        self.assertFalse(self.d.call("op.get", {"op": hung["op"]})["ended"])
        # Contents never pass through the loop: its memory does not hold them.
        if not self.sanitized():
            self.assertLess(self.d.call("daemon.status")["rss_bytes"] - before, 3 * len(data) // 2)
        held.send(b"x" * 100)
        self.assertEqual(held.line()["result"]["size"], 100)

    def sanitized(self):
        return b"__asan_init" in harness.BAMBUD.read_bytes()

    def test_queue_of_a_printer_is_kept_in_order_and_counted(self):
        self.doors()
        with self.d.client() as first, self.d.client() as second:
            self.upgrade(first, "file.put", printer="r1", path="/first", size=3)
            waits = second.request("file.put", {"printer": "r1", "path": "/second", "size": 3})
            ops = harness.wait_until("both", lambda: (lambda o: o if len(o) == 2 else None)(self.d.call("op.list")["ops"]))
            self.assertEqual([(o["stage"], o["path"]) for o in ops], [("sent", "/first"), ("queued", "/second")])
            first.send(b"abc")
            self.assertEqual(first.line()["result"]["path"], "/first")
            second.reply(waits)
            second.send(b"abc")
            self.assertEqual(second.line()["result"]["path"], "/second")
        self.assertEqual([o["stage"] for o in self.d.call("op.list")["ops"]], ["effective", "effective"])

    def test_client_that_leaves_the_queue_is_forgotten(self):
        self.doors()
        with self.d.client() as first:
            self.upgrade(first, "file.put", printer="r1", path="/first", size=3)
            second = self.d.client()
            second.request("file.get", {"printer": "r1", "path": "/first"})
            harness.wait_until("both", lambda: len(self.d.call("op.list")["ops"]) == 2)
            second.close()
            self.wait_op("u-2", "the end", lambda o: o["ended"])
            first.send(b"abc")
            self.assertEqual(first.line()["result"]["size"], 3)

    def test_half_a_close_is_no_end(self):
        door, = self.doors()
        with self.d.client() as c:
            self.upgrade(c, "file.put", printer="r1", path="/a", size=5)
            c.send(b"hello")
            c.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(c.line()["result"]["size"], 5)
        with self.d.client() as c:
            self.upgrade(c, "file.put", printer="r1", path="/b", size=5)
            c.send(b"he")
            c.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(self.type_of(c.line()), "cancelled")
        harness.wait_until("the half file to go", lambda: not (door.card / "b").exists())
        with self.d.client() as c:
            request = c.request("file.get", {"printer": "r1", "path": "/a"})
            c.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(c.reply(request)["result"]["size"], 5)
            self.assertEqual(self.rest(c), b"hello")

    def test_named_errors(self):
        door, = self.doors(each={0: {"card_size": "100k"}})
        self.assertEqual(self.d.ctl("fetch", "r1", "/none", str(self.folder / "x"))[0], 4)
        self.assertIn(self.ctl("put", "r1", self.local(bytes(150_000)))[0], (16,))
        self.assertEqual(self.names("r1"), [])
        config = (self.folder / "bambud.conf").read_text()
        self.write_config(config.replace(CODE, "11112222"))
        self.d.call("daemon.reload")
        self.assertEqual(self.ctl("files", "r1")[0], 18)
        self.assertEqual(self.ctl("put", "r1", self.local(b"x"))[0], 18)
        door.stop()
        self.processes.remove(door)
        code, _, err = self.ctl("files", "r1", "--json=short")
        self.assertEqual(code, 5, err)


class Simulator(Files):
    def begin(self, *args):
        self.sim_ = self.sim("--still", *args)
        self.printers = json.loads(self.sim_.do("list"))
        self.one = self.printers[0]
        self.d = self.daemon()
        return self.one["name"]

    def fault(self, name, *words):
        self.sim_.do("fault", self.one["serial"], name, *words)

    def error_of(self, method, **params):
        with self.d.client() as c:
            return c.error(method, {"printer": self.one["name"], **params})["data"]["type"]

    def put_error(self, data=b"x" * 1000):
        with self.d.client() as c:
            request = c.request("file.put", {"printer": self.one["name"], "path": "/x.3mf", "size": len(data)})
            first = c.reply(request)
            if "error" in first:
                return self.type_of(first)
            c.send(data)
            return self.type_of(c.line())

    def test_each_refusal_has_its_name(self):
        self.begin("--model", "P1S")
        for fault, words, expected in (("ftp-refuse-login", (), "auth_refused"), ("ftp-no-card", (), "no_card"),
                                       ("ftp-full", (), "card_full"), ("ftp-cut", ("500",), "transfer_failed"),
                                       ("ftp-truncate", ("500",), "transfer_failed"), ("ftp-closed", (), "printer_offline")):
            with self.subTest(fault):
                self.fault(fault, "on", *words)
                said = self.put_error()
                self.fault(fault, "off")
                self.assertEqual(said, expected)
        self.assertEqual(self.put_error()["result"]["size"], 1000)

    def test_a_storage_inside_is_no_missing_card(self):
        self.begin("--model", "H2D")
        self.fault("ftp-emmc", "on")
        self.assertEqual(self.put_error(), "internal_storage")

    def test_a_card_that_fills_is_a_full_card(self):
        """552 in mid-transfer, when the last word reaches us; else both sizes with a hint."""
        self.begin("--model", "P1S")
        self.fault("ftp-full", "on", "500")
        self.assertIn(self.put_error(), ("card_full", "transfer_failed"))

    def test_426_with_every_byte_there_is_success(self):
        self.begin("--model", "P1S")
        self.fault("ftp-426", "on")
        self.assertEqual(self.put_error()["result"]["size"], 1000)

    def test_hostile_names_do_not_come_in(self):
        name = self.begin("--model", "P1S")
        self.fault("ftp-bad-names", "on")
        listed = self.d.call("file.list", {"printer": name})
        self.assertGreater(listed["refused"], 0)
        for entry in listed["entries"]:
            self.assertNotIn("/", entry["name"])
            self.assertNotIn(entry["name"], ("", ".", ".."))
            self.assertFalse(any(ord(c) < 32 or ord(c) == 127 for c in entry["name"]), entry)
        code, out, err = self.d.ctl("files", name)
        self.assertEqual(code, 0)
        self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        self.assertIn("left out", err)

    def test_hostile_names_do_not_go_out(self):
        self.begin("--model", "P1S")
        for path in ("/../etc/passwd", "a/../../b", "/a\r\nDELE /b", "/a\nb", "/\x7f", "x" * 300, "/", ""):
            for method in ("file.get", "file.delete", "file.put"):
                extra = {"confirm": True} if method == "file.delete" else {"size": 1} if method == "file.put" else {}
                self.assertEqual(self.error_of(method, path=path, **extra), "file_refused", (method, path))
        stats = json.loads(self.sim_.do("stats", self.one["serial"]))
        self.assertEqual([stats[k] for k in stats if k == "ftp_connections"], [0])

    def test_pasv_of_a_third_host_is_not_followed(self):
        name = self.begin("--model", "P1S")
        self.fault("ftp-third-host", "on")
        self.assertIn("cache", self.names(name))

    def test_endless_file_ends_with_its_size(self):
        name = self.begin("--model", "P1S")
        self.put_error(b"y" * 5000)
        self.fault("ftp-endless-file", "on")
        code, _, err = self.d.ctl("fetch", name, "/x.3mf", str(self.folder / "x"))
        self.assertEqual(code, 16, err)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name in ("x",) or "bambuctl-" in p.name], [])
        self.fault("ftp-endless-file", "off")
        self.fault("ftp-endless-list", "on")
        listed = self.d.call("file.list", {"printer": name})
        self.assertTrue(listed["cut"])
        self.assertLessEqual(len(listed["entries"]), 10000)

    def test_a_hung_door_holds_up_one_printer_alone(self):
        self.begin("--printers", "2", "--model", "P1S", "--model", "P1S")
        self.fault("ftp-hang-login", "on")
        with self.d.client() as hung:
            hung.request("file.list", {"printer": self.one["name"]})
            self.sim_.do("wait", self.one["serial"], "ftp_logins", "1")
            other = self.printers[1]["name"]
            self.assertIn("cache", self.names(other))
            with self.d.client() as c:
                self.assertEqual(self.put(c, other, "/x", b"abc")[0]["result"]["size"], 3)
            self.d.call("daemon.ping")
            # It is let go by who asked.
            hung.close()
        self.fault("ftp-hang-login", "off")
        self.assertIn("cache", self.names(self.one["name"]))

    def test_file_of_the_job_is_left_alone(self):
        name = self.begin("--model", "P1S", "--state", "printing")
        status = self.d.wait_status(name, "printing", lambda s: s["print"]["state"] == "printing")
        file = status["print"]["file"].rsplit("/", 1)[-1]
        self.assertEqual(self.error_of("file.put", path=f"/cache/{file}", size=1), "busy")
        self.assertEqual(self.error_of("file.delete", path=f"/{file}", confirm=True), "busy")
        self.assertEqual(self.put_error()["result"]["size"], 1000)

    def test_a1_falls_back_to_the_clear_and_says_so(self):
        name = self.begin("--model", "A1")
        self.fault("ftp-hang", "on")
        lid = self.local(b"z" * 1000)
        code, out, err = self.d.ctl("put", name, str(lid), env={"COLUMNS": "200"})
        self.assertEqual(code, 0, err)
        self.assertIn("sent unencrypted", out)
        self.assertIn("unencrypted", self.d.text())

    def test_no_code_and_no_contents_are_logged(self):
        name = self.begin("--model", "P1S")
        secret = b"canary-of-the-contents" * 100
        lid = self.local(secret)
        self.assertEqual(self.d.ctl("put", name, str(lid))[0], 0)
        self.assertEqual(self.d.ctl("fetch", name, "/lid.3mf", str(self.folder / "y"))[0], 0)
        self.fault("ftp-refuse-login", "on")
        code, out, err = self.d.ctl("put", name, str(lid), "-v")
        self.assertEqual(code, 18)
        text = self.d.text() + out + err + json.dumps(self.d.call("op.list")) + json.dumps(self.d.call("daemon.stats"))
        self.assertNotIn(self.one["code"], text)
        self.assertNotIn("canary-of-the-contents", text)

    def test_every_write_is_audited(self):
        name = self.begin("--model", "P1S")
        self.put_error()
        self.d.call("file.mkdir", {"printer": name, "path": "/d"})
        self.d.call("file.delete", {"printer": name, "path": "/x.3mf", "confirm": True})
        self.error_of("file.delete", path="/none", confirm=True)
        for line in ("file.put: ok", "file.mkdir: ok", "file.delete: ok", "file.delete: no_such_file"):
            self.assertRegex(self.d.text(), f"{name}.*audit: uid {os.geteuid()} pid [0-9]+ called {line}")


if __name__ == "__main__":
    harness.main()
