# SPDX-License-Identifier: MIT
"""A real vsftpd as a printer's FTPS door: implicit TLS, session reuse demanded, certificate with CN = serial."""
import os
import pathlib
import shutil
import socket
import subprocess

from broker import free_port
from harness import Process, wait_until

VSFTPD = shutil.which("vsftpd") or "/usr/sbin/vsftpd"
CARD_UID = 64990

OPTIONS = {
    "listen": "YES", "listen_address": "127.0.0.1", "background": "NO", "anonymous_enable": "NO", "local_enable": "YES",
    "write_enable": "YES", "check_shell": "NO", "chroot_local_user": "YES", "allow_writeable_chroot": "YES",
    "ssl_enable": "YES", "implicit_ssl": "YES", "ssl_tlsv1": "YES", "require_ssl_reuse": "YES", "ssl_ciphers": "HIGH",
    "force_local_logins_ssl": "YES", "force_local_data_ssl": "YES", "secure_chroot_dir": "/var/run/vsftpd/empty",
    "seccomp_sandbox": "NO", "local_umask": "022", "xferlog_enable": "YES", "log_ftp_protocol": "YES",
    "max_login_fails": "3", "delay_failed_login": "0", "isolate": "NO", "isolate_network": "NO",
}

# Its own view of the machine: the accounts outside stay untouched, and the card may lie in a closed folder.
ENTER = """set -e
mkdir -p /var/run/vsftpd/empty
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount --bind "$1/pam" /etc/pam.d/vsftpd
if [ -n "$3" ]; then mount -t tmpfs -o "size=$3,mode=0755,uid=$4" card /mnt; else mount --bind "$2" /mnt; fi
exec "$5" "$1/vsftpd.conf"
"""


def why_not():
    """Why no door can be opened here; None when it can."""
    if os.geteuid() != 0:
        return "vsftpd with an account of its own needs root"
    if not os.path.exists(VSFTPD) or not os.path.exists("/etc/pam.d/vsftpd"):
        return "vsftpd is not installed"
    done = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "t", "/mnt"], capture_output=True, text=True,
                          check=False)
    return None if done.returncode == 0 else f"no mount namespace: {done.stderr.strip()}"


class FtpDoor(Process):
    """vsftpd for one printer. card is the folder it serves; leaf.pem and leaf.key (broker.make_leaf) lie in folder.

    options: vsftpd's own, over those above (local_max_rate="100000", pasv_address="10.9.8.7", download_enable="NO").
    card_size: the card is a tmpfs of so many bytes that only the door sees. tls_max: "TLSv1.2" caps its side.
    commands() holds what clients said and were answered.
    """

    def __init__(self, folder, code="12345678", leaf="leaf", name="vsftpd", port=None, card_size=None, tls_max=None, **options):
        base = pathlib.Path(folder)
        self.home, self.card = base / f"{name}.d", base / f"{name}-card"
        self.code, self.port = code, port or free_port()
        self.home.mkdir(exist_ok=True)
        self.card.mkdir(exist_ok=True)
        os.chown(self.card, CARD_UID, CARD_UID)
        self.protocol = self.home / "protocol.log"
        self.write_accounts()
        settings = dict(OPTIONS, listen_port=self.port, rsa_cert_file=base / f"{leaf}.pem",
                        rsa_private_key_file=base / f"{leaf}.key", vsftpd_log_file=self.protocol, **options)
        (self.home / "vsftpd.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        env = dict(os.environ)
        if tls_max:
            (self.home / "openssl.cnf").write_text("openssl_conf = top\n[top]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n"
                                                   f"[all]\nMaxProtocol = {tls_max}\n")
            env["OPENSSL_CONF"] = str(self.home / "openssl.cnf")
        super().__init__(name, ["unshare", "--mount", "sh", "-c", ENTER, "enter", self.home, self.card, card_size or "",
                                CARD_UID, VSFTPD], folder, env)
        wait_until("vsftpd to listen", self.listens)

    def write_accounts(self):
        """The machine's accounts and one more."""
        hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=self.code, capture_output=True, text=True,
                                check=True).stdout.strip()
        passwd = pathlib.Path("/etc/passwd").read_text() + f"bblp:x:{CARD_UID}:{CARD_UID}::/mnt:/usr/sbin/nologin\n"
        (self.home / "passwd").write_text(passwd)
        shadow = self.home / "shadow"
        shadow.touch(mode=0o600)
        shadow.write_text(f"root:*:1::::::\nbblp:{hashed}:19000:0:99999:7:::\n")
        (self.home / "pam").write_text("auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n")

    def listens(self):
        if self.child.poll() is not None:
            raise AssertionError(f"vsftpd ended with {self.child.returncode}: {self.text()}")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def commands(self):
        return self.protocol.read_text(errors="replace") if self.protocol.exists() else ""
