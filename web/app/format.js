// @ts-check
/** How values are written. A cell shows what the server sent; only headline figures are rounded or grouped. */

import { h } from './dom.js';

/** Longest text put into a cell; the rest is cut. A record's page shows up to `LONGEST_VALUE`. */
const LONGEST_CELL = 300;
export const LONGEST_VALUE = 20000;

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/**
 * `12,345.68`; an em dash for what is unknown.
 * @param {number | string | bigint | null | undefined} value
 */
export function number(value) {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'string' && value.replace(/[-.]/g, '').length > 15) return value;
  return Number.isNaN(Number(value)) ? String(value) : grouped.format(Number(value));
}

/**
 * `12.3K`, for places with little room.
 * @param {number | null | undefined} value
 */
export function compact(value) {
  if (value === null || value === undefined) return '—';
  return value < 10000 ? grouped.format(Math.round(value)) : short.format(value);
}

/**
 * Rows a second: a decimal below ten, none above.
 * @param {number | null | undefined} value
 */
export function rate(value) {
  if (value === null || value === undefined) return '—';
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : compact(value);
}

/**
 * @param {number | null | undefined} size Bytes
 */
export function bytes(size) {
  if (size === null || size === undefined) return '—';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = size;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/**
 * `4 s`, `12 min`, `3 h 20 min`, `5 d 2 h`.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  if (days > 60) return `${grouped.format(days)} d`;
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/**
 * An instant as `2024-06-20 12:00:00`, in UTC, without what is zero below the second.
 * @param {string | null | undefined} iso
 */
export function instant(iso) {
  if (!iso) return '—';
  return iso
    .replace('T', ' ')
    .replace(/(\.\d*?)0*(Z?)$/, '$1$2')
    .replace(/\.?Z$/, '')
    .replace(/\.$/, '');
}

/** @param {string} type */
export function isNumeric(type) {
  return /^(TINYINT|SMALLINT|INT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL|NUMERIC)\b/i.test(type);
}

/** @param {string} type */
export function isMoment(type) {
  return /^(DATE|TIME|TIMESTAMP)/i.test(type);
}

/** @param {string} type A Flink type as it is summarised: `DECIMAL(10, 2) NOT NULL` */
export function bareType(type) {
  return type.replace(/ NOT NULL$/, '');
}

/**
 * A value as text, as it is written in a filter or copied.
 * @param {any} value
 * @returns {string}
 */
export function plain(value) {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'object')
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner));
  return String(value);
}

/**
 * What a cell shows of a value: NULL and the empty text look unlike any text, what is long is cut, with all of it
 * (within reason) as the title.
 * @param {any} value
 * @param {string} [type]
 * @param {number} [longest]
 * @returns {Node}
 */
export function valueNode(value, type = '', longest = LONGEST_CELL) {
  if (value === null || value === undefined) return h('span', { class: 'null' }, 'NULL');
  if (value === '') return h('span', { class: 'null', title: 'Empty text' }, '‘’');
  let text = plain(value);
  if (/^TIMESTAMP/i.test(type)) text = text.replace('T', ' ');
  if (text.length > longest) {
    return h(
      'span',
      { title: clipped(text, 2000) },
      text.slice(0, longest),
      h('span', { class: 'null' }, ` … ${number(text.length)} characters`),
    );
  }
  return text.length > 28 ? h('span', { title: text }, text) : document.createTextNode(text);
}

/**
 * @param {string} text
 * @param {number} longest
 */
export function clipped(text, longest) {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const KEYWORDS = new Set(
  (
    'ADD ALL ALTER AND ANY AS ASC BETWEEN BY CASE CAST COALESCE COMMENT CREATE CROSS CURRENT DATE DAY DELETE DESC DISTINCT ELSE END ENFORCED ' +
    'EXISTS FALSE FETCH FILTER FIRST FOLLOWING FOR FROM FULL GROUP HAVING HOUR IF IN INNER INSERT INTERVAL INTO IS JOIN KEY LAST LEFT ' +
    'LIKE LIMIT MATCH_RECOGNIZE METADATA MINUTE MONTH NATURAL NOT NULL NULLS OF OFFSET ON OR ORDER OUTER OVER PARTITION PRECEDING PRIMARY ' +
    'RANGE RIGHT ROW ROWS SECOND SELECT SET SYSTEM_TIME TABLE THEN TIME TIMESTAMP TO TRUE UNBOUNDED UNION UNIQUE UNNEST UPDATE USING ' +
    'VALUES VIEW VIRTUAL WATERMARK WHEN WHERE WINDOW WITH YEAR'
  ).split(' '),
);

/**
 * SQL with its keywords, texts, numbers and comments told apart.
 * @param {string} sql
 * @returns {HTMLElement}
 */
export function sqlNode(sql) {
  const code = h('code');
  const token =
    /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|(`[^`]*`)|([A-Za-z_][A-Za-z0-9_$]*)|(\b\d[\d.]*\b)|([\s\S])/g;
  let text = '';
  const flush = () => {
    if (text) code.append(text);
    text = '';
  };
  for (const [all, comment, string, , word, figure] of sql.matchAll(token)) {
    const kind = comment
      ? 'comment'
      : string
        ? 'string'
        : figure
          ? 'figure'
          : word && KEYWORDS.has(word.toUpperCase())
            ? 'keyword'
            : '';
    if (kind === '') {
      text += all;
      continue;
    }
    flush();
    code.append(h('span', { class: `sql-${kind}` }, all));
  }
  flush();
  return code;
}
