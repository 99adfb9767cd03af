# SPDX-License-Identifier: MIT
"""The file server of a simulated printer: strict as a real one, and as nasty as asked."""
import ftplib
import hashlib
import json
import os
import ssl
import subprocess
import time
import unittest

from ftpclient import Ftp
from harness import DEADLINE, main, wait_until
from simclient import SimCase

DATA = os.urandom(300_000)


class Files(SimCase):
    def open(self, *models, still=True):
        args = [word for model in models or ("P1S",) for word in ("--model", model)]
        self.begin("--printers", str(len(models) or 1), *args, "--rate", "0", *(["--still"] if still else []))

    def ftp(self, printer=None, **kw):
        client = Ftp(self.folder, printer or self.one, **kw)
        self.addCleanup(client.close)
        return client

    def stored(self, printer=None):
        return {f["path"]: f for f in json.loads(self.do("file", (printer or self.one)["serial"], "list"))}

    def wait(self, counter, count):
        self.do("wait", self.one["serial"], counter, str(count))

    def refused(self, code, call, *args):
        with self.assertRaisesRegex((ftplib.Error, EOFError), str(code)):
            call(*args)

    def put_refused(self, ftp, code, path, data):
        """The refusal comes while the contents are on their way."""
        try:
            ftp.put(path, data)
            self.fail("was taken")
        except ftplib.Error as e:
            self.assertIn(str(code), str(e))
        except OSError:
            self.refused(code, ftp.voidresp)


