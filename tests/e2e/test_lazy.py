# SPDX-License-Identifier: MIT
"""libcurl and the thirty libraries behind it: in memory from the first use on, and a named error where they cannot be had."""
import pathlib

from harness import main
from test_account import PASSWORD, AccountCase


class Lazy(AccountCase):
    def maps_curl(self):
        return "libcurl" in pathlib.Path(f"/proc/{self.daemon_.child.pid}/maps").read_text()

    def test_a_daemon_without_account_and_files_does_not_map_it(self):
        self.begin_account()
        self.call("printer.get", printer=self.lan[0])
        self.call("account.status")
        self.assertFalse(self.maps_curl())

    def test_the_first_transfer_loads_it(self):
        self.begin_account()
        self.assertIn("entries", self.call("file.list", printer=self.lan[0], path="/"))
        self.assertTrue(self.maps_curl())

    def test_the_first_request_to_the_cloud_loads_it(self):
        self.begin_account()
        self.sign_in_whole()
        self.assertTrue(self.maps_curl())


class Broken(AccountCase):
    """The program loader finds another file of that name first."""

    def start_daemon(self):
        libraries = self.folder / "lib"
        libraries.mkdir()
        self.make(libraries / "libcurl.so.4")
        self.daemon_ = self.daemon(wrap=["env", f"LD_LIBRARY_PATH={libraries}"])

    def make(self, path):
        path.write_bytes(b"this is no library")

    def refusal(self, method, **params):
        with self.daemon_.client() as c:
            got = c.error(method, params)
        self.assertEqual(got["data"]["type"], "unsupported", got)
        self.assertIn("libcurl.so.4 cannot be loaded", got["message"])
        self.assertIn("libcurl4", got["data"]["hint"])

    def test_files_and_cloud_say_what_is_missing_and_printers_go_on(self):
        self.begin_account()
        for _ in range(2):
            self.refusal("file.list", printer=self.lan[0], path="/")
            self.refusal("account.login", email=self.info["account"], password=PASSWORD)
        self.assertEqual(self.daemon_.text().count("libcurl.so.4 cannot be loaded"), 1, self.daemon_.text())
        self.assertEqual(self.daemon_.status(self.lan[0])["link"]["state"], "online")

    def test_once_it_is_there_it_is_used(self):
        self.begin_account()
        self.refusal("file.list", printer=self.lan[0], path="/")
        (self.folder / "lib" / "libcurl.so.4").unlink()
        self.assertIn("entries", self.call("file.list", printer=self.lan[0], path="/"))


class Other(Broken):
    """A library that is one, but without what we call."""

    def make(self, path):
        with open("/proc/self/maps", encoding="ascii") as maps:
            some = next(line.split()[-1] for line in maps if "/libz.so" in line or "/libexpat.so" in line or "/libm.so" in line)
        path.symlink_to(some)


if __name__ == "__main__":
    main()
