// @ts-check
/**
 * One row, found by its key: who or what it is, its standing as chips, its headline numbers, every field in groups,
 * and what changes while one looks. Which column is which is read off its name, type and description; a column that
 * says nothing is still shown, under "More".
 */

import { ApiError, follow, get, keyPath, tablePath } from './api.js';
import { h, icon, onFrame, replace, setText } from './dom.js';
import { isMoment, isNumeric, LONGEST_VALUE, number, plain, valueNode } from './format.js';
import { emptyNote, errorNote, loading, select } from './parts.js';
import { go, href } from './router.js';
import { hasLookUp, readableTables } from './store.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {import('./api.js').Column} Column */
/** @typedef {{epoch: number, kind: string, fields: {column: string, before: any, after: any}[]}} Seen */

const LONGEST_HISTORY = 50;

/** Words that business tables use, by what they are about. The first topic that knows a word of the column takes it. */
const TOPICS = /** @type {[string, string[]][]} */ ([
  ['Support', ['ticket', 'support', 'satisfaction', 'urgent', 'complaint', 'case', 'resolved']],
  ['App', ['app', 'session', 'device', 'page', 'engagement', 'login', 'visit', 'click']],
  ['Scores', ['score', 'recency', 'frequency', 'monetary', 'churn', 'health', 'risk']],
  ['Loyalty', ['loyalty', 'tier', 'point', 'lifetime', 'redemption', 'reward', 'membership', 'value_segment']],
  [
    'Purchases',
    [
      'transaction',
      'order',
      'spent',
      'purchase',
      'shopping',
      'channel',
      'payment',
      'amount',
      'total',
      'subtotal',
      'tax',
      'discount',
      'price',
      'cost',
      'margin',
      'quantity',
      'currency',
      'store',
    ],
  ],
  [
    'Profile',
    [
      'name',
      'mail',
      'email',
      'phone',
      'birth',
      'age',
      'gender',
      'city',
      'state',
      'country',
      'zip',
      'address',
      'segment',
      'generation',
      'registration',
      'tenure',
      'status',
      'customer',
      'brand',
      'category',
      'product',
    ],
  ],
]);

/** Headline numbers, the most telling first. */
const HEADLINES = [
  /total_spent|revenue|total_amount/,
  /lifetime_value/,
  /total_(transactions|orders)|^quantity$/,
  /avg_order|^price$/,
  /health_score/,
  /spent_last|margin/,
  /balance$/,
];

/**
 * @param {import('./router.js').Route} route
 * @returns {import('./main.js').View}
 */
export function recordView(route) {
  const keyed = readableTables().filter(hasLookUp);
  const table = route.parts[0]
    ? keyed.find((each) => each.name === route.parts[0] || each.full_name === route.parts[0])
    : keyed[0];
  const body = h('div');
  const root = h('div', { class: 'view' });
  if (!table) {
    replace(
      root,
      h('h1', null, 'Look up'),
      emptyNote(
        'Nothing to look up by key',
        route.parts[0]
          ? `${route.parts[0]} has no primary key, or its rows are not kept here.`
          : 'No table with a primary key is kept here.',
      ),
    );
    return { title: 'Look up', root };
  }
  const key = route.parts[1] ?? '';
  replace(root, lookUp(keyed, table, key), body);
  const stop = key === '' ? suggest(table, body) : watch(table, key, body);
  return {
    title: key === '' ? 'Look up' : `${key.split(',').map(decodeURIComponent).join(', ')} · ${table.name}`,
    root,
    dispose: stop,
  };
}

/**
 * @param {Table[]} keyed
 * @param {Table} table
 * @param {string} key
 */
