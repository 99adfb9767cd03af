# SPDX-License-Identifier: MIT
"""bambuctl's verbs of the cloud against the real daemon, uploads on a terminal and their ends, and secrets through all of it."""
import json
import os
import pathlib
import resource
import signal
import subprocess

from harness import BAMBUCTL, main, wait_until
from test_account import PASSWORD, AccountCase
from test_ctl import Terminal

BIND = "/v1/iot-service/api/user/bind"


class VerbCase(AccountCase):
    def signed_in(self, *args, **kw):
        self.begin_account(*args, **kw)
        self.sign_in_whole()

    def ctl(self, *words, status=0, stdin=""):
        got = self.daemon_.ctl(*words, stdin=stdin)
        self.assertEqual(got[0], status, got)
        return got[1]

    def misuse(self, words, part, stdin=""):
        got = self.daemon_.ctl(*words, stdin=stdin)
        self.assertEqual(got[0], 2, (words, got))
        self.assertIn(part, got[2])

    def file(self, size, name="part.bin"):
        path = self.folder / name
        with open(path, "wb") as f:
            f.truncate(size)
        return path


class Verbs(VerbCase):
    def test_a_printer_is_unbound_and_bound_with_the_code_from_stdin(self):
        self.signed_in()
        serial, code = self.serials[1], f"{(7919 + 1234567) % 100000000:08d}"
        asked = self.counters()["requests"]
        self.assertNotEqual(self.daemon_.ctl("unbind", serial)[0], 0, "nobody said yes")
        for words, part, stdin in ((("bind", serial), "--code-stdin", code), (("bind",), "a serial is wanted", ""),
                                   (("bind", serial, "--code-stdin"), "no code came", "\n"),
                                   (("bind", serial, "--code-stdin"), "longer than 16 KiB", "1" * 50000)):
            self.misuse(words, part, stdin)
        self.assertEqual(self.counters()["requests"], asked)
        self.assertEqual(json.loads(self.ctl("unbind", serial, "--yes", "--json")), {"serial": serial, "bound": False})
        self.wait_account("printers", 1)
        got = self.daemon_.ctl("bind", serial, "--code-stdin", stdin="00000000\n")
        self.assertEqual(got[0], 15, got)
        self.assertNotIn("00000000", got[1] + got[2])
        made = json.loads(self.ctl("bind", serial, "of mine", "--code-stdin", "--json", stdin=code + "\n"))
        self.assertEqual((made["serial"], made["name"]), (serial, "of-mine"))
        self.assertEqual(self.call("account.status")["printers"], 2)
        self.assertIn("of mine", json.dumps(self.call("account.devices")))
        self.assertNotIn(code, self.daemon_.text())
        self.ctl("unbind", serial, "--yes")
        self.assertRegex(self.ctl("bind", serial, "--code-stdin", stdin=code + "\n"), rf"^{serial} is bound; it is here as \S+\n$")

    def test_a_printer_that_nobody_adopts_is_bound_all_the_same(self):
        self.begin_account(more="[Discovery]\nAdopt=configured\n")
        self.sign_in_whole()
        serial, code = self.serials[1], f"{(7919 + 1234567) % 100000000:08d}"
        self.assertEqual(json.loads(self.ctl("unbind", serial, "--yes", "--json")), {"serial": serial, "bound": False})
        self.assertEqual(self.ctl("bind", serial, "--code-stdin", stdin=code + "\n"), f"{serial} is bound\n")

    def test_a_task_is_made_of_an_argument_and_of_stdin(self):
        self.signed_in()
        for title in ("first", "second"):
            task = json.dumps({"modelId": "1", "title": title, "deviceId": self.serials[0]})
            word, stdin = (task, "") if title == "first" else ("-", task)
            made = json.loads(self.ctl("task", "create", word, "--json", stdin=stdin))
            newest = self.call("cloud.tasks", limit=1)["items"][0]
            self.assertEqual((newest["id"], newest["title"]), (made["id"], title))
        self.misuse(("task", "create"), "as JSON")
        self.misuse(("task", "create", "{"), "not JSON")
        self.misuse(("task", "create", "-"), "not JSON")
        self.assertEqual(self.count("task-add"), 2)

    def test_any_path_with_a_body_from_stdin(self):
        self.signed_in()
        body = json.dumps({"name": "by api"})
        words = ("api", "POST", "/v1/iot-service/api/user/project", "-d", "-")
        self.assertNotEqual(self.daemon_.ctl(*words, stdin=body)[0], 0, "it changes something")
        self.assertEqual(self.count("project-add"), 0)
        got = json.loads(self.ctl(*words, "--yes", "--json", stdin=body))
        self.assertEqual(got["status"], 200)
        self.assertEqual(self.call("cloud.projects", limit=1)["items"][0]["name"], "by api")
        self.misuse(words, "not JSON", "{")
        self.misuse(words, "not a text", "\0")
        self.misuse(("api", "GET"), "a method and a path")

    def test_the_profile_is_changed(self):
        self.signed_in()
        self.ctl("account", "profile", "set", "name=other name")
        self.assertEqual(json.loads(self.ctl("account", "profile", "--json"))["name"], "other name")
        self.ctl("account", "profile", "set", "name=third", "avatar=https://example.org/a=b,c.png")
        shown = json.loads(self.ctl("account", "profile", "--json"))
        self.assertEqual((shown["name"], shown["avatar"]), ("third", "https://example.org/a=b,c.png"))
        self.misuse(("account", "profile", "set"), "what is to be changed?")
        self.misuse(("account", "profile", "set", "=x"), "KEY=VALUE")
        self.assertEqual(self.count("profile-set"), 2)
        got = self.daemon_.ctl("account", "profile", "set", "shoe=44")
        self.assertEqual((got[0], "Nothing to change" in got[2]), (15, True), got)

    def test_the_camera_secrets_are_masked_without_show(self):
        self.signed_in()
        one = self.serials[0]
        whole = json.loads(self.ctl("camera", "ttcode", one, "--show", "--json"))
        hidden = [whole[k] for k in ("ttcode", "authkey", "passwd") if whole.get(k)]
        self.assertGreaterEqual(len(hidden), 3, whole)
        self.assertTrue(all(len(secret) >= 6 for secret in hidden), whole)
        texts = [self.ctl("camera", "ttcode", one), self.ctl("camera", "ttcode", one, "--json"),
                 json.dumps(self.call("camera.ttcode", printer=one)), self.daemon_.text()]
        self.assertIn("--show", texts[0])
        self.assertNotIn("--show", self.ctl("camera", "ttcode", one, "--show"))
        for text in texts:
            for secret in hidden:
                self.assertNotIn(secret, text)


