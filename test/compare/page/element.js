// SPDX-License-Identifier: MIT
// Making elements, and the words and numbers that are written everywhere.

// el('button.name', {onclick}, children): text and elements; nothing for null.
function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length)
    element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : value);
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const byId = id => document.getElementById(id);

// Sixteen digits, with a little room in the middle that is no character.
function address(number, className = 'address') {
  const digits = hex(number, 16);
  return el('span.' + className, {}, el('span', {}, digits.slice(0, 8)), digits.slice(8));
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

// The largest unit in which it is a whole number below 1024; otherwise one with a decimal.
function size(bytes) {
  let unit = 0, rest = BigInt(bytes);
  while (rest >= 1024n && rest % 1024n === 0n) {
    rest /= 1024n;
    unit++;
  }
  if (rest < 10000n)
    return `${rest} ${UNITS[unit]}`;
  let number = Number(rest);
  while (number >= 1024) {
    number /= 1024;
    unit++;
  }
  return `${number.toFixed(1)} ${UNITS[unit]}`;
}

const grouped = number => String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');

const pageSize = level => size(1n << PAGE_SHIFT + INDEX_BITS * BigInt(level));

const MACHINES = {riscv64: 'RISC-V', x86_64: 'x86-64'};
const title = space => `${MACHINES[space.machine] ?? space.machine} ${space.name}`;

const slots = w => w.first === w.last ? `${w.first}` : `${w.first}\u2013${w.last}`;

// The kind of window, for its colour.
function tint(name) {
  return 'tint-' + (name.startsWith('kernel-') ? 'image' : name);
}
