// @ts-check
/**
 * The HTTP door, as `docs/http.md` describes it: requests, problem documents, and streams of server-sent events.
 *
 * Streams are read by `fetch` and not by `EventSource`, which neither backs off nor tells a 503 from a closed
 * connection, and forgets where it was when it is made anew.
 */

/** @typedef {{name: string, type: string, comment: string | null}} Column */
/**
 * @typedef {object} Table
 * @property {string} name
 * @property {string} full_name
 * @property {string | null} layer
 * @property {string | null} product
 * @property {string | null} comment
 * @property {'managed' | 'external'} kind
 * @property {'append' | 'upsert' | 'retract' | null} mode
 * @property {string[]} primary_key
 * @property {Column[]} columns
 * @property {number | null} rows
 * @property {boolean} readable
 * @property {boolean} appendable
 * @property {string[]} dead_letter_of
 */
/**
 * @typedef {object} Diagnostic
 * @property {'error' | 'warning' | 'info'} level
 * @property {string} code
 * @property {string} message
 * @property {string | null} [detail]
 * @property {string | null} [hint]
 * @property {string | null} [file]
 * @property {number | null} [line]
 * @property {number | null} [column]
 * @property {number | null} [end_line]
 * @property {number | null} [end_column]
 */
/** @typedef {{label: string, file: string | null, target: string, reads: string[], sql: string}} Statement */
/** @typedef {{project: string, nodes: {table: string, layer: string | null, kind: string}[], statements: Statement[], diagnostics: Diagnostic[]}} Pipeline */
/** @typedef {{rows: number | null, rows_in?: number, rows_per_second?: number}} TableStatus */
/**
 * @typedef {object} Status
 * @property {'running' | 'done' | string} state
 * @property {string} mode
 * @property {number} epoch
 * @property {string | null} clock
 * @property {string | null} started_at
 * @property {number} rows_in
 * @property {number} rows_out
 * @property {number} rows_rejected
 * @property {number} rows_late
 * @property {number} rows_per_second
 * @property {string | null} watermark
 * @property {number | null} lag Rows still to be read
 * @property {number} state_bytes
 * @property {number} sources_running
 * @property {{epoch: number, at: string} | null} last_checkpoint
 * @property {Record<string, TableStatus>} tables
 */