class Uploads(VerbCase):
    def refusal(self, name, size):
        with self.daemon_.client() as c:
            return c.error("cloud.upload", {"name": name, "size": size})

    def test_names_and_sizes_are_refused_before_the_cloud_is_asked(self):
        self.signed_in()
        asked = self.counters()["requests"]
        for name in ("a/b", "/", "..", ".", "", "a\\b", "a\nb", "a\x1b[2J", "a\x7fb", "x" * 256):
            got = self.refusal(name, 5)
            self.assertEqual(got["data"]["type"], "invalid_params", name)
            self.assertFalse([c for c in got["message"] if c < " "], got)
        for size in (0, -1, 17179869185, 1 << 62):
            got = self.refusal("a", size)
            self.assertEqual(got["data"]["type"], "invalid_params", size)
            self.assertIn("size", got["message"])
        self.assertEqual(self.counters()["requests"], asked)
        self.assertEqual(self.call("op.list")["ops"], [])

    def test_files_that_cannot_be_sent_say_why(self):
        self.signed_in()
        for words, part in (((str(self.file(0, "none")),), "empty"), ((str(self.folder),), "is a folder"), (("/nowhere/x",), "No such file"),
                            (("-",), "a name for what comes from stdin"), ((str(self.file(4)), "a/b"), "is no name of a file")):
            got = self.daemon_.ctl("cloud", "upload", *words)
            self.assertIn(part, got[2], (words, got))
            self.assertNotEqual(got[0], 0)
        self.assertEqual(self.count("upload"), 0)

    def test_progress_is_drawn_on_a_terminal(self):
        self.signed_in()
        terminal = Terminal(self.daemon_.socket, "cloud", "upload", str(self.file(48 << 20)), "big.3mf")
        status = terminal.end()
        self.assertEqual(status, 0, terminal.text[-500:])
        self.assertIn(b"of 50.3 MB", terminal.text)
        self.assertIn(b"[", terminal.text)
        self.assertIn(b"waiting for the cloud to store it", terminal.text)
        self.assertNotIn(b"the printer", terminal.text)
        self.assertIn(b"big.3mf  50.3 MB", terminal.text.split(b"\x1b[K")[-1])
        self.assertEqual(self.counters()["upload_bytes"], (48 << 20) + len(str(48 << 20)))

    def test_a_client_that_dies_in_mid_upload_is_a_cancelled_operation(self):
        self.signed_in()
        with self.daemon_.client() as c:
            first = c.call("cloud.upload", {"name": "half.3mf", "size": 1 << 20})
            c.sock.sendall(b"x" * 4096)

        def ended():
            op = self.call("op.get", op=first["op"])
            return op if op["error"] else None
        op = wait_until("the end of the operation", ended)
        self.assertEqual(op["error"]["data"]["type"], "cancelled", op)
        self.assertNotIn("half.3mf", [f["name"] for f in self.call("cloud.files")["items"]])
        self.lan_untouched()

    def test_bambuctl_killed_in_mid_upload_leaves_nothing_behind(self):
        self.signed_in()
        self.switch("slow", "3600000", "path=/or-cloud-upload-sim/users/filename/")
        child = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.daemon_.socket), "cloud", "upload", str(self.file(1 << 20)), "k.3mf"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.do("wait", "cloud", "put-file", "1")
        child.send_signal(signal.SIGKILL)
        child.communicate()
        wait_until("the operation's end", lambda: [op["error"]["data"]["type"] for op in self.call("op.list")["ops"] if op["error"]] == ["cancelled"])
        self.do("cloud", "fault", "slow", "off")
        self.assertEqual(json.loads(self.daemon_.ctl("cloud", "upload", str(self.file(5000)), "next.3mf", "--json")[1])["size"], 5000)
        self.lan_untouched()


