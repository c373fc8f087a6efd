# SPDX-License-Identifier: MIT
"""Makes the page: one file, with its style, its program and the data inside it."""

import json
import os

from compare import model

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
SCRIPTS = ["space.js", "element.js", "drawing.js", "ledger.js", "walk.js", "page.js"]


def hexadecimal(number):
    return f"{number:016x}"


def run_row(r):
    return [hexadecimal(r.start), r.level, r.kind, hexadecimal(r.entry), hexadecimal(r.step),
            r.count, hexadecimal(r.table), r.prot]


def data(f):
    """A format as the page wants it. 64-bit numbers are strings: JavaScript's are too small."""
    return {
        "key": f.key, "facts": f.facts, "pagemap": f.pagemap,
        "fields": {kind: [list(field) for field in fields] for kind, fields in f.fields.items()},
        "windows": [{"name": w.name, "start": hexadecimal(w.start), "end": hexadecimal(w.end),
                     "first": w.first, "last": w.last, "pages": w.pages, "prot": w.prot}
                    for w in f.windows],
        "areas": [{"role": a.role, "start": hexadecimal(a.start), "end": hexadecimal(a.end),
                   "prot": a.prot, "name": a.name, "resident": f.resident(a)} for a in f.areas],
        "objects": [{"name": o.name, "address": hexadecimal(o.address), "size": o.size}
                    for o in f.objects],
        "kernel": [run_row(r) for r in f.kernel_runs],
        "user": [run_row(r) for r in f.user_runs],
        "bench": [list(b) for b in f.bench],
    }


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def script():
    """The scripts as one, in a scope of its own."""
    return "(() => {\n'use strict';\n" + "".join(map(read, SCRIPTS)) + "})();\n"


def page(formats, chosen):
    """The page's text; `chosen` are the keys of the two that it shows at first."""
    content = {"formats": [data(f) for f in formats], "chosen": list(chosen),
               "flags": list(model.FLAGS)}
    # So that nothing in the data can end the element it stands in.
    embedded = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    text = read("page.html")
    for mark, part in (("STYLE", read("page.css")), ("SCRIPT", script()), ("DATA", embedded)):
        text = text.replace(f"@{mark}@", part)
    return text
