# SPDX-License-Identifier: MIT
"""Hooks: events told to programs that a separate process runs, and what such programs can do wrong."""
import json
import os
import pathlib
import re
import signal
import subprocess

from harness import BAMBUD, SOURCE, Case, main, wait_until


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


class HookCase(Case):
    wrap = ()

    def open(self, hooks, printers=1, more=""):
        self.sim_ = self.sim("--printers", str(printers), "--rate", "5", "--state", "idle")
        self.printers = json.loads(self.sim_.do("list"))
        self.one = self.printers[0]
        self.base = (self.folder / "bambud.conf").read_text() + more
        self.write_config(self.base + hooks)
        self.d = self.daemon(wrap=self.wrap)
        for printer in self.printers:
            self.d.wait_link(printer["name"], "online")

    def script(self, name, text, mode=0o700):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(mode)
        return path

    def hook(self, name, **keys):
        return f"\n[Hook {name}]\n" + "".join(f"{key.rstrip('_')}={value}\n" for key, value in keys.items())

    def reload(self, hooks):
        """Each reload is an event as well: config.reloaded."""
        self.write_config(self.base + hooks)
        return self.d.call("daemon.reload")

    def trigger(self):
        self.d.call("daemon.reload")

    def check(self, hooks):
        path = self.write_config(hooks, name="check.conf")
        done = subprocess.run([str(BAMBUD), "--config", str(path), "--check-config"], capture_output=True, text=True,
                              timeout=20, check=False)
        return done.returncode, done.stderr

    def events(self, kind):
        with self.d.client() as client:
            return [e for e in client.call("events.list", {"limit": 4000})["events"] if e["kind"] == kind]

    def failed(self, count=1, deadline=20):
        """hook.failed, once there are so many."""
        return wait_until(f"{count} failed hooks", lambda: (lambda e: e if len(e) >= count else None)(
            self.events("hook.failed")), deadline)

    def wait_text(self, name, probe=lambda t: True):
        path = self.folder / name
        return wait_until(f"{name}", lambda: path.exists() and path.read_text() and probe(path.read_text()) and
                          path.read_text())


