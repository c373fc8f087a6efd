# SPDX-License-Identifier: MIT
"""Booting on many machines: to the prompt, a look around, and off again."""

import re

from harness import on_each
from machine import Machine
from variants import DEBUG, LEVEL5, OTHERS, PLAIN, SV48, SV57

MIB, GIB = 1 << 20, 1 << 30
SIZES = {"64M": 64 * MIB, "256M": 256 * MIB, "512M": 512 * MIB, "8G": 8 * GIB}

# The address space in root slots (the first, the last), and what may be done with each window.
SLOTS = [("user", 0, 255, "---"), ("hole", 256, 271, "---"), ("direct-map", 272, 399, "rw-"),
         ("hole", 400, 401, "---"), ("vmalloc", 402, 465, "..."), ("hole", 466, 467, "---"),
         ("vmemmap", 468, 469, "rw-"), ("shadow", 472, 503, "---")]
LAST_2G = 0xffffffff80000000
IMAGE = [("kernel-text", "r-x"), ("kernel-rodata", "r--"), ("kernel-data", "rw-")]


def slot_address(slot, levels):
    address = slot << (12 + 9 * (levels - 1))
    return address + (2**64 - 2**(12 + 9 * levels) if slot >= 256 else 0)


def window_table(log):
    """The boot log's table of windows: (name, start, end, size, slots, pages, protection)."""
    row = re.compile(r"^\[ *[\d.]+\] ([a-z-]+) +([0-9a-f]{16}) ([0-9a-f]{16}) +(\w+) +(\d+-\d+)"
                     r" ([\w,-]+) +([rwx-]{3})$", re.MULTILINE)
    return [(name, int(start, 16), int(end, 16), size, slots, pages, prot)
            for name, start, end, size, slots, pages, prot in row.findall(log)]


def check_windows(t, log):
    """The table must be the one of the design, computed here anew from the number of levels."""
    levels = t.variant.levels
    t.check(f"{t.variant.format} paging, a root slot is {slot_address(1, levels) // GIB} GiB" in log,
            "the log does not name the format")
    table = window_table(log)
    t.check_equal("windows", [row[0] for row in table],
                  [s[0] for s in SLOTS] + [name for name, _ in IMAGE] + ["fixmap"])
    for row, (name, first, last, prot) in zip(table, SLOTS):
        t.check_equal(f"start of {name}", hex(row[1]), hex(slot_address(first, levels)))
        t.check_equal(f"end of {name}", hex(row[2] - 1),
                      hex(slot_address(last, levels) + slot_address(1, levels) - 1))
        t.check_equal(f"slots of {name}", row[4], f"{first}-{last}")
        t.check(re.fullmatch(prot, row[6]), f"protection of {name}: {row[6]}")
    for row, (name, prot) in zip(table[len(SLOTS):], IMAGE):
        t.check(LAST_2G <= row[1] < row[2] < LAST_2G + 512 * MIB, f"{name} is at {row[1]:x}")
        t.check_equal(f"protection of {name}", row[6], prot)


def check_direct_map_leaves(t, log, memory):
    """The largest leaves that the format and the alignment allow."""
    pages = {row[0]: row[5] for row in window_table(log)}["direct-map"].split(",")
    largest = "1G" if t.variant.levels > 3 and SIZES[memory] >= 2 * GIB else "2M"
    t.check_equal("largest page of the direct map", pages[0], largest)


def check_memory(t, machine, memory):
    """free and /proc/meminfo know the memory there is, less a little that the kernel took."""
    total = int(re.search(r"^Mem: +(\d+)", machine.run("free"), re.MULTILINE).group(1)) * 1024
    t.check(SIZES[memory] * 0.95 < total < SIZES[memory], f"free says {total} bytes in all")
    info = machine.run("cat /proc/meminfo")
    t.check_equal("MemTotal", int(re.search(r"MemTotal: +(\d+) kB", info).group(1)) * 1024, total)


def check_maps(t, machine):
    """/proc/self/maps: in order, in the user half, with text r-x, a stack at the top."""
    row = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) ([rwxps-]{4}) [0-9a-f]{8} \S+ \d+ *(.*)$")
    lines = machine.run("cat /proc/self/maps").splitlines()
    rows = [row.match(line) for line in lines]
    t.check(rows and all(rows), "a line of /proc/self/maps is not as it should be")
    bounds = [int(r.group(i), 16) for r in rows for i in (1, 2)]
    t.check(bounds == sorted(bounds), "/proc/self/maps is not in order")
    t.check(bounds[-1] <= 256 << (12 + 9 * (t.variant.levels - 1)),
            "an area lies outside the user half")
    t.check_equal("the last area", rows[-1].group(4), "[stack]")
    t.check(any(r.group(3) == "r-xp" and r.group(4) == "/bin/cat" for r in rows), "no text")
    t.check(not any("w" in r.group(3) and "x" in r.group(3) for r in rows), "an area is wx")


