#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs usertests on this machine's own Linux: `make linux-check`.

A test that disagrees with Linux is wrong, whatever xv39 does. Two programs are run: the tests
compiled for Linux with its C library, and the very program that is on xv39's disk, which Linux can
run because xv39's system calls are Linux's. Tests about xv39 itself are left out (`usertests -r`).
"""

import argparse
import platform
import re
import sys

import native

TIME_LIMIT = 900


def run(title, program, words):
    """Runs one program; prints what is not well; returns how many tests passed and failed."""
    output, status = native.run(program, "-r", *words, timeout=TIME_LIMIT)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    for line in output.splitlines():
        if not line.startswith("ok ") and not (counts and line == counts.group()):
            print(line)
    if not counts:
        print(f"FAIL {title}: ended with status {status} before its time")
        return 0, 1
    print(f"usertests, {title}: {counts.group()}", flush=True)
    return int(counts.group(1)), int(counts.group(2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", help="of this architecture's programs (default: the machine's)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tests whose name begins so")
    args = parser.parse_args()
    if not native.available() or args.arch not in (None, native.ARCH):
        print(f"xv39: linux-check has compiled the tests; to run those of "
              f"{args.arch or native.ARCH} takes a Linux of that architecture, and this is "
              f"{platform.system()} on {platform.machine()}")
        return 0
    passed = failed = 0
    for title, program in (("compiled for Linux", native.compiled("usertests")),
                           ("the program on the disk", native.from_disk("usertests"))):
        counts = run(title, program, args.names)
        passed, failed = passed + counts[0], failed + counts[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
