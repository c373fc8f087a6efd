# SPDX-License-Identifier: MIT
"""A transcript, parsed: windows, areas, objects, and page tables that can be walked.

The kernels say the same thing in several ways (a table entry's address and where the entries below
it lie; windows and root slots; an object's page and the walk to it). What does not agree with
itself is refused, so that nothing is drawn from a transcript that was misread.
"""

import re
from collections import namedtuple

Window = namedtuple("Window", "name start end first last pages prot")
Area = namedtuple("Area", "start end prot offset name role")
Object = namedtuple("Object", "name address size")
Run = namedtuple("Run", "start end level kind entry step count table prot")
Step = namedtuple("Step", "level index table kind entry prot")
Field = namedtuple("Field", "name low high")
Benchmark = namedtuple("Benchmark", "name cost what times")

WORD = 1 << 64
INDEX_BITS = 9
PAGE_SHIFT = 12
FLAGS = ("read", "write", "execute", "user", "global", "device", "accessed", "dirty", "soft")


class Malformed(Exception):
    """A transcript that is not as it should be."""


def sections(text):
    """The lines below each `== NAME`."""
    found, lines = {}, None
    for line in text.splitlines():
        if line.startswith("== "):
            lines = found.setdefault(line[3:].strip(), [])
        elif lines is not None:
            lines.append(line)
    return found


def parse_run(line):
    span, level, kind, entry, step, count, table, prot = line.split()
    start, end = (int(word, 16) for word in span.split("-"))
    run = Run(start, end or WORD, int(level), kind, int(entry, 16), int(step, 16), int(count),
              int(table, 16), prot)
    if run.end - run.start != run.count << PAGE_SHIFT + INDEX_BITS * run.level:
        raise Malformed("a run that does not cover its entries: " + line)
    return run


def parse_runs(lines):
    return [parse_run(line) for line in lines if line and not line.startswith("#")]


def parse_windows(log):
    """The boot log's table of windows: it has the holes too."""
    row = re.compile(r"\[ *[\d.]+\] ([a-z-]+) +([0-9a-f]{16}) ([0-9a-f]{16}) +\w+ +(\d+)-(\d+)"
                     r" +([\w,-]+) +([rwx-]{3})$")
    rows = [match.groups() for match in map(row.match, log) if match]
    return [Window(name, int(start, 16), int(end, 16) or WORD, int(first), int(last), pages, prot)
            for name, start, end, first, last, pages, prot in rows]


def mapped_windows(windows, lines):
    """/proc/kernel_windows, which is newer than the log: its page sizes and protections."""
    now = {}
    for line in lines:
        span, _, name, pages, prot = line.split()
        now[name, int(span.split("-")[0], 16)] = pages, prot
    known = {(w.name, w.start) for w in windows}
    if not set(now) <= known:
        raise Malformed("/proc/kernel_windows is not the boot log's table")
    newer = [now.get((w.name, w.start), (w.pages, w.prot)) for w in windows]
    return [w._replace(pages=pages, prot=prot) for w, (pages, prot) in zip(windows, newer)]


class Roles:
    """What each area of a program is for, told from its name and what may be done with it."""

    def __init__(self):
        self.seen = {}
        self.last_file_end = None

    def of(self, start, end, prot, name):
        if name.startswith("["):
            role = name.strip("[]")
        elif name:
            role = "text" if "x" in prot else "data" if "w" in prot else "constants"
            self.last_file_end = end
        else:
            role = "bss" if start == self.last_file_end else "mmap"
        self.seen[role] = self.seen.get(role, 0) + 1
        # The constants before the text are the ELF file's headers.
        if role == "constants":
            role = "rodata" if "text" in self.seen else "headers"
        return role if self.seen.get(role, 1) == 1 else f"{role} {self.seen[role]}"


def parse_maps(lines):
    row = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+ *(.*)$")
    roles, areas = Roles(), []
    for line in lines:
        match = row.match(line)
        if not match:
            raise Malformed("maps: " + line)
        start, end, prot, offset, name = match.groups()
        start, end, offset = int(start, 16), int(end, 16), int(offset, 16)
        areas.append(Area(start, end, prot, offset, name, roles.of(start, end, prot, name)))
    return areas


def parse_bench(lines):
    row = re.compile(r"(\w+) +(\d+) ns +(.*) \((\d+) times\)$")
    return [Benchmark(m[1], int(m[2]), m[3], int(m[4])) for m in map(row.match, lines) if m]