class Programs(HookCase):
    def test_a_finished_print_runs_a_program_with_json_and_environment(self):
        script = self.script("hook.sh", f'cat > {self.folder}/in.tmp; env > {self.folder}/env; echo "$@" > {self.folder}/args\n'
                             f'mv {self.folder}/in.tmp {self.folder}/in\n')
        self.open(self.hook("done", On="print.finished", Exec=f"""{script} "two words" 'it''s' $HOME a\\ b"""))
        for word in ("preparing", "printing", "finished"):
            self.sim_.do("state", self.one["name"], word)
            self.d.wait_status(self.one["name"], word, lambda s, w=word: s["print"]["state"] == w)
        told = json.loads(self.wait_text("in"))
        event, = self.events("print.finished")
        self.assertEqual({k: told[k] for k in event}, event)
        self.assertEqual((told["hook"], told["printer"], told["serial"]), ("done", self.one["name"], self.one["serial"]))
        self.assertEqual(int(told["cursor"].split(".")[1]), event["seq"])
        self.assertEqual((self.folder / "args").read_text(), "two words its $HOME a b\n")
        env = dict(line.split("=", 1) for line in (self.folder / "env").read_text().splitlines())
        self.assertEqual((env["BAMBU_EVENT"], env["BAMBU_PRINTER"], env["BAMBU_SERIAL"], env["BAMBU_HOOK"]),
                         ("print.finished", self.one["name"], self.one["serial"], "done"))
        self.assertEqual((env["BAMBU_SEQ"], env["BAMBU_TIME"], env["BAMBU_JOB"]),
                         (str(event["seq"]), event["time"], event["data"]["job"]))
        self.assertNotIn("NOTIFY_SOCKET", env)
        self.assertEqual(self.events("hook.failed"), [])

    def test_control_bytes_of_a_job_are_no_bytes_of_a_variable(self):
        script = self.script("hook.sh", f'printf %s "$BAMBU_JOB" > {self.folder}/job.tmp; mv {self.folder}/job.tmp {self.folder}/job\n')
        self.open(self.hook("start", On="print.started", Exec=script))
        self.sim_.do("publish", self.one["name"], '{"print":{"command":"push_status","msg":1,"gcode_state":"RUNNING",'
                     '"subtask_name":"a\\u001b[31mb\\u007f$(id)`id`"}}')
        self.assertEqual(self.wait_text("job"), "a [31mb $(id)`id`")

    def test_only_printers_that_are_meant(self):
        script = self.script("hook.sh", f'echo "$BAMBU_PRINTER" >> {self.folder}/out\n')
        self.open("", printers=2)
        first, second = self.printers[0]["name"], self.printers[1]["name"]
        self.reload(self.hook("some", On="print.started config.reloaded", Printers=second, Exec=script))
        for printer in self.printers:
            self.sim_.do("state", printer["name"], "preparing")
        self.trigger()
        wait_until("both prints", lambda: len(self.events("print.started")) == 2)
        self.assertEqual(self.wait_text("out"), second + "\n")
        self.assertNotIn(first, (self.folder / "out").read_text())

    def test_exit_status_and_signal_are_an_event(self):
        self.open(self.hook("bad", On="config.reloaded", Exec="/bin/sh -c 'exit 3'") +
                  self.hook("dead", On="config.reloaded", Exec="/bin/sh -c 'kill -9 $$'"))
        self.trigger()
        found = {e["data"]["hook"]: e["data"] for e in self.failed(2)}
        cause, = self.events("config.reloaded")
        self.assertEqual((found["bad"]["code"], found["bad"]["reason"]), (3, "exit status 3"))
        self.assertEqual((found["bad"]["event"], found["bad"]["kind"]), (cause["seq"], "config.reloaded"))
        self.assertIsNone(found["dead"]["code"])
        self.assertIn("signal 9", found["dead"]["reason"])

    def test_what_cannot_be_run_is_said(self):
        plain = self.script("plain.sh", "true\n", mode=0o600)
        folder = self.folder
        self.open(self.hook("plain", On="config.reloaded", Exec=plain) + self.hook("gone", On="config.reloaded", Exec=f"{folder}/no"))
        self.assertIn("Permission denied", self.d.text())  # by the reader of the configuration
        self.trigger()
        found = {e["data"]["hook"]: e["data"]["reason"] for e in self.failed(2)}
        self.assertEqual(found["plain"], "it cannot be started: Permission denied")
        self.assertEqual(found["gone"], "it cannot be started: No such file or directory")

    def test_a_hung_program_ends_at_its_limit_with_its_children(self):
        script = self.script("hang.sh", f'trap "" TERM\nsleep 1000 & echo $! > {self.folder}/child\necho $$ > {self.folder}/leader\n'
                             'while :; do wait; done\n')
        self.open(self.hook("hung", On="config.reloaded", Exec=script, Timeout="1s"))
        self.trigger()
        pids = [int(self.wait_text(name)) for name in ("child", "leader")]
        self.assertTrue(all(alive(p) for p in pids))
        self.assertIn("longer than 1 s", self.failed()[0]["data"]["reason"])
        wait_until("both gone", lambda: not any(alive(p) for p in pids))

    def test_at_most_four_at_once_and_the_rest_afterwards(self):
        script = self.script("slow.sh", f'mkdir {self.folder}/run/$BAMBU_HOOK.in\nls -d {self.folder}/run/*.in | wc -l >> {self.folder}/seen\n'
                             f'while [ ! -e {self.folder}/go ]; do sleep 0.05; done\nrmdir {self.folder}/run/$BAMBU_HOOK.in\n'
                             f'echo $BAMBU_HOOK >> {self.folder}/ends\n')
        self.open("".join(self.hook(f"h{i}", On="config.reloaded", Exec=script) for i in range(7)))
        self.trigger()
        wait_until("four that run", lambda: len(list((self.folder / "run").glob("*.in"))) == 4)
        spawner, = children(self.d.child.pid)
        self.assertEqual(len(children(spawner)), 4)
        (self.folder / "go").touch()
        self.wait_text("ends", lambda t: len(t.split()) == 7)
        self.assertLessEqual(max(int(n) for n in (self.folder / "seen").read_text().split()), 4)
        self.assertEqual(sorted((self.folder / "ends").read_text().split()), [f"h{i}" for i in range(7)])

    def test_one_hook_is_told_in_order_and_a_hung_one_delays_itself_alone(self):
        script = self.script("in_order.sh", f'echo $BAMBU_SEQ >> {self.folder}/order\n')
        self.open(self.hook("a-hung", On="config.reloaded", Exec="/bin/sleep 1000", Timeout="60s") +
                  self.hook("order", On="config.reloaded", Exec=script))
        for _ in range(8):
            self.trigger()
        order = [int(n) for n in self.wait_text("order", lambda t: len(t.split()) == 8).split()]
        self.assertEqual(order, sorted(order))

    def test_a_flood_is_bounded_and_told(self):
        script = self.script("wait.sh", f'while [ ! -e {self.folder}/go ]; do sleep 0.05; done\n')
        self.open(self.hook("flood", On="config.reloaded", Exec=script, Timeout="1min"))
        with self.d.client() as client:
            for _ in range(300):
                client.call("daemon.reload")
        self.assertEqual(self.d.text().count("256 events wait already"), 1)
        (self.folder / "go").touch()
        data = self.failed()[0]["data"]
        # One runs, 256 wait.
        self.assertEqual((data["hook"], data["lost"]), ("flood", 300 - 257))
        self.assertEqual(self.d.status(self.one["name"])["link"]["state"], "online")

    def test_a_megabyte_of_output_is_cut_and_escaped(self):
        script = self.script("talk.sh", "printf 'first \\033[31mred\\n'\nprintf 'second' >&2; echo\n"
                             "head -c 1000000 /dev/zero | tr '\\0' x; echo; yes line | head -n 1000; exit 0\n")
        self.open(self.hook("talk", On="config.reloaded", Exec=script))
        self.trigger()
        self.d.wait_line("more bytes of its output are left out")
        text = self.d.text()
        self.assertIn("hook talk: first \\x1B[31mred", text)
        self.assertIn("hook talk: second", text)
        lines = [line for line in text.splitlines() if "hook talk: " in line]
        self.assertEqual(len(lines), 101)
        self.assertLessEqual(max(map(len, lines)), 540)
        left_out = int(re.search(r"(\d+) more bytes", text).group(1))
        self.assertEqual(left_out, 1000000 - 500 + 4 * (1000 - 97))
        self.assertEqual(self.events("hook.failed"), [])

    def test_output_without_end_is_not_read_for_ever(self):
        self.open(self.hook("yes", On="config.reloaded", Exec="/usr/bin/yes"))
        self.trigger()
        self.assertIn("signal 13", self.failed()[0]["data"]["reason"])
        self.assertIn("it writes more than 16 MiB", self.d.text())

    def test_a_program_that_does_not_read_holds_nobody_up(self):
        self.open(self.hook("deaf", On="config.reloaded", Exec="/bin/true") +
                  self.hook("all", On="*", Exec="/bin/true"))
        self.trigger()
        self.trigger()
        self.assertEqual(self.d.status(self.one["name"])["link"]["state"], "online")
        self.assertEqual(self.events("hook.failed"), [])

    def test_failures_of_hooks_on_failures_do_not_go_round(self):
        self.open("".join(self.hook(f"loop{i}", On="hook.failed config.reloaded", Exec="/bin/false") for i in range(2)))
        self.trigger()
        wait_until("four log lines", lambda: self.d.text().count("failed at the event of a failed hook") == 4)
        self.trigger()
        wait_until("eight log lines", lambda: self.d.text().count("failed at the event of a failed hook") == 8)
        self.assertEqual(len(self.events("hook.failed")), 4)


