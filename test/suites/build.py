# SPDX-License-Identifier: MIT
"""Building what the other tests run; kept aside in build/test/, so that all run the same."""

import os

import qemu
from harness import OUT, Test
from machine import image_path, kernel_path

# Each variant's words for make. EXTRA is empty: the image is the plain one.
VARIANTS = {
    "sv39": ["SV=39", "DEBUG=0"],
    "sv48": ["SV=48", "DEBUG=0"],
    "sv57": ["SV=57", "DEBUG=0"],
    "debug": ["SV=39", "DEBUG=1"],
}


def keep(t, source, destination):
    """A copy that appears all at once."""
    t.command("cp", "--sparse=always", source, destination + ".new")
    os.replace(destination + ".new", destination)


def build(t, variant):
    words = ["ARCH=" + t.arch, "EXTRA=", *VARIANTS[variant]]
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", *words, "all")
    keep(t, os.path.join(qemu.ROOT, qemu.make_variable("KERNEL", *words)), kernel_path(variant))
    keep(t, os.path.join(qemu.ROOT, qemu.make_variable("IMAGE", *words)), image_path())


def missing_tool(t):
    """A tool that is not there is named, in one line that says what to do."""
    out = t.command("make", "--no-print-directory", "OUT=" + t.path("out"), "ARCH=" + t.arch,
                    "CROSS_COMPILE=no-such-", "all", status=2)
    lines = [line for line in out.splitlines() if line.startswith("xv39: ")]
    t.check_equal("message", lines, ["xv39: no-such-gcc not found: run 'make deps'"])


def targets(t):
    """make help names every target and variable."""
    out = t.command("make", "--no-print-directory", "help")
    for word in ("deps all image qemu qemu-gdb run test clean fmt help ARCH= SMP= MEM= DEBUG= SV= "
                 "EXTRA= APPEND= CMD= T= CROSS_COMPILE=").split():
        t.check(any(line.split()[:1] and line.split()[0].startswith(word)
                    for line in out.splitlines()), f"make help does not name {word}")


def build_tests(variants):
    return [Test("build-" + v, build, limit=600, variant=v) for v in VARIANTS if v in variants]


TESTS = [
    Test("make-missing-tool", missing_tool),
    Test("make-help", targets),
]
