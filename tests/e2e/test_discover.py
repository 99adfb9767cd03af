# SPDX-License-Identifier: MIT
"""Printers that announce themselves (SSDP), and those added, changed and removed while the daemon runs."""
import json
import os
import re
import socket
import stat

from harness import Case, main, wait_until


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Discover(Case):
    def begin(self, *args, edit=lambda text: text, printers=2):
        self.port = free_port()
        self.sim_ = self.sim("--printers", str(printers), "--ssdp-port", str(self.port), "--code", "13571357", *args)
        config = self.folder / "bambud.conf"
        self.whole = config.read_text()
        config.write_text(edit(self.whole))
        self.daemon_ = self.daemon()
        self.printers = json.loads(self.sim_.do("list"))

    def ctl(self, *words, stdin=None):
        return self.daemon_.ctl(*words, stdin=stdin)

    def ctl_ok(self, *words, stdin=None):
        status, out, err = self.ctl(*words, stdin=stdin)
        self.assertEqual(status, 0, out + err)
        return out

    def names(self):
        return [p["name"] for p in self.daemon_.call("printer.list")["printers"]]

    @staticmethod
    def nobody(text):
        """The configuration without its printers."""
        return text.split("[Printer ")[0]

    def add(self, name, printer, *words, code="13571357"):
        return self.ctl("printer", "add", name, "--serial", printer["serial"], "--code-stdin",
                        f"Port={printer['port']}", f"CaFile={self.folder}/ca.pem", "Camera=off", *words, stdin=code + "\n")

    def test_discover_lists_who_announces_himself(self):
        self.begin()
        found = json.loads(self.ctl_ok("discover", "--json"))["printers"]
        self.assertEqual([p["serial"] for p in found], sorted(p["serial"] for p in self.printers))
        self.assertEqual({p["printer"] for p in found}, set(self.names()))
        self.assertEqual(found[0]["address"], "127.0.0.1")
        self.assertLess(found[0]["age_ms"], 5000)
        text = self.ctl_ok("discover")
        self.assertRegex(text, "SERIAL +MODEL +ADDRESS")
        for p in found:
            self.assertRegex(text, rf"{p['serial']} .* {p['wifi_dbm']} .* {p['printer']}")
        self.sim_.do("announce", "all", "byebye")
        self.sim_.do("fault", "all", "off", "on")
        self.assertEqual(self.daemon_.call("printer.discover", {"timeout_ms": 1000}), {"printers": []})

    def test_nobody_listens_with_ssdp_off_and_a_reload_begins(self):
        self.begin(edit=lambda t: t.replace("[Discovery]\n", "[Discovery]\nSsdp=no\n"))
        status, out, err = self.ctl("discover")
        self.assertEqual(status, 14, err)
        self.assertIn("Ssdp=yes", err)
        (self.folder / "bambud.conf").write_text(self.whole)
        self.ctl_ok("daemon", "reload")
        self.assertEqual(len(json.loads(self.ctl_ok("discover", "--json"))["printers"]), 2)

    def test_a_printer_without_an_address_is_found(self):
        self.begin(edit=lambda t: re.sub(r"\nAddress=.*", "", t))
        for name in self.names():
            self.assertEqual(self.daemon_.wait_link(name, "online")["link"]["address"], "127.0.0.1")
        self.assertIn("from discovery", self.ctl_ok("doctor", self.names()[0]))

    def test_one_that_moved_is_followed_and_a_stranger_gets_nothing(self):
        # Nothing listens at the first address of a printer; at another one stands a stranger with its serial.
        self.begin("--address", "127.0.0.11", printers=1,
                   edit=lambda t: t.replace("Address=127.0.0.11", "Address=127.0.0.99"))
        name, = self.names()
        link = self.daemon_.wait_link(name, "online")["link"]
        self.assertEqual(link["address"], "127.0.0.11")
        self.sim_.do("fault", "all", "wrong-cn", "on")
        self.sim_.do("fault", "all", "kick", "on")
        self.daemon_.wait_status(name, "the loss", lambda s: s["link"]["state"] != "online")
        self.sim_.do("announce", "all")
        wait_until("handshakes", lambda: json.loads(self.sim_.do("stats", "total"))["tls_failed"] > 0)
        stats = json.loads(self.sim_.do("stats", "total"))
        self.assertEqual(stats["logins"], 1)
        self.assertEqual(stats["logins_refused"], 0)
        self.assertIn(self.daemon_.status(name)["link"]["state"], ("offline", "lan_closed"),
                      "a stranger elsewhere is no verdict about the printer")

    def test_a_lost_printer_is_back_soon_after_its_announcement(self):
        self.begin(printers=1)
        name, = self.names()
        self.daemon_.wait_link(name, "online")
        self.sim_.do("fault", "all", "off", "on")
        self.daemon_.wait_link(name, "offline")
        self.sim_.do("fault", "all", "off", "off")
        self.sim_.do("announce", "all")
        self.daemon_.wait_link(name, "online")

    def test_forged_and_broken_announcements_do_no_harm(self):
        self.begin()
        for name in self.names():
            self.daemon_.wait_link(name, "online")
        serial = self.printers[0]["serial"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            for i in range(2000):
                s.sendto(os.urandom(i % 1500), ("239.255.255.250", self.port))
                s.sendto(b"NOTIFY * HTTP/1.1\r\nNT: urn:bambulab-com:device:3dprinter:1\r\nUSN: %s\r\nLocation: 127.0.0.66\r\n"
                         b"DevName.bambu.com: \x1b[31m\r\n\r\n" % serial.encode(), ("239.255.255.250", self.port))
                s.sendto(b"NOTIFY * HTTP/1.1\r\nNT: urn:bambulab-com:device:3dprinter:1\r\nUSN: FORGED%08d\r\n\r\n" % i,
                         ("239.255.255.250", self.port))
        for name in self.names():
            link = self.daemon_.status(name)["link"]
            self.assertEqual((link["state"], link["reconnects"], link["address"]), ("online", 0, "127.0.0.1"))
        self.assertNotIn("\x1b", self.ctl_ok("discover"))

    def test_add_set_remove_without_a_restart(self):
        self.begin(edit=self.nobody)
        one = self.printers[0]
        self.assertEqual(self.names(), [])
        status, out, err = self.add("shelf", one, "Tags=rack1 pla")
        self.assertEqual(status, 0, err)
        self.assertIn("shelf is added", out)
        self.daemon_.wait_link("shelf", "online")  # by its announcement: no address was given
        self.assertEqual(self.daemon_.status("shelf")["tags"], ["rack1", "pla"])
        file = self.folder / "state" / "printers.d" / "shelf.conf"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.ctl_ok("printer", "set", "shelf", "--address", "127.0.0.1", "Tags=rack2")
        self.assertEqual(self.daemon_.status("shelf")["tags"], ["rack2"])
        self.daemon_.wait_link("shelf", "online")
        self.assertEqual(self.daemon_.stop(), 0)
        self.processes.remove(self.daemon_)
        self.daemon_ = self.daemon()
        self.assertEqual(self.daemon_.wait_link("shelf", "online")["link"]["address_source"], "configured")
        self.assertIn("removed", self.ctl_ok("printer", "remove", "shelf"))
        self.assertEqual(self.names(), [])
        self.assertFalse(file.exists())

    def test_a_wrong_code_is_said_and_corrected(self):
        self.begin(edit=self.nobody)
        self.assertEqual(self.add("shelf", self.printers[0], code="00000000")[0], 0)
        self.daemon_.wait_link("shelf", "auth_refused")
        self.ctl_ok("printer", "set", "shelf", "--code-stdin", stdin="13571357\n")
        self.daemon_.wait_link("shelf", "online")

    def test_what_is_wrong_is_refused_and_nothing_is_written(self):
        self.begin(printers=2, edit=lambda t: t.rsplit("\n[Printer ", 1)[0])
        here, = self.names()
        known = next(p for p in self.printers if p["name"] == here)
        free = next(p for p in self.printers if p["name"] != here)
        serial = free["serial"]
        wrong = [(["status", "--serial", serial], "verb of bambuctl"), ([here, "--serial", serial], "already"),
                 (["b", "--serial", known["serial"]], f"this serial is {here} already"),
                 (["b", "--serial", "no"], "8 to 20"), (["b", "--serial", serial, "Prot=1"], "did you mean Port"),
                 (["b", "--serial", serial, "Port=x"], "Port"), (["b", "--serial", serial, "CaFile=ca.pem"], "from the root"),
                 (["b", "--serial", serial, "Tags=a\n[Daemon]"], "one line"), (["b", "--serial", serial, "Tags"], "KEY=VALUE")]
        for words, part in wrong:
            status, out, err = self.ctl("printer", "add", *words, "--code-stdin", stdin="13571357\n")
            self.assertEqual((status, part in err), (2, True), (words, err))
        for code in ("/etc/passwd", "@x", "a b", ""):
            self.assertEqual(self.ctl("printer", "add", "b", "--serial", serial, "--code-stdin", stdin=code + "\n")[0], 2)
        status, out, err = self.ctl("printer", "remove", here)
        self.assertEqual(status, 2)
        self.assertRegex(err, r"stands in .*bambud.conf:\d+")
        self.assertEqual(list((self.folder / "state").glob("printers.d/*")), [])
        self.assertEqual(self.names(), [here])


if __name__ == "__main__":
    main()
