# SPDX-License-Identifier: MIT
"""A real mosquitto as a printer's broker: TLS, password file, certificate with CN = serial."""
import os
import pathlib
import shutil
import socket
import subprocess

from harness import Process, wait_until

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def make_ca(folder, name="ca"):
    folder = pathlib.Path(folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN=Test {name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")


def make_leaf(folder, name, cn, ca="ca", san=None):
    """name.pem (with its CA behind it) and name.key, signed by ca, or by itself when ca is None; san: "IP:127.0.0.1"."""
    folder = pathlib.Path(folder)
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    if ca is None:
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN={cn}", "-keyout", key, "-out", pem)
        return
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={cn}",
            "-keyout", key, "-out", folder / f"{name}.csr")
    more = []
    if san:
        (folder / f"{name}.ext").write_text(f"subjectAltName={san}\n")
        more = ["-extfile", folder / f"{name}.ext"]
    openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / f"{ca}.pem", "-CAkey",
            folder / f"{ca}.key", "-CAcreateserial", "-days", "30", "-out", pem, *more)
    pem.write_bytes(pem.read_bytes() + (folder / f"{ca}.pem").read_bytes())


class Broker(Process):
    """mosquitto for one printer; publish() speaks as the printer."""

    def __init__(self, folder, serial, code="12345678", leaf="leaf", name="mosquitto", port=None, user="bblp", acl=None):
        self.folder, self.serial, self.code = pathlib.Path(folder), serial, code
        self.port, self.plain = port or free_port(), free_port()
        passwords = self.folder / f"{name}.passwd"
        subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), user, code], check=True, capture_output=True)
        passwords.chmod(0o600)
        conf = self.folder / f"{name}.conf"
        run_as = "user root\n" if os.geteuid() == 0 else ""
        rules = ""
        if acl:
            (self.folder / f"{name}.acl").write_text(f"user {user}\n" + "".join(f"topic {line}\n" for line in acl))
            (self.folder / f"{name}.acl").chmod(0o600)
            rules = f"acl_file {self.folder}/{name}.acl\n"
        # A plain door on loopback beside it, by which the test speaks as the printer.
        conf.write_text(f"{run_as}per_listener_settings true\nlistener {self.port} 127.0.0.1\n"
                        f"cafile {self.folder}/ca.pem\ncertfile {self.folder}/{leaf}.pem\nkeyfile {self.folder}/{leaf}.key\n"
                        f"allow_anonymous false\npassword_file {passwords}\n{rules}"
                        f"listener {self.plain} 127.0.0.1\nallow_anonymous true\nlog_type all\n")
        super().__init__(name, [MOSQUITTO, "-c", conf], folder)
        self.wait_line("Opening ipv4 listen socket")
        wait_until("mosquitto to listen", self.listens)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.plain)) == 0

    def publish(self, payload, topic=None):
        data = payload if isinstance(payload, bytes) else payload.encode()
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.plain), "-q", "1", "-t",
                        topic or f"device/{self.serial}/report", "-s"], input=data, check=True, timeout=20)