class Configured(HookCase):
    def test_what_is_wrong_is_named(self):
        for keys, words in (
                ({"On": "print.finish", "Exec": "/bin/true"}, "On=print.finish: no such event, did you mean print.finished?"),
                ({"On": "nothing.*", "Exec": "/bin/true"}, "On=nothing.*: no such event"),
                ({"Exec": "/bin/true"}, "no On="),
                ({"On": "*"}, "no Exec= and no Url="),
                ({"On": "*", "Exec": "bin/true"}, "the program is named by its whole path"),
                ({"On": "*", "Exec": "/bin/sh 'a"}, "a quote is not closed"),
                ({"On": "*", "Exec": "/bin/true", "Timeout": "2h"}, "Timeout=2h: want a time such as 30s, 1s..1h"),
                ({"On": "*", "Exec": "/bin/true", "Timeut": "2s"}, "did you mean Timeout=?")):
            code, text = self.check(self.hook("x", **keys))
            self.assertEqual(code, 78, keys)
            self.assertIn(words, text)
        self.assertEqual(self.check(self.hook("x", On="print.* hms.raised", Exec="/bin/true", Timeout="5min")), (0, ""))
        code, text = self.check("".join(self.hook(f"h{i}", On="*", Exec="/bin/true") for i in range(33)))
        self.assertEqual(code, 78)
        self.assertIn("[Hook h32] left out: there are 32 hooks already", text)

    def test_a_reload_adds_changes_and_removes(self):
        one = self.script("one.sh", f"echo one >> {self.folder}/out\n")
        two = self.script("two.sh", f"echo two >> {self.folder}/out\n")
        self.open(self.hook("a", On="daemon.started", Exec=one))
        self.wait_text("out", lambda t: t == "one\n")
        self.assertIn("Hook a", self.reload(self.hook("a", On="config.reloaded", Exec=two))["changed"])
        self.wait_text("out", lambda t: t == "one\ntwo\n")
        hang = self.hook("a", On="config.reloaded", Exec="/bin/sleep 1000", Timeout="5min")
        self.reload(hang)
        spawner, = children(self.d.child.pid)
        pid = wait_until("the program", lambda: children(spawner))[0]
        self.reload("")
        wait_until("its end", lambda: not alive(pid))
        self.assertEqual((self.folder / "out").read_text(), "one\ntwo\n")

    def test_a_hook_that_a_reload_disables_forgets_what_waits(self):
        script = self.script("wait.sh", f'touch {self.folder}/begun; while [ ! -e {self.folder}/go ]; do sleep 0.05; done\n')
        self.open(self.hook("a", On="config.reloaded", Exec=script))
        self.trigger()
        wait_until("the first", (self.folder / "begun").exists)
        self.trigger()
        self.reload(self.hook("a", On="config.reloaded"))
        (self.folder / "go").touch()
        spawner, = children(self.d.child.pid)
        wait_until("its end", lambda: not children(spawner))
        self.reload(self.hook("a", On="config.reloaded", Exec="/bin/sh -c 'exit 5'"))
        self.assertEqual([e["data"]["code"] for e in self.failed()], [5])

    def test_the_dump_shows_them(self):
        path = self.write_config(self.hook("x", On="print.* hms.raised", Exec="/bin/true 'a b'", Timeout="5min"), name="c.conf")
        text = subprocess.run([str(BAMBUD), "--config", str(path), "--dump-config"], capture_output=True, text=True,
                              timeout=20, check=True).stdout
        self.assertIn("[Hook x]", text)
        for line in ("On=print.* hms.raised", "Exec=/bin/true 'a b'", "Timeout=300s"):
            self.assertIn(line, text.splitlines())