class Canary(VerbCase):
    """Row 30 through bambuctl: what is said on the way in and out stays between the user, the daemon and the cloud."""

    def keep(self, where, what):
        self.shown.append((where, what.decode(errors="replace") if isinstance(what, bytes) else what))

    def run_ctl(self, *words, stdin=""):
        got = self.daemon_.ctl(*words, stdin=stdin)
        self.keep(f"bambuctl {words}", got[1] + got[2])
        return got

    def look_inside(self, name, pid):
        for file in ("cmdline", "environ", "comm"):
            try:
                self.keep(f"{file} of {name}", pathlib.Path(f"/proc/{pid}/{file}").read_bytes())
            except PermissionError:
                self.assertNotEqual(os.geteuid(), 0)

    def key(self):
        """A key of the user's own, and a line from its middle."""
        path = self.folder / "sign.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(path), "2048"], check=True, capture_output=True, timeout=60)
        path.chmod(0o600)
        public = self.folder / "sign.pub"
        subprocess.run(["openssl", "rsa", "-in", str(path), "-pubout", "-out", str(public)], check=True, capture_output=True, timeout=60)
        return path, public, path.read_text().splitlines()[5]

    def log_in(self, way, wanted):
        """On a terminal: the password, then the code."""
        self.do("cloud", "set", f"login={way}")
        terminal = Terminal(self.daemon_.socket, "login", "--email", self.info["account"])
        terminal.until(b"Password of ")
        terminal.type(PASSWORD.encode() + b"\n")
        terminal.until(b"Code ")
        self.look_inside("bambuctl login", terminal.child.pid)
        code = self.codes()[wanted]
        terminal.type(code.encode() + b"\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.keep("terminal", terminal.text)
        self.wait_account("printers", 2)
        return code

    def test_no_core_of_a_login(self):
        self.begin_account()
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        options = os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0"  # else the sanitizer itself forbids cores
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        terminal = Terminal(self.daemon_.socket, "login", "--email", self.info["account"], env={"ASAN_OPTIONS": options})
        terminal.until(b"Password of ")
        limits = pathlib.Path(f"/proc/{terminal.child.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertEqual(os.stat(f"/proc/{terminal.child.pid}/environ").st_uid, 0, "nobody but root looks inside")
        terminal.type(b"\x03")
        self.assertNotEqual(terminal.end(), 0)

    def files_of_others(self):
        """The token and the list of printers are the daemon's alone; nothing else it writes has a secret."""
        private = []
        for path in [p for folder in ("state", "cache", "run") for p in (self.folder / folder).rglob("*") if p.is_file()]:
            if path.name in ("cloud-token.json", "cloud-printers.json"):
                self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
                private.append(path.name)
            else:
                self.keep(str(path), path.read_bytes())
        self.assertIn("cloud-token.json", private)

    def test_a_whole_journey_shows_no_secret(self):
        self.shown = []
        path, public, line = self.key()
        self.begin_account("--cloud-sign-key", str(public), more=f"SignCertId=of-mine\nSignKey={path}\n")
        self.do("cloud", "set", "login=tfa", "tfa-api=off")
        secrets = [PASSWORD, line, line[:24], self.log_in("tfa", "tfa")]
        self.assertEqual(self.run_ctl("logout", "--yes")[0], 0)
        secrets.append(self.log_in("code", "mail"))
        token = json.loads((self.folder / "state" / "cloud-token.json").read_text())["token"]
        secrets.append(token)
        secrets += [d["dev_access_code"].strip() for d in self.ask("GET", BIND, token=token).json["devices"]]
        upload = self.ask("GET", "/v1/iot-service/api/user/upload?filename=x&size=1", token=token).json
        self.assertIn("Signature=", json.dumps(upload))
        for words, status in ((("list",), 0), (("account",), 0), (("account", "devices", "--json"), 0), (("account", "token", "--json"), 0),
                              (("cloud", "files", "--json"), 0), (("tasks",), 0), (("cloud", "upload", str(self.file(70000)), "a.3mf"), 0),
                              (("api", "GET", "/v1/user-service/my/profile"), 0), (("api", "GET", "/v1/none"), 15),
                              (("camera", "ttcode", self.serials[0], "--json"), 0), (("metrics",), 0), (("events",), 0)):
            self.assertEqual(self.run_ctl(*words)[0], status, (words, self.shown[-1]))
        self.do("cloud", "set", "url=-60")
        self.assertEqual(self.run_ctl("cloud", "upload", str(self.file(70000)), "b.3mf")[0], 16)
        for name in ("status", "wrong-types", "not-json"):
            self.switch(name, "path=/v1/user-service/my/tasks", "times=1")
            self.run_ctl("tasks", "--json")
        self.look_inside("bambud", self.daemon_.child.pid)
        self.files_of_others()
        self.assertEqual(self.run_ctl("logout", "--yes")[0], 0)
        self.assertFalse((self.folder / "state" / "cloud-token.json").exists())
        self.stop_daemon()
        self.keep("log", self.daemon_.log.read_bytes())
        self.assertGreater(self.counters()["sign_good"], 10)
        self.assertGreater(len(self.shown), 30)
        for where, text in self.shown:
            for secret in secrets:
                self.assertGreaterEqual(len(secret), 6)
                self.assertNotIn(secret, text, where)
            self.assertNotIn("Signature=", text, where)


if __name__ == "__main__":
    main()
