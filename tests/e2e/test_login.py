# SPDX-License-Identifier: MIT
"""Signing in with bambuctl: on a terminal and without one, every way the cloud may want it, and what goes wrong."""
import json
import socket
import subprocess
import termios
import threading

import harness
import test_account
from harness import BAMBUCTL, DEADLINE, Case
from test_ctl import Terminal

PASSWORD, EMAIL = "correct horse", "maker@example.org"
SHOWN = {"state": "signed_in", "region": "global", "uid": "1234567", "email": "m***@example.org", "need": None, "printers": 3,
         "token": {"expires": None, "verdict": "valid"}, "error": None}


def failure(kind, message, hint=None):
    return {"error": {"code": 11, "message": message, "data": {"type": kind, "hint": hint}}}


def answer(result):
    return {"result": result}


def need(kind, login="L1", note=None):
    return answer({"state": "need_code", "need": kind, "login": login, "note": note})


class Script:
    """A daemon that says what a test wants, and notes what it was asked."""

    def __init__(self, path, perm="admin"):
        self.path, self.asked, self.answers = path, [], {}
        self.answers["hello"] = [answer({"you": {"uid": 0, "perm": ["read", "control", perm]}})]
        self.answers["account.status"] = [answer(SHOWN)]
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.door.bind(str(path))
        self.door.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            with client, client.makefile("rw") as lines:
                for line in lines:
                    request = json.loads(line)
                    self.asked.append((request["method"], request.get("params", {})))
                    queue = self.answers[request["method"]]
                    # The last answer stays.
                    reply = queue.pop(0) if len(queue) > 1 else queue[0]
                    lines.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}) + "\n")
                    lines.flush()

    def close(self):
        """Awaits the thread: an accept that is about to begin would take the next door of the same number."""
        self.door.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.door.close()

    def said(self, method):
        return [params for name, params in self.asked if name == method]


