// @ts-check
/** How the run is: its state, what the project's checks say, and the rows that could not be read. */

import { get, tablePath } from './api.js';
import { h, replace, setText } from './dom.js';
import { bytes, duration, instant, number, plain, rate } from './format.js';
import { diagnosticList, emptyNote, errorNote, grid, loading } from './parts.js';
import { href } from './router.js';
import { deadLetterTables, listen, live, store } from './store.js';

const DEAD_LETTERS = 50;

/** @returns {import('./main.js').View} */
export function healthView() {
  const status = statusList();
  const letters = h('section');
  const diagnostics = h('section');
  /** @type {(() => void)[]} */
  let stops = [];
  const drawProject = () => {
    stops.forEach((stop) => stop());
    const found = store.pipeline?.diagnostics ?? [];
    replace(
      diagnostics,
      h('h2', null, 'Diagnostics ', h('span', { class: 'count' }, found.length)),
      found.length === 0
        ? emptyNote('Nothing to report', 'The project was checked, and there is neither an error nor a warning.')
        : h('div', { class: 'card' }, diagnosticList(found)),
    );
    const tables = deadLetterTables();
    stops = [];
    replace(
      letters,
      h('h2', null, 'Dead letters'),
      tables.length === 0
        ? emptyNote('No table for dead letters', 'A source that names none stops at a row that it cannot read.')
        : tables.map((table) => {
            const part = deadLetters(table);
            stops.push(part.dispose);
            return part.root;
          }),
    );
  };
  drawProject();
  status.draw();
  const listening = [listen('status', status.draw), listen('connection', status.draw), listen('tables', drawProject)];
  return {
    title: 'Health',
    root: h(
      'div',
      { class: 'view' },
      h(
        'div',
        { class: 'view-head' },
        h('h1', null, 'Health'),
        h(
          'div',
          { class: 'view-tools' },
          h('a', { class: 'button', href: '/metrics' }, 'Metrics'),
          h('a', { class: 'button', href: '/openapi.json' }, 'OpenAPI'),
        ),
      ),
      h('div', { class: 'stack' }, status.root, diagnostics, letters),
    ),
    dispose() {
      [...listening, ...stops].forEach((stop) => stop());
    },
  };
}

function statusList() {
  /** @type {[string, (status: import('./api.js').Status) => string][]} */
  const lines = [
    ['State', (status) => (store.connection.state === 'lost' ? 'disconnected' : status.state)],
    ['Mode', (status) => status.mode],
    ['Running for', (status) => (status.started_at ? duration(Date.now() - Date.parse(status.started_at)) : '—')],
    ['Epoch', (status) => number(status.epoch)],
    ['Clock', (status) => instant(status.clock)],
    ['Watermark', (status) => instant(status.watermark)],
    ['Rows read', (status) => number(status.rows_in)],
    ['Rows written', (status) => number(status.rows_out)],
    ['Rows a second', (status) => rate(status.rows_per_second)],
    ['Still to read', (status) => number(status.lag)],
    ['Rejected', (status) => number(status.rows_rejected)],
    ['Late', (status) => number(status.rows_late)],
    ['State held', (status) => bytes(status.state_bytes)],
    ['Sources running', (status) => number(status.sources_running)],
    [
      'Last checkpoint',
      (status) =>
        status.last_checkpoint
          ? `epoch ${number(status.last_checkpoint.epoch)}, ${duration(Date.now() - Date.parse(status.last_checkpoint.at))} ago`
          : 'none yet',
    ],
  ];
  const values = lines.map(() => h('dd', null, '—'));
  const root = h(
    'section',
    { class: 'card', 'aria-label': 'Status' },
    h(
      'dl',
      { class: 'facts' },
      lines.map(([label], index) => h('div', { class: 'field' }, h('dt', null, label), values[index])),
    ),
  );
  const draw = () => {
    const status = store.status;
    if (status) lines.forEach(([, text], index) => setText(values[index], text(status)));
  };
  return { root, draw };
}

/**
 * The newest rows that could not be read, and how often each reason was given among them.
 * @param {import('./api.js').Table} table
 */
function deadLetters(table) {
  const abort = new AbortController();
  const count = h('span', { class: 'count' });
  const body = h('div', null, loading());
  const named = (/** @type {string} */ name) => table.columns.some((column) => column.name === name);
  const order = named('rejected_at') ? '&order=rejected_at.desc' : '';
  let known = -1;
  const load = async () => {
    known = live(table.name).rows ?? 0;
    try {
      const { data } = await get(`${tablePath(table.name)}?limit=${DEAD_LETTERS}${order}`, { signal: abort.signal });
      replace(
        body,
        data.length === 0
          ? emptyNote('No dead letters', 'Every row could be read.')
          : [
              named('reason') ? reasons(data) : null,
              grid({
                label: `Rows of ${table.name}`,
                columns: table.columns,
                rows: data.map((/** @type {any} */ row) => table.columns.map((column) => row[column.name])),
              }),
            ],
      );
    } catch (error) {
      if (!abort.signal.aborted) replace(body, errorNote(error, load));
    }
  };
  const draw = () => {
    const rows = live(table.name).rows;
    setText(count, number(rows));
    if (rows !== null && rows !== known && known >= 0) load();
  };
  load();
  draw();
  const stop = listen('status', draw);
  return {
    root: h(
      'div',
      { class: 'stack tight' },
      h('h3', null, h('a', { href: href('table', [table.name]) }, table.name), ' ', count),
      body,
    ),
    dispose() {
      stop();
      abort.abort();
    },
  };
}

/** @param {any[]} rows */
function reasons(rows) {
  /** @type {Map<string, {count: number, example: string}>} */
  const byCode = new Map();
  for (const row of rows) {
    const text = plain(row.reason);
    const [, code = '', message = text] = /^(HW\d+):\s*(.*)$/s.exec(text) ?? [];
    const entry = byCode.get(code) ?? { count: 0, example: message };
    entry.count += 1;
    byCode.set(code, entry);
  }
  return h(
    'ul',
    { class: 'reasons' },
    [...byCode]
      .sort((a, b) => b[1].count - a[1].count)
      .map(([code, { count, example }]) =>
        h(
          'li',
          null,
          h('span', { class: 'count' }, count),
          h('code', { class: 'code' }, code || 'no code'),
          h('span', { class: 'quiet' }, `for example: ${example}`),
        ),
      ),
  );
}
