# SPDX-License-Identifier: MIT
"""The account against the simulated cloud: every branch of a login, every fault, what is asked how often, and no secret anywhere."""
import json
import os
import pathlib
import stat

from cloudclient import CloudCase
from harness import main, wait_until
from shim import Shim

MINUTE, HOUR, DAY = 60, 3600, 86400
PASSWORD = "pAsS-canary"


class AccountCase(CloudCase):
    """A daemon whose account lives in the simulated cloud; `sections` of printers of the LAN stay."""

    def begin_account(self, *args, sections=1, printers=2, shim=False, more=""):
        self.cloud("--cloud-password", PASSWORD, *args, printers=printers)
        config = self.folder / "bambud.conf"
        head, *all_sections = config.read_text().split("[Printer ")
        self.serials = [next(l for l in s.splitlines() if l.startswith("Serial="))[7:] for s in all_sections]
        self.lan = [s.split("]")[0] for s in all_sections[:sections]]
        head = head.replace("[Daemon]\n", "[Daemon]\nLogLevel=debug\n")
        self.write_config("[Printer ".join([head + (self.folder / "cloud.conf").read_text() + more] + all_sections[:sections]))
        self.shim = Shim(self.folder) if shim else None
        self.start_daemon()
        for name in self.lan:
            self.daemon_.wait_link(name, "online")

    def start_daemon(self):
        self.daemon_ = self.daemon(wrap=self.shim.wrap if self.shim else ())

    def stop_daemon(self):
        self.assertEqual(self.daemon_.stop(), 0, self.daemon_.text()[-2000:])
        self.processes.remove(self.daemon_)

    def call(self, method, **params):
        return self.daemon_.call(method, params)

    def error(self, method, **params):
        with self.daemon_.client() as c:
            got = c.error(method, params)
        self.assertTrue(got["data"].get("hint") or got["message"], got)
        return got["data"]["type"] if "type" in got.get("data", {}) else got["message"]

    def sign_in(self, **kw):
        return self.call("account.login", email=self.info["account"], password=PASSWORD, **kw)

    def sign_in_whole(self):
        self.assertEqual(self.sign_in(), {"state": "signed_in"})
        return self.wait_account("printers", len(self.serials))

    def wait_account(self, key, value):
        def probe():
            status = self.call("account.status")
            return status if status[key] == value else None
        return wait_until(f"account {key} {value}", probe)

    def events(self, kind):
        return [e for e in self.call("events.list", kinds=[kind])["events"]]

    def count(self, route):
        return self.counters()[route]

    def lan_untouched(self):
        for name in self.lan:
            link = self.daemon_.status(name)["link"]
            self.assertEqual((link["state"], link["reconnects"]), ("online", 0))


