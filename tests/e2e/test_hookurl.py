# SPDX-License-Identifier: MIT
"""Hooks that post: what a server gets, what is tried again, and where nothing is sent at all."""
import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time

from harness import main, wait_until
from test_hooks import HookCase, children

TOKEN = "canary-token-of-a-hook-0123456789"
HIDDEN = "canary-path-of-a-webhook"


class Server(http.server.ThreadingHTTPServer):
    """HTTPS on one port; answers come from a plan, (status, headers) or None for none at all; then 204."""
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        key, self.ca = folder / "web.key", folder / "web.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=web", "-keyout", str(key), "-out", str(self.ca), "-addext",
                        "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:" + socket.gethostname()],
                       check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.plan, self.seen, self.over = [], [], threading.Event()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that does not trust us is a test

    def end(self):
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((time.monotonic(), self.path, dict(self.headers), body))
        step = self.server.plan.pop(0) if self.server.plan else (204, {})
        if step is None:
            self.server.over.wait(60)
            return
        self.send_response(step[0])
        for name, value in step[1].items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Posts(HookCase):
    def setUp(self):
        super().setUp()
        self.web = Server(self.folder)
        self.addCleanup(self.web.end)

    def url(self, host="127.0.0.1", path="/hook"):
        return f"https://{host}:{self.web.port}{path}"

    def begin(self, url=None, **keys):
        keys = {"On": "config.reloaded", "CaFile": self.web.ca, "AllowPrivate": "yes", **keys}
        if url != "":
            keys["Url"] = url or self.url()
        self.open(self.hook("web", **keys))
        self.trigger()

    def requests(self, count, deadline=20):
        wait_until(f"{count} requests", lambda: len(self.web.seen) >= count, deadline)
        self.assertEqual(len(self.web.seen), count)
        return self.web.seen

    def reason(self, deadline=20):
        event, = self.failed(1, deadline)
        return event["data"]["reason"]

    def test_the_event_is_posted_as_json_with_the_token(self):
        self.begin(Token=TOKEN)
        (_, path, headers, body), = self.requests(1)
        told = json.loads(body)
        event, = self.events("config.reloaded")
        self.assertEqual({k: told[k] for k in event}, event)
        self.assertEqual((path, headers["Content-Type"], headers["Authorization"]), ("/hook", "application/json", "Bearer " + TOKEN))
        self.assertTrue(headers["User-Agent"].startswith("bambud/"))
        self.trigger()
        self.requests(2)
        self.assertEqual(self.events("hook.failed"), [])
        self.assertNotIn(TOKEN, self.d.text())

    def test_a_url_that_is_a_secret_is_never_shown(self):
        secret = self.folder / "url"
        secret.write_text(self.url(path="/" + HIDDEN) + "\n")
        secret.chmod(0o600)
        self.web.plan = [(404, {})]
        self.begin("", SecretUrl=secret, Token=TOKEN)
        self.assertEqual(self.reason(), "the server answers with status 404")
        self.assertEqual(self.web.seen[0][1], "/" + HIDDEN)
        shown = self.d.text() + json.dumps(self.events("hook.failed")) + json.dumps(self.d.call("daemon.status"))
        self.assertNotIn(HIDDEN, shown)
        self.assertNotIn(TOKEN, shown)

    def test_trouble_of_the_server_is_tried_three_times(self):
        self.web.plan = [(500, {}), (429, {"Retry-After": "2"})]
        self.begin()
        seen = self.requests(3)
        self.assertGreaterEqual(seen[2][0] - seen[1][0], 2)
        self.assertEqual(len({body for _, _, _, body in seen}), 1)
        self.assertEqual(self.events("hook.failed"), [])
        self.web.plan = [(503, {})] * 3
        self.trigger()
        event, = self.failed()
        self.assertEqual((event["data"]["code"], event["data"]["reason"]), (503, "the server answers with status 503"))
        self.requests(6)

    def test_a_server_that_wants_an_hour_is_not_waited_for(self):
        self.web.plan = [(429, {"Retry-After": "3600"})]
        self.begin()
        self.assertEqual(self.reason(), "the server answers with status 429 and wants to be asked again in 3600 s only")
        self.requests(1)

    def test_what_the_server_refuses_is_not_tried_again(self):
        self.web.plan = [(403, {})]
        self.begin()
        self.assertIn("status 403", self.reason())
        self.requests(1)

    def test_redirects_are_not_followed(self):
        self.web.plan = [(307, {"Location": self.url(path="/elsewhere")})]
        self.begin(Token=TOKEN)
        self.assertIn("points elsewhere, which is not followed", self.reason())
        self.assertEqual([path for _, path, _, _ in self.requests(1)], ["/hook"])

    def test_a_server_that_hangs_or_is_gone(self):
        self.web.plan = [None, None, None]
        self.begin(Timeout="1s")
        self.assertIn("did not answer within 1 s", self.reason())
        self.requests(3)
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.reload(self.hook("web", On="config.reloaded", Url=f"https://127.0.0.1:{closed.getsockname()[1]}/", AllowPrivate="yes"))
            self.assertIn("no connection to 127.0.0.1", self.failed(2)[1]["data"]["reason"])

    def test_a_server_without_a_trusted_certificate_gets_nothing(self):
        self.begin(CaFile="", Token=TOKEN)
        self.assertIn("certificate of 127.0.0.1", self.reason())
        self.assertEqual(self.web.seen, [])

    def refused(self, *hosts):
        connects = []
        self.web.get_request = lambda: connects.append(1) or (_ for _ in ()).throw(OSError())
        self.open("".join(self.hook(f"h{i}", On="config.reloaded", CaFile=self.web.ca, Url=self.url(host), Token=TOKEN)
                          for i, host in enumerate(hosts)))
        self.trigger()
        for event in self.failed(len(hosts)):
            self.assertIn("has no address in the internet, and others are not allowed", event["data"]["reason"])
        self.assertEqual((connects, self.web.seen), ([], []))

    def test_addresses_that_are_not_of_the_internet_are_refused(self):
        self.refused("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254")

    def test_a_name_that_leads_home_is_refused(self):
        """What the name resolves to is judged, not how it is written."""
        name = "innocent.example"
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {name}\n")
        if os.geteuid() != 0:
            self.skipTest("needs root: another /etc/hosts")
        script = self.script("with_hosts.sh", f'mount --bind {hosts} /etc/hosts && exec "$@"\n')
        self.wrap = ["unshare", "-m", script]
        self.refused(name)

    def test_four_requests_at_once_and_pauses_leave_room(self):
        self.web.plan = [(503, {"Retry-After": "30"})] * 4
        self.open("".join(self.hook(f"h{i}", On="config.reloaded", CaFile=self.web.ca, AllowPrivate="yes", Url=self.url(path=f"/{i}"))
                          for i in range(6)))
        self.trigger()
        self.requests(6)
        self.assertEqual(sorted(path for _, path, _, _ in self.web.seen), [f"/{i}" for i in range(6)])
        self.assertEqual(len(children(self.d.child.pid)), 1)

    def test_what_is_no_url_is_named(self):
        for keys, words in (({"Url": "http://127.0.0.1/"}, "Url=: want https://HOST"), ({"Url": "https:///x"}, "Url=: want https://HOST"),
                            ({"Url": "https://a/", "Exec": "/bin/true"}, "exclude each other"),
                            ({"Url": "https://a/", "CaFile": "/nowhere"}, "CaFile=/nowhere: No such file")):
            code, text = self.check(self.hook("x", On="*", **keys))
            self.assertEqual(code, 78)
            self.assertIn(words, text)


if __name__ == "__main__":
    main()
