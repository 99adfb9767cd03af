# SPDX-License-Identifier: MIT
"""The file engine against a real vsftpd: what a printer's door does, right and wrong."""
import hashlib
import os
import pathlib
import queue
import subprocess
import threading
import unittest

import harness
from broker import free_port, make_ca, make_leaf
from crookftp import CrookFtp
from ftpdoor import FtpDoor, why_not

DRIVE = harness.BUILD / "tests" / "e2e" / "ftps_drive"
SERIAL = "01P00A000000001"
CODE = "12345678"


class Drive:
    """ftps_drive with its lines."""

    def __init__(self, folder, *flags, ca="ca.pem", verify="chain", code=CODE):
        env = dict(os.environ, FTPS_CODE=code)
        self.count = 0
        self.child = subprocess.Popen([str(DRIVE), str(pathlib.Path(folder) / ca), verify, *flags], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def say(self, *words):
        self.child.stdin.write("\t".join(map(str, words)) + "\n")
        self.child.stdin.flush()

    def start(self, *words):
        self.say(*words)
        self.count += 1
        return self.count - 1

    def wait(self, start, deadline=30):
        """The next line that starts so; those before it come with it."""
        seen = []
        while True:
            try:
                line = self.lines.get(timeout=deadline)
            except queue.Empty:
                raise AssertionError(f"no {start!r} within {deadline} s after {seen}") from None
            if line is None:
                raise AssertionError(f"the drive ended before {start!r}: {seen} {self.child.stderr.read()[-3000:]}")
            seen.append(line)
            if line.startswith(start):
                return seen

    def end_of(self, job, deadline=30):
        """All it told, up to done or error."""
        seen = []
        while not seen or seen[-1].split()[1] not in ("done", "error"):
            seen += self.wait(f"{job} ", deadline)
        return seen

    def run(self, *words, deadline=30):
        return self.end_of(self.start(*words), deadline)

    def stop(self):
        self.child.stdin.close()
        status = self.child.wait(20)
        text = self.child.stderr.read()
        self.child.stdout.close()
        self.child.stderr.close()
        if status != 0 or text:
            raise AssertionError(f"ftps_drive ended with {status}: {text[-4000:]}")


class Rig(harness.Case):
    def setUp(self):
        super().setUp()
        make_ca(self.folder)
        make_leaf(self.folder, "leaf", SERIAL)

    def drive(self, *flags, **kw):
        drive = Drive(self.folder, *flags, **kw)
        self.addCleanup(drive.stop)
        return drive

    def local(self, data, name="local"):
        path = self.folder / name
        path.write_bytes(data)
        return path


@unittest.skipIf(why_not(), why_not())
class Vsftpd(Rig):
    def door(self, **kw):
        door = self.start(FtpDoor(self.folder, code=CODE, **kw))
        return door

    def round_trip(self, door, drive, size=3_000_000):
        data = os.urandom(size)
        told = drive.run("put", SERIAL, door.port, "/new file #1%.3mf", size, self.local(data))
        self.assertEqual(told, [f"{drive.count - 1} ready {size}", f"{drive.count - 1} done {size}"])
        self.assertEqual((door.card / "new file #1%.3mf").read_bytes(), data)
        told = drive.run("get", SERIAL, door.port, "/new file #1%.3mf", -1, self.folder / "back")
        self.assertEqual(told, [f"{drive.count - 1} ready {size}", f"{drive.count - 1} done {size}"])
        self.assertEqual((self.folder / "back").read_bytes(), data)

    def test_put_get_list_mkdir_delete(self):
        door, drive = self.door(), self.drive()
        self.round_trip(door, drive)
        self.assertEqual(drive.run("mkdir", SERIAL, door.port, "/cache")[-1], "2 done 0")
        self.assertEqual(drive.run("put", SERIAL, door.port, "/cache/b.gcode", 0, self.local(b""))[-1], "3 done 0")
        told = drive.run("list", SERIAL, door.port, "/")
        self.assertEqual(told[:3], ["4 entry dir -1 cache", "4 entry file 3000000 new file #1%.3mf", "4 listing 2 refused 0"])
        told = drive.run("list", SERIAL, door.port, "/cache")
        self.assertEqual(told[:1], ["5 entry file 0 b.gcode"])
        told = drive.run("get", SERIAL, door.port, "/cache/b.gcode", -1, self.folder / "empty")
        self.assertEqual(told, ["6 ready 0", "6 done 0"])
        self.assertEqual(drive.run("delete", SERIAL, door.port, "/cache/b.gcode")[-1], "7 done 0")
        self.assertFalse((door.card / "cache" / "b.gcode").exists())

    def test_tls12_cap_and_reuse(self):
        self.round_trip(self.door(tls_max="TLSv1.2"), self.drive("tls12"))

    def test_pasv_address_of_a_third_host_is_not_followed(self):
        self.round_trip(self.door(pasv_address="192.0.2.9"), self.drive())

    def test_wrong_code_is_auth_refused(self):
        door, drive = self.door(), self.drive(code="87654321")
        self.assertIn("0 error auth_refused", drive.run("list", SERIAL, door.port, "/")[-1])

    def test_wrong_certificate_is_refused_before_the_code_is_sent(self):
        make_leaf(self.folder, "other", "01P00A000000002")
        make_ca(self.folder, "wild")
        make_leaf(self.folder, "stranger", SERIAL, "wild")
        for leaf, words in (("other", "certificate is for 01P00A000000002, expected " + SERIAL), ("stranger", "unknown CA")):
            with self.subTest(leaf):
                door, drive = self.door(leaf=leaf, name=leaf + "-door"), self.drive()
                for verb in ("list", "put"):
                    extra = [3, self.local(b"abc")] if verb == "put" else []
                    told = drive.run(verb, SERIAL, door.port, "/x", *extra)
                    self.assertIn("error tls_refused", told[-1])
                    self.assertIn(words, told[-1])
                self.assertNotIn("USER", door.commands())

    def test_pin_and_no_verification_take_a_stranger_and_a_wrong_pin_does_not(self):
        make_leaf(self.folder, "self", "somebody", None)
        key = subprocess.run(["openssl", "pkey", "-in", str(self.folder / "self.key"), "-pubout", "-outform", "DER"],
                             capture_output=True, check=True).stdout
        door = self.door(leaf="self")
        for verify, words in ((hashlib.sha256(key).hexdigest(), "0 done"), ("insecure", "0 done"), ("00" * 32, "0 error tls_refused")):
            with self.subTest(verify):
                self.assertIn(words, self.drive(verify=verify).run("list", SERIAL, door.port, "/")[-1])

    def test_refused_port_is_offline(self):
        drive = self.drive()
        self.assertIn("0 error printer_offline", drive.run("list", SERIAL, free_port(), "/")[-1])

    def test_what_is_not_there(self):
        door, drive = self.door(), self.drive()
        (door.card / "d").mkdir()
        told = [drive.run(*words)[-1] for words in (
            ("get", SERIAL, door.port, "/none", -1, self.folder / "x"), ("delete", SERIAL, door.port, "/none"),
            ("list", SERIAL, door.port, "/none"), ("mkdir", SERIAL, door.port, "/no/d"),
            ("put", SERIAL, door.port, "/no/file", 3, self.local(b"abc")))]
        for line in told:
            self.assertIn("error no_such_file", line)

    def test_a_folder_is_not_a_file(self):
        door, drive = self.door(), self.drive()
        (door.card / "d").mkdir()
        os.chown(door.card / "d", 64990, 64990)
        for words in (("delete", SERIAL, door.port, "/d"), ("put", SERIAL, door.port, "/d", 3, self.local(b"abc")),
                      ("get", SERIAL, door.port, "/d", -1, self.folder / "x"), ("mkdir", SERIAL, door.port, "/d")):
            told = drive.run(*words)[-1]
            self.assertIn("error file_refused", told)
            self.assertIn("folder", told)

    def test_full_card(self):
        door, drive = self.door(card_size="100k"), self.drive()
        told = drive.run("put", SERIAL, door.port, "/big", 150_000, self.local(os.urandom(150_000)))[-1]
        # Its last word is lost when it closes the data connection first: then the sizes are what is known.
        self.assertRegex(told, "error (card_full .*102400 of 150000 bytes|transfer_failed .*has 102400 bytes.*sent were 150000.*may be full)")
        self.assertIn("listing 0", drive.run("list", SERIAL, door.port, "/")[-2])

    def test_cancel_within_a_second_removes_the_half_file(self):
        door, drive = self.door(local_max_rate="200000"), self.drive()
        job = drive.start("put", SERIAL, door.port, "/half", 50_000_000, self.local(os.urandom(50_000_000)))
        drive.wait(f"{job} ready")
        harness.wait_until("bytes on the card", lambda: (door.card / "half").exists() and (door.card / "half").stat().st_size)
        drive.say("cancel", job)
        self.assertIn(f"{job} error cancelled", drive.wait(f"{job} error", 1)[-1])
        harness.wait_until("the half file to go", lambda: not (door.card / "half").exists())
        # Its turn comes when the cleaning is over.
        self.assertEqual(drive.run("list", SERIAL, door.port, "/")[-1].split()[1], "done")

    def test_hang_up_of_the_client_cancels(self):
        door, drive = self.door(), self.drive()
        job = drive.start("put", SERIAL, door.port, "/half", 50_000_000, self.local(b"only a beginning"))
        drive.wait(f"{job} ready")
        harness.wait_until("the file", lambda: (door.card / "half").exists())
        drive.say("hangup", job)
        self.assertIn("error cancelled", drive.end_of(job)[-1])
        harness.wait_until("the half file to go", lambda: not (door.card / "half").exists())

    def test_one_at_a_time_a_printer_and_others_are_not_held_up(self):
        door, drive = self.door(), self.drive()
        other = "01P00A000000002"
        make_leaf(self.folder, "leaf2", other)
        second = self.door(leaf="leaf2", name="second")
        first = drive.start("put", SERIAL, door.port, "/slow", 9, self.local(b"123456789"), "hold")
        drive.wait(f"{first} ready")
        waits = drive.start("list", SERIAL, door.port, "/")
        drive.say("progress", waits)
        drive.wait(f"{waits} progress 0 -1 queued")
        self.assertIn("done", drive.run("list", other, second.port, "/")[-1])
        drive.say("go", first)
        self.assertEqual(drive.end_of(first)[-1], f"{first} done 9")
        self.assertIn("done", drive.end_of(waits)[-1])

    def test_more_than_64_that_wait_are_busy(self):
        door, drive = self.door(), self.drive()
        first = drive.start("put", SERIAL, door.port, "/slow", 3, self.local(b"123"), "hold")
        drive.wait(f"{first} ready")
        for _ in range(64):
            last = drive.start("list", SERIAL, door.port, "/")
        self.assertIn("error busy", drive.run("list", SERIAL, door.port, "/")[-1])
        # Who need not wait is not held up by those who do.
        self.assertIn("error printer_offline", drive.run("list", "01P00A000000009", free_port(), "/")[-1])
        drive.say("cancel", last)
        self.assertIn("error cancelled", drive.end_of(last)[-1])
        # The end with one that runs and others that wait leaves nothing behind.
        drive.say("end")


class Crooked(Rig):
    def door(self, **faults):
        door = CrookFtp(self.folder, **faults)
        self.addCleanup(door.close)
        return door

    def put(self, door, drive, size=300_000):
        return drive.run("put", SERIAL, door.port, "/f", size, self.local(os.urandom(size)))[-1]

    def test_data_channel_that_hangs_in_tls_is_tried_in_the_clear_once_and_remembered(self):
        door, drive = self.door(hang_tls=True), self.drive("clear")
        self.assertEqual(self.put(door, drive), "0 done 300000 clear")
        self.assertEqual(len(door.files["f"]), 300_000)
        self.assertEqual([c for c in door.commands if c.startswith("PROT")], ["PROT P", "PROT C"])
        self.assertIn("done 0 clear", drive.run("list", SERIAL, door.port, "/")[-1])
        self.assertNotIn("PROT P", door.commands[door.commands.index("PROT C"):])

    def test_data_channel_of_other_models_is_never_in_the_clear(self):
        door, drive = self.door(hang_tls=True), self.drive()
        job = drive.start("list", SERIAL, door.port, "/")
        harness.wait_until("LIST", lambda: "LIST" in door.commands)
        drive.say("cancel", job)
        self.assertIn("error cancelled", drive.wait(f"{job} error", 1)[-1])
        self.assertNotIn("PROT C", door.commands)

    def test_end_without_226_is_done_when_the_sizes_agree(self):
        for after in ("", "426 broken", "451 lost"):
            with self.subTest(after):
                self.assertEqual(self.put(self.door(after=after), self.drive()), "0 done 300000")

    def test_sizes_that_differ_are_a_failure_that_says_both(self):
        for faults, error in (({}, "transfer_failed"), ({"after": "451 write failed"}, "card_full"), ({"after": ""}, "transfer_failed")):
            with self.subTest(str(faults)):
                door = self.door(keep=1000, **faults)
                told = self.put(door, self.drive())
                self.assertIn(f"0 error {error}", told)
                self.assertIn("1000", told)
                self.assertIn("300000", told)
                harness.wait_until("the half file to go", lambda: "f" not in door.files)

    def test_tickets_that_come_after_the_last_byte_do_not_cut_the_file(self):
        self.assertEqual(self.put(self.door(late=True), self.drive(), 1_000_000), "0 done 1000000")

    def test_server_without_size_confirms_nothing(self):
        self.assertIn("error transfer_failed", self.put(self.door(no_size=True), self.drive()))

    def test_refused_store_is_named_by_what_the_root_shows(self):
        line = b"-rw-r--r-- 1 0 0 5 Nov 23 04:14 old.3mf\r\n"
        for stor, listing, error in (("553 no", b"", "no_card"), ("553 no", line, "card_full"), ("550 no", b"", "internal_storage"),
                                     ("550 no", line, "file_refused"), ("452 no", line, "card_full")):
            with self.subTest(f"{stor} {len(listing)}"):
                door = self.door(stor=stor, listing=listing)
                self.assertIn(f"0 error {error}", self.put(door, self.drive()))
                self.assertEqual(sum(c.startswith("STOR") for c in door.commands), 1)

    def test_listing_that_leads_elsewhere_is_refused_and_counted(self):
        # A lone CR is a line's end to curl: two names, and neither leads anywhere.
        hostile = b"-rw-r--r-- 1 0 0 5 Nov 23 04:14 ../x\r\n-rw-r--r-- 1 0 0 5 Nov 23 04:14 a\x1bDELE b\r\nok\r\n"
        told = self.drive().run("list", SERIAL, self.door(listing=hostile).port, "/")
        self.assertEqual(told[:2], ["0 entry file -1 ok", "0 listing 1 refused 2"])

    def test_endless_listing_is_cut(self):
        told = self.drive().run("list", SERIAL, self.door(endless=True).port, "/")
        self.assertEqual(told[-2:], ["0 listing 10000 refused 0 cut", told[-1]])
        self.assertIn("0 done", told[-1])

    def test_endless_file_is_stopped_at_its_size(self):
        door = self.door(extra=b"x" * 10000)
        door.files["f"] = b"y" * 1000
        told = self.drive().run("get", SERIAL, door.port, "/f", -1, self.folder / "got")
        self.assertIn("error transfer_failed", told[-1])
        self.assertLessEqual((self.folder / "got").stat().st_size, 1000)

    def test_mute_door_is_offline_in_ten_seconds(self):
        self.assertIn("error printer_offline", self.drive().run("list", SERIAL, self.door(mute=True).port, "/", deadline=14)[-1])

    def test_cancel_within_a_second_while_the_printer_takes_nothing(self):
        for faults in ({"no_read": True}, {"mute": True}):
            with self.subTest(str(faults)):
                door, drive = self.door(**faults), self.drive()
                job = drive.start("put", SERIAL, door.port, "/f", 20_000_000, self.local(bytes(20_000_000)))
                if "no_read" in faults:
                    harness.wait_until("STOR", lambda: "f" in door.files)
                drive.say("cancel", job)
                self.assertIn("error cancelled", drive.wait(f"{job} error", 1)[-1])

    def test_end_while_a_transfer_hangs(self):
        door, drive = self.door(no_read=True), self.drive()
        drive.start("put", SERIAL, door.port, "/f", 20_000_000, self.local(bytes(20_000_000)))
        harness.wait_until("STOR", lambda: "f" in door.files)
        drive.say("end")
        self.assertEqual(drive.child.wait(3), 0)


if __name__ == "__main__":
    harness.main()
