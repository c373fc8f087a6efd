# SPDX-License-Identifier: MIT
"""usertests on this machine's own Linux: what the tests expect is what Linux does."""

import platform
import re

import native
from harness import on_each
from variants import PLAIN


def linux_check(t):
    """The tests compile for Linux; where this machine can run them, they pass there."""
    native.build(t, t.arch)
    out = t.command("make", "--no-print-directory", "ARCH=" + t.arch, "T=", "linux-check",
                    status=None)
    failed = re.findall(r"^FAIL (.*)$", out, re.MULTILINE)
    t.check(not failed, f"{len(failed)} failed: " + "; ".join(failed[:3]))
    t.check_equal("exit status of make linux-check", t.command_status, 0)
    if t.arch != platform.machine():
        t.note("compiled only")
        return
    counts = re.findall(r"^usertests, .*: (\d+) passed, 0 failed$", out, re.MULTILINE)
    t.check(len(counts) == 2 and min(map(int, counts)) > 200, f"too few tests: {counts}")
    t.note(f"{' and '.join(counts)} passed")


TESTS = on_each(PLAIN, "linux-check-{arch}", linux_check, limit=400)
