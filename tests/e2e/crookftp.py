# SPDX-License-Identifier: MIT
"""An FTPS door in a few lines that does what no good server does: hangs, lies, says nothing."""
import pathlib
import socket
import ssl
import threading

from harness import wait_until


class CrookFtp:
    """One folder's worth of files in memory. Faults by keyword:

    hang_tls: the data channel never shakes hands (PROT C works).  mute: accepts and says nothing.  listing: bytes for LIST.
    stor: the reply instead of 150.  after: the reply instead of 226 ("" hangs up).  keep: how many bytes of a file are kept.
    late: shakes hands to the end only when the client has closed the data channel: its tickets come after that.
    extra: bytes a file gives beyond its SIZE, again and again.  no_size: SIZE is unknown.  no_read: takes nothing of a file.
    """

    def __init__(self, folder, leaf="leaf", **faults):
        base = pathlib.Path(folder)
        self.faults, self.files, self.commands, self.closing = faults, {}, [], threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(base / f"{leaf}.pem", base / f"{leaf}.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.closing.set()
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            with self.context.wrap_socket(sock, server_side=True) as tls:
                session = Session(self, tls)
                try:
                    session.run()
                finally:
                    session.close()
        except OSError:
            sock.close()


def is_closed(port):
    """True when the socket with this local port has sent, or wants to send, its last byte."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return all(row[3] != "01" for row in rows if int(row[1].split(":")[1], 16) == port)


class LateTls:
    """A TLS 1.3 server that is slow to look at what follows the first flight."""

    def __init__(self, context, sock):
        self.sock, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.step(self.tls.do_handshake)  # takes the hello
        self.step(self.tls.do_handshake)  # answers it, and does not look at what follows
        wait_until("the client to close", lambda: is_closed(sock.getpeername()[1]))
        while self.step(self.tls.do_handshake) is None:
            pass

    def step(self, what, *args):
        """What it returns, else None once more has come."""
        try:
            done = what(*args)
            self.sock.sendall(self.outgoing.read())
            return True if done is None else done
        except ssl.SSLWantReadError:
            self.sock.sendall(self.outgoing.read())
            data = self.sock.recv(1 << 16)
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()
            return None

    def recv(self, size):
        while True:
            try:
                data = self.step(self.tls.read, size)
            except (ConnectionError, ssl.SSLEOFError):
                return b""
            if data is not None:
                return data if data is not True else b""

    def unwrap(self):
        pass

    def close(self):
        self.sock.close()


class Session:
    def __init__(self, door, tls):
        self.door, self.faults, self.tls, self.private, self.open = door, door.faults, tls, True, True
        self.passive = self.contents = None

    def say(self, line):
        if line:
            self.tls.sendall(line.encode() + b"\r\n")
        else:
            self.open = False

    def close(self):
        for sock in (self.passive, self.contents):
            if sock:
                sock.close()

    def run(self):
        if self.faults.get("mute"):
            self.door.closing.wait()
            return
        self.say("220 ready")
        lines = self.tls.makefile("rb")
        while self.open:
            line = lines.readline().decode().rstrip("\r\n")
            if not line:
                return
            word, _, rest = line.partition(" ")
            self.door.commands.append(word if word == "PASS" else line)
            getattr(self, "do_" + word.lower(), self.unknown)(rest)

    def unknown(self, rest):
        self.say("502 not here")

    def do_user(self, rest):
        self.say("331 code")

    def do_pass(self, rest):
        self.say("230 in")

    def do_pwd(self, rest):
        self.say('257 "/"')

    def do_pbsz(self, rest):
        self.say("200 0")

    def do_type(self, rest):
        self.say("200 ok")

    def do_prot(self, rest):
        self.private = rest == "P"
        self.say("200 ok")

    def do_cwd(self, rest):
        self.say("250 ok" if rest == "/" else "550 no folder")

    def do_quit(self, rest):
        self.say("221 bye")
        self.open = False

    def do_pasv(self, rest):
        self.close()
        self.passive = socket.create_server(("127.0.0.1", 0))
        port = self.passive.getsockname()[1]
        self.say(f"227 at (127,0,0,1,{port // 256},{port % 256})")

    def do_size(self, rest):
        data = self.door.files.get(rest.lstrip("/"))
        if self.faults.get("no_size"):
            self.say("502 not here")
        else:
            self.say("550 no file" if data is None else f"213 {len(data)}")

    def do_dele(self, rest):
        self.say("250 gone" if self.door.files.pop(rest.lstrip("/"), None) is not None else "550 no file")

    def data(self):
        sock, _ = self.passive.accept()
        self.contents = sock
        self.passive.close()
        if self.private and self.faults.get("hang_tls"):
            self.door.closing.wait(60)
        if self.faults.get("late"):
            return LateTls(self.door.context, sock)
        if self.private:
            self.contents = self.door.context.wrap_socket(sock, server_side=True)
        return self.contents

    def end(self, sock):
        try:
            if self.private:
                sock.unwrap()
        except OSError:
            pass
        sock.close()
        self.say(self.faults.get("after", "226 done"))

    def do_stor(self, rest):
        if "stor" in self.faults:
            self.say(self.faults["stor"])
            return
        self.say("150 go")
        sock, data = self.data(), b""
        self.door.files[rest] = b""
        if self.faults.get("no_read"):
            self.door.closing.wait(60)
        while chunk := sock.recv(1 << 16):
            data += chunk
        self.door.files[rest] = data[:self.faults.get("keep", len(data))]
        self.end(sock)

    def do_list(self, rest):
        self.say("150 here")
        sock = self.data()
        sock.sendall(self.faults.get("listing", b""))
        while self.faults.get("endless"):
            sock.sendall(b"-rw-r--r-- 1 0 0 5 Nov 23 04:14 again\r\n" * 1000)
        self.end(sock)

    def do_retr(self, rest):
        if rest not in self.door.files:
            self.say("550 no file")
            return
        self.say("150 here")
        sock = self.data()
        sock.sendall(self.door.files[rest])
        while "extra" in self.faults:
            sock.sendall(self.faults["extra"])
        self.end(sock)
