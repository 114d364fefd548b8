// @ts-check
/** All tables by layer, what is made before what it is made of. */

import { h, replace, setText } from './dom.js';
import { number, rate } from './format.js';
import { href } from './router.js';
import { listen, live, tablesByLayer } from './store.js';
import { emptyNote } from './parts.js';

/** @returns {import('./main.js').View} */
export function tablesView() {
  const body = h('div', { class: 'stack' });
  /** @type {{name: string, rows: HTMLElement, speed: HTMLElement}[]} */
  let cells = [];
  const drawLive = () => {
    for (const cell of cells) {
      const now = live(cell.name);
      setText(cell.rows, number(now.rows));
      setText(cell.speed, now.rate === null ? '' : rate(now.rate));
    }
  };
  const draw = () => {
    cells = [];
    const groups = tablesByLayer().reverse();
    replace(
      body,
      groups.length === 0
        ? emptyNote('No tables', 'The project declares none.')
        : groups.map((group) =>
            h(
              'section',
              null,
              h('h2', null, group.title, ' ', h('span', { class: 'count' }, group.tables.length)),
              h(
                'div',
                { class: 'card flush' },
                h(
                  'table',
                  { class: 'list' },
                  h(
                    'thead',
                    null,
                    h(
                      'tr',
                      null,
                      h('th', { scope: 'col' }, 'Table'),
                      h('th', { scope: 'col', class: 'wide-only' }, 'Description'),
                      h('th', { scope: 'col', class: 'number' }, 'Rows'),
                      h('th', { scope: 'col', class: 'number' }, 'Rows/s'),
                    ),
                  ),
                  h(
                    'tbody',
                    null,
                    group.tables.map((table) => {
                      const cell = {
                        name: table.name,
                        rows: h('td', { class: 'number' }),
                        speed: h('td', { class: 'number' }),
                      };
                      cells.push(cell);
                      return h(
                        'tr',
                        null,
                        h(
                          'th',
                          { scope: 'row' },
                          h('a', { href: href('table', [table.name]) }, table.name),
                          table.dead_letter_of.length > 0 ? h('span', { class: 'chip warn' }, 'dead letters') : null,
                          h('span', { class: 'narrow-only quiet' }, table.comment ?? ''),
                        ),
                        h('td', { class: 'wide-only quiet' }, table.comment ?? ''),
                        cell.rows,
                        cell.speed,
                      );
                    }),
                  ),
                ),
              ),
            ),
          ),
    );
    drawLive();
  };
  draw();
  const stops = [listen('tables', draw), listen('status', drawLive)];
  return {
    title: 'Tables',
    root: h('div', { class: 'view' }, h('h1', null, 'Tables'), body),
    dispose: () => stops.forEach((stop) => stop()),
  };
}
