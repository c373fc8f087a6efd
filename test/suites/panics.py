# SPDX-License-Identifier: MIT
"""Mistakes of the kernel, provoked through /dev/provoke: what its report must say."""

import re

from harness import on_each
from machine import Machine
from variants import LEVEL5, PLAIN, SV48, SV57

# What the panic must say, what it must say about the address, and where it must say it was.
REPORTS = {
    "panic": ("provoked", "", "provoke_panic"),
    "bug": (r"kernel/provoke\.c:\d+: provoke_bug: invariant broken: ", "", "provoke_bug"),
    "stack-overflow": (r"kernel stack overflow of task echo \(pid \d+\)",
                       r"is in the guard page of the kernel stack of echo \(pid \d+\)", "descend"),
    "null-read": ("kernel fault: read of 0x8", "a null pointer", "provoke_null_read"),
    "wild-write": ("kernel fault: write of 0x[0-9a-f]{16}", "is in the vmalloc window, in no area",
                   "provoke_wild_write"),
    "write-text": ("kernel fault: write of 0x[0-9a-f]{16}",
                   r"is kernel text: provoke_write_text\+", "provoke_write_text"),
    "exec-data": ("kernel fault: execute of 0x[0-9a-f]{16}", "is in the kernel-data window",
                  "provoke_write"),
    "user-read": ("kernel fault: read of 0x[0-9a-f]+", "is a user address", "provoke_user_read"),
    "double-free": ("kfree: 0x[0-9a-f]{16} was not allocated by kmalloc, or is freed", "",
                    "do_kfree"),
}
PANIC_STATUS = 101


def provoked(t, mistake):
    message, address, function = REPORTS[mistake]
    machine = Machine(t, smp=4, run=f"echo {mistake} >/dev/provoke")
    output = machine.output()
    t.check(re.search(r"kernel panic: " + message, output), f"the panic does not say {message!r}")
    t.check(re.search(address, output), f"the report does not say {address!r}")
    t.check(re.search(r"cpu \d, task echo \(pid \d+\)", output), "no task is named")
    t.check(re.search(r"\n\[ *[\d.]+\]  pc [0-9a-f]{16} ", output), "no registers")
    trace = re.findall(r"\[[0-9a-f]{16}\] (\w+)\+0x[0-9a-f]+", output)
    # Of an overflowing stack the trace shows the deepest frames alone.
    callers = ["provoke_write", "syscall_dispatch"] if mistake != "stack-overflow" else []
    for name in [function, *callers]:
        t.check(name in trace, f"{name} is not in the call trace")
    t.check("window         start" in output, "the log that `quiet` kept back is not shown")
    t.check_equal("exit status", machine.status(), PANIC_STATUS)


def unknown_word(t):
    """Anything else is refused, and the machine goes on."""
    machine = Machine(t, run="echo nonsense >/dev/provoke || echo refused")
    t.check("refused\n" in machine.output(), "a word that is none was not refused")
    t.check_equal("exit status", machine.status(), 0)
    machine.check_disk()


TESTS = [test for mistake in REPORTS
         for test in on_each(PLAIN, "panic-{arch}-" + mistake, provoked, mistake=mistake)]
TESTS += [
    *on_each([SV57, LEVEL5], "panic-{arch}-{variant}-stack-overflow", provoked,
             mistake="stack-overflow"),
    *on_each([SV48], "panic-{arch}-{variant}-wild-write", provoked, mistake="wild-write"),
    *on_each(PLAIN, "panic-{arch}-unknown-word", unknown_word),
]
