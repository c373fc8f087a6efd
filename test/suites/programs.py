# SPDX-License-Identifier: MIT
"""The programs that show memory: against each other, against /proc, against the tools of Linux."""

import os
import platform
import re
import shutil
import subprocess

import crossbuild
import qemu
from harness import Failure, Test, children, on_each
from machine import Machine
from variants import LEVEL4, PLAIN

AREA = re.compile(r"^([0-9a-f]{16}) +(\d+)(?: +(\d+) +(\d+)|K) ([rwxs-]{5}) (.*)$", re.MULTILINE)
COLUMNS = 80


def value(t, machine, path, key):
    """A number of a file of keys and numbers."""
    found = re.search(rf"^{key}:?\s+(\d+)", machine.run(f"cat {path}"), re.MULTILINE)
    t.check(found, f"{path} has no {key}")
    return int(found.group(1))


def check_pmap(t, machine):
    """A process that does nothing meanwhile: the areas add up to what status says."""
    plain, extended = machine.run("pmap 1"), machine.run("pmap -x 1")
    maps = machine.run("cat /proc/1/maps").splitlines()
    areas = AREA.findall(extended)
    t.check_equal("areas", [a[0].lstrip("0") for a in areas],
                  [line.split("-")[0].lstrip("0") for line in maps])
    t.check_equal("areas without -x", [(a[0], a[1], a[4]) for a in AREA.findall(plain)],
                  [(a[0], a[1], a[4]) for a in areas])
    total = re.search(r"^total kB +(\d+) +(\d+) +(\d+)$", extended, re.MULTILINE)
    t.check(total, "pmap -x has no totals")
    for column, sum_of in enumerate(total.groups(), 1):
        t.check_equal(f"total of column {column}", int(sum_of), sum(int(a[column]) for a in areas))
    t.check_equal("Kbytes", int(total.group(1)), value(t, machine, "/proc/1/status", "VmSize"))
    t.check_equal("RSS", int(total.group(2)), value(t, machine, "/proc/1/status", "VmRSS"))
    t.check_equal("error", machine.run("pmap 999", 42), "pmap: 999: No such process\n")


def check_ptwalk(t, machine):
    """The first byte of the kernel's text, by its two addresses, is where /proc/iomem says."""
    code = int(re.search(r"^ *([0-9a-f]+)-[0-9a-f]+ : Kernel code", machine.run("cat /proc/iomem"),
                         re.MULTILINE).group(1), 16)
    windows = dict(re.findall(r"^([0-9a-f]+)-[0-9a-f]+ \S+ (\S+)",
                              machine.run("cat /proc/kernel_windows"), re.MULTILINE)[::-1])
    windows = {name: int(start, 16) for start, name in windows.items()}
    for address in (windows["kernel-text"], windows["direct-map"] + code):
        out = machine.run(f"ptwalk {address:x}")
        steps = re.findall(r"^ +(\d) +(\d+) ([0-9a-f]{16}) ([0-9a-f]{16}) (\w+) +(.*)$", out,
                           re.MULTILINE)
        t.check_equal("levels", [int(s[0]) for s in steps],
                      list(range(t.variant.levels - 1, t.variant.levels - 1 - len(steps), -1)))
        t.check_equal("indexes", [int(s[1]) for s in steps],
                      [address >> 12 + 9 * int(s[0]) & 511 for s in steps])
        t.check_equal("kinds", [s[4] for s in steps], ["table"] * (len(steps) - 1) + ["leaf"])
        t.check(f"{address:x} -> {code:x}, in a page of " in out, f"{address:x} is not at {code:x}")
    t.check("not canonical" in machine.run("ptwalk 8000000000000000 2>&1", 1), "canonical?")
    t.check_equal("error", machine.run("ptwalk 999 10000", 1), "ptwalk: 999: No such process\n")


