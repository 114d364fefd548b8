// @ts-check
/** A table: what it is, its rows, its columns, and the statement that fills it. */

import { get, post, tablePath } from './api.js';
import { announce, copyText, h, icon, replace, setText } from './dom.js';
import { number, rate, sqlNode } from './format.js';
import { describe, OPERATORS, PAGE_SIZES, readAsk, requestQuery, writeAsk } from './filters.js';
import { diagnosticList, emptyNote, errorNote, grid, loading, planTree, select, typeNode } from './parts.js';
import { go, href } from './router.js';
import { hasLookUp, layerTitle, listen, live, store } from './store.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {import('./router.js').Route} Route */
/** @typedef {import('./filters.js').Ask} Ask */
/** @typedef {{root: Element, update: (route: Route) => void, dispose?: () => void}} Tab */

/** Rows of a table that is sorted without having been asked for. */
const MOST_SORTED = 100_000;

/** @type {Record<string, {label: string, make: (table: Table, route: Route) => Tab}>} */
const TABS = {
  rows: { label: 'Rows', make: rowsTab },
  columns: { label: 'Columns', make: columnsTab },
  statement: { label: 'Statement', make: statementTab },
};

/**
 * @param {Route} route
 * @returns {import('./main.js').View}
 */
export function tableView(route) {
  const name = route.parts[0] ?? '';
  const table = store.tables.get(name) ?? [...store.tables.values()].find((each) => each.full_name === name);
  if (!table) {
    return {
      title: name,
      root: h(
        'div',
        { class: 'view' },
        h('h1', null, name || 'Table'),
        emptyNote(
          'No such table',
          h('span', null, 'The project does not declare it. ', h('a', { href: href('tables') }, 'All tables')),
        ),
      ),
    };
  }
  const figures = h('p', { class: 'quiet figures' });
  const tabs = h('nav', { class: 'tabs', 'aria-label': 'Parts of the table' });
  const body = h('div', { class: 'tab-body' });
  /** @type {Tab | null} */
  let tab = null;
  let shown = '';
  const update = (/** @type {Route} */ next) => {
    const wanted = next.parts[1] && TABS[next.parts[1]] ? next.parts[1] : table.readable ? 'rows' : 'columns';
    if (wanted === shown && tab) return tab.update(next);
    tab?.dispose?.();
    shown = wanted;
    replace(
      tabs,
      Object.entries(TABS).map(([id, each]) =>
        h('a', { href: href('table', [table.name, id]), 'aria-current': id === shown ? 'page' : null }, each.label),
      ),
    );
    tab = TABS[wanted].make(table, next);
    body.replaceChildren(tab.root);
  };
  const drawLive = () => {
    const now = live(table.name);
    setText(
      figures,
      [
        now.rows === null ? '' : `${number(now.rows)} ${now.rows === 1 ? 'row' : 'rows'}`,
        now.rate === null ? '' : `${rate(now.rate)} rows/s`,
      ]
        .filter(Boolean)
        .join(' · '),
    );
  };
  update(route);
  drawLive();
  const stop = listen('status', drawLive);
  return {
    title: table.name,
    root: h('div', { class: 'view' }, tableHead(table, figures), tabs, body),
    update,
    dispose() {
      stop();
      tab?.dispose?.();
    },
  };
}

/**
 * @param {Table} table
 * @param {Element} figures
 */
function tableHead(table, figures) {
  const chips = [
    h('span', { class: 'chip' }, layerTitle(table.layer)),
    h('span', { class: 'chip' }, table.kind),
    table.mode ? h('span', { class: 'chip', title: 'How its changes are written' }, table.mode) : null,
    table.product ? h('span', { class: 'chip', title: 'Data product' }, table.product) : null,
    table.dead_letter_of.length > 0 ? h('span', { class: 'chip warn' }, 'dead letters') : null,
  ];
  return h(
    'header',
    { class: 'table-head' },
    h(
      'div',
      { class: 'view-head' },
      h('h1', { class: 'name' }, table.name),
      h(
        'div',
        { class: 'view-tools' },
        hasLookUp(table)
          ? h('a', { class: 'button', href: href('record', [table.name]) }, icon('key'), 'Look up')
          : null,
        table.readable
          ? h('a', { class: 'button', href: href('changes', [table.name]) }, icon('changes'), 'Changes')
          : null,
      ),
    ),
    table.comment ? h('p', { class: 'lead' }, table.comment) : null,
    h('div', { class: 'chips' }, chips, figures),
    table.dead_letter_of.length > 0
      ? h('p', { class: 'small quiet' }, `Takes what cannot be read of ${table.dead_letter_of.join(', ')}.`)
      : null,
  );
}

/**
 * @param {Table} table
 * @param {Route} route
 * @returns {Tab}
 */
