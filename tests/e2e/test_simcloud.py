# SPDX-License-Identifier: MIT
"""The cloud of the simulator: every way to sign in, and every endpoint in its shape."""
import base64
import json
import re

from cloudclient import IOT, USER, CloudCase
from harness import main

SERIAL = "01P00A000000001"


class Login(CloudCase):
    def works(self, token):
        return self.get(IOT + "/user/bind", token=token).status == 200

    def test_a_right_password_gives_a_token_that_opens_the_rest(self):
        self.cloud()
        reply = self.login()
        self.assertEqual(reply.status, 200)
        self.assertNotIn("success", reply.json)
        self.assertEqual(reply.json["expiresIn"], 7776000)
        self.assertEqual(reply.json["refreshToken"], reply.json["accessToken"])
        self.assertEqual(reply.json["accessToken"].count("."), 0, "opaque")
        self.assertTrue(self.works(reply.json["accessToken"]))

    def test_a_wrong_password_or_account_is_refused(self):
        self.cloud()
        for wrong in ({"password": "guess"}, {"account": "other@example.org"}, {"account": ""}, {"password": 7}):
            reply = self.login(**wrong)
            self.assertEqual((reply.status, reply.json["code"]), (400, 5), wrong)
        self.assertEqual((self.counters()["logins_refused"], self.counters()["tokens_issued"]), (4, 0))

    def test_a_code_by_mail_signs_in_once_and_only_while_it_lives(self):
        self.cloud("--cloud-login", "code")
        account = self.info["account"]
        reply = self.login()
        self.assertEqual((reply.status, reply.json["loginType"], reply.json["accessToken"]), (200, "verifyCode", ""))
        first = self.codes()["mail"]
        self.assertRegex(first, r"^\d{6}$")
        sent = self.ask("POST", USER + "/user/sendemail/code", {"email": account, "type": "codeLogin"})
        self.assertEqual((sent.status, self.counters()["codes_sent"]), (200, 2))
        code = self.codes()["mail"]
        wrong = self.login(password=None, code="%06d" % ((int(code) + 1) % 1000000))
        self.assertEqual((wrong.status, wrong.json["code"]), (400, 2))
        right = self.login(password=None, code=code)
        self.assertTrue(self.works(right.json["accessToken"]))
        again = self.login(password=None, code=code)
        self.assertEqual((again.status, again.json["code"]), (400, 2), "used up")
        self.do("cloud", "set", "code=0")
        self.ask("POST", USER + "/user/sendemail/code", {"email": account, "type": "codeLogin"})
        late = self.login(password=None, code=self.codes()["mail"])
        self.assertEqual((late.status, late.json["code"]), (400, 1))

    def test_a_code_goes_to_the_account_alone(self):
        self.cloud()
        for body in ({"email": "other@example.org", "type": "codeLogin"}, {"email": self.info["account"], "type": "reset"}, {}):
            self.assertEqual(self.ask("POST", USER + "/user/sendemail/code", body).status, 400)
        self.assertEqual(self.codes(), {"mail": "", "sms": "", "tfa": ""})

    def test_a_phone_account_signs_in_by_sms_in_china_only(self):
        self.cloud("--cloud-region", "china", "--cloud-login", "code")
        body = {"phone": self.info["phone"], "type": "codeLogin"}
        path = "/api" + USER + "/user/sendsmscode"
        self.assertEqual(self.login(account=self.info["phone"]).json["loginType"], "verifyCode")
        self.assertEqual(self.ask("POST", path, body, host="web").status, 200)
        self.assertEqual(self.ask("POST", path, body, host="api").status, 404, "it is a path of the web host")
        reply = self.login(account=self.info["phone"], password=None, code=self.codes()["sms"])
        self.assertTrue(self.works(reply.json["accessToken"]))
        self.assertEqual(self.post(IOT + "/user/ttcode", {"dev_id": SERIAL}).json["region"], "cn")

    def test_there_are_no_phone_accounts_elsewhere(self):
        self.cloud()
        body = {"phone": self.info["phone"], "type": "codeLogin"}
        self.assertEqual(self.ask("POST", "/api" + USER + "/user/sendsmscode", body, host="web").status, 404)
        self.assertEqual(self.login(account=self.info["phone"]).status, 400)

    def test_the_authenticator_over_the_api_host(self):
        self.cloud("--cloud-login", "tfa")
        reply = self.login()
        self.assertEqual((reply.json["loginType"], reply.json["accessToken"]), ("tfa", ""))
        body = {"tfaKey": reply.json["tfaKey"], "tfaCode": self.codes()["tfa"]}
        path = USER + "/user/tfa/login"
        for wrong in (dict(body, tfaKey="0" * 39), dict(body, tfaCode="x"), {}):
            self.assertEqual(self.ask("POST", path, wrong).json["code"], 5)
        self.assertTrue(self.works(self.ask("POST", path, body).json["accessToken"]))
        self.assertEqual(self.ask("POST", path, body).status, 400, "used up")
        self.do("cloud", "set", "tfa-api=off")
        self.assertEqual(self.ask("POST", path, body).status, 404)

    def csrf(self):
        reply = self.ask("GET", "/api/csrf", host="web")
        self.assertEqual((reply.status, reply.raw), (204, b""))
        return re.match(r"bbl_csrf_token=(\w+);", reply.headers["Set-Cookie"])[1]

    def test_the_authenticator_over_the_web_host_wants_cookie_and_header(self):
        self.cloud("--cloud-login", "tfa")
        body = {"tfaKey": self.login().json["tfaKey"], "tfaCode": self.codes()["tfa"]}
        token = self.csrf()
        path, cookie = "/api/sign-in/tfa", f"theme=dark; bbl_csrf_token={token}"
        for headers, reason in (({}, "missing_cookie"), ({"Cookie": cookie}, "missing_header"),
                                ({"x-bbl-csrf-token": token}, "missing_cookie"),
                                ({"Cookie": cookie, "x-bbl-csrf-token": "f" * 39}, "mismatch"),
                                ({"Cookie": "bbl_csrf_token=abc", "x-bbl-csrf-token": "abc"}, "mismatch")):
            reply = self.ask("POST", path, body, host="web", headers=headers)
            self.assertEqual((reply.status, reply.json), (403, {"error": "CSRF error: " + reason, "reason": reason}))
        headers = {"Cookie": cookie, "x-bbl-csrf-token": token}
        wrong = self.ask("POST", path, dict(body, tfaCode="000"), host="web", headers=headers)
        self.assertEqual((wrong.status, wrong.json["code"]), (400, 5))
        reply = self.ask("POST", path, body, host="web", headers=headers)
        self.assertNotIn("accessToken", reply.json)
        self.assertTrue(self.works(re.match(r"token=(\w+);", reply.headers["Set-Cookie"])[1]))
        self.assertEqual(self.ask("POST", path, body, host="api", headers=headers).status, 404)
        self.assertEqual(self.ask("GET", "/api/sign-in/csrf", host="web").status, 404)

    def test_the_token_of_the_authenticator_can_be_in_other_places(self):
        self.cloud("--cloud-login", "tfa")
        for word, key in (("accessToken", "accessToken"), ("token", "token"), ("cookie", None)):
            self.do("cloud", "set", "tfa-reply=" + word)
            for host, path in (("api", USER + "/user/tfa/login"), ("web", "/api/sign-in/tfa")):
                body = {"tfaKey": self.login().json["tfaKey"], "tfaCode": self.codes()["tfa"]}
                csrf = self.csrf()
                headers = {"Cookie": "bbl_csrf_token=" + csrf, "x-bbl-csrf-token": csrf}
                reply = self.ask("POST", path, body, host=host, headers=headers)
                token = reply.json[key] if key else re.match(r"token=(\w+);", reply.headers["Set-Cookie"])[1]
                self.assertTrue(self.works(token), (word, host))
                self.assertEqual({"accessToken", "token"} & {k for k in reply.json if reply.json[k]}, {key} - {None})

    def test_without_the_csrf_cookie_that_way_is_closed(self):
        self.cloud("--cloud-login", "tfa")
        self.switch("no-csrf", "times=1")
        self.assertIsNone(self.ask("GET", "/api/csrf", host="web").headers["Set-Cookie"])
        self.assertTrue(self.csrf())

    def test_tokens_end_and_there_is_no_refresh(self):
        self.cloud("--cloud-token", "given")
        self.assertTrue(self.works("given"))
        self.do("cloud", "set", "expires=0")
        reply = self.login()
        self.assertEqual(reply.json["expiresIn"], 0)
        dead = self.get(IOT + "/user/bind", token=reply.json["accessToken"])
        self.assertEqual((dead.status, dead.json), (401, {"code": 4, "error": "Please login."}))
        self.do("cloud", "set", "expires=none")
        reply = self.login()
        self.assertNotIn("expiresIn", reply.json)
        self.assertTrue(self.works(reply.json["accessToken"]))
        self.do("cloud", "expire", "given")
        self.assertFalse(self.works("given"))
        self.assertTrue(self.works(reply.json["accessToken"]))
        self.do("cloud", "expire")
        self.assertFalse(self.works(reply.json["accessToken"]))
        again = self.ask("POST", USER + "/user/refreshtoken", {"refreshToken": reply.json["refreshToken"]})
        self.assertEqual(again.status, 401)

    def test_a_broker_asks_who_may_come_in(self):
        self.cloud("--cloud-token", "given")
        user = f"u_{self.info['uid']}"
        self.do("cloud", "unbind", "sim-0002")
        serials = [p["serial"] for p in self.printers]
        self.assertEqual(json.loads(self.do("cloud", "check", user, "given")), [serials[0], serials[2]])
        for wrong in ((str(self.info["uid"]), "given"), ("bblp", "given"), (user, "other"), (user, self.one["code"]), (user,)):
            with self.assertRaisesRegex(AssertionError, "not let in"):
                self.do("cloud", "check", *wrong)
        self.do("cloud", "expire", "given")
        with self.assertRaisesRegex(AssertionError, "not let in"):
            self.do("cloud", "check", user, "given")
        self.do("cloud", "token", "given")
        self.do("cloud", "check", user, "given")

    def test_the_end_of_a_token_comes_by_itself(self):
        self.cloud()
        self.do("cloud", "token")
        self.do("cloud", "set", "expires=1")
        token = self.do("cloud", "token")
        self.assertTrue(self.works(token))
        self.do("wait", "cloud", "tokens_dead", "1")
        self.assertFalse(self.works(token))
        self.do("cloud", "expire")
        self.assertEqual(self.counters()["tokens_dead"], 2, "the other one, and this one not twice")
        for _ in range(70):
            self.do("cloud", "token")
        self.assertEqual(self.counters()["tokens_issued"], 72)

    def test_a_token_with_claims(self):
        self.cloud()
        self.do("cloud", "set", "token=jwt", "expires=3600")
        parts = self.login().json["accessToken"].split(".")
        head, claims = (json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in parts[:2])
        self.assertEqual((len(parts), head), (3, {"alg": "RS256", "typ": "JWT"}))
        self.assertEqual(claims["username"], f"u_{self.info['uid']}")
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertTrue(self.works(".".join(parts)))


