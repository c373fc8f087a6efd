# SPDX-License-Identifier: MIT
"""A small picture of two address spaces for a README, on one scale of root slots.

An SVG in an <img> follows the reader's system in being light or dark, by a media query of its own.
"""

from xml.sax.saxutils import escape

from compare import model

WIDTH, BAR, MIDDLE = 840, 150, 170
TOP, SLOT, BREAK, LABEL = 62, 0.62, 26, 29
LAST_2G = model.WORD - (1 << 31)

STYLE = """
  text { font: 13px system-ui, "Segoe UI", "Liberation Sans", sans-serif; fill: #1c2127 }
  .mono { font: 12.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace }
  .soft { fill: #5b626b } .small { font-size: 11.5px } .title { font-size: 17px; font-weight: 600 }
  .name { font-weight: 600 } .line { stroke: #b9b4a6; fill: none }
  .ground { fill: #f1efe8; stroke: #b9b4a6 }
  .paper { fill: #fbfaf6 } .block { stroke: #00000040 } .used { fill: #1c2127; fill-opacity: .65 }
  .user { fill: #b9cfe4 } .direct-map { fill: #b7d9c5 } .vmalloc { fill: #eed9a4 }
  .vmemmap { fill: #d9c3e3 } .shadow { fill: #dedbd2 } .image { fill: #edbfb0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e9e7e1 } .soft { fill: #a3a9b0 } .line { stroke: #565d66 }
    .paper { fill: #15181c } .ground { fill: #1d2126; stroke: #565d66 }
    .block { stroke: #ffffff40 } .used { fill: #e9e7e1 }
    .user { fill: #2f4d69 } .direct-map { fill: #2b5743 } .vmalloc { fill: #695420 }
    .vmemmap { fill: #573d66 } .shadow { fill: #3a3f45 } .image { fill: #743f30 }
  }
"""


class Band:
    """Some slots: a window, or what lies between two, on both sides."""

    def __init__(self, name, slots_, sides):
        """`slots_`: the first and the last slot on each side; the left one's are drawn."""
        self.name, self.slots, self.sides = name, slots_, sides
        self.first, self.last = slots_[0] if slots_ else (256, 255)

    @property
    def top(self):
        if self.name == "not canonical":
            return TOP + 256 * SLOT
        return TOP + (511 - self.last) * SLOT + (BREAK if self.last < 256 else 0)

    @property
    def height(self):
        if self.name == "not canonical":
            return BREAK
        return (self.last - self.first + 1) * SLOT

    @property
    def middle(self):
        return self.top + self.height / 2


def bands(left, right):
    """From the top: the windows below the last 2 GiB, that, and the addresses that are none."""
    found = [Band("last 2 GiB", [(f.index(LAST_2G, f.levels - 1), 511) for f in (left, right)],
                  [(LAST_2G, 1 << 31)] * 2)]
    for w in left.windows:
        if w.start >= LAST_2G or w.name == "hole":
            continue
        other = next(o for o in right.windows if o.name == w.name)
        found.append(Band(w.name, [(o.first, o.last) for o in (w, other)],
                          [(o.start, o.end - o.start) for o in (w, other)]))
    found.append(Band("not canonical", [], [(None, 1 << f["va_bits"]) for f in (left, right)]))
    return sorted(found, key=lambda band: band.middle)


def spread(wanted, low, high):
    """Moves labels apart, each as near to where it wants to be as its neighbours allow."""
    at = [max(y, low) for y in wanted]
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + LABEL)
    at[-1] = min(at[-1], high)
    for i in range(len(at) - 2, -1, -1):
        at[i] = min(at[i], at[i + 1] - LABEL)
    return at


