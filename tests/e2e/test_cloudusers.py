# SPDX-License-Identifier: MIT
"""The account and the wrong user: who may ask the cloud what, and what is masked below admin (row 22)."""
import grp
import json
import os
import shutil
import unittest

import harness
from harness import BAMBUD, Client, main
from test_account import AccountCase
from test_users import CLASSES, CONTROL, CONTROL_GROUP, READ_GROUP, READER, SERVICE, STRANGER, sample_params, user

OTHERS = ("printer.bind", "printer.unbind", "camera.ttcode")


@unittest.skipIf(os.geteuid() != 0, "only root can be every user in turn")
class CloudUsers(AccountCase):
    def write_config(self, text, mode=0o600, name="bambud.conf"):
        text = text.replace("[Daemon]\n", f"[Daemon]\nGroup={CONTROL_GROUP}\nReadGroup={READ_GROUP}\nOthers=none\n", 1)
        return super().write_config(text, mode, name)

    def start_daemon(self):
        """As the service's own user."""
        program = self.folder / "bambud"
        shutil.copy(BAMBUD, program)
        self.folder.chmod(0o711)
        for path in (self.folder, self.folder / "bambud.conf"):
            os.chown(path, SERVICE, SERVICE)
        old, harness.BAMBUD = harness.BAMBUD, program
        try:
            self.daemon_ = self.daemon(wrap=["setpriv", f"--reuid={SERVICE}", f"--regid={SERVICE}", "--clear-groups", "env",
                                             "RUNTIME_DIRECTORY=/run/bambud"])
        finally:
            harness.BAMBUD = old

    def as_(self, who):
        uid, groups = {"read": (READER, [grp.getgrnam(READ_GROUP).gr_gid]), "control": (CONTROL, [grp.getgrnam(CONTROL_GROUP).gr_gid]),
                       "admin": (SERVICE, [])}[who]
        with user(uid, groups=groups):
            return Client(self.daemon_.socket)

    def methods(self):
        found = [m for m in self.call("api.methods")["methods"] if m["since"] and
                 (m["name"].startswith(("cloud.", "account.")) or m["name"] in OTHERS)]
        self.assertGreater(len(found), 30)
        return found

    def params(self, method, **more):
        given = {k: self.serials[0] if k in ("printer", "serial") else v for k, v in sample_params(method, self.lan[0]).items()}
        if any(p["name"] == "printer" for p in method["params"]):
            given["printer"] = self.serials[0]
        given.update({"cloud.notifications": {"unread": True}}.get(method["name"], {}))
        return dict(given, **{k: v for k, v in more.items() if any(p["name"] == k for p in method["params"])})

    def test_no_method_reaches_the_cloud_below_its_class(self):
        self.begin_account()
        self.sign_in_whole()
        for who in ("read", "control"):
            refused = []
            before = self.counters()["requests"]
            with self.as_(who) as c:
                for m in self.methods():
                    if CLASSES[m["perm"]] > CLASSES[who]:
                        self.assertEqual(c.error(m["name"], self.params(m))["data"]["type"], "permission_denied", f"{m['name']} by {who}")
                        refused.append(m["name"])
            self.assertGreaterEqual(len(refused), 10)
            self.assertEqual(self.counters()["requests"], before, "refused before the cloud is asked")
            for name in refused:
                self.assertRegex(self.daemon_.text(), rf"audit: uid \d+ pid \d+ called {name}: permission_denied")
        self.assertEqual(self.call("account.status")["state"], "signed_in")
        with user(STRANGER), Client(self.daemon_.socket) as c:
            self.assertEqual(c.line()["error"]["data"]["type"], "permission_denied")

    def everything(self, who):
        """What each reading method says to that user, the vendor's own answer with it."""
        shown = {}
        with self.as_(who) as c:
            for m in self.methods():
                if m["perm"] == "read" or m["name"] == "camera.ttcode" and who != "read":
                    shown[m["name"]] = json.dumps(c.reply(c.request(m["name"], self.params(m, raw=True))))
                    self.assertNotIn("permission_denied", shown[m["name"]])
            for method in ("printer.list", "events.list", "daemon.status", "metrics.text"):
                shown[method] = json.dumps(c.reply(c.request(method)))
        return shown

    def secrets(self):
        """Nobody's: codes of the bind list, of cameras, and the token."""
        token = json.loads((self.folder / "state" / "cloud-token.json").read_text())["token"]
        codes = [d["dev_access_code"].strip() for d in self.ask("GET", "/v1/iot-service/api/user/bind", token=token).json["devices"]]
        ttcode = self.ask("POST", "/v1/iot-service/api/user/ttcode", {"dev_id": self.serials[0]}, token=token).json
        return [token, *codes, *(ttcode[k] for k in ("ttcode", "authkey", "passwd"))]

    def test_addresses_and_mail_are_masked_below_admin(self):
        self.begin_account()
        self.sign_in_whole()
        with self.as_("admin") as c:
            self.assertEqual(c.call("account.profile")["account"], self.info["account"])
            self.assertIn("/files/330001", json.dumps(c.call("cloud.files", {"raw": True})))
        hidden = self.secrets()
        self.assertTrue(all(len(h) >= 6 for h in hidden), hidden)
        for who in ("read", "control", "admin"):
            for method, text in self.everything(who).items():
                for secret in hidden:
                    self.assertNotIn(secret, text, f"{method} by {who}")
                if who != "admin":
                    for part in (self.info["account"], self.info["phone"], "/files/330001", "Signature=", "AWSAccessKeyId"):
                        self.assertNotIn(part, text, f"{method} by {who}")


if __name__ == "__main__":
    main()