function lookUp(keyed, table, key) {
  const parts = key === '' ? [] : key.split(',').map(decodeURIComponent);
  const inputs = table.primary_key.map((column, index) =>
    h('input', {
      type: 'text',
      'aria-label': column,
      placeholder: column,
      value: parts[index] ?? '',
      required: true,
      autocomplete: 'off',
      spellcheck: 'false',
    }),
  );
  return h(
    'header',
    { class: 'look-up' },
    h('h1', { class: key === '' ? null : 'visually-hidden' }, 'Look up'),
    h(
      'form',
      {
        class: 'look-up-form',
        role: 'search',
        'aria-label': 'A row by its key',
        on: {
          submit: (/** @type {Event} */ event) => {
            event.preventDefault();
            go(href('record', [table.name, keyPath(inputs.map((input) => input.value.trim()))]));
          },
        },
      },
      select(
        'Table',
        keyed.map((each) => each.name),
        table.name,
        (name) => go(href('record', [name])),
      ),
      inputs,
      h('button', { type: 'submit', class: 'button primary' }, icon('search'), 'Look up'),
    ),
  );
}

/**
 * Some keys to begin with.
 * @param {Table} table
 * @param {Element} body
 */
function suggest(table, body) {
  const abort = new AbortController();
  replace(body, loading());
  const load = () =>
    get(`${tablePath(table.name)}?limit=12`, { signal: abort.signal }).then(
      ({ data }) =>
        replace(
          body,
          data.length === 0
            ? emptyNote('No rows yet', 'They can be looked up as soon as they are written.')
            : [
                h('h2', null, 'Some of its rows'),
                h(
                  'ul',
                  { class: 'cards' },
                  data.map((/** @type {any} */ row) =>
                    h(
                      'li',
                      { class: 'card' },
                      h(
                        'a',
                        {
                          class: 'strong',
                          href: href('record', [table.name, keyPath(table.primary_key.map((column) => row[column]))]),
                        },
                        headline(table, row),
                      ),
                      h(
                        'p',
                        { class: 'quiet small' },
                        table.primary_key.map((column) => plain(row[column])).join(', '),
                      ),
                    ),
                  ),
                ),
              ],
        ),
      (error) => abort.signal.aborted || replace(body, errorNote(error, load)),
    );
  load();
  return () => abort.abort();
}

/**
 * Shows the row, and keeps it as it is now.
 * @param {Table} table
 * @param {string} key
 * @param {Element} body
 */
function watch(table, key, body) {
  const abort = new AbortController();
  const path = `${tablePath(table.name)}/${key}`;
  /** @type {any} */
  let row = null;
  let epoch = 0;
  let gone = false;
  /** @type {Seen[]} */
  const history = [];
  /** @type {ReturnType<typeof rowPage> | null} */
  let page = null;
  const draw = () => {
    if (!page) return;
    page.draw(row, history, gone);
  };
  const load = async () => {
    if (row === null) replace(body, loading());
    try {
      const answer = await get(path, { signal: abort.signal });
      row = answer.data;
      epoch = Number(answer.epoch ?? 0);
      gone = false;
      page = rowPage(table, row);
      replace(body, page.root);
      draw();
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof ApiError && error.status === 404)
        replace(
          body,
          emptyNote('No such row', `${table.name} has no row with this key now. It is shown as soon as it is written.`),
        );
      else replace(body, errorNote(error, load));
    }
  };
  // The row's own spelling of its key, once it is known: `1.5` finds `1.50`.
  const keyOf = (/** @type {any} */ each) => keyPath(table.primary_key.map((column) => each[column]));
  const isIt = (/** @type {any} */ other) => keyOf(other) === (row === null ? key : keyOf(row));
  const stream = follow(`${tablePath(table.name)}/changes`, {
    onOpen: () => row === null && load(),
    onEvent(event, data) {
      if (event === 'reset') load();
      if (event !== 'change' || !isIt(data.row) || data.epoch <= epoch) return;
      if (row === null) return void load();
      if (data.kind === '-U') return;
      const fields = table.columns
        .map((column) => column.name)
        .filter((column) => plain(row[column]) !== plain(data.row[column]))
        .map((column) => ({ column, before: row[column], after: data.row[column] }));
      gone = data.kind === '-D';
      if (gone || fields.length > 0)
        history.unshift({ epoch: data.epoch, kind: data.kind, fields: gone ? [] : fields });
      history.length = Math.min(history.length, LONGEST_HISTORY);
      if (!gone) row = data.row;
      onFrame(draw);
    },
  });
  load();
  return () => {
    abort.abort();
    stream.close();
  };
}