def check_processors(t, log, machine, smp):
    t.check(f", {smp} CPU" in log, f"the log does not speak of {smp} CPUs")
    shown = machine.run("grep '^processor' /proc/cpuinfo").splitlines()
    t.check_equal("processors in /proc/cpuinfo", len(shown), smp)


def check_layout(t, machine):
    lines = machine.run("layout").splitlines()
    t.check(max(len(line) for line in lines) <= 100, "layout is wider than 100 columns")
    for word in ("direct-map", "vmalloc", "vmemmap", "kernel-text", "[stack]", "[heap]"):
        t.check(any(word in line for line in lines), f"layout does not show {word}")


def look_around(t, memory="256M", smp=2):
    machine = Machine(t, memory, smp)
    log = machine.boot()
    check_windows(t, log)
    check_direct_map_leaves(t, log, memory)
    check_processors(t, log, machine, smp)
    names = machine.run("ls /").split()
    for name in ("bin", "dev", "etc", "proc", "tmp"):
        t.check(name in names, f"ls / does not show {name}")
    t.check_equal("uname -m", machine.run("uname -m"), t.arch + "\n")
    check_maps(t, machine)
    check_memory(t, machine, memory)
    check_layout(t, machine)
    commands = re.findall(r"^ *(\d+) .* (\S+)$", machine.run("ps"), re.MULTILINE)
    t.check(("1", "/bin/init") in commands, "ps does not show /bin/init as process 1")
    machine.power_off()


def idle(t, smp):
    """At the prompt every processor waits for an interrupt."""
    machine = Machine(t, smp=smp)
    machine.boot()
    machine.run("ls /bin")
    machine.cpu_share(1)
    share = machine.cpu_share(4)
    t.note(f"{share:.1f} % of a processor")
    t.check(share < 15, f"QEMU uses {share:.0f} % of a processor at the prompt")
    machine.power_off()


def reboot(t):
    """reboot starts the machine anew, and what was written is there."""
    machine = Machine(t)
    machine.boot()
    machine.run("echo before >/home/note")
    machine.send("reboot\n")
    machine.expect("xv39 on ")
    machine.boot()
    t.check_equal("/home/note after the reboot", machine.run("cat /home/note"), "before\n")
    machine.power_off()


def first_program(t):
    """APPEND="init=/path args" runs another first program; its end is the machine's."""
    machine = Machine(t, append='init=/bin/echo one "two  three" four\\ five')
    machine.expect("\none two  three four five\n")
    t.check_equal("exit status", machine.wait(), 0)
    machine.check_disk()


def no_first_program(t):
    machine = Machine(t, append="init=/bin/nothing")
    machine.expect("kernel panic: cannot run /bin/nothing: error -2")
    t.check_equal("exit status", machine.wait(), 101)


def no_disk(t):
    """An image that holds no file system."""
    with open(t.path("empty"), "wb") as image:
        image.truncate(MIB)
    machine = Machine(t, image=t.path("empty"))
    machine.expect("kernel panic: cannot mount the root file system")
    t.check_equal("exit status", machine.wait(), 101)


TESTS = [
    *on_each(PLAIN, "boot-{arch}-64M", look_around, memory="64M"),
    *on_each(PLAIN, "boot-{arch}-512M", look_around, memory="512M", smp=3),
    *on_each(PLAIN, "boot-{arch}-8G", look_around, memory="8G"),
    *on_each(PLAIN, "boot-{arch}-smp1", look_around, smp=1),
    *on_each(PLAIN, "boot-{arch}-smp8", look_around, smp=8),
    *on_each(DEBUG, "boot-{arch}-debug", look_around, smp=4),
    *on_each(OTHERS, "boot-{arch}-{variant}", look_around),
    *on_each([SV48, LEVEL5], "boot-{arch}-{variant}-8G", look_around, memory="8G"),
    *on_each([SV57, LEVEL5], "boot-{arch}-{variant}-64M", look_around, memory="64M", smp=1),
    *on_each(PLAIN, "boot-{arch}-init", first_program),
    *on_each(PLAIN, "boot-{arch}-no-init", no_first_program),
    *on_each(PLAIN, "boot-{arch}-no-disk", no_disk),
    *on_each(PLAIN, "reboot-{arch}", reboot),
    *on_each(PLAIN, "idle-{arch}-smp1", idle, smp=1),
    *on_each(PLAIN, "idle-{arch}-smp4", idle, smp=4),
]
