# SPDX-License-Identifier: MIT
"""`make compare`: its tables, and its page in a browser, against what the kernels said.

The transcripts are read here anew and more simply, line by line: nothing is shared with the program
under test. `compare-walk-...` asks a running kernel itself to walk (probe -w).
"""

import json
import os
import re

import variants
from compare import browser
from harness import Failure, Test, children, on_each
from machine import Machine

FORMATS = [variants.SV39, variants.SV48, variants.SV57, variants.LEVEL4, variants.LEVEL5]
UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
FLAG_WORDS = ["read", "write", "execute", "user", "global", "device", "accessed", "dirty", "soft"]
WIDTH = 1280


# --- what a kernel said

class Said:
    """A transcript's sections, as lines."""

    def __init__(self, text):
        self.parts = {}
        for line in text.splitlines():
            if line.startswith("== "):
                here = self.parts[line[3:]] = []
            else:
                here.append(line)

    def fact(self, name):
        return next(line.split()[1] for line in self.parts["kernel_format"]
                    if line.startswith(name + " "))

    @property
    def levels(self):
        return int(self.fact("levels"))

    def windows(self):
        """name: (start, size, page sizes, protection)."""
        rows = (line.split() for line in self.parts["kernel_windows"])
        return {name: (int(span[:16], 16), (int(span[17:], 16) or 1 << 64) - int(span[:16], 16),
                       pages, prot) for span, _, name, pages, prot in rows}

    def areas(self):
        """(start, end, protection) of each area, in order."""
        rows = (re.split("[- ]", line, maxsplit=2) for line in self.parts["maps"])
        return [(int(start, 16), int(end, 16), rest[:4]) for start, end, rest in rows]

    def objects(self):
        rows = (line.split() for line in self.parts["objects"])
        return {name: int(address, 16) for name, address, _ in rows}

    def frames(self):
        rows = (line.split() for line in self.parts["pagemap"])
        return {name: None if frame == "absent" else int(frame, 16)
                for name, _, frame, _ in rows}

    def entries(self, address):
        """The walk to an address: (level, index, entry, kind, flags), as probe -w prints it."""
        part = "kernel_page_tables" if address >> 63 else "page_tables"
        found = []
        for level in range(self.levels - 1, -1, -1):
            shift = 12 + 9 * level
            step = (level, address >> shift & 511, 0, "absent", "-")
            for line in self.parts[part][1:]:
                span, at, kind, entry, stride, count, _, prot = line.split()
                ahead = (address >> shift) - (int(span[:16], 16) >> shift)
                if int(at) == level and 0 <= ahead < int(count):
                    word = (int(entry, 16) + ahead * int(stride, 16)) % 2**64
                    step = (level, address >> shift & 511, word, kind, prot)
            found.append(step)
            if step[3] != "table":
                break
        return found

    def mapped(self, start, size):
        """Bytes that leaves map in a range of the kernel half."""
        total = 0
        for line in self.parts["kernel_page_tables"][1:]:
            span, level, kind, _, _, count, _, _ = line.split()
            if kind == "leaf" and start <= int(span[:16], 16) < start + size:
                total += int(count) << 12 + 9 * int(level)
        return total


def size_text(size):
    unit = 0
    while size >= 1024 and size % 1024 == 0:
        size, unit = size // 1024, unit + 1
    return f"{size} {UNITS[unit]}"


def size_of(text):
    """A size as the page writes it ("126 x 2 MiB" too), in bytes."""
    product = 1
    for part in re.sub(r"[\u202f]", "", text).split("\u00d7"):
        number, *unit = part.split()
        product *= int(number) << 10 * UNITS.index(unit[0] if unit else "B")
    return product


# --- a page in a browser

