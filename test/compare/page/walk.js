// SPDX-License-Identifier: MIT
// A walk through the page tables, drawn: the address cut into its indices, and on each level the
// entry, bit by bit. Both sides share one grid, so that the same level stands on the same line.

// The kernel's words for the nine places of a flags string.
function flagWords(prot) {
  return content.flags.filter((word, i) => prot[i] !== '-' && prot[i] !== undefined);
}

// --- the address

function bits(number, high, low) {
  let text = '';
  for (let i = high; i >= low; i--)
    text += number >> BigInt(i) & 1n;
  return text;
}

function splitPart(number, high, low, className, words) {
  const digits = [...bits(number, high, low)].map(bit => el('i', {}, bit));
  return el('div.part.' + className, {style: `--bits:${high - low + 1}`},
    el('div.positions', {}, el('span', {}, String(high)), el('span', {}, String(low))),
    el('div.digits', {}, digits), el('div.words', {}, words));
}

// 64 bits: the copies of the sign, an index for each level, the offset.
function split(space, number) {
  const parts = [];
  if (space.vaBits < 64) {
    const ok = space.canonical(number), top = space.vaBits - 1;
    const words = ok ? (top < 50 ? `copies of bit ${top}` : `= bit ${top}`) : `\u2260 bit ${top}`;
    parts.push(splitPart(number, 63, space.vaBits, ok ? 'sign' : 'sign.wrong', words));
  }
  for (let level = space.levels - 1; level >= 0; level--) {
    const low = Number(space.shift(level));
    parts.push(splitPart(number, low + 8, low, 'level-' + level,
      [el('b', {'data-index': level}, String(space.index(number, level))), ` L${level}`]));
  }
  const offset = el('b', {}, '0x' + hex(number & 4095n));
  parts.push(splitPart(number, 11, 0, 'offset', [offset, ' offset']));
  return el('div.split', {role: 'img', 'aria-label': splitText(space, number)}, parts);
}

function splitText(space, number) {
  const indices = [];
  for (let level = space.levels - 1; level >= 0; level--)
    indices.push(`level ${level}: ${space.index(number, level)}`);
  return `indices: ${indices.join(', ')}; offset 0x${hex(number & 4095n)}`;
}

// --- an entry

// The 64 bits as fields from bit 63 down; bits without a name are one field each run.
function entryFields(space, kind) {
  const fields = [];
  let next = 63;
  for (const [name, low, high] of [...space.fieldsOf(kind)].sort((a, b) => b[1] - a[1])) {
    if (high < next)
      fields.push({name: '', low: high + 1, high: next});
    fields.push({name, low, high});
    next = low - 1;
  }
  if (next >= 0)
    fields.push({name: '', low: 0, high: next});
  return fields;
}

function fieldBox(entry, field, wide) {
  const width = field.high - field.low + 1;
  const value = entry >> BigInt(field.low) & (1n << BigInt(width)) - 1n;
  const classes =
    ['field', value && 'set', !field.name && 'unnamed', wide && 'wide'].filter(Boolean);
  const shown = wide || width > 8 ? '0x' + hex(value) : bits(value, width - 1, 0);
  const where = width > 1 ? `${field.high}\u2013${field.low}` : `${field.low}`;
  return el('div.' + classes.join('.'), {'data-field': field.name, 'data-low': field.low},
    el('span.field-name', {}, field.name || '\u00a0'), el('span.field-value', {}, shown),
    el('span.field-bits', {}, where));
}

function entryPicture(space, step) {
  const kind = step.kind === 'leaf' ? 'leaf' : 'table', wide = space.addressField(kind);
  return el('div.fields', {}, entryFields(space, kind).map(field =>
    fieldBox(step.entry, field, field.low === wide[1] && field.name === wide[0])));
}

// --- a level

function consequence(space, step) {
  if (step.kind === 'table')
    return ['the next table is at ', el('code', {}, '0x' + hex(step.target))];
  if (step.kind === 'leaf')
    return [`a page of ${pageSize(step.level)} at `, el('code', {}, '0x' + hex(step.target))];
  return [step.kind === 'soft' ? 'kept by the kernel, not present for the hardware'
    : 'absent: the walk ends here'];
}

