// @ts-check
/**
 * What all views share: the tables, the pipeline, the status as it streams in, and whether the server is there.
 * Listeners are told once per picture, whatever the number of updates.
 */

import { follow, get } from './api.js';
import { onFrame } from './dom.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {'status' | 'tables' | 'connection'} Topic */

/** Layers in the order in which data flows; null is what the environment declares. */
export const LAYERS = [
  { layer: null, title: 'Environment' },
  { layer: 'sources', title: 'Sources' },
  { layer: 'intermediates', title: 'Intermediates' },
  { layer: 'dimensions', title: 'Dimensions' },
  { layer: 'facts', title: 'Facts' },
  { layer: 'views', title: 'Views' },
];

/** Seconds of history behind the little charts. */
const HISTORY = 90;

export const store = {
  /** @type {Map<string, Table>} */
  tables: new Map(),
  /** @type {import('./api.js').Pipeline | null} */
  pipeline: null,
  /** @type {import('./api.js').Status | null} */
  status: null,
  /** Rows a second, one entry a second. @type {number[]} */
  rates: [],
  /** @type {{state: 'connecting' | 'live' | 'lost', error: import('./api.js').ApiError | null, retryAt: number}} */
  connection: { state: 'connecting', error: null, retryAt: 0 },
};

/** @type {Record<Topic, Set<() => void>>} */
const listeners = { status: new Set(), tables: new Set(), connection: new Set() };

/**
 * @param {Topic} topic
 * @param {() => void} listener
 * @returns {() => void} Ends it
 */
export function listen(topic, listener) {
  listeners[topic].add(listener);
  return () => listeners[topic].delete(listener);
}

/** @type {Record<Topic, () => void>} One function each, so that a frame calls it once. */
const tell = {
  status: () => listeners.status.forEach((listener) => listener()),
  tables: () => listeners.tables.forEach((listener) => listener()),
  connection: () => listeners.connection.forEach((listener) => listener()),
};

/** @param {string | null} layer */
export function layerTitle(layer) {
  return LAYERS.find((each) => each.layer === layer)?.title ?? String(layer);
}

/**
 * The tables by layer, in the order of the data; layers that have none are left out, unknown ones come before the views.
 * @returns {{title: string, layer: string | null, tables: Table[]}[]}
 */
export function tablesByLayer() {
  /** @type {Map<string | null, Table[]>} */
  const groups = new Map(LAYERS.slice(0, -1).map(({ layer }) => [layer, []]));
  for (const table of store.tables.values()) {
    if (table.layer === 'views') continue;
    if (!groups.has(table.layer)) groups.set(table.layer, []);
    groups.get(table.layer)?.push(table);
  }
  groups.set(
    'views',
    [...store.tables.values()].filter((table) => table.layer === 'views'),
  );
  return [...groups]
    .filter(([, tables]) => tables.length > 0)
    .map(([layer, tables]) => ({ title: layerTitle(layer), layer, tables }));
}

/** Tables whose rows can be read, those that people care for most first: views, facts, dimensions, and so on. */
export function readableTables() {
  return tablesByLayer()
    .reverse()
    .flatMap((group) => group.tables)
    .filter((table) => table.readable);
}

/**
 * Rows of a table as the status has them, which is newer than the list of tables.
 * @param {string} name
 * @returns {{rows: number | null, rate: number | null}}
 */
export function live(name) {
  const now = store.status?.tables[name];
  return { rows: now?.rows ?? store.tables.get(name)?.rows ?? null, rate: now?.rows_per_second ?? null };
}

/**
 * Whether a key names one row, that can be asked for.
 * @param {Table} table
 */
export function hasLookUp(table) {
  return table.readable && table.mode === 'upsert' && table.primary_key.length > 0;
}

/** The tables that hold rejected rows. */
export function deadLetterTables() {
  return [...store.tables.values()].filter((table) => table.dead_letter_of.length > 0);
}

let knownShape = '';

async function loadTables() {
  const [tables, pipeline] = await Promise.all([get('/v1/tables'), get('/v1/pipeline')]);
  store.tables = new Map(tables.data.tables.map((/** @type {Table} */ table) => [table.name, table]));
  store.pipeline = pipeline.data;
  // Views are made anew by this; after a mere loss of the connection they stay as they are, scrolled and filled in.
  const shape = JSON.stringify([
    tables.data.tables.map((/** @type {Table} */ table) => ({ ...table, rows: 0 })),
    pipeline.data,
  ]);
  if (shape !== knownShape) onFrame(tell.tables);
  knownShape = shape;
}

/** @type {{close: () => void, retryNow: () => void} | null} */
let stream = null;

/** Follows the server from now on. */
export function start() {
  stream = follow('/v1/status/stream', {
    onOpen() {
      // The server may have been started anew, with another project: what is known of the tables is read again.
      loadTables().then(
        () => connected(),
        (error) => lost(error, 2000, true),
      );
    },
    onEvent(event, data) {
      if (event !== 'status') return;
      store.status = data;
      store.rates.push(data.rows_per_second ?? 0);
      if (store.rates.length > HISTORY) store.rates.shift();
      onFrame(tell.status);
    },
    onLost: (error, retryMs) => lost(error, retryMs, false),
    onRefused: (error) => lost(error, 0, false),
  });
}

export function retryNow() {
  stream?.retryNow();
}

function connected() {
  store.connection = { state: 'live', error: null, retryAt: 0 };
  onFrame(tell.connection);
}

/**
 * @param {import('./api.js').ApiError} error
 * @param {number} retryMs
 * @param {boolean} reload Whether the stream is there and only the tables are missing
 */
function lost(error, retryMs, reload) {
  store.connection = { state: 'lost', error, retryAt: retryMs > 0 ? Date.now() + retryMs : 0 };
  onFrame(tell.connection);
  if (reload) setTimeout(() => loadTables().then(connected, (again) => lost(again, 2000, true)), retryMs);
}
