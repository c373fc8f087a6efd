// SPDX-License-Identifier: MIT
// What is chosen, and what happens when something is clicked.

const content = JSON.parse(byId('data').textContent);
const spaces = content.formats.map(data => new Space(data));
const SIDES = ['left', 'right'];
const state = {
  shown: content.chosen.map(key => spaces.find(space => space.key === key)),
  numbers: [0n, 0n],
  source: 0, // the side whose address was chosen last; the other one follows
  find: undefined, // how both sides find theirs, when that was chosen by an example
  open: new Set(),
};

const sameObject = () => byId('same-object').checked;

// --- choosing formats

function fillSelectors() {
  SIDES.forEach((side, i) => {
    const select = byId('format-' + side);
    for (const space of spaces)
      select.append(el('option', {value: space.key, selected: space === state.shown[i]},
                       title(space)));
    select.addEventListener('change', () => choose(i, select.value));
  });
}

function choose(i, key) {
  const old = state.shown[i], space = spaces.find(one => one.key === key);
  state.shown[i] = space;
  if (i === state.source && sameObject()) {
    const number = state.find ? state.find(space) : space.find(old.locate(state.numbers[i]));
    state.numbers[i] = number ?? state.numbers[i];
  }
  render();
}

function factsLine(space) {
  const slot = size(space.fact('root_slot_size'));
  return [`${space.levels} levels`, `${space.vaBits}-bit virtual`,
          `${space.facts.pa_bits}-bit physical`, `a root slot is ${slot}`].join(' \u00b7 ');
}

// --- windows

function open(id, on = !state.open.has(id), show = false) {
  state.open[on ? 'add' : 'delete'](id);
  showOpen(id);
  if (on && show)
    byId('row-' + id).scrollIntoView({block: 'start', behavior: scrolling()});
}

function scrolling() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
}

function showOpen(id) {
  const row = byId('row-' + id), on = state.open.has(id);
  row.querySelector('.row-head').setAttribute('aria-expanded', on);
  row.classList.toggle('open', on);
  byId('panel-' + id).hidden = !on;
}

// The same window is lit on both sides and in the middle.
function light(event) {
  const id = event.target.closest('[data-window]')?.dataset.window;
  for (const element of document.querySelectorAll('#picture [data-window]'))
    element.classList.toggle('lit', element.dataset.window === id);
}

// --- walking

// Shows the walk to an address of one side, and to the same object, or number, on the other.
function walkTo(i, number, show = true, find = undefined) {
  state.source = i;
  state.find = find;
  state.numbers[i] = number;
  renderWalk();
  if (show)
    byId('walk').scrollIntoView({block: 'start', behavior: scrolling()});
}

function follow() {
  const i = state.source, other = 1 - i, find = state.find;
  if (!sameObject())
    state.numbers[other] = state.numbers[i];
  else if (find)
    state.numbers[other] = find(state.shown[other]);
  else
    state.numbers[other] = state.shown[other].find(state.shown[i].locate(state.numbers[i]));
}

function renderWalk() {
  follow();
  SIDES.forEach((side, i) => {
    const number = state.numbers[i], input = byId('address-' + side);
    input.value = number === undefined ? '' : '0x' + hex(number, 16);
    complain(i, number === undefined ? `There is no such object on ${title(state.shown[i])}.` : '');
  });
  const said = state.shown.map((space, i) => walkText(space, state.numbers[i]));
  byId('walk-said').textContent = said.join(' ');
  byId('walk-view').replaceChildren(...walkView(state.shown, state.numbers, walkTo));
}

// What is wrong with a typed address, in words; '' when nothing is.
function objection(text) {
  const digits = text.replace(/^0x/i, '');
  if (!digits)
    return 'Type an address: up to 16 hexadecimal digits.';
  const wrong = digits.match(/[^0-9a-f]/i);
  if (wrong)
    return `\u201c${wrong[0]}\u201d is not a hexadecimal digit: those are 0\u20139 and a\u2013f.`;
  if (digits.replace(/^0+/, '').length > 16)
    return `${digits.length} digits are too many: an address has 64 bits, 16 hexadecimal digits.`;
  return '';
}

function complain(i, text) {
  const input = byId('address-' + SIDES[i]);
  byId('error-' + SIDES[i]).textContent = text;
  input.setAttribute('aria-invalid', text !== '');
}

function typed(i) {
  const text = byId('address-' + SIDES[i]).value.replace(/[\s_]/g, '');
  const wrong = objection(text);
  complain(i, wrong);
  if (!wrong)
    walkTo(i, big(text.replace(/^0x/i, '')), false);
}

// --- examples: each finds its address on the side that was used last

const firstMapped = name => space =>
  space.mappings(space.kernelRuns, space.window(name).start, space.window(name).end)[0]?.start;
const EXAMPLES = [
  ['direct map', firstMapped('direct-map')],
  ['vmalloc', firstMapped('vmalloc')],
  ['vmemmap', firstMapped('vmemmap')],
  ['kernel text', firstMapped('kernel-text')],
  ['kernel data', firstMapped('kernel-data')],
];
const ENDINGS = [
  ['a hole', space => space.windows.find(w => w.name === 'hole').start],
  ['address 0', () => 0n],
  ['not canonical', space => 1n << BigInt(space.vaBits)],
];

