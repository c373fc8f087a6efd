# SPDX-License-Identifier: MIT
"""`make run`: what it prints, and what it exits with."""

import os
import subprocess
import time

import qemu
from harness import Test, children
from machine import image_path, kernel_path


def run(t, command, status=0, words=(), **keywords):
    """test/run.py as make run calls it; stdout alone."""
    return t.command("test/run.py", "--arch", t.arch, "--kernel", kernel_path("sv39"), "--image",
                     image_path(), *words, "--", command, status=status, stderr=subprocess.PIPE,
                     **keywords)


def make_run(t):
    """Through make, with its quoting."""
    def make(command, status):
        words = ["make", "-s", "--no-print-directory", "ARCH=" + t.arch, "run"]
        return t.command(*words, "CMD=" + command, status=status, stderr=subprocess.PIPE)

    t.check_equal("output", make("echo hello", 0), "hello\n")
    t.check_equal("output", make("echo 'one  two' \"$PATH\"; echo \\\\", 0), "one  two /bin\n\\\n")
    make("exit 3", 2)  # make's own status; that of the command is in its message
    t.check("xv39: make run needs CMD" in t.command("make", "-s", "run", status=2), "no message")


def output(t):
    t.check_equal("output", run(t, "echo hello"), "hello\n")
    t.check_equal("output", run(t, "echo -n no newline"), "no newline")
    t.check_equal("output", run(t, "true"), "")
    t.check_equal("of both streams", run(t, "echo out; echo err >&2"), "out\nerr\n")
    quotes = "echo \"a  b\" 'c  \"d' \\\\ e\\ f"
    t.check_equal("quoting", run(t, quotes), "a  b c  \"d \\ e f\n")
    t.check_equal("no input", run(t, "cat; echo end"), "end\n")
    t.check_equal("long output", run(t, "i=0; while [ $i -lt 2000 ]; do echo line $i; "
                                        "i=$((i + 1)); done").splitlines(),
                  [f"line {i}" for i in range(2000)])


def statuses(t):
    for status in (3, 255):
        t.check_equal("output", run(t, f"exit {status}", status=status), "")
    run(t, "false", 1)
    run(t, "no-such-program 2>/dev/null", 127)
    run(t, "sh -c 'kill -9 $$'; exit $?", 137)


def panic(t):
    text = run(t, "echo before; echo panic >/dev/provoke", 101)
    t.check(text.startswith("before\n"), "what came before the panic is lost")
    t.check("kernel panic: provoked" in text, "the panic is not shown")


def image_stays(t):
    """A run leaves no trace on the image."""
    t.command("cp", "--sparse=always", image_path(), t.path("before"))
    run(t, "echo x >/home/x; sync; rm -r /bin")
    t.command("cmp", image_path(), t.path("before"))


def time_over(t):
    start = time.monotonic()
    text = run(t, "echo begun; sleep 1000", 124, ["--timeout", "8"])
    t.check_equal("output", text, "begun\n")
    t.check(time.monotonic() - start < 20, "the limit was not kept")


def not_started(t):
    """A kernel that does not get to the command: all it said is on stderr, nothing on stdout."""
    with open(t.path("empty"), "wb") as image:
        image.truncate(1 << 20)
    text = t.command("test/run.py", "--kernel", kernel_path("sv39"), "--image", t.path("empty"),
                     "--", "true", status=101, stderr=subprocess.STDOUT)
    t.check("cannot mount the root file system" in text, "the boot log is not shown")
    t.check_equal("stdout", t.command("test/run.py", "--kernel", kernel_path("sv39"), "--image",
                                      t.path("empty"), "--", "true", status=101,
                                      stderr=subprocess.DEVNULL), "")


def interrupt(t):
    """^C ends the run at once, and QEMU with it."""
    process = subprocess.Popen(["test/run.py", "--kernel", kernel_path("sv39"), "--image",
                                image_path(), "--", "echo begun; sleep 1000"], cwd=qemu.ROOT,
                               env=qemu.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    children.add(process.pid)
    try:
        t.check_equal("output", process.stdout.readline(), b"begun\n")
        os.killpg(process.pid, 2)
        t.check_equal("status", process.wait(timeout=10), 130)
        t.check_equal("rest of the output", process.stdout.read(), b"")
    finally:
        children.kill(process.pid)
        process.wait()
        process.stdout.close()


TESTS = [
    Test("run-make", make_run, ["sv39"]),
    Test("run-output", output, ["sv39"]),
    Test("run-status", statuses, ["sv39"]),
    Test("run-panic", panic, ["sv39"]),
    Test("run-image", image_stays, ["sv39"]),
    Test("run-timeout", time_over, ["sv39"]),
    Test("run-not-started", not_started, ["sv39"]),
    Test("run-interrupt", interrupt, ["sv39"]),
]
