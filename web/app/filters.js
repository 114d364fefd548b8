// @ts-check
/**
 * What is asked of a table: filters, order, columns and page, in the words of the HTTP door. The page's address holds
 * the same words, so the one is made of the other without a translation.
 */

/** @typedef {{column: string, operator: string, value: string}} Filter */
/** @typedef {{filters: Filter[], order: {column: string, descending: boolean} | null, columns: string[] | null, limit: number, offset: number}} Ask */

const WORDS = new Set(['select', 'order', 'limit', 'offset']);
export const PAGE_SIZES = [25, 50, 100, 250];
const PAGE_SIZE = 50;

/** What can be asked of a column. `word` is the door's; without `value` there is nothing to fill in. */
export const OPERATORS = [
  { word: 'eq', sign: '=', text: 'is equal to', value: true },
  { word: 'neq', sign: '≠', text: 'is not equal to', value: true },
  { word: 'gt', sign: '>', text: 'is greater than', value: true },
  { word: 'gte', sign: '≥', text: 'is at least', value: true },
  { word: 'lt', sign: '<', text: 'is less than', value: true },
  { word: 'lte', sign: '≤', text: 'is at most', value: true },
  { word: 'like', sign: 'like', text: 'is like (* for any text)', value: true },
  { word: 'ilike', sign: 'ilike', text: 'is like, in any case', value: true },
  { word: 'in', sign: 'in', text: 'is one of (a,b,c)', value: true },
  { word: 'is.null', sign: 'is NULL', text: 'is NULL', value: false },
  { word: 'not.is.null', sign: 'is not NULL', text: 'is not NULL', value: false },
  { word: 'is.true', sign: 'is TRUE', text: 'is TRUE', value: false },
  { word: 'is.false', sign: 'is FALSE', text: 'is FALSE', value: false },
];

/**
 * @param {URLSearchParams} params
 * @returns {Ask}
 */
export function readAsk(params) {
  /** @type {Filter[]} */
  const filters = [];
  for (const [name, condition] of params) {
    if (WORDS.has(name)) continue;
    const bare = OPERATORS.find((each) => !each.value && each.word === condition);
    const dot = condition.indexOf('.');
    const operator = bare ? bare.word : condition.slice(0, dot);
    let value = bare ? '' : condition.slice(dot + 1);
    if (operator === 'in') value = value.replace(/^\(/, '').replace(/\)$/, '');
    filters.push({ column: unquote(name), operator, value });
  }
  const order = /^(.+?)(?:\.(asc|desc))?$/.exec(params.get('order') ?? '');
  const select = params.get('select');
  return {
    filters,
    order: order ? { column: order[1], descending: order[2] === 'desc' } : null,
    columns: select ? select.split(',') : null,
    limit: Math.min(1000, Number(params.get('limit')) || PAGE_SIZE),
    offset: Number(params.get('offset')) || 0,
  };
}

/**
 * @param {Ask} ask
 * @returns {URLSearchParams}
 */
export function writeAsk(ask) {
  const params = new URLSearchParams();
  for (const filter of ask.filters) params.append(quote(filter.column), condition(filter));
  if (ask.order) params.set('order', `${ask.order.column}${ask.order.descending ? '.desc' : '.asc'}`);
  if (ask.columns) params.set('select', ask.columns.join(','));
  if (ask.limit !== PAGE_SIZE) params.set('limit', String(ask.limit));
  if (ask.offset > 0) params.set('offset', String(ask.offset));
  return params;
}

/**
 * The request: as the address, with the key's columns read even when they are not shown, as rows link by them.
 * @param {Ask} ask
 * @param {string[]} key
 * @param {string[]} otherwise Columns to order by when no order is asked for: pages of unordered rows need not fit together
 */
export function requestQuery(ask, key, otherwise) {
  const params = writeAsk(ask);
  params.set('limit', String(ask.limit));
  if (!ask.order && otherwise.length > 0) params.set('order', otherwise.map((column) => `${column}.asc`).join(','));
  if (ask.columns) params.set('select', [...new Set([...ask.columns, ...key])].join(','));
  return params.toString().replaceAll('+', '%20');
}

/** @param {Filter} filter */
function condition(filter) {
  const operator = OPERATORS.find((each) => each.word === filter.operator);
  if (operator && !operator.value) return operator.word;
  return filter.operator === 'in' ? `in.(${filter.value})` : `${filter.operator}.${filter.value}`;
}

/** @param {Filter} filter As people read it */
export function describe(filter) {
  const operator = OPERATORS.find((each) => each.word === filter.operator);
  return `${filter.column} ${operator?.sign ?? filter.operator}${operator && !operator.value ? '' : ` ${filter.value}`}`;
}

/** @param {string} column A column named like one of the door's words is quoted */
function quote(column) {
  return WORDS.has(column) ? `"${column}"` : column;
}

/** @param {string} name */
function unquote(name) {
  return /^".+"$/.test(name) ? name.slice(1, -1) : name;
}
