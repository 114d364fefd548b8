// @ts-check
/** Parts that several views are made of: grids of rows, notices of errors, diagnostics, plans, small charts. */

import { h, icon, replace, s } from './dom.js';
import { bareType, clipped, isMoment, isNumeric, plain, valueNode } from './format.js';
import { keyPath } from './api.js';
import { href } from './router.js';

/** @typedef {import('./api.js').Diagnostic} Diagnostic */
/** @typedef {{name: string, type: string, comment?: string | null}} GridColumn */

/** Rows drawn at once; more are drawn when asked for. */
const ROWS_AT_ONCE = 200;
/** A little chart is not stretched over its width before it has so many. */
const FEWEST_VALUES = 30;

/**
 * @param {string} title
 * @param {Node | string | null} [detail]
 */
export function emptyNote(title, detail) {
  return h(
    'div',
    { class: 'empty' },
    h('p', { class: 'empty-title' }, title),
    detail ? h('p', { class: 'quiet' }, detail) : null,
  );
}

/** @param {string} [text] */
export function loading(text = 'Loading…') {
  return h('p', { class: 'quiet loading' }, text);
}

/**
 * What went wrong, with the code and what helps.
 * @param {unknown} error
 * @param {(() => void) | null} [retry]
 */
export function errorNote(error, retry) {
  const problem = /** @type {import('./api.js').ApiError} */ (error);
  return h(
    'div',
    { class: 'note error', role: 'alert' },
    icon('warning'),
    h(
      'div',
      null,
      h(
        'p',
        null,
        problem.code ? [h('code', { class: 'code' }, problem.code), ' '] : null,
        problem.message || 'Something went wrong',
      ),
      problem.hint ? h('p', { class: 'quiet' }, problem.hint) : null,
    ),
    retry ? h('button', { type: 'button', class: 'button small', on: { click: retry } }, 'Try again') : null,
  );
}

/**
 * @typedef {object} GridOptions
 * @property {string} label What the rows are, for those who do not see them
 * @property {GridColumn[]} columns
 * @property {any[][]} rows Values in the order of `columns`
 * @property {string[]} [key] Key columns: the first cells link to the row's page
 * @property {string} [table] The table whose rows these are
 * @property {any[][]} [keys] The key of each row
 * @property {Map<string, 'asc' | 'desc'>} [sorted]
 * @property {(column: string) => void} [onSort]
 */

/**
 * Rows as a table that scrolls inside itself, its head staying in sight.
 * @param {GridOptions} options
 * @returns {HTMLElement}
 */
export function grid(options) {
  const { columns, rows, onSort, sorted } = options;
  const numeric = columns.map((column) => isNumeric(column.type));
  const heads = columns.map((column, index) => {
    const direction = sorted?.get(column.name);
    const name = h('span', { class: 'column-name' }, column.name);
    const inner = onSort
      ? h(
          'button',
          { type: 'button', title: title(column), on: { click: () => onSort(column.name) } },
          name,
          h(
            'span',
            { class: 'arrow', 'aria-hidden': 'true' },
            direction === 'asc' ? '↑' : direction === 'desc' ? '↓' : '',
          ),
        )
      : h('span', { title: title(column) }, name);
    return h(
      'th',
      {
        scope: 'col',
        class: numeric[index] ? 'number' : null,
        'data-column': column.name,
        'aria-sort': direction === 'asc' ? 'ascending' : direction === 'desc' ? 'descending' : null,
      },
      inner,
    );
  });
  const body = h('tbody');
  const more = h('div', { class: 'more' });
  let drawn = 0;
  const draw = () => {
    const fragment = document.createDocumentFragment();
    const end = Math.min(rows.length, drawn + ROWS_AT_ONCE);
    for (; drawn < end; drawn += 1) fragment.append(gridRow(options, numeric, drawn));
    body.append(fragment);
    replace(
      more,
      drawn < rows.length
        ? h(
            'button',
            { type: 'button', class: 'button', on: { click: draw } },
            `Show ${Math.min(ROWS_AT_ONCE, rows.length - drawn)} more of ${rows.length} rows`,
          )
        : null,
    );
  };
  draw();
  return h(
    'div',
    { class: 'grid-frame' },
    h(
      'div',
      { class: 'grid', role: 'region', tabindex: '0', 'aria-label': options.label },
      h('table', null, h('thead', null, h('tr', null, heads)), body),
    ),
    more,
  );
}

/** @param {GridColumn} column */
function title(column) {
  return `${column.name} ${column.type}${column.comment ? `\n${column.comment}` : ''}`;
}

/**
 * @param {GridOptions} options
 * @param {boolean[]} numeric
 * @param {number} index
 */
function gridRow({ columns, rows, table, key, keys }, numeric, index) {
  const row = h('tr');
  columns.forEach((column, at) => {
    const content = valueNode(rows[index][at], column.type);
    const isKey = table && keys && key?.includes(column.name);
    row.append(
      h(
        'td',
        { class: numeric[at] ? 'number' : isMoment(column.type) ? 'moment' : null },
        isKey ? h('a', { href: href('record', [table, keyPath(keys[index])]) }, content) : content,
      ),
    );
  });
  return row;
}

/**
 * Diagnostics as the command line prints them: level, code, message, place, the source with what is meant underlined.
 * @param {Diagnostic[]} diagnostics
 * @param {string | null} source The text they are about, if it is at hand
 */
