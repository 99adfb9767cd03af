# SPDX-License-Identifier: MIT
"""Raw JSON-RPC on the control socket, as control-protocol.md says it."""
import json
import os
import socket
import unittest

from harness import Case


class Protocol(Case):
    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "3", "--rate", "2")
        self.daemon_ = self.daemon()
        with self.daemon_.client() as c:
            self.names = [p["name"] for p in c.call("printer.list")["printers"]]
        for name in self.names:
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and
                                     s["print"]["state"] != "unknown")

    def raw(self, text):
        with self.daemon_.client() as c:
            c.send(text)
            return c.line()

    def test_hello(self):
        with self.daemon_.client() as c:
            got = c.call("hello", {"client": "test/1", "api": 1})
        self.assertEqual(got["api"], [1, 1])
        self.assertTrue(got["server"].startswith("bambud/"))
        self.assertEqual(got["you"]["uid"], os.getuid())
        self.assertEqual(got["you"]["perm"], ["read", "control", "admin"])

    def test_pipelined_requests_are_all_answered(self):
        with self.daemon_.client() as c:
            c.send("".join(json.dumps({"id": i, "method": "daemon.ping"}) + "\n" for i in range(200)))
            self.assertEqual(sorted(c.line()["id"] for _ in range(200)), list(range(200)))

    def test_bad_requests_get_one_named_error_and_the_connection_goes_on(self):
        cases = [
            ('{"id":1,"method":"printer.lst"}', -32601, "unknown_method", 1),
            ('{"id":2,"method":"printer.list","params":{"prnter":"x"}}', -32602, "invalid_params", 2),
            ('{"id":3,"method":"events.unsubscribe","params":{}}', -32602, "invalid_params", 3),
            ('{"id":4,"method":"events.unsubscribe","params":{"sub":"one"}}', -32602, "invalid_params", 4),
            ('{"method":"daemon.ping"}', -32600, "invalid_request", None),
            ('{"id":null,"method":"daemon.ping"}', -32600, "invalid_request", None),
            ('{"id":1.5,"method":"daemon.ping"}', -32600, "invalid_request", None),
            ('[{"id":1,"method":"daemon.ping"}]', -32600, "invalid_request", None),
            ('{"id":5', -32700, "parse_error", None),
            ('{"id":6,"method":"daemon.ping"} x', -32700, "parse_error", None),
            ('\x01\x02\x03', -32700, "parse_error", None),
            ('{"id":7,"method":"daemon.ping","params":' + "[" * 20 + "]" * 20 + '}', -32700, "parse_error", None),
        ]
        with self.daemon_.client() as c:
            for text, code, kind, reply_id in cases:
                c.send(text + "\n")
                got = c.line()
                self.assertEqual((got["error"]["code"], got["error"]["data"]["type"], got["id"]), (code, kind, reply_id),
                                 text)
            self.assertTrue(c.call("daemon.ping")["pong"])

    def test_a_nearest_name_is_offered(self):
        with self.daemon_.client() as c:
            self.assertIn("printer.list", json.dumps(c.error("printer.lst")))

    def test_every_method_says_since_when_it_is_there(self):
        with self.daemon_.client() as c:
            for method in c.call("api.methods")["methods"]:
                self.assertRegex(method["since"] or "", r"^0\.\d\.0$", method["name"])

    def test_a_line_over_64_kib_ends_the_connection_with_a_reason(self):
        with self.daemon_.client() as c:
            try:
                c.send(b"x" * (70 * 1024))
            except (BrokenPipeError, ConnectionResetError):
                pass
            got = c.line()
            self.assertEqual(got["error"]["data"]["type"], "invalid_request")
            self.assertIn("64 KiB", got["error"]["message"])
            self.assertIsNone(c.line())
        with self.daemon_.client() as c:
            self.assertTrue(c.call("daemon.ping")["pong"])

    def test_a_line_of_64_kib_is_taken(self):
        pad = " " * (65536 - len('{"id":1,"method":"daemon.ping"}'))
        self.assertTrue(self.raw('{"id":1,"method":"daemon.ping"}' + pad + "\n")["result"]["pong"])

    def test_empty_lines_are_ignored(self):
        self.assertTrue(self.raw('\n\r\n\n{"id":"a","method":"daemon.ping"}\n')["result"]["pong"])

    def test_subscription_has_a_snapshot_then_changes_that_fit_it(self):
        with self.daemon_.client() as c:
            got = c.call("events.subscribe", {"printers": "@all", "state": True, "max_hz": 10})
            self.assertEqual(sorted(p["name"] for p in got["snapshot"]["printers"]) if "printers" in got["snapshot"]
                             else sorted(got["snapshot"]), sorted(self.names))
            while True:
                note = c.notifications.pop(0) if c.notifications else c.line()
                if note["method"] == "state":
                    break
            self.assertEqual(note["params"]["sub"], got["sub"])
            self.assertIn(note["params"]["printer"], self.names)
            self.assertTrue(note["params"]["changes"])
            c.call("events.unsubscribe", {"sub": got["sub"]})

    def test_events_of_the_link_arrive_numbered(self):
        with self.daemon_.client() as c:
            got = c.call("events.subscribe", {"kinds": ["printer.*"], "state": False})
            serial = self.daemon_.status(self.names[0])["serial"]
            self.sim_.do("fault", serial, "refuse", "on")
            self.sim_.do("fault", serial, "kick", "on")
            note = c.line()
            self.assertEqual((note["method"], note["params"]["kind"]), ("event", "printer.offline"))
            self.assertGreater(note["params"]["seq"], int(got["cursor"].split(".")[1]))
            listed = c.call("events.list", {"since": got["cursor"]})
            self.assertEqual(listed["events"][0]["seq"], note["params"]["seq"])

    def test_one_of_many_is_asked_for_by_name_serial_prefix_and_group(self):
        with self.daemon_.client() as c:
            one = c.call("printer.get", {"printer": self.names[0]})
            self.assertEqual(c.call("printer.get", {"printer": one["serial"]})["name"], one["name"])
            self.assertEqual(len(c.call("printer.get", {"printer": "@all"})["results"]), 3)
            self.assertEqual(c.error("printer.get", {"printer": "nobody"})["data"]["type"], "no_such_printer")
            self.assertEqual(len(c.call("printer.get", {"printer": "tag=none"})["results"]), 0)

    def test_a_client_that_dies_in_the_middle_harms_nobody(self):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.connect(str(self.daemon_.socket))
                s.sendall(b'{"id":1,"method":"events.subscribe","params":{"state":true}}\n{"id":2,"met')
        with self.daemon_.client() as c:
            self.assertTrue(c.call("daemon.ping")["pong"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
