# SPDX-License-Identifier: MIT
"""An HTTP client of the simulated cloud that sends what it is told and nothing else, and a case with a cloud in it."""
import http.client
import json
import ssl
import urllib.parse

from harness import DEADLINE
from simclient import SimCase

USER, IOT = "/v1/user-service", "/v1/iot-service/api"


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def json(self):
        return json.loads(self.raw)


class CloudCase(SimCase):
    def cloud(self, *args, printers=3, **kw):
        self.begin("--printers", str(printers), "--rate", "0", "--cloud", *args, **kw)
        self.info = json.loads(self.do("cloud", "info"))

    def context(self):
        return ssl.create_default_context(cafile=self.folder / "cloud-ca.pem")

    def connect(self, host="api"):
        where = urllib.parse.urlsplit(self.info[host])
        connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=DEADLINE, context=self.context())
        self.addCleanup(connection.close)
        return connection

    def ask(self, method, path, body=None, *, host="api", token=None, headers=None, connection=None):
        """One request with exactly these headers, beside Host and Content-Length."""
        connection = connection or self.connect(host)
        raw = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        connection.putrequest(method, path, skip_accept_encoding=True)
        for key, value in (headers or {}).items():
            connection.putheader(key, value)
        if token:
            connection.putheader("Authorization", "Bearer " + token)
        if raw is not None:
            connection.putheader("Content-Length", str(len(raw)))
        connection.endheaders(raw)
        return Reply(connection.getresponse())

    def get(self, path, **kw):
        return self.ask("GET", path, **(kw if "token" in kw else dict(kw, token=self.token)))

    def post(self, path, body, **kw):
        return self.ask("POST", path, body, **(kw if "token" in kw else dict(kw, token=self.token)))

    @property
    def token(self):
        if not hasattr(self, "token_"):
            self.token_ = self.do("cloud", "token")
        return self.token_

    def login(self, **kw):
        body = {"account": self.info["account"], "password": self.info["password"], "apiError": ""}
        body.update(kw)
        return self.ask("POST", USER + "/user/login", body)

    def codes(self):
        return json.loads(self.do("cloud", "codes"))

    def counters(self):
        return json.loads(self.do("cloud", "stats"))

    def switch(self, name, *words):
        return self.do("cloud", "fault", name, "on", *words)
