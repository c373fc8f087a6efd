# SPDX-License-Identifier: MIT
"""What areas cost, counted in instructions: no operation twice as much with 16,384 as with 64."""

import re

from harness import on_each
from machine import Machine
from variants import PLAIN

# One processor, whose every instruction takes a nanosecond.
COUNTING = ["-icount", "shift=0"]


def scale(t):
    m = Machine(t, run="bench vmas", smp=1, words=COUNTING)
    output = m.output()
    t.check_equal("exit status", m.status(), 0)
    cost = {(name, int(count)): int(ns) for name, count, ns in
            re.findall(r"^vmas_([a-z]+)(\d+) +(\d+) ns ", output, re.MULTILINE)}
    names = sorted({name for name, _ in cost})
    t.check_equal("operations", names, ["fault", "map", "protect", "room"])
    for name in names:
        few, many = cost[name, 64], cost[name, 16384]
        t.check(many <= 2 * few, f"{name}: {few} with 64 areas, {many} with 16384")
    t.note(", ".join(f"{name} {cost[name, 64]} to {cost[name, 16384]}" for name in names))


TESTS = on_each(PLAIN, "areas-scale-{arch}", scale, limit=120)
