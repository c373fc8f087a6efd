# SPDX-License-Identifier: MIT
"""The comparison as tables: Markdown with padded columns, which reads as plain text too."""

from compare import model

# One object of the user half, and the same byte in the kernel's direct map.
WALKED = "global_data"


def pad(rows):
    """Rows of strings as lines; None is the line below the head."""
    widths = [max(len(row[i]) for row in rows if row) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = ["-" * w for w in widths] if row is None else [
            cell.ljust(w) for cell, w in zip(row, widths)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def grid(title, head, rows):
    body = [[str(cell) for cell in row] for row in rows]
    return f"## {title}\n\n" + pad([head, None, *body]) + "\n"


def title(f):
    return f"{f.facts['machine']} {f.name}"


def code(number, width=16):
    return f"`{number:0{width}x}`"


def by_format(formats, *columns):
    """Heads of columns that each format has."""
    return [f"{f.name} {column}".strip() for f in formats
            for column in columns or ("",)]


def rows_by_name(formats, items, name):
    """For each name in any format, in order: (name, [the item, or None, of each format])."""
    listed = [{name(item): item for item in items(f)} for f in formats]
    names = list(dict.fromkeys(n for known in listed for n in known))
    return [(n, [known.get(n) for known in listed]) for n in names]


# --- the tables

def format_table(formats):
    keys = ["machine", "levels", "va_bits", "pa_bits", "page_size", "root_slots", "root_slot_size",
            "task_size", "page_offset", "vmalloc_start", "vmemmap_start", "start_kernel_map",
            "kernel_phys_base"]
    rows = [[key, *(f.facts.get(key, "") for f in formats)] for key in keys]
    rows.insert(2, ["bits per level"] + [str(model.INDEX_BITS)] * len(formats))
    sizes = [", ".join(model.size_text(f.entry_size(level)) for level in range(f["leaf_max"] + 1))
             for f in formats]
    rows.insert(3, ["page sizes", *sizes])
    return grid("Page-table format", ["", *by_format(formats)], rows)


def numbered(windows):
    """(name, window): holes share a name, so they get the slot they begin with."""
    return [(f"hole {w.first}" if w.name == "hole" else w.name, w) for w in reversed(windows)]


def window_tables(formats):
    rows = rows_by_name(formats, lambda f: numbered(f.windows), lambda pair: pair[0])
    where, how = [], []
    for name, pairs in rows:
        windows = [pair and pair[1] for pair in pairs]
        label = name.split()[0]
        spans = list(dict.fromkeys(f"{w.first}-{w.last}" for w in windows if w))
        where.append([label, " / ".join(spans)] + [
            cell for w in windows for cell in
            ((code(w.start), model.size_text(w.end - w.start)) if w else ("", ""))])
        if label not in ("hole", "user"):
            how.append([label] + [cell for w in windows for cell in
                                  ((w.pages, w.prot) if w else ("", ""))])
    return (grid("Kernel windows", ["window", "root slots", *by_format(formats, "start", "size")],
                 where)
            + "\n" + grid("Page sizes in use, and protection of the windows",
                          ["window", *by_format(formats, "pages", "protection")], how))


def area_table(formats):
    rows = [[role] + [cell for a in areas for cell in
                      ((code(a.start, 12), model.size_text(a.end - a.start), a.prot) if a
                       else ("", "", ""))]
            for role, areas in rows_by_name(formats, lambda f: reversed(f.areas), lambda a: a.role)]
    rows.insert(0, ["TASK_SIZE"] + [cell for f in formats
                                    for cell in (code(f["task_size"], 12), "", "")])
    return grid("The user half: areas of the program probe",
                ["area", *by_format(formats, "start", "size", "")], rows)


def object_table(formats):
    rows = [[name] + [cell for f, o in zip(formats, objects) for cell in
                      ((code(o.address, 12), f.pagemap[o.name]) if o else ("", ""))]
            for name, objects in rows_by_name(formats, lambda f: f.objects, lambda o: o.name)]
    return grid("Its objects, and the page frames they lie in",
                ["object", *by_format(formats, "address", "frame")], rows)


def count_table(name, formats, runs):
    counts = [f.count(runs(f)) for f in formats]
    rows = []
    for level in range(max(f.levels for f in formats) - 1, -1, -1):
        cells = []
        for count in counts:
            at = count.get(level)
            cells += [at["pages"], at["table"], at["leaf"] + at["soft"]] if at else ["", "", ""]
        rows.append([level, *cells])
    rows.append(["sum"] + [sum(at[key] for at in count.values()) if key else
                           sum(at["leaf"] + at["soft"] for at in count.values())
                           for count in counts for key in ("pages", "table", None)])
    return grid(f"Page tables of {name}: table pages, entries that lead to tables, to pages",
                ["level", *by_format(formats, "tables", "to tables", "to pages")], rows)


def hardware_bits(f, step):
    """The names of the one-bit fields that are set."""
    fields = f.fields["leaf" if step.kind == "leaf" else "table"]
    return " ".join(name for name, low, high in reversed(fields)
                    if low == high and step.entry >> low & 1) or "-"


def walk_table(name, formats, addresses):
    walks = [{step.level: step for step in f.walk(a)} for f, a in zip(formats, addresses)]
    rows = []
    for level in range(max(f.levels for f in formats) - 1, -1, -1):
        cells = []
        for f, walk in zip(formats, walks):
            step = walk.get(level)
            cells += ([step.index, code(step.entry), hardware_bits(f, step),
                       step.prot if step.kind == "leaf" else step.kind] if step
                      else ["", "", "", ""])
        rows.append([level, *cells])
    text = grid(f"A walk to {name}", ["level", *by_format(formats, "index", "entry", "bits", "")],
                rows)
    for f, a in zip(formats, addresses):
        physical = f.translate(a)
        text += (f"\n{f.name}: `{a:x}` is "
                 + (f"physical `{physical:x}`." if physical is not None else "not mapped."))
    return text + "\n"


def walk_tables(formats):
    users = [next(o.address for o in f.objects if o.name == WALKED) for f in formats]
    kernels = [f["page_offset"] + (f.translate(a) or 0) for f, a in zip(formats, users)]
    return (walk_table(f"`{WALKED}` of the program", formats, users) + "\n"
            + walk_table("the same byte in the direct map", formats, kernels))


def size_tables(formats):
    def rows(prefix):
        keys = [key for key in formats[0].facts if key.startswith(prefix)]
        return [[key[len(prefix):], *(f.facts.get(key, "") for f in formats)] for key in keys]
    heads = by_format(formats)
    return (grid("Sizes of structures, in bytes", ["struct", *heads], rows("sizeof_")) + "\n"
            + grid("Kernel image, in bytes", ["section", *heads], rows("image_")))


def bench_table(formats):
    rows = [[next(b for b in found if b).what, *(f"{b.cost:,}" if b else "" for b in found)]
            for _, found in rows_by_name(formats, lambda f: f.bench, lambda b: b.name)]
    return grid("Cost in guest instructions", ["operation", *by_format(formats)], rows)


def start_table(formats):
    rows = rows_by_name(formats, lambda f: numbered(f.windows), lambda pair: pair[0])
    return grid("Where the windows begin, in every format", ["window", *by_format(formats)],
                [[name.split()[0], *(code(pair[1].start) if pair else "" for pair in pairs)]
                 for name, pairs in rows])


def tables(formats, chosen):
    """Everything of the two that are chosen; of the other formats what a column each can say."""
    parts = [f"# xv39, side by side: {' and '.join(map(title, chosen))}\n\n"
             "All of this was said by the running kernels; `make compare` writes it.\n",
             format_table(formats), window_tables(chosen), area_table(chosen),
             object_table(chosen), count_table("the kernel", chosen, lambda f: f.kernel_runs),
             count_table("the program", chosen, lambda f: f.user_runs), walk_tables(chosen),
             size_tables(formats), bench_table(formats)]
    if len(formats) > len(chosen):
        parts.append(start_table(formats))
    return "\n".join(parts)