class Page:
    """The page, open; what it shows on each side, as plain data."""

    def __init__(self, t, path):
        self.t = t
        self.browser = browser.Browser(t.path("profile"), t.left, t.log)
        children.add(self.browser.process.pid)
        t.at_end(self.close)
        self.browser.attach()
        self.browser.size(WIDTH, 900)
        self.browser.open(path)

    def close(self):
        self.browser.close()
        children.kill(self.browser.process.pid)
        self.browser.process.wait()

    def windows(self, side):
        """name: (start, size, page sizes, protection), as the list of windows shows them."""
        rows = self.browser.js("""[...document.querySelectorAll('.row')].map(row =>
            [row.dataset.window, ...[...row.querySelectorAll('.summary')].map(summary =>
                [...summary.children].map(cell => cell.textContent))])""")
        return {row[0]: tuple(row[1 + side]) for row in rows}

    def mappings(self, name, side):
        """(start, size, pages, physical, flags) of each row of an open window."""
        return self.browser.js(f"""[...document.querySelectorAll(
            '#panel-{name} [data-side="{["left", "right"][side]}"] tbody tr')].map(row =>
                [...row.children].map(cell => cell.textContent))""")

    def areas(self, side):
        rows = self.browser.js(f"""[...document.querySelectorAll('.area')].map(row =>
            row.querySelectorAll('.cell')[{side}]).filter(cell => cell.dataset.start).map(cell =>
                [cell.dataset.start, cell.dataset.end,
                 cell.querySelector('.flags').textContent])""")
        return sorted((int(start, 16), int(end, 16), prot) for start, end, prot in rows)

    def address(self, side):
        text = self.browser.js(f"document.getElementById('address-{side}').value")
        return int(text, 16)

    def walk(self, side):
        """What the walk shows on a side: ([(level, index, entry, kind, flags)], end, physical)."""
        cards, end, physical = self.browser.js(f"""(() => {{
            const all = '#walk-view > [data-side="{side}"] ';
            const text = (where, what) => where.querySelector(what)?.textContent;
            return [[...document.querySelectorAll(all + '.card[data-kind]')].map(card =>
                [card.dataset.level, text(card, '.index'), text(card, '.hex'), card.dataset.kind,
                 [...card.querySelectorAll('.flag')].map(flag => flag.textContent)]),
                document.querySelector('#walk-view > [data-side="{side}"] .end').dataset.end,
                text(document, all + '.physical')]; }})()""")
        return ([(int(level), int(index), int(entry, 16), kind, flags)
                 for level, index, entry, kind, flags in cards], end,
                int(physical, 16) if physical else None)

    def fields(self, side):
        """For each entry shown: its word, and [(name, low bit, value)] of the fields drawn."""
        return self.browser.js(f"""[...document.querySelectorAll(
            '#walk-view > [data-side="{side}"] .card:has(.fields)')].map(card =>
                [card.dataset.kind, card.querySelector('.hex').textContent,
                 [...card.querySelectorAll('.field')].map(field =>
                     [field.dataset.field, field.dataset.low,
                      field.querySelector('.field-value').textContent])])""")

    def go(self, side, address):
        self.browser.type(f"#address-{side}", hex(address))


def check_walk(t, page, side, said, address):
    """The walk shown is the one that the kernel's tables make; its flags in the kernel's words."""
    what = f"walk to {address:x} on the {side}"
    steps, end, physical = page.walk(side)
    wanted = said.entries(address)
    t.check_equal(what, [step[:4] for step in steps], [step[:4] for step in wanted])
    prot = wanted[-1][4]
    words = [word for word, flag in zip(FLAG_WORDS, prot) if flag != "-"] if prot != "-" else []
    t.check_equal(what + ": flags", steps[-1][4], words)
    t.check_equal(what + ": end", end, wanted[-1][3])
    t.check_equal(what + ": physical address", physical is not None, end == "leaf")
    return physical


def check_fields(t, page, side, said):
    """The fields drawn have the kernel's names and places, and make up the entry."""
    for kind, word, fields in page.fields(side):
        value = sum(int(shown, 16 if shown.startswith("0x") else 2) << int(low)
                    for _, low, shown in fields)
        t.check_equal(f"fields of {word}", hex(value), hex(int(word, 16)))
        prefix = f"field {'leaf' if kind == 'leaf' else 'table'} "
        named = [tuple(line.split()[2:4]) for line in said.parts["kernel_format"]
                 if line.startswith(prefix)]
        t.check_equal(f"names of the fields of {word}",
                      sorted((name, low) for name, low, _ in fields if name), sorted(named))


# --- checks of the whole page

def check_windows(t, page, side, said):
    shown = page.windows(side)
    for name, (start, size, pages, prot) in said.windows().items():
        t.check_equal(f"window {name}", shown.get(name),
                      (f"{start:016x}", size_text(size), pages, prot))


