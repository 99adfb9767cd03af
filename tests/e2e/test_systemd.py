# SPDX-License-Identifier: MIT
"""The units under a real systemd: readiness, watchdog, credentials, sandbox, socket activation, reload, journal and catalog.

The file is run twice: outside it stages an installation and boots a systemd in namespaces, inside that it is the tests.
"""
import json
import os
import pathlib
import pwd
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

from harness import BUILD, SOURCE, Client, Sim, wait_until

INSIDE = os.environ.get("BB_INSIDE") == "1"
SKIPPED = 77
CODE = "cAnArY42"
SOCKET = "/run/bambud/control.sock"
CTL = "/usr/local/bin/bambuctl"
ETC = pathlib.Path("/etc/bambud")
DROP_INS = pathlib.Path("/run/systemd/system/bambud.service.d")
UNITS = ["bambud.service", "bambud.socket"]
POLLERS, RESTARTS = 200, 5


def run(*args, check=True, **kw):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=60, check=False, **kw)
    if check and done.returncode != 0:
        raise AssertionError(f"{args}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done


def systemctl(*args, **kw):
    return run("systemctl", *args, **kw)


def show(name, unit="bambud.service"):
    return systemctl("show", "--value", f"--property={name}", unit).stdout.strip()


def wait_show(name, value, deadline=20):
    return wait_until(f"{name} to be {value}", lambda: show(name) == value, deadline)


def journal(*matches):
    """Entries of the journal as objects, oldest first."""
    run("journalctl", "--sync")
    text = run("journalctl", "--output=json", "--no-pager", "--quiet", *matches).stdout
    return [json.loads(line) for line in text.splitlines()]


def main_pid():
    return int(show("MainPID"))


def proc(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_text()


def drop_in(name, text):
    DROP_INS.mkdir(exist_ok=True)
    (DROP_INS / f"{name}.conf").write_text(text)
    systemctl("daemon-reload")


def call(method, params=None):
    with Client(SOCKET) as client:
        return client.call(method, params)


def status(name):
    return call("printer.get", {"printer": name})


def wait_link(name, state):
    return wait_until(f"{name} to be {state}", lambda: status(name)["link"]["state"] == state)


class Poller(threading.Thread):
    """Asks for what is new and for the printer, again and again: on one connection as long as it stands, or each time on a new one.

    A restart may cut a connection between two calls, never a call that was taken."""
    ending = threading.Event()

    def __init__(self, keep):
        super().__init__()
        self.keep, self.client, self.calls, self.problem, self.kinds = keep, None, 0, None, []
        self.cursor = call("events.list", {"limit": 1})["cursor"]

    def run(self):
        try:
            while not self.ending.wait(0.3):
                self.look()
                printer = self.ask("printer.get", {"printer": "one"})
                if printer["print"]["state"] != "printing":
                    raise AssertionError(f"shown as {printer['print']['state']}")
                self.calls += 1
        except Exception as e:  # pylint: disable=broad-except
            self.problem = repr(e)
        finally:
            self.close()

    def close(self):
        if self.client:
            self.client.close()
        self.client = None

    def ask(self, method, params):
        if not self.keep:
            return call(method, params)
        while True:
            self.client = self.client or Client(SOCKET)
            try:
                wanted = self.client.request(method, params)
            except (BrokenPipeError, ConnectionResetError):  # it was not taken
                self.close()
                continue
            return self.client.reply(wanted)["result"]

    def look(self):
        """The next events, without gap or repeat."""
        page = self.ask("events.list", {"since": self.cursor, "limit": 1000})
        epoch, seq = self.cursor.split(".")
        for event in page["events"]:
            seq = int(seq) + 1
            if event["seq"] != seq:
                raise AssertionError(f"event {event['seq']} instead of {seq}")
            self.kinds.append(event["kind"])
        if page["lost"] or page["cursor"].split(".")[0] != epoch:
            raise AssertionError(f"lost: {page['cursor']} after {self.cursor}")
        self.cursor = page["cursor"]


class Service(unittest.TestCase):
    """Each test begins with both units stopped, no configuration and two printers that stand ready."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sim-", dir="/run/bb"))
        cls.sim = Sim(cls.folder, "--printers", "2", "--rate", "5", "--model", "X1C", "--state", "printing", "--ams", "none",
                      "--code", CODE)
        cls.printers = json.loads(cls.sim.do("list"))
        run("systemd-sysusers", "/usr/local/lib/sysusers.d/bambud.conf")
        # A sanitizer's leak check traces the process, which the sandbox forbids; without a sanitizer this says nothing.
        drop_in("sanitizer", "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n")

    @classmethod
    def tearDownClass(cls):
        cls.sim.stop()
        shutil.rmtree(cls.folder)

    def setUp(self):
        systemctl("stop", *UNITS)
        systemctl("reset-failed", *UNITS, check=False)
        for path in [*DROP_INS.glob("test-*.conf"), pathlib.Path("/run/systemd/system/bambud.socket"),
                     pathlib.Path("/etc/credstore/bambu.code.one")]:
            path.unlink(missing_ok=True)
        shutil.rmtree(ETC, ignore_errors=True)
        systemctl("daemon-reload")

    def tearDown(self):
        for entry in journal("_SYSTEMD_UNIT=bambud.service"):
            text = str(entry["MESSAGE"])
            self.assertNotIn("Sanitizer", text)
            self.assertNotIn("runtime error:", text)
            self.assertNotIn(CODE, text)

    def configure(self, *names, code="@bambu.code.one", more=""):
        """The first printers of the simulator under these names; the code is a credential."""
        ETC.mkdir(exist_ok=True)
        ETC.chmod(0o755)
        shutil.copy(self.folder / "ca.pem", ETC / "ca.pem")
        text = more
        for name, printer in zip(names, self.printers):
            text += (f"[Printer {name}]\nSerial={printer['serial']}\nAddress={printer['address']}\nPort={printer['port']}\n"
                     f"AccessCode={code}\nCaFile=ca.pem\nCamera=off\n")
        (ETC / "bambud.conf").write_text(text)
        pathlib.Path("/etc/credstore").mkdir(mode=0o700, exist_ok=True)
        secret = pathlib.Path("/etc/credstore/bambu.code.one")
        secret.write_text(CODE)
        secret.chmod(0o600)
        drop_in("test-code", "[Service]\nLoadCredential=bambu.code.one\n")

    def start(self, *names):
        self.configure(*names)
        systemctl("start", "bambud.service")
        for name in names:
            wait_link(name, "online")

    def test_a_fresh_install_starts_with_nothing_configured(self):
        run("systemd-tmpfiles", "--create", "/usr/local/lib/tmpfiles.d/bambud.conf")
        self.assertTrue((ETC / "bambud.conf.d").is_dir())
        shutil.rmtree(ETC)
        systemctl("start", "bambud.service")  # returns after READY=1
        self.assertEqual(show("ActiveState"), "active")
        self.assertIn("no printer is configured", show("StatusText"))
        self.assertEqual(json.loads(run(CTL, "list", "--json").stdout)["printers"], [])
        user = pwd.getpwnam("bambud")
        for path, mode in [("/run/bambud", 0o755), ("/var/lib/bambud", 0o700), ("/var/cache/bambud", 0o700)]:
            st = os.stat(path)
            self.assertEqual((stat.S_IMODE(st.st_mode), st.st_uid), (mode, user.pw_uid), path)
        self.assertEqual(stat.S_IMODE(os.stat(SOCKET).st_mode), 0o666)
        self.assertEqual(os.stat(f"/proc/{main_pid()}").st_uid, user.pw_uid)
        self.assertTrue(any("none is configured yet" in e["MESSAGE"] for e in journal("BAMBU_EVENT=daemon.started")))

    def test_a_printer_is_reached_over_tls_from_inside_the_sandbox(self):
        self.start("one")
        self.assertEqual(status("one")["link"]["tls"], "verified")
        wait_until("the status line", lambda: "1 printer: 1 online, 1 printing" in show("StatusText"))
        pid = main_pid()
        facts = dict(line.split(":\t", 1) for line in proc(pid, "status").splitlines() if ":\t" in line)
        self.assertEqual(int(facts["CapEff"], 16) | int(facts["CapBnd"], 16) | int(facts["CapAmb"], 16), 0)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
        limits = proc(pid, "limits")
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        files = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # a container may not raise its own
        self.assertRegex(limits, rf"Max open files +{files} +{files} ")
        mounts = {line.split()[4]: line.split()[5].split(",") for line in proc(pid, "mountinfo").splitlines()}
        self.assertIn("ro", mounts["/"])
        self.assertIn("rw", mounts["/var/lib/bambud"])

    def test_libcurl_is_loaded_inside_the_sandbox(self):
        self.start("one")
        pid = main_pid()
        self.assertNotIn("libcurl", proc(pid, "maps"))
        with Client(SOCKET) as client:
            # Without FtpPort= the simulator's door for files is not found: what matters is that curl looked for it.
            self.assertEqual(client.error("file.list", {"printer": "one", "path": "/"})["data"]["type"], "printer_offline")
        self.assertIn("libcurl", proc(pid, "maps"))
        self.assertEqual(status("one")["link"]["state"], "online")

    def test_the_access_code_comes_as_a_credential_and_is_seen_nowhere(self):
        self.start("one")
        self.assertNotIn(CODE, proc(main_pid(), "environ") + proc(main_pid(), "cmdline"))
        self.assertNotIn(CODE, systemctl("show", "bambud.service").stdout + systemctl("status", "bambud.service").stdout)
        self.assertNotIn(CODE, json.dumps(journal()))
        # A credential that is missing disables the printer and says what to do; the daemon runs.
        pathlib.Path("/etc/credstore/bambu.code.one").unlink()
        systemctl("restart", "bambud.service")
        self.assertEqual(status("one")["link"]["state"], "disabled")
        self.assertIn("bambu.code.one", status("one")["link"]["last_error"])

    def test_reload_keeps_connections_and_refuses_what_is_broken(self):
        self.start("one")
        pid = main_pid()
        self.configure("one", "two")
        systemctl("reload", "bambud.service")
        wait_link("two", "online")
        wait_show("ActiveState", "active")
        self.assertEqual((main_pid(), status("one")["link"]["reconnects"]), (pid, 0))
        (ETC / "bambud.conf").write_text("[Daemon]\nLogLevel=loud\n")
        systemctl("reload", "bambud.service")
        refused = wait_until("the refusal", lambda: journal("BAMBU_EVENT=config.refused"))
        self.assertIn("bambud.conf:2", refused[-1]["MESSAGE"])
        wait_show("ActiveState", "active")
        self.assertEqual((main_pid(), status("two")["link"]["reconnects"]), (pid, 0))

    def test_the_socket_unit_starts_the_daemon_for_the_first_call(self):
        systemctl("start", "bambud.socket")
        self.assertEqual(show("ActiveState"), "inactive")
        self.assertTrue(json.loads(run(CTL, "daemon", "ping", "--json").stdout)["pong"])
        self.assertEqual(show("ActiveState"), "active")
        inode = os.stat(SOCKET).st_ino
        systemctl("stop", "bambud.service")
        self.assertEqual(os.stat(SOCKET).st_ino, inode)  # inherited: not the daemon's to unlink
        self.assertTrue(call("daemon.ping")["pong"])

    def test_a_restart_under_the_socket_unit_loses_no_call(self):
        self.start("one")
        going, failed, made = threading.Event(), [], [0, 0]

        def loop(index, probe):
            while not going.is_set():
                try:
                    probe()
                    made[index] += 1
                except Exception as e:  # pylint: disable=broad-except
                    failed.append(repr(e))

        threads = [threading.Thread(target=loop, args=(0, lambda: call("daemon.ping"))),
                   threading.Thread(target=loop, args=(1, lambda: run(CTL, "list", "--json")))]
        for t in threads:
            t.start()
        for _ in range(10):
            before = list(made)
            systemctl("restart", "bambud.service")
            wait_until("calls after the restart", lambda: all(now > b for now, b in zip(made, before)))
        going.set()
        for t in threads:
            t.join()
        self.assertEqual(failed, [])
        self.assertEqual(show("NRestarts"), "0")

    def test_two_hundred_polling_clients_miss_nothing_over_restarts(self):
        self.start("one")
        crowd = [Poller(keep=i % 2 == 1) for i in range(POLLERS)]
        for poller in crowd:
            poller.start()
        for n in range(RESTARTS):
            before = [p.calls for p in crowd]
            systemctl("restart", "bambud.service")
            wait_until(f"calls of everybody after restart {n + 1}",
                       lambda b=before: all(p.calls > 2 + was or p.problem for p, was in zip(crowd, b)))
        Poller.ending.set()
        for poller in crowd:
            poller.join()
        self.assertEqual([p.problem for p in crowd if p.problem], [])
        last = call("events.list", {"limit": 1})["cursor"]
        for poller in crowd:
            poller.look()
            poller.close()
            self.assertEqual(poller.kinds.count("daemon.started"), RESTARTS)
            self.assertEqual(poller.kinds.count("daemon.stopping"), RESTARTS)
            self.assertGreaterEqual(int(poller.cursor.split(".")[1]), int(last.split(".")[1]))
        self.assertEqual((show("Result"), show("NRestarts")), ("success", "0"))

    def test_without_the_socket_unit_the_daemon_makes_its_socket(self):
        os.symlink("/dev/null", "/run/systemd/system/bambud.socket")
        systemctl("daemon-reload")
        # Masked below /run, which the unit of /usr/local does not outrank.
        self.assertEqual(show("LoadState", "bambud.socket"), "masked")
        systemctl("start", "bambud.service")
        self.assertEqual(stat.S_IMODE(os.stat(SOCKET).st_mode), 0o666)
        self.assertTrue(call("daemon.ping")["pong"])
        systemctl("stop", "bambud.service")
        self.assertFalse(os.path.exists(SOCKET))

    def test_stop_says_so_and_succeeds(self):
        self.start("one")
        systemctl("stop", "bambud.service")
        self.assertEqual((show("Result"), show("ExecMainStatus"), show("ActiveState")), ("success", "0", "inactive"))
        self.assertTrue(journal("BAMBU_EVENT=daemon.stopping"))

    def test_a_refused_configuration_is_not_tried_again(self):
        self.configure("one", more="[Daemon]\nLogLevel=loud\n")
        self.assertNotEqual(systemctl("start", "bambud.service", check=False).returncode, 0)
        self.assertEqual((show("ActiveState"), show("ExecMainStatus"), show("NRestarts")), ("failed", "78", "0"))

    def test_a_stalled_daemon_is_killed_by_the_watchdog_and_started_again(self):
        drop_in("test-watchdog", "[Service]\nWatchdogSec=1\n")
        self.start("one")
        pid = main_pid()
        os.kill(pid, signal.SIGSTOP)
        wait_show("Result", "watchdog")  # stands until the next start, RestartSec= later
        wait_until("another process", lambda: show("NRestarts") == "1" and show("ActiveState") == "active")
        self.assertNotEqual(main_pid(), pid)
        wait_link("one", "online")

    def test_a_killed_daemon_is_started_again(self):
        self.start("one")
        os.kill(main_pid(), signal.SIGKILL)
        wait_until("another process", lambda: show("NRestarts") == "1" and show("ActiveState") == "active")
        wait_link("one", "online")

    def test_the_journal_of_a_serial_is_the_history_of_its_printer(self):
        self.start("one")
        serial, name = self.printers[0]["serial"], self.printers[0]["name"]
        self.sim.do("set", name, "hms=03001200:00020001")
        match = f"BAMBU_SERIAL={serial}"
        raised = wait_until("the health message", lambda: journal(match, "BAMBU_EVENT=hms.raised"))[-1]
        self.assertEqual(raised["BAMBU_HMS"], "0300-1200-0002-0001")
        self.assertEqual((raised["PRIORITY"], raised["BAMBU_PRINTER"], raised["_SYSTEMD_UNIT"]),
                         ("4", "one", "bambud.service"))
        self.assertIn("one: HMS raised: 0300-1200-0002-0001", raised["MESSAGE"])
        self.sim.do("set", name, "hms=none")
        self.sim.do("state", name, "finished")
        finished = wait_until("the end of the print", lambda: journal(match, "BAMBU_EVENT=print.finished"))[-1]
        self.assertRegex(finished["MESSAGE"], "^one: print finished")
        self.sim.do("state", name, "printing")
        kinds = [e.get("BAMBU_EVENT") for e in journal(match)]
        self.assertIn("printer.online", kinds)
        self.assertIn("hms.cleared", kinds)
        ids = {e["MESSAGE_ID"] for e in journal(match, "BAMBU_EVENT=printer.online")}
        self.assertEqual(len(ids), 1)
        self.assertEqual([e for e in journal(f"MESSAGE_ID={ids.pop()}") if e["BAMBU_EVENT"] != "printer.online"], [])
        # One line for one thing: no other line tells of what an event tells.
        this_run = "_SYSTEMD_INVOCATION_ID=" + show("InvocationID")
        self.assertEqual([e["MESSAGE"] for e in journal(match, this_run) if "BAMBU_EVENT" not in e], [])

    def test_a_hook_runs_inside_the_sandbox_and_speaks_to_the_journal(self):
        script = ("/bin/sh -c 'id -un; grep -e ^NoNewPrivs -e ^CapEff /proc/self/status; touch /etc/x || echo no etc; "
                  "touch /var/lib/bambud/x && echo state; ls -A /home /root | wc -l; echo $BAMBU_EVENT; exit 3'")
        self.configure("one", more=f"[Hook look]\nOn=printer.online\nExec={script}\n")
        systemctl("start", "bambud.service")
        wait_link("one", "online")
        failed = wait_until("the hook's end", lambda: journal("BAMBU_EVENT=hook.failed"))
        self.assertIn("exit status 3", failed[0]["MESSAGE"])
        said = [e["MESSAGE"].removeprefix("hook look: ") for e in journal("_SYSTEMD_UNIT=bambud.service")
                if str(e["MESSAGE"]).startswith("hook look: ")]
        for line in ("bambud", "NoNewPrivs:\\x091", "CapEff:\\x090000000000000000", "no etc", "state", "printer.online"):
            self.assertIn(line, said)
        systemctl("stop", "bambud.service")
        self.assertEqual(show("Result"), "success")

    def test_the_catalog_says_what_to_do(self):
        run("journalctl", "--update-catalog")
        self.start("one")
        self.sim.do("fault", self.printers[0]["name"], "refuse", "on")
        self.sim.do("fault", self.printers[0]["name"], "kick", "on")
        try:
            wait_until("the loss", lambda: status("one")["link"]["state"] != "online")
            wait_until("the line", lambda: journal("BAMBU_EVENT=printer.offline") or journal("BAMBU_EVENT=printer.lan_closed"))
        finally:
            self.sim.do("fault", self.printers[0]["name"], "refuse", "off")
        text = run("journalctl", "-x", "--no-pager", "_SYSTEMD_UNIT=bambud.service").stdout
        self.assertRegex(text, "Subject: Printer one (cannot be reached|refuses connections)")
        self.assertIn("Defined-By: bambud", text)

    def test_the_units_are_enabled_together(self):
        systemctl("enable", "bambud.service")
        self.assertEqual(show("UnitFileState"), "enabled")
        self.assertEqual(show("UnitFileState", "bambud.socket"), "enabled")
        systemctl("disable", *UNITS)


def why_not():
    """Why no systemd can be booted here, or None."""
    if os.geteuid() != 0:
        return "needs root for namespaces"
    for program in ("/lib/systemd/systemd", "/usr/bin/unshare", "/usr/bin/journalctl"):
        if not os.access(program, os.X_OK):
            return f"there is no {program}"
    probe = subprocess.run(["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", "--cgroup", "--net", "mount",
                            "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        return f"namespaces are refused: {probe.stderr.strip()}"
    return None


def prefix_of_build():
    options = json.loads(run("meson", "introspect", "--buildoptions", BUILD).stdout)
    return next(o["value"] for o in options if o["name"] == "prefix")


def outside():
    why = why_not()
    if why is None and prefix_of_build() != "/usr/local":
        why = f"the build installs below {prefix_of_build()}; the test stages /usr/local"
    if why:
        print(f"skipped: {why}")
        return SKIPPED
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bb-systemd-"))
    try:
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder / "stage")
        argv = [SOURCE / "tests/e2e/systemd_in_namespaces.sh", folder, folder / "stage/usr/local", SOURCE, BUILD, "env",
                "BB_INSIDE=1", "BUILD_DIR=/run/bb/build", "/usr/bin/python3", "-B",
                "/run/bb/source/tests/e2e/test_systemd.py", *sys.argv[1:]]
        try:
            subprocess.run([str(a) for a in argv], timeout=150, check=False)
        except subprocess.TimeoutExpired:
            print("systemd did not end within 150 s")
        for name in ("out", "boot"):
            path = folder / name
            if path.exists() and (name == "out" or not (folder / "status").exists()):
                print(path.read_text(errors="replace")[-20000:])
        ended = folder / "status"
        return int(ended.read_text()) if ended.exists() else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if INSIDE:
        unittest.main(verbosity=2)
    sys.exit(outside())
