#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares xv39 with Linux: the same random sequences of mapping calls on both.

The program mapfuzz runs sequences and prints a digest for each block of them. It runs on this
machine's Linux and on xv39; where a block differs, its sequences are run one by one, and the first
that differs is run again with everything printed: the first line that differs says which call it
was. `make differential N=1000000 SEED=1` does as many as one likes.
"""

import argparse
import os
import re
import subprocess
import sys
import time

import native
import qemu

BLOCK = 50
CONTEXT = 12


def blocks(output):
    """{first seed: digest} of the lines that mapfuzz prints."""
    lines = (line.split() for line in output.splitlines())
    return {int(words[0]): words[2] for words in lines if len(words) == 3 and words[0].isdigit()}


def linux(*words):
    return native.run(native.compiled("mapfuzz"), *words, timeout=3600)[0]


def first_difference(here, there):
    """The text that leads to the first line that is not the same, and that line on both."""
    panic = re.search(r"kernel panic: .*", there)
    if panic:
        return "  " + panic.group().strip()
    one, two = here.splitlines(), there.splitlines()
    for n, (a, b) in enumerate(zip(one + [None], two + [None])):
        if a != b:
            before = one[max(0, n - CONTEXT):n]
            return "\n".join(["    " + line for line in before]
                             + [f"  linux: {a}", f"  xv39:  {b}"])
    return "  (the same when run alone, with everything printed)"


def compare(guest, first, count, jobs, words=(), report=None):
    """Runs the sequences on both; the differences found, as (seed, text).

    `guest` runs mapfuzz with some words on xv39 and returns its output. Of a block that differs only
    the first sequence is reported: later ones are mostly the same mistake.
    """
    common = ["-b", str(BLOCK), "-s", str(first), "-n", str(count), *words]
    ours = blocks(linux("-j", str(os.cpu_count() or 1), *common))
    theirs = blocks(guest("-j", str(jobs), *common))
    found = []
    for block in sorted(ours):
        if ours[block] == theirs.get(block):
            continue
        alone = ["-b", "1", "-s", str(block), "-n", str(min(BLOCK, first + count - block)), *words]
        one, two = blocks(linux(*alone)), blocks(guest(*alone))
        seed = next((seed for seed in sorted(one) if one[seed] != two.get(seed)), block)
        loud = ["-vv", "-b", "1", "-s", str(seed), "-n", "1", *words]
        found.append((seed, first_difference(linux(*loud), guest(*loud))))
        if report:
            report(*found[-1])
    return len(ours), found


def machine(args):
    """A function that runs mapfuzz on xv39, on a machine booted for it."""
    def run(*words):
        command = [sys.executable, os.path.join(qemu.ROOT, "test", "run.py"), "--arch", args.arch,
                   "--smp", args.smp, "--mem", args.mem, "--timeout", "36000"]
        if args.kernel:
            command += ["--kernel", args.kernel, "--image", args.image]
        return subprocess.run([*command, "cd /tmp; mapfuzz " + " ".join(words)], text=True,
                              errors="replace", stdout=subprocess.PIPE).stdout
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", default="riscv64")
    parser.add_argument("--kernel")
    parser.add_argument("--image")
    parser.add_argument("--smp", default="3")
    parser.add_argument("--mem", default="256M")
    parser.add_argument("--chunk", type=int, default=10000, help="sequences for one boot")
    parser.add_argument("--most", type=int, default=10, help="stop after so many differences")
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("words", nargs="*", help="more arguments for mapfuzz")
    args = parser.parse_args()
    if not native.available():
        print("xv39: the differential test compares with Linux on x86-64, and this machine is none")
        return 2
    differences, start = 0, time.monotonic()
    for first in range(args.seed, args.seed + args.count, args.chunk):
        count = min(args.chunk, args.seed + args.count - first)
        found = compare(machine(args), first, count, int(args.smp), args.words,
                        lambda seed, text: print(f"seed {seed}:\n{text}", flush=True))[1]
        differences += len(found)
        print(f"{first + count - args.seed} sequences, {differences} blocks differ "
              f"({time.monotonic() - start:.0f} s)", flush=True)
        if differences >= args.most:
            break
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
