// @ts-check
/**
 * The changes of a table as they happen. They are kept in a short buffer and drawn a few times a second: however fast
 * they come, the page draws the newest, as many as an eye can catch, and counts the rest.
 */

import { follow, keyPath, tablePath } from './api.js';
import { announce, h, icon, onFrame, replace, setText } from './dom.js';
import { clipped, number, plain, rate, valueNode } from './format.js';
import { emptyNote, errorNote, select } from './parts.js';
import { go, href } from './router.js';
import { hasLookUp, live, readableTables, store } from './store.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {{epoch: number, kind: string, row: any, before: any}} Change */

const KINDS = /** @type {const} */ ([
  { kind: '+I', name: 'insert', sign: '+I' },
  { kind: '-U', name: 'before', sign: '−U' },
  { kind: '+U', name: 'update', sign: '+U' },
  { kind: '-D', name: 'delete', sign: '−D' },
]);
/** Changes that stay in the page. */
const LONGEST = 200;
/** Changes drawn at once, and the time between. */
const MOST_AT_ONCE = 40;
const DRAW_EVERY_MS = 200;
/** Rows of which the last version is remembered, to tell what an update changed. */
const MOST_REMEMBERED = 2000;
/** As many as a large screen has room for; the row opens to show all. */
const FIELDS_SHOWN = 12;

/**
 * @param {import('./router.js').Route} route
 * @returns {import('./main.js').View}
 */
export function changesView(route) {
  const tables = readableTables();
  const table = route.parts[0]
    ? tables.find((each) => each.name === route.parts[0] || each.full_name === route.parts[0])
    : busiest(tables);
  if (!table) {
    return {
      title: 'Changes',
      root: h(
        'div',
        { class: 'view' },
        h('h1', null, 'Changes'),
        emptyNote(
          'No changes to follow',
          route.parts[0] ? `The rows of ${route.parts[0]} are not kept here.` : 'No table is kept here.',
        ),
      ),
    };
  }
  const list = h('ol', { class: 'change-list', 'aria-label': `Changes of ${table.name}, the newest first` });
  const note = h('div');
  const state = h('p', { class: 'quiet figures change-state' });
  const waitingNote = emptyNote('Waiting for changes', 'They appear here from the next epoch on.');
  const shownKinds = new Set(KINDS.map((each) => /** @type {string} */ (each.kind)));
  /** @type {Change[]} Newest last, not drawn yet */
  let fresh = [];
  let total = 0;
  let skipped = 0;
  let paused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {number[]} */
  let perSecond = [0];
  const remembered = memory(table);

  let lastDraw = 0;
  const draw = () => {
    if (paused) return drawState();
    const due = lastDraw + DRAW_EVERY_MS - performance.now();
    if (due > 0) {
      timer ??= setTimeout(() => {
        timer = undefined;
        onFrame(draw);
      }, due);
      return;
    }
    lastDraw = performance.now();
    const matching = fresh.filter((change) => shownKinds.has(change.kind));
    skipped += Math.max(0, matching.length - MOST_AT_ONCE);
    fresh = [];
    if (matching.length > 0) {
      waitingNote.remove();
      const fragment = document.createDocumentFragment();
      for (const change of matching.slice(-MOST_AT_ONCE).reverse()) fragment.append(changeItem(table, change));
      list.prepend(fragment);
      while (list.childElementCount > LONGEST) list.lastElementChild?.remove();
    }
    drawState();
  };
  const drawState = () => {
    const lately = perSecond.length > 1 ? perSecond.slice(0, -1) : perSecond;
    const speed = lately.reduce((sum, each) => sum + each, 0) / lately.length;
    setText(
      state,
      [
        `${number(total)} since you came`,
        `${rate(speed)} a second`,
        skipped > 0 ? `${number(skipped)} too fast to show` : '',
        paused ? `paused, ${number(fresh.length)}${fresh.length >= LONGEST ? ' or more' : ''} waiting` : '',
      ]
        .filter(Boolean)
        .join(' · '),
    );
  };
  // Of a small table the rows that stand now come first: then even the first update of each can say what it changed.
  const small = (live(table.name).rows ?? Infinity) <= MOST_REMEMBERED;
  let inSnapshot = small;
  const stream = follow(`${tablePath(table.name)}/changes${small ? '?snapshot=true' : ''}`, {
    onOpen: () => replace(note),
    onRefused: (error) => replace(note, errorNote(error)),
    onEvent(event, data) {
      if (event === 'snapshot-end') inSnapshot = false;
      if (event === 'reset') {
        inSnapshot = true;
        remembered.clear();
        replace(note, h('p', { class: 'note' }, 'The server has started anew: what happened meanwhile is not shown.'));
      }
      if (event !== 'change') return;
      const before = remembered.take(data);
      if (inSnapshot) return;
      total += 1;
      perSecond[perSecond.length - 1] += 1;
      fresh.push({ ...data, before });
      if (fresh.length > 2 * LONGEST) {
        skipped += fresh.length - LONGEST;
        fresh = fresh.slice(-LONGEST);
      }
      onFrame(draw);
    },
  });
  const clock = setInterval(() => {
    perSecond.push(0);
    perSecond = perSecond.slice(-6);
    onFrame(drawState);
  }, 1000);

  const pause = h(
    'button',
    {
      type: 'button',
      class: 'button primary',
      on: {
        click: () => {
          paused = !paused;
          replace(pause, icon(paused ? 'play' : 'pause'), paused ? 'Resume' : 'Pause');
          announce(paused ? 'Paused' : 'Resumed');
          draw();
        },
      },
    },
    icon('pause'),
    'Pause',
  );
  const clear = h('button', { type: 'button', class: 'button', on: { click: () => replace(list) } }, 'Clear');
  const kinds = h(
    'div',
    { class: 'kinds', role: 'group', 'aria-label': 'Kinds shown' },
    KINDS.map(({ kind, name, sign }) => {
      const toggle = h(
        'button',
        {
          type: 'button',
          class: `kind ${name}`,
          'aria-pressed': 'true',
          on: {
            click: () => {
              if (shownKinds.has(kind)) shownKinds.delete(kind);
              else shownKinds.add(kind);
              toggle.setAttribute('aria-pressed', String(shownKinds.has(kind)));
              list.classList.toggle(`without-${name}`, !shownKinds.has(kind));
            },
          },
        },
        `${sign} ${name}`,
      );
      return toggle;
    }),
  );
  drawState();
  return {
    title: `Changes of ${table.name}`,
    root: h(
      'div',
      { class: 'view' },
      h(
        'div',
        { class: 'view-head' },
        h('h1', null, 'Changes'),
        h(
          'div',
          { class: 'view-tools' },
          select(
            'Table',
            tables.map((each) => each.name),
            table.name,
            (name) => go(href('changes', [name])),
          ),
          pause,
          clear,
        ),
      ),
      h('div', { class: 'toolbar' }, kinds, state),
      note,
      waitingNote,
      list,
    ),
    dispose() {
      stream.close();
      clearInterval(clock);
      clearTimeout(timer);
    },
  };
}

