# SPDX-License-Identifier: MIT
"""The account's printers without the cloud: the kept list, its names, its codes, and whose it is."""
import json
import pathlib
import stat

from harness import main, wait_until
from test_account import MINUTE, AccountCase

CODE = "kEpTcOdE"


class BoundCase(AccountCase):
    @property
    def kept(self):
        return self.folder / "state" / "cloud-printers.json"

    def begin_bound(self, **kw):
        """A section that lacks its code; the others are the account's alone."""
        self.begin_account("--code", CODE, **kw)
        config = self.folder / "bambud.conf"
        config.write_text("".join(l for l in config.read_text().splitlines(True) if not l.startswith("AccessCode=")))
        self.call("daemon.reload")
        self.sign_in_whole()
        self.daemon_.wait_link(self.lan[0], "online")
        wait_until("the list to be kept", self.kept.exists)

    def names(self):
        return {p["serial"]: p["name"] for p in self.call("printer.list")["printers"]}

    def wait_confirmed(self):
        wait_until("the cloud's word", lambda: (self.call("account.status")["list"] or {}).get("kept") is False)

    def restart_without_cloud(self):
        self.stop_daemon()
        self.switch("refuse")
        self.start_daemon()


class Outage(BoundCase):
    def test_printers_are_there_and_connect_with_the_lent_code(self):
        self.begin_bound(printers=3, shim=True)
        names = self.names()
        self.assertEqual(len(names), 3)
        self.restart_without_cloud()
        self.daemon_.wait_link(self.lan[0], "online")
        self.assertEqual(self.names(), names)
        self.wait_account("state", "offline")
        listed = self.call("account.devices")
        self.assertEqual(len(listed["devices"]), 3)
        self.assertTrue(all(d["online"] is None for d in listed["devices"]), "nobody knows now")
        self.assertIs(listed["list"]["kept"], True)
        self.assertTrue(0 <= listed["list"]["age_ms"] < 60000, listed["list"])
        self.assertEqual(self.call("account.status")["list"]["told"], listed["list"]["told"])
        stats = self.call("daemon.stats")["counters"]["account"]
        self.assertEqual((stats["state"], stats["requests"]["answered"]), ("offline", 0))
        self.assertGreaterEqual(stats["requests"]["unanswered"], 1)
        code, out, _ = self.daemon_.ctl("account")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"printers +3, from the list of .* ago, until the cloud answers")
        self.do("cloud", "fault", "refuse", "off")

        def later():
            self.shim.pass_by(MINUTE)
            return self.call("account.status")["list"]["kept"] is False
        # A leap ends a request under way: half a second between them.
        wait_until("the cloud's word", later, pause=0.5)
        self.assertEqual(self.names(), names)

    def test_a_dead_token_leaves_the_codes_over_a_restart(self):
        self.begin_bound()
        self.do("cloud", "expire")
        self.stop_daemon()
        self.start_daemon()
        wait_until("the verdict", lambda: (self.call("account.status")["token"] or {}).get("verdict") == "dead")
        self.stop_daemon()
        self.start_daemon()
        self.daemon_.wait_link(self.lan[0], "online")
        self.assertEqual(self.call("account.status")["token"]["verdict"], "dead")
        self.assertEqual(len(self.names()), 2)

    def test_a_suffix_never_moves_to_another_printer(self):
        self.begin_bound(printers=3, sections=1)
        first, second = sorted(self.serials[1:])
        names = self.names()
        # Now both have the name that the second was served under first.
        self.do("cloud", "name", first, names[second])
        self.stop_daemon()
        self.start_daemon()
        self.wait_confirmed()
        self.assertEqual(self.names(), names)
        self.restart_without_cloud()
        wait_until("the printers", lambda: len(self.names()) == 3)
        self.assertEqual(self.names(), names)


class File(BoundCase):
    def test_logout_removes_it(self):
        self.begin_bound()
        self.assertEqual(stat.S_IMODE(self.kept.stat().st_mode), 0o600)
        self.call("account.logout")
        self.assertFalse(self.kept.exists())
        self.stop_daemon()
        self.start_daemon()
        self.assertIsNone(self.call("account.status")["list"])
        self.daemon_.wait_link(self.lan[0], "disabled")

    def test_one_that_others_may_read_is_refused_and_the_daemon_runs(self):
        self.begin_bound()
        self.stop_daemon()
        self.switch("refuse")
        self.kept.chmod(0o644)
        self.start_daemon()
        status = wait_until("the refusal", lambda: (lambda s: s if s["error"] else None)(self.call("account.status")))
        self.assertIn(f"chmod 600 '{self.kept}'", status["error"])
        self.assertIsNone(status["printers"])
        self.stop_daemon()
        self.kept.chmod(0o600)
        self.start_daemon()
        self.daemon_.wait_link(self.lan[0], "online")

    def test_a_damaged_one_is_set_aside_and_written_anew(self):
        self.begin_bound()
        self.stop_daemon()
        self.kept.write_text(self.kept.read_text().replace('"u_', '"u_1', 1))
        self.start_daemon()
        self.daemon_.wait_line("cloud-printers.json.bad-")
        aside = list(self.kept.parent.glob("cloud-printers.json.bad-*"))
        self.assertEqual([stat.S_IMODE(p.stat().st_mode) for p in aside], [0o600])
        self.daemon_.wait_link(self.lan[0], "online")
        wait_until("a new one", self.kept.exists)

    def test_codes_are_in_no_other_place(self):
        self.begin_bound()
        token = json.loads((self.folder / "state" / "cloud-token.json").read_text())["token"]
        self.assertIn(CODE, self.kept.read_text())
        self.assertNotIn(token, self.kept.read_text())
        self.restart_without_cloud()
        self.daemon_.wait_link(self.lan[0], "online")
        proc = pathlib.Path("/proc") / str(self.daemon_.child.pid)
        shown = [proc.joinpath("cmdline").read_text()]
        with self.daemon_.client() as c:
            for method in ("account.status", "account.devices", "daemon.status", "daemon.stats", "printer.list", "events.list",
                           "metrics.text"):
                shown.append(json.dumps(c.call(method)))
        for words in (["account"], ["account", "devices"], ["list"], ["doctor", self.lan[0]]):
            _, out, err = self.daemon_.ctl(*words)
            shown.append(out + err)
        files = [p for folder in ("state", "cache", "run") for p in (self.folder / folder).rglob("*") if p.is_file()]
        self.assertIn(self.kept, files)
        shown += [p.read_text(errors="replace") for p in files if p != self.kept]
        self.kept.write_text(self.kept.read_text()[:-20])
        self.stop_daemon()
        self.start_daemon()
        self.daemon_.wait_line("cloud-printers.json.bad-")
        shown.append(self.daemon_.text())
        for text in shown:
            self.assertNotIn(CODE, text)


if __name__ == "__main__":
    main()
