// SPDX-License-Identifier: MIT
// The windows as a list, each a row that opens: to what is mapped in it, or to a program's areas.

const ROWS = 12; // of a table that could be long; a button shows the others

const MEANINGS = {
  'user': 'The program probe: its areas, and in each of them the objects that it named.',
  'direct-map': 'All of memory: an address less the start of the window is the physical address.',
  'vmalloc': 'Contiguous here, scattered in memory: kernel stacks, device registers. All its ' +
             'entries in the root are made at boot: every process sees what is mapped later.',
  'vmemmap': 'One array: struct page[pfn].',
  'shadow': 'Kept free for a kernel that checks its own accesses.',
  'kernel-text': 'The kernel\u2019s code: may be read and executed.',
  'kernel-rodata': 'The kernel\u2019s constants: may only be read.',
  'kernel-data': 'The kernel\u2019s variables: may be read and written, never executed.',
  'fixmap': 'Addresses known when the kernel is built, for what is mapped before any allocator ' +
            'works.',
};

function addressButton(number, walkTo) {
  const walk = () => walkTo(number);
  return el('button.go', {type: 'button', title: 'walk to this address', onclick: walk},
            address(number));
}

// --- the mappings of a window

function flagsText(prot) {
  return el('code.flags', {title: flagWords(prot).join(', ')}, prot);
}

function mappingRow(r, walkTo) {
  const pages = `${grouped(r.count)} \u00d7 ${pageSize(r.level)}`;
  const place = r.kind === 'leaf' ? hex(r.target) + (r.straight ? '' : ' \u2026') : r.kind;
  return el('tr', {'data-start': hex(r.start, 16)},
    el('td', {}, addressButton(r.start, walkTo)),
    el('td.number', {}, size(r.end - r.start)), el('td.number', {}, pages),
    el('td.number', {}, el('code', {}, place)), el('td', {}, flagsText(r.prot)));
}

function mappingTable(space, w, walkTo) {
  const rows = space.mappings(w.inside, w.start, w.end);
  if (!rows.length)
    return el('p.none', {}, 'Nothing is mapped here.');
  const body = el('tbody', {}, rows.slice(0, ROWS).map(r => mappingRow(r, walkTo)));
  const more = rows.length > ROWS ? el('button.more', {type: 'button', onclick: () => {
    body.append(...rows.slice(ROWS).map(r => mappingRow(r, walkTo)));
    more.remove();
  }}, `${rows.length - ROWS} more`) : null;
  const head = ['address', 'size', 'pages', 'physical', 'flags'].map((word, i) =>
    el(i && i < 4 ? 'th.number' : 'th', {scope: 'col'}, word));
  return [el('table.mappings', {'aria-label': `${w.name} on ${title(space)}`},
             el('thead', {}, el('tr', {}, head)), body), more];
}

// --- a program's areas

// The roles of both programs in one order, from the top.
function roles(left, right) {
  const order = left.areas.map(a => a.role);
  right.areas.forEach((a, i) => {
    if (!order.includes(a.role))
      order.splice(i ? order.indexOf(right.areas[i - 1].role) + 1 : 0, 0, a.role);
  });
  return order.reverse();
}

function objectButton(space, object, walkTo) {
  const walk = () => walkTo(object.address);
  return el('button.chip', {type: 'button', 'data-object': object.name, onclick: walk},
            object.name, el('code', {}, hex(object.address)));
}

function areaCell(space, area, walkTo) {
  if (!area)
    return el('div.cell.empty', {}, 'none');
  const inside = space.objects.filter(o => area.start <= o.address && o.address < area.end ||
                                           o.name === 'brk' && o.address === area.end);
  inside.sort((a, b) => a.address < b.address ? 1 : -1);
  const bytes = size(area.end - area.start);
  return el('div.cell', {'data-start': hex(area.start, 16), 'data-end': hex(area.end, 16)},
    el('div.facts', {},
      addressButton(area.start, walkTo),
      el('span.number', {}, bytes), el('code.flags', {}, area.prot),
      el('span.resident', {}, `${size(area.resident)} in memory`)),
    inside.length ? el('div.chips', {}, inside.map(o => objectButton(space, o, walkTo))) : null);
}

