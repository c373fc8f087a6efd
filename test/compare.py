#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shows the paging formats side by side: `make compare`.

Boots a kernel of each format, headless, and writes to build/compare/: FORMAT.txt, what the kernel
said; compare.md, tables, which are printed too; compare.html, the page; compare.svg, a picture.
"""

import argparse
import os
import signal
import sys

import run
from compare import gather, model, page, svg, table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=gather.OUT, help="directory to write to")
    parser.add_argument("--no-boot", action="store_true",
                        help="boot nothing: use the FORMAT.txt that are there")
    parser.add_argument("formats", nargs="*", metavar="FORMAT",
                        help="one of " + ", ".join(gather.FORMATS) + " (default: all)")
    args = parser.parse_args()
    args.formats = args.formats or list(gather.FORMATS)
    unknown = [name for name in args.formats if name not in gather.FORMATS]
    if unknown:
        parser.error(f"{unknown[0]}: the formats are " + ", ".join(gather.FORMATS))
    return args


def read(name, out):
    with open(gather.path(name, out), encoding="utf-8") as file:
        return model.Format(name, file.read())


def pair(formats):
    """The two that are shown first: the first of each machine, if there are two."""
    first = {}
    for f in formats:
        first.setdefault(f.facts["machine"], f)
    chosen = list(first.values())[:2]
    return chosen if len(chosen) == 2 else [formats[0], formats[-1]]


def write(out, name, text):
    path = os.path.join(out, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.relpath(path)


def formats_of(args):
    """The formats asked for, booted first unless that is not wanted."""
    formats = []
    for name in args.formats:
        try:
            if not args.no_boot:
                print(f"xv39: {name} ...", file=sys.stderr, flush=True)
                gather.gather(name, args.out)
            formats.append(read(name, args.out))
        except (gather.Error, model.Malformed, OSError) as error:
            print(f"xv39: {name}: {error}", file=sys.stderr)
            return None
    return formats


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, run.stop)
    signal.signal(signal.SIGHUP, run.stop)
    try:
        formats = formats_of(args)
    except KeyboardInterrupt:
        return 130
    if not formats:
        return 1
    chosen = pair(formats)
    tables = table.tables(formats, chosen)
    print(tables)
    write(args.out, "compare.md", tables)
    write(args.out, "compare.svg", svg.picture(*chosen))
    made = write(args.out, "compare.html", page.page(formats, [f.key for f in chosen]))
    print(f"xv39: {made}: to be opened in a browser", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
