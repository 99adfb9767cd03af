# SPDX-License-Identifier: MIT
"""What the cloud can do to a request that is under way, switch by switch: the error, the remedy, how often it is asked, who notices."""
import time
import urllib.parse

from cloudclient import USER
from harness import main
from test_account import AccountCase

TASKS = "path=" + USER + "/my/tasks"
BLOCKED, OFFLINE, ERROR = "cloud_blocked", "cloud_offline", "cloud_error"

# The switch, the type of the error, words of its message or remedy, whether the cloud is then left alone for a while.
ANSWERS = (
    ("cloudflare", BLOCKED, "the password is not the reason", True),
    ("cloudflare 503", BLOCKED, "the password is not the reason", True),
    ("429", BLOCKED, "wait; it is asked again later", True),
    ("429 60", BLOCKED, "wait; it is asked again later", True),
    ("429-date 600", BLOCKED, "wait; it is asked again later", True),
    ("status 500", OFFLINE, "wait; it is asked again later", True),
    ("status 503", OFFLINE, "It does not work just now. (HTTP 503, code 1)", True),
    ("html 502", OFFLINE, "HTTP 502", True),
    ("empty 500", OFFLINE, "HTTP 500", True),
    ("redirect", ERROR, "check ApiUrl= and WebUrl=", True),
    ("redirect 307", ERROR, "HTTP 307", True),
    ("status 400", ERROR, "HTTP 400", False),
    ("status 403", ERROR, "the account may not do that", False),
    ("status 404", ERROR, "HTTP 404", False),
    ("status 418", ERROR, "HTTP 418", False),
    ("401", ERROR, "the token is kept: bambuctl account token", False),
    ("html 200", ERROR, "not JSON within bounds; try again; check ApiUrl=", False),
    ("not-json", ERROR, "not JSON within bounds; try again; check ApiUrl=", False),
    ("bad-utf8", ERROR, "not JSON within bounds; try again; check ApiUrl=", False),
    ("deep", ERROR, "not JSON within bounds; try again; check ApiUrl=", False),
    ("empty", ERROR, "something else than was asked for", False),
    ("wrong-types", ERROR, "", False),
    ("huge", ERROR, "", True),
    ("huge 8", ERROR, "", True),
    ("reset", OFFLINE, "", True),
    ("truncate", OFFLINE, "", True),
)
# These are of the connection: no request comes through.
CONNECTIONS = (
    ("refuse", "check the network"),
    ("wrong-host", "check the clock; CaFile="),
    ("self-signed", "check the clock; CaFile="),
    ("foreign-ca", "check the clock; CaFile="),
    ("expired-cert", "check the clock; CaFile="),
)
OTHERS = ("account.profile", "account.profile_set", "account.preferences", "camera.ttcode", "printer.bind", "printer.unbind")
# At most ten of them a minute.
DEVICE = ("cloud.device_info", "cloud.device_version", "cloud.print_status", "cloud.snapshot_url", "cloud.video_url")

# Files are asked for in three places.
QUESTIONS = {"cloud.files": 3, "cloud.print_start": 3}