function rowsTab(table, route) {
  if (!table.readable) {
    return {
      root: emptyNote(
        'Its rows are not kept here',
        'An external table keeps its rows elsewhere; the tables that read it can be looked at.',
      ),
      update: () => {},
    };
  }
  const bar = h('div', { class: 'toolbar' });
  const chips = h('ul', { class: 'filter-chips', 'aria-label': 'Filters' });
  const body = h('div', { class: 'rows' }, loading());
  const foot = h('div', { class: 'pager' });
  const newer = h('span', { class: 'quiet small newer' });
  let ask = readAsk(route.params);
  /** @type {AbortController | null} */
  let request = null;
  let following = false;
  /** @type {number | null} */
  let epoch = null;
  let lastLoad = 0;

  const change = (/** @type {Partial<Ask>} */ part) =>
    go(`${href('table', [table.name, 'rows'], writeAsk({ ...ask, offset: 0, ...part }))}`);
  const load = async (/** @type {boolean} */ quiet) => {
    request?.abort();
    const mine = (request = new AbortController());
    lastLoad = Date.now();
    if (!quiet) body.setAttribute('aria-busy', 'true');
    try {
      const answer = await get(
        `${tablePath(table.name)}?${requestQuery(ask, table.primary_key, naturalOrder(table))}`,
        {
          signal: mine.signal,
          headers: { Prefer: 'count=exact' },
        },
      );
      if (request !== mine) return;
      epoch = answer.epoch === null ? null : Number(answer.epoch);
      drawRows(answer.data, answer.total, quiet);
    } catch (error) {
      if (request !== mine || /** @type {Error} */ (error).name === 'AbortError') return;
      replace(
        body,
        errorNote(error, () => load(false)),
      );
      replace(foot);
    } finally {
      if (request === mine) {
        request = null;
        body.removeAttribute('aria-busy');
      }
    }
  };
  const drawRows = (/** @type {any[]} */ rows, /** @type {number | null} */ total, /** @type {boolean} */ quiet) => {
    const columns = ask.columns ? table.columns.filter((column) => ask.columns?.includes(column.name)) : table.columns;
    const scroll = body.querySelector('.grid');
    const [left, top] = [scroll?.scrollLeft ?? 0, quiet ? (scroll?.scrollTop ?? 0) : 0];
    const focused = document.activeElement?.closest('th')?.dataset.column;
    replace(
      body,
      rows.length === 0
        ? emptyNote(
            ask.filters.length > 0 ? 'No row matches' : 'No rows yet',
            ask.filters.length > 0 ? 'Take a filter away to see more.' : 'They appear here as they are written.',
          )
        : grid({
            label: `Rows of ${table.name}`,
            columns,
            table: table.name,
            key: table.primary_key,
            rows: rows.map((row) => columns.map((column) => row[column.name])),
            keys: hasLookUp(table) ? rows.map((row) => table.primary_key.map((column) => row[column])) : undefined,
            sorted: new Map(ask.order ? [[ask.order.column, ask.order.descending ? 'desc' : 'asc']] : []),
            onSort: (column) => change({ order: nextOrder(ask.order, column) }),
          }),
    );
    body.querySelector('.grid')?.scrollTo(left, top);
    if (focused)
      /** @type {HTMLElement | null} */ (
        body.querySelector(`th[data-column="${CSS.escape(focused)}"] button`)
      )?.focus();
    drawPager(
      foot,
      ask,
      rows.length,
      total,
      (offset) => change({ offset }),
      (limit) => change({ limit }),
    );
    setText(newer, epoch === null ? '' : `Epoch ${number(epoch)}`);
    if (!quiet) announce(`${rows.length} rows${total === null ? '' : ` of ${total}`}`);
  };
  const drawBar = () => {
    const follow = h(
      'button',
      {
        type: 'button',
        class: 'button',
        'aria-pressed': String(following),
        title: 'Read the rows again as they change',
        on: {
          click: () => {
            following = !following;
            follow.setAttribute('aria-pressed', String(following));
            if (following) load(true);
          },
        },
      },
      icon('changes'),
      'Live',
    );
    replace(
      bar,
      filterForm(table, (filter) => change({ filters: [...ask.filters, filter] })),
      h(
        'div',
        { class: 'toolbar-right' },
        newer,
        follow,
        h(
          'button',
          { type: 'button', class: 'button refresh', 'aria-label': 'Refresh', on: { click: () => load(false) } },
          icon('refresh'),
          h('span', { class: 'label' }, 'Refresh'),
        ),
        columnPicker(table, ask, (columns) => change({ columns, offset: ask.offset })),
        curlButton(table, () => ask),
      ),
    );
  };
  const drawChips = () =>
    replace(
      chips,
      ask.filters.map((filter, index) =>
        h(
          'li',
          null,
          h(
            'button',
            {
              type: 'button',
              class: 'chip removable',
              'aria-label': `Remove filter ${describe(filter)}`,
              on: { click: () => change({ filters: ask.filters.filter((_, each) => each !== index) }) },
            },
            describe(filter),
            icon('close'),
          ),
        ),
      ),
    );

  drawBar();
  drawChips();
  load(false);
  const stop = listen('status', () => {
    const ahead = epoch !== null && (store.status?.epoch ?? 0) > epoch;
    if (following && ahead && request === null && Date.now() - lastLoad > 900 && !document.hidden) load(true);
  });
  return {
    root: h('div', { class: 'stack tight' }, bar, chips, body, foot),
    update(next) {
      ask = readAsk(next.params);
      drawChips();
      load(false);
    },
    dispose() {
      stop();
      request?.abort();
    },
  };
}