// The gap above an area on one side: to the area above it, or to the end of the user half.
function gapAbove(space, role) {
  const i = space.areas.findIndex(a => a.role === role);
  if (i < 0)
    return undefined;
  const above = i + 1 < space.areas.length ? space.areas[i + 1].start : space.window('user').end;
  return above - space.areas[i].end;
}

function gapRow(sizes, word = 'gap') {
  const [left, right] = sizes.map(bytes => el('span', {}, bytes ? size(bytes) : ''));
  return el('div.gap', {}, left, el('span.role', {}, word), right);
}

function areaList(left, right, go) {
  const rows = [];
  for (const role of roles(left, right)) {
    const gaps = [left, right].map(space => gapAbove(space, role));
    if (gaps.some(bytes => bytes))
      rows.push(gapRow(gaps, rows.length ? 'gap' : 'up to the end of the user half'));
    const [one, other] = [left, right].map((space, i) =>
      areaCell(space, space.areas.find(a => a.role === role), go(i)));
    rows.push(el('div.area', {'data-role': role}, one, el('div.role', {}, role), other));
  }
  rows.push(gapRow([left, right].map(s => s.areas[0].start), 'nothing at address 0'));
  return el('div.areas', {}, rows);
}

// --- rows

function sideSummary(space, w) {
  if (!w)
    return el('span.summary', {}, 'none');
  const rest = w.name === 'user' ? [el('span.areas-count', {}, `${space.areas.length} areas`)]
    : [el('code.pages', {}, w.pages), el('code.flags', {}, w.prot)];
  const bytes = el('span.number', {}, size(w.end - w.start));
  return el('span.summary', {}, address(w.start), bytes, rest);
}

function openableRow(spaces, id, name, pair, panel) {
  const note = slotNote(pair[0] ?? pair[1], pair[1] ?? pair[0]);
  const button = el('button.row-head',
    {type: 'button', 'aria-expanded': 'false', 'aria-controls': 'panel-' + id},
    sideSummary(spaces[0], pair[0]), el('span.name', {}, el('b', {}, name), el('span', {}, note)), 
    sideSummary(spaces[1], pair[1]));
  return el('div.row.' + tint(name), {'data-window': id, id: 'row-' + id},
    el('h3', {}, button), el('div.panel', {id: 'panel-' + id, hidden: true}, panel));
}

function holeRow(sizes, name, note) {
  return el('div.hole-row', {}, el('span', {}, sizes[0]),
    el('span.name', {}, name, note ? el('span', {}, note) : null), el('span', {}, sizes[1]));
}

function windowRow(w, left, right, go) {
  const pair = [left, right].map(space => space.windows.find(o => o.id === w.id));
  if (w.name === 'hole')
    return holeRow(pair.map(o => size(o.end - o.start)), 'hole', slotNote(...pair));
  const meaning = el('p.meaning', {}, MEANINGS[w.name] ?? '');
  const content = w.name === 'user' ? areaList(left, right, go)
    : el('div.sides', {}, [left, right].map((space, i) =>
        el('div', {'data-side': i ? 'right' : 'left'},
           pair[i] ? mappingTable(space, pair[i], go(i)) : null)));
  return openableRow([left, right], w.id, w.name, pair, [meaning, content]);
}

// `go(i)` is what walks to an address of side i.
function ledger(left, right, go) {
  const rows = [];
  for (const w of [...left.windows].reverse()) {
    if (w.name === 'user')
      rows.push(holeRow([left, right].map(noncanonical), 'not canonical'));
    rows.push(windowRow(w, left, right, go));
  }
  return rows;
}
