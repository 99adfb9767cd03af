# SPDX-License-Identifier: MIT
"""bambuctl inspect: what a 3mf file tells, and what happens to a file that means harm."""
import json
import os
import pathlib
import select
import shutil
import subprocess
import unittest
import warnings
import zipfile

import make3mf
from harness import BAMBUCTL, BUILD, DEADLINE, Case

HELPER = BAMBUCTL.parent / "inspect" / "bambu-inspect"
PLAIN = BUILD / "tests" / "e2e" / "bambu-inspect"  # without sanitizers, so in its whole sandbox


class Inspect(Case):
    def run_program(self, *argv, **kw):
        done = subprocess.run([str(a) for a in argv], capture_output=True, timeout=DEADLINE, check=False,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), **kw)
        self.assertNotIn(b"Sanitizer", done.stderr)
        self.assertNotIn(b"runtime error", done.stderr)
        return done

    def inspect(self, *args):
        done = self.run_program(BAMBUCTL, "inspect", *args)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def look(self, path, *args):
        status, out, err = self.inspect(path, "--json=short", *args)
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def path(self, name="x.gcode.3mf"):
        return self.folder / name


class Good(Inspect):
    def test_sliced_file_tells_everything_in_the_agreed_shape(self):
        path = make3mf.make(self.path())
        self.assertEqual(self.look(path), {
            "file": "x.gcode.3mf", "size_bytes": path.stat().st_size, "printer_models": ["C12"], "models": ["P1S"],
            "filament_count": 1, "warnings": [],
            "plates": [{
                "index": 1, "name": None, "gcode": True, "time_s": 5400, "weight_g": 23.4, "bed_type": "textured_plate",
                "nozzles_mm": [0.4], "objects": [{"id": 101, "name": "lid", "skipped": False}], "objects_total": 1,
                "thumbnail": True,
                "filaments": [{"id": 1, "type": "PLA", "color": "FF0000", "profile": "GFL99", "grams": 12.3, "meters": 4.1,
                               "nozzle": None}]}]})

    def test_two_nozzles_are_told_in_the_numbers_of_the_printer(self):
        filaments = [make3mf.filament(1), make3mf.filament(2, group=1), make3mf.filament(3, group=1)]
        for maps, want in (("2 1 2", [0, 1, 0]), (None, [1, 0, 0])):
            plate = make3mf.plate(nozzles="0.4,0.6", filaments=filaments, maps=maps)
            path = make3mf.make(self.path(), [plate], model="O1D", physical=("1", "0"))
            told = self.look(path)
            self.assertEqual(told["models"], ["H2D"])
            self.assertEqual(told["plates"][0]["nozzles_mm"], [0.4, 0.6])
            self.assertEqual([f["nozzle"] for f in told["plates"][0]["filaments"]], want)
        status, out, _ = self.inspect(path)
        self.assertEqual(status, 0)
        self.assertIn("left nozzle", out)

    def test_mapping_counts_the_filaments_of_the_project_not_of_the_plate(self):
        plate = make3mf.plate(filaments=[make3mf.filament(3, "PETG", "#00ae42ff", profile="")])
        told = self.look(make3mf.make(self.path(), [plate], filaments=[("PLA", "#FFFFFF")] * 4))
        self.assertEqual(told["filament_count"], 4)
        self.assertEqual(told["plates"][0]["filaments"][0]["color"], "00AE42")
        self.assertIsNone(told["plates"][0]["filaments"][0]["profile"])
        entries = make3mf.parts([plate])
        del entries["Metadata/project_settings.config"]
        self.assertEqual(self.look(make3mf.pack(self.path(), entries))["filament_count"], 3)

    def test_project_that_was_not_sliced_says_so(self):
        path = make3mf.make(self.path("model.3mf"), [make3mf.plate(i, f"p{i}", gcode=None) for i in (1, 2)])
        told = self.look(path)
        self.assertEqual([(p["index"], p["name"], p["gcode"], p["time_s"]) for p in told["plates"]],
                         [(1, "p1", False, None), (2, "p2", False, None)])
        self.assertEqual(told["models"], ["P1S"], "what the project is meant for")
        self.assertIn("not sliced", told["warnings"][0])
        status, out, _ = self.inspect(path)
        self.assertEqual((status, out.count("not sliced")), (0, 3))

    def test_described_plate_without_gcode_is_not_sliced(self):
        entries = make3mf.parts()
        del entries["Metadata/plate_1.gcode"]
        told = self.look(make3mf.pack(self.path(), entries))
        self.assertFalse(told["plates"][0]["gcode"])
        self.assertIn("its G-code is missing", told["warnings"][0])

    def test_plate_option_leaves_one_plate(self):
        path = make3mf.make(self.path(), [make3mf.plate(1), make3mf.plate(3, "back")])
        self.assertEqual([p["index"] for p in self.look(path)["plates"]], [1, 3])
        self.assertEqual([p["name"] for p in self.look(path, "--plate", "3")["plates"]], ["back"])
        status, out, _ = self.inspect(path, "--plate", "3")
        self.assertEqual((status, "Plate 1" in out, "Plate 3  back" in out), (0, False, True))
        for word, want in (("2", "it has 1, 3"), ("0", "no number of a plate"), ("x", "no number of a plate")):
            status, _, err = self.inspect(path, "--plate", word)
            self.assertEqual(status, 2)
            self.assertIn(want, err)

    def test_text_is_short_and_aligned(self):
        plate = make3mf.plate(name="front", time_s="59.5", objects=[(7, "a", False), (9, "b", True)])
        status, out, err = self.inspect(make3mf.make(self.path(), [plate]))
        self.assertEqual((status, err), (0, ""))
        size = self.path().stat().st_size
        self.assertEqual(out, (f"x.gcode.3mf  {size / 1000:.1f} kB  for P1S  1 filament\n"
                               "Plate 1  front\n"
                               "  Print     1m   23.4 g   nozzle 0.4 mm   textured plate\n"
                               "  Filament   1 PLA      red FF0000        12.30 g    4.10 m\n"
                               "  Objects   2: 7 a, 9 b (skipped)\n"))

    def test_many_objects_are_counted_and_the_first_are_listed(self):
        objects = [(i, f"part {i}", False) for i in range(1, 2502)]
        told = self.look(make3mf.make(self.path(), [make3mf.plate(objects=objects)]))
        self.assertEqual((told["plates"][0]["objects_total"], len(told["plates"][0]["objects"])), (2501, 2000))
        self.assertEqual(told["warnings"], ["2000 of 2501 objects are listed"])
        status, out, _ = self.inspect(self.path())
        self.assertEqual(status, 0)
        self.assertIn("12 part 12, and 2489 more", out)

    def test_unknown_code_is_shown_raw(self):
        told = self.look(make3mf.make(self.path(), model="Z9"))
        self.assertEqual((told["printer_models"], told["models"]), (["Z9"], ["Z9"]))

    def test_numbers_that_are_none_are_unknown(self):
        filaments = [make3mf.filament(grams="nan", meters="-1", color="red", profile="a/b")]
        told = self.look(make3mf.make(self.path(), [make3mf.plate(time_s="1e99", weight_g="", nozzles="0.4,x,inf",
                                                                  bed_type="../x", filaments=filaments)]))
        plate = told["plates"][0]
        self.assertEqual([plate[k] for k in ("time_s", "weight_g", "bed_type", "nozzles_mm")], [None, None, None, [0.4]])
        self.assertEqual([plate["filaments"][0][k] for k in ("grams", "meters", "color", "profile")], [None] * 4)

    def test_thumbnail_is_written_as_it_is(self):
        picture = make3mf.png(64, 32)
        path = make3mf.make(self.path(), [make3mf.plate(1), make3mf.plate(2, thumbnail=picture)])
        out = self.folder / "o.png"
        status, text, _ = self.inspect(path, "--plate", "2", "--thumbnail", out)
        self.assertEqual((status, out.read_bytes()), (0, picture))
        self.assertIn("Picture of plate 2", text)
        self.look(path, "--thumbnail", out)
        self.assertEqual(out.read_bytes(), make3mf.png(), "without --plate that of the first")
        status, _, err = self.inspect(path, "--thumbnail", self.folder / "none" / "o.png")
        self.assertEqual(status, 1)
        self.assertIn("cannot write", err)

    def test_program_reads_its_standard_input_as_well(self):
        path = make3mf.make(self.path())
        with open(path, "rb") as f:
            done = self.run_program(HELPER, "--name", "n", "-", stdin=f)
        self.assertEqual((done.returncode, json.loads(done.stdout)["file"]), (0, "n"))
        done = self.run_program(HELPER, path)
        self.assertEqual((done.returncode, json.loads(done.stdout)["file"]), (0, path.name))
        for words in ([], ["--loud", "x"], ["a", "b"], ["--thumbnail", "0", "x"]):
            self.assertEqual(self.run_program(HELPER, *words).returncode, 2, words)