class Strict(Files):
    def test_every_model_keeps_what_it_is_given(self):
        self.open("P1S", "X1C", "A1MINI", "H2D", "P2S")
        for printer in self.printers:
            with self.subTest(model=printer["model"]):
                ftp = self.ftp(printer)
                self.assertTrue(ftp.put("/cache/a b.3mf", DATA).startswith("226"))
                self.assertEqual(ftp.size("/cache/a b.3mf"), len(DATA))
                self.assertEqual(ftp.get("/cache/a b.3mf"), DATA)
                self.assertEqual(self.stored(printer)["/cache/a b.3mf"]["sha256"], hashlib.sha256(DATA).hexdigest())
                ftp.cwd("/cache")
                self.assertEqual(ftp.pwd(), "/cache")
                line, = ftp.lines()
                self.assertRegex(line, r"^-rw-r--r-- +1 103 +107 +300000 [A-Z][a-z]{2} \d\d \d\d:\d\d a b\.3mf$")
                ftp.put("a b.3mf", b"")
                self.assertEqual((ftp.size("a b.3mf"), ftp.get("a b.3mf")), (0, b""))
                ftp.mkd("/cache/new")
                self.refused(550, ftp.mkd, "/cache/new")
                ftp.delete("a b.3mf")
                self.refused(550, ftp.delete, "a b.3mf")
                self.assertEqual([line.split()[-1] for line in ftp.lines("/cache")], ["new"])
                self.assertTrue(ftp.quit().startswith("221"))

    def test_the_certificate_is_the_printers_own(self):
        self.open("P1S", "X1C")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ftp({**self.one, "ftp_port": self.printers[1]["ftp_port"]})
        self.fault("wrong-cn")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ftp()

    def test_only_bblp_with_the_access_code_comes_in(self):
        self.open()
        self.refused(530, lambda: self.ftp(code="00000000"))
        guest = self.ftp(login=False)
        for line in ("PWD", "PASV", "LIST", "STOR x", "XYZ"):
            self.refused(530, guest.sendcmd, line)
        guest.sendcmd("USER root")
        self.refused(530, guest.sendcmd, "PASS " + self.one["code"])
        self.assertEqual((self.stats()["ftp_logins"], self.stats()["ftp_refused"]), (0, 2))
        old = self.ftp()
        self.do("code", self.one["name"], "newcode1")
        with self.assertRaises((EOFError, OSError)):
            old.pwd()
        self.ftp(code="newcode1").pwd()

    def test_x1_and_p1_demand_the_session_of_the_control_channel(self):
        self.open("P1S", "X1C", "P1P", "A1", "H2D")
        for printer in self.printers:
            with self.subTest(model=printer["model"]):
                ftp = self.ftp(printer, reuse=False)
                if printer["model"] in ("A1", "H2D"):
                    ftp.put("/x", DATA)
                else:
                    self.put_refused(ftp, 522, "/x", b"short")
                    self.assertNotIn("/x", self.stored(printer))
                    ftp.prot_c()
                    self.refused(522, ftp.lines)
                    ftp.prot_p()
                    ftp.reuse = True
                    ftp.put("/x", DATA)
                    self.assertEqual(self.stats(printer)["ftp_resumed"], 1)
        stranger = self.ftp(self.printers[1])
        ftp = self.ftp(context=stranger.context)
        ftp.sendcmd("TYPE I")
        conn, _ = ftplib.FTP.ntransfercmd(ftp, "STOR /y")
        with conn, ftp.context.wrap_socket(conn, server_hostname=self.one["serial"], session=stranger.sock.session):
            self.refused(522, ftp.voidresp)

    def test_tls_13_is_offered_by_p2s_alone_and_breaks_its_transfers(self):
        self.open("P2S", "X1C", "H2D", "A1MINI")
        versions = [self.ftp(p, tls=ssl.TLSVersion.TLSv1_3).sock.version() for p in self.printers]
        self.assertEqual(versions, ["TLSv1.3", "TLSv1.2", "TLSv1.2", "TLSv1.2"])
        self.refused(426, self.ftp(tls=ssl.TLSVersion.TLSv1_3).put, "/x", DATA)
        self.assertLess(self.stored()["/x"]["size"], len(DATA))
        self.ftp().put("/x", DATA)
        self.refused(426, self.ftp(tls=ssl.TLSVersion.TLSv1_3).get, "/x")

    def test_names_are_told_as_each_family_does(self):
        self.open("X1C", "P1S")
        for printer, names in zip(self.printers, (["/cache/a.3mf"], ["a.3mf"])):
            self.do("file", printer["serial"], "make", "/cache/a.3mf", "5")
            self.assertEqual(self.ftp(printer).lines("/cache", "NLST"), names)
            self.assertEqual([n.rsplit("/", 1)[-1] for n in self.ftp(printer).lines("/", "NLST")],
                             ["cache", "ipcam", "model", "timelapse"])

    def test_what_printers_do_not_know_is_502(self):
        self.open()
        ftp = self.ftp()
        for line in ("REST 100", "FEAT", "MLSD", "RNFR a", "ABOR", "APPE a", "SITE CHMOD 777 a"):
            self.refused(502, ftp.sendcmd, line)
        ftp.sendcmd("NOOP")
        for passive in ("PASV", "EPSV"):
            ftp.sendcmd(passive)

    def test_bad_names_are_refused(self):
        self.open()
        ftp = self.ftp()
        for name in ("../x", "/cache/../x", "..", "a\x07b", "a\x7fb", "x" * 300, "/none/x", "/cache"):
            with self.subTest(name=name):
                self.refused("55[03]", ftp.put, name, DATA)
                self.refused(550, ftp.get, name)
                self.refused("55[03]", ftp.mkd, name)
        self.assertEqual(set(self.stored()), {"/cache", "/ipcam", "/model", "/timelapse"})

    def test_one_transfer_at_a_time(self):
        self.open()
        self.do("file", self.one["name"], "make", "/long", "50000000")
        first, second = self.ftp(), self.ftp()
        conn = first.transfercmd("RETR /long")
        self.refused(425, second.lines)
        self.assertEqual(self.stats()["ftp_busy"], 1)
        conn.close()
        self.refused(426, first.voidresp)
        self.assertEqual(len(second.lines()), 5)

    def test_made_contents_can_be_fetched_and_have_the_sum_they_say(self):
        self.open()
        self.do("file", self.one["name"], "make", "/model/m.3mf", "1000003")
        got = self.ftp().get("/model/m.3mf")
        self.assertEqual((len(got), hashlib.sha256(got).hexdigest()), (1000003, self.stored()["/model/m.3mf"]["sha256"]))
        self.do("file", self.one["name"], "remove", "/model/m.3mf")
        self.refused(550, self.ftp().size, "/model/m.3mf")

    def test_big_contents_are_not_kept_but_summed(self):
        self.open("A1")
        ftp, sha, chunk = self.ftp(), hashlib.sha256(), os.urandom(1 << 20)
        ftp.sendcmd("TYPE I")
        with ftp.transfercmd("STOR /big") as conn:
            for _ in range(65):
                conn.sendall(chunk)
                sha.update(chunk)
            conn.unwrap().close()
        ftp.voidresp()
        self.assertEqual(self.stored()["/big"], {"path": "/big", "folder": False, "size": 65 << 20, "sha256": sha.hexdigest(),
                                                 "kept": False})
        self.refused("550.*not kept", ftp.get, "/big")

    def test_what_was_sent_has_no_true_time(self):
        self.open()
        self.do("file", self.one["name"], "make", "/a", "1")
        ftp = self.ftp()
        ftp.put("/b", b"x")
        self.assertEqual(ftp.sendcmd("MDTM /b"), "213 19800101000000")
        self.assertTrue(ftp.sendcmd("MDTM /a").startswith("213 20"))

    def test_a_seventeenth_client_is_turned_away(self):
        self.open()
        clients = [self.ftp() for _ in range(16)]
        with self.assertRaisesRegex(ftplib.error_temp, "421"):
            clients.append(self.ftp())

    def test_endless_lines_and_nonsense_end_the_connection(self):
        self.open()
        ftp = self.ftp()
        ftp.sock.sendall(b"x" * 5000)
        with self.assertRaises((EOFError, OSError)):
            ftp.voidresp()
        self.ftp().pwd()

    def test_the_configuration_names_the_port(self):
        self.open("P1S", "X1C")
        text = (self.folder / "printers.conf").read_text()
        for printer in self.printers:
            self.assertIn(f"FtpPort={printer['ftp_port']}\n", text)


