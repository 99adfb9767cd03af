# SPDX-License-Identifier: MIT
"""The cloud of the simulator: signed uploads, every switch, the HTTP it speaks, and what it writes down."""
import base64
import email.utils
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import time
import urllib.parse

from cloudclient import IOT, USER, CloudCase
from harness import BAMBUD, SIM, main, wait_until

class Upload(CloudCase):
    def tickets(self, name="cube one.gcode.3mf", size=300000):
        reply = self.get(f"{IOT}/user/upload?filename={urllib.parse.quote(name)}&size={size}").json
        self.assertEqual(sorted(reply), ["code", "error", "host", "message", "urls"])
        self.assertEqual([(u["type"], u["file"]) for u in reply["urls"]], [("filename", name), ("size", str(size))])
        return [u["url"].split(self.info["store"], 1)[1] for u in reply["urls"]]

    def put(self, path, body, headers=None, **kw):
        return self.ask("PUT", path, body, host="store", headers=headers, **kw)

    def files(self):
        return [(f["file_name"], f["size"]) for f in self.get(IOT + "/user/files").json["files"]]

    def test_both_addresses_make_a_file(self):
        self.cloud()
        file, size = self.tickets()
        before = self.files()
        self.assertEqual(self.put(file, b"x" * 300000).status, 200)
        self.assertEqual(self.files(), before)
        self.assertEqual(self.put(size, b"300000").status, 200)
        self.assertEqual(self.files(), before + [("cube one.gcode.3mf", 300000)])
        self.assertEqual((self.counters()["uploads"], self.counters()["upload_bytes"]), (2, 300006))

    def test_what_was_not_signed_is_refused(self):
        self.cloud()
        file, size = self.tickets(size=5)
        for path, body, headers in ((file, b"12345", {"Content-Type": "application/octet-stream"}), (file, b"1234", None),
                                    (file.replace("cube", "cube2"), b"12345", None), (file[:-1] + "g", b"12345", None),
                                    (size, b"5", {"Content-Type": "text/plain"}), (size, b"6", None), (size, b"", None)):
            reply = self.put(path, body, headers)
            self.assertEqual(reply.status, 403, (path, body, headers))
            self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", reply.raw)
        self.assertEqual(self.put(file.split("?")[0], b"12345").status, 403)
        self.assertEqual(self.put(file, b"12345", {"Expect": "100-continue"}).status, 417)
        both = self.put(file, b"12345", token=self.token)
        self.assertEqual((both.status, b"InvalidArgument" in both.raw), (400, True))
        self.assertEqual(self.counters()["abroad"], 1)
        self.assertEqual(self.put(file, b"12345").status, 200, "the address is still good")

    def test_chunks_are_refused(self):
        self.cloud()
        connection = self.connect("store")
        connection.request("PUT", self.tickets()[0], iter([b"x" * 10]), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 411)
        self.assertEqual(self.counters()["bad_requests"], 1)

    def test_an_address_ends(self):
        self.cloud()
        self.do("cloud", "set", "url=-60")
        reply = self.put(self.tickets(size=1)[0], b"x")
        self.assertEqual((reply.status, b"expired" in reply.raw), (403, True))

    def test_an_account_without_storage_and_wrong_questions(self):
        self.cloud()
        for query in ("", "?filename=x", "?filename=&size=1", "?filename=a%2Fb&size=1", "?filename=x&size=-1"):
            self.assertEqual(self.get(IOT + "/user/upload" + query).status, 400, query)
        self.do("cloud", "set", "upload=off")
        self.assertEqual(self.get(IOT + "/user/upload?filename=x&size=1").json["urls"], [])

    def test_a_large_file_is_not_held_in_memory(self):
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"  # freed memory is not held back then
        self.cloud(wrap=("env", "ASAN_OPTIONS=" + options))
        size = 96 << 20
        file, _ = self.tickets(size=size)
        connection = self.connect("store")
        connection.putrequest("PUT", file, skip_accept_encoding=True)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        for _ in range(96):
            connection.send(b"\0" * (1 << 20))
        self.assertEqual(connection.getresponse().status, 200)
        with open(f"/proc/{self.sim_.child.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])
        self.assertLess(peak, 80 << 10, "KiB, the sanitizer's own included")


class Switches(CloudCase):
    bind = IOT + "/user/bind"

    def test_answers_in_place_of_the_right_one(self):
        self.cloud()
        for name, words, status, part in (
                ("cloudflare", (), 403, b"Just a moment..."), ("cloudflare", ("503",), 503, b"challenges.cloudflare.com"),
                ("429", (), 429, b"Too many"), ("401-dead", (), 401, b'{"code":4,"error":"Please login."}'),
                ("401", (), 401, b'{"error":"Unauthorized"}'), ("status", (), 503, b'"code":1'), ("status", ("418",), 418, b"{"),
                ("html", (), 502, b"<h1>"), ("html", ("200",), 200, b"<h1>"), ("not-json", (), 200, b'"dev_id":'),
                ("wrong-types", (), 200, b'"uid":{'), ("bad-utf8", (), 200, b"caf\xe9"), ("deep", (), 200, b"[" * 1000)):
            self.switch(name, *words)
            reply = self.get(self.bind)
            self.assertEqual((reply.status, part in reply.raw), (status, True), name)
            self.assertEqual(reply.headers["cf-mitigated"], "challenge" if name == "cloudflare" else None)
            self.assertIsNone(reply.headers["Retry-After"])
            self.do("cloud", "fault", name, "off")
        for words, status in (((), 200), (("500",), 500)):
            self.switch("empty", *words)
            reply = self.get(self.bind)
            self.assertEqual((reply.status, reply.raw), (status, b""))
        self.do("cloud", "fault", "empty", "off")
        self.switch("429", "77")
        self.assertEqual(self.get(self.bind).headers["Retry-After"], "77")
        self.do("cloud", "fault", "429", "off")
        self.switch("429-date", "600")
        at = email.utils.parsedate_to_datetime(self.get(self.bind).headers["Retry-After"]).timestamp()
        self.assertAlmostEqual(at, time.time() + 600, delta=5)

    def test_a_switch_can_be_for_a_path_and_a_number_of_times(self):
        self.cloud()
        self.switch("status", "500", "path=" + USER, "times=2")
        self.assertEqual(self.get(self.bind).status, 200)
        self.assertEqual([self.get(USER + "/my/profile").status for _ in range(3)], [500, 500, 200])

    def test_a_redirect_records_whether_the_token_came_along(self):
        self.cloud()
        self.switch("redirect", "307")
        reply = self.get(self.bind)
        self.assertEqual((reply.status, reply.headers["Location"]), (307, self.info["other"] + self.bind))
        self.assertEqual(self.ask("GET", self.bind, host="other").json, {"elsewhere": True})
        self.assertEqual(self.counters()["abroad"], 0)
        self.get(self.bind, host="other")
        self.assertEqual(self.counters()["abroad"], 1)

    def test_a_slow_answer_and_one_by_the_byte(self):
        self.cloud()
        self.switch("slow", "300")
        begin = time.monotonic()
        self.assertEqual(self.get(self.bind).status, 200)
        self.assertGreater(time.monotonic() - begin, 0.29)
        self.do("cloud", "fault", "slow", "off")
        self.switch("trickle", "1")
        whole = self.get(USER + "/my/profile")
        self.assertEqual(whole.json["uid"], self.info["uid"])
        self.assertGreater(time.monotonic() - begin, 0.29 + len(whole.raw) / 1000)

    def test_a_huge_body_is_as_large_as_announced(self):
        self.cloud()
        self.switch("huge", "24")
        reply = self.get(self.bind)
        self.assertGreater(len(reply.raw), 24 << 20)
        self.assertEqual(int(reply.headers["Content-Length"]), len(reply.raw))
        self.switch("huge")
        connection = self.connect()
        connection.request("GET", self.bind, headers={"Authorization": "Bearer " + self.token})
        response = connection.getresponse()
        self.assertGreater(int(response.headers["Content-Length"]), 2048 << 20)
        self.assertEqual(len(response.read(8 << 20)), 8 << 20)

    def test_answers_that_break_off(self):
        self.cloud()
        for name, kind in (("reset", (ConnectionResetError, http.client.IncompleteRead)),
                           ("truncate", (http.client.IncompleteRead, ssl.SSLEOFError)),
                           ("cut", (http.client.RemoteDisconnected, ConnectionResetError))):
            self.switch(name, "times=1")
            with self.assertRaises(kind, msg=name):
                self.get(self.bind)
            self.assertEqual(self.get(self.bind).status, 200)

    def test_certificates_that_no_client_may_take(self):
        self.cloud()
        for name, reason in (("wrong-host", "Hostname mismatch"), ("self-signed", "self-signed certificate"),
                             ("foreign-ca", "certificate signature failure|unable to get local issuer"),
                             ("expired-cert", "certificate has expired")):
            self.switch(name)
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, reason):
                self.get(self.bind)
            self.do("cloud", "fault", name, "off")
        self.assertEqual(self.counters()["requests"], 0)
        self.assertEqual(self.get(self.bind).status, 200)

    def test_a_closed_a_deaf_and_a_silent_cloud(self):
        self.cloud()
        held = self.connect()
        self.assertEqual(self.get(self.bind, connection=held).status, 200)
        self.switch("refuse")
        with self.assertRaises(ConnectionRefusedError):
            self.connect().connect()
        with self.assertRaises((ConnectionError, http.client.HTTPException, ssl.SSLError)):
            self.get(self.bind, connection=held)
        self.do("cloud", "fault", "refuse", "off")
        for name in ("deaf", "silent"):
            self.switch(name)
            late = self.connect()
            late.timeout = 0.3
            with self.assertRaises(socket.timeout):
                late.connect()
            self.do("cloud", "fault", name, "off")
            self.assertEqual(self.get(self.bind).status, 200)

    def test_a_kick_ends_connections_once(self):
        self.cloud()
        held = self.connect()
        self.get(self.bind, connection=held)
        self.do("cloud", "kick")
        wait_until("the end of the connection", lambda: held.sock.recv(1) == b"")
        self.assertEqual(self.get(self.bind).status, 200)


