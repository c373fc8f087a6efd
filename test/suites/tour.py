# SPDX-License-Identifier: MIT
"""tour: every claim holds, every page can be read, and a claim that does not hold is found out."""

import re

import crossbuild
from harness import on_each
from machine import Machine
from variants import DEBUG, OTHERS, PLAIN

CLAIMS = 28
COLUMNS, LINES = 80, 24


def compilers_library(t):
    """An image with a program that uses the compiler's shared C library, not ours."""
    tree = t.path("extra")
    crossbuild.build(t, "letters.c", tree, "/usr/bin/letters")
    return crossbuild.image(t, tree)


def unlimited(t):
    """An image with a program that takes the limit off the stack."""
    tree = t.path("extra")
    crossbuild.build(t, "../test/linux/unlimited.c", tree, "/usr/bin/unlimited")
    return crossbuild.image(t, tree)


def check_all(t, image=None, run="tour -a", **machine):
    """tour -a: a line for each claim."""
    m = Machine(t, run=run, image=image and image(t), **machine)
    output = m.output()
    failed = re.findall(r"^ *(?:FAILED: .*|\d+ FAILED .*)$", output, re.MULTILINE)
    t.check(not failed, "; ".join(line.strip() for line in failed[:3]))
    t.check_equal("claims", re.findall(r"^ ?(\d+) ok     \S", output, re.MULTILINE),
                  [str(n) for n in range(1, CLAIMS + 1)])
    t.check_equal("lines", len(output.splitlines()), CLAIMS)
    t.check_equal("exit status", m.status(), 0)
    m.check_disk()


def check_page(t, number, title, page):
    """Title, text, evidence, the other machine; fits a terminal, its prompt included."""
    lines = page.splitlines()
    where = f"page {number}"
    t.check_equal(where + " begins", lines[0], f"{number:2}  {title}")
    t.check(len(lines) < LINES, f"{where} has {len(lines)} lines")
    wide = [line for line in lines if len(line) >= COLUMNS]
    t.check(not wide, f"{where} has a line of {len(wide and wide[0])} columns: {wide and wide[0]}")
    t.check(all(re.match(r"$|  \+ \S|    \S| ?\d+  ", line) for line in lines),
            f"{where} has an odd line")
    t.check_equal(where + ", its parts", len(page.split("\n\n")), 3)
    t.check(re.search(r"\b[0-9a-f]{5,16}\b", page), f"{where} shows no address")
    evidence = sum(line.startswith("  + ") for line in lines)
    t.check(evidence >= 2, f"{where} has little evidence")
    last = " ".join(page.split("\n\n")[2].split())
    t.check(re.match(r"On (riscv64|x86_64) \([\w-]+\): \S", last) and t.arch not in last[:12],
            f"{where} does not tell of the other machine")
    return evidence


def pages(t):
    """Each page, as somebody sees it who types its number; the list; what is not understood."""
    m = Machine(t, append="quiet")
    m.boot()
    listed = re.findall(r"^ ?(\d+)  (.*)$", m.run("tour"), re.MULTILINE)
    t.check_equal("numbers", [int(n) for n, _ in listed], list(range(1, CLAIMS + 1)))
    evidence = sum(check_page(t, int(number), title, m.run(f"tour {number}"))
                   for number, title in listed)
    several = m.run("tour 3-5 9")
    t.check_equal("several", re.findall(r"^ ?(\d+)  ", several, re.MULTILINE), ["3", "4", "5", "9"])
    t.check_equal("some of them", m.run("tour -a 27-28").count(" ok "), 2)
    for wrong in ("0", str(CLAIMS + 1), "5-4", "x", "-z"):
        m.run("tour " + wrong, 2)
    t.note(f"{evidence} pieces of evidence")
    m.power_off()


def found_out(t):
    """Where a claim does not hold, tour says so: layouts made always the same; another example."""
    m = Machine(t, append="norandmaps", run="tour -a 17-19")
    output = m.output()
    t.check_equal("lines", [line[:9] for line in output.splitlines() if line[:2].isdigit()],
                  ["17 ok    ", "18 FAILED", "19 ok    "])
    t.check("  FAILED: none of them is always the same\n" in output, "no reason is given")
    t.check_equal("exit status", m.status(), 1)
    tree = t.path("extra")
    crossbuild.build(t, "letters.c", tree, "/bin/letters")
    m = Machine(t, run="tour 7", image=crossbuild.image(t, tree))
    output = m.output()
    t.check("  FAILED: main and max_length are where" in output, "a PIE is where nm says?")
    t.check("  FAILED: claim 7 does not hold here" in output, "the page does not end with it")
    t.check_equal("exit status", m.status(), 1)


TESTS = [
    *on_each(PLAIN, "tour-{arch}-smp4", check_all, smp=4),
    *on_each(PLAIN, "tour-{arch}-64M", check_all, smp=1, memory="64M"),
    *on_each(PLAIN, "tour-{arch}-compilers-library", check_all, image=compilers_library),
    *on_each(PLAIN, "tour-{arch}-unlimited-stack", check_all, image=unlimited,
             run="/usr/bin/unlimited tour -a"),
    *on_each(OTHERS, "tour-{arch}-{variant}", check_all),
    *on_each(DEBUG, "tour-{arch}-debug", check_all, limit=300),
    *on_each(PLAIN, "tour-{arch}-pages", pages),
    *on_each(PLAIN, "tour-{arch}-found-out", found_out),
]