class Format:
    """One kernel, as it described itself."""

    def __init__(self, key, text):
        parts = sections(text)
        try:
            self._parse(key, parts)
            self._check()
        except (KeyError, ValueError, IndexError) as error:
            raise Malformed(f"{type(error).__name__}: {error}") from error

    def _parse(self, key, parts):
        self.key = key
        self.facts, self.fields = {}, {"leaf": [], "table": []}
        for line in parts["kernel_format"]:
            word, *rest = line.split()
            if word == "field":
                self.fields[rest[0]].append(Field(rest[1], int(rest[2]), int(rest[3])))
            elif rest:
                self.facts[word] = " ".join(rest)
        self.windows = mapped_windows(parse_windows(parts["boot_log"]), parts["kernel_windows"])
        self.kernel_runs = parse_runs(parts["kernel_page_tables"])
        self.user_runs = parse_runs(parts["page_tables"])
        self.objects = [Object(name, int(address, 16), int(size)) for name, address, size in
                        (line.split() for line in parts["objects"])]
        self.areas = parse_maps(parts["maps"])
        self.pagemap = {line.split()[0]: line.split()[2] for line in parts["pagemap"]}
        self.bench = parse_bench(parts.get("bench", []))

    def __getitem__(self, fact):
        """A fact of /proc/kernel_format as a number."""
        return int(self.facts[fact], 0)

    @property
    def name(self):
        return self.facts["format"]

    @property
    def levels(self):
        return self["levels"]

    # --- page tables

    def entry_size(self, level):
        return 1 << PAGE_SHIFT + INDEX_BITS * level

    def index(self, address, level):
        return address >> PAGE_SHIFT + INDEX_BITS * level & (1 << INDEX_BITS) - 1

    def canonical(self, address):
        upper = address >> self["va_bits"] - 1
        return upper in (0, (1 << 65 - self["va_bits"]) - 1)

    def entry_address(self, kind, entry, level):
        """The physical address in an entry: its widest field, as a page number."""
        field = max(self.fields[kind], key=lambda f: f.high - f.low)
        address = (entry >> field.low & (2 << field.high - field.low) - 1) << PAGE_SHIFT
        return address & -self.entry_size(level) if kind == "leaf" else address

    def runs(self, address):
        return self.kernel_runs if address >> 63 else self.user_runs

    def walk(self, address):
        """The steps of a walk from the root; the last is a leaf, or not there (absent, soft)."""
        runs, steps = self.runs(address), []
        table = next(r.table for r in runs if r.level == self.levels - 1)
        for level in range(self.levels - 1, -1, -1):
            run = next((r for r in runs if r.level == level and r.start <= address < r.end), None)
            if not run:
                steps.append(Step(level, self.index(address, level), table, "absent", 0, "-"))
                break
            ahead = (address - run.start) // self.entry_size(level)
            entry = (run.entry + ahead * run.step) % WORD
            steps.append(Step(level, self.index(address, level), table, run.kind, entry, run.prot))
            if run.kind != "table":
                break
            table = self.entry_address("table", entry, level)
        return steps

    def translate(self, address):
        """The physical address, or None."""
        step = self.walk(address)[-1]
        if step.kind != "leaf":
            return None
        page = self.entry_address("leaf", step.entry, step.level)
        return page | address & self.entry_size(step.level) - 1

    def count(self, runs):
        """For each level from the root down: table pages, and entries by kind."""
        levels = {level: {"pages": 0, "table": 0, "leaf": 0, "soft": 0}
                  for level in range(self.levels - 1, -1, -1)}
        levels[self.levels - 1]["pages"] = 1
        for r in runs:
            levels[r.level][r.kind] += r.count
            if r.kind == "table":
                levels[r.level - 1]["pages"] += 1
        return levels

    def resident(self, area):
        """Bytes of an area that the tables map."""
        return sum(min(r.end, area.end) - max(r.start, area.start) for r in self.user_runs
                   if r.kind == "leaf" and r.start < area.end and area.start < r.end)

    # --- what must agree

    def _check(self):
        for runs in (self.kernel_runs, self.user_runs):
            self._check_tables(runs)
        slot = self.entry_size(self.levels - 1)
        if self["root_slot_size"] != slot:
            raise Malformed("the size of a root slot")
        for w in self.windows:
            if (self.index(w.start, self.levels - 1), self.index(w.end - 1, self.levels - 1)) != (
                    w.first, w.last):
                raise Malformed(f"slots of {w.name}")
        for o in self.objects:
            if not any(a.start <= o.address < a.end or o.address == a.end for a in self.areas):
                raise Malformed(f"{o.name} lies in no area")
            self._check_page(o)

    def _check_tables(self, runs):
        """Each table lies where the entry above it says."""
        parents = {}
        for r in runs:
            above = parents.get(r.level + 1)
            if r.level < self.levels - 1:
                if not above or not above.start <= r.start < r.end <= above.end:
                    raise Malformed(f"nothing leads to {r.start:x} on level {r.level}")
                if self.entry_address("table", above.entry, above.level) != r.table:
                    raise Malformed(f"the table of {r.start:x} on level {r.level}")
            if r.kind == "table":
                parents[r.level] = r

    def _check_page(self, o):
        """pagemap and the tables speak of the same page."""
        said, physical = self.pagemap.get(o.name, "absent"), self.translate(o.address)
        walked = "absent" if physical is None else hex(physical >> PAGE_SHIFT)
        if said != walked:
            raise Malformed(f"the page of {o.name} is {said}, its tables say {walked}")


def size_text(size):
    """As the kernel writes sizes: the largest unit that divides it."""
    units = "BKMGTPE"
    unit = 0
    while size >= 1024 and size % 1024 == 0:
        size, unit = size // 1024, unit + 1
    return f"{size}{units[unit]}"
