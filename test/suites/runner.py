# SPDX-License-Identifier: MIT
"""`make run`: what it prints, and what it exits with."""

import os
import subprocess
import time

import qemu
from harness import children, on_each
from variants import PLAIN


def script(t, command, *words, image=None):
    """test/run.py's command line, as make run makes it."""
    return ["test/run.py", "--arch", t.arch, "--kernel", t.variant.kernel,
            "--image", image or t.variant.image, *words, "--", command]


def run(t, command, status=0, words=(), image=None, stderr=subprocess.PIPE):
    """Runs it; its stdout, or with `stderr` as STDOUT both."""
    return t.command(*script(t, command, *words, image=image), status=status, stderr=stderr)


def make_run(t):
    """Through make, with its quoting."""
    def make(command, status):
        words = ["make", "-s", "--no-print-directory", *t.variant.words, "run"]
        return t.command(*words, "CMD=" + command, status=status, stderr=subprocess.PIPE)

    t.check_equal("output", make("echo hello", 0), "hello\n")
    t.check_equal("output", make("echo 'one  two' \"$PATH\"; echo \\\\", 0), "one  two /bin\n\\\n")
    make("exit 3", 2)  # make's own status; that of the command is in its message
    text = t.command("make", "-s", *t.variant.words, "run", status=2)
    t.check("xv39: make run needs CMD" in text, "no message")


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
    for status in (3, 128, 255):
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
    t.command("cp", "--sparse=always", t.variant.image, t.path("before"))
    run(t, "echo x >/home/x; sync; rm -r /bin")
    t.command("cmp", t.variant.image, t.path("before"))


def time_over(t):
    start = time.monotonic()
    run(t, "true")
    usual = time.monotonic() - start
    limit = 2 + 3 * usual
    text = run(t, "echo begun; sleep 1000", 124, ["--timeout", f"{limit:.1f}"])
    t.check_equal("output", text, "begun\n")
    t.check(time.monotonic() - start < 10 + 2 * limit, "the limit was not kept")


def not_started(t):
    """A kernel that does not get to the command: all it said is on stderr, nothing on stdout."""
    with open(t.path("empty"), "wb") as image:
        image.truncate(1 << 20)
    text = run(t, "true", 101, image=t.path("empty"), stderr=subprocess.STDOUT)
    t.check("cannot mount the root file system" in text, "the boot log is not shown")
    t.check_equal("stdout", run(t, "true", 101, image=t.path("empty"),
                                stderr=subprocess.DEVNULL), "")


def interrupt(t):
    """^C ends the run at once, and QEMU with it."""
    process = subprocess.Popen(script(t, "echo begun; sleep 1000"), cwd=qemu.ROOT,
                               env=qemu.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    children.add(process.pid)
    try:
        t.check_equal("output", process.stdout.readline(), b"begun\n")
        os.killpg(process.pid, 2)
        t.check_equal("status", process.wait(timeout=t.left()), 130)
        t.check_equal("rest of the output", process.stdout.read(), b"")
    finally:
        children.kill(process.pid)
        process.wait()
        process.stdout.close()


TESTS = [
    *on_each(PLAIN, "run-{arch}-make", make_run),
    *on_each(PLAIN, "run-{arch}-output", output),
    *on_each(PLAIN, "run-{arch}-status", statuses),
    *on_each(PLAIN, "run-{arch}-panic", panic),
    *on_each(PLAIN, "run-{arch}-image", image_stays),
    *on_each(PLAIN, "run-{arch}-timeout", time_over),
    *on_each(PLAIN, "run-{arch}-not-started", not_started),
    *on_each(PLAIN, "run-{arch}-interrupt", interrupt),
]
