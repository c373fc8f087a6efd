#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the tests: `make test`, or `make test T=name` for those whose name contains a word.

First the kernels that the chosen tests need are built, each as a test of its own; then the tests
run, several at a time. One line is printed for each when it ends, a count for each architecture
(and for tests of neither), and N passed, N failed at the close. With ARCH=... on make's command
line or in the environment, the other architecture is left out. What a test saw is in
build/test/NAME.log; its files, if it failed, in build/test/NAME/.
"""

import argparse
import os
import signal
import sys

import harness
import variants
from suites import (areas, boot, both, build, compare, console, differential, disk, dynamic,
                    gdb, host, linux, linux_check, panics, procps, programs, runner, shell, tour,
                    usertests)

# The order in which they start: what takes long first, so that the last does not run alone.
SUITES = (
    usertests, differential, host, both, compare, linux, dynamic, procps, linux_check, programs,
    tour, disk, areas, boot, console, gdb, shell, panics, runner, build,
)
TESTS = [test for suite in SUITES for test in suite.TESTS]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", choices=variants.ARCHES,
                        help="only this architecture (default: all)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1,
                        help="tests at a time (default: one for each processor)")
    parser.add_argument("-l", "--list", action="store_true", help="list the tests")
    parser.add_argument("names", nargs="*", metavar="NAME", help="tests whose name contains this")
    return parser.parse_args()


def build_needed(chosen, report):
    """Builds the variants that `chosen` needs; returns the tests that can run."""
    needed = {variant for test in chosen for variant in test.builds}
    tests = build.build_tests(needed)
    harness.run_all(tests, 1, report)
    missing = {test.variant for test in tests if test in report.failures}
    rest = [test for test in chosen if not missing.intersection(test.builds)]
    for test in chosen:
        if test not in rest:
            report.line(test, 0, [], "not run: a build failed")
    return rest


def stop(signum, frame):
    raise KeyboardInterrupt


def main():
    args = arguments()
    chosen = harness.select(TESTS, [args.arch] if args.arch else variants.ARCHES, args.names)
    if args.list:
        print("\n".join(test.name for test in chosen))
        return 0
    os.makedirs(harness.OUT, exist_ok=True)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    report = harness.Report()
    try:
        harness.run_all(build_needed(chosen, report), args.jobs, report)
    except KeyboardInterrupt:
        print("xv39: interrupted", file=sys.stderr)
        report.close()
        return 130
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