class Faults(AccountCase):
    def setUp(self):
        super().setUp()
        self.begin_account()
        self.sign_in_whole()
        self.turn = 0

    def ask_tasks(self, method="cloud.tasks", **params):
        """(type of the error or None, its words, requests that it took)."""
        before = self.counters()["requests"]
        with self.daemon_.client() as c:
            got = c.reply(c.request(method, params))
        asked = self.counters()["requests"] - before
        if "error" not in got:
            return None, "", asked
        error = got["error"]
        return error["data"]["type"], f"{error['message']}; {error['data'].get('hint')}", asked

    def elsewhere(self):
        """The same cloud under another name: what was said of the one before is forgotten, the token is not."""
        config = self.folder / "bambud.conf"
        self.turn += 1
        port = urllib.parse.urlsplit(self.info["api"]).port
        names = ["localhost", "127.0.0.1"]
        text, old, new = config.read_text(), *(names if self.turn % 2 else names[::-1])
        self.assertIn(f"ApiUrl=https://{old}:{port}", text)
        config.write_text(text.replace(f"ApiUrl=https://{old}:{port}", f"ApiUrl=https://{new}:{port}"))
        self.call("daemon.reload")

    def nobody_noticed(self):
        self.lan_untouched()
        self.assertEqual(self.call("account.status")["token"]["verdict"], "valid")
        self.assertEqual(len(self.call("printer.list")["printers"]), 2)
        self.assertEqual(self.counters()["abroad"], 0, "the token goes to the cloud alone")

    def write(self):
        return self.ask_tasks("cloud.task_create", task={"modelId": "1", "title": "t", "deviceId": self.serials[0]})

    def test_a_write_that_was_cut_off_is_not_sent_again(self):
        """On a connection that is kept, where a library may think that the request never came through."""
        self.assertEqual(self.write()[0], None)
        self.switch("cut", "path=" + USER + "/my/task")
        self.assertEqual(self.write()[::2], (OFFLINE, 1))
        self.assertEqual(self.counters()["task-add"], 2)

    def test_a_question_that_was_cut_off_is_asked_twice_at_most(self):
        self.assertEqual(self.ask_tasks()[0], None)
        self.switch("cut", TASKS)
        got = self.ask_tasks()
        self.assertEqual(got[0], OFFLINE)
        self.assertLessEqual(got[2], 2)
        self.assertEqual(self.ask_tasks()[2], 0)
        self.nobody_noticed()

    def test_connections(self):
        for name, remedy in CONNECTIONS:
            with self.subTest(name):
                self.switch(name)
                got = self.ask_tasks()
                self.assertEqual((got[0], got[2]), (OFFLINE, 0), got)
                self.assertIn(remedy, got[1])
                self.assertEqual(self.ask_tasks()[::2], (OFFLINE, 0))
                self.nobody_noticed()
                self.do("cloud", "fault", name, "off")
                self.elsewhere()
                self.assertEqual(self.ask_tasks()[0], None)

    def test_a_dead_token_is_asked_with_once(self):
        self.switch("401-dead", TASKS)
        got = self.ask_tasks()
        self.assertEqual((got[0], got[2]), ("token_dead", 1), got)
        self.assertIn("bambuctl login", got[1])
        for method in ("cloud.tasks", "cloud.projects", "account.profile"):
            got = self.ask_tasks(method)
            self.assertIn(got[0], ("token_dead", "login_needed"))
            self.assertIn("bambuctl login", got[1])
            self.assertEqual(got[2], 0)
        self.assertEqual(self.call("account.status")["state"], "signed_out")
        self.lan_untouched()

    def test_slow_answers_are_waited_for_and_hold_up_nobody(self):
        self.switch("slow", "3000", TASKS)
        with self.daemon_.client() as slow, self.daemon_.client() as other:
            asked = slow.request("cloud.tasks", {})
            self.do("wait", "cloud", "tasks", "1")
            begun = time.monotonic()
            for _ in range(20):
                other.call("daemon.ping")
            other.call("cloud.projects")
            self.assertLess(time.monotonic() - begun, 2.5)
            self.assertIn("result", slow.reply(asked))
        self.nobody_noticed()

    def test_who_does_not_wait_any_longer_ends_the_request(self):
        self.switch("slow", "3600000", TASKS)
        with self.daemon_.client() as gone:
            gone.request("cloud.tasks", {})
            self.do("wait", "cloud", "tasks", "1")
        self.daemon_.call("daemon.ping")
        self.nobody_noticed()

    def test_every_method_says_what_the_cloud_refused(self):
        """401 without code 4 closes no door: all of them are asked, and none gives the token up."""
        self.switch("401")
        asked = {}
        for method in self.methods():
            got = self.ask_tasks(method["name"], **self.params(method))
            asked[method["name"]] = got[2]
            self.assertEqual((got[0], got[2]), (ERROR, QUESTIONS.get(method["name"], 1)), (method["name"], got))
            self.assertIn("the token is kept", got[1])
        self.assertGreaterEqual(len(asked), 20)
        self.lan_untouched()

    def test_answers_of_other_types_and_no_json_are_errors_of_every_question(self):
        for words in (("not-json",), ("html", "200"), ("wrong-types",), ("empty",)):
            self.switch(*words)
            for method in self.methods():
                if method["perm"] != "read" and not method["name"].endswith("_url"):
                    continue
                if method["name"] in DEVICE:
                    continue
                got = self.ask_tasks(method["name"], **self.params(method))
                self.assertEqual((got[0], got[2]), (ERROR, QUESTIONS.get(method["name"], 1)), (words, method["name"], got))
            self.do("cloud", "fault", words[0], "off")
        self.lan_untouched()

    def methods(self):
        """All that ask the cloud one thing."""
        found = [m for m in self.call("api.methods")["methods"] if m["name"].startswith("cloud.") and m["since"] or m["name"] in OTHERS]
        return [m for m in found if m["name"] not in ("cloud.upload", "cloud.api")]

    def params(self, method):
        given = {}
        for p in method["params"]:
            if p["name"] in ("printer", "serial"):
                given[p["name"]] = self.serials[1]
            elif p["required"]:
                given[p["name"]] = {"object": {"a": 1}, "int": 1}.get(p["type"], "x1")
        given.update({"cloud.notifications": {"unread": True}, "cloud.print_start": {"file": "cube.gcode.3mf"}}.get(method["name"], {}))
        return dict(given, confirm=True) if method.get("confirm") else given

    def test_answers(self):
        for words, kind, remedy, left_alone in ANSWERS:
            with self.subTest(words):
                name, *arg = words.split()
                self.switch(name, *arg, TASKS)
                got = self.ask_tasks()
                self.assertEqual((got[0], got[2]), (kind, 1), got)
                self.assertIn(remedy, got[1])
                self.assertLess(len(got[1]), 400)
                again = self.ask_tasks()
                self.assertEqual(again[2], 0 if left_alone else 1, "the second time")
                self.assertIn(again[0], (BLOCKED,) if kind == BLOCKED else (OFFLINE, ERROR))
                self.assertTrue(not left_alone or "wait " in again[1], again)
                # The pause is of the whole host: another method asks nothing either.
                self.assertEqual(self.ask_tasks("cloud.projects")[2], again[2])
                self.nobody_noticed()
                self.do("cloud", "fault", name, "off")
                if left_alone:
                    self.elsewhere()
                self.assertEqual(self.ask_tasks()[0], None)


if __name__ == "__main__":
    main()
