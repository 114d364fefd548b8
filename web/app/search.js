// @ts-check
/** The search box of the top bar: tables by name or description, and a row by its key in the tables of the last layers. */

import { h, icon, replace } from './dom.js';
import { keyPath } from './api.js';
import { go, href } from './router.js';
import { hasLookUp, layerTitle, readableTables, store } from './store.js';

const LONGEST_LIST = 12;

/** @typedef {{label: string, detail: string, address: string}} Hit */

/** @param {string} text @returns {Hit[]} */
function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (/** @type {import('./api.js').Table} */ table) => {
    const [name, rest] = [table.name.toLowerCase(), `${table.full_name} ${table.comment ?? ''}`.toLowerCase()];
    if (!words.every((word) => name.includes(word) || rest.includes(word))) return 0;
    return words.every((word) => name.includes(word)) ? 2 : 1;
  };
  const readable = readableTables();
  const all = [...readable, ...[...store.tables.values()].filter((table) => !table.readable)];
  const tables = all
    .map((table) => ({ table, score: score(table) }))
    .filter((each) => each.score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ table }) => ({ label: table.name, detail: layerTitle(table.layer), address: href('table', [table.name]) }));
  const keyed =
    words.length === 0
      ? []
      : readable.filter((table) => hasLookUp(table) && table.primary_key.length === 1).slice(0, 3);
  const lookups = keyed.map((table) => ({
    label: text.trim(),
    detail: `Look up in ${table.name}`,
    address: href('record', [table.name, keyPath([text.trim()])]),
  }));
  return tables.length > 0 ? [...tables.slice(0, LONGEST_LIST - 1), ...lookups.slice(0, 1)] : lookups;
}

/** @returns {HTMLElement} */
export function searchBox() {
  /** @type {Hit[]} */
  let hits = [];
  let active = -1;
  const list = h('ul', { id: 'search-list', role: 'listbox', 'aria-label': 'Tables', hidden: true });
  const input = h('input', {
    id: 'search',
    type: 'search',
    placeholder: 'Find a table or a key',
    autocomplete: 'off',
    spellcheck: 'false',
    role: 'combobox',
    'aria-label': 'Find a table or a key',
    'aria-expanded': 'false',
    'aria-controls': 'search-list',
    'aria-autocomplete': 'list',
  });

  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const open = () => {
    hits = find(input.value);
    active = input.value.trim() === '' ? -1 : 0;
    draw();
  };
  const choose = (/** @type {Hit | undefined} */ hit) => {
    if (!hit) return;
    input.value = '';
    close();
    input.blur();
    go(hit.address);
  };
  const draw = () => {
    list.hidden = hits.length === 0;
    input.setAttribute('aria-expanded', String(hits.length > 0));
    replace(
      list,
      hits.map((hit, index) =>
        h(
          'li',
          {
            id: `search-${index}`,
            role: 'option',
            'aria-selected': String(index === active),
            on: {
              // Before the input loses its focus, which closes the list.
              mousedown: (/** @type {Event} */ event) => {
                event.preventDefault();
                choose(hit);
              },
            },
          },
          h('span', { class: 'hit' }, hit.label),
          h('span', { class: 'quiet' }, hit.detail),
        ),
      ),
    );
    if (active >= 0) {
      input.setAttribute('aria-activedescendant', `search-${active}`);
      list.children[active]?.scrollIntoView({ block: 'nearest' });
    } else {
      input.removeAttribute('aria-activedescendant');
    }
  };

  input.addEventListener('input', open);
  input.addEventListener('focus', open);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active = hits.length === 0 ? -1 : (active + step + hits.length) % hits.length;
      draw();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(hits[Math.max(0, active)]);
    } else if (event.key === 'Escape') {
      input.value = '';
      close();
      input.blur();
    }
  });
  return h(
    'div',
    { class: 'search', role: 'search' },
    icon('search'),
    input,
    h('kbd', { 'aria-hidden': 'true' }, '/'),
    list,
  );
}
