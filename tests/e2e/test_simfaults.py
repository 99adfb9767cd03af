# SPDX-License-Identifier: MIT
"""The faults of the simulator are what they say they are."""
import json
import socket
import ssl
import subprocess
import time
import unittest

from harness import DEADLINE, wait_until
from simclient import PUSHALL, SimCase

class TlsFaults(SimCase):
    def setUp(self):
        super().setUp()
        self.begin("--printers", "1", "--rate", "20")

    def refused(self, fault, code, *arg):
        self.fault(fault, "on", *arg)
        with self.assertRaises(ssl.SSLCertVerificationError) as e:
            self.client(verify=True)
        self.assertEqual(e.exception.verify_code, code)
        self.do("wait", self.one["serial"], "tls_failed", "1")
        stats = self.stats()
        self.assertEqual((stats["bytes_in"], stats["connects"]), (0, 0))
        self.assertNotEqual(stats["tls_error"], "")
        self.fault(fault, "off")
        self.client(verify=True).subscribe().report()

    def test_the_certificate_names_the_serial_under_the_test_ca(self):
        with self.client(verify=True) as c:
            self.assertEqual(c.sock.version(), "TLSv1.2")

    def test_wrong_cn(self):
        self.refused("wrong-cn", 62)

    def test_wrong_cn_can_be_chosen(self):
        self.refused("wrong-cn", 62, "01P00B000000001")

    def test_self_signed(self):
        self.refused("self-signed", 18)

    def test_foreign_ca(self):
        self.refused("foreign-ca", 7)

    def test_expired(self):
        self.refused("expired", 10)

    def test_tls11(self):
        self.fault("tls11")
        with self.assertRaises(ssl.SSLError) as e:
            self.client()
        self.assertRegex(str(e.exception).upper(), "VERSION|PROTOCOL")
        self.do("wait", self.one["serial"], "tls_failed", "1")
        self.assertEqual(self.stats()["bytes_in"], 0)
        old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.one['port']}", "-tls1_1", "-cipher",
                              "ALL:@SECLEVEL=0"], input="", capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertRegex(old.stdout, r"Protocol *: TLSv1\.1")

    def certificates_sent(self):
        shown = subprocess.run(["openssl", "s_client", "-showcerts", "-connect", f"127.0.0.1:{self.one['port']}"], input="",
                               capture_output=True, text=True, timeout=DEADLINE, check=False).stdout
        return shown.count("BEGIN CERTIFICATE")

    def test_leaf_alone(self):
        self.assertEqual(self.certificates_sent(), 2)
        self.fault("leaf-alone")
        self.assertEqual(self.certificates_sent(), 1)

    def test_rsa_v1_leaf_and_tls13_of_newer_models(self):
        self.sim_.stop()
        self.begin("--rsa", "--printers", "2", "--model", "P1S", "--model", "P2S", "--rate", "0", name="rsa")
        for printer, tls in zip(self.printers, ("TLSv1.2", "TLSv1.3")):
            with self.client(printer=printer, verify=True) as c:
                self.assertEqual(c.sock.version(), tls)
        self.assertEqual(self.certificates_sent(), 2)
        shown = subprocess.run(f"openssl s_client -connect 127.0.0.1:{self.one['port']} </dev/null 2>/dev/null | openssl x509 "
                               "-noout -text", shell=True, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout
        self.assertIn("Version: 1 ", shown)
        self.assertIn("(2048 bit)", shown)
        self.assertNotIn("Alternative Name", shown)


class WireFaults(SimCase):
    def setUp(self):
        super().setUp()
        self.begin("--printers", "2", "--model", "P1S", "--rate", "20")

    def test_refuse(self):
        with self.client() as c:
            c.subscribe()
            self.fault("refuse")
            with self.assertRaises(ConnectionRefusedError):
                self.client()
            c.report()
        self.fault("refuse", "off")
        self.client().subscribe().report()

    def test_slow_accept(self):
        self.fault("slow-accept")
        with self.assertRaises(TimeoutError):
            socket.create_connection(("127.0.0.1", self.one["port"]), timeout=0.4)
        late = socket.socket()
        self.addCleanup(late.close)
        late.settimeout(DEADLINE)
        late.setblocking(False)
        self.assertNotEqual(late.connect_ex(("127.0.0.1", self.one["port"])), 0)
        self.fault("slow-accept", "off")
        late.settimeout(DEADLINE)
        wait_until("the late connect", lambda: late.connect_ex(("127.0.0.1", self.one["port"])) in (0, 106))
        self.client().subscribe().report()

    def test_silent(self):
        self.fault("silent")
        with self.assertRaises(TimeoutError):
            self.client(deadline=0.4)
        self.fault("silent", "off")
        self.client().subscribe().report()
        self.assertGreaterEqual(self.stats()["connections"], 2)

    def test_half_open_and_back(self):
        with self.client() as c:
            c.subscribe().report()
            self.fault("half-open")
            c.sock.sendall(b"\xc0\x00")
            c.sock.settimeout(0.4)
            with self.assertRaises(TimeoutError):
                while c.read()[0] != 13:
                    pass
            self.fault("half-open", "off")
            c.sock.settimeout(DEADLINE)
            while c.read()[0] != 13:
                pass

    def test_kick(self):
        with self.client() as c:
            c.subscribe()
            self.fault("kick")
            while c.read() is not None:
                pass
        self.client().subscribe().report()

    def test_kick_at_once(self):
        self.fault("kick-at-once")
        with self.client() as c:  # was let in
            while c.read() is not None:
                pass
        self.fault("kick-at-once", "off")
        self.client().subscribe().report()

    def test_wrong_code(self):
        self.fault("wrong-code")
        with self.assertRaisesRegex(AssertionError, "CONNACK"):
            self.client()
        self.assertEqual(self.stats()["logins_refused"], 1)

    def test_oversize_pours_until_off(self):
        with self.client() as c:
            c.subscribe()
            self.fault("oversize")
            while len(c.buffer) < 3 << 20:
                self.assertTrue(c.fill())
                while len(c.buffer) < 5 or c.buffer[:5] != b"\x30\xff\xff\xff\x7f":
                    if c.read() is None:
                        self.fail("closed")
                    break
            self.fault("oversize", "off")
            while c.fill():
                c.buffer = b""

    def test_oversize_of_a_chosen_size_ends_whole(self):
        with self.client() as c:
            c.subscribe()
            self.fault("oversize", "on", "70000")
            while True:
                kind, body = c.read()
                if kind == 3 and body.endswith(b"   "):
                    break
            self.assertEqual(len(body), 70000)

    def test_trickle(self):
        with self.client() as c:
            c.subscribe()
            self.fault("trickle", "on", "5")
            while c.fill():
                if len(c.records) > 3 and all(len(r) == 1 for r in c.records[-20:]) and len(c.records) > 25:
                    break
            self.assertGreater(len(c.records), 20)

    def test_split_and_join(self):
        with self.client() as c:
            c.subscribe()
            self.fault("split")
            c.records.clear()
            c.request(PUSHALL)
            self.assertEqual(json.loads(c.until(lambda p: b'"msg":0' in p))["print"]["msg"], 0)
            self.assertEqual({len(r) for r in c.records[-1000:]}, {1})
            self.fault("split", "off")
            self.fault("join", "on", "300")
            c.buffer = b""
            wait_until("several reports in one record", lambda: c.fill() and c.records[-1].count(b"push_status") > 2)

    def test_mute_still_answers_ping(self):
        with self.client() as c:
            c.subscribe().report()
            self.fault("mute")
            published = self.stats()["published"]
            c.request(PUSHALL)
            c.sock.sendall(b"\xc0\x00")
            while c.read()[0] != 13:
                pass
            self.assertEqual(self.stats()["published"], published)
            self.fault("mute", "off")
            c.report()

    def test_flood(self):
        with self.client() as c:
            c.subscribe()
            self.fault("flood", "on", "2000")
            begin = time.monotonic()
            for _ in range(2000):
                c.message()
            self.assertLess(time.monotonic() - begin, 10)


class PayloadFaults(SimCase):
    def setUp(self):
        super().setUp()
        self.begin("--printers", "2", "--model", "P1S", "--rate", "50", "--still")
        self.client_ = self.client().subscribe()

    def test_garbage_comes_beside_good_deltas(self):
        self.fault("garbage")
        bad = set()
        good = 0
        for _ in range(60):
            payload = self.client_.message()[1]
            try:
                json.loads(payload, parse_constant=lambda c: bad.add(payload))
                good += payload not in bad
            except ValueError:
                bad.add(payload)
        self.assertGreater(len(bad), 4)
        self.assertGreater(good, 10)

    def test_deep(self):
        self.fault("deep", "on", "500")
        payload = self.client_.until(lambda p: b"[[[" in p)
        self.assertEqual(payload.count(b"["), 500)
        self.fault("deep")
        self.client_.until(lambda p: p.count(b"[") == 10000)

    def test_many_keys_and_new_keys(self):
        self.fault("many-keys")
        self.assertEqual(len(json.loads(self.client_.until(lambda p: len(p) > 100000))["print"]), 20002)
        self.fault("many-keys", "off")
        self.fault("new-keys")
        seen = set()
        for _ in range(5):
            new = set(json.loads(self.client_.until(lambda p: b'"k' in p and len(p) < 2000))["print"]) - {"command", "msg"}
            self.assertFalse(seen & new)
            seen |= new

    def test_bad_types_then_a_full_report_when_off(self):
        self.fault("bad-types")
        self.client_.until(lambda p: b'"mc_percent":"forty"' in p)
        self.client_.until(lambda p: b"1e400" in p)
        self.client_.until(lambda p: b"\\u0000" in p)
        self.fault("bad-types", "off")
        self.client_.until(lambda p: b'"msg":0' in p)

    def test_bad_utf8(self):
        self.fault("bad-utf8")

        def broken(payload):
            try:
                payload.decode()
                return False
            except UnicodeDecodeError:
                return True
        self.client_.until(broken)

    def test_foreign_topic(self):
        self.fault("foreign-topic")
        topics = {self.client_.message()[0] for _ in range(10)}
        self.assertEqual(topics, {f"device/{p['serial']}/report" for p in self.printers})


if __name__ == "__main__":
    unittest.main(verbosity=2)