/** @param {Table[]} tables The one to show when none is named: the one where most happens, or the first */
function busiest(tables) {
  const speed = (/** @type {Table} */ table) => store.status?.tables[table.name]?.rows_per_second ?? 0;
  const views = tables.filter((table) => table.layer === 'views' && speed(table) > 0);
  return views[0] ?? tables.find((table) => speed(table) > 0) ?? tables[0];
}

/**
 * The last version of rows, by key. `take` gives the one before a change, if it is known.
 * @param {Table} table
 */
function memory(table) {
  /** @type {Map<string, any>} */
  const rows = new Map();
  return {
    clear: () => rows.clear(),
    /** @param {Change} change */
    take(change) {
      if (table.primary_key.length === 0) return null;
      const key = keyPath(table.primary_key.map((column) => change.row[column]));
      const before = rows.get(key) ?? null;
      rows.delete(key);
      if (change.kind !== '-D') rows.set(key, change.row);
      if (rows.size > MOST_REMEMBERED) rows.delete(/** @type {string} */ (rows.keys().next().value));
      return change.kind === '+U' ? before : null;
    },
  };
}

/**
 * @param {Table} table
 * @param {Change} change
 */
function changeItem(table, change) {
  const { name, sign } = KINDS.find((each) => each.kind === change.kind) ?? { name: 'insert', sign: change.kind };
  const key = table.primary_key.map((column) => change.row[column]);
  const others = table.columns.filter((column) => !table.primary_key.includes(column.name));
  const changed =
    change.before === null
      ? []
      : others.filter(({ name: column }) => plain(change.before[column]) !== plain(change.row[column]));
  const shown = (changed.length > 0 ? changed : others).slice(0, FIELDS_SHOWN);
  const summary = h(
    'summary',
    null,
    h('span', { class: `kind ${name}` }, `${sign} ${name}`),
    key.length > 0 ? h('span', { class: 'change-key' }, key.map(plain).join(', ')) : null,
    h(
      'span',
      { class: 'change-fields' },
      shown.map((column) =>
        h(
          'span',
          { class: 'change-field' },
          h('span', { class: 'quiet' }, column.name),
          ' ',
          changed.length > 0
            ? [h('span', { class: 'before' }, short(change.before[column.name], column.type)), ' → ']
            : null,
          h('span', { class: 'after' }, short(change.row[column.name], column.type)),
        ),
      ),
    ),
    h('span', { class: 'quiet epoch' }, `epoch ${number(change.epoch)}`),
  );
  const item = h('details', null, summary);
  // The whole row is made only for those who ask for it.
  item.addEventListener('toggle', () => {
    if (!item.open || item.childElementCount > 1) return;
    item.append(
      h(
        'dl',
        { class: 'whole-row' },
        table.columns.map((column) =>
          h(
            'div',
            { class: 'field' },
            h('dt', null, column.name),
            h('dd', null, valueNode(change.row[column.name], column.type)),
          ),
        ),
      ),
      hasLookUp(table)
        ? h('p', null, h('a', { href: href('record', [table.name, keyPath(key)]) }, 'Open this row'))
        : '',
    );
  });
  return h('li', { class: `change ${name}` }, item);
}

/**
 * @param {any} value
 * @param {string} type
 */
function short(value, type) {
  return typeof value === 'string' && value.length > 40 ? clipped(value, 40) : valueNode(value, type);
}
