# SPDX-License-Identifier: MIT
"""QEMU's command line for a kernel and an image, as arch/<isa>/arch.mk spells it.

make hands the machine's part down in QEMU, QEMU_MACHINE, QEMU_DISK and QEMU_STATUS, for the one
architecture that QEMU_ARCH names; for another one, or when a script is started by hand, they are
asked of make.
"""

import functools
import os
import shlex
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def environment():
    """The environment without what an outer make left for inner ones."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    return {k: v for k, v in os.environ.items() if k not in outer}


def make_variables(names, *arguments):
    """The values of variables of the Makefile, with `arguments` on make's command line."""
    command = ["make", "-s", "--no-print-directory", "-C", ROOT, *arguments]
    command += ["print-" + name for name in names]
    values = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True,
                            check=True).stdout.splitlines()
    return [value.strip() for value in values]


@functools.cache
def _settings(arch):
    """The emulator, and the words for the machine, for its disk, for its exit status."""
    names = ["QEMU", "QEMU_MACHINE", "QEMU_DISK", "QEMU_STATUS"]
    if os.environ.get("QEMU_ARCH") == arch:
        values = [os.environ[name] for name in names]
    else:
        values = make_variables(names, "ARCH=" + arch)
    return values[0], *map(shlex.split, values[1:])


def quote(command):
    """`command` as one argument of init= on the kernel's command line."""
    return '"' + command.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shell_command_line(command, append=""):
    """The kernel command line that runs `command` in a shell as process 1, with no input."""
    return " ".join(["quiet", append, "init=/bin/init -c", quote("exec </dev/null; " + command)])


class Start:
    """One start of QEMU: `argv`, and afterwards the machine's exit status.

    No window, no monitor; the console is on stdin and stdout, as bytes. With `snapshot`, what the
    machine writes to its disk is forgotten at its end.
    """

    def __init__(self, arch, kernel, image, memory, smp, append="", snapshot=False):
        program, machine, disk, status = _settings(arch)
        self.argv = [program, *machine, "-m", str(memory), "-smp", str(smp)]
        self.argv += ["-kernel", kernel, "-append", append]
        for word in disk:
            if "@IMAGE@" in word:
                word = word.replace("@IMAGE@", image.replace(",", ",,"))
                word += ",snapshot=on" if snapshot else ""
            self.argv.append(word)
        # signal=off: ^C is a byte for the machine, not QEMU's end.
        self.argv += ["-display", "none", "-monitor", "none",
                      "-chardev", "stdio,id=con,signal=off", "-serial", "chardev:con"]
        # A file without a name, which QEMU opens through us: there is nothing to clean up.
        self._status = tempfile.TemporaryFile() if status else None
        for word in status:
            path = f"/proc/{os.getpid()}/fd/{self._status.fileno()}"
            self.argv.append(word.replace("@STATUS@", path))

    def exit_status(self, own):
        """The status that the machine has ended with, given QEMU's `own`.

        Where a machine cannot say how QEMU is to exit, it leaves its status as a byte, unless it is
        0, in the file of QEMU_STATUS.
        """
        if self._status:
            self._status.seek(0)
            own = (self._status.read() or [own])[-1]
        return own
