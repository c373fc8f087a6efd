# SPDX-License-Identifier: MIT
"""gdb on a stopped kernel: the commands of kernel/xv39.gdb, and backtraces through traps."""

import os
import re
import tempfile

from harness import on_each
from machine import Machine
from variants import OTHERS, PLAIN

GDB = "gdb-multiarch"
MARK = "-- "


def session(t, init, *commands):
    """What each command prints, in a list, with gdb attached to a machine whose init is `init`."""
    # A socket's name has to be short, wherever this checkout is.
    directory = tempfile.TemporaryDirectory()
    t.at_end(directory.cleanup)
    socket = os.path.join(directory.name, "gdb")
    machine = Machine(t, smp=2, append="init=" + init,
                      words=["-S", "-gdb", f"unix:{socket},server=on,wait=off"])
    while not os.path.exists(socket):
        t.check(t.left() > 1, "QEMU does not listen for gdb")
        t.command("sleep", "0.1")
    script = ["set confirm off", "set width 0", f"target remote {socket}"]
    for command in commands:
        script += [f"echo {MARK}\\n", command]
    words = [word for line in script for word in ("-ex", line)]
    text = t.command(GDB, "-nx", "-batch", "-x", "kernel/xv39.gdb", *words, t.variant.kernel)
    machine.close()
    return text.split(MARK + "\n")[1:]


def program(t, name):
    return os.path.join("build", t.arch, "root", "bin", name)


def commands(t):
    """Each command shows what is so, at a moment when it is known."""
    _, _, ps, vmas, user, kernel, direct, pages, slabs, _, page, nobody, usage, none = session(
        t, "/bin/init -c \"cat /proc/self/maps\"", "break proc_show_maps", "continue", "xv39 ps",
        "xv39 vmas t->pid",
        "xv39 walk t->mm->start_code t->pid", "xv39 walk &zones",
        "xv39 walk t", "xv39 pages", "xv39 slabs",
        "set $pfn = ((unsigned long)t - paging_format.page_offset) >> 12", "xv39 page $pfn",
        "xv39 vmas 12345",
        "xv39 walk", "xv39 walk 0x8000000000000000")
    t.check(re.search(r"^ +1 +0 +\d asleep +init ", ps, re.M), "ps: no init that sleeps")
    t.check(re.search(r"^ +\d+ +\d+ +\d on a CPU +cat ", ps, re.M), "ps: no cat on a CPU")

    areas = re.findall(r"^([0-9a-f]{12,})-([0-9a-f]{12,}) (.{4}) +[0-9a-f]+ ?(.*)$", vmas, re.M)
    t.check(re.search(r"^\S+ rw-p +0 \[stack\]$", vmas, re.M), "vmas: the stack has an offset")
    t.check(("r-xp", "cat") in [a[2:] for a in areas], "vmas: no text of cat")
    t.check(("rw-p", "[stack]") in [a[2:] for a in areas], "vmas: no stack")
    total = sum(int(end, 16) - int(start, 16) for start, end, *_ in areas) >> 12
    t.check(f"{len(areas)} areas, {total} pages:" in vmas, "vmas: the sum is not that of the areas")

    for walk in (user, kernel, direct):
        t.check(walk.startswith(f"{t.variant.format}, {t.variant.levels} levels, address "),
                "walk: wrong format")
        t.check("\n  physical " in walk, "walk: no physical address")
    offset = int(re.search(r"physical (\w+)", direct).group(1), 16)
    table = int(re.search(r"address (\w+)", direct).group(1), 16)
    # The direct map: the physical address is the virtual one less the base of root slot 272.
    levels = t.variant.levels
    base = (272 << (12 + 9 * (levels - 1))) - (1 << (12 + 9 * levels)) + (1 << 64)
    t.check_equal("walk of a direct-map address", table - offset, base)

    zone = re.search(r"^DMA32 +(\d+) +(\d+) +\d+ +\d+ ((?: \d+)+)$", pages, re.M)
    t.check(zone, "pages: no zone DMA32")
    free = sum(int(n) << order for order, n in enumerate(zone.group(3).split()))
    t.check_equal("pages: blocks of all orders together", free, int(zone.group(2)))
    for cache in ("vm_area_struct", "mm_struct", "kmalloc-64"):
        t.check(re.search(rf"^{cache} +\d+ +[1-9]", slabs, re.M), f"slabs: no {cache}")
    t.check("PG_slab" in page or "slab" in page, "page: a task_struct is not in a slab")
    t.check_equal("vmas of nobody", nobody, "no task has pid 12345\n")
    t.check(usage.startswith("usage: xv39 walk"), "walk: no usage")
    t.check("\n  no address: " in none and "level 0" not in none, "walk: of what is no address")


def backtraces(t):
    """From a fault of the kernel's own copy, through the trap, the call and its trap, to main()."""
    *_, bt = session(t, "/bin/usertests badptr", f"add-symbol-file {program(t, 'usertests')}",
                     "break handle_fault if (flags & 8) == 0", "continue", "backtrace")
    functions = re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(\w+|<[\w ]+>)", bt, re.M)
    wanted = ["handle_fault", "trap_from_kernel", "<signal handler called>", r"arch_\w+_user",
              r"sys_\w+", "syscall_dispatch", "<signal handler called>", "main"]
    at = 0
    for name in wanted:
        while at < len(functions) and not re.fullmatch(name, functions[at]):
            at += 1
        t.check(at < len(functions), f"{name} is not in its place in the backtrace: {functions}")
        at += 1


def user_code(t):
    """Stopped in a program, gdb does what it can and says so."""
    _, _, _, ps = session(t, "/bin/ls", f"add-symbol-file {program(t, 'ls')}", "break main",
                          "continue", "xv39 ps")
    t.check("in user code" in ps or " on a CPU " in ps, "ps in user code says nothing")


TESTS = [
    *on_each(PLAIN + OTHERS, "gdb-{arch}-{variant}-commands", commands),
    *on_each(PLAIN, "gdb-{arch}-backtraces", backtraces),
    *on_each(PLAIN, "gdb-{arch}-user-code", user_code),
]
