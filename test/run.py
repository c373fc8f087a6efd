#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Boots the kernel, runs one shell command line, and exits with its status: `make run CMD="..."`.

make itself can only exit with 0 or 2: for the very status, call this script, `test/run.py "..."`.

What the command prints is passed on as it comes; what the firmware says before it is not. The
command has no input. When the kernel does not get as far as the command, all that was seen goes to
stderr. The image is not changed. Exit statuses of our own: 124, the time is over; 125, the machine
could not be built, or ended before the command began.
"""

import argparse
import os
import re
import select
import signal
import subprocess
import sys
import time

import qemu

TIME_OVER, NOT_STARTED, PANIC = 124, 125, 101
MARKER = re.compile(rb"(?:^|\n)(?:\[ *\d+\.\d+\] )?xv39: /bin/init\r*\n")


class Output:
    """Sorts what the console says: all before the marker is kept, all behind it passed on."""

    def __init__(self):
        self.before = b""
        self.started = False
        self.pending_cr = b""
        self.tail = b""

    def feed(self, data):
        if not self.started:
            self.before += data
            found = MARKER.search(self.before)
            if not found:
                return
            self.started = True
            data = self.before[found.end():]
        self.tail = (self.tail + data)[-65536:]
        self._pass_on(data)

    def _pass_on(self, data):
        """Line ends become ours; a \\r at the end waits for what follows it."""
        data = self.pending_cr + data
        self.pending_cr = data[len(data.rstrip(b"\r")):]
        data = re.sub(rb"\r+\n", b"\n", data[:len(data) - len(self.pending_cr)])
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def panicked(self):
        return b"kernel panic: " in self.tail


def follow(process, output, deadline):
    """Passes on output until the machine ends (True) or the time is over (False)."""
    fd = process.stdout.fileno()
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            return False
        data = os.read(fd, 65536)
        if not data:
            return True
        output.feed(data)


def verdict(output, in_time, status, seconds):
    if not output.started:
        sys.stderr.buffer.write(output.before)
        sys.stderr.flush()
    if not in_time:
        print(f"xv39: not done after {seconds:g} s (TIMEOUT=seconds gives it more)",
              file=sys.stderr)
        return TIME_OVER
    if not output.started:
        print(f"xv39: the machine ended before the command began (status {status})",
              file=sys.stderr)
        return status or NOT_STARTED
    if status == PANIC and output.panicked():
        print("xv39: the kernel panicked", file=sys.stderr)
    return status if status >= 0 else 128 - status


def stop(signum, frame):
    sys.exit(128 + signum)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", default="riscv64")
    parser.add_argument("--kernel", help="without it, make builds the default one and its image")
    parser.add_argument("--image")
    parser.add_argument("--smp", default="3")
    parser.add_argument("--mem", default="256M")
    parser.add_argument("--append", default="", help="words for the kernel's command line")
    parser.add_argument("--timeout", type=float, default=os.environ.get("TIMEOUT") or "600",
                        help="seconds (default: $TIMEOUT, or 600)")
    parser.add_argument("command", help="what the shell is to run")
    args = parser.parse_args()
    if not args.kernel or not args.image:
        words = ["ARCH=" + args.arch]
        if subprocess.run(["make", "-s", "-C", qemu.ROOT, *words, "all"], env=qemu.environment(),
                          stdout=sys.stderr).returncode:
            sys.exit(NOT_STARTED)
        args.kernel, args.image = [os.path.join(qemu.ROOT, path) for path in
                                   qemu.make_variables(["KERNEL", "IMAGE"], *words)]
    return args


def main():
    args = arguments()
    start = qemu.Start(args.arch, args.kernel, args.image, args.mem, args.smp,
                       qemu.shell_command_line(args.command, args.append), snapshot=True)
    output = Output()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    process = subprocess.Popen(start.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        in_time = follow(process, output, time.monotonic() + args.timeout)
        if in_time:
            process.wait()
        return verdict(output, in_time, start.exit_status(process.returncode), args.timeout)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
