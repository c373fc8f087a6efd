# SPDX-License-Identifier: MIT
"""usertests on several machines, and the programs that load the kernel."""

import re

from harness import Failure, on_each
from machine import Machine
from variants import DEBUG, OTHERS, PLAIN


def count(t, output):
    """Reads usertests' lines; its own counts must be those of its lines. Notes them."""
    passed = re.findall(r"^ok (\S+) ", output, re.MULTILINE)
    failed = re.findall(r"^FAIL (\S+): (.*)$", output, re.MULTILINE)
    skipped = re.findall(r"^skip (\S+): ", output, re.MULTILINE)
    if failed:
        raise Failure(f"{len(failed)} failed, {len(passed)} passed: "
                      + "; ".join(f"{name}: {why}" for name, why in failed[:3])
                      + ("; ..." if failed[3:] else "") + f"; see {t.log_name()}")
    closing = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    t.check(closing, "usertests has not come to its end")
    t.check_equal("counts", closing.groups(), (str(len(passed)), str(len(failed))))
    t.note(f"{len(passed)} passed" + (f", {len(skipped)} skipped" if skipped else ""))
    return len(passed)


def usertests(t, words="", least=50, env="", **machine):
    m = Machine(t, run=f"{env} usertests {words}".strip(), **machine)
    output = m.output()
    t.check("kernel panic: " not in output,
            (re.search("kernel panic: .*", output) or [""])[0].strip())
    passed = count(t, output)
    t.check_equal("exit status", m.status(), 0)
    t.check(passed >= least, f"only {passed} tests")
    m.check_disk()


def listing(t):
    """usertests -l; a test by its name; a name that is none."""
    m = Machine(t)
    m.boot()
    names = m.run("usertests -l").splitlines()
    t.check(len(names) >= 50 and len(set(names)) == len(names), "usertests -l: too few, or twice")
    output = m.run("usertests " + names[0])
    t.check(output.startswith(f"ok {names[0]} "), f"usertests {names[0]} does not run it")
    m.run("usertests no-such-test", status=2)
    m.run(f"usertests {names[0]} no-such-test", status=2)
    m.power_off()


def stress(t, commands, **machine):
    m = Machine(t, **machine)
    m.boot()
    for command in commands:
        m.run(command)
    t.check("sh" in m.run("ps"), "no shell in ps")
    m.power_off()


STRESS = ["cd /tmp", "stressfs -p 8 -n 6", "forktest -n 200",
          "(stressfs -p 3 -n 6 -s 5 && echo a) >/tmp/a & forktest -n 100; wait; grep -c a /tmp/a",
          "i=0; while [ $i -lt 60 ]; do ls /bin | cat | wc >/dev/null; i=$((i + 1)); done",
          "stressfs -p 8 -n 6 -s 77 >/tmp/b & usertests fork cow pipes; wait; grep -q ok /tmp/b"]

# What can be different in another paging format.
MEMORY = ("access areas aslr badptr brk core cow exec fork growsdown layout lazy leak madvise mincore "
          "mlock mmap mprotect mremap munmap pager pagetables reclaim revoke shm signals stack tasks "
          "text vdso")

TESTS = [
    *on_each(DEBUG, "usertests-{arch}-smp4-debug", usertests, limit=500, smp=4),
    *on_each(PLAIN, "usertests-{arch}-smp1", usertests, limit=400, smp=1),
    *on_each(PLAIN, "usertests-{arch}-smp4", usertests, limit=400, smp=4),
    *on_each(PLAIN, "usertests-{arch}-64M", usertests, limit=400, memory="64M"),
    *on_each(OTHERS, "usertests-{arch}-{variant}", usertests, limit=400, words=MEMORY, least=300),
    *on_each(PLAIN, "usertests-{arch}-tmpfs", usertests, limit=400, env="TMPDIR=/dev/shm",
             words="access badptr-path dirs exec fallocate fd files pagecache text"),
    *on_each(PLAIN, "usertests-{arch}-list", listing),
    *on_each(PLAIN, "stress-{arch}-smp4", stress, limit=300, commands=STRESS, smp=4),
    *on_each(DEBUG, "stress-{arch}-smp8", stress, limit=300, commands=STRESS, smp=8),
]