def check_free(t, machine):
    kib, mib = machine.run("free -t"), machine.run("free -m")
    rows = {words[0]: [int(w) for w in words[1:]] for words in map(str.split, kib.splitlines()[1:])}
    total, used, _, _, _, available = rows["Mem:"]
    t.check_equal("used", used, total - available)
    t.check_equal("Total:", rows["Total:"][0], total)
    t.check_equal("in MiB", int(mib.splitlines()[1].split()[1]), total // 1024)
    t.check_equal("tables", machine.run("free -c 2 -s 1").count("Mem:"), 2)


def check_smem(t, machine):
    """A process that does nothing meanwhile, and the sums of all."""
    rows = [line.rsplit(None, 4) for line in machine.run("smem -t").splitlines()]
    numbers = [list(map(int, row[1:])) for row in rows[1:] if len(row) == 5]
    t.check_equal("totals", numbers[-1], [sum(column) for column in zip(*numbers[:-1])])
    t.check(numbers[:-1] == sorted(numbers[:-1], key=lambda n: n[2]), "smem is not sorted by PSS")
    init = next(n for row, n in zip(rows[1:], numbers) if row[0].split()[:1] == ["1"])
    rollup = "/proc/1/smaps_rollup"
    t.check_equal("of process 1", init,
                  [0, value(t, machine, rollup, "Private_Clean")
                   + value(t, machine, rollup, "Private_Dirty"),
                   value(t, machine, rollup, "Pss"), value(t, machine, rollup, "Rss")])


def check_vmstat(t, machine):
    """A column of numbers below each heading; what a process does is seen in the sums."""
    lines = [line.split() for line in machine.run("vmstat 1 3").splitlines()]
    t.check_equal("headings", lines[1], "r b swpd free buff cache si so bi bo in cs us sy id wa st".split())
    t.check_equal("lines", len(lines), 5)
    for line in lines[2:]:
        t.check(len(line) == 17 and all(word.isdigit() for word in line), f"vmstat: {line}")
        t.check(99 <= sum(map(int, line[12:])) <= 101, f"vmstat: {line}: all of the time?")

    def sums():
        rows = re.findall(r"^ *(\d+) (.*)$", machine.run("vmstat -s"), re.MULTILINE)
        return {what: int(number) for number, what in rows}
    before = sums()
    machine.run("i=0; while [ $i -lt 20 ]; do i=$((i + 1)); true | true; done")
    after = sums()
    for what, least in (("forks", 40), ("page faults", 40), ("CPU context switches", 40)):
        t.check(after[what] - before[what] >= least, f"vmstat -s: {what} {before[what]} {after[what]}")
    t.check_equal("boot time", after["boot time"], before["boot time"])


def sleeper(machine):
    """The pid of a sleep that has got so far as to sleep."""
    pid = machine.run("sleep 600 & echo $!").split()[-1]
    while f"{pid} (sleep) S " not in machine.run(f"cat /proc/{pid}/stat"):
        pass
    return pid


def check_pageowner(t, machine):
    """Text that two programs show is one page; a page of the stack is one's own."""
    pid = sleeper(machine)
    start = re.search(r"^([0-9a-f]+)-[0-9a-f]+ r-xp .*/bin/sleep$",
                      machine.run(f"cat /proc/{pid}/maps"), re.MULTILINE).group(1)
    start = start.lstrip("0")
    alone = machine.run(f"pageowner {pid} {start}")
    t.check("\nmapped:  1 time\n" in alone and "mapped here only" in alone, "the text is not alone")
    other = sleeper(machine)
    shared = machine.run(f"pageowner {pid} {start}")
    t.check("\nmapped:  2 times\n" in shared and "not by this entry alone" in shared,
            "the text is not shared")
    t.check_equal("mappers", re.findall(r"^ +(\d+) at (\w+), in .* r-xp /bin/sleep at 1000$", shared,
                                        re.MULTILINE), [(pid, start), (other, start)])
    t.check_equal("frame", *(re.search("frame: .*", out).group() for out in (alone, shared)))
    t.check("of a file" in shared and "uptodate" in shared and "anon" not in shared, "flags of text")
    stack = int(machine.run(f"cat /proc/{pid}/stat").split()[27])
    own = machine.run(f"pageowner {pid} {stack:x}")
    t.check("kind:    anonymous, mapped here only" in own, "the stack is not its own")
    t.check(re.search(r"^flags: .*\banon\b", own, re.MULTILINE), "flags of the stack")
    machine.run(f"kill {pid} {other}; wait", status=None)
    t.check_equal("error", machine.run("pageowner 999 1000", 1), "pageowner: 999: no such process\n")
    t.check("no area holds" in machine.run("pageowner 1 0 2>&1", 1), "pageowner of address 0")


def look(t):
    """What they print is so, by what /proc and the image say."""
    machine = Machine(t)
    machine.boot()
    check_pmap(t, machine)
    check_ptwalk(t, machine)
    check_free(t, machine)
    check_smem(t, machine)
    check_vmstat(t, machine)
    check_pageowner(t, machine)
    t.check("of its own" in machine.run("layout 2 2>&1", 1), "layout of a kernel thread")
    t.check("[stack]" in machine.run("layout 1"), "layout of process 1")
    t.check_equal("error", machine.run("layout 999", 1), "layout: 999: no such process\n")
    letters = machine.run("echo 40 | letters")
    t.check(re.fullmatch(r"[a-z]{40}\n", letters), f"letters: {letters!r}")
    machine.power_off()


def nm(t):
    """nm, run here, says of our programs and of itself what binutils' nm says."""
    prefix, = qemu.make_variables(["CROSS_COMPILE"], "ARCH=" + t.arch)
    root = os.path.join(qemu.ROOT, "build", t.arch, "root")
    for program in ("letters", "usertests"):
        for options in ([], ["-n"], ["-u"], ["-g", "-S", "-r"]):
            out = Machine(t, run=" ".join(["nm", *options, "/bin/" + program])).output()
            t.check_equal(f"nm {' '.join(options)} {program}", out,
                          t.command("env", "LC_ALL=C", prefix + "nm", *options,
                                    os.path.join(root, "bin", program)))
    out = Machine(t, run="nm /etc/motd /no; echo $?").output()
    t.check_equal("errors", out, "nm: /etc/motd: file format not recognized\n"
                                 "nm: /no: No such file or directory\n1\n")


def ldd(t):
    """Of a program with the compiler's shared library, of one without, of what is none."""
    tree = t.path("extra")
    interpreter, libraries = crossbuild.build(t, "letters.c", tree, "/usr/bin/letters")
    command = ("ldd /usr/bin/letters; echo $?; ldd /bin/letters-shared; ldd /bin/letters /etc/motd; "
               "echo $?; ldd /no")
    out = Machine(t, run=command, image=crossbuild.image(t, tree)).output()
    bases = [int(base, 16) for base in re.findall(r" \(0x([0-9a-f]{16})\)$", out, re.M)]
    t.check(len(bases) >= len(libraries) + 3 and len(set(bases)) == len(bases) and
            all(bases) and not any(base % 4096 for base in bases), "addresses")
    out = re.sub(r"^\tlinux-vdso.*\n|(?<=\S) \(0x.*\)$", "", out, flags=re.M)
    wanted = [f"\t{name} => {path}" for name, path in libraries.items()]
    t.check_equal("output", out.splitlines(),
                  [*wanted, "\t" + interpreter, "0", "\tlibc.so => /lib/libc.so", "\t/lib/ld.so",
                   "/bin/letters:", "\tnot a dynamic executable",
                   "/etc/motd:", "\tnot a dynamic executable", "1",
                   "ldd: /no: No such file or directory"])


def linker(t):
    """Our dynamic linker binds a program to our library; what it cannot do it says, with status 127."""
    m = Machine(t)
    m.boot()
    output = m.run("echo 50 | letters-shared -a")
    found = dict(re.findall(r"^(\w+) 0x([0-9a-f]+)$", output, re.MULTILINE))
    t.check_equal("addresses", len(found), 7)
    t.check(re.search(r"^[a-z]{50}$", output, re.MULTILINE), "no letters")
    t.check(int(found["buffer"], 16) < int(found["printf"], 16) < int(found["num"], 16),
            "printf() is not between heap and stack")
    t.check_equal("as an interpreter of nothing", m.run("/lib/ld.so", 127),
                  "ld.so: usage: a program names it as its interpreter\n")
    m.run("mv /lib/libc.so /lib/c")
    t.check_equal("no library", m.run("letters-shared", 127),
                  "ld.so: /lib/libc.so: cannot be opened\n")
    m.run("cp /etc/motd /lib/libc.so")
    t.check_equal("not a library", m.run("letters-shared", 127),
                  "ld.so: libc.so: not a shared library\n")
    m.run("cp /lib/ld.so /lib/libc.so")
    t.check("is nowhere defined" in m.run("letters-shared", 127), "a library without the functions")
    m.run("mv /lib/c /lib/libc.so; echo 5 | letters-shared | wc -c")
    m.power_off()


# Those for which -Z is a text, an expression or nothing at all.
NO_OPTIONS = ("echo", "false", "letters-shared", "kill", "true")


def usages(t):
    """An option that a program does not know is an error, and its usage fits a terminal."""
    m = Machine(t)
    m.boot()
    names = [name for name in m.run("ls -1 /bin").split() if name not in NO_OPTIONS]
    for name in names:
        text = m.run(f"/bin/{name} -Z", 2)
        t.check("usage: " in text, f"{name} -Z prints no usage")
        wide = [line for line in text.splitlines() if len(line) >= COLUMNS]
        t.check(not wide, f"{name} -Z prints a line of {COLUMNS} columns or more: {wide[:1]}")
    for wrong in ("mapfuzz -n x", "mapfuzz -x what", "bench -n 0", "bench what", "letters -a -a",
                  "usertests what", "usertests fork what", "usertests -S x -l", "tour 0", "kill -Z 1"):
        m.run(wrong, 2)
    m.run("layout -w /none", 1)
    t.check(all(len(line) < COLUMNS for line in m.run("cat /etc/motd").splitlines()),
            "/etc/motd is wider than a terminal")
    t.note(f"{len(names)} programs")
    m.power_off()


def tool(name):
    path = shutil.which(name)
    if not path:
        raise Failure(f"{name} not found: run 'make deps'")
    return path


def on_linux(t):
    """The programs of our disk, run on Linux, print what Linux's own of that name print."""
    ours = os.path.join(qemu.ROOT, "build", t.arch, "root", "bin")
    other = subprocess.Popen([tool("cat")], bufsize=0, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, start_new_session=True)
    children.add(other.pid)
    t.at_end(other.communicate)
    t.at_end(lambda: children.kill(other.pid))
    other.stdin.write(b"\n")
    other.stdout.read(1)  # it has all that it maps
    count = 0
    for options in ([], ["-x"], ["-p"], ["-q"], ["-x", "-p", "-q"]):
        words = [*options, str(other.pid)]
        t.check_equal("pmap " + " ".join(options), t.command(os.path.join(ours, "pmap"), *words),
                      t.command(tool("pmap"), *words))
        count += 1
    for file in (tool("sleep"), tool("gdb-multiarch"), os.path.join(ours, "pmap")):
        theirs = t.command(tool("ldd"), file, status=None).splitlines()
        mine = t.command(os.path.join(ours, "ldd"), file, status=None).splitlines()
        # At another place each time: the first digits of a mapping are what can be compared.
        theirs, mine = ([re.sub(r"\(0x0000([0-9a-f]).*", r"\1", line) for line in lines]
                        for lines in (theirs, mine))
        t.check_equal("ldd " + file, mine, theirs)
        count += 1
    for options in (["-D"], ["-D", "-n", "-S"], ["-D", "-u"], []):
        for file in (tool("sleep"), os.path.join(ours, "sh")):
            theirs = t.command("env", "LC_ALL=C", tool("nm"), "--without-symbol-versions", *options,
                               file).replace(tool("nm") + ":", "nm:")
            t.check_equal(f"nm {' '.join(options)} {file}",
                          t.command(os.path.join(ours, "nm"), *options, file), theirs)
            count += 1
    t.note(f"{count} comparisons")


TESTS = [
    *on_each(PLAIN, "programs-{arch}", look),
    *on_each(PLAIN, "programs-{arch}-usages", usages),
    *on_each(PLAIN, "programs-{arch}-nm", nm),
    *on_each(PLAIN, "programs-{arch}-ldd", ldd),
    *on_each(PLAIN, "programs-{arch}-linker", linker),
]
# Linux runs them, as the system calls are Linux's, where the machine is the same.
if platform.machine() == "x86_64":
    TESTS.append(Test("programs-x86_64-on-linux", on_linux, LEVEL4))
