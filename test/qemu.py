# SPDX-License-Identifier: MIT
"""QEMU's command line for a kernel and an image, as arch/<isa>/arch.mk spells it.

make hands the machine's part down in QEMU, QEMU_MACHINE and QEMU_DISK; when a script is started by
hand they are asked of make.
"""

import os
import shlex
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def environment():
    """The environment without what an outer make left for inner ones."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    return {k: v for k, v in os.environ.items() if k not in outer}


def make_variable(name, *arguments):
    """The value of a variable of the Makefile, with `arguments` on make's command line."""
    command = ["make", "-s", "--no-print-directory", "-C", ROOT, "print-" + name, *arguments]
    return subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()


def _setting(name, arch):
    if name not in os.environ:
        os.environ[name] = make_variable(name, "ARCH=" + arch)
    return os.environ[name]


def quote(command):
    """`command` as one argument of init= on the kernel's command line."""
    return '"' + command.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shell_command_line(command, append=""):
    """The kernel command line that runs `command` in a shell as process 1, with no input."""
    return " ".join(["quiet", append, "init=/bin/init -c", quote("exec </dev/null; " + command)])


def command(arch, kernel, image, memory, smp, append="", snapshot=False):
    """QEMU's argument list: no window, no monitor, the console on stdin and stdout, as bytes.

    With `snapshot`, what the machine writes to its disk is forgotten at its end.
    """
    argv = [_setting("QEMU", arch), *shlex.split(_setting("QEMU_MACHINE", arch))]
    argv += ["-m", str(memory), "-smp", str(smp), "-kernel", kernel, "-append", append]
    for word in shlex.split(_setting("QEMU_DISK", arch)):
        if "@IMAGE@" in word:
            word = word.replace("@IMAGE@", image.replace(",", ",,"))
            word += ",snapshot=on" if snapshot else ""
        argv.append(word)
    # signal=off: ^C is a byte for the machine, not QEMU's end.
    return argv + ["-display", "none", "-monitor", "none", "-chardev", "stdio,id=con,signal=off",
                   "-serial", "chardev:con"]