class Devices(CloudCase):
    def test_the_bind_list_has_nine_keys_and_a_newline_behind_the_code(self):
        self.cloud(printers=14)
        reply = self.get(IOT + "/user/bind").json
        self.assertEqual(list(reply), ["message", "code", "error", "devices"])
        self.assertEqual((reply["message"], reply["code"], reply["error"]), ("success", None, None))
        self.assertEqual(len(reply["devices"]), 14)
        for device, printer in zip(reply["devices"], self.printers):
            self.assertEqual(sorted(device), sorted([
                "dev_id", "name", "online", "print_status", "dev_model_name", "dev_product_name", "dev_access_code",
                "nozzle_diameter", "dev_structure"]))
            self.assertEqual(device["dev_id"], printer["serial"])
            self.assertEqual(device["name"], printer["name"])
            self.assertEqual(device["dev_access_code"], printer["code"] + "\n")
            self.assertIs(device["online"], True)
        by_name = {d["dev_product_name"]: d for d in reply["devices"]}
        self.assertEqual((by_name["P1S"]["dev_model_name"], by_name["P2S"]["dev_model_name"]), ("C12", "P2S"))
        self.assertEqual((by_name["A1"]["dev_structure"], by_name["P1S"]["dev_structure"]), ("I3", "CoreXY"))
        self.fault("refuse")
        self.assertIs(self.get(IOT + "/user/bind").json["devices"][0]["online"], False)

    def test_unbinding_and_binding_with_the_code_of_the_printer(self):
        self.cloud()
        body = {"device_id": SERIAL, "device_name": "Renamed", "bind_code": self.info["bind_codes"][SERIAL]}
        self.assertEqual(self.post(IOT + "/user/bind", body).status, 400, "it is bound")
        gone = self.ask("DELETE", IOT + "/user/bind?dev_id=" + SERIAL, token=self.token)
        self.assertEqual((gone.status, gone.json["code"]), (200, 0))
        self.assertEqual(self.ask("DELETE", IOT + "/user/bind?dev_id=" + SERIAL, token=self.token).json["code"], 8)
        self.assertEqual(len(self.get(IOT + "/user/bind").json["devices"]), 2)
        self.assertEqual(self.post(IOT + "/user/bind", dict(body, bind_code="00000000")).status, 400)
        self.assertEqual(self.post(IOT + "/user/bind", body).json["data"]["bind_id"], SERIAL)
        self.assertEqual(self.get(IOT + "/user/bind").json["devices"][0]["name"], "Renamed")
        self.do("cloud", "unbind", "all")
        self.assertEqual(self.get(IOT + "/user/bind").json["devices"], [])

    def test_a_name_in_the_account_need_not_be_the_printers(self):
        self.cloud()
        self.do("cloud", "name", "sim-0001", "list all\x1b[31m")
        self.do("cloud", "name", "sim-0002", "list all\x1b[31m")
        self.assertEqual([d["name"] for d in self.get(IOT + "/user/bind").json["devices"]], ["list all\x1b[31m"] * 2 + ["sim-0003"])
        self.do("cloud", "name", "all")
        self.assertEqual(self.get(IOT + "/user/bind").json["devices"][0]["name"], "sim-0001")

    def test_firmware_is_a_list_and_the_ams_is_not_told(self):
        self.cloud()
        reply = self.get(IOT + "/user/device/version").json
        self.assertEqual(sorted(reply), ["code", "devices", "error", "message"])
        self.assertEqual(len(reply["devices"]), 3)
        one, = self.get(IOT + "/user/device/version?dev_id=" + SERIAL).json["devices"]
        self.assertEqual((one["dev_id"], one["version"], len(one["firmware"]), one["ams"]), (SERIAL, "01.08.02.00", 1, []))
        self.assertEqual(self.get(IOT + "/user/device/version?dev_id=X").status, 403)

    def test_what_is_known_to_fail_fails(self):
        self.cloud()
        for path, status in (("/user/device/info", 405), ("/user/device/info?device_id=" + SERIAL, 405), ("/user/notification", 502),
                             (f"/user/device/{SERIAL}/video", 404), (f"/user/device/{SERIAL}/stream", 404),
                             ("/user/video/stream", 405), (f"/user/device/{SERIAL}/snapshot", 404), ("/user/nothing", 404)):
            self.assertEqual(self.get(IOT + path).status, status, path)
        reply = self.get(IOT + "/user/task/910001")
        self.assertEqual((reply.status, reply.json["code"]), (403, 8))
        self.assertEqual(self.post(IOT + "/user/upload", {}).status, 405)

    def test_prints_and_a_print_that_becomes_a_task(self):
        self.cloud()
        devices = self.get(IOT + "/user/print?force=true").json["devices"]
        self.assertEqual([d["dev_id"] for d in devices], [p["serial"] for p in self.printers])
        self.assertEqual((devices[0]["dev_name"], devices[0]["dev_online"], devices[0]["task_status"]), ("sim-0001", True, "RUNNING"))
        body = {"device_id": SERIAL, "file_id": "330001", "file_name": "cube.gcode.3mf", "file_url": "https://localhost/x"}
        reply = self.post(IOT + "/user/print", body).json
        self.assertEqual((reply["code"], reply["data"]["status"]), (0, "queued"))
        newest = self.get(USER + "/my/tasks?limit=1").json["hits"][0]
        self.assertEqual((str(newest["id"]), newest["title"], newest["status"]), (reply["data"]["job_id"], "cube.gcode.3mf", 4))
        self.assertEqual(self.post(IOT + "/user/print", dict(body, device_id="X")).status, 403)

    def test_camera_codes_have_fifteen_keys(self):
        self.cloud()
        reply = self.post(IOT + "/user/ttcode", {"dev_id": SERIAL}).json
        self.assertEqual(sorted(reply), sorted([
            "message", "code", "error", "ttcode", "authkey", "passwd", "region", "type", "streams", "peers", "stream_key",
            "stream_salt", "channel_name", "app_id", "rtm"]))
        self.assertEqual((len(reply["ttcode"]), len(reply["authkey"]), len(reply["passwd"])), (20, 8, 6))
        self.assertEqual((reply["region"], reply["type"], reply["rtm"]), ("us", "tutk", None))
        self.assertEqual(self.post(IOT + "/user/ttcode", {"dev_id": "X"}).status, 403)


