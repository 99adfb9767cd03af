# SPDX-License-Identifier: MIT
"""The vendor's texts of codes: fetched when wanted, shown everywhere, cached, and only asked for where the user agreed."""
import json
import os
import time

from cloudclient import CloudCase
from harness import main, wait_until

COVER, FILAMENT, INTERNAL = "03001200:00020001", "07002000:00020001", "05000300:00020010"
COVER_CODE = "0300-1200-0002-0001"
OURS = "The front cover of the toolhead fell off."
THEIRS = "The front cover of the toolhead came off."
QUERY = "path=/query.php"


class Texts(CloudCase):
    """A P1S with a code, a cloud with a catalogue; by default nothing but TextUrl= is configured."""

    def begin_texts(self, *args, section=None, model="P1S"):
        self.cloud("--model", model, "--state", "idle", "--still", *args, printers=1)
        config = self.folder / "bambud.conf"
        self.config = config.read_text()
        self.configure(f"TextUrl={self.info['text']}\nCaFile=./cloud-ca.pem\n" if section is None else section)
        self.name = self.one["name"]
        self.start_daemon()

    def configure(self, section):
        self.write_config(self.config.replace("[Printer ", f"[Cloud]\n{section}\n[Printer ", 1))

    def start_daemon(self):
        self.daemon_ = self.daemon()
        self.daemon_.wait_status(self.name, "a full report", lambda s: s["link"]["full_age_ms"] is not None)

    def restart(self, fresh=False):
        """fresh: as if a day had passed, and with it every pause."""
        self.assertEqual(self.daemon_.stop(), 0)
        self.processes.remove(self.daemon_)
        if fresh:
            before = time.time() - 25 * 3600
            os.utime(self.cache(), (before, before))
            self.cache("texts-en-01P.tried").unlink(missing_ok=True)
            (self.folder / "state" / "cloud-backoff").unlink(missing_ok=True)
        self.start_daemon()

    def raise_code(self, code):
        self.do("set", self.name, "hms=" + code)

    def wait_text(self, text):
        return self.daemon_.wait_status(self.name, f"the text {text!r}", lambda s: s["hms"] and s["hms"][0]["text"] == text)

    def asked(self):
        return self.counters()["text"]

    def wait_asked(self, count):
        wait_until(f"{count} requests", lambda: self.asked() == count)

    def log(self):
        return [r for r in json.loads(self.do("cloud", "log")) if r["route"] == "text"]

    def cache(self, name="texts-en-01P"):
        return self.folder / "cache" / name

    def test_the_vendors_words_come_with_the_first_code(self):
        self.begin_texts()
        self.assertEqual(self.asked(), 0, "no code, no request")
        self.raise_code(COVER)
        self.assertEqual(self.wait_text(THEIRS)["hms"][0]["code"], COVER_CODE)
        self.assertEqual(self.asked(), 1)
        request = self.log()[0]
        self.assertEqual((request["auth"], request["host"]), ("none", "text"))
        self.assertIn("lang=en", request["target"])
        self.assertIn("d=01P", request["target"])
        self.assertNotIn(self.one["serial"], json.dumps(request))
        status, out, err = self.daemon_.ctl("hms", self.name)
        self.assertEqual((status, err), (0, ""))
        self.assertIn(THEIRS, out)
        status, out, _ = self.daemon_.ctl("hms", "text", COVER_CODE)
        self.assertEqual(status, 0)
        self.assertIn(THEIRS, out)
        self.assertIn("The task was canceled.", self.daemon_.ctl("hms", "text", "0300-400C")[1])
        self.assertEqual(self.asked(), 1)
        self.assertEqual(self.cache().stat().st_mode & 0o777, 0o600)

    def test_subscribers_hear_of_the_words_and_events_hold_them(self):
        self.begin_texts()
        with self.daemon_.client() as client:
            client.call("events.subscribe", {"sections": ["hms"], "kinds": ["hms.*"]})
            self.raise_code(COVER)
            seen = []
            while not any(THEIRS in s for s in seen):
                seen.append(json.dumps(client.line()))
            self.assertTrue(any(OURS in s for s in seen), "ours at first")
            self.raise_code(FILAMENT)
            event = next(e for e in iter(client.line, None) if e["method"] == "event" and e["params"]["kind"] == "hms.raised"
                         and e["params"]["data"]["code"].startswith("0700"))
            self.assertEqual(event["params"]["data"]["text"], "Slot 1 of AMS A has no filament.")
        self.daemon_.wait_line("Slot 1 of AMS A has no filament.")

    def test_a_code_without_words_and_an_unknown_one_are_shown(self):
        self.begin_texts()
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        for code, shown in ((INTERNAL, "0500-0300-0002-0010"), ("0C990100:00020042", "0C99-0100-0002-0042")):
            self.raise_code(code)
            status = self.daemon_.wait_status(self.name, shown, lambda s: [h["code"] for h in s["hms"]] == [shown])
            self.assertIsNone(status["hms"][0]["text"])
            self.assertIn(shown, self.daemon_.ctl("hms", self.name)[1])

    def test_the_second_start_needs_no_request(self):
        self.begin_texts()
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        self.restart()
        self.wait_text(THEIRS)
        self.assertEqual(self.asked(), 1)

    def test_after_a_day_only_the_version_is_asked_about(self):
        self.begin_texts()
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        content = self.cache().read_bytes()
        self.restart(fresh=True)
        self.wait_text(THEIRS)
        self.wait_asked(2)
        wait_until("a new time", lambda: self.cache().stat().st_mtime > time.time() - 3600)
        self.assertIn("v=202611230001", self.log()[1]["target"])
        self.assertEqual(self.cache().read_bytes(), content)
        self.do("cloud", "set", "text-version=202612010001")
        self.restart(fresh=True)
        self.wait_text(THEIRS)
        wait_until("the newer version", lambda: b" 202612010001 " in self.cache().read_bytes())

    def test_answers_that_are_none_keep_the_old_and_are_not_repeated(self):
        self.begin_texts()
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        for count, fault in enumerate((("not-json",), ("html", "200"), ("wrong-types",), ("empty",), ("status", "503"), ("redirect",),
                                       ("huge", "5")), 2):
            self.switch(*fault, QUERY)
            self.restart(fresh=True)
            self.wait_text(THEIRS)
            wait_until(f"the mark of {fault}", self.cache("texts-en-01P.tried").exists)
            self.wait_asked(count)
            self.assertEqual(self.daemon_.text().count("the old ones stay"), count - 1)
            self.do("cloud", "fault", fault[0], "off")
        self.restart()
        self.wait_text(THEIRS)
        self.assertEqual(self.asked(), count, "it waits an hour, over a restart too")

    def test_without_an_answer_our_own_words_are_shown(self):
        self.begin_texts()
        self.switch("cut", QUERY)
        self.raise_code(COVER)
        self.wait_text(OURS)
        self.daemon_.wait_line("only our own are shown")
        for _ in range(20):
            self.daemon_.status(self.name)
        self.wait_asked(1)

    def test_a_damaged_cache_is_set_aside(self):
        self.begin_texts()
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        content = self.cache().read_bytes()
        self.cache().write_bytes(content.replace(b"came off", b"went off"))
        self.restart()
        self.wait_text(THEIRS)
        self.assertEqual(self.asked(), 2)
        self.assertIn(b"went off", self.cache("texts-en-01P.bad").read_bytes())
        self.assertEqual(self.cache().read_bytes(), content)

    def test_other_models_have_other_words(self):
        self.begin_texts(model="H2D")
        self.raise_code(COVER)
        self.wait_text("The cover of the right toolhead came off.")
        self.assertTrue(self.cache("texts-en-094").exists())

    def test_other_languages_by_hand(self):
        self.begin_texts()
        wait_until("German", lambda: "Auftrag" in self.daemon_.ctl("hms", "text", "0300-400C", "--lang", "de")[1])
        self.assertIn("lang=de", self.log()[0]["target"])
        status, _, err = self.daemon_.ctl("hms", "text", "0300-400C", "--lang", "../x")
        self.assertEqual((status != 0, "no texts in that language" in err), (True, True), err)
        self.assertEqual(sorted(p.name for p in (self.folder / "cache").iterdir()), ["texts-de-01P"])

    def test_nothing_is_asked_without_consent(self):
        self.begin_texts(section="Enabled=no\n")
        self.raise_code(COVER)
        self.wait_text(OURS)
        status, _, err = self.daemon_.ctl("hms", "text", COVER_CODE, "--lang", "de")
        self.assertNotEqual(status, 0)
        self.assertIn("TextUrl", err)
        self.assertEqual(list((self.folder / "cache").iterdir()), [], "no try has left a mark")
        self.assertEqual(self.asked(), 0)
        self.configure(f"TextUrl={self.info['text']}\nCaFile=./cloud-ca.pem\n")
        self.daemon_.call("daemon.reload")
        self.wait_text(THEIRS)
        self.configure("Enabled=no\n")
        self.daemon_.call("daemon.reload")
        self.wait_text(OURS)
        self.assertEqual(self.asked(), 1)

    def test_an_account_is_consent(self):
        self.begin_texts(section="")
        self.configure((self.folder / "cloud.conf").read_text().split("[Cloud]\n")[1])
        self.daemon_.call("daemon.reload")
        self.raise_code(COVER)
        self.wait_text(THEIRS)
        self.assertEqual([r["auth"] for r in self.log()], ["none"])

    def test_an_address_that_is_none_is_told(self):
        self.begin_texts(section="TextUrl=http://127.0.0.1/\n")
        self.assertIn("texts of codes are not fetched", self.daemon_.text())
        self.raise_code(COVER)
        self.wait_text(OURS)


if __name__ == "__main__":
    main()