def check_mappings(t, page, said):
    """A window opens by a click and shows all that is mapped in it, where the walk says it is."""
    for name, (start, size, _, _) in said[0].windows().items():
        t.check(not page.browser.visible("#panel-" + name), f"{name} is open before the click")
        page.browser.click(f"#row-{name} .row-head")
        t.check(page.browser.visible("#panel-" + name), f"{name} does not open")
        while page.browser.js(f"!!document.querySelector('#panel-{name} .more')"):
            page.browser.js(f"document.querySelector('#panel-{name} .more').click()")
        for side, one in enumerate(said):
            start, size = one.windows()[name][:2]
            rows = page.mappings(name, side)
            t.check_equal(f"bytes mapped in {name}", sum(size_of(row[1]) for row in rows),
                          one.mapped(start, size))
            for row in rows:
                t.check_equal(f"size of {row[0]}", size_of(row[2]), size_of(row[1]))
                t.check_equal(f"flags of {row[0]}", one.entries(int(row[0], 16))[-1][4], row[4])
        page.browser.click(f"#row-{name} .row-head")
        t.check(not page.browser.visible("#panel-" + name), f"{name} does not close")


def check_program(t, page, said):
    """The user half opens to the areas; an object's button walks to it on both sides."""
    page.browser.click("#row-user .row-head")
    for side, one in enumerate(said):
        t.check_equal("areas", page.areas(side), one.areas())
    for name, address in said[0].objects().items():
        chip = f".area .cell:first-child [data-object={name}]"
        t.check_equal(f"button of {name}", page.browser.texts(chip), [name + f"{address:x}"])
        page.browser.click(chip)
        for side, one in zip(("left", "right"), said):
            t.check_equal(f"address of {name}", page.address(side), one.objects()[name])
            physical = check_walk(t, page, side, one, one.objects()[name])
            frame = None if physical is None else physical >> 12
            t.check_equal(f"frame of {name}", frame, one.frames()[name])
            check_fields(t, page, side, one)


