# SPDX-License-Identifier: MIT
"""`make qemu-both`, as somebody at a terminal sees it. The terminal is a tmux, too."""

import re
import shutil
import subprocess
import tempfile
import time

import qemu
from harness import Failure, Test
from machine import check_image
from variants import LEVEL4, SV39

BOTH = [SV39, LEVEL4]
# Two machines of 80 columns and 24 lines, a border between, a title above, a status line below.
WIDTH, HEIGHT = 161, 26
PROMPT = r"\$$"


class Terminal:
    """A terminal on which a shell command runs."""

    def __init__(self, t, command):
        self.t, self.directory = t, tempfile.mkdtemp()
        t.at_end(self.close)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT),
                   command + "; echo \"ended with $?\"; exec sleep 1000")

    def _tmux(self, *words, check=True):
        return subprocess.run(["tmux", "-S", self.directory + "/socket", *words], cwd=qemu.ROOT,
                              env=qemu.environment(), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=self.t.log, check=check).stdout

    def close(self):
        self._tmux("kill-server", check=False)
        shutil.rmtree(self.directory)

    def type(self, *keys):
        self._tmux("send-keys", *keys)

    def lines(self):
        return self._tmux("capture-pane", "-p").splitlines()

    def expect(self, pattern):
        """Waits until a line of the screen matches a regular expression; returns the screen."""
        return self.wait(lambda lines: shows(lines, pattern), repr(pattern))

    def wait(self, condition, what):
        end = time.monotonic() + self.t.left() - 1
        while not condition(lines := self.lines()) and time.monotonic() < end:
            time.sleep(0.3)
        self.t.log.write("\n".join(lines) + "\n" + "=" * WIDTH + "\n")
        if not condition(lines):
            raise Failure(f"the screen does not show {what}; see {self.t.log_name()}")
        return lines


def shows(lines, pattern):
    return any(re.match(pattern, line) for line in lines)


def columns(lines):
    """The screens of the two machines, between title and status line."""
    rows = lines[1:-1]
    return [row[:80].rstrip() for row in rows], [row[81:].rstrip() for row in rows]


def side_by_side(t):
    titles = [f"{v.arch} {v.name}" for v in BOTH]
    terminal = Terminal(t, "make qemu-both SMP=2 MEM=256M DEBUG=0 SV=39 LA57=0 EXTRA= APPEND= "
                        f"BOTH='{' '.join(v.arch for v in BOTH)}' IMAGE='{t.path('$(ARCH).img')}'")

    def expect_each(patterns):
        return terminal.wait(lambda lines: all(map(shows, columns(lines), patterns)), patterns)

    expect_each([PROMPT, PROMPT])
    top = terminal.expect(" keys go to BOTH")[0]
    t.check(titles[0] in top[:80] and titles[1] in top[81:], f"the titles are {top!r}")
    terminal.type("uname -m", "Enter")
    expect_each([v.arch + "$" for v in BOTH])
    # The key: to the left one, to the right one, to both again.
    for number, title in enumerate(titles):
        terminal.type("F12")
        terminal.expect(f" keys go to {title} only")
        terminal.type(f"echo here-{number}", "Enter")
        terminal.wait(lambda lines: shows(columns(lines)[number], f"here-{number}"), "the answer")
    terminal.type("F12")
    terminal.expect(" keys go to BOTH")
    terminal.type("echo both", "Enter")
    # What was typed before that has been answered, where it went.
    answers = columns(expect_each(["both$", "both$"]))
    for number, title in enumerate(titles):
        t.check_equal(f"answers to keys for {title}",
                      [column.count(f"here-{number}") for column in answers], [1 - number, number])
    terminal.type("poweroff", "Enter")
    terminal.expect("ended with 0$")
    for variant in BOTH:
        check_image(t, t.path(variant.arch + ".img"))


TESTS = [
    Test("qemu-both", side_by_side, builds=BOTH, limit=240),
]
