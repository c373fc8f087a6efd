# SPDX-License-Identifier: MIT
"""The kernels that tests run, and what is built of them: kept aside in build/test/."""

import os

import qemu

OUT = os.path.join(qemu.ROOT, "build", "test")


class Variant:
    """A kernel: its architecture, its paging format, and whether it is the one with assertions.

    `name` is the architecture's own VARIANT, with -debug as in build/<arch>/; `levels` and
    `format` are the page tables', as the boot log gives them; `words` are make's.
    """

    def __init__(self, arch, name, levels, format_name, *words, debug=False):
        self.arch, self.levels, self.format = arch, levels, format_name
        self.name = name + ("-debug" if debug else "")
        self.kernel = os.path.join(OUT, f"kernel-{arch}-{self.name}")
        # Not the disk that the user's machines have written to, and nothing added to it.
        self.image = os.path.join(OUT, f"fs-{arch}.img")
        self.words = ["ARCH=" + arch, *words, f"DEBUG={int(debug)}", "EXTRA=",
                      "IMAGE=" + self.image]


SV39 = Variant("riscv64", "sv39", 3, "Sv39", "SV=39")
SV48 = Variant("riscv64", "sv48", 4, "Sv48", "SV=48")
SV57 = Variant("riscv64", "sv57", 5, "Sv57", "SV=57")
LEVEL4 = Variant("x86_64", "4level", 4, "4-level", "LA57=0")
LEVEL5 = Variant("x86_64", "5level", 5, "5-level", "LA57=1")

# What each architecture is mainly tested with, the same with assertions, and the formats of which a
# few tests must do.
PLAIN = [SV39, LEVEL4]
DEBUG = [Variant("riscv64", "sv39", 3, "Sv39", "SV=39", debug=True),
         Variant("x86_64", "4level", 4, "4-level", "LA57=0", debug=True)]
OTHERS = [SV48, SV57, LEVEL5]
ALL = PLAIN + DEBUG + OTHERS
ARCHES = [variant.arch for variant in PLAIN]