def text(x, y, words, classes="", anchor="middle"):
    return (f'<text x="{x:g}" y="{y:.1f}" class="{classes}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def rectangle(x, y, width, height, classes):
    return (f'<rect x="{x:g}" y="{y:.1f}" width="{width:g}" height="{height:.1f}" '
            f'class="{classes}"/>')


def line(*points):
    return ('<polyline class="line" points="'
            + " ".join(f"{x:g},{y:.1f}" for x, y in points) + '"/>')


def used_slots(f):
    root = f.levels - 1
    return {slot for r in f.kernel_runs + f.user_runs if r.kind == "leaf"
            for slot in range(f.index(r.start, root), f.index(r.end - 1, root) + 1)}


def bar(f, x, found):
    parts = [rectangle(x, TOP, BAR, 256 * SLOT, "ground"),
             rectangle(x, TOP + 256 * SLOT + BREAK, BAR, 256 * SLOT, "ground")]
    for band in found:
        if band.name != "not canonical":
            tint = "image" if band.name == "last 2 GiB" else band.name
            parts.append(rectangle(x, band.top, BAR, max(band.height, 2), "block " + tint))
    for slot in sorted(used_slots(f)):
        at = Band("", [(slot, slot)], [])
        parts.append(rectangle(x, at.top, BAR, max(at.height, 1.2), "used"))
    return parts


def slots(pair):
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}\u2013{pair[1]}"


def size_words(size):
    short = model.size_text(size)
    return f"{short[:-1]} {short[-1]}iB"


def side(f, which, x, found, labels):
    """One bar, and outside of it the addresses and sizes."""
    out = -1 if which == 0 else 1
    edge = x if which == 0 else x + BAR
    anchor = "end" if which == 0 else "start"
    parts = bar(f, x, found)
    for band, y in zip(found, labels):
        start, size = band.sides[which]
        parts.append(line((edge + 1 * out, band.middle), (edge + 6 * out, band.middle),
                          (edge + 20 * out, y), (edge + 25 * out, y)))
        at = edge + 30 * out
        if start is not None:
            parts.append(text(at, y - 1, f"{start:016x}", "mono", anchor))
            parts.append(text(at, y + 12, size_words(size), "soft small", anchor))
        else:
            words = f"16 EiB \u2212 {size_words(size)}"
            parts.append(text(at, y + 4, words, "soft small", anchor))
    machine = {"riscv64": "RISC-V", "x86_64": "x86-64"}.get(f.facts["machine"], f.facts["machine"])
    slot = size_words(f["root_slot_size"])
    parts.append(text(x + BAR / 2, 24, f"{machine} {f.name}", "title"))
    parts.append(text(x + BAR / 2, 44, f"{f.levels} levels, a root slot is {slot}", "soft small"))
    return parts


def middle(xs, found, labels):
    parts = []
    for band, y in zip(found, labels):
        left, right = xs[0] + BAR, xs[1]
        for edge, out in ((left, 1), (right, -1)):
            parts.append(line((edge + 1 * out, band.middle), (edge + 6 * out, band.middle),
                              (edge + 20 * out, y), (edge + 25 * out, y)))
        at = (left + right) / 2
        parts.append(text(at, y - 1, band.name, "name"))
        note = ("no such addresses" if band.name == "not canonical"
                else "slots " + " | ".join(dict.fromkeys(map(slots, band.slots))))
        parts.append(text(at, y + 12, note, "soft small"))
    return parts


def picture(left, right):
    """The SVG's text."""
    found = bands(left, right)
    height = TOP + 512 * SLOT + BREAK
    labels = spread([band.middle for band in found], TOP + 8, height - 14)
    xs = [WIDTH / 2 - MIDDLE / 2 - BAR, WIDTH / 2 + MIDDLE / 2]
    parts = side(left, 0, xs[0], found, labels) + middle(xs, found, labels)
    parts += side(right, 1, xs[1], found, labels)
    # Its own paper: a site may be dark where the system is light.
    paper = f'<rect width="{WIDTH}" height="{height + 14:.0f}" rx="8" class="paper"/>'
    described = f"The address spaces of {left.name} and {right.name} in root slots, side by side"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 14:.0f}" '
            f'role="img" aria-label="{described}">\n<style>{STYLE}</style>\n{paper}\n'
            + "\n".join(parts) + "\n</svg>\n")
