# SPDX-License-Identifier: MIT
"""Signing in with bambuctl: on a terminal and without one, every way the cloud may want it, and what goes wrong."""
import json
import socket
import subprocess
import termios
import threading

import harness
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
        threading.Thread(target=self.serve, daemon=True).start()

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
            self.assertTrue(self.echo(terminal))
            terminal.type(b"123456\n")
            self.assertEqual(terminal.end(), 0, terminal.text)
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
        terminal.until(b"too old")
        terminal.until(b"(empty: a new one): ")
        terminal.type(b"\n")
        terminal.until(b"Asking for a new code")
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

    def test_fields_of_the_profile_are_set(self):
        self.daemon_.answers["account.profile_set"] = [answer({"name": "a=b"})]
        self.assertEqual(self.pipe("account", "profile", "set", "name=a=b", "bio=")[0], 0)
        self.assertEqual(self.daemon_.said("account.profile_set"), [{"values": {"name": "a=b", "bio": ""}}])
        for words in ((), ("name",), ("=x",)):
            self.assertEqual(self.pipe("account", "profile", "set", *words)[0], 2)


if __name__ == "__main__":
    harness.main()