class Login(AccountCase):
    def test_password(self):
        self.begin_account()
        self.assertEqual(self.call("account.status")["state"], "signed_out")
        status = self.sign_in_whole()
        self.assertEqual((status["state"], status["token"]["verdict"], status["token"]["from"]), ("signed_in", "valid", "login"))
        self.assertEqual(status["email"], self.info["account"][0] + "***@" + self.info["account"].split("@")[1])
        self.assertTrue(status["uid"].isdigit())
        self.assertEqual(len(self.events("cloud.signed_in")), 1)
        self.assertEqual(self.call("printer.list")["cloud"]["state"], "signed_in")
        self.assertEqual(self.call("daemon.status")["cloud"]["printers"], 2)
        metrics = self.call("metrics.text")["text"]
        self.assertRegex(metrics, r'(?m)^bambu_cloud_requests_total\{endpoint="[^"]*user/bind",status="200"\} 1$')
        self.assertRegex(metrics, r"(?m)^bambu_cloud_token_expiry_timestamp_seconds [0-9]{10}$")
        self.lan_untouched()

    def test_wrong_password_is_no_tight_loop(self):
        self.begin_account()
        self.assertEqual(self.error("account.login", email=self.info["account"], password="wrong"), "wrong_password")
        self.assertEqual(self.counters()["login"], 1)
        self.assertEqual(self.call("account.status")["state"], "signed_out")

    def test_code_by_mail(self):
        self.begin_account("--cloud-login", "code")
        step = self.sign_in()
        self.assertEqual((step["state"], step["need"]), ("need_code", "email_code"))
        self.assertEqual(self.error("account.verify_code", login=step["login"], code="000000x"), "wrong_code")
        self.assertEqual(self.call("account.verify_code", login=step["login"], code=self.codes()["mail"]), {"state": "signed_in"})
        self.assertEqual(self.error("account.verify_code", login=step["login"], code="1"), "login_needed")

    def test_old_code_and_a_new_one(self):
        self.begin_account("--cloud-login", "code")
        self.do("cloud", "set", "code=0")
        step = self.sign_in()
        self.assertEqual(self.error("account.verify_code", login=step["login"], code=self.codes()["mail"]), "code_expired")
        self.do("cloud", "set", "code=300")
        again = self.call("account.verify_code", login=step["login"], code="")
        self.assertEqual((again["need"], again["login"]), ("email_code", step["login"]))
        self.assertEqual(self.call("account.verify_code", login=step["login"], code=self.codes()["mail"]), {"state": "signed_in"})

    def test_code_by_message_in_china(self):
        self.begin_account("--cloud-region", "china", "--cloud-login", "code")
        step = self.call("account.login", email=self.info["phone"], password=PASSWORD)
        self.assertEqual(step["need"], "sms_code")
        self.assertEqual(self.call("account.verify_code", login=step["login"], code=self.codes()["sms"]), {"state": "signed_in"})

    def tfa(self):
        step = self.sign_in()
        self.assertEqual(step["need"], "totp")
        return step["login"], self.codes()["tfa"]

    def test_authenticator_over_the_api_host(self):
        self.begin_account("--cloud-login", "tfa")
        login, code = self.tfa()
        self.assertEqual(self.error("account.verify_code", login=login, code="000000x"), "wrong_code")
        self.assertEqual(self.call("account.verify_code", login=login, code=code), {"state": "signed_in"})

    def test_authenticator_over_the_web_host(self):
        self.begin_account("--cloud-login", "tfa")
        self.do("cloud", "set", "tfa-api=off")
        login, code = self.tfa()
        self.assertEqual(self.call("account.verify_code", login=login, code=code), {"state": "signed_in"})

    def test_authenticator_gives_way_to_a_mail(self):
        self.begin_account("--cloud-login", "tfa")
        self.do("cloud", "set", "tfa-api=off")
        self.switch("no-csrf")
        login, code = self.tfa()
        step = self.call("account.verify_code", login=login, code=code)
        self.assertEqual(step["need"], "email_code")
        self.assertIn("API host: ", step["note"])
        self.assertIn("web host: csrf_missing", step["note"])
        self.assertEqual(self.call("account.verify_code", login=login, code=self.codes()["mail"]), {"state": "signed_in"})

    def test_faults_are_told_apart_from_a_bad_password(self):
        for words, want in ((("cloudflare",), "cloud_blocked"), (("429", "60"), "cloud_blocked"), (("status", "503"), "cloud_offline"),
                            (("html", "502"), "cloud_offline"), (("refuse",), "cloud_offline"), (("self-signed",), "cloud_offline"),
                            (("redirect",), "cloud_error"), (("not-json",), "cloud_error"), (("wrong-types",), "cloud_error"),
                            (("cut",), "cloud_offline")):
            with self.subTest(words):
                self.setUp()
                self.begin_account(sections=0)
                self.switch(*words)
                self.assertEqual(self.error("account.login", email=self.info["account"], password=PASSWORD), want)
                self.assertEqual(self.counters()["abroad"], 0, "nothing follows a redirect")
                self.tearDown()
        self.setUp()

    def test_a_new_login_ends_the_one_before(self):
        self.begin_account("--cloud-login", "code")
        first = self.sign_in()
        second = self.sign_in()
        self.assertEqual(self.error("account.verify_code", login=first["login"], code="1"), "login_needed")
        self.assertEqual(self.call("account.verify_code", login=second["login"], code=self.codes()["mail"]), {"state": "signed_in"})

    def test_a_token_got_elsewhere(self):
        self.begin_account()
        self.assertEqual(self.error("account.token_set", token="nonsense"), "token_dead")
        self.assertEqual(self.call("account.token_set", token=self.token)["state"], "signed_in")
        self.wait_account("printers", 2)
        self.assertEqual(self.call("account.verify_token")["token"]["verdict"], "valid")

    def test_an_account_that_is_switched_off(self):
        self.begin_account(more="Enabled=no\n")
        self.assertEqual(self.call("account.status")["state"], "disabled")
        self.assertEqual(self.error("account.login", email="a@b", password="x"), "unsupported")
        self.assertEqual(self.count("requests"), 0)