class Http(CloudCase):
    def raw(self, data, host="api"):
        """What comes back until the end."""
        where = urllib.parse.urlsplit(self.info[host])
        with socket.create_connection((where.hostname, where.port), timeout=20) as plain, \
                self.context().wrap_socket(plain, server_hostname="localhost") as sock:
            sock.sendall(data)
            got = b""
            while chunk := sock.recv(65536):
                got += chunk
            return got

    def test_one_connection_serves_many_requests_also_sent_at_once(self):
        self.cloud()
        connection = self.connect()
        for _ in range(5):
            self.assertEqual(self.get(IOT + "/user/bind", connection=connection).status, 200)
        one = b"GET /query.php?v=1&lang=en HTTP/1.1\r\nHost: x\r\n\r\n"
        got = self.raw(one * 3 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), host="text")
        self.assertEqual(got.count(b"HTTP/1.1 200 OK"), 4)
        self.assertIn(b"\r\nConnection: close\r\n", self.raw(one.replace(b"HTTP/1.1", b"HTTP/1.0"), host="text"))

    def test_a_request_may_come_byte_by_byte_and_to_the_address(self):
        self.cloud()
        body = json.dumps({"account": self.info["account"], "password": self.info["password"]}).encode()
        where = urllib.parse.urlsplit(self.info["api"])
        with socket.create_connection(("127.0.0.1", where.port), timeout=20) as plain, \
                self.context().wrap_socket(plain, server_hostname="127.0.0.1") as sock:
            for byte in b"POST /v1/user-service/user/login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body:
                sock.sendall(bytes([byte]))
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_the_hosts_follow_a_given_port(self):
        for _ in range(5):  # the ports behind a free one may be taken
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = min(probe.getsockname()[1], 65000)
            try:
                self.cloud("--cloud-port", str(port), name=f"sim{port}")
                break
            except AssertionError:
                continue
        self.assertEqual([urllib.parse.urlsplit(self.info[h]).port for h in ("api", "web", "store", "text", "other")],
                         list(range(port, port + 5)))

    def test_what_is_not_http_is_refused_and_ends_the_connection(self):
        self.cloud()
        head = b"POST /v1/user-service/user/login HTTP/1.1\r\nHost: x\r\n"
        for data, status in ((b"\r\n\r\n", 400), (b"GET\r\n\r\n", 400), (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
                             (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\nHost: x\n\r\n\r\n", 400), (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
                             (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400), (head + b"Content-Length: -1\r\n\r\n", 400),
                             (head + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
                             (head + b"Content-Length: 1x\r\n\r\n", 400), (head + b"Transfer-Encoding: chunked\r\n\r\n", 411),
                             (head + b"Content-Length: 2000000\r\n\r\n", 413), (head + b"Content-Length: 99999999999\r\n\r\n", 413),
                             (head + b"Expect: cake\r\n\r\n", 417), (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                             (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40000, 431),
                             (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 64 + b"\r\n", 431)):
            self.assertRegex(self.raw(data), rb"^HTTP/1\.1 %d " % status, data[:80])
        self.assertEqual(self.login().status, 200)

    def test_a_refusal_reaches_who_is_still_sending(self):
        self.cloud()
        where = urllib.parse.urlsplit(self.info["api"])
        with socket.create_connection((where.hostname, where.port), timeout=20) as plain, \
                self.context().wrap_socket(plain, server_hostname="localhost") as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
            self.do("wait", "cloud", "requests", "1")
            for _ in range(20):
                sock.sendall(b"x" * 1000000)
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 413 "))
            while sock.recv(65536):
                pass

    def test_a_body_may_be_asked_for_first(self):
        self.cloud()
        body = json.dumps({"account": self.info["account"], "password": self.info["password"]}).encode()
        got = self.raw(b"POST /v1/user-service/user/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.assertRegex(got, rb"(?s)^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n.*accessToken")

    def test_a_body_that_is_no_json_object_is_refused(self):
        self.cloud()
        for body in (b"", b"{", b"[]", b"7", b'{"a":1}x', b"\xff"):
            self.assertEqual(self.ask("POST", USER + "/user/login", body).status, 400, body)


class Records(CloudCase):
    def test_requests_are_counted_and_written_down(self):
        self.cloud()
        self.get(IOT + "/user/bind", headers={"User-Agent": "me/1.0"})
        self.get(IOT + "/user/nothing")
        self.do("wait", "cloud", "requests", "2")
        stats = self.counters()
        self.assertEqual((stats["requests"], stats["bind"], stats["unknown"], stats["tasks"]), (2, 1, 1, 0))
        first, second = json.loads(self.do("cloud", "log"))
        self.assertEqual((first["route"], first["agent"], first["auth"], first["status"], first["host"]),
                         ("bind", "me/1.0", "good", 200, "api"))
        self.assertEqual((second["n"], second["route"], second["status"], second["agent"]), (2, "unknown", 404, ""))
        self.assertLessEqual(first["at_ms"], second["at_ms"])
        self.login()
        last = json.loads(self.do("cloud", "last"))
        self.assertEqual((last["route"], json.loads(last["body"])["account"]), ("login", self.info["account"]))
        self.assertEqual(len(json.loads(self.do("cloud", "log", "1"))), 1)

    def test_the_configuration_names_the_hosts_and_is_private(self):
        self.cloud()
        path = self.folder / "cloud.conf"
        values = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
        self.assertGreater(int(values.pop("MqttPort")), 0)
        self.assertEqual(values, {"Enabled": "yes", "Region": "custom", "ApiUrl": self.info["api"], "WebUrl": self.info["web"],
                                  "TextUrl": self.info["text"], "MqttHost": "127.0.0.1", "CaFile": "./cloud-ca.pem",
                                  "Account": self.info["account"]})
        self.write_config((self.folder / "bambud.conf").read_text() + path.read_text(), name="both.conf")
        done = subprocess.run([str(BAMBUD), "--check-config", "--config", str(self.folder / "both.conf")], capture_output=True,
                              text=True, check=False, timeout=20)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("account is not used", done.stdout + done.stderr)
        self.do("cloud", "mqtt", "8883")
        self.assertIn("\nMqttHost=127.0.0.1\nMqttPort=8883\n", path.read_text())
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.folder / "cloud-ca-key.pem").stat().st_mode & 0o777, 0o600)

    def test_signed_requests_are_checked_against_the_public_key(self):
        key, public = self.folder / "k.pem", self.folder / "p.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
        self.cloud("--cloud-sign-key", str(public))

        def signed(offset_s, name="GLOF:1"):
            done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], check=True, capture_output=True,
                                  input=b"%d" % ((time.time() + offset_s) * 1000))
            return {"x-bbl-app-certification-id": name, "x-bbl-device-security-sign": base64.b64encode(done.stdout).decode()}
        for headers, word in (({}, "none"), (signed(0), "good"), (signed(-290), "good"), (signed(-320), "bad"), (signed(320), "bad"),
                              (signed(0, ""), "bad"), ({"x-bbl-device-security-sign": "AAAA"}, "bad"),
                              (dict(signed(0), **{"x-bbl-device-security-sign": "!" * 344}), "bad")):
            self.assertEqual(self.get(IOT + "/user/bind", headers=headers).status, 200)
            self.assertEqual(json.loads(self.do("cloud", "last"))["sign"], word, headers)
        self.do("cloud", "set", "sign=required")
        self.assertEqual(self.get(IOT + "/user/bind").status, 403)
        self.assertEqual(self.get(IOT + "/user/bind", headers=signed(0)).status, 200)

    def test_a_started_again_cloud_keeps_its_ca_and_a_given_token(self):
        self.cloud("--cloud-token", "given")
        ca = (self.folder / "cloud-ca.pem").read_bytes()
        self.assertEqual(self.sim_.stop(), 0)
        self.cloud("--cloud-token", "given", name="again")
        self.assertEqual((self.folder / "cloud-ca.pem").read_bytes(), ca)
        self.assertEqual(self.get(IOT + "/user/bind", token="given").status, 200)

    def test_wrong_words_are_refused(self):
        self.cloud()
        for words in (("fault", "nosuch", "on"), ("fault", "429", "on", "x"), ("fault", "reset", "on", "7"),
                      ("fault", "refuse", "on", "path=/x"), ("fault", "slow", "on", "times=0"), ("fault", "slow", "off", "5"),
                      ("set", "login=x"), ("set", "nokey=1"), ("set",), ("bind", "nobody"), ("log", "0"), ("nosuch",), (), ("name", "x"), ("mqtt", "x"),
                      ("token", "x" * 1024)):
            with self.assertRaises(AssertionError, msg=words):
                self.do("cloud", *words)
        for args in (("--cloud-port", "x"), ("--cloud-region", "moon"), ("--cloud-login", "x"), ("--cloud-account", ""),
                     ("--cloud-sign-key", "/nonexistent")):
            done = subprocess.run([str(SIM), "--dir", str(self.folder / "other"), *args], capture_output=True, check=False, timeout=20)
            self.assertIn(done.returncode, (1, 2), args)

    def test_without_a_cloud_its_commands_say_so(self):
        self.begin("--printers", "1", "--rate", "0")
        with self.assertRaisesRegex(AssertionError, "--cloud"):
            self.do("cloud", "info")
        self.assertFalse((self.folder / "cloud-ca.pem").exists())

    def test_help_names_every_command_switch_and_key(self):
        text = subprocess.run([str(SIM), "--help"], capture_output=True, text=True, check=True, timeout=20).stdout
        for word in ("--cloud-port", "--cloud-sign-key", "cloud info", "cloud expire", "cloud kick", "cloudflare ", "401-dead ",
                     "wrong-types ", "text-version=N", "tfa-api=on|off", "notice-mark", "path=PREFIX"):
            self.assertIn(word, text)


if __name__ == "__main__":
    main()
