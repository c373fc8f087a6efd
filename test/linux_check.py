#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs usertests on this machine's own Linux: `make linux-check`.

A test that disagrees with Linux is wrong, whatever xv39 does. Two programs are run: the tests
compiled for Linux with its C library, and the very program that is on xv39's disk, which Linux can
run because xv39's system calls are Linux's. Tests about xv39 itself are left out (`usertests -r`),
and root steps down to an ordinary user first: root may do what the manual pages say fails.
"""

import argparse
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile

import qemu

NOBODY = 65534
# What xv39 starts programs with; a limit that is lower already stays.
LIMITS = {resource.RLIMIT_STACK: 8 << 20, resource.RLIMIT_MEMLOCK: 8 << 20,
          resource.RLIMIT_CORE: 0}
TIME_LIMIT = 900


def programs(arch):
    """What is run, and what it is called in the report."""
    out = os.path.join(qemu.ROOT, "build", arch)
    return [("compiled for Linux", os.path.join(out, "linux", "bin", "usertests")),
            ("the program on the disk", os.path.join(out, "root", "bin", "usertests"))]


def set_limits():
    os.umask(0o022)
    for limit, wanted in LIMITS.items():
        hard = resource.getrlimit(limit)[1]
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(limit, (soft, hard))


def run(title, program, words):
    """Runs one program; prints what is not well; returns how many tests passed and failed."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="linux-check.") as directory:
        os.chmod(directory, 0o755)
        scratch = os.path.join(directory, "tmp")
        os.mkdir(scratch)
        os.chmod(scratch, 0o777)
        # Others may have no way to where it was built.
        copy = shutil.copy(program, directory)
        process = subprocess.run([copy, "-r", *words], cwd=scratch, text=True, errors="replace",
                                 env={"TMPDIR": scratch, "PATH": "/bin:/usr/bin"},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 timeout=TIME_LIMIT, preexec_fn=set_limits, **user)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", process.stdout, re.MULTILINE)
    for line in process.stdout.splitlines():
        if not line.startswith("ok ") and not (counts and line == counts.group()):
            print(line)
    if not counts:
        print(f"FAIL {title}: ended with status {process.returncode} before its time")
        return 0, 1
    print(f"usertests, {title}: {counts.group()}", flush=True)
    return int(counts.group(1)), int(counts.group(2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", help="of this architecture's programs (default: the machine's)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tests whose name begins so")
    args = parser.parse_args()
    machine = platform.machine()
    if platform.system() != "Linux" or machine != "x86_64" or args.arch not in (None, machine):
        print(f"xv39: linux-check has compiled the tests; to run those of {args.arch or 'x86_64'} takes "
              f"a Linux of that architecture, and this is {platform.system()} on {machine}")
        return 0
    passed = failed = 0
    for title, program in programs(machine):
        counts = run(title, program, args.names)
        passed, failed = passed + counts[0], failed + counts[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