class Curl(Files):
    def curl(self, *args, path="/"):
        return subprocess.run(["curl", "-sS", "--insecure", "--ssl-reqd", "--tls-max", "1.2", "-u", "bblp:" + self.one["code"],
                               *args, f"ftps://{self.one['address']}:{self.one['ftp_port']}{path}"],
                              capture_output=True, timeout=DEADLINE, check=False)

    def test_a_stock_client_puts_lists_and_fetches(self):
        self.open("X1C")
        source = self.folder / "source"
        source.write_bytes(DATA)
        for extra in ([], ["--disable-epsv"]):
            with self.subTest(extra=extra):
                self.assertEqual(self.curl(*extra, "-T", source, path="/cache/x.3mf").returncode, 0)
                self.assertIn(b" 300000 ", self.curl(*extra, path="/cache/").stdout)
                self.assertEqual(self.curl(*extra, path="/cache/x.3mf").stdout, DATA)
        self.assertEqual(self.curl("-Q", "DELE /cache/x.3mf", "-Q", "MKD /cache/n", path="/cache/").stdout.split()[-1], b"n")
        self.assertEqual(self.curl(path="/cache/x.3mf").returncode, 78)
        self.fault("ftp-full")
        self.assertEqual(self.curl("-T", source, path="/cache/x.3mf").returncode, 25)

    def test_a_stock_client_without_the_session_is_refused(self):
        self.open("P1S")
        source = self.folder / "source"
        source.write_bytes(DATA)
        done = self.curl("--no-sessionid", "-T", source, path="/x.3mf")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("/x.3mf", self.stored())