class Lists(CloudCase):
    def pages(self, path, key, cursor):
        """All items, page by page as the cursor says."""
        items = []
        while True:
            page = self.get(path + cursor(items)).json[key]
            if not page:
                return items
            items += page
            self.assertLess(len(items), 500)

    def test_projects_page_by_number(self):
        self.cloud()
        path = IOT + "/user/project"
        items = self.pages(path, "projects", lambda seen: f"?page={len(seen) // 9 + 1}&limit=9")
        self.assertEqual((len(items), len({p["project_id"] for p in items}), self.get(path).json["total"]), (45, 45, 45))
        self.assertEqual(len(self.get(path + "?page=3&limit=20").json["projects"]), 5)
        made = self.post(path, {"name": "A new one"}).json
        self.assertEqual(self.get(path + "?limit=1").json["projects"][0]["project_id"], made["project_id"])
        one = self.get(path + "/" + items[0]["project_id"]).json
        self.assertEqual((one["code"], len(one["data"]["files"])), (0, one["data"]["file_count"]))
        self.assertEqual(self.get(path + "/1").status, 404)
        self.assertEqual(self.post(path, {}).status, 400)

    def test_tasks_page_by_cursor_and_filter_by_printer(self):
        self.cloud()
        path = USER + "/my/tasks"
        items = self.pages(path, "hits", lambda seen: f"?limit=20&after={seen[-1]['id'] if seen else ''}")
        ids = [t["id"] for t in items]
        self.assertEqual((len(ids), ids), (53, sorted(set(ids), reverse=True)))
        self.assertEqual(len(self.get(path).json["hits"]), 20)
        self.assertLessEqual({t["status"] for t in items}, {2, 3})
        mine = self.get(f"{path}?deviceId={SERIAL}&limit=100").json
        self.assertEqual((mine["total"], {t["deviceId"] for t in mine["hits"]}), (len(mine["hits"]), {SERIAL}))
        self.do("cloud", "set", "tasks=tasks")
        other = self.get(path + "?limit=2").json
        self.assertEqual((other["hits"], [t["status"] for t in other["tasks"]]),
                         ({"total": {"value": 53, "relation": "eq"}}, ["failed", "finished"]))

    def test_a_task_is_created(self):
        self.cloud()
        body = {"modelId": "1", "title": "Mine", "deviceId": SERIAL, "profileId": "2"}
        reply = self.post(USER + "/my/task", body).json
        self.assertEqual(reply["status"], "created")
        self.assertEqual(str(self.get(USER + "/my/tasks?limit=1").json["hits"][0]["id"]), reply["id"])
        for key in ("modelId", "title", "deviceId"):
            self.assertEqual(self.post(USER + "/my/task", {k: v for k, v in body.items() if k != key}).status, 400)

    def test_notifications_want_a_parameter_and_can_be_marked(self):
        self.cloud()
        path = IOT + "/user/notification"
        unread = self.get(path + "?unread=true").json["data"]["notifications"]
        self.assertEqual([n["read"] for n in unread], [False, False])
        mark = self.ask("PUT", path, {"notification_id": unread[0]["id"], "read": True}, token=self.token)
        self.assertEqual((mark.status, mark.json["code"]), (200, 0))
        self.assertEqual(len(self.get(path + "?unread=true").json["data"]["notifications"]), 1)
        self.assertEqual(len(self.get(path + "?action=upload").json["data"]["notifications"]), 2)
        self.assertEqual(self.ask("PUT", path, {"notification_id": "9"}, token=self.token).status, 404)

    def test_messages_page_and_filter(self):
        self.cloud()
        path = USER + "/my/messages"
        items = self.pages(path, "hits", lambda seen: f"?limit=10&after={seen[-1]['id'] if seen else ''}")
        self.assertEqual(len({m["id"] for m in items}), 27)
        self.assertEqual({m["type"] for m in self.get(path + "?type=6").json["hits"]}, {6})
        self.assertEqual(sorted(items[0]), ["createTime", "from", "id", "taskMessage", "type"])

    def test_the_person(self):
        self.cloud()
        preference = self.get("/v1/design-user-service/my/preference").json
        self.assertEqual(list(preference), ["uid", "name", "handle", "avatar", "bio", "links", "backgroundUrl"])
        self.assertEqual(preference["uid"], self.info["uid"])
        profile = self.get(USER + "/my/profile").json
        self.assertEqual((profile["uid"], profile["account"]), (self.info["uid"], self.info["account"]))
        self.assertEqual(profile["productModels"], ["P1S", "X1C", "A1MINI"])
        done = self.ask("PUT", USER + "/my/profile", {"username": "Ada"}, token=self.token)
        self.assertEqual((done.status, done.json["code"]), (200, 0))
        self.assertEqual(self.get(USER + "/my/profile").json["name"], "Ada")
        self.assertEqual(self.ask("PUT", USER + "/my/profile", {}, token=self.token).status, 400)

    def test_slicer_settings_want_a_version_of_four_numbers(self):
        self.cloud()
        path = IOT + "/slicer/setting"
        self.assertEqual(self.get(path).status, 400)
        for wrong in ("1.0.0", "1.0.0.x", "1..0.0", "a"):
            self.assertEqual(self.get(f"{path}?version={wrong}").status, 422, wrong)
        preset = self.get(path + "?version=1.0.0.0").json["filament"]["private"][0]
        self.assertEqual(self.get(f"{path}/{preset['setting_id']}").json["name"], preset["name"])
        self.assertEqual(self.get(path + "/none").status, 404)
        resource, = self.get(IOT + "/slicer/resource?type=slicer%2Fplugins%2Fcloud&version=01.02.03.04").json["resources"]
        self.assertEqual((resource["type"], resource["version"]), ("slicer/plugins/cloud", "01.02.03.04"))

    def test_the_other_shape_puts_the_payload_into_data(self):
        self.cloud()
        self.do("cloud", "set", "shape=data")
        for path, key in ((IOT + "/user/bind", "devices"), (USER + "/my/profile", "uid"), (USER + "/my/tasks", "hits")):
            reply = self.get(path).json
            self.assertEqual((reply["code"], sorted(reply)), (0, ["code", "data", "message"]))
            self.assertIn(key, reply["data"])

    def test_every_request_wants_a_token_that_lives(self):
        self.cloud()
        for path in (IOT + "/user/bind", USER + "/my/profile", USER + "/my/tasks", IOT + "/slicer/setting"):
            for token in (None, "unknown", ""):
                reply = self.get(path, token=token)
                self.assertEqual((reply.status, reply.json), (401, {"code": 4, "error": "Please login."}))
        self.assertEqual(self.get(IOT + "/user/bind", token=None, headers={"Authorization": self.token}).status, 401, "Bearer")


