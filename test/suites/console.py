# SPDX-License-Identifier: MIT
"""Typing at the console: the line editor, and ^C."""

import time

from harness import on_each
from machine import FIRST_PROMPT, PROMPT_COMMAND, Machine
from variants import PLAIN

BACKSPACE, CTRL_C, CTRL_D, CTRL_U = "\x7f", "\x03", "\x04", "\x15"


def typed(machine, keys):
    """Types keys and a return; returns what the screen showed until the next prompt."""
    machine.send(keys + "\r")
    return machine.prompt()


def erase(t):
    machine = Machine(t)
    machine.boot()
    shown = typed(machine, "echo abX" + BACKSPACE + "c")
    t.check_equal("screen", shown, "echo abX\b \bc\nabc\n")
    shown = typed(machine, "x" + 3 * BACKSPACE + "echo more")
    t.check_equal("screen, erasing beyond the start", shown, "x\b \becho more\nmore\n")
    shown = typed(machine, "rm -r /" + CTRL_U + "echo clean")
    t.check(shown.endswith("echo clean\nclean\n"), f"after ^U: {shown!r}")
    t.check("rm -r /" + 7 * "\b \b" in shown or "\n" in shown.split("echo")[0],
            f"^U does not take the line off the screen: {shown!r}")
    machine.power_off()


def end_of_file(t):
    """^D ends the input of a program; at the prompt it ends the shell, and init starts another."""
    machine = Machine(t)
    machine.boot()
    machine.send("cat\n")
    machine.expect("cat\n")
    machine.send("line\r")
    machine.expect("line\nline\n")
    machine.send("part" + CTRL_D)
    machine.expect("partpart")
    machine.send(CTRL_D)
    machine.prompt()
    machine.run("true")
    first = machine.run("echo $$")
    machine.send(CTRL_D)
    machine.expect(FIRST_PROMPT)
    machine.send(PROMPT_COMMAND + "\n")
    machine.prompt()
    t.check(machine.run("echo $$") != first, "^D has not ended the shell")
    machine.power_off()


def asleep(pid):
    """A command that prints "up" once that process sleeps; nobody waits for it."""
    return f"( (until grep '(sh) S ' /proc/{pid}/stat; do true; done; echo up) & )"


def interrupted(t, machine, command):
    """Types a command that prints "up" when it can be interrupted; then ^C must end it."""
    machine.send(command + "\r")
    machine.expect("\nup\n")
    machine.send(CTRL_C)
    start = time.monotonic()
    machine.prompt()
    t.check(time.monotonic() - start < 10, f"^C takes its time to end `{command}`")
    t.check_equal(f"$? after ^C of `{command}`", typed(machine, "echo $?"), "echo $?\n130\n")


def interrupt(t):
    """^C ends the program in the foreground, all of a pipeline, and never the shell."""
    machine = Machine(t)
    machine.boot()
    shell = machine.run("echo $$").strip()
    for command in ("sh -c 'echo up; exec sleep 1000'",
                    "sleep 1000 | cat | sh -c 'echo up; exec wc'",
                    "sh -c 'echo up; exec cat'", "while true; do echo up; true; done",
                    "echo up; while true; do x=1; done", asleep(shell) + "; read x",
                    asleep(shell) + "; sleep 1000 & wait"):
        interrupted(t, machine, command)
    machine.run("kill $!; wait", status=None)
    for line in ("echo lost", "echo 'lost\recho lost", "while true\rdo echo lost"):
        machine.send(line + CTRL_C)
        t.check("\nlost" not in machine.prompt(), "^C at the prompt runs the line")
    t.check_equal("the shell's pid", machine.run("echo $$").strip(), shell)
    t.check("sleep" not in machine.run("ps"), "a program has survived ^C")
    machine.power_off()


def background(t):
    """What runs in the background is none of ^C's business."""
    machine = Machine(t)
    machine.boot()
    machine.run("sleep 1000 &", status=None)
    while " sleep 1000" not in machine.run("ps"):
        pass
    interrupted(t, machine, "sh -c 'echo up; exec sleep 1000'")
    t.check_equal("sleeping", machine.run("ps").count(" sleep 1000"), 1)
    machine.run("kill $! && wait $!", 143)
    machine.power_off()


def type_ahead(t):
    """What is typed while a program runs waits for the shell."""
    machine = Machine(t)
    machine.boot()
    machine.send("sleep 1\recho one\recho two\r")
    t.check_equal("screen", machine.prompt(), "sleep 1\necho one\necho two\n")
    t.check_equal("screen", machine.prompt(), "one\n")
    t.check_equal("screen", machine.prompt(), "two\n")
    machine.power_off()


def long_line(t):
    """More than a page of text in one go, as when pasting."""
    machine = Machine(t)
    machine.boot()
    for n in range(40):
        machine.send(f"echo line {n} {'x' * 60} >>/tmp/pasted\r")
    for n in range(40):
        machine.prompt()
    t.check_equal("lines", machine.run("wc -l </tmp/pasted").strip(), "40")
    t.check_equal("the last", machine.run("tail -n 1 /tmp/pasted"), f"line 39 {'x' * 60}\n")
    machine.power_off()


TESTS = [
    *on_each(PLAIN, "console-{arch}-erase", erase),
    *on_each(PLAIN, "console-{arch}-eof", end_of_file),
    *on_each(PLAIN, "console-{arch}-interrupt", interrupt),
    *on_each(PLAIN, "console-{arch}-background", background),
    *on_each(PLAIN, "console-{arch}-type-ahead", type_ahead),
    *on_each(PLAIN, "console-{arch}-paste", long_line),
]