class Nasty(Files):
    def test_the_door_closes_and_opens(self):
        self.open()
        self.fault("ftp-closed")
        with self.assertRaises(ConnectionRefusedError):
            self.ftp()
        self.client()
        self.fault("ftp-closed", "off")
        self.ftp().pwd()
        self.fault("off")
        with self.assertRaises(TimeoutError):
            self.ftp(deadline=0.3)

    def test_login_is_refused_or_never_gets_further(self):
        self.open()
        self.fault("ftp-refuse-login")
        self.refused(530, self.ftp)
        self.fault("ftp-refuse-login", "off")
        self.fault("ftp-hang-login")
        with self.assertRaises(TimeoutError):
            self.ftp(deadline=0.3)
        self.fault("ftp-hang-login", "off")
        self.fault("silent")
        with self.assertRaises(TimeoutError):
            self.ftp(deadline=0.3)

    def test_the_data_channel_hangs_in_tls_and_works_in_the_clear(self):
        self.open("A1MINI")
        self.fault("ftp-hang")
        with self.assertRaises(TimeoutError):
            self.ftp(deadline=0.3).put("/x", DATA)
        self.wait("ftp_failed", 1)
        ftp = self.ftp()
        ftp.prot_c()
        ftp.put("/x", DATA)
        self.assertEqual(ftp.get("/x"), DATA)
        self.assertEqual(self.stats()["ftp_clear"], 2)

    def no_card(self, printer):
        self.do("file", printer["serial"], "make", "/cache/a.3mf", "5")
        ftp = self.ftp(printer)
        return ftp, lambda: self.refused(553, ftp.put, "/cache/x", DATA), lambda: self.refused(550, ftp.get, "/cache/a.3mf")

    def test_without_a_card_there_is_nothing(self):
        self.open("P1S", "H2D")
        ftp, put, get = self.no_card(self.one)
        for switch, back in ((("fault", self.one["name"], "ftp-no-card", "on"), ("fault", self.one["name"], "ftp-no-card", "off")),
                             (("set", self.one["name"], "sdcard=off"), ("set", self.one["name"], "sdcard=on"))):
            self.do(*switch)
            put(), get()
            self.refused(550, ftp.lines, "/")
            self.refused(550, ftp.cwd, "/cache")
            self.refused(550, ftp.mkd, "/n")
            self.do(*back)
        self.assertEqual(len(ftp.get("/cache/a.3mf")), 5)
        ftp, put, get = self.no_card(self.printers[1])
        self.do("set", self.printers[1]["name"], "sdcard=off")
        ftp.put("/cache/y", DATA)

    def test_inside_storage_shows_an_empty_root(self):
        self.open("P2S")
        ftp, put, get = self.no_card(self.one)
        self.fault("ftp-emmc")
        self.assertEqual(ftp.lines("/"), [])
        put(), get()

    def test_a_full_card_refuses_at_once_or_in_the_middle(self):
        self.open()
        ftp = self.ftp()
        self.fault("ftp-full")
        self.refused(553, ftp.put, "/x", DATA)
        self.fault("ftp-full", "on", "100000")
        self.put_refused(ftp, 552, "/x", DATA * 20)
        self.assertNotIn("/x", self.stored())
        ftp.put("/small", b"fits")

    def test_the_last_word_is_late(self):
        self.open()
        self.fault("ftp-slow-226", "on", "400")
        begin = time.monotonic()
        self.ftp().put("/x", DATA)
        self.assertGreaterEqual(time.monotonic() - begin, 0.4)

    def test_the_last_word_never_comes_but_every_byte_is_there(self):
        self.open()
        self.fault("ftp-no-226")
        with self.assertRaises((EOFError, OSError)):
            self.ftp().put("/x", DATA)
        self.assertEqual(self.stored()["/x"]["size"], len(DATA))
        self.fault("ftp-no-226", "off")
        self.fault("ftp-426")
        self.refused(426, self.ftp().put, "/y", DATA)
        self.assertEqual(self.ftp().size("/y"), len(DATA))

    def test_sizes_are_wrong(self):
        self.open()
        self.fault("ftp-wrong-size")
        ftp = self.ftp()
        ftp.put("/x.3mf", DATA)
        self.assertEqual(ftp.size("/x.3mf"), len(DATA) - 1)
        self.assertIn(" 299999 ", "".join(ftp.lines("/")))

    def test_contents_are_cut_short(self):
        self.open()
        self.fault("ftp-truncate", "on", "5000")
        ftp = self.ftp()
        ftp.put("/x", DATA)
        self.assertEqual(ftp.size("/x"), 5000)
        self.fault("ftp-truncate", "on", "10")
        self.assertEqual(ftp.get("/x"), DATA[:10])

    def test_passive_names_a_third_host(self):
        self.open()
        self.fault("ftp-third-host")
        ftp = self.ftp()
        self.assertIn("(192,0,2,1,", ftp.sendcmd("PASV"))
        self.refused(502, ftp.sendcmd, "EPSV")
        ftp.put("/x", DATA)

    def test_listings_carry_hostile_names(self):
        self.open()
        self.do("file", self.one["name"], "make", "/good.3mf", "5")
        self.fault("ftp-bad-names")
        parts = []
        self.ftp().retrbinary("LIST /", parts.append)
        text = b"".join(parts)
        for part in (b"../escape", b"/etc/passwd", b"\x07", b"\x1b[31m", b"\xff\xfe", b"cr\rinside", b"good.3mf", b"x" * 1200):
            self.assertIn(part, text)

    def test_what_is_fetched_or_listed_never_ends(self):
        self.open()
        self.do("file", self.one["name"], "make", "/a", "10")
        for fault, verb in (("ftp-endless-file", "RETR /a"), ("ftp-endless-list", "LIST /")):
            with self.subTest(fault=fault):
                self.fault(fault)
                ftp, got = self.ftp(), 0
                with ftp.transfercmd(verb) as conn:
                    while got < 5_000_000:
                        data = conn.recv(1 << 16)
                        self.assertTrue(data)
                        got += len(data)
                self.fault(fault, "off")
        self.assertEqual(len(self.ftp().get("/a")), 10)

    def test_a_transfer_stands_still_or_is_cut(self):
        self.open()
        self.do("file", self.one["name"], "make", "/a", "1000000")
        self.fault("ftp-stall", "on", "100000")
        for call in (lambda f: f.get("/a"), lambda f: f.put("/b", DATA * 20)):
            ftp = self.ftp(deadline=0.5)
            with self.assertRaises(TimeoutError):
                call(ftp)
            ftp.close()
        self.fault("ftp-stall", "off")
        self.assertEqual(wait_until("the door to be free again", self.size_of_list), 5)
        self.fault("ftp-cut", "on", "100000")
        for call in (lambda f: f.get("/a"), lambda f: f.put("/b", DATA * 20)):
            with self.assertRaises((EOFError, OSError)):
                call(self.ftp())
        self.assertNotIn("/b", self.stored())

    def size_of_list(self):
        """None while another transfer is on."""
        try:
            return len(self.ftp().lines("/"))
        except ftplib.error_temp:
            return None

    def test_the_rate_is_limited_both_ways(self):
        self.open()
        self.fault("ftp-rate", "on", "500")
        ftp = self.ftp()
        begin = time.monotonic()
        ftp.put("/x", DATA)
        middle = time.monotonic()
        self.assertEqual(ftp.get("/x"), DATA)
        self.assertGreater(middle - begin, 0.3)
        self.assertGreater(time.monotonic() - middle, 0.3)


if __name__ == "__main__":
    main()
