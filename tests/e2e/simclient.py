# SPDX-License-Identifier: MIT
"""A strict MQTT client of a simulated printer, and a case with a simulator in it."""
import json
import pathlib
import socket
import ssl

from harness import DEADLINE, Case

PUSHALL = '{"pushing":{"sequence_id":"7","command":"pushall","version":1,"push_target":1}}'
VERSION = '{"info":{"sequence_id":"8","command":"get_version"}}'
LIGHT = '{"system":{"sequence_id":"9","command":"ledctrl","led_node":"chamber_light","led_mode":"on"}}'


def text(s):
    raw = s.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(first, body):
    size, head = len(body), b""
    while True:
        head += bytes([size % 128 | (128 if size > 127 else 0)])
        size //= 128
        if not size:
            return bytes([first]) + head + body


class Mqtt:
    """A raw client: sees records and packets as they are."""

    def __init__(self, folder, printer, connect=True, client="raw", keepalive=60, code=None, verify=False, deadline=DEADLINE):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(pathlib.Path(folder) / "ca.pem")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = verify
        if not verify:
            context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection((printer["address"], printer["port"]), timeout=deadline)
        try:
            self.sock = context.wrap_socket(plain, server_hostname=printer["serial"])
        except BaseException:
            plain.close()
            raise
        self.buffer = b""
        self.records = []
        if connect:
            self.sock.sendall(packet(0x10, text("MQTT") + bytes([4, 0xC2]) + keepalive.to_bytes(2, "big") + text(client) +
                                     text("bblp") + text(code or printer["code"])))
            if self.read() != (2, b"\0\0"):
                self.sock.close()
                raise AssertionError("CONNACK")
            self.topic = f"device/{printer['serial']}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def subscribe(self, topic=None):
        self.sock.sendall(packet(0x82, b"\0\1" + text(topic or self.topic + "report") + b"\0"))
        kind, body = self.read()
        assert (kind, body) == (9, b"\0\1\0"), (kind, body)
        return self

    def request(self, payload):
        self.sock.sendall(packet(0x30, text(self.topic + "request") + payload.encode()))

    def fill(self):
        """One TLS record more; False at the end of the connection."""
        try:
            data = self.sock.recv(1 << 16)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        self.records.append(data)
        self.buffer += data
        return bool(data)

    def read(self):
        """(type, body) of the next packet; None at the end of the connection."""
        while True:
            size = shift = 0
            for i, digit in enumerate(self.buffer[1:5]):
                size |= (digit & 127) << shift
                shift += 7
                if digit < 128:
                    if len(self.buffer) >= 2 + i + size:
                        kind, body = self.buffer[0] >> 4, self.buffer[2 + i:2 + i + size]
                        self.buffer = self.buffer[2 + i + size:]
                        return kind, body
                    break
            if not self.fill():
                return None

    def message(self):
        """(topic, payload) of the next PUBLISH."""
        while True:
            got = self.read()
            if got is None:
                raise AssertionError("connection closed while waiting for a message")
            kind, body = got
            if kind == 3:
                size = int.from_bytes(body[:2], "big")
                return body[2:2 + size].decode(), body[2 + size:]

    def report(self):
        return json.loads(self.message()[1])

    def until(self, probe):
        """First payload for which probe is true."""
        for _ in range(2000):
            payload = self.message()[1]
            if probe(payload):
                return payload
        raise AssertionError("2000 messages without it")


class SimCase(Case):
    def begin(self, *args, **kw):
        self.sim_ = self.sim(*args, **kw)
        self.printers = json.loads(self.sim_.do("list"))
        self.one = self.printers[0]

    def do(self, *words):
        return self.sim_.do(*words)

    def fault(self, name, word="on", *arg):
        return self.do("fault", self.one["serial"], name, word, *arg)

    def stats(self, printer=None):
        return json.loads(self.do("stats", (printer or self.one)["serial"]))

    def client(self, **kw):
        client = Mqtt(self.folder, kw.pop("printer", self.one), **kw)
        self.addCleanup(client.sock.close)
        return client

    def stock(self, tool, printer, *args, code=None, user="bblp"):
        """A stock client; --insecure because the certificate names the serial, not the host (the chain is still checked)."""
        argv = [tool, "--cafile", self.folder / "ca.pem", "--insecure", "-u", user, "-P", code or printer["code"],
                "-h", printer["address"], "-p", printer["port"], "-V", "mqttv311", *args]
        return [str(a) for a in argv]
