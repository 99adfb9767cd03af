# SPDX-License-Identifier: MIT
"""A strict client of a printer's JPEG camera: the certificate checked against the serial, records as they are."""
import pathlib
import socket
import ssl
import struct

import simpicture
from harness import DEADLINE


class Camera:
    """login: send the packet at once; code None = the printer's own."""

    def __init__(self, folder, printer, code=None, user="bblp", login=True, tls=None, deadline=DEADLINE):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(pathlib.Path(folder) / "ca.pem")
        if tls:
            context.maximum_version = tls
        plain = socket.create_connection((printer["address"], printer["camera_port"]), timeout=deadline)
        try:
            self.sock = context.wrap_socket(plain, server_hostname=printer["serial"])
        except BaseException:
            plain.close()
            raise
        self.buffer, self.records = b"", []
        if login:
            self.login(code or printer["code"], user)

    def login(self, code, user="bblp"):
        self.sock.sendall(struct.pack("<IIII32s32s", 0x40, 0x3000, 0, 0, user.encode(), code.encode()))

    def close(self, clean=True):
        """clean: close_notify first."""
        if clean:
            try:
                self.sock.settimeout(0)
                self.sock.unwrap()
            except OSError:
                pass
        self.sock.close()

    def fill(self):
        """One record more; False at the end."""
        try:
            data = self.sock.recv(1 << 16)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        self.records.append(data)
        self.buffer += data
        return bool(data)

    def take(self, size):
        while len(self.buffer) < size:
            if not self.fill():
                raise EOFError(f"end after {len(self.buffer)} of {size} bytes")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def header(self):
        """The size a header announces."""
        size, zero, flags, last = struct.unpack("<IIII", self.take(16))
        if (zero, flags, last) != (0, 1, 0):
            raise AssertionError(f"header {size} {zero} {flags} {last}")
        return size

    def jpeg(self):
        return self.take(self.header())

    def picture(self):
        return simpicture.read(self.jpeg())

    def is_silent(self, seconds):
        """Nothing comes for so long, and the connection stays."""
        if self.buffer:
            return False
        self.sock.settimeout(seconds)
        try:
            self.fill()
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(DEADLINE)

    def is_still(self, seconds):
        """So too after what has come is thrown away."""
        self.buffer = b""
        return self.is_silent(seconds)
