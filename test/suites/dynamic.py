# SPDX-License-Identifier: MIT
"""Programs from the cross compiler with its own C library: where exec and ld.so put their parts."""

import os
import re

import qemu
from harness import Failure, on_each
from machine import Machine
from variants import DEBUG, OTHERS, PLAIN

SOURCES = os.path.join(qemu.ROOT, "test", "linux")
PREFIX = {"riscv64": "riscv64-linux-gnu-", "x86_64": "x86_64-linux-gnu-"}
INTERPRETER = {"riscv64": "/lib/ld-linux-riscv64-lp64d.so.1",
               "x86_64": "/lib64/ld-linux-x86-64.so.2"}
LIBRARIES = ("libc.so.6", "libgcc_s.so.1")
VDSO_VERSION = {"riscv64": "LINUX_4.15", "x86_64": "LINUX_2.6"}

# Programs and how they are linked.
KINDS = {
    "pie": ("places.c", "-fPIE", "-pie"),
    "large": ("places.c", "-fPIE", "-pie", "-Wl,-z,max-page-size=0x200000", "-Wl,-z,separate-code",
              "-Wl,-z,execstack"),
    "fixed": ("places.c", "-fno-pie", "-no-pie"),
    "static": ("places.c", "-fno-pie", "-static"),
    "bare": ("bare.c", "-fPIE", "-static-pie", "-nostdlib", "-Wl,--no-dynamic-linker"),
}
DYNAMIC = ("pie", "large", "fixed")

# The windows of mm/README.md, as shares of the user half.
STACK, VDSO, HEAP = 256, 256, 256
MMAP, PIE = 16, 16
PAGE, MIB = 4096, 1 << 20
VA_BITS = {3: 39, 4: 48, 5: 57}


