# SPDX-License-Identifier: MIT
"""Makes 3MF files as slicers export them: what inspect and print are tested with. Run with a folder, it writes the corpus of
the fuzz target there."""
import json
import pathlib
import struct
import sys
import zipfile
import zlib
from xml.sax.saxutils import quoteattr

TYPES = ('<?xml version="1.0" encoding="UTF-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n')
MODEL = '<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter"/>\n'
GCODE = "; HEADER_BLOCK_START\n; total layer number: 10\n; HEADER_BLOCK_END\nG28\nG1 X10 Y10 E1\n"


def png(width=8, height=8):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"\x20\x90\x40" * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def filament(id=1, type="PLA", color="#FF0000", profile="GFL99", grams=12.3, meters=4.1, group=0):
    return {"id": id, "type": type, "color": color, "profile": profile, "grams": grams, "meters": meters, "group": group}


def plate(index=1, name="", gcode=GCODE, time_s=5400, weight_g=23.4, bed_type="textured_plate", nozzles="0.4", filaments=None,
          objects=None, thumbnail=True, maps=None):
    """One plate; gcode None = not sliced."""
    return {"index": index, "name": name, "gcode": gcode, "time_s": time_s, "weight_g": weight_g, "bed_type": bed_type,
            "nozzles": nozzles, "filaments": [filament()] if filaments is None else filaments, "maps": maps,
            "objects": [(101, "lid", False)] if objects is None else objects, "thumbnail": thumbnail}


def tag(element, **attributes):
    return "<" + element + "".join(f" {k}={quoteattr(str(v))}" for k, v in attributes.items() if v is not None) + "/>"


def slice_plate(p, model):
    """The plate as Metadata/slice_info.config tells it."""
    meta = {"index": p["index"], "printer_model_id": model, "nozzle_diameters": p["nozzles"], "timelapse_type": 0,
            "prediction": p["time_s"], "weight": p["weight_g"], "outside": "false", "support_used": "false",
            "label_object_enabled": "true", "filament_maps": p["maps"]}
    lines = [tag("metadata", key=k, value=v) for k, v in meta.items() if v is not None]
    lines += [tag("object", identify_id=i, name=n, skipped=str(s).lower()) for i, n, s in p["objects"]]
    lines += [tag("filament", id=f["id"], tray_info_idx=f["profile"], type=f["type"], color=f["color"], used_m=f["meters"],
                  used_g=f["grams"], used_for_object="true", used_for_support="false", group_id=f["group"])
              for f in p["filaments"]]
    return "  <plate>\n" + "".join(f"    {line}\n" for line in lines) + "  </plate>\n"


def slice_info(plates, model="C12"):
    sliced = "".join(slice_plate(p, model) for p in plates if p["gcode"] is not None)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<config>\n  <header>\n'
            '    <header_item key="X-BBL-Client-Type" value="slicer"/>\n'
            f'    <header_item key="X-BBL-Client-Version" value="02.02.01.60"/>\n  </header>\n{sliced}</config>\n')


def model_settings(plates):
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<config>\n  <object id="2">\n    <metadata key="name" value="lid"/>\n  </object>\n'
    for p in plates:
        meta = {"plater_id": p["index"], "plater_name": p["name"], "locked": "false"}
        if p["gcode"] is not None:
            meta["gcode_file"] = f"Metadata/plate_{p['index']}.gcode"
        text += "  <plate>\n" + "".join(f"    {tag('metadata', key=k, value=v)}\n" for k, v in meta.items()) + "  </plate>\n"
    return text + "</config>\n"


def project_settings(plates, filaments=None, product="Bambu Lab P1S", physical=("0",)):
    """filaments: [(type, colour)] of the project; None = as many as the plates use."""
    if filaments is None:
        used = {f["id"]: (f["type"], f["color"]) for p in plates for f in p["filaments"]}
        filaments = [used.get(i + 1, ("PLA", "#FFFFFF")) for i in range(max(used, default=1))]
    return json.dumps({"printer_model": product, "filament_type": [t for t, _ in filaments],
                       "filament_colour": [c for _, c in filaments], "physical_extruder_map": list(physical),
                       "filament_ids": ["GFL99"] * len(filaments)}, indent=1)


def parts(plates=None, model="C12", filaments=None, product="Bambu Lab P1S", physical=("0",)):
    """Name -> content of every entry, in their order: to be changed before pack()."""
    plates = [plate()] if plates is None else plates
    entries = {"[Content_Types].xml": TYPES, "3D/3dmodel.model": MODEL, "Metadata/slice_info.config": slice_info(plates, model),
               "Metadata/model_settings.config": model_settings(plates),
               "Metadata/project_settings.config": project_settings(plates, filaments, product, physical)}
    for p in plates:
        stem = f"Metadata/plate_{p['index']}"
        if p["gcode"] is not None:
            entries[stem + ".gcode"] = p["gcode"]
        if p["bed_type"] is not None:
            entries[stem + ".json"] = json.dumps({"bbox_all": [0, 0, 9, 9], "bed_type": p["bed_type"], "version": 2})
        if p["thumbnail"]:
            entries[stem + ".png"] = png() if p["thumbnail"] is True else p["thumbnail"]
    return entries


def pack(path, entries):
    """Writes entries ({name: content} or [(name, content)]) as an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            z.writestr(name, content)
    return path


def make(path, plates=None, **kw):
    """A whole file; keywords as of parts()."""
    return pack(path, parts(plates, **kw))


def corpus():
    """Name -> input of the fuzz target: a letter that says what it is, then the text."""
    two = [plate(1, "front", filaments=[filament(1), filament(3, "PETG", "#00AE42FF", "", 1.5, 0.5, 1)], nozzles="0.4,0.4",
                 maps="1 2 2"), plate(2, objects=[(7, "a<b&\u202e\"", True)], time_s="59.5")]
    unsliced = [plate(1, "only a model", gcode=None)]
    return {"slice": "s" + slice_info(two, "O1D"), "slice-none": "s" + slice_info(unsliced),
            "slice-nozzles": "s" + slice_info(two).replace("</plate>", '<nozzle id="1" extruder_id="2"/></plate>'),
            "model": "m" + model_settings(two), "model-none": "m" + model_settings(unsliced),
            "project": "p" + project_settings(two, physical=("1", "0")), "project-wrong": 'p{"filament_colour":[1,null,{}]}',
            "plate": 'j{"bed_type":"textured_plate","version":2}', "plate-wrong": 'j{"bed_type":[1]}',
            "doctype": 's<!DOCTYPE c [<!ENTITY a "aa">]><config>&a;</config>', "deep": "s" + "<a>" * 40,
            "cut": "s" + slice_info(two)[:300]}


if __name__ == "__main__":
    for stem, text in corpus().items():
        pathlib.Path(sys.argv[1], stem).write_text(text)