/** @param {string} column `total_spent` is "Total spent" */
function label(column) {
  const words = column
    .replaceAll('_', ' ')
    .replace(/\bavg\b/, 'average')
    .replace(/\bytd\b/, 'this year');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {Column} column */
function isFlag(column) {
  return (
    /^BOOLEAN/.test(column.type) ||
    (/^(TINYINT|SMALLINT|INT)\b/.test(column.type) && /^(is|has)_|_(flag|opportunity)$/.test(column.name))
  );
}

/** @param {Column} column */
function isChip(column) {
  return (
    /^(STRING|VARCHAR|CHAR)/.test(column.type) &&
    /(^|_)(status|segment|tier|level|category|priority|group)$/.test(column.name)
  );
}

/**
 * @param {Table} table
 * @param {any} row
 */
function headline(table, row) {
  if (row.first_name || row.last_name) return [row.first_name, row.last_name].filter(Boolean).join(' ');
  const named = table.columns.find((column) => /(^|_)(name|title)$/.test(column.name) && row[column.name]);
  return named ? plain(row[named.name]) : table.primary_key.map((column) => plain(row[column])).join(', ');
}

/**
 * @param {Table} table
 * @returns {[string, Column[]][]}
 */
function grouped(table) {
  /** @type {Map<string, Column[]>} */
  const groups = new Map([
    ['Profile', []],
    ['Loyalty', []],
    ['Purchases', []],
    ['Scores', []],
    ['App', []],
    ['Support', []],
    ['Signals', []],
    ['More', []],
  ]);
  for (const column of table.columns) {
    const words = column.name
      .toLowerCase()
      .split('_')
      .map((word) => word.replace(/s$/, ''));
    const topic = isFlag(column)
      ? 'Signals'
      : isMoment(column.type) && /_at$/.test(column.name)
        ? 'More'
        : (TOPICS.find(
            ([, known]) =>
              known.includes(column.name) ||
              words.some((word) => known.some((each) => each.replace(/s$/, '') === word)),
          )?.[0] ?? 'More');
    groups.get(topic)?.push(column);
  }
  return [...groups].filter(([, columns]) => columns.length > 0);
}

/**
 * @param {Table} table
 * @param {any} first
 */
function rowPage(table, first) {
  const title = h('h2', { class: 'headline' });
  const sub = h('p', { class: 'quiet' });
  const chips = h('div', { class: 'chips' });
  const tiles = h('dl', { class: 'tiles' });
  const log = h('ol', { class: 'history' });
  const notice = h('div');
  const numbers = table.columns.filter(
    (column) => isNumeric(column.type) && !isFlag(column) && !table.primary_key.includes(column.name),
  );
  const chosen = [
    ...new Set([...HEADLINES.map((pattern) => numbers.find((column) => pattern.test(column.name))), ...numbers]),
  ]
    .filter((column) => column !== undefined)
    .slice(0, 6);
  const figures = chosen.map((column) => ({ column, node: h('dd', { class: 'figure' }) }));
  replace(
    tiles,
    figures.map(({ column, node }) =>
      h('div', { class: 'tile', title: about(column) }, h('dt', null, label(column.name)), node),
    ),
  );

  const fields = new Map(
    table.columns.map((column) => [column.name, h('dd', { class: isNumeric(column.type) ? 'number' : null })]),
  );
  const groups = grouped(table).map(([topic, columns]) =>
    h(
      'section',
      { class: 'card group' },
      h('h3', null, topic),
      h(
        'dl',
        null,
        columns.map((column) =>
          h(
            'div',
            { class: 'field', title: about(column) },
            h('dt', null, label(column.name)),
            fields.get(column.name),
          ),
        ),
      ),
    ),
  );
  /** @type {any} */
  let drawn = null;
  const draw = (/** @type {any} */ row, /** @type {Seen[]} */ history, /** @type {boolean} */ gone) => {
    setText(title, headline(table, row));
    setText(
      sub,
      [
        ...table.primary_key.map((column) => plain(row[column])),
        row.email,
        [row.city, row.state, row.country].filter(Boolean).join(', '),
      ]
        .filter(Boolean)
        .join(' · '),
    );
    replace(
      notice,
      gone ? h('p', { class: 'note warn' }, icon('warning'), 'This row has been deleted; you see it as it was.') : null,
    );
    replace(chips, standing(table, row));
    for (const { column, node } of figures) setText(node, number(row[column.name]));
    for (const column of table.columns) {
      const node = fields.get(column.name);
      if (!node || (drawn !== null && plain(drawn[column.name]) === plain(row[column.name]))) continue;
      replace(node, fieldNode(column, row[column.name]));
      if (drawn === null) continue;
      // Restarts the fading mark of what has just changed.
      node.classList.remove('changed');
      requestAnimationFrame(() => node.classList.add('changed'));
    }
    drawn = row;
    replace(
      log,
      history.length === 0
        ? h('li', { class: 'quiet' }, 'Nothing has changed since you came.')
        : history.map((seen) =>
            h(
              'li',
              null,
              h('span', { class: 'quiet' }, `epoch ${number(seen.epoch)}`),
              seen.kind === '-D' ? h('span', { class: 'kind delete' }, '−D delete') : null,
              h(
                'ul',
                null,
                seen.fields.map((field) =>
                  h(
                    'li',
                    null,
                    h('span', { class: 'mono' }, field.column),
                    ' ',
                    h('span', { class: 'before' }, valueNode(field.before)),
                    ' → ',
                    h('span', { class: 'after' }, valueNode(field.after)),
                  ),
                ),
              ),
            ),
          ),
    );
  };
  const root = h(
    'article',
    { class: 'record', 'aria-label': headline(table, first) },
    notice,
    h(
      'header',
      { class: 'card hero' },
      h(
        'div',
        { class: 'view-head' },
        h('div', null, title, sub),
        h('a', { class: 'button', href: href('table', [table.name]) }, icon('tables'), table.name),
      ),
      chips,
    ),
    tiles,
    h(
      'div',
      { class: 'record-body' },
      h('div', { class: 'groups' }, groups),
      h('section', { class: 'card group live' }, h('h3', null, 'Changes, live'), log),
    ),
  );
  return { root, draw };
}

/** @param {Column} column */
function about(column) {
  return `${column.name} ${column.type}${column.comment ? `\n${column.comment}` : ''}`;
}

/**
 * The classes that a row is in, and the flags that are raised.
 * @param {Table} table
 * @param {any} row
 */
function standing(table, row) {
  const classes = table.columns.filter((column) => isChip(column) && row[column.name]).slice(0, 8);
  const flags = table.columns.filter(
    (column) => isFlag(column) && (row[column.name] === true || row[column.name] === 1),
  );
  return [
    ...classes.map((column) =>
      h(
        'span',
        { class: `chip pair${/status$/.test(column.name) ? ' accent' : ''}`, title: about(column) },
        h('span', { class: 'chip-label' }, label(column.name)),
        h('span', null, plain(row[column.name])),
      ),
    ),
    ...flags
      .filter((column) => /risk|urgent|churn|deleted/.test(column.name))
      .map((column) =>
        h(
          'span',
          { class: 'chip warn', title: about(column) },
          icon('warning'),
          label(column.name.replace(/_flag$|^is_|^has_/g, '')),
        ),
      ),
  ];
}

/**
 * @param {Column} column
 * @param {any} value
 */
function fieldNode(column, value) {
  if (value !== null && isFlag(column)) {
    const yes = value === true || value === 1;
    return h('span', { class: `flag ${yes ? 'yes' : 'no'}` }, yes ? 'yes' : 'no');
  }
  const scale = /^1 to (\d)\b/.exec(column.comment ?? '');
  if (scale && value !== null) {
    return h(
      'span',
      { class: 'scale' },
      h(
        'span',
        { class: 'pips', 'aria-hidden': 'true' },
        Array.from({ length: Number(scale[1]) }, (_, index) =>
          h('i', { class: index < Math.round(Number(value)) ? 'on' : null }),
        ),
      ),
      h('span', null, plain(value)),
    );
  }
  return valueNode(value, column.type, LONGEST_VALUE);
}
