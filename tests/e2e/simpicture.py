# SPDX-License-Identifier: MIT
"""Reads what a picture of a simulated camera says about itself; layout: tests/sim/picture.h."""
import binascii
import collections
import subprocess

BLOCK = 16
FACTS = 16

Picture = collections.namedtuple("Picture", "number clock_ms tag width height")


def tag(serial):
    return binascii.crc_hqx(serial.encode(), 0)


def gray(jpeg):
    """(width, height, pixels); any flaw that the decoder sees raises."""
    done = subprocess.run(["djpeg", "-grayscale", "-pnm"], input=jpeg, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"djpeg: {done.stderr.decode()}")
    kind, size, top, pixels = done.stdout.split(b"\n", 3)
    if (kind, top) != (b"P5", b"255"):
        raise AssertionError(f"djpeg wrote {kind} {top}")
    width, height = map(int, size.split())
    return width, height, pixels


def read(jpeg):
    """The Picture a JPEG is."""
    return read_gray(*gray(jpeg))


def read_gray(width, height, pixels):
    value, row = 0, width // BLOCK
    for bit in range(FACTS * 8):
        at = (bit // row * BLOCK + BLOCK // 2) * width + bit % row * BLOCK + BLOCK // 2
        value = value << 1 | (pixels[at] > 127)
    facts = value.to_bytes(FACTS, "big")
    if facts[:2] != b"BC" or binascii.crc_hqx(facts[:14], 0) != int.from_bytes(facts[14:], "big"):
        raise AssertionError(f"squares say {facts.hex()}")
    return Picture(int.from_bytes(facts[4:8], "big"), int.from_bytes(facts[8:14], "big"),
                   int.from_bytes(facts[2:4], "big"), width, height)
