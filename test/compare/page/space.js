// SPDX-License-Identifier: MIT
// One kernel's address space, from its transcript: walking its tables, and finding the same thing
// in another kernel's. Addresses are BigInt; nothing here knows a format but by its transcript.

const PAGE_SHIFT = 12n, INDEX_BITS = 9n, WORD = 1n << 64n;
const big = digits => BigInt('0x' + digits);
const hex = (number, width = 0) => number.toString(16).padStart(width, '0');

class Space {
  constructor(data) {
    this.key = data.key;
    this.facts = data.facts;
    this.name = data.facts.format;
    this.machine = data.facts.machine;
    this.levels = Number(data.facts.levels);
    this.vaBits = Number(data.facts.va_bits);
    this.fields = data.fields;
    this.pagemap = data.pagemap;
    this.bench = data.bench;
    this.windows = data.windows.map(w => ({...w, start: big(w.start), end: big(w.end)}));
    this.areas = data.areas.map(a => ({...a, start: big(a.start), end: big(a.end)}));
    this.objects = data.objects.map(o => ({...o, address: big(o.address)}));
    this.kernelRuns = data.kernel.map(row => this.run(row));
    this.userRuns = data.user.map(row => this.run(row));
    this.numberHoles();
  }

  // A number among the facts.
  fact(name) {
    return BigInt(this.facts[name]);
  }

  run([start, level, kind, entry, step, count, table, prot]) {
    const from = big(start);
    return {start: from, end: from + BigInt(count) * this.entrySize(level), level, kind,
            entry: big(entry), step: big(step), count, table: big(table), prot};
  }

  // Holes share a name: their ids do not.
  numberHoles() {
    const seen = {};
    for (const w of this.windows) {
      seen[w.name] = (seen[w.name] ?? 0) + 1;
      w.id = w.name + (seen[w.name] > 1 ? '-' + seen[w.name] : '');
      w.inside = w.start >> 63n ? this.kernelRuns : this.userRuns;
    }
  }

  // --- addresses

  shift(level) {
    return PAGE_SHIFT + INDEX_BITS * BigInt(level);
  }

  entrySize(level) {
    return 1n << this.shift(level);
  }

  index(address, level) {
    return Number(address >> this.shift(level) & 511n);
  }

  canonical(address) {
    const upper = address >> BigInt(this.vaBits - 1);
    return upper === 0n || upper === (1n << BigInt(65 - this.vaBits)) - 1n;
  }

  slotAddress(slot) {
    const low = BigInt(slot) << this.shift(this.levels - 1);
    return slot < 256 ? low : low | WORD - (1n << BigInt(this.vaBits));
  }

  // --- page tables

  fieldsOf(kind) {
    return this.fields[kind === 'leaf' ? 'leaf' : 'table'];
  }

  // The physical address in an entry: its widest field, as a page number.
  target(kind, entry, level) {
    const [, low, high] = this.addressField(kind);
    const address = (entry >> BigInt(low) & (2n << BigInt(high - low)) - 1n) << PAGE_SHIFT;
    return kind === 'leaf' ? address & ~(this.entrySize(level) - 1n) : address;
  }

  addressField(kind) {
    return this.fieldsOf(kind).reduce((a, b) => b[2] - b[1] > a[2] - a[1] ? b : a);
  }

  // {steps, end, physical}: what each level holds, and how the walk ends: 'leaf', 'absent', 'soft'
  // or 'not canonical'.
  walk(address) {
    if (!this.canonical(address))
      return {steps: [], end: 'not canonical'};
    const runs = address >> 63n ? this.kernelRuns : this.userRuns;
    const steps = [];
    let table = runs.find(r => r.level === this.levels - 1)?.table;
    for (let level = this.levels - 1; level >= 0; level--) {
      const step = this.step(runs, address, level, table);
      steps.push(step);
      if (step.kind !== 'table')
        return {steps, end: step.kind, physical: this.physical(address, step)};
      table = step.target;
    }
    return {steps, end: 'absent'};
  }