/** An answer that is not what was asked for. `status` is 0 when the server did not answer at all. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{title?: string, detail?: string, code?: string, hint?: string, diagnostics?: Diagnostic[]}} problem
   */
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answered with status ${status}`);
    this.status = status;
    this.title = problem.title ?? '';
    this.code = problem.code ?? null;
    this.hint = problem.hint ?? null;
    /** @type {Diagnostic[]} */
    this.diagnostics = problem.diagnostics ?? [];
  }

  /** Whether the same request may do later what it did not do now. */
  get passing() {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

/**
 * JSON in which integers that a double cannot hold stay exact, as BigInt. Only texts that have such a number pay for it.
 * @param {string} text
 * @returns {any}
 */
export function parse(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(
    text,
    /** @type {any} */ (
      (/** @type {string} */ _, /** @type {any} */ value, /** @type {{source?: string}} */ context) => {
        const exact = typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value);
        return exact || !context?.source || !/^-?\d+$/.test(context.source) ? value : BigInt(context.source);
      }
    ),
  );
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function send(path, init) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', ...init });
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'AbortError') throw error;
    throw new ApiError(0, { title: 'No answer', detail: 'The server does not answer' });
  }
  if (response.ok) return response;
  let problem = { title: response.statusText || `Status ${response.status}` };
  try {
    problem = { ...problem, ...(await response.json()) };
  } catch {
    // Not a problem document; the status has to do.
  }
  throw new ApiError(response.status, problem);
}

/**
 * @param {string} path
 * @param {{signal?: AbortSignal, headers?: Record<string, string>}} [options]
 * @returns {Promise<{data: any, epoch: string | null, total: number | null}>} `total` only where the count was asked for
 */
export async function get(path, options = {}) {
  const response = await send(path, {
    signal: options.signal,
    headers: { Accept: 'application/json', ...options.headers },
  });
  const total = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '');
  return {
    data: parse(await response.text()),
    epoch: response.headers.get('Headwater-Epoch'),
    total: total ? Number(total[1]) : null,
  };
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, body, signal) {
  const response = await send(path, {
    method: 'POST',
    body: JSON.stringify(body),
    signal,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  });
  return parse(await response.text());
}

/** @param {string} name */
export function tablePath(name) {
  return `/v1/tables/${encodeURIComponent(name)}`;
}

/** @param {(string | number | bigint | boolean)[]} parts The values of the primary key's columns */
export function keyPath(parts) {
  return parts.map((part) => encodeURIComponent(String(part))).join(',');
}

/**
 * @typedef {object} StreamHandlers
 * @property {(event: string, data: any) => void} onEvent
 * @property {() => void} [onOpen]
 * @property {(error: ApiError, retryMs: number) => void} [onLost] After this it tries again by itself, in `retryMs`
 * @property {(error: ApiError) => void} [onRefused] It does not try again: the same request would be refused again
 */

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15000;
/** The server sends a comment every 15 s; silence for much longer means that the connection is dead. */
const SILENCE_MS = 40000;

/**
 * Follows a stream of server-sent events, through lost connections, from the last event seen. While the page is
 * hidden it is let go, as a browser has six connections to a server for all of its tabs.
 * @param {string} path
 * @param {StreamHandlers} handlers
 * @returns {{close: () => void, retryNow: () => void}}
 */
export function follow(path, handlers) {
  let lastId = '';
  let failures = 0;
  let closed = false;
  /** @type {AbortController | null} */
  let connection = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const connect = async () => {
    clearTimeout(timer);
    const abort = (connection = new AbortController());
    let watchdog = setTimeout(() => abort.abort('silence'), SILENCE_MS);
    try {
      const headers = /** @type {Record<string, string>} */ ({ Accept: 'text/event-stream' });
      if (lastId) headers['Last-Event-ID'] = lastId;
      const response = await send(path, { headers, signal: abort.signal });
      failures = 0;
      handlers.onOpen?.();
      const read = eventReader((event, data, id) => {
        if (id) lastId = id;
        if (data !== null) handlers.onEvent(event, parse(data));
      });
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || connection !== abort) break;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort('silence'), SILENCE_MS);
        read(decoder.decode(value, { stream: true }));
      }
      lose(abort, new ApiError(0, { title: 'Disconnected', detail: 'The server closed the connection' }));
    } catch (error) {
      lose(
        abort,
        error instanceof ApiError
          ? error
          : new ApiError(0, { title: 'Disconnected', detail: 'The connection to the server is lost' }),
      );
    } finally {
      clearTimeout(watchdog);
    }
  };

  /**
   * @param {AbortController} abort
   * @param {ApiError} error
   */
  const lose = (abort, error) => {
    if (closed || connection !== abort) return;
    connection = null;
    if (!error.passing) return handlers.onRefused?.(error);
    failures += 1;
    // Up to a quarter more or less, so that the tabs of many people do not come back in the same instant.
    const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
    timer = setTimeout(connect, retryMs);
    handlers.onLost?.(error, retryMs);
  };

  const disconnect = () => {
    clearTimeout(timer);
    const open = connection;
    connection = null;
    open?.abort();
  };
  const onVisibility = () => {
    disconnect();
    if (!document.hidden && !closed) connect();
  };

  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) connect();
  return {
    close() {
      closed = true;
      document.removeEventListener('visibilitychange', onVisibility);
      disconnect();
    },
    retryNow() {
      if (connection === null && !closed) connect();
    },
  };
}

/**
 * Cuts a text of server-sent events, fed in pieces, into events. One that has only an id says where the stream is:
 * its data is null.
 * @param {(event: string, data: string | null, id: string) => void} emit
 * @returns {(piece: string) => void}
 */
export function eventReader(emit) {
  let rest = '';
  let event = '';
  let id = '';
  /** @type {string[]} */
  let data = [];
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) {
      const line = each.endsWith('\r') ? each.slice(0, -1) : each;
      if (line === '') {
        if (data.length > 0 || id) emit(event || 'message', data.length > 0 ? data.join('\n') : null, id);
        [event, id, data] = ['', '', []];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
      else if (field === 'id') id = value;
    }
  };
}