/**
 * By key, where that is cheap: a large table would have to be sorted for each page.
 * @param {Table} table
 */
function naturalOrder(table) {
  return hasLookUp(table) && (live(table.name).rows ?? Infinity) <= MOST_SORTED ? table.primary_key : [];
}

/**
 * Not ordered, ascending, descending, and so round.
 * @param {Ask['order']} order
 * @param {string} column
 * @returns {Ask['order']}
 */
function nextOrder(order, column) {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

/**
 * @param {Table} table
 * @param {(filter: import('./filters.js').Filter) => void} add
 */
function filterForm(table, add) {
  const operatorOptions = OPERATORS.map((each) => ({ value: each.word, text: each.text }));
  const column = select(
    'Column',
    table.columns.map((each) => each.name),
    table.columns[0]?.name ?? '',
    () => {},
  );
  const value = h('input', {
    type: 'text',
    'aria-label': 'Value',
    placeholder: 'Value',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const operator = select('Comparison', operatorOptions, 'eq', (word) => {
    value.disabled = !OPERATORS.find((each) => each.word === word)?.value;
  });
  return h(
    'form',
    {
      class: 'filter-form',
      'aria-label': 'Filter',
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          add({ column: column.value, operator: operator.value, value: value.disabled ? '' : value.value });
          value.value = '';
        },
      },
    },
    column,
    operator,
    value,
    h('button', { type: 'submit', class: 'button' }, icon('plus'), 'Filter'),
  );
}

/**
 * @param {Table} table
 * @param {Ask} ask
 * @param {(columns: string[] | null) => void} choose
 */
function columnPicker(table, ask, choose) {
  const boxes = table.columns.map((column) =>
    h('input', { type: 'checkbox', value: column.name, checked: ask.columns?.includes(column.name) ?? true }),
  );
  const label = h('span', null);
  const apply = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    setText(label, chosen.length === boxes.length ? 'Columns' : `Columns ${chosen.length}/${boxes.length}`);
    return chosen;
  };
  apply();
  const send = () => {
    const chosen = apply();
    choose(chosen.length === boxes.length || chosen.length === 0 ? null : chosen);
  };
  const all = (/** @type {boolean} */ on) => () => {
    boxes.forEach(
      (box, index) =>
        (box.checked = on || (table.primary_key.length > 0 ? table.primary_key.includes(box.value) : index === 0)),
    );
    send();
  };
  const picker = h(
    'details',
    {
      class: 'menu',
      on: {
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key !== 'Escape') return;
          picker.open = false;
          picker.querySelector('summary')?.focus();
        },
      },
    },
    h('summary', { class: 'button' }, icon('tables'), label),
    h(
      'div',
      { class: 'menu-body', role: 'group', 'aria-label': 'Columns shown' },
      h(
        'div',
        { class: 'menu-head' },
        h('button', { type: 'button', class: 'button small', on: { click: all(true) } }, 'All'),
        h('button', { type: 'button', class: 'button small', on: { click: all(false) } }, 'Key only'),
      ),
      h(
        'ul',
        { on: { change: send } },
        table.columns.map((column, index) =>
          h('li', null, h('label', null, boxes[index], h('span', null, column.name))),
        ),
      ),
    ),
  );
  document.addEventListener('pointerdown', function outside(event) {
    if (!picker.isConnected) document.removeEventListener('pointerdown', outside);
    else if (!picker.contains(/** @type {Node} */ (event.target))) picker.open = false;
  });
  return picker;
}

/**
 * @param {Table} table
 * @param {() => Ask} ask
 */
function curlButton(table, ask) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'button',
      title: 'Copy the request of this page as a curl command',
      on: {
        click: () => {
          const url = `${location.origin}${tablePath(table.name)}?${requestQuery(ask(), [], naturalOrder(table))}`;
          copyText(`curl -s '${url.replaceAll("'", '%27')}'`, 'curl command', button);
        },
      },
    },
    icon('copy'),
    h('span', { class: 'label' }, 'curl'),
  );
  return button;
}

