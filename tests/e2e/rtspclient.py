# SPDX-License-Identifier: MIT
"""A strict RTSP client of a printer's camera: TLS, digest or basic login, interleaved RTP, H.264 units put together."""
import base64
import hashlib
import re
import struct

from camclient import Camera


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Rtsp(Camera):
    def __init__(self, folder, printer, code=None, play=True, **kw):
        super().__init__(folder, printer, login=False, **kw)
        self.url = f"rtsps://{printer['address']}:{printer['camera_port']}/streaming/live/1"
        self.code, self.cseq, self.challenge, self.packets = code or printer["code"], 0, "", []
        if play:
            try:
                self.play()
            except BaseException:
                self.sock.close()
                raise

    def authorization(self, method, url):
        if self.challenge.startswith("Basic"):
            return "Basic " + base64.b64encode(f"bblp:{self.code}".encode()).decode()
        realm, nonce = re.search(r'realm="(.*?)", nonce="(.*?)"', self.challenge).groups()
        response = md5(f"{md5(f'bblp:{realm}:{self.code}')}:{nonce}:{md5(f'{method}:{url}')}")
        return f'Digest username="bblp", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'

    def request(self, method, url=None, **headers):
        """(status, headers, body); packets that come before are kept."""
        url = url or self.url
        self.cseq += 1
        if self.challenge:
            headers["Authorization"] = self.authorization(method, url)
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.cseq}", *(f"{k}: {v}" for k, v in headers.items())]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            first = self.take(1)
            if first != b"$":
                break
            self.buffer = first + self.buffer
            self.packets.append(self.packet())
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                raise EOFError("end inside an answer")
        head, self.buffer = (first + self.buffer).split(b"\r\n\r\n", 1)
        status, *lines = head.decode().split("\r\n")
        got = dict(line.split(": ", 1) for line in lines)
        if got.get("CSeq") != str(self.cseq):
            raise AssertionError(f"CSeq: {head}")
        return int(status.split()[1]), got, self.take(int(got.get("Content-Length", 0))).decode()

    def login_first(self):
        """DESCRIBE until it is answered: (status, SDP)."""
        status, headers, body = self.request("DESCRIBE")
        if status == 401:
            self.challenge = headers["WWW-Authenticate"]
            status, headers, body = self.request("DESCRIBE")
        return status, body

    def play(self):
        status, self.sdp = self.login_first()
        if status != 200:
            raise PermissionError(status)
        status, headers, _ = self.request("SETUP", self.url + "/track1", Transport="RTP/AVP/TCP;unicast;interleaved=2-3")
        self.session = headers["Session"].split(";")[0]
        assert status == 200 and "interleaved=2-3" in headers["Transport"], headers
        assert self.request("PLAY", Session=self.session)[0] == 200

    def packet(self):
        """(marker, sequence, timestamp, payload) of the next RTP packet."""
        mark, channel, size = struct.unpack(">cBH", self.take(4))
        if (mark, channel) != (b"$", 2):
            raise AssertionError(f"{mark} {channel}")
        raw = self.take(size)
        first, kind, sequence, when, _ = struct.unpack(">BBHII", raw[:12])
        if (first, kind & 127) != (0x80, 96):
            raise AssertionError(raw[:12].hex())
        return kind >> 7, sequence, when, raw[12:]

    def unit(self):
        """(marker, timestamp, unit): fragments put together, in order without a gap."""
        parts = []
        while True:
            marker, sequence, when, data = self.packets.pop(0) if self.packets else self.packet()
            expected = getattr(self, "next_sequence", sequence)
            if sequence != expected:
                raise AssertionError(f"packet {sequence}, not {expected}")
            self.next_sequence = (sequence + 1) % 65536
            if data[0] & 31 != 28:
                return marker, when, data
            if bool(data[1] & 0x80) != (not parts):
                raise AssertionError("a fragment without a beginning")
            parts.append(bytes([data[0] & 0xe0 | data[1] & 31]) if not parts else b"")
            parts.append(data[2:])
            if data[1] & 0x40:
                return marker, when, b"".join(parts)