class ScriptedCase(Case):
    """Answers that are hard to bring about are written down here; what is asked is looked at."""

    def setUp(self):
        super().setUp()
        self.path = self.folder / "s"
        self.daemon_ = Script(self.path)
        self.addCleanup(self.daemon_.close)
        self.daemon_.answers["account.login"] = [answer({"state": "signed_in"})]

    def terminal(self, *args):
        return Terminal(self.path, "login", *args)

    def pipe(self, *args, given=""):
        done = subprocess.run([str(BAMBUCTL), "--socket", str(self.path), *args], input=given, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        return done.returncode, done.stdout, done.stderr

    def echo(self, terminal):
        return bool(termios.tcgetattr(terminal.master)[3] & termios.ECHO)

    def answer_password(self, terminal):
        terminal.until(b"Password of maker@example.org")
        self.assertFalse(self.echo(terminal))
        terminal.type(PASSWORD.encode() + b"\n")

    def test_password_is_asked_for_and_never_shown(self):
        terminal = self.terminal()
        terminal.until(b"E-mail address or telephone number: ")
        self.assertTrue(self.echo(terminal))
        terminal.type(EMAIL.encode() + b"\n")
        self.answer_password(terminal)
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertNotIn(PASSWORD.encode(), terminal.text)
        self.assertIn(b"signed in as m***@example.org (global), token end unknown; 3 printers found\r\n", terminal.text)
        self.assertEqual(self.daemon_.said("account.login"), [{"email": EMAIL, "password": PASSWORD}])

    def test_region_is_passed_on(self):
        terminal = self.terminal("--email", EMAIL, "--region", "china")
        self.answer_password(terminal)
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.daemon_.said("account.login")[0]["region"], "china")
        code, _, err = self.pipe("login", "--region", "moon")
        self.assertEqual((code, err.count("\n")), (2, 1))

    def test_code_is_asked_for_with_the_place_to_look(self):
        for kind, words in (("email_code", b"Code from the e-mail to maker@example.org"), ("totp", b"Code of the authenticator app"),
                            ("sms_code", b"Code from the text message to maker@example.org")):
            self.daemon_.answers["account.login"] = [need(kind)]
            self.daemon_.answers["account.verify_code"] = [answer({"state": "signed_in"})]
            terminal = self.terminal("--email", EMAIL)
            self.answer_password(terminal)
            terminal.until(words)
            self.assertFalse(self.echo(terminal))
            terminal.type(b"123456\n")
            self.assertEqual(terminal.end(), 0, terminal.text)
            self.assertNotIn(b"123456", terminal.text)
            self.assertEqual(self.daemon_.said("account.verify_code")[-1], {"login": "L1", "code": "123456"})

    def test_a_wrong_code_may_be_entered_again_three_times_in_all(self):
        self.daemon_.answers["account.login"] = [need("email_code")]
        self.daemon_.answers["account.verify_code"] = [failure("wrong_code", "the cloud did not take the code", "enter it again")]
        terminal = self.terminal("--email", EMAIL)
        self.answer_password(terminal)
        for _ in range(3):
            terminal.until(b"Code from the e-mail")
            terminal.text = b""
            terminal.type(b"000000\n")
        self.assertEqual(terminal.end(), 11)
        self.assertIn(b"bambuctl: the cloud did not take the code", terminal.text)
        self.assertEqual(len(self.daemon_.said("account.verify_code")), 3)

    def test_a_new_code_is_asked_for_with_an_empty_line(self):
        self.daemon_.answers["account.login"] = [need("email_code")]
        self.daemon_.answers["account.verify_code"] = [failure("code_expired", "the code is too old"), need("email_code", "L2"),
                                                       answer({"state": "signed_in"})]
        terminal = self.terminal("--email", EMAIL)
        self.answer_password(terminal)
        terminal.until(b"(empty: a new one): ")
        terminal.type(b"111111\n")
        terminal.until(b"asks for a new one.\r\nCode from the e-mail")
        terminal.type(b"\n")
        terminal.until(b"Asking for a new code ...\r\nCode from the e-mail")
        terminal.type(b"222222\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertEqual([(p["login"], p["code"]) for p in self.daemon_.said("account.verify_code")],
                         [("L1", "111111"), ("L1", ""), ("L2", "222222")])

    def test_what_was_tried_before_is_said(self):
        self.daemon_.answers["account.login"] = [need("email_code", note="the authenticator's way is \u202ebarred")]
        terminal = self.terminal("--email", EMAIL)
        self.answer_password(terminal)
        terminal.until(b"Code from the e-mail")
        self.assertIn(rb"the authenticator's way is \u{202E}barred", terminal.text)
        terminal.type(b"\x04")
        self.assertEqual(terminal.end(), 9)

    def test_without_a_password_a_code_is_sent(self):
        self.daemon_.answers["account.login"] = [need("email_code")]
        self.daemon_.answers["account.verify_code"] = [answer({"state": "signed_in"})]
        terminal = self.terminal("--email", EMAIL)
        terminal.until(b"a code is sent instead): ")
        terminal.type(b"\n")
        terminal.until(b"Code from the e-mail")
        terminal.type(b"123456\n")
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.daemon_.said("account.login"), [{"email": EMAIL}])

    def test_ctrl_c_leaves_the_terminal_as_it_was(self):
        terminal = self.terminal("--email", EMAIL)
        terminal.until(b"Password of")
        self.assertFalse(self.echo(terminal))
        terminal.type(b"half a pass\x03")
        self.assertEqual(terminal.child.wait(DEADLINE), -2)
        self.assertTrue(self.echo(terminal))
        self.assertNotIn(b"half", terminal.text)
        terminal.end()
        terminal = self.terminal("--email", EMAIL)
        terminal.until(b"Password of")
        terminal.child.terminate()
        self.assertEqual(terminal.child.wait(DEADLINE), -15)
        self.assertTrue(self.echo(terminal))
        terminal.end()
        self.assertEqual(self.daemon_.said("account.login"), [])

    def test_after_a_stop_the_password_is_asked_for_again(self):
        terminal = self.terminal("--email", EMAIL)
        terminal.until(b"Password of")
        # Nobody is there to continue it, so the kernel lets it run: that comes to the same.
        terminal.text = b""
        terminal.type(b"wrong\x1a")
        self.answer_password(terminal)
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.daemon_.said("account.login")[0]["password"], PASSWORD)

    def test_failures_keep_their_status_and_remedy(self):
        for kind, status in (("wrong_password", 11), ("cloud_blocked", 15), ("cloud_offline", 15), ("csrf_missing", 15), ("rate_limited", 13)):
            self.daemon_.answers["account.login"] = [failure(kind, f"words of {kind}", "do that")]
            code, out, err = self.pipe("login", "--email", EMAIL, given=f"{PASSWORD}\n")
            self.assertEqual((code, out, err), (status, "", f"bambuctl: words of {kind}  (do that)\n"))
            code, out, _ = self.pipe("login", "--email", EMAIL, "--json", given=f"{PASSWORD}\n")
            self.assertEqual((code, json.loads(out)["error"]["data"]["type"]), (status, kind))

    def test_without_a_terminal_the_lines_of_stdin_are_password_and_code(self):
        self.daemon_.answers["account.login"] = [need("totp")]
        self.daemon_.answers["account.verify_code"] = [answer({"state": "signed_in"})]
        code, out, err = self.pipe("login", "--email", EMAIL, given=f"{PASSWORD}\n123456\nmore\n")
        self.assertEqual((code, out, err), (0, "signed in as m***@example.org (global), token end unknown; 3 printers found\n", ""))
        self.assertEqual(self.daemon_.said("account.login"), [{"email": EMAIL, "password": PASSWORD}])
        self.assertEqual(self.daemon_.said("account.verify_code"), [{"login": "L1", "code": "123456"}])
        code, out, _ = self.pipe("login", "--email", EMAIL, "--json=short", given=f"{PASSWORD}\n123456\n")
        self.assertEqual((code, out), (0, '{"state":"signed_in"}\n'))

    def test_without_a_code_the_login_is_left_open(self):
        self.daemon_.answers["account.login"] = [need("email_code")]
        code, out, err = self.pipe("login", "--email", EMAIL, given=f"{PASSWORD}\n")
        self.assertEqual((code, out), (11, ""))
        self.assertIn("asks for a code (email_code)", err)
        code, out, err = self.pipe("login", "--email", EMAIL, "--json", given=f"{PASSWORD}\n")
        self.assertEqual((code, json.loads(out)["login"], err.count("\n")), (11, "L1", 1))
        # A wrong one ends it: the next line is not another guess.
        self.daemon_.answers["account.verify_code"] = [failure("wrong_code", "no")]
        self.assertEqual(self.pipe("login", "--email", EMAIL, given=f"{PASSWORD}\n1\n2\n")[0], 11)
        self.assertEqual(len(self.daemon_.said("account.verify_code")), 1)

    def test_a_token_is_read_from_stdin(self):
        code, out, _ = self.pipe("login", "--token-stdin", given="AAbb.token\n")
        self.assertEqual((code, out.split(",")[0]), (0, "signed in as m***@example.org (global)"))
        self.assertEqual(self.daemon_.said("account.login"), [{"token": "AAbb.token"}])
        self.assertEqual(self.pipe("login", "--token-stdin", given="")[0], 9)
        self.assertEqual(self.pipe("login", "--token-stdin", given="\n")[0], 2)
        self.assertEqual(self.pipe("login", "--token-stdin", given="x" * 20000 + "\n")[0], 2)
        self.assertEqual(self.pipe("login", "--token-stdin", "--email", EMAIL, given="x\n")[0], 2)
        self.assertEqual(len(self.daemon_.said("account.login")), 1)

    def test_nothing_is_asked_in_vain(self):
        self.assertEqual(self.pipe("login", given=f"{PASSWORD}\n")[0], 2)
        self.assertEqual(self.pipe("login", "--email", "not an address", given=f"{PASSWORD}\n")[0], 2)
        self.assertEqual(self.pipe("login", EMAIL, given=f"{PASSWORD}\n")[0], 2)
        self.daemon_.answers["account.status"] = [answer({"state": "disabled", "error": "Enabled=no in [Cloud]"})]
        code, _, err = self.pipe("login", "--email", EMAIL, given=f"{PASSWORD}\n")
        self.assertEqual((code, "Enabled=no" in err), (11, True), err)
        self.daemon_.answers["hello"] = [answer({"you": {"uid": 5, "perm": ["read"]}})]
        terminal = self.terminal("--email", EMAIL)
        self.assertEqual(terminal.end(), 6)
        self.assertNotIn(b"Password", terminal.text)
        self.assertEqual(self.daemon_.said("account.login"), [])

    def test_the_account_in_words(self):
        dead = {**SHOWN, "state": "signed_out", "token": {"expires": "2020-01-01T00:00:00.000Z", "verdict": "dead"}}
        unsure = {**SHOWN, "state": "blocked", "token": {"expires": None, "verdict": "unknown"}, "error": "try later"}
        out_ = {**SHOWN, "state": "signed_out", "token": None, "email": None, "uid": None, "printers": None}
        for status, words, exit_status in ((SHOWN, "signed in", 0), (dead, "no longer takes the token", 11),
                                           (unsure, "not known whether it is good", 15), (out_, "signed out", 11)):
            self.daemon_.answers["account.status"] = self.daemon_.answers["account.verify_token"] = [answer(status)]
            for args in (("account",), ("account", "show")):
                code, out, err = self.pipe(*args)
                self.assertEqual((code, err, words in out), (0, "", True), out)
            code, out, err = self.pipe("account", "token")
            self.assertEqual((code, words in out, err.count("\n")), (exit_status, True, int(exit_status > 0)), (out, err))
            code, out, _ = self.pipe("account", "token", "--json")
            self.assertEqual((code, json.loads(out)), (exit_status, status))

    def test_what_a_token_says_of_itself_is_shown_where_it_says_anything(self):
        claims = {"username": "u_7\x1b", "issued": "2026-01-02T03:04:05.000Z", "expires": None}
        for said, words in ((claims, r"claims    u_7\\x1B, issued 2026-01-02 [0-9:]+\n"), ({**claims, "username": None}, "claims    issued 2026"),
                            ({"username": None, "issued": None, "expires": None}, "claims    nothing of use\n")):
            self.daemon_.answers["account.status"] = [answer({**SHOWN, "token": {**SHOWN["token"], "claims": said}})]
            self.assertRegex(self.pipe("account")[1], words)
        self.daemon_.answers["account.status"] = [answer({**SHOWN, "token": {**SHOWN["token"], "claims": None}})]
        self.assertNotIn("claims", self.pipe("account")[1])

    def test_tables_of_the_account(self):
        self.daemon_.answers["account.devices"] = [answer({"devices": [
            {"serial": "01S00A000000001", "name": "bench\x1b[2J", "model": "P1S", "product": "Bambu Lab P1S", "online": True, "printer": None}]})]
        self.daemon_.answers["account.limits"] = [answer({"buckets": [
            {"name": "login", "rate": 5, "per": "minute", "left": 4, "refill_ms": 11001}], "blocked_until": None, "blocked_why": None})]
        code, out, err = self.pipe("account", "devices")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"(?s)NAME +PRINTER +SERIAL +MODEL +ONLINE\nbench\\x1B\[2J +- +01S00A000000001 +P1S +yes\n")
        code, out, _ = self.pipe("account", "limits")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"login +4 +5 +minute +12s\n")

    def test_fields_of_the_profile_are_set(self):
        self.daemon_.answers["account.profile_set"] = [answer({"name": "a=b"})]
        self.assertEqual(self.pipe("account", "profile", "set", "name=a=b", "bio=")[0], 0)
        self.assertEqual(self.daemon_.said("account.profile_set"), [{"values": {"name": "a=b", "bio": ""}}])
        for words in ((), ("name",), ("=x",)):
            self.assertEqual(self.pipe("account", "profile", "set", *words)[0], 2)


