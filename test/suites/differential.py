# SPDX-License-Identifier: MIT
"""Random sequences of mapping calls do on xv39 what they do on Linux."""

import native
from differential import BLOCK, compare
from harness import Failure, on_each
from machine import Machine
from variants import DEBUG, PLAIN


def differential(t, first, count, smp):
    native.build(t)

    def guest(*words):
        m = Machine(t, run="cd /tmp; mapfuzz " + " ".join(words), smp=smp)
        output = m.output()
        t.check("kernel panic: " not in output, "kernel panic; see " + t.log_name())
        t.check_equal("mapfuzz's exit status", m.status(), 0)
        m.check_disk()
        return output

    number, found = compare(guest, first, count, smp,
                            report=lambda seed, text: t.log.write(f"seed {seed}:\n{text}\n"))
    t.check_equal("blocks", number, count // BLOCK)
    if found:
        seed, text = found[0]
        raise Failure(f"{len(found)} blocks of {number} differ; seed {seed}: "
                      + "; ".join(line.strip() for line in text.splitlines()[-3:])
                      + f"; see {t.log_name()}")
    t.note(f"{count} sequences")


TESTS = [
    *on_each(PLAIN, "differential-{arch}", differential, limit=400, first=1, count=2000, smp=2),
    *on_each(DEBUG, "differential-{arch}-debug", differential, limit=400, first=100001, count=1000, smp=4),
] if native.available() else []