class Texts(CloudCase):
    def test_the_catalogue_by_language_and_prefix(self):
        self.cloud()

        def ask(query):
            return self.ask("GET", "/query.php?" + query, host="text").json
        reply = ask("lang=en&v=0&d=01P")
        self.assertEqual(reply["result"], 0)
        words = {t["ecode"]: t["intro"] for t in reply["data"]["device_hms"]["en"]}
        self.assertEqual(words["0500030000020010"], "", "a code without words")
        self.assertIn("0300400C", {t["ecode"] for t in reply["data"]["device_error"]["en"]})
        other = {t["ecode"]: t["intro"] for t in ask("lang=en&v=0&d=094")["data"]["device_hms"]["en"]}
        self.assertEqual(sorted(words), sorted(other))
        self.assertNotEqual(words["0300120000020001"], other["0300120000020001"])
        self.assertIn("ö", ask("lang=de&v=0&d=01P")["data"]["device_hms"]["de"][0]["intro"])
        self.assertEqual(ask("lang=xx&v=0")["data"]["device_hms"], {"xx": []})
        same = ask(f"lang=en&v={reply['ver']}&d=01P")
        self.assertEqual(same, {"result": 201, "ver": reply["ver"]})
        self.do("cloud", "set", "text-version=202612010001")
        self.assertEqual(ask(f"lang=en&v={reply['ver']}&d=01P")["result"], 0)
        self.assertEqual(self.ask("GET", "/GetVersion.php?lang=en", host="text").json["ver"], 202612010001)


if __name__ == "__main__":
    main()
