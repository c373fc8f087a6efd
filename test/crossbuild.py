# SPDX-License-Identifier: MIT
"""Programs of ours built as any Linux distribution's are: with the compiler's own shared C library."""

import os
import re
import shutil

import qemu


def build(t, source, tree, path):
    """Builds user/`source` as a dynamic PIE program at `path` below the directory `tree`.

    Its interpreter and its libraries are put where it will look for them. Returns the interpreter's
    path on the disk and the libraries' paths by their names.
    """
    compiler, prefix = qemu.make_variables(["CC", "CROSS_COMPILE"], "ARCH=" + t.arch)
    program = os.path.join(tree, path.lstrip("/"))
    os.makedirs(os.path.dirname(program), exist_ok=True)
    t.command(compiler, "-O2", "-D_GNU_SOURCE", "-fPIE", "-pie", "-o", program,
              os.path.join(qemu.ROOT, "user", source))
    headers = t.command(prefix + "readelf", "-Wld", program)
    interpreter = re.search(r"program interpreter: (/\S+)\]", headers).group(1)
    libraries = {}
    for name in re.findall(r"\(NEEDED\) +Shared library: \[(\S+)\]", headers):
        libraries[name] = f"/lib/{t.arch}-linux-gnu/{name}"
    wanted = {interpreter, *libraries.values()}
    for place in wanted:
        found = t.command(compiler, "-print-file-name=" + os.path.basename(place)).strip()
        t.check(os.path.isabs(found), f"the compiler does not have {os.path.basename(place)}")
        copy = os.path.join(tree, place.lstrip("/"))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(found, copy)
    return interpreter, libraries


def image(t, tree):
    """The test's image with `tree` added to it."""
    made = t.path("extra.img")
    t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", "ARCH=" + t.arch,
              "EXTRA=" + tree, "IMAGE=" + made, "image")
    return made