class Spawner(HookCase):
    def end(self):
        self.processes.remove(self.d)
        self.assertEqual(self.d.stop(), 0)

    def spawner(self):
        pid, = children(self.d.child.pid)
        return pid

    def test_it_is_named_and_holds_nothing(self):
        self.open("")
        pid = self.spawner()
        self.assertEqual(pathlib.Path(f"/proc/{pid}/comm").read_text(), "bambud-spawner\n")
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        self.assertEqual(sorted(re.sub(r"[^a-z/].*", "", link) for link in links if not link.endswith(".log")),
                         ["/dev/null", "/dev/null", "anon", "socket"])

    def test_its_death_is_told_and_the_daemon_goes_on(self):
        self.open(self.hook("x", On="config.reloaded", Exec="/bin/true"))
        os.kill(self.spawner(), signal.SIGKILL)
        self.d.wait_line("the spawner process has ended")
        self.trigger()
        self.assertEqual(self.failed()[0]["data"]["reason"],
                         "it cannot be started: the spawner process has ended; restart bambud")
        self.assertEqual(self.d.status(self.one["name"])["link"]["state"], "online")
        self.assertEqual(children(self.d.child.pid), [])

    def test_a_killed_daemon_takes_spawner_and_programs_along(self):
        script = self.script("hang.sh", f'sleep 1000 & echo $! > {self.folder}/child\nwait\n')
        self.open(self.hook("x", On="config.reloaded", Exec=script))
        self.trigger()
        child = int(self.wait_text("child"))
        spawner = self.spawner()
        self.d.child.kill()
        wait_until("all gone", lambda: not alive(spawner) and not alive(child))

    def test_a_stop_ends_programs(self):
        script = self.script("hang.sh", f'trap "" TERM; sleep 1000 & echo $! > {self.folder}/child\nwait\n')
        self.open(self.hook("x", On="config.reloaded", Exec=script))
        self.trigger()
        child = int(self.wait_text("child"))
        spawner = self.spawner()
        self.end()
        self.assertFalse(alive(spawner))
        wait_until("its end", lambda: not alive(child))

    def test_a_stopped_spawner_does_not_hold_up_the_end(self):
        self.open("")
        os.kill(self.spawner(), signal.SIGSTOP)
        self.end()