export function diagnosticList(diagnostics, source = null) {
  return h(
    'ul',
    { class: 'diagnostics' },
    diagnostics.map((diagnostic) =>
      h(
        'li',
        { class: `diagnostic ${diagnostic.level}` },
        h(
          'p',
          { class: 'diagnostic-head' },
          h('span', { class: `level ${diagnostic.level}` }, diagnostic.level),
          h('code', { class: 'code' }, diagnostic.code),
          h('span', { class: 'message' }, diagnostic.message),
        ),
        diagnostic.file || (diagnostic.line && !source)
          ? h(
              'p',
              { class: 'place' },
              `${diagnostic.file ?? 'statement'}${diagnostic.line ? `:${diagnostic.line}:${diagnostic.column ?? 1}` : ''}`,
            )
          : null,
        source === null ? null : snippet(diagnostic, source),
        diagnostic.detail && source === null ? h('p', null, diagnostic.detail) : null,
        diagnostic.hint
          ? h('p', { class: 'hint' }, h('span', { class: 'hint-word' }, 'help: '), diagnostic.hint)
          : null,
      ),
    ),
  );
}

/**
 * @param {Diagnostic} diagnostic
 * @param {string} source
 */
function snippet(diagnostic, source) {
  const lines = source.split('\n');
  const { line, column } = diagnostic;
  if (!line || !column || line > lines.length) return null;
  const text = lines[line - 1];
  const end = diagnostic.end_line === line && diagnostic.end_column ? diagnostic.end_column : [...text].length + 1;
  const gutter = String(line).length;
  const before = [...text]
    .slice(0, column - 1)
    .map((char) => (char === '\t' ? '\t' : ' '))
    .join('');
  return h(
    'pre',
    { class: 'snippet', tabindex: '0', 'aria-label': `Line ${line}, column ${column}` },
    h('span', { class: 'gutter' }, `${String(line)} │ `),
    text,
    '\n',
    h('span', { class: 'gutter' }, `${' '.repeat(gutter)} │ `),
    before,
    h(
      'span',
      { class: 'caret' },
      '^'.repeat(Math.max(1, end - column)),
      diagnostic.detail ? ` ${diagnostic.detail}` : '',
    ),
  );
}

/** @typedef {{op: string, details?: string, changelog?: string[], upsert_keys?: string[][], columns?: GridColumn[], state?: any, inputs?: Plan[]}} Plan */

/** What the letters of a changelog stand for. */
const CHANGELOG = /** @type {Record<string, string>} */ ({
  I: 'insert',
  UB: 'update before',
  UA: 'update after',
  D: 'delete',
});

/**
 * A plan as a tree, the result first and what it reads below.
 * @param {Plan | Plan[]} plan
 */
export function planTree(plan) {
  return h('ul', { class: 'plan' }, (Array.isArray(plan) ? plan : [plan]).map(planNode));
}

/**
 * @param {Plan} plan
 * @returns {HTMLElement}
 */
function planNode(plan) {
  const details = (plan.details ?? '').replaceAll('default_catalog.default_database.', '');
  const facts = [
    plan.changelog
      ? h(
          'span',
          { title: plan.changelog.map((kind) => CHANGELOG[kind] ?? kind).join(', ') },
          `changes ${plan.changelog.join(' ')}`,
        )
      : null,
    plan.upsert_keys?.length
      ? h('span', null, `key ${plan.upsert_keys.map((key) => `(${key.join(', ')})`).join(' or ')}`)
      : null,
    plan.state ? h('span', { class: 'keeps' }, plain(plan.state)) : null,
    plan.columns ? h('span', null, `${plan.columns.length} ${plan.columns.length === 1 ? 'column' : 'columns'}`) : null,
  ].filter((fact) => fact !== null);
  return h(
    'li',
    null,
    h(
      'div',
      { class: 'plan-node' },
      h(
        'p',
        { class: 'plan-line' },
        h('strong', { class: 'op' }, plan.op),
        ' ',
        details.length > 160
          ? h(
              'details',
              null,
              h('summary', null, h('code', null, clipped(details, 120))),
              h('pre', { class: 'whole' }, details),
            )
          : h('code', null, details),
      ),
      h('p', { class: 'plan-facts' }, facts),
    ),
    plan.inputs?.length ? h('ul', null, plan.inputs.map(planNode)) : null,
  );
}

/**
 * A line of recent values, without axes: only the shape counts. `draw` takes new values.
 * @param {string} label
 */
export function sparkline(label) {
  const [width, height] = [120, 28];
  const area = s('path', { class: 'spark-area' });
  const line = s('path', { class: 'spark-line' });
  const root = s(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    area,
    line,
  );
  return {
    root,
    /** @param {number[]} values */
    draw(values) {
      if (values.length < 2) return;
      const top = Math.max(...values, 1e-9);
      const step = width / (Math.max(FEWEST_VALUES, values.length) - 1);
      const points = values.map(
        (value, index) =>
          `${(width - (values.length - 1 - index) * step).toFixed(1)} ${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`,
      );
      line.setAttribute('d', `M${points.join('L')}`);
      area.setAttribute(
        'd',
        `M${points.join('L')}L${width} ${height}L${(width - (values.length - 1) * step).toFixed(1)} ${height}Z`,
      );
    },
  };
}

/** @param {string} type */
export function typeNode(type) {
  return h(
    'code',
    { class: 'type' },
    bareType(type),
    type.endsWith(' NOT NULL') ? h('span', { class: 'quiet' }, ' NOT NULL') : null,
  );
}

/**
 * A list of choices in a frame.
 * @param {string} label
 * @param {(string | {value: string, text: string})[]} options
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function select(label, options, value, onChange) {
  const control = h(
    'select',
    { 'aria-label': label, on: { change: () => onChange(control.value) } },
    options.map((option) => {
      const each = typeof option === 'string' ? { value: option, text: option } : option;
      return h('option', { value: each.value, selected: each.value === value }, each.text);
    }),
  );
  return control;
}
