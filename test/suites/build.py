# SPDX-License-Identifier: MIT
"""Building what the other tests run: in build/test/, so that all run the same."""

import os

import qemu
import variants
from harness import Test, on_each


def keep(t, source, destination):
    """A copy that appears all at once."""
    t.command("cp", "--sparse=always", source, destination + ".new")
    os.replace(destination + ".new", destination)


def build(t):
    words = t.variant.words
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", *words, "all")
    kernel, = qemu.make_variables(["KERNEL"], *words)
    keep(t, os.path.join(qemu.ROOT, kernel), t.variant.kernel)


def missing_tool(t):
    """A tool that is not there is named, in one line that says what to do."""
    out = t.command("make", "--no-print-directory", "OUT=" + t.path("out"),
                    "CROSS_COMPILE=no-such-", "all", status=2)
    lines = [line for line in out.splitlines() if line.startswith("xv39: ")]
    t.check_equal("message", lines, ["xv39: no-such-gcc not found: run 'make deps'"])


def targets(t):
    """make help names every target and variable."""
    out = t.command("make", "--no-print-directory", "help")
    for word in ("deps all image qemu qemu-gdb qemu-both run test linux-check differential compare clean fmt help ARCH= SMP= MEM= "
                 "DEBUG= SV= LA57= EXTRA= APPEND= CMD= BOTH= T= N= CROSS_COMPILE=").split():
        t.check(any(line.split()[:1] and line.split()[0].startswith(word)
                    for line in out.splitlines()), f"make help does not name {word}")


def build_tests(needed):
    return on_each([v for v in variants.ALL if v in needed], "build-{arch}-{variant}", build,
                   limit=900)


TESTS = [
    Test("make-missing-tool", missing_tool),
    Test("make-help", targets),
]
