# SPDX-License-Identifier: MIT
"""The programs that read /proc on Linux, as Debian ships them, read it here and say what is true."""

import os
import platform
import re
import shutil

from harness import Failure, Test
from machine import Machine
from variants import LEVEL4

PROGRAMS = ("free", "pmap", "ps", "slabtop", "top", "vmstat")

PS_ALL = "ps -eo pid,ppid,stat,ni,pri,vsz,rss,sz,maj_flt,comm,args"
PS_INIT = "ps -o pid,drs,trs,size,pmem,ignored,start_time 1"
# Each line's output follows its own text, marked. Process 1 waits while they run: what is said of it
# stays true.
COMMANDS = (
    "cat /proc/meminfo",
    "free -k",
    "cat /proc/1/status",
    "cat /proc/1/maps",
    "cat /proc/1/smaps",
    "cat /proc/1/smaps_rollup",
    "cat /proc/1/stat",
    "pmap 1",
    "pmap -x 1",
    "pmap -X 1",
    "pmap -XX 1",
    "ps aux",
    PS_ALL,
    PS_INIT,
    "vmstat 1 2",
    "vmstat -s",
    "vmstat -a",
    "vmstat -m",
    "cat /proc/slabinfo",
    "slabtop -o",
    "top -b -n1",
    "top -b -n1 -p 1",
)


def make_tree(t):
    """The programs with the libraries they name, laid out as here."""
    tree = t.path("extra")
    programs = [shutil.which(name) for name in PROGRAMS]
    if None in programs:
        raise Failure("procps not found: run 'make deps'")
    libraries = re.findall(r"/\S+(?= \()", t.command("ldd", *programs))
    terminfo = [p for p in ("/lib/terminfo/d/dumb", "/usr/share/terminfo/d/dumb")
                if os.path.exists(p)]
    for path in sorted({*programs, *libraries, *terminfo}):
        os.makedirs(os.path.dirname(tree + path), exist_ok=True)
        shutil.copy(path, tree + path)
    return tree


def run_commands(t):
    """What each of COMMANDS printed."""
    image, tree = t.path("procps.img"), make_tree(t)
    with open(os.path.join(tree, "script"), "w", encoding="ascii") as script:
        script.write("PATH=/usr/bin:/bin; TERM=dumb; export PATH TERM\n")
        script.writelines(f"echo '@@ {c}'; {c} || echo \"status $?\"\n" for c in COMMANDS)
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", "ARCH=" + t.arch,
              "EXTRA=" + tree, "IMAGE=" + image, "image")
    m = Machine(t, image=image, run="sh /script")
    sections = m.output().split("@@ ")[1:]
    t.check_equal("exit status", m.status(), 0)
    found = dict(s.split("\n", 1) for s in sections)
    t.check_equal("commands that ran", list(found), list(COMMANDS))
    for command, text in found.items():
        t.check(not re.search(r"^status \d|rror|annot|nable to|nknown", text, re.MULTILINE),
                f"{command}: {text}")
    return found


def fields(text):
    """{"VmSize": 192, ...} of lines "name: number kB"."""
    return {name: int(n) for name, n in re.findall(r"^(\S+):\s+(\d+) kB$", text, re.MULTILINE)}


