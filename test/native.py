# SPDX-License-Identifier: MIT
"""Programs of xv39 on this machine's own Linux, as an ordinary user.

root may do what the manual pages say fails, so root steps down first. Each program runs in an empty
directory, with the limits that xv39 starts programs with, as far as the machine's own allow.
"""

import os
import platform
import resource
import shutil
import subprocess
import tempfile
import threading

import qemu

NOBODY = 65534
LIMITS = {resource.RLIMIT_STACK: 8 << 20, resource.RLIMIT_MEMLOCK: 8 << 20,
          resource.RLIMIT_CORE: 0}
ARCH = "x86_64"
_building = threading.Lock()


def available():
    """Whether this machine can run them."""
    return platform.system() == "Linux" and platform.machine() == ARCH


def build(t, arch=ARCH):
    """Compiles them for Linux (`make linux`), for a test; one at a time, as each runs what it made."""
    with _building:
        t.command("make", "--no-print-directory", "ARCH=" + arch, "linux")


def compiled(name):
    """The program compiled for Linux, with the compiler's C library (`make linux`)."""
    return os.path.join(qemu.ROOT, "build", ARCH, "linux", "bin", name)


def from_disk(name):
    """The program as it is on xv39's disk: a Linux program as well."""
    return os.path.join(qemu.ROOT, "build", ARCH, "root", "bin", name)


def set_limits():
    os.umask(0o022)
    for limit, wanted in LIMITS.items():
        hard = resource.getrlimit(limit)[1]
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(limit, (soft, hard))


def run(program, *words, timeout=None):
    """Runs a program; its output and its status."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="xv39.") as directory:
        os.chmod(directory, 0o755)
        scratch = os.path.join(directory, "tmp")
        os.mkdir(scratch)
        os.chmod(scratch, 0o777)
        # Others may have no way to where it was built.
        copy = shutil.copy(program, directory)
        process = subprocess.run([copy, *words], cwd=scratch, text=True, errors="replace",
                                 env={"TMPDIR": scratch, "PATH": "/bin:/usr/bin"},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 timeout=timeout, preexec_fn=set_limits, **user)
    return process.stdout, process.returncode