  step(runs, address, level, table) {
    const index = this.index(address, level);
    const r = runs.find(one => one.level === level && one.start <= address && address < one.end);
    if (!r)
      return {level, index, table, kind: 'absent', entry: 0n, prot: '-'};
    const ahead = (address - r.start) / this.entrySize(level);
    const entry = (r.entry + ahead * r.step) % WORD;
    const target = r.kind === 'soft' ? undefined : this.target(r.kind, entry, level);
    return {level, index, table, kind: r.kind, entry, prot: r.prot, target};
  }

  physical(address, step) {
    return step.kind === 'leaf'
      ? step.target + (address & this.entrySize(step.level) - 1n) : undefined;
  }

  // What is mapped in [start, end), with neighbours joined that differ only in their table.
  mappings(runs, start, end) {
    const joined = [];
    for (const r of runs) {
      if (r.kind === 'table' || r.end <= start || r.start >= end)
        continue;
      const target = r.kind === 'leaf' ? this.target('leaf', r.entry, r.level) : undefined;
      const straight = r.kind === 'leaf' && this.straight(r), last = joined[joined.length - 1];
      if (last && straight && this.continues(last, r, target)) {
        last.end = r.end;
        last.count += r.count;
      } else {
        joined.push({...r, target, straight});
      }
    }
    return joined;
  }

  continues(last, r, target) {
    return last.straight && last.end === r.start && last.level === r.level &&
      last.prot === r.prot && target === last.target + last.end - last.start;
  }

  // Whether the pages of a run follow each other upward in memory.
  straight(r) {
    const [, low] = this.addressField('leaf');
    const page = BigInt(low) + INDEX_BITS * BigInt(r.level);
    return r.count === 1 || r.step === 1n << page;
  }

  // For each level from the root down: table pages, and entries by kind.
  count(runs) {
    const levels = [];
    for (let level = 0; level < this.levels; level++)
      levels.push({pages: level === this.levels - 1 ? 1 : 0, table: 0, leaf: 0, soft: 0});
    for (const r of runs) {
      levels[r.level][r.kind] += r.count;
      if (r.kind === 'table')
        levels[r.level - 1].pages++;
    }
    return levels;
  }

  // --- the same thing elsewhere

  // What lies at an address, said without the address: an object, an area, a window, or a slot.
  locate(address) {
    if (!this.canonical(address))
      return {kind: 'number', address};
    for (const o of this.objects)
      if (o.address <= address && address < o.address + BigInt(o.size || 1))
        return {kind: 'object', name: o.name, offset: address - o.address};
    for (const a of this.areas)
      if (a.start <= address && address < a.end)
        return {kind: 'area', name: a.role, offset: address - this.anchor(a)};
    for (const w of this.windows)
      if (w.id !== 'user' && w.start <= address && address < w.end)
        return {kind: 'window', name: w.id, offset: address - this.origin(w)};
    const root = this.levels - 1, slot = this.index(address, root);
    return {kind: 'slot', name: String(slot), offset: address - this.slotAddress(slot)};
  }

  // The address of what locate() found, or undefined where there is no such thing.
  find(place) {
    if (place.kind === 'number')
      return place.address;
    let base;
    if (place.kind === 'object')
      base = this.objects.find(o => o.name === place.name)?.address;
    else if (place.kind === 'area')
      base = this.anchor(this.areas.find(a => a.role === place.name));
    else if (place.kind === 'window')
      base = this.origin(this.windows.find(w => w.id === place.name));
    else
      return this.slotAddress(Number(place.name)) + place.offset % this.entrySize(this.levels - 1);
    return base === undefined ? undefined : (base + place.offset + WORD) % WORD;
  }

  // A stack is measured from its end, which stays where it is.
  anchor(area) {
    return area?.role === 'stack' ? area.end : area?.start;
  }

  // Where memory begins differs from machine to machine: the windows that show memory page by page
  // are measured from the page in which the kernel's image would begin at offset 0.
  origin(window) {
    if (!window)
      return undefined;
    const base = this.fact('kernel_phys_base');
    if (window.name === 'direct-map')
      return window.start + base;
    if (window.name === 'vmemmap')
      return window.start + (base >> PAGE_SHIFT) * this.fact('sizeof_page');
    return window.start;
  }

  window(name) {
    return this.windows.find(w => w.name === name);
  }
}