function exampleButton([name, find]) {
  return el('button.chip', {type: 'button', 'data-example': name, onclick: () => {
    const number = find(state.shown[state.source]);
    if (number !== undefined)
      walkTo(state.source, number, false, find);
  }}, name);
}

function renderExamples() {
  const objects = state.shown[state.source].objects.map(o =>
    [o.name, space => space.objects.find(one => one.name === o.name)?.address]);
  const group = (words, list) =>
    el('div.group', {}, el('span', {}, words), list.map(exampleButton));
  byId('examples').replaceChildren(group('the program', objects), group('the kernel', EXAMPLES),
                                   group('no page', ENDINGS));
}

// --- numbers

const plain = value => /^0x/.test(value) ? el('code', {}, value) : value;

// A row: the left side's value, what it is, the right side's. A cost has a bar, too.
function mirrored(name, values, show = plain, cost = false) {
  const most = Math.max(...values.map(Number));
  const share = value => cost ? {style: `--share:${Number(value ?? 0) / most}`} : {};
  const cell = (value, side) => el(`td.${side}` + (cost ? '.cost' : ''), share(value),
                                   value === undefined ? '\u2013' : show(value));
  return el('tr', {'data-name': name}, cell(values[0], 'left'), el('th', {scope: 'row'}, name),
            cell(values[1], 'right'));
}

function numbersTable(caption, rows) {
  return el('table.numbers', {}, el('caption', {}, caption), el('tbody', {}, rows));
}

const fromFacts = (names, show) => names.map(([name, fact]) =>
  mirrored(name, state.shown.map(space => space.facts[fact]), show));

function tableCounts(runs) {
  const counts = state.shown.map(space => space.count(runs(space)));
  const rows = [];
  for (let level = Math.max(...counts.map(list => list.length)) - 1; level >= 0; level--)
    rows.push(mirrored(`level ${level}`, counts.map(list => list[level]), at =>
      `${grouped(at.pages)} table${at.pages === 1 ? '' : 's'} \u00b7 entries: ` +
      `${grouped(at.table)} to tables, ${grouped(at.leaf)} to pages` +
      (at.soft ? `, ${at.soft} kept` : '')));
  return rows;
}

function benchRows() {
  const names = state.shown[0].bench.map(([name, , what]) => [name, what]);
  return names.map(([name, what]) => mirrored(what, state.shown.map(space =>
    space.bench.find(row => row[0] === name)?.[1]), grouped, true));
}

function renderNumbers() {
  const bytes = value => `${grouped(value)} bytes`;
  byId('numbers-view').replaceChildren(
    numbersTable('Format', fromFacts([['machine', 'machine'], ['levels', 'levels'],
      ['bits of a virtual address', 'va_bits'], ['bits of a physical address', 'pa_bits'],
      ['TASK_SIZE', 'task_size'], ['PAGE_OFFSET', 'page_offset'],
      ['physical base of the kernel', 'kernel_phys_base']], String)),
    numbersTable('Structures', fromFacts([['struct page', 'sizeof_page'],
      ['vm_area_struct', 'sizeof_vm_area_struct'], ['mm_struct', 'sizeof_mm_struct'],
      ['task_struct', 'sizeof_task_struct']], bytes)),
    numbersTable('Kernel image', fromFacts([['text', 'image_text'], ['rodata', 'image_rodata'],
      ['data', 'image_data'], ['bss', 'image_bss']], bytes)),
    numbersTable('Cost in guest instructions', benchRows()),
    numbersTable('The kernel\u2019s page tables', tableCounts(space => space.kernelRuns)),
    numbersTable('The program\u2019s page tables', tableCounts(space => space.userRuns)));
}

// --- all of it

function render() {
  SIDES.forEach((side, i) => byId('facts-' + side).textContent = factsLine(state.shown[i]));
  byId('picture').replaceChildren(drawing(...state.shown, id => open(id, true, true)));
  byId('ledger').replaceChildren(...ledger(...state.shown, i => number => walkTo(i, number)));
  state.open.forEach(showOpen);
  renderExamples();
  renderWalk();
  renderNumbers();
}

function start() {
  fillSelectors();
  byId('picture').addEventListener('mouseover', light);
  byId('picture').addEventListener('focusin', light);
  byId('ledger').addEventListener('click', event => {
    const head = event.target.closest('.row-head');
    if (head)
      open(head.closest('.row').dataset.window);
  });
  SIDES.forEach((side, i) => {
    byId('form-' + side).addEventListener('submit', event => {
      event.preventDefault();
      typed(i);
    });
  });
  for (const id of ['same-object', 'same-number'])
    byId(id).addEventListener('change', renderWalk);
  byId('theme').addEventListener('click', () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === 'dark' ||
      !document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  });
  const first = state.shown[0].objects[0];
  state.numbers[0] = first ? first.address : state.shown[0].fact('page_offset');
  render();
}

start();
