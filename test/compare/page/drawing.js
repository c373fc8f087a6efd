// SPDX-License-Identifier: MIT
// The picture: both address spaces on one scale of root slots, high addresses at the top. The last
// 2 GiB, a sliver on that scale, stand enlarged above it.

const SLOT = 1.05;       // pixels
const BREAK = 40;        // the addresses between the halves, which are no slots
const BLOCK = 26, SPACE = 9, FUNNEL = 30, LABEL = 32, GUTTER = 30, BAR = 200;
const LAST_2G = WORD - (1n << 31n);

// Where each window lies in the picture, which is the same on both sides: by slots, and enlarged.
class Places {
  constructor(space) {
    this.windows = new Map();
    this.enlarged(space.windows.filter(w => w.start >= LAST_2G));
    this.kernelTop = this.enlargedEnd + FUNNEL;
    this.userTop = this.kernelTop + 256 * SLOT + BREAK;
    this.height = this.userTop + 256 * SLOT;
    for (const w of space.windows.filter(one => one.start < LAST_2G))
      this.windows.set(w.id, {top: this.slotTop(w.last), height: (w.last - w.first + 1) * SLOT});
    const slots = 512 - this.firstOfImage(space);
    this.sliver = {top: this.kernelTop, height: Math.max(2, slots * SLOT)};
  }

  firstOfImage(space) {
    return space.index(LAST_2G, space.levels - 1);
  }

  enlarged(windows) {
    let y = SPACE, above = WORD;
    for (const w of [...windows].sort((a, b) => a.start < b.start ? 1 : -1)) {
      y += w.end < above ? SPACE : 1;
      this.windows.set(w.id, {top: y, height: BLOCK, enlarged: true});
      y += BLOCK;
      above = w.start;
    }
    this.enlargedEnd = y + 2 * SPACE;
  }

  slotTop(slot) {
    return slot >= 256 ? this.kernelTop + (511 - slot) * SLOT : this.userTop + (255 - slot) * SLOT;
  }
}

// Moves labels apart: each as near to where it wants to be as its neighbours allow.
function spread(wanted, low, high) {
  const at = wanted.map(y => Math.max(y, low));
  for (let i = 1; i < at.length; i++)
    at[i] = Math.max(at[i], at[i - 1] + LABEL);
  for (let i = at.length - 1; i >= 0; i--)
    at[i] = Math.min(at[i], i === at.length - 1 ? high : at[i + 1] - LABEL);
  return at;
}

const middle = place => place.top + place.height / 2;

// Which root slots have something mapped below them.
function usedSlots(space) {
  const used = new Set(), root = space.levels - 1;
  for (const r of [...space.kernelRuns, ...space.userRuns])
    if (r.kind === 'leaf')
      for (let s = space.index(r.start, root); s <= space.index(r.end - 1n, root); s++)
        used.add(s);
  return used;
}

function block(place, className, id, open) {
  const style = `top:${place.top}px;height:${Math.max(place.height, 2)}px`;
  return el('div.block.' + className, {style, 'data-window': id, onclick: id && (() => open(id))});
}

function bar(space, places, open) {
  const column = el('div.bar', {'aria-hidden': 'true'});
  const put = (what, top, height, ...inside) =>
    column.append(el(what, {style: `top:${top}px;height:${height}px`}, ...inside));
  put('div.ground.enlarged', 0, places.enlargedEnd);
  put('div.ground', places.kernelTop, 256 * SLOT);
  put('div.ground', places.userTop, 256 * SLOT);
  put('div.funnel', places.enlargedEnd, FUNNEL);
  put('div.break', places.userTop - BREAK, BREAK, wave(BAR, BREAK));
  for (const w of space.windows) {
    const place = places.windows.get(w.id);
    if (place && w.name !== 'hole')
      column.append(block(place, tint(w.name), w.id, open));
  }
  column.append(block(places.sliver, 'tint-image', undefined, open));
  for (const slot of usedSlots(space))
    if (slot < places.firstOfImage(space))
      put('div.used', places.slotTop(slot), Math.max(2, SLOT));
  return column;
}

// Two waves: what lies between them is left out of the drawing.
function wave(width, height) {
  const line = y => svg('path', {d: `M0 ${y} q 5 -7 10 0` + ' t 10 0'.repeat(width / 10 - 1)});
  return svg('svg', {width, height}, line(height / 3), line(height * 2 / 3));
}

function leaders(height, from, to, mirrored) {
  const picture = svg('svg', {class: 'leaders', width: GUTTER, height, 'aria-hidden': 'true'});
  from.forEach((y, i) => {
    const points = [[1, y], [7, y], [GUTTER - 7, to[i]], [GUTTER - 1, to[i]]];
    picture.append(svg('polyline', {
      points: points.map(([x, at]) => `${mirrored ? GUTTER - x : x},${at}`).join(' ')}));
  });
  return picture;
}

// What is written in the middle, once for both sides; windows that open are buttons.
function middleLabel(item, y, open) {
  const style = `top:${y - LABEL / 2}px;height:${LABEL}px`;
  const content = [el('b', {}, item.name), el('span', {}, item.note)];
  return item.id
    ? el('button.label', {style, type: 'button', 'aria-controls': 'panel-' + item.id,
                          'data-window': item.id, onclick: () => open(item.id)}, content)
    : el('div.label', {style}, content);
}

function outerLabel(content, y) {
  return el('div.label', {style: `top:${y - LABEL / 2}px;height:${LABEL}px`}, content);
}

// The lines of the picture, from the top: windows, and the addresses that are none.
function items(left, right, places) {
  const list = [];
  for (const w of left.windows) {
    const place = places.windows.get(w.id), other = right.windows.find(o => o.id === w.id);
    if (!place || w.name === 'hole' && place.height < LABEL / 3)
      continue;
    list.push({id: w.name === 'hole' ? undefined : w.id, name: w.name, y: middle(place),
               note: slotNote(w, other),
               sides: [left, right].map(s => s.windows.find(o => o.id === w.id))});
  }
  list.push({name: 'not canonical', note: 'no such addresses', y: places.userTop - BREAK / 2,
             sizes: [left, right].map(noncanonical)});
  return list.sort((a, b) => a.y - b.y);
}

// How much of the 64-bit numbers is no address.
function noncanonical(space) {
  return `16 EiB \u2212 ${size(1n << BigInt(space.vaBits))}`;
}

function slotNote(w, other) {
  const here = slots(w), there = other ? slots(other) : here;
  const word = w.first === w.last ? 'slot ' : 'slots ';
  return word + (here === there ? here : `${here} | ${there}`);
}

function drawing(left, right, open) {
  const places = new Places(left), list = items(left, right, places);
  const from = list.map(item => item.y), to = spread(from, LABEL / 2, places.height - LABEL / 2);
  const outer = side => el('div.outer', {}, list.map((item, i) => {
    const w = item.sides?.[side];
    const content = w ? [address(w.start), el('span.size', {}, size(w.end - w.start))]
      : item.sizes ? [el('span.size', {}, item.sizes[side])] : [];
    return outerLabel(content, to[i]);
  }));
  const line = mirrored => leaders(places.height, from, to, mirrored);
  return el('div.picture', {style: `height:${places.height}px`},
    outer(0), line(true), bar(left, places, open), line(false),
    el('div.middle', {}, list.map((item, i) => middleLabel(item, to[i], open))),
    line(true), bar(right, new Places(right), open), line(false), outer(1));
}
