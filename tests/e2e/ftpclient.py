# SPDX-License-Identifier: MIT
"""A strict FTPS client of a simulated printer: implicit TLS, the certificate checked against the serial."""
import ftplib
import io
import pathlib
import socket
import ssl

from harness import DEADLINE


class Ftp(ftplib.FTP_TLS):
    """reuse: the data channel resumes the session of the control channel, as most printers demand."""

    def __init__(self, folder, printer, reuse=True, login=True, code=None, tls=ssl.TLSVersion.TLSv1_2, context=None,
                 deadline=DEADLINE):
        if not context:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(pathlib.Path(folder) / "ca.pem")
            context.maximum_version = tls
        super().__init__(context=context, timeout=deadline)
        self.printer, self.reuse = printer, reuse
        self.host, self.af = printer["address"], socket.AF_INET
        plain = socket.create_connection((printer["address"], printer["ftp_port"]), timeout=deadline)
        try:
            self.sock = context.wrap_socket(plain, server_hostname=printer["serial"])
            self.file = self.sock.makefile("r", encoding=self.encoding)
            self.welcome = self.getresp()
            if login:
                self.sendcmd("USER bblp")
                self.sendcmd("PASS " + (code or printer["code"]))
                self.prot_p()
        except BaseException:
            plain.close()
            self.close()
            raise

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            try:
                conn = self.context.wrap_socket(conn, server_hostname=self.printer["serial"],
                                                session=self.sock.session if self.reuse else None)
            except BaseException:
                conn.close()
                raise
        return conn, size

    def close(self):
        if self.sock:  # the library forgets it when makefile holds it
            self.sock.close()
        super().close()

    def put(self, path, data):
        return self.storbinary(f"STOR {path}", io.BytesIO(data))

    def get(self, path):
        parts = []
        self.retrbinary(f"RETR {path}", parts.append)
        return b"".join(parts)

    def lines(self, path="", verb="LIST"):
        seen = []
        self.retrlines(f"{verb} {path}".strip(), seen.append)
        return seen
