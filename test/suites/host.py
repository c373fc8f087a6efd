# SPDX-License-Identifier: MIT
"""Tests that need no machine: mm/ as an ordinary program, and rules that the tree keeps."""

import os
import re

import qemu
import variants
from harness import Failure, Test


def unit(t):
    """The unit tests, once for each page-table format."""
    output = t.command("make", "--no-print-directory", f"-j{os.cpu_count()}", "T=", "unit",
                       status=None)
    counts = [tuple(map(int, c)) for c in
              re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)]
    failed = re.findall(r"^FAIL (.*)$", output, re.MULTILINE)
    if failed:
        raise Failure(f"{len(failed)} failed: " + "; ".join(failed[:3]) + f"; see {t.log_name()}")
    t.check_equal("exit status of make unit", t.command_status, 0)
    variants = re.findall(r"^unit-\S+:$", output, re.MULTILINE)
    t.check(len(counts) == len(variants) >= 5, "not every variant has come to its end")
    t.check(all(passed for passed, _ in counts), "a variant has run no test")
    t.note(f"{sum(passed for passed, _ in counts)} passed in {len(counts)} variants")


def portable(t):
    """mm/, kernel/ and user/ ask for no architecture, and name none of its registers."""
    words = re.compile(r"__riscv|__x86_64__|__amd64__|CONFIG_ARCH|\b(satp|stval|scause|sepc|sstatus"
                       r"|sfence|ecall|csrr?[wsc]?|cr3|invlpg|rdmsr|wrmsr|opensbi|sbi_\w+)\b",
                       re.IGNORECASE)
    number = 0
    for top in ("mm", "kernel", "user"):
        for where, _, files in os.walk(os.path.join(qemu.ROOT, top)):
            for name in files:
                if not name.endswith((".c", ".h")):
                    continue
                number += 1
                with open(os.path.join(where, name), encoding="utf-8") as source:
                    for n, line in enumerate(source, 1):
                        found = words.search(line)
                        t.check(not found, f"{os.path.relpath(where, qemu.ROOT)}/{name}:{n}: "
                                           f"{found and found.group()}")
    t.check(number > 50, "where are the sources?")
    t.note(f"{number} files")


def headers(arch):
    """The text of the contract's headers and a port's own, without comments and include guards."""
    text = ""
    for top in ("include", os.path.join(arch, "include")):
        directory = os.path.join(qemu.ROOT, "arch", top, "arch")
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), encoding="utf-8") as header:
                text += header.read()
    return re.sub(r"/\*.*?\*/|#define ARCH_\w+_H\n", "", text, flags=re.DOTALL)


def contract(t):
    """arch/README.md names every entry of the contract, and every port has what it names."""
    with open(os.path.join(qemu.ROOT, "arch", "README.md"), encoding="utf-8") as readme:
        table = re.search(r"^## What a port supplies$.*?^## ", readme.read(), re.M | re.S).group()
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")]
    named = set(re.findall(r"`(?:struct |enum )?(\w\w\w+)`", "".join(rows)))
    ports = [headers(arch) for arch in variants.ARCHES]
    entry = re.compile(r"\b((?:arch|tlb|pte|tf|fpu|ksigaction)_[a-z0-9_]+)\s*\("
                       r"|#define ((?:ARCH|PTE?)_[A-Z_]+)\b")
    offered = [{a or b for a, b in entry.findall(port)} for port in ports]
    common = set.intersection(*offered) - {"ARCH_MMIO"}
    t.check(len(common) > 40, "where are the headers?")
    t.check(common <= named, f"not in arch/README.md: {', '.join(sorted(common - named))}")
    for arch, port in zip(variants.ARCHES, ports):
        missing = [name for name in sorted(named) if not re.search(rf"\b{name}\b", port)]
        t.check(not missing, f"arch/{arch} lacks {', '.join(missing)}")
    t.note(f"{len(named)} entries")


TESTS = [
    Test("unit", unit, limit=400),
    Test("tree-portable", portable),
    Test("tree-contract", contract),
]