def check_kernel_walks(t, page, said):
    """Every window's first and last mapped page; the direct map gives the physical address."""
    for name, (start, size, _, _) in said[0].windows().items():
        for address in (start, start + size - 1, start + size // 2):
            page.go("left", address)
            check_walk(t, page, "left", said[0], address)
            check_walk(t, page, "right", said[1], page.address("right"))
    for example in ("direct map", "vmalloc", "vmemmap", "kernel text", "kernel data"):
        page.browser.click(f'[data-example="{example}"]')
        for side, one in zip(("left", "right"), said):
            physical = check_walk(t, page, side, one, page.address(side))
            t.check(physical is not None, f"{example} is not mapped on the {side}")
            if example == "direct map":
                offset = page.address(side) - int(one.fact("page_offset"), 16)
                t.check_equal("physical address in the direct map", physical, offset)


def check_same_number(t, page, said):
    page.browser.click("#same-number")
    address = said[0].objects()["main"]
    page.go("left", address)
    for side, one in zip(("left", "right"), said):
        t.check_equal("the same number", page.address(side), address)
        check_walk(t, page, side, one, address)
    page.browser.click("#same-object")
    t.check_equal("the same object", page.address("right"), said[1].objects()["main"])


def check_ends(t, page, said):
    """An address that is none; typed ones that are no numbers: said in words, the walk stays."""
    page.go("left", 1 << int(said[0].fact("va_bits")))
    t.check_equal("not canonical", page.walk("left"), ([], "not canonical", None))
    page.go("left", said[0].objects()["main"])
    before = page.walk("left")
    for typed, word in (("12g4", "\u201cg\u201d"), ("0x1ffff00000000ffff0", "18 digits"),
                        ("", "Type an address"), ("-1", "\u201c-\u201d")):
        page.browser.type("#address-left", typed)
        t.check(word in (page.browser.text("#error-left") or ""),
                f"{typed!r}: the page says {page.browser.text('#error-left')!r}")
        t.check_equal(f"walk after {typed!r}", page.walk("left"), before)
    page.browser.type("#address-left", "FFFF_8000 0000_0000")
    t.check_equal("no complaint", page.browser.text("#error-left"), "")
    t.check_equal("address", page.address("left"), 0xffff800000000000)


def check_selectors(t, page, said, keys):
    """Each format can be chosen on each side, and shows its own windows and its own walk."""
    for key, one in zip(keys, said):
        for side, name in enumerate(("left", "right")):
            page.browser.select("#format-" + name, key)
            check_windows(t, page, side, one)
        page.browser.click('[data-example="main"]')
        t.check_equal("address of main", page.address("right"), one.objects()["main"])
        check_walk(t, page, "right", one, one.objects()["main"])


def check_keyboard(t, page):
    """Tab comes by every control from the top of the page on; Enter opens a window."""
    page.browser.js("(document.activeElement.blur(), scrollTo(0, 0), "
                    "document.getElementById('theme').focus())")
    reached = []
    for _ in range(40):
        page.browser.key("Tab")
        reached.append(page.browser.js(
            "document.activeElement.id || document.activeElement.dataset.window"))
        if reached[-1] == "vmalloc":
            break
    for wanted in ("format-left", "format-right", "kernel-text", "vmalloc"):
        t.check(wanted in reached, f"Tab does not come to {wanted}")
    t.check(page.browser.js("getComputedStyle(document.activeElement).outlineStyle") == "solid",
            "the focus is not to be seen")
    was_open = page.browser.visible("#panel-vmalloc")
    page.browser.key("Enter")
    t.check(not was_open and page.browser.visible("#panel-vmalloc"), "Enter does not open vmalloc")


def check_looks(t, page):
    """Light and dark, by the system and by the button; nothing too wide; printing opens all."""
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.browser.js(paper)
    page.browser.media("dark")
    dark = page.browser.js(paper)
    page.browser.click("#theme")
    t.check(light != dark and page.browser.js(paper) == light, "the theme does not change")
    page.browser.media("light")
    page.browser.click("#theme")
    t.check_equal("paper, when the button says dark", page.browser.js(paper), dark)
    for name in page.windows(0):
        if not page.browser.visible("#panel-" + name):
            page.browser.click(f"#row-{name} .row-head")
    wide = page.browser.js("document.documentElement.scrollWidth")
    t.check(wide <= WIDTH, f"the page is {wide} pixels wide")
    page.browser.click("#row-direct-map .row-head")
    page.browser.media("light", "print")
    closed = page.browser.js("[...document.querySelectorAll('.panel')]"
                             ".filter(panel => !panel.checkVisibility()).length")
    t.check_equal("panels that are closed in print", closed, 0)
    page.browser.pdf(t.path("page.pdf"))


def check_alone(t, page):
    """The page asks the network for nothing, and its program makes no mistakes."""
    foreign = [url for url in page.browser.requests() if not re.match("file:|data:", url)]
    t.check_equal("requests", foreign, [])
    t.check_equal("mistakes", page.browser.mistakes(), [])


# --- the tests

def check_tables(t, text, said, pair):
    """The tables hold what the kernels said."""
    for one in said:
        words = [f"{start:016x}" for start, *_ in one.windows().values()]
        words += [one.fact(name) for name in ("format", "task_size", "sizeof_page", "image_text",
                                              "sizeof_mm_struct", "sizeof_task_struct")]
        words += [f"{int(line.split()[1]):,}" for line in one.parts["bench"]]
        if one in pair:
            words += [f"{start:012x}" for start, *_ in one.areas()]
            words += [f"{entry:016x}" for _, _, entry, kind, _ in
                      one.entries(one.objects()["global_data"]) if kind != "absent"]
            words.append(str(sum(int(line.split()[5]) for line in one.parts["kernel_page_tables"]
                                 if " leaf " in line)))
        for word in words:
            t.check(re.search(rf"[ `]{re.escape(word)}[ `]", text),
                    f"{one.fact('format')}: {word} is not in the tables")


def compare(t):
    """All formats: the tables, the picture, and the page in a browser."""
    out = t.path("out")
    printed = t.command("test/compare.py", "--out", out, *[v.name for v in FORMATS])
    with open(os.path.join(out, "compare.md"), encoding="utf-8") as file:
        text = file.read()
    t.check(text in printed, "what is printed is not compare.md")
    said = []
    for v in FORMATS:
        with open(os.path.join(out, v.name + ".txt"), encoding="utf-8") as file:
            said.append(Said(file.read()))
    pair = [said[FORMATS.index(variants.SV39)], said[FORMATS.index(variants.LEVEL4)]]
    check_tables(t, text, said, pair)
    with open(os.path.join(out, "compare.svg"), encoding="utf-8") as file:
        picture = file.read()
    for one in pair:
        t.check(f">{one.windows()['vmemmap'][0]:016x}<" in picture, "the picture lacks vmemmap")
    page = Page(t, os.path.join(out, "compare.html"))
    for side, one in enumerate(pair):
        check_windows(t, page, side, one)
    check_mappings(t, page, pair)
    check_program(t, page, pair)
    check_kernel_walks(t, page, pair)
    check_same_number(t, page, pair)
    check_ends(t, page, pair)
    check_keyboard(t, page)
    check_selectors(t, page, said, [v.name for v in FORMATS])
    check_looks(t, page)
    check_alone(t, page)
    t.note(f"{len(said)} formats")


def kernel_walk(machine, address):
    """What the running kernel says of an address: probe -w."""
    rows = [line.split() for line in machine.run(f"probe -w {address:#x}").splitlines()]
    return [(int(level), int(index), int(entry, 16), kind, flags)
            for level, index, entry, kind, flags in rows]


def walk(t):
    """The page's walk through the kernel half, and to main, is the running kernel's own."""
    machine = Machine(t)
    machine.boot()
    text = machine.run("probe -k") + "== boot_log\n" + machine.run("dmesg")
    said = Said(text)
    os.mkdir(t.path("out"))
    with open(t.path("out", t.variant.name + ".txt"), "w", encoding="utf-8") as file:
        file.write(text)
    t.command("test/compare.py", "--no-boot", "--out", t.path("out"), t.variant.name)
    page = Page(t, t.path("out", "compare.html"))
    ranges = [(start, size) for name, (start, size, _, _) in said.windows().items()
              if name != "vmalloc"]
    addresses = [said.objects()["main"]] + [start + size // 3 for start, size in ranges]
    addresses += [int(line.split("-")[0], 16) for line in said.parts["kernel_page_tables"]
                  if " leaf " in line][:3]
    for address in addresses:
        page.go("left", address)
        steps, wanted = page.walk("left")[0], kernel_walk(machine, address)
        if not address >> 63:  # this probe has tables of its own, but the same page of the file
            steps, wanted = steps[-1:], wanted[-1:]
        t.check_equal(f"walk to {address:x}", [step[:4] for step in steps],
                      [step[:4] for step in wanted])
    check_alone(t, page)
    machine.power_off()
    t.note(f"{len(addresses)} addresses")


def edited(t):
    """A transcript that does not agree with itself makes no page; a page that is kept is shown."""
    t.check("the formats are" in t.command("test/compare.py", "sv40", status=2), "no message")
    machine = Machine(t)
    machine.boot()
    text = machine.run("probe -k") + "== boot_log\n" + machine.run("dmesg")
    machine.power_off()
    for old, new in ((r"^(\S+ 0 leaf \S+ \S+ \d+) [0-9a-f]+ ", r"\1 123000 "),
                     (r"^(main \S+) 0x[0-9a-f]+ ", r"\1 0x1 "), (r"^== maps$", "== no maps")):
        with open(t.path("sv39.txt"), "w", encoding="utf-8") as file:
            file.write(re.sub(old, new, text, count=1, flags=re.MULTILINE))
        said = t.command("test/compare.py", "--no-boot", "--out", t.directory, "sv39", status=1)
        t.check("xv39: sv39: " in said and "Traceback" not in said, f"{old}: {said!r}")
        t.check(not os.path.exists(t.path("compare.html")), f"{old}: a page is made")
    kept_page(t, text)


def kept_page(t, text):
    """A page that the kernel keeps although nobody may touch it (PROT_NONE): the walk says so."""
    address = Said(text).objects()["malloc_large"]
    page_address = f"{address & ~4095:016x}"
    text = re.sub(rf"^({page_address}-\S+ 0) leaf \S+ (.*) \S+$",
                  r"\1 soft 00000000deadb002 \2 -", text, flags=re.MULTILINE)
    text = re.sub(r"^(malloc_large \S+) 0x[0-9a-f]+ ", r"\1 absent ", text, flags=re.MULTILINE)
    with open(t.path("sv39.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    t.command("test/compare.py", "--no-boot", "--out", t.directory, "sv39")
    page = Page(t, t.path("compare.html"))
    page.go("left", address)
    steps, end, physical = page.walk("left")
    t.check_equal("a kept page", (steps[-1][2:4], end, physical),
                  ((0xdeadb002, "soft"), "soft", None))
    t.check("PROT_NONE" in page.browser.text('[data-side="left"] .end'), "no word of PROT_NONE")
    check_alone(t, page)


TESTS = [
    Test("compare", compare, builds=FORMATS, limit=300),
    *on_each(variants.PLAIN, "compare-walk-{variant}", walk),
    Test("compare-edited", edited, variants.SV39),
]