/**
 * @param {Element} foot
 * @param {Ask} ask
 * @param {number} count Rows of this page
 * @param {number | null} total
 * @param {(offset: number) => void} toOffset
 * @param {(limit: number) => void} toLimit
 */
function drawPager(foot, ask, count, total, toOffset, toLimit) {
  const last = ask.offset + count;
  const more = total === null ? count === ask.limit : last < total;
  const step = (/** @type {string} */ label, /** @type {boolean} */ on, /** @type {number} */ offset) =>
    h('button', { type: 'button', class: 'button', disabled: !on, on: { click: () => toOffset(offset) } }, label);
  replace(
    foot,
    h(
      'span',
      { class: 'quiet' },
      count === 0
        ? 'No rows'
        : `${number(ask.offset + 1)}–${number(last)}${total === null ? '' : ` of ${number(total)}`}`,
    ),
    h(
      'span',
      { class: 'pager-steps' },
      step('Previous', ask.offset > 0, Math.max(0, ask.offset - ask.limit)),
      step('Next', more, last),
    ),
    h(
      'label',
      { class: 'quiet page-size' },
      'Rows a page ',
      select('Rows a page', PAGE_SIZES.map(String), String(ask.limit), (value) => toLimit(Number(value))),
    ),
  );
}

/**
 * @param {Table} table
 * @returns {Tab}
 */
function columnsTab(table) {
  const keys = new Set(table.primary_key);
  const root = h(
    'div',
    { class: 'card flush' },
    h(
      'table',
      { class: 'list columns' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, 'Column'),
          h('th', { scope: 'col' }, 'Type'),
          h('th', { scope: 'col', class: 'wide-only' }, 'Description'),
        ),
      ),
      h(
        'tbody',
        null,
        table.columns.map((column) =>
          h(
            'tr',
            null,
            h(
              'th',
              { scope: 'row' },
              h('span', { class: 'mono' }, column.name),
              keys.has(column.name) ? h('span', { class: 'chip accent' }, icon('key'), 'key') : null,
              column.comment ? h('span', { class: 'narrow-only quiet' }, column.comment) : null,
            ),
            h('td', null, typeNode(column.type)),
            h('td', { class: 'wide-only quiet' }, column.comment ?? ''),
          ),
        ),
      ),
    ),
  );
  return { root, update: () => {} };
}

/**
 * @param {Table} table
 * @returns {Tab}
 */
function statementTab(table) {
  const statements = store.pipeline?.statements.filter((statement) => statement.target === table.name) ?? [];
  const readers = store.pipeline?.statements.filter((statement) => statement.reads.includes(table.name)) ?? [];
  const root = h(
    'div',
    { class: 'stack' },
    statements.length === 0
      ? emptyNote(
          'No statement writes this table',
          table.kind === 'external'
            ? 'Its rows come from outside.'
            : table.appendable
              ? 'Rows are appended to it.'
              : null,
        )
      : statements.map(statementCard),
    readers.length === 0
      ? null
      : h(
          'section',
          null,
          h('h2', null, 'Read by'),
          h(
            'ul',
            { class: 'plain' },
            [...new Set(readers.map((statement) => statement.target))].map((target) =>
              h('li', null, h('a', { href: href('table', [target]) }, target)),
            ),
          ),
        ),
  );
  return { root, update: () => {} };
}

/** @param {import('./api.js').Statement} statement */
function statementCard(statement) {
  const plan = h('div');
  const explain = async () => {
    replace(plan, loading('Planning…'));
    try {
      const answer = await post('/v1/explain', { sql: statement.sql });
      replace(
        plan,
        h('h3', null, 'Plan'),
        planTree(answer.plan),
        answer.diagnostics?.length ? diagnosticList(answer.diagnostics, statement.sql) : null,
      );
    } catch (error) {
      replace(plan, errorNote(error, explain));
    }
  };
  const copy = h(
    'button',
    { type: 'button', class: 'button', on: { click: () => copyText(statement.sql, 'Statement', copy) } },
    icon('copy'),
    h('span', { class: 'label' }, 'Copy'),
  );
  return h(
    'section',
    { class: 'stack tight' },
    h(
      'div',
      { class: 'view-head' },
      h(
        'p',
        null,
        h('span', { class: 'quiet' }, 'Reads '),
        statement.reads.flatMap((name, index) => [
          index > 0 ? ', ' : '',
          h('a', { href: href('table', [name]) }, name),
        ]),
      ),
      h(
        'div',
        { class: 'view-tools' },
        h('button', { type: 'button', class: 'button', on: { click: explain } }, icon('pipeline'), 'Plan'),
        copy,
      ),
    ),
    statement.file ? h('p', { class: 'small quiet mono' }, statement.file) : null,
    h('pre', { class: 'sql card', tabindex: '0', 'aria-label': 'Statement' }, sqlNode(statement.sql)),
    plan,
  );
}
