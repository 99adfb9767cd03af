# SPDX-License-Identifier: MIT
"""Every endpoint of the cloud through the socket and bambuctl: lists to their end, uploads, refusals by name, who may what."""
import json

from harness import main
from test_account import AccountCase


class CloudVerbs(AccountCase):
    def signed_in(self, *args, **kw):
        self.begin_account(*args, **kw)
        self.sign_in_whole()

    def page_through(self, method, key, **params):
        """All ids, page by page."""
        ids, pages, more = [], 0, {}
        while True:
            got = self.call(method, **params, **more)
            ids += [i["id"] for i in got["items"]]
            pages += 1
            if got["next"] is None:
                return ids, pages
            more = {key: got["next"]}

    def idle(self):
        self.do("state", self.lan[0], "idle")
        self.daemon_.wait_status(self.lan[0], "no job", lambda s: s["print"]["state"] == "idle")

    def ctl_json(self, *words):
        return json.loads(self.daemon_.ctl(*words, "--json")[1])

    def upload(self, size, name="big.gcode.3mf"):
        path = self.folder / "upload.bin"
        path.write_bytes(bytes(range(256)) * (size // 256))
        return self.daemon_.ctl("cloud", "upload", str(path), name, "--json")


class Endpoints(CloudVerbs):
    def test_lists_page_to_their_end(self):
        self.signed_in()
        ids, pages = self.page_through("cloud.tasks", "after", limit=20)
        self.assertEqual((len(ids), len(set(ids)), pages), (53, 53, 3))
        ids, pages = self.page_through("cloud.projects", "page", limit=20)
        self.assertEqual((len(ids), len(set(ids)), pages), (45, 45, 3))
        ids, pages = self.page_through("cloud.messages", "after", limit=10)
        self.assertEqual((len(ids), pages), (27, 3))

    def test_both_forms_of_tasks_and_envelopes_are_one(self):
        self.signed_in()
        first = self.call("cloud.tasks", limit=2)
        self.do("cloud", "set", "tasks=tasks")
        second = self.call("cloud.tasks", limit=2)
        keys = ("id", "title", "status", "serial", "begun", "weight_g")
        self.assertEqual([[i[k] for k in keys] for i in first["items"]], [[i[k] for k in keys] for i in second["items"]])
        self.assertEqual((first["total"], second["total"]), (53, 53))
        self.do("cloud", "set", "shape=data")
        self.assertEqual(len(self.call("cloud.projects", limit=5)["items"]), 5)

    def test_tasks_of_one_printer(self):
        self.signed_in()
        got = self.call("cloud.tasks", printer=self.serials[1], limit=100)
        self.assertEqual({i["serial"] for i in got["items"]}, {self.serials[1]})

    def test_reads(self):
        self.signed_in()
        self.assertEqual(self.call("account.profile")["uid"], str(self.info["uid"]))
        self.assertIn("handle", self.call("account.preferences"))
        self.assertEqual(self.call("cloud.device_version")["items"][0]["offered"][0]["forced"], False)
        self.assertEqual({i["serial"] for i in self.call("cloud.print_status")["items"]}, set(self.serials))
        self.assertEqual({i["kind"] for i in self.call("cloud.slicer_settings")["items"]}, {"filament"})
        self.assertEqual(self.call("cloud.slicer_setting", id="PFUS0000000000000a")["kind"], "filament")
        self.assertEqual(self.call("cloud.slicer_resources")["items"][0]["forced"], False)
        self.assertEqual(self.call("cloud.files")["source"], "files")
        self.assertEqual(self.call("cloud.project_get", id=self.call("cloud.projects")["items"][0]["id"])["name"], "Project 45")
        self.assertEqual(self.call("cloud.device_version", raw=True)["raw"]["message"], "success")

    def test_what_the_service_lacks_says_so(self):
        self.signed_in()
        for method, params in (("cloud.device_info", {"printer": self.serials[0]}), ("cloud.video_url", {"printer": self.serials[0]}),
                               ("cloud.snapshot_url", {"printer": self.serials[0]}), ("cloud.task_get", {"id": "910001"})):
            self.assertEqual(self.error(method, **params), "unsupported", method)
        self.assertEqual(self.error("cloud.notifications"), "invalid_params")

    def test_writes(self):
        self.signed_in()
        made = self.call("cloud.project_create", name="of mine")
        self.assertEqual(self.call("cloud.project_get", id=made["id"])["name"], "of mine")
        unread = self.call("cloud.notifications", unread=True)["items"]
        self.call("cloud.notification_read", id=unread[0]["id"])
        self.assertEqual(len(self.call("cloud.notifications", unread=True)["items"]), len(unread) - 1)
        self.call("account.profile_set", values={"name": "other"})
        self.assertEqual(self.call("account.profile")["name"], "other")
        task = self.call("cloud.task_create", task={"modelId": "1", "title": "t", "deviceId": self.serials[0]})
        self.assertEqual(self.call("cloud.tasks", limit=1)["items"][0]["id"], task["id"])
        self.idle()
        job = self.call("cloud.print_start", printer=self.serials[0], file="cube.gcode.3mf")
        self.assertEqual(job["status"], "queued")
        self.assertEqual(self.error("cloud.print_start", printer=self.serials[0], file="none"), "no_such_file")

    def test_a_file_of_the_account_is_printed_by_the_cloud_on_a_printer_that_is_free(self):
        self.signed_in()
        name = self.lan[0]
        self.idle()
        for words in (("print", name, "@cloud:cube.gcode.3mf"), ("cloud", "print", name, "cube.gcode.3mf")):
            code, out, err = self.daemon_.ctl(*words)
            self.assertEqual((code, err), (0, ""), out)
            self.assertRegex(out, rf"^{self.serials[0]}  handed to the cloud, which says: job [0-9]+, queued\n\(experimental\) .*bambuctl status")
        self.assertEqual(self.ctl_json("print", name, "@cloud:330001")["status"], "queued")
        self.assertEqual(self.count("print"), 3)
        self.do("job", name, "start")
        self.daemon_.wait_status(name, "a job", lambda s: s["print"]["state"] != "idle")
        asked = self.counters()["requests"]
        code, _, err = self.daemon_.ctl("print", name, "@cloud:cube.gcode.3mf")
        self.assertEqual((code, "the printer is " in err), (9, True), err)
        self.assertEqual(self.counters()["requests"], asked)

    def test_a_printer_is_unbound_and_bound_again(self):
        self.signed_in()
        serial = self.serials[1]
        self.assertEqual(self.error("printer.unbind", printer=serial), "guard")
        self.assertEqual(self.call("printer.unbind", printer=serial, confirm=True), {"serial": serial, "bound": False})
        self.wait_account("printers", 1)
        self.assertEqual(self.error("printer.bind", serial=serial, code="00000000"), "cloud_error")
        code = f"{(7919 + 1234567) % 100000000:08d}"
        made = self.call("printer.bind", serial=serial, code=code)
        self.assertEqual((made["serial"], made["name"]), (serial, self.daemon_.status(serial)["name"]), "it is here when the call is answered")
        self.wait_account("printers", 2)

    def test_secrets_of_a_camera(self):
        self.signed_in()
        self.assertIsNone(self.call("camera.ttcode", printer=self.serials[0])["authkey"])
        self.assertEqual(len(self.call("camera.ttcode", printer=self.serials[0], show=True)["authkey"]), 8)

    def test_any_path(self):
        self.signed_in()
        got = self.daemon_.call("cloud.api", {"method": "GET", "path": "/v1/user-service/my/tasks", "query": {"limit": 3}})
        self.assertEqual((got["status"], len(got["body"]["hits"])), (200, 3))
        with self.daemon_.client() as c:
            self.assertEqual(c.error("cloud.api", {"method": "DELETE", "path": "/v1/x"})["data"]["type"], "guard")
            self.assertEqual(c.error("cloud.api", {"method": "GET", "path": "//elsewhere/v1"})["data"]["type"], "invalid_params")


class Uploads(CloudVerbs):
    def test_twenty_megabytes_arrive_and_are_listed(self):
        self.signed_in()
        status, out, errors = self.upload(20 * 1024 * 1024)
        self.assertEqual(status, 0, errors)
        self.assertEqual(json.loads(out)["size"], 20 * 1024 * 1024)
        self.assertEqual(self.counters()["upload_bytes"], 20 * 1024 * 1024 + len(str(20 * 1024 * 1024)))
        self.assertIn("big.gcode.3mf", [i["name"] for i in self.call("cloud.files")["items"]])
        op = self.call("op.get", op=json.loads(out)["op"])
        self.assertEqual((op["method"], op["stage"], op["done"]), ("cloud.upload", "effective", 20 * 1024 * 1024))
        self.assertNotIn("Signature=", self.daemon_.text())

    def refused(self, status, word):
        got = self.upload(4096)
        self.assertEqual(got[0], status, got)
        self.assertIn(word, got[2])
        self.assertNotIn("Signature=", got[1] + got[2] + self.daemon_.text())

    def test_refusals_are_told_apart(self):
        self.signed_in()
        self.do("cloud", "set", "upload=off")
        self.refused(15, "no storage")
        self.do("cloud", "set", "upload=on")
        self.do("cloud", "set", "url=-60")
        self.refused(16, "expired")
        self.do("cloud", "set", "url=600", "url-type=octets")
        self.refused(16, "SignatureDoesNotMatch")
        self.do("cloud", "set", "url-type=none")
        self.switch("status", "403", "path=/or-cloud-upload-sim/users/filename/")
        self.refused(16, "HTTP 403")

    def test_an_upload_is_cancelled(self):
        self.signed_in()
        with self.daemon_.client() as c:
            first = c.call("cloud.upload", {"name": "slow.3mf", "size": 1 << 20})
            self.assertEqual((first["upgrade"], first["size"]), ("raw", 1 << 20))
            c.sock.sendall(b"x" * 1000)
            self.assertTrue(self.call("op.cancel", op=first["op"])["cancelled"])
            self.assertEqual(c.line()["error"]["data"]["type"], "cancelled")


class Verbs(CloudVerbs):
    def test_tables_and_json(self):
        self.signed_in()
        tasks = self.daemon_.ctl("tasks", "--limit", "5")[1]
        self.assertIn("TITLE", tasks)
        self.assertIn("5 of 53; the next: bambuctl tasks --limit 5 --after ", tasks)
        # What is said to type lists the rest of the same things.
        for words in (("tasks", self.serials[0], "--limit", "2"), ("tasks", "-p", self.serials[0], "--limit=2"), ("messages", "--type", "6", "--limit", "2")):
            first = self.daemon_.ctl(*words)[1]
            then = first.splitlines()[-1].split("the next: bambuctl ")[1].split()
            ids = [line.split()[0] for text in (first, self.daemon_.ctl(*then)[1]) for line in text.splitlines()[1:3]]
            self.assertEqual(ids, [item["id"] for item in self.ctl_json(*words[:-2 if words[-2] == "--limit" else -1], "--limit", "4")["items"]], then)
        self.assertIn("the next: bambuctl projects --page 2", self.daemon_.ctl("projects")[1])
        self.assertEqual(len(self.ctl_json("messages")["items"]), 20)
        self.assertIn("cube.gcode.3mf", self.daemon_.ctl("cloud", "files")[1])
        self.assertEqual(self.ctl_json("api", "GET", "/v1/user-service/my/tasks", "-q", "limit=2")["status"], 200)
        self.assertEqual(self.daemon_.ctl("api", "GET", "/v1/none")[0], 15)
        self.assertEqual(self.daemon_.ctl("cloud", "device", self.serials[0])[0], 14)


if __name__ == "__main__":
    main()
