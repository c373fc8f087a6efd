#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the tests: `make test`, or `make test T=name` for those whose name contains a word.

First the kernels that the chosen tests need are built, each as a test of its own; then the tests
run, several at a time. One line is printed for each when it ends, and N passed, N failed at the
close. What a test saw is in build/test/NAME.log; its files, if it failed, in build/test/NAME/.
"""

import argparse
import os
import signal
import sys

import harness
from suites import boot, build, console, disk, host, panics, runner, shell, usertests

# The order in which they start: what takes long first, so that the last does not run alone.
TESTS = (usertests.TESTS + host.TESTS + disk.TESTS + boot.TESTS + console.TESTS + shell.TESTS
         + panics.TESTS + runner.TESTS + build.TESTS)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", default="riscv64")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                        help="tests at a time (default: one for each processor)")
    parser.add_argument("-l", "--list", action="store_true", help="list the tests")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tests whose name contains this")
    return parser.parse_args()


def build_needed(chosen, args, report):
    """Builds the variants that `chosen` needs; returns the tests that can run."""
    needed = {variant for test in chosen for variant in test.builds}
    before = report.failed
    harness.run_all(build.build_tests(needed), args.arch, 1, report)
    if report.failed == before:
        return chosen
    rest = [test for test in chosen if not test.builds]
    for test in chosen:
        if test.builds:
            report.line(test.name, 0, [], "not run: a build failed")
    return rest


def stop(signum, frame):
    raise KeyboardInterrupt


def main():
    args = arguments()
    if args.list:
        print("\n".join(test.name for test in TESTS))
        return 0
    chosen = harness.select(TESTS, args.names)
    os.makedirs(harness.OUT, exist_ok=True)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    report = harness.Report()
    try:
        harness.run_all(build_needed(chosen, args, report), args.arch, args.jobs, report)
    except KeyboardInterrupt:
        print("xv39: interrupted", file=sys.stderr)
        report.close()
        return 130
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
