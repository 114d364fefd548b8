// @ts-check
/**
 * The frame around the views: the top bar with search and state, the rail of views, the banner when the server is
 * gone. It picks the view by the address. A view is a function of the route that gives `{root, update?, dispose?}`:
 * `update` takes a new address of the same subject in place, so that typing and focus survive.
 */

import { announce, h, icon, replace, s, setText } from './dom.js';
import { compact, duration, rate } from './format.js';
import { currentRoute, go, href } from './router.js';
import { listen, retryNow, start, store } from './store.js';
import { searchBox } from './search.js';
import { pipelineView } from './pipeline.js';
import { tablesView } from './tables.js';
import { tableView } from './table.js';
import { recordView } from './record.js';
import { changesView } from './changes.js';
import { queryView } from './query.js';
import { healthView } from './health.js';

/** @typedef {import('./router.js').Route} Route */
/** @typedef {{root: Element, title: string, update?: (route: Route) => void, dispose?: () => void}} View */
/** @typedef {{make: (route: Route) => View, subject: number, rail: string}} Kind `subject`: parts of the address that make it another page */

/** @type {Record<string, Kind>} */
const VIEWS = {
  pipeline: { make: pipelineView, subject: 0, rail: 'pipeline' },
  tables: { make: tablesView, subject: 0, rail: 'tables' },
  table: { make: tableView, subject: 1, rail: 'tables' },
  record: { make: recordView, subject: 2, rail: 'record' },
  changes: { make: changesView, subject: 1, rail: 'changes' },
  query: { make: queryView, subject: 0, rail: 'query' },
  health: { make: healthView, subject: 0, rail: 'health' },
};

const RAIL = /** @type {const} */ ([
  ['pipeline', 'Pipeline', 'pipeline'],
  ['tables', 'Tables', 'tables'],
  ['record', 'Look up', 'record'],
  ['changes', 'Changes', 'changes'],
  ['query', 'Query', 'query'],
  ['health', 'Health', 'health'],
]);

/** A server that is gone for less is not mentioned. */
const GRACE_MS = 800;

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const rail = /** @type {HTMLElement} */ (document.getElementById('rail'));
const banner = /** @type {HTMLElement} */ (document.getElementById('banner'));

/** @type {View | null} */
let view = null;
let shown = '';

function show() {
  const route = currentRoute();
  const kind = VIEWS[route.view] ?? VIEWS.pipeline;
  const subject = [route.view, ...route.parts.slice(0, kind.subject)].join('/');
  if (view?.update && subject === shown) {
    view.update(route);
    return;
  }
  const first = shown === '';
  view?.dispose?.();
  shown = subject;
  view = kind.make(route);
  main.replaceChildren(view.root);
  document.title = `${view.title} · Headwater`;
  for (const link of rail.querySelectorAll('a')) {
    const current = link.dataset.view === kind.rail;
    if (current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  scrollTo(0, 0);
  if (first) return;
  main.focus({ preventScroll: true });
  announce(view.title);
}

function buildRail() {
  replace(
    rail,
    h(
      'ul',
      null,
      RAIL.map(([name, label, picture]) =>
        h('li', null, h('a', { href: href(name), 'data-view': name }, icon(picture), h('span', null, label))),
      ),
    ),
  );
}

function buildTop() {
  const project = h('span', { class: 'project' });
  const mark = s(
    'svg',
    { class: 'mark', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    s('rect', { width: 32, height: 32, rx: 8 }),
    s('path', {
      d: 'M6 11c4-4.5 7 4 10.5 0s6.5 4 9.5 0M6 17.5c4-4.5 7 4 10.5 0s6.5 4 9.5 0M6 24c4-4.5 7 4 10.5 0s6.5 4 9.5 0',
    }),
  );
  const state = h(
    'a',
    { class: 'run-state', href: href('health') },
    h('span', { class: 'visually-hidden' }, 'State of the run: '),
  );
  const dot = h('span', { class: 'dot', 'data-state': 'connecting' });
  const word = h('span', { class: 'word' }, 'connecting');
  const figures = h('span', { class: 'figures' });
  state.append(dot, word, figures);
  const theme = h('button', { type: 'button', class: 'icon-button', on: { click: switchTheme } });
  replace(
    /** @type {HTMLElement} */ (document.getElementById('top')),
    h(
      'a',
      { class: 'brand', href: href('pipeline'), 'aria-label': 'Headwater: pipeline' },
      mark,
      h('span', { class: 'name' }, 'Headwater'),
    ),
    project,
    searchBox(),
    state,
    theme,
  );

  const drawState = () => {
    const { connection, status } = store;
    const name = connection.state === 'live' ? (status?.state ?? 'connecting') : connection.state;
    dot.dataset.state = name;
    setText(word, name === 'lost' ? 'disconnected' : name);
    setText(
      figures,
      status && connection.state === 'live'
        ? `epoch ${compact(status.epoch)} · ${rate(status.rows_per_second)} rows/s`
        : '',
    );
  };
  const drawProject = () => setText(project, store.pipeline?.project ?? '');
  const drawTheme = () => {
    const dark = isDark();
    theme.setAttribute('aria-label', dark ? 'Light colours' : 'Dark colours');
    theme.title = dark ? 'Light colours' : 'Dark colours';
    replace(theme, icon(dark ? 'sun' : 'moon'));
  };
  listen('status', drawState);
  listen('connection', drawState);
  listen('tables', drawProject);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawTheme);
  addEventListener('headwater-theme', drawTheme);
  drawTheme();
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function switchTheme() {
  const theme = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('headwater-theme', theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  dispatchEvent(new Event('headwater-theme'));
}

/** The banner while the server does not answer. The countdown is not announced, the loss and the return are. */
function watchConnection() {
  const text = h('span');
  const countdown = h('span', { class: 'quiet', 'aria-hidden': 'true' });
  const retry = h('button', { type: 'button', class: 'button small', on: { click: retryNow } }, 'Try now');
  banner.append(icon('warning'), text, countdown, retry);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const drawCountdown = () => {
    const { retryAt } = store.connection;
    const left = retryAt - Date.now();
    const when = left > 0 ? `Trying again in ${duration(Math.max(1000, left))}` : 'Trying again…';
    setText(countdown, retryAt === 0 ? '' : when);
  };
  const show = () => {
    const { state, error } = store.connection;
    banner.hidden = state !== 'lost';
    document.body.classList.toggle('is-lost', state === 'lost');
    if (state !== 'lost') return;
    setText(
      text,
      error?.status === 503
        ? `The server is not ready yet: ${error.message}`
        : error?.status
          ? error.message
          : 'The server does not answer. What you see is from before.',
    );
    drawCountdown();
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let grace;
  listen('connection', () => {
    clearInterval(timer);
    clearTimeout(grace);
    if (store.connection.state === 'lost') timer = setInterval(drawCountdown, 1000);
    // A connection that is back at once is not worth a banner.
    if (banner.hidden && store.connection.state === 'lost') grace = setTimeout(show, GRACE_MS);
    else show();
  });
}

addEventListener('hashchange', show);
document.getElementById('skip')?.addEventListener('click', (event) => {
  // The address is the route; it must not become `#main`.
  event.preventDefault();
  main.focus();
});
addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
});

buildTop();
buildRail();
watchConnection();
start();

// The first view waits for the tables, which all views need; if they do not come, the banner says why.
const stop = listen('tables', () => {
  stop();
  if (location.hash === '') go(href('pipeline'), { replace: true });
  else show();
});