class CloudCase(test_account.AccountCase):
    """bambuctl, bambud and the simulated cloud: nothing is written down beforehand."""

    def terminal(self):
        terminal = Terminal(self.daemon_.socket, "login", "--email", self.info["account"])
        terminal.until(b"Password of")
        terminal.type(test_account.PASSWORD.encode() + b"\n")
        return terminal

    def by_pipe(self, *args, given=None):
        given = test_account.PASSWORD + "\n" if given is None else given
        return self.daemon_.ctl("login", "--email", self.info["account"], *args, stdin=given)

    def test_from_signing_in_to_signing_out(self):
        self.begin_account(printers=3)
        self.assertIn("state     signed out\n", self.daemon_.ctl("account")[1])
        self.do("cloud", "set", "expires=7776000")
        terminal = self.terminal()
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertRegex(terminal.text.decode(), r"signed in as m\*+@example\.org \(custom\), token ends in 89 days; 3 printers found\r\n")
        self.assertNotIn(test_account.PASSWORD.encode(), terminal.text)
        code, out, _ = self.daemon_.ctl("account", "token")
        self.assertEqual((code, "valid" in out), (0, True), out)
        code, out, _ = self.daemon_.ctl("account", "devices", "-n", "-o", "serial")
        self.assertEqual((code, sorted(out.split())), (0, sorted(self.serials)))
        code, out, _ = self.daemon_.ctl("account", "limits")
        self.assertEqual((code, "REFILL" in out), (0, True), out)
        self.assertRegex(self.daemon_.ctl("list")[1], r"\.  Cloud: signed in, token ends in 89 days\.\n")
        self.assertIn("signed_in", self.daemon_.ctl("daemon", "status")[1])
        self.assertEqual(self.daemon_.ctl("logout"), (0, "signed out\n", ""))
        code, _, err = self.daemon_.ctl("account", "token")
        self.assertEqual((code, "bambuctl login" in err), (11, True), err)
        code, _, err = self.daemon_.ctl("account", "devices")
        self.assertEqual((code, "bambuctl login" in err), (11, True), err)

    def test_a_code_by_mail_after_a_wrong_one(self):
        self.begin_account("--cloud-login", "code")
        terminal = self.terminal()
        terminal.until(b"Code from the e-mail")
        terminal.type(b"0\n")
        terminal.until(b"did not take the code\r\nCode from the e-mail")
        terminal.type(self.codes()["mail"].encode() + b"\n")
        self.assertEqual(terminal.end(), 0, terminal.text)
        self.assertEqual(self.call("account.status")["state"], "signed_in")

    def test_who_was_overtaken_by_another_login_is_told_to_begin_anew(self):
        self.begin_account("--cloud-login", "code")
        first, second = self.terminal(), None
        first.until(b"Code from the e-mail")
        second = self.terminal()
        second.until(b"Code from the e-mail")
        first.type(b"123456\n")
        self.assertEqual(first.end(), 11, first.text)
        self.assertRegex(first.text, rb"this login has ended: a later one.*try: bambuctl login\r\n$")
        second.type(self.codes()["mail"].encode() + b"\n")
        self.assertEqual(second.end(), 0, second.text)

    def test_an_old_code_and_a_new_one(self):
        self.begin_account("--cloud-login", "code")
        self.do("cloud", "set", "code=0")
        terminal = self.terminal()
        terminal.until(b"Code from the e-mail")
        terminal.type(self.codes()["mail"].encode() + b"\n")
        terminal.until(b"asks for a new one.\r\nCode from the e-mail")
        self.do("cloud", "set", "code=300")
        terminal.text = b""
        terminal.type(b"\n")
        terminal.until(b"Code from the e-mail")
        terminal.type(self.codes()["mail"].encode() + b"\n")
        self.assertEqual(terminal.end(), 0, terminal.text)

    def test_an_authenticator_without_a_terminal(self):
        self.begin_account("--cloud-login", "tfa")
        code, out, err = self.by_pipe("--json")
        step = json.loads(out)
        self.assertEqual((code, step["need"], err.count("\n")), (11, "totp", 1), err)
        self.assertIn("a login waits for a code", self.daemon_.ctl("account")[1])
        # A program goes on with what it was told.
        self.assertEqual(self.call("account.verify_code", login=step["login"], code=self.codes()["tfa"]), {"state": "signed_in"})

    def test_what_stands_in_the_way_is_told_apart(self):
        self.begin_account()
        code, out, err = self.by_pipe(given="wrong\n")
        self.assertEqual((code, out, err.count("\n")), (11, "", 1), err)
        self.assertIn("password", err)
        self.do("cloud", "fault", "cloudflare", "on")
        code, _, err = self.by_pipe()
        self.assertEqual((code, "Cloudflare" in err, err.count("\n")), (15, True, 1), err)

    def test_a_token_got_elsewhere(self):
        self.begin_account("--cloud-token", "opaque-and-good")
        code, _, err = self.daemon_.ctl("login", "--token-stdin", stdin="not-one\n")
        self.assertEqual((code, err.count("\n")), (11, 1), err)
        code, out, err = self.daemon_.ctl("login", "--token-stdin", stdin="opaque-and-good\n")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^signed in as .*\(custom\), token end unknown; 2 printers found\n$")


if __name__ == "__main__":
    harness.main()