class Examples(Case):
    """conf/hooks: what is offered is read without a complaint and does what it says."""
    ENV = {"BAMBU_EVENT": "print.finished", "BAMBU_PRINTER": "shelf", "BAMBU_JOB": "@lid; $(id)", "BAMBU_TIME": "2026-11-23T01:02:03Z"}

    def run_script(self, name, *args, stdin="{}"):
        """With a curl and an msmtp that write down what they are given: (arguments, standard input)."""
        for fake in ("curl", "msmtp"):
            path = self.folder / fake
            path.write_text(f'#!/bin/sh\nfor a in "$@"; do printf "%s\\n" "$a"; done > {self.folder}/args\ncat > {self.folder}/in\n')
            path.chmod(0o700)
        for secret in ("ntfy", "telegram"):
            (self.folder / secret).write_text("t0ken\n")
        env = dict(self.ENV, PATH=f"{self.folder}:/usr/bin:/bin", CREDENTIALS_DIRECTORY=str(self.folder))
        subprocess.run([str(SOURCE / "conf" / "hooks" / name), *args], env=env, input=stdin, text=True, check=True, timeout=20)
        return (self.folder / "args").read_text().splitlines(), (self.folder / "in").read_text()

    def test_the_configuration_is_good(self):
        path = SOURCE / "conf" / "hooks" / "hooks.conf"
        done = subprocess.run([str(BAMBUD), "--config", str(path), "--check-config"], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        named = set(re.findall(r"^Exec=/usr/local/lib/bambud/(\S+)", path.read_text(), re.M))
        self.assertEqual(named, {p.name for p in path.parent.glob("*.sh")})

    def test_ntfy(self):
        args, stdin = self.run_script("ntfy.sh", "https://ntfy.sh/x")
        self.assertEqual(args[-5:], ["Priority: default", "--data-raw", "print.finished: @lid; $(id)", "--", "https://ntfy.sh/x"])
        self.assertIn("Title: shelf", args)
        self.assertEqual(stdin, 'header = "Authorization: Bearer t0ken"')

    def test_telegram(self):
        args, stdin = self.run_script("telegram.sh", "123")
        self.assertEqual(args[-4:], ["--data-urlencode", "chat_id=123", "--data-urlencode", "text=shelf: print.finished: @lid; $(id)"])
        self.assertEqual(stdin, 'url = "https://api.telegram.org/bott0ken/sendMessage"\n')

    def test_mail(self):
        args, stdin = self.run_script("mail.sh", "a@example.org", "/etc/msmtprc", stdin='{"seq":1}\n')
        self.assertEqual(args, ["--file=/etc/msmtprc", "--", "a@example.org"])
        head, body = stdin.split("\n\n", 1)
        self.assertEqual(head.splitlines()[:2], ["To: a@example.org", "Subject: [bambud] shelf: print.finished"])
        self.assertEqual(body, '2026-11-23T01:02:03Z\njob: @lid; $(id)\n\n{"seq":1}\n')


if __name__ == "__main__":
    main()
