# SPDX-License-Identifier: MIT
"""Boots a kernel of each format and keeps what it says: build/compare/FORMAT.txt.

Two boots each: one runs `probe -k` as the first process, on the machine that make qemu has too; the
other runs `bench` on one processor under -icount shift=0, where a nanosecond is one instruction.
"""

import os
import subprocess
import sys

import qemu
import run
import variants

OUT = os.path.join(qemu.ROOT, "build", "compare")

# In the order in which they are shown; the first of each machine is what the page begins with.
FORMATS = {v.name: v for v in (variants.SV39, variants.SV48, variants.SV57, variants.LEVEL4,
                               variants.LEVEL5)}
LOOK = "probe -k && echo == boot_log && dmesg"
MEASURE = "echo == bench && bench"
COUNTING = ["-icount", "shift=0"]
TIME = 120


class Error(Exception):
    """A machine that did not do what was asked; the text is for the user."""


def build(variant):
    """Makes the variant's kernel and its image; their paths."""
    done = subprocess.run(["make", "-s", "--no-print-directory", "-C", qemu.ROOT, *variant.words,
                           "all"], env=qemu.environment(), stdout=sys.stderr, check=False)
    if done.returncode:
        raise Error(f"make {' '.join(variant.words)} failed")
    paths = qemu.make_variables(["KERNEL", "IMAGE"], *variant.words)
    return [os.path.join(qemu.ROOT, path) for path in paths]


def boot(variant, kernel, image, command, smp, extra=()):
    """What `command` prints as the first process of a machine."""
    start = qemu.Start(variant.arch, kernel, image, "256M", smp, qemu.shell_command_line(command),
                       snapshot=True)
    try:
        done = subprocess.run([*start.argv, *extra], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=TIME, check=False)
    except subprocess.TimeoutExpired as late:
        seen = (late.stdout or b"").decode(errors="replace")
        raise Error(f"`{command}` is not done after {TIME} s:\n{seen[-2000:]}") from None
    begin = run.MARKER.search(done.stdout)
    text = done.stdout[begin.end() if begin else 0:].decode(errors="replace").replace("\r", "")
    status = start.exit_status(done.returncode)
    if not begin or status:
        raise Error(f"`{command}` ended with status {status}:\n{text[-2000:]}")
    return text


def path(name, out=OUT):
    return os.path.join(out, name + ".txt")


def gather(name, out=OUT):
    """Builds, boots twice, writes the transcript."""
    variant = FORMATS[name]
    kernel, image = build(variant)
    text = boot(variant, kernel, image, LOOK, 3)
    text += boot(variant, kernel, image, MEASURE, 1, COUNTING)
    os.makedirs(out, exist_ok=True)
    with open(path(name, out), "w", encoding="utf-8") as file:
        file.write(text)