class Hostile(Inspect):
    def refused(self, path, why, status=16, kind="file_refused"):
        """In text and as JSON, and no picture is written; nothing appears beside the file."""
        before = sorted(self.folder.rglob("*"))
        got, out, err = self.inspect(path, "--thumbnail", self.folder / "o.png")
        self.assertEqual((got, out), (status, ""), err)
        self.assertIn(why, err)
        self.assertEqual(err.count("\n"), 1)
        got, out, _ = self.inspect(path, "--json=short")
        self.assertEqual((got, json.loads(out)["error"]["data"]["type"]), (status, kind))
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def refused_parts(self, why, **changed):
        entries = make3mf.parts()
        for stem, text in changed.items():
            entries[f"Metadata/{stem}.config"] = text
        self.refused(make3mf.pack(self.path(), entries), why)

    def patched(self, name, sizes=None, flags=None):
        """A good file whose lists tell something else of one entry: (inflated, compressed) or flags."""
        path = make3mf.make(self.path())
        data = bytearray(path.read_bytes())
        for signature, at_flags, at_sizes, at_name in ((b"PK\1\2", 8, 20, 46), (b"PK\3\4", 6, 18, 30)):
            at = data.find(signature)
            while data[at + at_name:at + at_name + len(name)] != name.encode():
                at = data.index(signature, at + 4)
            if flags is not None:
                data[at + at_flags] |= flags
            if sizes is not None:
                data[at + at_sizes:at + at_sizes + 8] = sizes[1].to_bytes(4, "little") + sizes[0].to_bytes(4, "little")
        path.write_bytes(data)
        return path

    def test_what_is_no_3mf_file_is_refused(self):
        self.path("t").write_text("no archive")
        self.refused(self.path("t"), "not a zip archive")
        self.path("e").write_bytes(b"")
        self.refused(self.path("e"), "t")
        whole = make3mf.make(self.path()).read_bytes()
        for length in (len(whole) - 1, len(whole) // 2, 30):
            self.path().write_bytes(whole[:length])
            self.refused(self.path(), "cut off")
        self.refused(make3mf.pack(self.path(), {"a.txt": "x"}), "archive of something else")

    def test_what_is_no_file_is_refused_at_once(self):
        os.mkfifo(self.path("fifo"))
        self.refused(self.path("fifo"), "no ordinary file")
        self.refused(self.folder, "no ordinary file")
        self.refused("/dev/zero", "no ordinary file")
        self.refused(self.path("none"), "No such file", 4, "no_such_file")

    def test_names_that_lead_elsewhere_are_refused(self):
        for name in ("../x", "a/../../x", "a/..", "/etc/x", "C:x", "a\\b", "a\nb", "a\x1b]0;x\x07", "n" * 1100):
            with self.subTest(name=name):
                self.refused(make3mf.pack(self.path(), [*make3mf.parts().items(), (name, "x")]), "the entry ")
        self.assertEqual(self.inspect(make3mf.pack(self.path(), {**make3mf.parts(), "a/..b/c..": "x"}))[0], 0)

    def test_link_and_double_entry_are_refused(self):
        link = zipfile.ZipInfo("Metadata/plate_1.link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        self.refused(make3mf.pack(self.path(), [*make3mf.parts().items(), (link, "/etc/passwd")]), "is a link")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile's, about the very thing
            twice = [*make3mf.parts().items(), ("Metadata/plate_1.gcode", "M112")]
            self.refused(make3mf.pack(self.path(), twice), "is there twice")

    def test_encrypted_entry_is_refused(self):
        self.refused(self.patched("Metadata/slice_info.config", flags=1), "is encrypted")

    def test_bombs_are_refused_wherever_they_lie(self):
        zeros = b"\0" * (64 << 20)
        for name in ("Metadata/plate_1.gcode", "Metadata/slice_info.config", "Metadata/plate_1.png", "3D/other.model"):
            with self.subTest(name=name):
                path = make3mf.pack(self.path(), {**make3mf.parts(), name: zeros})
                self.assertLess(path.stat().st_size, 100000)
                self.refused(path, "inflates far too much")

    def test_sizes_that_lie_are_refused(self):
        gcode, info = "Metadata/plate_1.gcode", "Metadata/slice_info.config"
        self.refused(self.patched(info, sizes=(10, 400)), "is broken")
        self.refused(self.patched(info, sizes=(60000, 400)), "is broken")
        self.refused(self.patched(info, sizes=(0xfffffff0, 0x7fffffff)), "is too large")
        self.refused(self.patched(gcode, sizes=(0xfffffff0, 60)), "inflates far too much")

    def test_archive_that_inflates_without_end_is_refused(self):
        entries = {**make3mf.parts(), **{f"3D/{i}.model": "x" for i in range(5)}}
        make3mf.pack(self.path(), entries)
        data = bytearray(self.path().read_bytes())
        for i in range(5):
            at = data.rindex(f"3D/{i}.model".encode()) - 46
            data[at + 20:at + 28] = (0x7fffffff).to_bytes(4, "little") + (0xfffffff0).to_bytes(4, "little")
        self.path().write_bytes(data)
        self.refused(self.path(), "more than any printer takes")

    def test_too_large_part_is_refused(self):
        entries = {**make3mf.parts(), "Metadata/slice_info.config": os.urandom(17 << 20).hex()}
        self.refused(make3mf.pack(self.path(), entries), "is too large")

    def test_hundred_thousand_entries_are_refused(self):
        with zipfile.ZipFile(self.path(), "w") as z:
            for i in range(100000):
                z.writestr(f"3D/{i}", b"")
        self.refused(self.path(), "more than 10000 entries")

    def test_entities_are_refused_before_anything_is_expanded(self):
        laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
        for doctype in (f"<!DOCTYPE c [{laughs}]>", '<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
                        '<!DOCTYPE c SYSTEM "http://192.0.2.1/x.dtd">', "<!DOCTYPE c>"):
            for part in ("slice_info", "model_settings"):
                text = f"{doctype}<config><plate>&l9;</plate></config>"
                self.refused_parts("document type", **{part: text})
        self.refused_parts("document type", slice_info=('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE c><c/>').encode("utf-16"))
        self.refused_parts("undefined entity", slice_info="<config>&a;</config>")

    def test_xml_out_of_all_measure_is_refused(self):
        attributes = "".join(f'a{i}="" ' for i in range(100))
        for why, text in (("nested too deeply", "<a>" * 100000), ("too many attributes", f"<c {attributes}/>"),
                          ("too many elements", "<config>" + "".join(f"<a{i * 7919 % 99991}/>" for i in range(1000001)) + "</config>"), ("is no XML", "<config><plate>"),
                          ("is no XML", "{}"), ("is no XML", ""), ("is no XML", b"<config a='\xff'/>")):
            with self.subTest(why=why):
                self.refused_parts(why, slice_info=text)

    def test_plates_and_filaments_out_of_range_are_refused(self):
        def info(**kw):
            return make3mf.slice_info([make3mf.plate(**kw)])
        self.refused_parts("no number of a plate", slice_info=info(index=129))
        self.refused_parts("no number of a plate", slice_info=info(index="-1"))
        self.refused_parts("plate without a number", slice_info="<config><plate/></config>")
        self.refused_parts("stands there twice", slice_info=make3mf.slice_info([make3mf.plate(), make3mf.plate()]))
        self.refused_parts("no number of a filament", slice_info=info(filaments=[make3mf.filament(65)]))
        self.refused_parts("twice on a plate", slice_info=info(filaments=[make3mf.filament(1)] * 2))
        self.refused_parts("no number of a plate", model_settings=make3mf.model_settings([make3mf.plate(index=1000)]))

    def test_json_that_is_none_is_refused(self):
        for text in ("", "{", "[1]", '{"a":1,"a":2}', "[" * 100000):
            self.refused_parts("no JSON object", project_settings=text)
        many = json.dumps({"filament_colour": ["#FFFFFF"] * 65})
        self.refused_parts("more than 64 filaments", project_settings=many)

    def test_broken_part_of_little_weight_is_a_warning(self):
        huge = make3mf.png() + os.urandom(9 << 20)
        for name, content, why in (("plate_1.json", "{", "is no JSON"), ("plate_1.png", huge, "too large"),
                                   ("plate_1.png", "GIF89a" * 20, "no PNG picture"), ("plate_1.png", make3mf.png(0, 1), "no PNG")):
            with self.subTest(why=why):
                path = make3mf.pack(self.path(), {**make3mf.parts(), f"Metadata/{name}": content})
                told = self.look(path)
                self.assertIn(why, told["warnings"][0])
                self.assertEqual(told["plates"][0]["thumbnail"], name.endswith("json"))
                if name.endswith("png"):
                    status, _, err = self.inspect(path, "--thumbnail", self.folder / "o.png")
                    self.assertEqual((status, (self.folder / "o.png").exists()), (16, False))
                    self.assertIn(why, err)

    def test_terminal_is_never_reached_by_bytes_of_the_file(self):
        evil = "\u009b2J\u202egpj\u2066 \u0085"
        plate = make3mf.plate(name=evil, objects=[(1, evil, False)], filaments=[make3mf.filament(type=evil)])
        path = make3mf.make(self.path("a\x1b[2Jb\u202e.3mf"), [plate], model=evil)
        for args in ((), ("--json=short",), ("--json=pretty",)):
            status, out, err = self.inspect(path, *args)
            self.assertEqual((status, err), (0, ""))
            self.assertFalse(set(out) & set("\x1b\u009b\u202e\u2066\u0085"), out)
        path.write_text("no archive")
        _, _, err = self.inspect(path)
        self.assertFalse(set(err) & set("\x1b\u202e"), err)


class ShutIn(Inspect):
    def test_program_can_open_nothing_while_it_reads(self):
        objects = [(i, "n" * 200, False) for i in range(2000)]
        path = make3mf.make(self.path(), [make3mf.plate(objects=objects)])
        # Its answer is longer than a pipe holds, so it waits for us in the midst of it.
        with subprocess.Popen([str(PLAIN), str(path)], stdout=subprocess.PIPE) as child:
            self.assertTrue(select.select([child.stdout], [], [], DEADLINE)[0])
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            limits = pathlib.Path(f"/proc/{child.pid}/limits").read_text()
            json.loads(child.stdout.read())
        self.assertRegex(status, r"NoNewPrivs:\s+1\nSeccomp:\s+2")
        want = {"cpu time": "20", "core file size": "0", "open files": "0", "address space": str(512 << 20), "processes": "0"}
        for name, value in want.items():
            self.assertRegex(limits, rf"Max {name} +{value} +{value} ")

    def test_sandbox_changes_no_answer(self):
        """Good, refused, and a picture: the same with it and without."""
        good = make3mf.make(self.path())
        bad = make3mf.pack(self.path("bad"), {**make3mf.parts(), "Metadata/slice_info.config": "<!DOCTYPE c><c/>"})
        large = make3mf.pack(self.path("large"), {**make3mf.parts(), "3D/x": os.urandom(1 << 20),
                                                  "Metadata/model_settings.config": "<c>" + os.urandom(3 << 20).hex() + "</c>"})
        for words in ([good], [bad], [large], ["--thumbnail", "1", good], ["--thumbnail", "2", good], [self.path("none")]):
            plain, other = self.run_program(PLAIN, *words), self.run_program(HELPER, *words)
            self.assertEqual((plain.returncode, plain.stdout, plain.stderr), (other.returncode, other.stdout, other.stderr), words)
        self.assertEqual(self.run_program(PLAIN, large).returncode, 0)

    def test_missing_standard_streams_do_no_harm(self):
        path = make3mf.make(self.path())
        for closed in ("<&-", "2>&-", "<&- 2>&-"):
            done = self.run_program("sh", "-c", f'exec "$@" {closed}', "-", BAMBUCTL, "inspect", path, "--json=short")
            self.assertEqual((done.returncode, json.loads(done.stdout)["file"]), (0, path.name), closed)

    def fake(self, script):
        """bambuctl with another program beside it."""
        ctl = self.folder / "bambuctl"
        if not ctl.exists():
            shutil.copy(BAMBUCTL, ctl)
            (self.folder / "inspect").mkdir()
        program = self.folder / "inspect" / "bambu-inspect"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        done = self.run_program(ctl, "inspect", make3mf.make(self.path()))
        return done.returncode, done.stderr.decode()

    def test_whatever_becomes_of_the_program_is_told(self):
        for script, want, why in (("echo '{}'", 0, ""), ("exit 16", 16, "without a word"), ("kill -KILL $$", 16, "signal 9"),
                                  ("echo '{'", 1, "no JSON"), ("exit 77", 1, "without a word"),
                                  ("echo 'bambu-inspect: a b' >&2; exit 4", 4, "x.gcode.3mf: a b"),
                                  ("head -c 20000000 /dev/zero", 1, "too long"), ("head -c 5000 /dev/zero >&2", 1, "too long")):
            with self.subTest(script=script):
                status, err = self.fake(script)
                self.assertEqual(status, want, err)
                self.assertIn(why, err)



if __name__ == "__main__":
    unittest.main()