class Layout:
    """The borders between which a format's windows lie."""

    def __init__(self, variant, random):
        half = 1 << (VA_BITS[variant.levels] - 1)
        self.top = half - PAGE
        self.ceiling = self.top - random * (half // STACK) - 128 * MIB - 256 * PAGE
        self.pie = self.top // 3 * 2 // PAGE * PAGE
        self.stack, self.vdso, self.heap, self.mmap, self.program = (
            max(PAGE, random * (half // share)) for share in (STACK, VDSO, HEAP, MMAP, PIE))


class Area:
    """A line of /proc/self/maps."""

    def __init__(self, line):
        fields = line.split(maxsplit=5)
        self.start, self.end = (int(n, 16) for n in fields[0].split("-"))
        self.perms, self.offset = fields[1], int(fields[2], 16)
        self.name = fields[5] if fields[5:] else ""


def make_tree(t):
    """The programs, the C library and its dynamic linker, where they look for it."""
    tree, cc = t.path("extra"), PREFIX[t.arch] + "gcc"
    interpreter = INTERPRETER[t.arch]
    for path in ("/linux", "/lib", os.path.dirname(interpreter)):
        os.makedirs(tree + path, exist_ok=True)
    for name, (source, *flags) in KINDS.items():
        t.command(cc, "-O1", "-Wall", "-Wextra", "-Werror", "-fno-stack-protector",
                  "-fasynchronous-unwind-tables", *flags, "-o", f"{tree}/linux/{name}",
                  os.path.join(SOURCES, source))
    for name in (*LIBRARIES, os.path.basename(interpreter)):
        path = t.command(cc, "-print-file-name=" + name).strip()
        if not os.path.isabs(path):
            raise Failure(f"{cc} has no {name}: run 'make deps'")
        t.command("cp", "-L", path, tree + (interpreter if interpreter.endswith(name)
                                            else "/lib/" + name))
    return tree


def run_commands(t, commands, append=""):
    """{command: its output}, of one boot with all the programs."""
    image, tree = t.path("linux.img"), t.path("extra")
    if not os.path.exists(image):
        make_tree(t)
    with open(os.path.join(tree, "script"), "w", encoding="ascii") as script:
        script.writelines(f"echo '@@ {c}'; {c} || echo \"status $?\"\n" for c in commands)
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", "ARCH=" + t.arch,
              "EXTRA=" + tree, "IMAGE=" + image, "image")
    m = Machine(t, image=image, run="sh /script", append=append)
    output = m.output()
    t.check_equal("exit status", m.status(), 0)
    found = dict(s.split("\n", 1) for s in output.split("@@ ")[1:])
    t.check_equal("commands that ran", list(found), list(commands))
    for command, text in found.items():
        t.check(not re.search(r"^status \d|rror|annot|not found", text, re.MULTILINE),
                f"{command}: {text}")
    return found


def read_areas(t, what, text):
    areas = [Area(line) for line in text.splitlines()]
    t.check(len(areas) > 4, f"{what}: {text}")
    for low, high in zip(areas, areas[1:]):
        t.check(low.end <= high.start, f"{what}: {low.end:#x} is above {high.start:#x}")
    return areas


def named(t, what, areas, name):
    found = [a for a in areas if a.name == name]
    t.check(found, f"{what}: no area of {name}")
    return found


def inside(t, what, at, low, size):
    t.check(low <= at < low + size, f"{what} is at {at:#x}, not in {low:#x} and {size:#x} bytes up")


def check_file(t, what, areas):
    """One file's areas: neighbours but for alignment, none writable and executable."""
    t.check_equal(f"{what}: first offset", areas[0].offset, 0)
    t.check(all("w" not in a.perms or "x" not in a.perms for a in areas), f"{what}: rwx")
    t.check([a.perms for a in areas if "x" in a.perms] == ["r-xp"], f"{what}: text")
    t.check(areas[-1].perms == "rw-p", f"{what}: data is not last")


def check_common(t, what, areas, layout, kind):
    """Stack and vdso, which every program has alike."""
    stack, = named(t, what, areas, "[stack]")
    vdso, = named(t, what, areas, "[vdso]")
    inside(t, f"{what}: the stack's end", stack.end, layout.top - layout.stack + PAGE, layout.stack)
    t.check_equal(f"{what}: the stack's rights", stack.perms,
                  "rwxp" if kind == "large" else "rw-p")
    inside(t, f"{what}: the vdso", vdso.start, layout.ceiling - layout.vdso, layout.vdso)
    t.check_equal(f"{what}: the vdso's rights and size", (vdso.perms, vdso.end - vdso.start),
                  ("r-xp", PAGE))
    t.check(areas[-1] is stack and areas[-2] is vdso, f"{what}: the last is {areas[-1].name}")


def mmap_window(layout):
    """Where the highest mapping ends."""
    top = layout.ceiling - layout.vdso
    return top - layout.mmap + PAGE, layout.mmap


def check_places(t, what, text, kind, layout):
    """The order and the windows of everything; returns the addresses that chance decides."""
    areas = read_areas(t, what, text)
    program = named(t, what, areas, "/linux/" + kind)
    heap = named(t, what, areas, "[heap]")[0]
    check_file(t, f"{what}: the program", program)
    check_common(t, what, areas, layout, kind)
    places = {"stack": areas[-1].end, "vdso": areas[-2].start, "heap": heap.start}
    end = max(a.end for a in areas if a.start < heap.start) if kind != "bare" else layout.pie
    slack = layout.program if kind == "bare" else 0
    inside(t, f"{what}: the heap", heap.start, end + PAGE, layout.heap + slack)
    if kind in DYNAMIC:
        places["mmap"] = check_libraries(t, what, areas, layout)
    if kind == "bare":
        low, size = mmap_window(layout)
        top = max(a.end for a in areas if a.start <= program[-1].end)
        inside(t, f"{what}: the program's end", top, low, size)
        places["program"] = program[0].start
    elif kind in ("pie", "large"):
        align = 0x200000 if kind == "large" else PAGE
        t.check_equal(f"{what}: the program's alignment", program[0].start % align, 0)
        inside(t, f"{what}: the program", program[0].start, layout.pie - align + PAGE,
               layout.program + align)
        places["program"] = program[0].start
    else:
        t.check(program[0].start < 1 << 30, f"{what}: the program is at {program[0].start:#x}")
    return places


def check_libraries(t, what, areas, layout):
    """The dynamic linker is the highest mapping, the libraries below; returns where it ends."""
    loader = named(t, what, areas, INTERPRETER[t.arch])
    libc = named(t, what, areas, "/lib/libc.so.6")
    check_file(t, f"{what}: ld.so", loader)
    check_file(t, f"{what}: libc", libc)
    end = areas[-3].end
    low, size = mmap_window(layout)
    inside(t, f"{what}: the highest mapping's end", end, low, size)
    t.check(loader[-1].end in (end, areas[-3].start) and libc[-1].end <= loader[0].start,
            f"{what}: ld.so ends at {loader[-1].end:#x}, libc at {libc[-1].end:#x}")
    return loader[0].start


def places(t):
    """Each kind of program, twice at random, and twice not."""
    command = {kind: f"/linux/{kind}" + ("" if kind == "bare" else " maps") for kind in KINDS}
    twice = [c + extra for c in command.values() for extra in ("", " again")]
    found = run_commands(t, twice)
    layout = Layout(t.variant, True)
    for kind, c in command.items():
        first, other = (check_places(t, w, found[w], kind, layout) for w in (c, c + " again"))
        for place, at in first.items():
            t.check(at != other[place], f"{c}: {place} is at {at:#x} twice")
    fixed = run_commands(t, [*twice, "/linux/pie fixed", "/linux/static fixed"], "norandmaps")
    layout = Layout(t.variant, False)
    for kind, c in command.items():
        check_places(t, c, fixed[c], kind, layout)
        t.check_equal(c + " again", fixed[c + " again"], fixed[c])
    for kind in ("pie", "static"):
        t.check_equal(f"{kind} fixed", fixed[f"/linux/{kind} fixed"], fixed[command[kind]])
    t.note(f"{len(KINDS)} kinds of programs")


def check_auxv(t, kind, text, libraries):
    """The kernel's words against what the program and ld.so have found."""
    values = dict(line.split(" ", 1) for line in text.splitlines())
    number = {name: int(value, 16) for name, value in values.items()
              if name not in ("name", "machine")}
    t.check_equal(f"{kind}: machine and name", (values["machine"], values["name"]),
                  (t.arch, "/linux/" + kind))
    t.check_equal(f"{kind}: page size", number["pagesz"], PAGE)
    t.check(number["entry"] // MIB == number["main"] // MIB, f"{kind}: entry {values['entry']}")
    t.check(number["phdr"] % PAGE == 64 and 4 <= number["phnum"] < 20, f"{kind}: program headers")
    t.check(1000 < number["minsigstksz"] < 8 * PAGE and number["random"], f"{kind}: {text}")
    found = {name: int(at, 16) for at, _, name in
             (line.partition(" ") for line in libraries.splitlines())}
    t.check("linux-vdso.so.1" in found, f"{kind}: ld.so has found no vdso: {libraries}")
    if kind in DYNAMIC:
        t.check(INTERPRETER[t.arch] in found and number["base"] % PAGE == 0, f"{kind}: AT_BASE")


def check_smaps(t, what, text):
    """Text is shared between two runs, data is each one's own."""
    sections = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.MULTILINE)[1:]
    seen = set()
    for section in sections:
        area = Area(section.splitlines()[0])
        kib = {name: int(n) for name, n in re.findall(r"^(\w+): +(\d+) kB$", section, re.M)}
        where = f"{what}: {area.name or 'anonymous'} {area.perms}"
        if area.perms == "r-xp" and area.name.startswith("/"):
            t.check(kib["Shared_Clean"] > 0 and kib["Private_Dirty"] == 0, f"{where}: {kib}")
            seen.add("text")
        if area.perms.startswith("rw"):
            t.check(kib["Shared_Dirty"] == 0, f"{where}: {kib}")
            if kib["Private_Dirty"]:
                seen.add("data")
    t.check_equal(f"{what}: what was seen", seen, {"text", "data"})


def insides(t):
    """What programs are told, what they share, and how one comes out of a signal handler."""
    commands = [f"/linux/{kind} {what}" for kind in ("pie", "fixed", "static")
                for what in ("auxv", "libraries", "shared")]
    unwind = [f"/linux/{kind} unwind" for kind in DYNAMIC]
    by_hand = INTERPRETER[t.arch] + " /linux/pie maps"
    found = run_commands(t, [*commands, *unwind, by_hand])
    for kind in ("pie", "fixed", "static"):
        check_auxv(t, kind, found[f"/linux/{kind} auxv"], found[f"/linux/{kind} libraries"])
        check_smaps(t, kind, found[f"/linux/{kind} shared"])
    for command in unwind:
        t.check_equal(command, found[command].split("\n"),
                      ["vdso", "crash, at the very instruction", "caller", "main", ""])
    # The linker as the program: in the mapping region, its heap at two thirds, and all it maps below.
    layout = Layout(t.variant, True)
    areas = read_areas(t, by_hand, found[by_hand])
    check_libraries(t, by_hand, areas, layout)
    check_common(t, by_hand, areas, layout, "pie")
    inside(t, f"{by_hand}: the heap", named(t, by_hand, areas, "[heap]")[0].start,
           layout.pie + PAGE, layout.program + layout.heap)


def vdso_object(t):
    """The vdso as binutils read it: one page, versioned symbol, unwind information, no relocation."""
    vdso = os.path.join(qemu.ROOT, "build", t.arch, t.variant.name, "vdso.so")
    readelf = PREFIX[t.arch] + "readelf"
    text = t.command(readelf, "-lW", "--dyn-syms", "-d", "-r", "--debug-dump=frames", vdso)
    t.check(re.search(r"FUNC +GLOBAL DEFAULT +\d+ __vdso_rt_sigreturn@@"
                      + re.escape(VDSO_VERSION[t.arch]), text), "no versioned symbol")
    load, = re.findall(r"^ +LOAD .*", text, re.MULTILINE)
    t.check(" R E " in load and int(load.split()[5], 16) <= PAGE, load)
    t.check("soname: [linux-vdso.so.1]" in text, "no soname")
    t.check(re.search(r'Augmentation: +"zRS"', text), "no signal frame in .eh_frame")
    t.check(not re.search(r"R_(RISCV|X86_64)_", text), "relocations")
    t.check(os.path.getsize(vdso) <= PAGE, "larger than a page")


TESTS = (on_each(PLAIN + OTHERS, "dynamic-{arch}-{variant}-places", places)
         + on_each(PLAIN + DEBUG, "dynamic-{arch}-{variant}-insides", insides)
         + on_each(PLAIN, "dynamic-{arch}-vdso", vdso_object))
