# SPDX-License-Identifier: MIT
"""The frame around the tests: what a test is given, running several at a time, the report.

A test is a function of a Run, which names the test's log and directory and knows when its time is
over; it fails by raising Failure, and says what it counted with note(). Every child process that a
test starts belongs to its Run, which ends it by its number when the test is over.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import qemu
from variants import ARCHES, OUT


class Failure(Exception):
    """A test's own finding; its text is the reason in the report."""


class Test:
    """A line of the table: a name, a function, its keyword arguments, and what it needs.

    `variant` is the kernel that the test is of; a test of none has no architecture and runs once.
    `builds` are the variants that must have been built (the test's own, when none are given), and
    `limit` is the time in seconds after which the test has failed.
    """

    def __init__(self, name, function, variant=None, builds=(), limit=150, **arguments):
        self.name, self.function, self.arguments = name, function, arguments
        self.variant, self.builds, self.limit = variant, builds, limit
        self.arch = variant and variant.arch
        if variant and not builds:
            self.builds = [variant]


def on_each(variants, name, function, **keywords):
    """A test for each of the variants; {arch} and {variant} in `name` become theirs."""
    return [Test(name.format(arch=v.arch, variant=v.name), function, v, **keywords)
            for v in variants]


class Children:
    """The process groups that tests have started and not yet ended."""

    def __init__(self):
        self._groups, self._lock, self._closed = set(), threading.Lock(), False

    def add(self, pid):
        with self._lock:
            self._groups.add(pid)
        if self._closed:
            self.kill(pid)

    def kill(self, pid):
        """Ends a group by its number, with all that is in it. Its leader is not waited for yet."""
        with self._lock:
            known = pid in self._groups
            self._groups.discard(pid)
        if known:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def kill_all(self):
        self._closed = True
        for pid in list(self._groups):
            self.kill(pid)


children = Children()


class Run:
    """One test being run."""

    def __init__(self, test):
        self.name, self.variant, self.arch = test.name, test.variant, test.arch
        self.deadline = time.monotonic() + test.limit
        self.directory = os.path.join(OUT, test.name)
        self.log_path = self.directory + ".log"
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.log = open(self.log_path, "w", encoding="utf-8", errors="replace")
        self.notes = []
        self._at_end = []

    def left(self):
        """Seconds until this test's time is over; raises when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Failure("not done in time")
        return left

    def note(self, text):
        self.notes.append(text)

    def at_end(self, function):
        self._at_end.append(function)

    def close(self, passed):
        for function in reversed(self._at_end):
            function()
        self.log.close()
        if passed:
            shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def command(self, *argv, status=0, stdin=None, timeout=None, **keywords):
        """Runs a program on this machine; its output goes to the log and is returned.

        Fails unless it ends with `status` (None: any). `command_status` has what it was.
        """
        self.log.write("# " + " ".join(argv) + "\n")
        self.log.flush()
        process = subprocess.Popen(argv, cwd=qemu.ROOT, env=qemu.environment(), text=True,
                                   errors="replace", start_new_session=True,
                                   stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT,
                                      **keywords})
        children.add(process.pid)
        try:
            output, errors = process.communicate(stdin, timeout=min(timeout or 1e9, self.left()))
        except subprocess.TimeoutExpired:
            raise Failure(f"{argv[0]}: not done in time") from None
        finally:
            children.kill(process.pid)
            process.wait()
        self.log.write(output + (errors or ""))
        self.command_status = process.returncode
        if status is not None and process.returncode != status:
            raise Failure(f"{argv[0]} {argv[1] if argv[1:] else ''}: exit status "
                          f"{process.returncode}, not {status}; see {self.log_name()}")
        return output

    def log_name(self):
        return os.path.relpath(self.log_path, qemu.ROOT)

    def check(self, condition, reason):
        if not condition:
            raise Failure(reason)

    def check_equal(self, what, got, wanted):
        if got != wanted:
            raise Failure(f"{what}: {got!r}, not {wanted!r}")


class Report:
    """Counts and prints: a line for each test, a count for each architecture, the closing line."""

    def __init__(self):
        self.passed, self.failures = [], []

    def line(self, test, seconds, notes, reason):
        text = f"{test.name} ({seconds:.1f} s)"
        if reason is None:
            self.passed.append(test)
            print("ok   " + text + (": " + ", ".join(notes) if notes else ""), flush=True)
        else:
            self.failures.append(test)
            print("FAIL " + text + ": " + reason, flush=True)

    def close(self):
        passed = Counter(test.arch for test in self.passed)
        total = Counter(test.arch for test in self.passed + self.failures)
        for arch in [*ARCHES, None]:
            if total[arch]:
                print(f"{arch or 'of neither'}: {passed[arch]} of {total[arch]} passed")
        print(f"{len(self.passed)} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures or not self.passed else 0


def run_one(test):
    """Runs a test; returns what Report.line() wants, with reason None when it passed."""
    start = time.monotonic()
    run = Run(test)
    reason = None
    try:
        test.function(run, **test.arguments)
        run.left()
    except Failure as failure:
        reason = str(failure)
    except Exception as error:  # a mistake of the test's own must not end the others
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        traceback.print_exc(file=run.log)
    if reason is not None:
        run.log.write(f"\n# FAIL {reason}\n")
    run.close(reason is None)
    return test, time.monotonic() - start, run.notes, reason


def run_all(tests, jobs, report):
    """Runs tests, `jobs` at a time, in the table's order; reports each when it ends."""
    waiting, running = list(tests), set()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.add(pool.submit(run_one, waiting.pop(0)))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    report.line(*future.result())
        except BaseException:
            children.kill_all()
            raise


def select(tests, arches, words):
    """The tests that these architectures will do for, and whose name contains one of the words.

    Without words, all of them.
    """
    tests = [t for t in tests if {build.arch for build in t.builds} <= set(arches)]
    chosen = [t for t in tests if not words or any(w in t.name for w in words)]
    if not chosen:
        print(f"xv39: no test is called {' or '.join(words)}; there are:", file=sys.stderr)
        for test in tests:
            print("    " + test.name, file=sys.stderr)
        sys.exit(2)
    return chosen