def check_free(t, out):
    memory = fields(out["cat /proc/meminfo"])
    header, row, swap = out["free -k"].splitlines()
    t.check_equal("free's columns", header.split(),
                  ["total", "used", "free", "shared", "buff/cache", "available"])
    total, used, free, shared, cache, available = map(int, row.split()[1:])
    t.check_equal("free: total", total, memory["MemTotal"])
    t.check_equal("free: shared", shared, memory["Shmem"])
    t.check(abs(free - memory["MemFree"]) < total // 50, f"free: free is {free}")
    t.check(abs(available - memory["MemAvailable"]) < total // 50, f"free: available {available}")
    t.check(abs(used + free + cache - total) < total // 20, f"free: {row}")
    t.check_equal("free: swap", swap.split()[1:], ["0", "0", "0"])


def check_pmap(t, out):
    status, rollup = fields(out["cat /proc/1/status"]), fields(out["cat /proc/1/smaps_rollup"])
    areas = len(out["cat /proc/1/maps"].splitlines())
    t.check_equal("pmap: total", out["pmap 1"].split()[-1], f"{status['VmSize']}K")
    lines = out["pmap -x 1"].splitlines()
    t.check_equal("pmap -x: areas", len(lines), areas + 4)
    t.check_equal("pmap -x: total", lines[-1].split()[2:4],
                  [str(status["VmSize"]), str(status["VmRSS"])])
    t.check(any("[ stack ]" in line for line in lines), "pmap -x: no stack")
    for option in ("-X", "-XX"):
        lines = out[f"pmap {option} 1"].splitlines()
        t.check_equal(f"pmap {option}: areas", len(lines), areas + 4)
        # The last columns' titles stand over every area; numbers begin behind the inode.
        titles, sums = lines[1].split()[5:-1], lines[-1].split()[:-1]
        titles = [name for name in titles if name != "VmFlags"]
        t.check_equal(f"pmap {option}: columns", len(titles), len(sums))
        sums = dict(zip(titles, map(int, sums)))
        t.check_equal(f"pmap {option}: Size", sums["Size"], status["VmSize"])
        for name in ("Rss", "Referenced", "Anonymous", "LazyFree", "Swap", "Locked"):
            t.check_equal(f"pmap {option}: {name}", sums[name], rollup[name])
        t.check(abs(sums["Pss"] - rollup["Pss"]) <= areas, f"pmap {option}: Pss {sums['Pss']}")
        t.check(any(line.endswith("[stack]") for line in lines), f"pmap {option}: no stack")


def check_ps(t, out):
    status = fields(out["cat /proc/1/status"])
    rows = [line.split(None, 10) for line in out[PS_ALL].splitlines()]
    t.check_equal("ps: columns", len(rows[0]), 11)
    processes = {int(row[0]): row for row in rows[1:]}
    init = processes[1]
    t.check_equal("ps: init", init[1:10],
                  ["0", "S", "0", "19", str(status["VmSize"]), str(status["VmRSS"]),
                   str(status["VmSize"] // 4), init[8], "init"])
    t.check(init[10].startswith("/bin/init"), f"ps: init's arguments are {init[10]}")
    own = [row for row in processes.values() if row[9] == "ps"]
    t.check(len(own) == 1 and own[0][2].startswith("R"), f"ps: itself: {own}")
    t.check(own[0][10].startswith("ps -eo"), f"ps: its own arguments are {own[0][10]}")
    kernel = [row for row in processes.values() if row[10].startswith("[")]
    t.check(kernel and all(row[5:8] == ["0", "0", "0"] for row in kernel), f"ps: {kernel}")
    t.check(re.search(r"^root +1 .* S .* /bin/init", out["ps aux"], re.MULTILINE), out["ps aux"])
    drs, trs = map(int, out[PS_INIT].splitlines()[1].split()[1:3])
    t.check(0 <= status["VmSize"] - drs - trs <= 1, f"ps: {drs} KiB of data, {trs} of text")
    # Field 23, vsize, in bytes; behind the name there are 50 fields.
    stat = out["cat /proc/1/stat"].rsplit(")", 1)[1].split()
    t.check_equal("stat: fields", len(stat), 50)
    t.check_equal("stat: vsize", int(stat[20]), status["VmSize"] * 1024)


def check_vmstat(t, out):
    memory = fields(out["cat /proc/meminfo"])
    rows = out["vmstat 1 2"].splitlines()
    names = rows[1].split()
    t.check_equal("vmstat: rows", len(rows), 4)
    for row in rows[2:]:
        values = dict(zip(names, map(int, row.split())))
        t.check_equal("vmstat: columns", len(values), 17)
        t.check(98 <= sum(values[n] for n in ("us", "sy", "id", "wa", "st")) <= 102, f"vmstat: {row}")
        t.check(0 < values["free"] <= memory["MemTotal"] and values["cs"] > 0, f"vmstat: {row}")
    t.check(values["id"] > 50, f"vmstat: nothing runs, yet {row}")
    sums = {name: int(n) for n, name in
            re.findall(r"^ *(\d+) (?:K )?(.*)$", out["vmstat -s"], re.MULTILINE)}
    t.check_equal("vmstat -s: memory", sums["total memory"], memory["MemTotal"])
    for name in ("interrupts", "CPU context switches", "boot time", "forks", "paged in"):
        t.check(sums[name] > 0, f"vmstat -s: no {name}")
    t.check("inact active" in out["vmstat -a"], out["vmstat -a"])


def check_slabs(t, out):
    caches = [line.split() for line in out["cat /proc/slabinfo"].splitlines()[2:]]
    listed = {row[0]: row for row in map(str.split, out["vmstat -m"].splitlines())}
    t.check(len(caches) > 10, f"slabinfo: {len(caches)} caches")
    for cache in caches:
        row = listed.get(cache[0])
        t.check(row and row[3] == cache[3], f"vmstat -m: {cache[0]}: {row}")
    t.check(re.search(r"K task_struct *$", out["slabtop -o"], re.MULTILINE), out["slabtop -o"])


def check_top(t, out):
    status, total = fields(out["cat /proc/1/status"]), fields(out["cat /proc/meminfo"])["MemTotal"]
    for command in ("top -b -n1", "top -b -n1 -p 1"):
        text = out[command]
        mib = re.search(r"^MiB Mem : +([\d.]+) total", text, re.MULTILINE)
        t.check(mib and abs(float(mib[1]) - total / 1024) < 0.1, f"{command}: {text}")
        row = re.search(r"^ +1 root .*$", text, re.MULTILINE)
        t.check(row, f"{command}: {text}")
        columns = row[0].split()
        t.check_equal(f"{command}: VIRT, RES, SHR", columns[4:7],
                      [str(status["VmSize"]), str(status["VmRSS"]), str(status["RssFile"])])
    t.check(re.search(r"^Tasks: +\d+ total, +1 running", out["top -b -n1"], re.MULTILINE),
            out["top -b -n1"])


def procps(t):
    """pmap, ps, free, vmstat, top and slabtop of Debian's procps agree with each other and /proc."""
    out = run_commands(t)
    check_free(t, out)
    check_pmap(t, out)
    check_ps(t, out)
    check_vmstat(t, out)
    check_slabs(t, out)
    check_top(t, out)
    t.note(f"{len(COMMANDS)} commands")


# A machine of another kind has no such programs of its own, and Debian none for RISC-V.
TESTS = [Test("procps-x86_64", procps, LEVEL4)] if platform.machine() == "x86_64" else []