class Token(AccountCase):
    def test_restart_keeps_the_sign_in_and_logout_removes_it(self):
        self.begin_account()
        self.sign_in_whole()
        path = self.folder / "state" / "cloud-token.json"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.stop_daemon()
        before = self.count("requests")
        self.start_daemon()
        wait_until("the cloud's word", lambda: (self.call("account.status")["list"] or {}).get("kept") is False)
        self.assertEqual(self.count("requests"), before + 1)
        self.assertEqual(self.call("account.logout")["state"], "signed_out")
        self.assertFalse(path.exists())
        self.assertEqual(len(self.events("cloud.signed_out")), 1)
        self.daemon_.wait_link(self.lan[0], "online")
        self.stop_daemon()
        self.start_daemon()
        self.assertIsNone(self.call("account.status")["token"])

    def test_a_file_others_may_read_is_refused_and_the_daemon_runs(self):
        self.begin_account()
        self.sign_in_whole()
        path = self.folder / "state" / "cloud-token.json"
        self.stop_daemon()
        path.chmod(0o640)
        self.start_daemon()
        status = wait_until("the refusal", lambda: (lambda s: s if s["error"] else None)(self.call("account.status")))
        self.assertEqual(status["state"], "signed_out")
        self.assertIn(f"chmod 600 '{path}'", status["error"])
        self.assertIn(f"chmod 600 '{path}'", self.daemon_.text())
        self.daemon_.wait_link(self.lan[0], "online")

    def test_a_damaged_file_is_set_aside(self):
        self.begin_account()
        self.sign_in_whole()
        path = self.folder / "state" / "cloud-token.json"
        self.stop_daemon()
        path.write_text(path.read_text().replace('"region"', '"Region"'))
        self.start_daemon()
        self.daemon_.wait_line("cloud-token.json.bad-")
        self.assertEqual(len(list(path.parent.glob("cloud-token.json.bad-*"))), 1)
        self.assertEqual(self.sign_in(), {"state": "signed_in"})

    def test_a_dead_token_is_not_asked_about_again_and_the_lan_goes_on(self):
        self.begin_account(shim=True)
        self.sign_in_whole()
        self.do("cloud", "expire")
        before = self.count("requests")
        self.shim.pass_by(11 * MINUTE)
        status = self.wait_account("state", "signed_out")
        self.assertEqual(status["token"]["verdict"], "dead")
        asked = self.count("requests")
        self.assertEqual(asked, before + 1)
        for _ in range(12):
            self.shim.pass_by(HOUR)
            self.call("daemon.ping")
        self.assertEqual(self.count("requests"), asked)
        self.assertEqual(len([e for e in self.events("cloud.login_needed") if "no longer" in e["data"]["reason"]]), 1)
        self.assertEqual(len(self.call("printer.list")["printers"]), 2)
        self.stop_daemon()
        self.start_daemon()
        self.daemon_.wait_link(self.lan[0], "online")
        self.assertEqual(self.count("requests"), asked)
        self.assertEqual(self.sign_in(), {"state": "signed_in"})

    def test_401_that_does_not_say_why_leaves_the_token(self):
        self.begin_account(shim=True)
        self.sign_in_whole()
        self.switch("401")
        self.shim.pass_by(11 * MINUTE)
        self.do("wait", "cloud", "bind", "2")
        wait_until("the verdict", lambda: self.call("account.status")["token"]["verdict"] == "unknown")
        self.assertEqual(self.call("account.status")["state"], "signed_in")

    def test_an_outage_is_six_requests_in_the_first_hour(self):
        self.begin_account(shim=True)
        self.sign_in_whole()
        self.switch("status", "503")
        before = self.count("requests")
        leaps = iter(range(HOUR // MINUTE))

        def later():
            self.shim.pass_by(MINUTE)
            self.call("daemon.ping")
            return next(leaps, None) is None
        # A leap ends a request under way: a tenth of a second between them.
        wait_until("an hour of it", later, pause=0.1, deadline=60)
        self.assertLessEqual(self.count("requests") - before, 6)
        self.assertGreaterEqual(self.count("requests") - before, 2)
        self.assertEqual(self.call("account.status")["state"], "offline")

    def test_a_page_of_cloudflare_is_blocked_and_has_an_end(self):
        self.begin_account(shim=True)
        self.sign_in_whole()
        self.switch("cloudflare")
        self.shim.pass_by(11 * MINUTE)
        self.wait_account("state", "blocked")
        self.assertEqual(len(self.events("cloud.blocked")), 1)
        self.do("cloud", "fault", "cloudflare", "off")

        def later():
            self.shim.pass_by(10 * MINUTE)
            return self.call("account.status")["state"] == "signed_in"
        # A leap ends a request under way: half a second between them.
        wait_until("the end of it", later, pause=0.5)
        self.assertEqual([e["data"]["reason"] for e in self.events("cloud.signed_in")][1:], ["the cloud answers again"])

    def test_the_end_is_told_ahead(self):
        self.begin_account(shim=True)
        self.do("cloud", "set", f"expires={20 * DAY}")
        self.sign_in_whole()
        for days, want in ((5, []), (2, [14]), (11, [14, 3]), (1.9, [14, 3, 1])):
            self.shim.pass_by(int(days * DAY))
            wait_until(f"warnings {want}", lambda: [e["data"]["days"] for e in self.events("cloud.token_expiring")] == want)


class Printers(AccountCase):
    def test_bound_printers_come_and_go_with_the_account(self):
        self.begin_account(printers=3)
        self.assertEqual(len(self.call("printer.list")["printers"]), 1)
        self.sign_in_whole()
        wait_until("the printers", lambda: len(self.call("printer.list")["printers"]) == 3)
        devices = self.call("account.devices")["devices"]
        self.assertEqual(sorted(d["serial"] for d in devices), sorted(self.serials))
        self.assertTrue(all(d["printer"] for d in devices))
        self.assertEqual([d["printer"] for d in devices if d["serial"] == self.serials[0]], self.lan)
        self.assertNotIn("code", json.dumps(devices))
        names = {d["serial"]: d["printer"] for d in devices}
        self.lan_untouched()
        self.stop_daemon()
        self.start_daemon()
        wait_until("the printers", lambda: len(self.call("printer.list")["printers"]) == 3)
        self.assertEqual({p["serial"]: p["name"] for p in self.call("printer.list")["printers"]}, names)
        self.call("account.logout")
        self.assertEqual([p["name"] for p in self.call("printer.list")["printers"]], self.lan)

    def test_a_section_without_code_gets_it_from_the_account(self):
        self.begin_account()
        config = self.folder / "bambud.conf"
        config.write_text("".join(l for l in config.read_text().splitlines(True) if not l.startswith("AccessCode=")))
        self.call("daemon.reload")
        self.assertEqual(self.daemon_.status(self.lan[0])["link"]["state"], "disabled")
        self.assertIn("no AccessCode=", self.daemon_.status(self.lan[0])["link"]["last_error"])
        self.sign_in_whole()
        self.daemon_.wait_link(self.lan[0], "online")

    def test_only_sections_when_told_so(self):
        self.begin_account(more="[Discovery]\nAdopt=configured\n", printers=3)
        self.sign_in_whole()
        self.assertEqual(len(self.call("printer.list")["printers"]), 1)
        self.assertEqual(sum(d["printer"] is not None for d in self.call("account.devices")["devices"]), 1)


class Canary(AccountCase):
    def test_no_secret_is_anywhere_but_in_its_own_file(self):
        self.begin_account("--cloud-login", "tfa")
        self.do("cloud", "set", "tfa-api=off")
        shown = []
        step = self.sign_in()
        code = self.codes()["tfa"]
        shown.append(json.dumps(self.call("account.verify_code", login=step["login"], code=code)))
        self.wait_account("printers", 2)
        path = self.folder / "state" / "cloud-token.json"
        token = json.loads(path.read_text())["token"]
        codes = [d["dev_access_code"].strip() for d in self.ask("GET", "/v1/iot-service/api/user/bind", token=token).json["devices"]]
        with self.daemon_.client() as c:
            for method in ("account.status", "account.devices", "account.limits", "daemon.status", "daemon.stats", "printer.list",
                           "events.list", "metrics.text", "account.verify_token", "account.logout"):
                if method == "account.logout":
                    shown.append((pathlib.Path("/proc") / str(self.daemon_.child.pid) / "cmdline").read_text())
                    for file in (self.folder / "state").rglob("*"):
                        if file.is_file() and file != path:
                            text = file.read_text(errors="replace")
                            if file.name == "cloud-printers.json":
                                self.assertEqual(file.stat().st_mode & 0o777, 0o600)
                                for lent in codes:
                                    self.assertIn(lent, text)
                                    text = text.replace(lent, "")
                            shown.append(text)
                shown.append(json.dumps(c.call(method)))
        env = pathlib.Path("/proc") / str(self.daemon_.child.pid) / "environ"
        if os.access(env, os.R_OK):
            shown.append(env.read_bytes().decode(errors="replace"))
        shown.append(self.daemon_.text())
        for secret in [PASSWORD, token, code, *codes]:
            self.assertGreaterEqual(len(secret), 6)
            for text in shown:
                self.assertNotIn(secret, text)


if __name__ == "__main__":
    main()