function levelCard(space, step) {
  const root = step.level === space.levels - 1 ? ', the root' : '';
  const where = step.table + BigInt(step.index) * 8n;
  const words = step.kind === 'leaf' ? el('span.words', {'data-flags': step.prot},
    flagWords(step.prot).map(word => el('span.flag', {}, word))) : null;
  return el(`article.card.level-${step.level}`, {'data-level': step.level, 'data-kind': step.kind},
    el('header', {}, el('h4', {}, `Level ${step.level}${root}`),
      el('span', {}, 'table ', el('code.table', {}, '0x' + hex(step.table)), ', entry ',
        el('b.index', {}, String(step.index)), ' at ', el('code', {}, '0x' + hex(where)))),
    el('div.entry', {}, el('code.hex', {}, '0x' + hex(step.entry, 16)),
      el('span.kind', {}, consequence(space, step))),
    step.kind === 'absent' ? null : entryPicture(space, step), words);
}

function noLevel(space, level, walk) {
  const reason = level >= space.levels ? `${space.name} has no level ${level}`
    : walk.end === 'not canonical' ? 'not walked'
    : walk.end === 'leaf' ? 'not needed: the page is mapped above' : 'not reached';
  return el('div.card.missing', {'data-level': level}, reason);
}

// --- the end

function alias(space, physical, walkTo) {
  const at = space.fact('page_offset') + physical, found = space.walk(at);
  if (found.physical !== physical)
    return null;
  return el('p', {}, 'The same byte in the direct map: ',
    el('button.go', {type: 'button', onclick: () => walkTo(at)}, address(at)));
}

function ending(space, number, walk, walkTo) {
  const last = walk.steps[walk.steps.length - 1];
  if (walk.end === 'leaf') {
    const offset = walk.physical - last.target;
    const direct = walk.physical + space.fact('page_offset') === number;
    return [el('p.result', {}, 'physical ', el('code.physical', {}, '0x' + hex(walk.physical))),
      el('p', {}, `page 0x${hex(last.target)} + offset 0x${hex(offset)}`),
      direct ? null : alias(space, walk.physical, walkTo)];
  }
  const top = space.vaBits - 1;
  const why = {
    'absent': last && `Level ${last.level}, entry ${last.index} is empty: a page fault.`,
    'soft': last && `The entry on level ${last.level} is not zero, but not present for the ` +
            'hardware: a page that the kernel keeps although the program may not touch it ' +
            '(PROT_NONE). A page fault.',
    'not canonical': `Bits 63 to ${top + 1} are not all equal to bit ${top}: the hardware ` +
                     'refuses the address before any table is looked at.',
  }[walk.end];
  return [el('p.result', {}, walk.end), el('p', {}, why)];
}

function placeText(place) {
  if (place.kind === 'number')
    return 'no address of this format';
  if (place.kind === 'slot')
    return `root slot ${place.name}, in no window or area`;
  const sign = place.offset < 0n ? '\u2212' : '+';
  const amount = place.offset < 0n ? -place.offset : place.offset;
  const name = place.kind === 'area' ? `area ${place.name}` : place.name;
  const from = place.kind === 'area' && place.offset < 0n ? 'end of ' : '';
  return amount ? `${from}${name} ${sign} 0x${hex(amount)}` : name;
}

// The same in a sentence, for those who listen.
function walkText(space, number) {
  if (number === undefined)
    return `${space.name}: no such object.`;
  const walk = space.walk(number);
  return `${space.name}: 0x${hex(number)}, ${placeText(space.locate(number))}: ` +
    (walk.end === 'leaf' ? `physical 0x${hex(walk.physical)}.` : `${walk.end}.`);
}

// The grid: a line for what the address is, its split, each level, the end. `numbers` may hold
// undefined for a side that has no such thing.
function walkView(spaces, numbers, walkTo) {
  const highest = Math.max(...spaces.map(space => space.levels)) - 1;
  const walks = spaces.map((space, i) => numbers[i] === undefined ? null : space.walk(numbers[i]));
  const cells = [];
  const line = make => spaces.forEach((space, i) => {
    const content = walks[i] ? make(space, numbers[i], walks[i], i) : '';
    cells.push(el('div', {'data-side': i ? 'right' : 'left'}, content));
  });
  line((space, number) => el('p.place', {}, placeText(space.locate(number))));
  line((space, number) => split(space, number));
  for (let level = highest; level >= 0; level--)
    line((space, number, walk) => {
      const step = walk.steps.find(one => one.level === level);
      return step ? levelCard(space, step) : noLevel(space, level, walk);
    });
  line((space, number, walk, i) => el('div.end', {'data-end': walk.end},
    ending(space, number, walk, address => walkTo(i, address))));
  return cells;
}
