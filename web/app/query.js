// @ts-check
/** A SELECT over the tables, its result, and its plan; errors point at the place in the text. */

import { ApiError, post } from './api.js';
import { announce, h, icon, replace } from './dom.js';
import { number } from './format.js';
import { diagnosticList, emptyNote, errorNote, grid, loading, planTree } from './parts.js';
import { go, href } from './router.js';
import { readableTables } from './store.js';

const LIMIT = 1000;

/**
 * @param {import('./router.js').Route} route
 * @returns {import('./main.js').View}
 */
export function queryView(route) {
  const examples = exampleQueries();
  const input = h('textarea', {
    id: 'sql',
    class: 'sql-input',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    rows: '7',
    'aria-label': 'SQL',
    'aria-describedby': 'sql-help',
  });
  const result = h('div', { class: 'result', 'aria-live': 'off' });
  /** @type {AbortController | null} */
  let request = null;
  input.value = route.params.get('sql') ?? examples[0]?.sql ?? '';

  const run = async (/** @type {'query' | 'explain'} */ what) => {
    const sql = input.value.trim().replace(/;\s*$/, '');
    if (sql === '') return input.focus();
    const address = href('query', [], { sql, show: what === 'explain' ? 'plan' : null });
    shown = address;
    go(address, { replace: true });
    request?.abort();
    const mine = (request = new AbortController());
    replace(result, loading(what === 'query' ? 'Running…' : 'Planning…'));
    const began = performance.now();
    try {
      const answer = await post(`/v1/${what}`, what === 'query' ? { sql, limit: LIMIT } : { sql }, mine.signal);
      if (request !== mine) return;
      replace(result, what === 'query' ? resultOf(answer, performance.now() - began) : planOf(answer, sql));
      announce(what === 'query' ? `${answer.rows.length} rows` : 'Plan shown');
    } catch (error) {
      if (request !== mine || /** @type {Error} */ (error).name === 'AbortError') return;
      const diagnostics = error instanceof ApiError ? error.diagnostics : [];
      replace(
        result,
        diagnostics.length > 0
          ? h('div', { class: 'card', role: 'alert' }, diagnosticList(diagnostics, sql))
          : errorNote(error),
      );
    }
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run(event.shiftKey ? 'explain' : 'query');
    }
  });

  let shown = '';
  const update = (/** @type {import('./router.js').Route} */ next) => {
    const sql = next.params.get('sql');
    if (sql === null || location.hash === shown) return;
    input.value = sql;
    run(next.params.get('show') === 'plan' ? 'explain' : 'query');
  };
  replace(
    result,
    examples.length === 0
      ? emptyNote('Nothing to query yet', 'No table is kept here.')
      : h(
          'section',
          null,
          h('h2', null, 'To begin with'),
          h(
            'ul',
            { class: 'cards' },
            examples.map((example) =>
              h(
                'li',
                { class: 'card' },
                h('a', { class: 'strong', href: href('query', [], { sql: example.sql }) }, example.title),
                h('pre', { class: 'example' }, example.sql),
              ),
            ),
          ),
        ),
  );
  update(route);
  return {
    title: 'Query',
    root: h(
      'div',
      { class: 'view' },
      h('h1', null, 'Query'),
      h(
        'div',
        { class: 'editor card' },
        input,
        h(
          'div',
          { class: 'editor-bar' },
          h(
            'p',
            { class: 'quiet small', id: 'sql-help' },
            'One SELECT over the tables of one epoch. ',
            h('kbd', null, 'Ctrl'),
            ' ',
            h('kbd', null, 'Enter'),
            ' runs it.',
          ),
          h(
            'button',
            { type: 'button', class: 'button', on: { click: () => run('explain') } },
            icon('pipeline'),
            'Plan',
          ),
          h(
            'button',
            { type: 'button', class: 'button primary', on: { click: () => run('query') } },
            icon('play'),
            'Run',
          ),
        ),
      ),
      result,
    ),
    update,
    dispose: () => request?.abort(),
  };
}

/**
 * @param {any} answer
 * @param {number} milliseconds
 */
function resultOf(answer, milliseconds) {
  const facts = [
    `${number(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'}${answer.truncated ? ', more were left out' : ''}`,
    `${Math.max(1, Math.round(milliseconds))} ms`,
    `epoch ${number(answer.epoch)}`,
  ];
  return [
    h('p', { class: 'quiet figures' }, facts.join(' · ')),
    answer.rows.length === 0
      ? emptyNote('No rows', 'The statement is right; nothing matches.')
      : grid({ label: 'Result', columns: answer.columns, rows: answer.rows }),
  ];
}

/**
 * @param {any} answer
 * @param {string} sql
 */
function planOf(answer, sql) {
  return [
    answer.diagnostics?.length ? diagnosticList(answer.diagnostics, sql) : null,
    answer.plan ? h('section', null, h('h2', null, 'Plan'), planTree(answer.plan)) : null,
  ];
}

/** Queries that work on the project at hand. */
function exampleQueries() {
  const tables = readableTables();
  const main = tables[0];
  if (!main) return [];
  const kind = main.columns.find((column) => /(status|segment|tier|category|channel|type)$/.test(column.name));
  const figure = main.columns.find(
    (column) => /^DECIMAL/.test(column.type) && /total|amount|value|spent/.test(column.name),
  );
  const list = [{ title: `Rows of ${main.name}`, sql: `SELECT *\nFROM ${main.name}\nLIMIT 20` }];
  if (kind && figure) {
    list.unshift({
      title: `By ${kind.name}`,
      sql: `SELECT ${kind.name}, COUNT(*) AS n, SUM(${figure.name}) AS ${figure.name}\nFROM ${main.name}\nGROUP BY ${kind.name}\nORDER BY n DESC`,
    });
    list.push({
      title: `Highest ${figure.name}`,
      sql: `SELECT ${[...main.primary_key, kind.name, figure.name].join(', ')}\nFROM ${main.name}\nORDER BY ${figure.name} DESC\nLIMIT 10`,
    });
  }
  return list;
}
