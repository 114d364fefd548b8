/**
 * The HTTP door of `docs/http.md` as far as the page needs it, over made-up liveness: tables and statements are read
 * from `examples/c360`, rows from its files and from `fixtures/`. Started by the tests, or by hand:
 * `node mock.mjs [PORT]`. `POST /mock` with `{"do": …}` makes things happen (see `COMMANDS`).
 */

import { createServer } from 'node:http';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const WEB = join(HERE, '..');
const PROJECT = join(WEB, '../examples/c360');
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param {string} folder @returns {string[]} */
function files(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? files(path) : [path];
    });
}

/** Reads the plain DDL of the example; not a parser of SQL. */
function readTables() {
  const tables = new Map();
  for (const path of [...files(join(PROJECT, 'environments/local')), ...files(join(PROJECT, 'pipelines'))]) {
    if (!path.endsWith('.sql')) continue;
    const text = readFileSync(path, 'utf8');
    for (const match of text.matchAll(
      /CREATE TABLE (\w+) \(\n([\s\S]*?)\n\)(?: COMMENT '((?:[^']|'')*)')?\s*(WITH \([\s\S]*?\))?;/g,
    )) {
      const [, name, body, comment, options = ''] = match;
      const columns = [];
      let key = [];
      for (const line of body.split('\n').map((each) => each.trim().replace(/,$/, ''))) {
        const primary = /^PRIMARY KEY \((.*)\)/.exec(line);
        if (primary) key = primary[1].split(', ');
        const column = /^`?(\w+)`? ([A-Z_]+(?:\([\d, ]+\))?(?: NOT NULL)?)(?:.*?COMMENT '((?:[^']|'')*)')?/.exec(line);
        if (column && !primary) columns.push({ name: column[1], type: column[2], comment: column[3] ?? null });
      }
      const layer = /pipelines\/(\w+)\//.exec(path)?.[1] ?? null;
      const external = options.includes("'connector'");
      tables.set(name, {
        name,
        full_name: `default_catalog.default_database.${name}`,
        layer,
        product: name === 'customer_analytics_c360' ? 'customer.analytics.C360' : null,
        comment: comment ?? null,
        kind: external ? 'external' : 'managed',
        mode: external ? null : options.includes('upsert') ? 'upsert' : 'append',
        primary_key: key,
        columns,
        rows: null,
        readable: !external,
        appendable: false,
        dead_letter_of: [],
        file: /'path' = '\$\{data\}\/([^']+)'/.exec(options)?.[1] ?? null,
      });
    }
  }
  const letters = tables.get('rejected_rows');
  letters.appendable = true;
  letters.dead_letter_of = [...tables.values()].filter((table) => table.file).map((table) => table.name);
  return tables;
}

function readStatements() {
  return files(join(PROJECT, 'pipelines'))
    .filter((path) => /dml\..*\.sql$/.test(path))
    .map((path) => {
      const sql = readFileSync(path, 'utf8').trim().replace(/;$/, '');
      const target = /INSERT INTO (\w+)/.exec(sql)[1];
      const reads = [...new Set([...sql.matchAll(/(?:FROM|JOIN) (\w+)/g)].map((match) => match[1]))];
      return { label: target, file: relative(PROJECT, path), target, reads, sql };
    });
}

function csv(path) {
  const [head, ...lines] = readFileSync(join(PROJECT, 'data', path), 'utf8')
    .trim()
    .split('\n');
  const names = head.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((value, index) => [names[index], value === '' ? null : value])),
  );
}

/** A value as the door writes it. */
function value(text, type) {
  if (text === null || text === undefined) return null;
  if (/^(TINYINT|SMALLINT|INT|BIGINT|DOUBLE|FLOAT)/.test(type)) return Number(text);
  if (/^BOOLEAN/.test(type)) return text === true || text === 'true';
  if (/^TIMESTAMP/.test(type)) return String(text).replace(' ', 'T').replace(/:00$/, '');
  if (/^DECIMAL/.test(type)) return Number(text).toFixed(Number(/, (\d+)\)/.exec(type)?.[1] ?? 0));
  return String(text);
}

/** Rows for every managed table: by column name from the raw file or the profile that has it. */
function readRows(tables, statements) {
  const profiles = readFileSync(join(HERE, 'fixtures/customer_analytics_c360.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const rows = new Map();
  const rawOf = (name, seen = new Set()) => {
    if (seen.has(name)) return null;
    seen.add(name);
    const table = tables.get(name);
    if (table?.file) return table.file;
    for (const from of statements.find((each) => each.target === name)?.reads ?? []) {
      const found = rawOf(from, seen);
      if (found) return found;
    }
    return null;
  };
  for (const table of tables.values()) {
    if (table.kind === 'external') continue;
    let source;
    if (table.name === 'rejected_rows') {
      source = [
        [
          'transaction_items_raw',
          'data/sales/transaction_items.csv',
          43,
          "HW3103: column 'source_updated_at': 'yesterday' is not a TIMESTAMP(3)",
          'ITM000042,TXN000018,PRD000010,2,51.33,102.66,10.26,yesterday,',
        ],
        [
          'transaction_items_raw',
          'data/sales/transaction_items.csv',
          108,
          'HW3104: it has 2 fields instead of 9',
          ',cut off',
        ],
        [
          'customers_raw',
          'data/customer/customers.csv',
          12,
          "HW3103: column 'date_of_birth': '31/12/1979' is not a DATE",
          'CUST000011,Ada,Lovelace,ada@example.com,+1-555-11,31/12/1979,F',
        ],
      ].map(([source_table, origin, line, reason, raw]) => ({
        source_table,
        origin,
        line,
        reason,
        raw,
        rejected_at: '2024-06-20 12:00:00Z',
      }));
    } else if (table.primary_key.join() === 'customer_id') {
      source = profiles.map((row) => ({
        ...row,
        total_tickets: row.total_support_tickets,
        as_of: row.profile_created_at,
        as_of_date: '2024-06-20',
      }));
    } else if (table.name === 'src_c360_clock') {
      source = [...'0123456789abcdef'].map((bucket) => ({
        bucket,
        tick: '2024-06-20 12:00:00',
        as_of: '2024-06-20 12:00:00',
        as_of_date: '2024-06-20',
      }));
    } else {
      source = csv(rawOf(table.name));
    }
    const keys = new Set();
    rows.set(
      table.name,
      source
        .map((row) =>
          Object.fromEntries(
            table.columns.map((column) => [
              column.name,
              value(column.name === 'is_deleted' ? false : row[column.name], column.type),
            ]),
          ),
        )
        .filter((row) => {
          const key = table.primary_key.map((column) => row[column]).join();
          if (table.primary_key.length === 0) return true;
          return !keys.has(key) && keys.add(key);
        }),
    );
  }
  return rows;
}

const OPERATORS = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  like: (a, b) => new RegExp(`^${b.replaceAll('*', '.*')}$`).test(a),
  ilike: (a, b) => new RegExp(`^${b.replaceAll('*', '.*')}$`, 'i').test(a),
};

class Problem extends Error {
  constructor(status, title, detail, more = {}) {
    super(detail);
    this.status = status;
    this.body = { type: 'about:blank', title, status, detail, code: 'HW6001', hint: null, diagnostics: [], ...more };
  }
}

/** @param {number} [port] 0 for any */
export async function startMock(port = 0) {
  const tables = readTables();
  const statements = readStatements();
  const rows = readRows(tables, statements);
  const started = Date.now();
  const streams = new Set();
  const counts = new Map();
  let epoch = 1000;
  let notReady = false;
  let perTick = 3;
  let counter = 0;

  const comparable = (table, column, text) =>
    /^(INT|BIGINT|DECIMAL|DOUBLE)/.test(table.columns.find((each) => each.name === column).type) ? Number(text) : text;
  const select = (table, query) => {
    let found = rows.get(table.name);
    for (const [name, condition] of query) {
      if (['select', 'order', 'limit', 'offset'].includes(name)) continue;
      const column = name.replace(/^"|"$/g, '');
      if (!table.columns.some((each) => each.name === column))
        throw new Problem(400, 'Bad Request', `column '${column}' is unknown`, {
          hint: `the columns are ${table.columns
            .slice(0, 3)
            .map((each) => each.name)
            .join(', ')}, …`,
        });
      const [, not, operator, text] = /^(not\.)?(\w+)\.(.*)$/s.exec(condition);
      found = found.filter((row) => {
        const cell = row[column];
        const is =
          operator === 'is'
            ? text === 'null'
              ? cell === null
              : String(cell) === text
            : operator === 'in'
              ? text.slice(1, -1).split(',').includes(String(cell))
              : cell !== null && OPERATORS[operator](comparable(table, column, cell), comparable(table, column, text));
        return not ? !is : is;
      });
    }
    const order = query.get('order');
    if (order) {
      const [column, direction] = order.split('.');
      const sign = direction === 'desc' ? -1 : 1;
      found = [...found].sort((a, b) => {
        const [x, y] = [a, b].map((row) => (row[column] === null ? '' : comparable(table, column, row[column])));
        return x < y ? -sign : x > y ? sign : 0;
      });
    }
    const limit = Number(query.get('limit') ?? 1000);
    const offset = Number(query.get('offset') ?? 0);
    const columns = query.get('select')?.split(',');
    const page = found
      .slice(offset, offset + limit)
      .map((row) => (columns ? Object.fromEntries(columns.map((column) => [column, row[column]])) : row));
    return { page, total: found.length, offset };
  };

  const event = (name, data, id) => `${id ? `id: ${id}\n` : ''}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const change = (name, kind, row) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const stream of streams)
      if (stream.table === name)
        stream.response.write(event('change', { epoch, kind, row }, `${epoch}-${(counter += 1)}`));
  };
  const update = (name, at, values) => {
    const list = rows.get(name);
    const before = list[at];
    list[at] = { ...before, ...values };
    if (tables.get(name).mode === 'retract') change(name, '-U', before);
    change(name, '+U', list[at]);
  };
  const template = [...rows.get('src_c360_transactions')];
  let sales = 0;
  const buy = () => {
    sales += 1;
    const list = rows.get('customer_analytics_c360');
    const at = (sales * 7) % list.length;
    const amount = 20 + ((sales * 37) % 300) + 0.49;
    const row = list[at];
    const transactions = rows.get('src_c360_transactions');
    const sale = {
      ...template[sales % template.length],
      transaction_id: `TXN${String(900000 + sales).padStart(6, '0')}`,
      customer_id: row.customer_id,
      total_amount: amount.toFixed(2),
    };
    transactions.unshift(sale);
    if (transactions.length > 500) change('src_c360_transactions', '-D', transactions.pop());
    change('src_c360_transactions', '+I', sale);
    const values = {
      total_spent: (Number(row.total_spent) + amount).toFixed(2),
      total_transactions: row.total_transactions + 1,
      customer_status: 'Active',
      churn_risk_flag: 0,
    };
    for (const name of ['int_c360_purchases', 'fct_c360_customer_profile', 'customer_analytics_c360'])
      if (rows.get(name)[at])
        update(name, at, Object.fromEntries(Object.entries(values).filter(([column]) => column in rows.get(name)[at])));
    for (const name of ['src_c360_tx_items', 'int_c360_transaction_items', 'int_c360_customer_transactions'])
      update(name, sales % rows.get(name).length, {});
  };
  const tick = () => {
    if (notReady) return;
    epoch += 1;
    for (let each = 0; each < perTick; each += 1) buy();
  };
  let lastCounts = new Map();
  let lastStatus = Date.now();
  let rates = new Map();
  const status = () => ({
    state: 'running',
    mode: 'stream',
    epoch,
    clock: new Date(Date.parse('2024-06-20T12:00:00Z') + Date.now() - started).toISOString(),
    started_at: new Date(started - 4000000).toISOString(),
    rows_in: 1848 + counter,
    rows_out: 3000 + counter * 7,
    rows_rejected: rows.get('rejected_rows').length,
    rows_late: 0,
    rows_per_second: (rates.get('src_c360_transactions') ?? 0) * 3.4,
    watermark: '2024-06-20T11:59:48.120Z',
    lag: Math.max(0, 1200 - (counter % 1200)),
    state_bytes: 5242880 + counter * 400,
    sources_running: 8,
    last_checkpoint: { epoch: epoch - (epoch % 100), at: new Date(Date.now() - 4000).toISOString() },
    tables: Object.fromEntries(
      [...rows].map(([name, list]) => [
        name,
        { rows: list.length, rows_in: counts.get(name) ?? 0, rows_per_second: rates.get(name) ?? 0 },
      ]),
    ),
  });
  const everySecond = () => {
    const seconds = (Date.now() - lastStatus) / 1000;
    rates = new Map(
      [...counts].map(([name, count]) => [
        name,
        Math.round(((count - (lastCounts.get(name) ?? 0)) / seconds) * 10) / 10,
      ]),
    );
    for (const table of tables.values())
      if (table.file && statements.some((each) => each.reads.includes(table.name)))
        rates.set(table.name, rates.get(statements.find((each) => each.reads.includes(table.name)).target) ?? 0);
    lastCounts = new Map(counts);
    lastStatus = Date.now();
    const now = status();
    for (const table of tables.values())
      if (rates.has(table.name) && !now.tables[table.name])
        now.tables[table.name] = { rows: null, rows_per_second: rates.get(table.name) };
    for (const stream of streams) if (stream.table === null) stream.response.write(event('status', now));
  };
  const timers = [setInterval(tick, 100), setInterval(everySecond, 1000)];

  const COMMANDS = {
    /** Puts a row into a table. */ put: ({ table, row }) => {
      const blank = Object.fromEntries(tables.get(table).columns.map((column) => [column.name, null]));
      rows.get(table).unshift({ ...blank, ...row });
      change(table, '+I', rows.get(table)[0]);
    },
    /** Answers 503 or not. */ ready: ({ ready }) => {
      notReady = !ready;
      if (notReady) for (const stream of streams) stream.response.destroy();
    },
    /** Changes a tick of 100 ms. */ speed: ({ changes }) => (perTick = changes),
    /** Cuts all streams. */ cut: () => [...streams].forEach((stream) => stream.response.destroy()),
  };

  const openStream = (response, table) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const stream = { response, table };
    streams.add(stream);
    response.on('close', () => streams.delete(stream));
    response.write(': hello\n\n');
    if (table !== null) response.write(`id: ${epoch}\n\n`);
    if (table === null) response.write(event('status', status()));
  };
  const query = ({ sql }) => {
    const match = /^\s*SELECT\s+([\s\S]+?)\s+FROM\s+(\w+)(?:[\s\S]*?LIMIT\s+(\d+))?/i.exec(sql);
    const table = tables.get(match?.[2]);
    const lines = sql.split('\n');
    const fail = (message, word, hint) => {
      const line = lines.findIndex((each) => each.includes(word));
      const column = line < 0 ? 1 : lines[line].indexOf(word) + 1;
      throw new Problem(422, 'Unprocessable Content', message, {
        code: 'HW2002',
        diagnostics: [
          {
            level: 'error',
            phase: 'plan',
            code: 'HW2002',
            rule: null,
            message,
            detail: `'${word}' is not found here`,
            hint,
            file: null,
            line: Math.max(1, line + 1),
            column,
            end_line: Math.max(1, line + 1),
            end_column: column + word.length,
            related: [],
            fix: [],
          },
        ],
      });
    };
    if (!match) fail('a query starts with SELECT', sql.split(/\s/)[0], 'only reading is allowed here');
    if (!table || table.kind === 'external')
      fail(`table '${match[2]}' is unknown`, match[2], "did you mean 'customer_analytics_c360'?");
    const names =
      match[1].trim() === '*'
        ? table.columns.map((column) => column.name)
        : match[1].split(',').map((each) =>
            each
              .trim()
              .split(/\s+AS\s+/i)
              .pop(),
          );
    for (const name of names)
      if (/idd$/.test(name)) fail(`column '${name}' is unknown`, name, "did you mean 'customer_id'?");
    const columns = names.map(
      (name) => table.columns.find((column) => column.name === name) ?? { name, type: 'BIGINT NOT NULL' },
    );
    const limit = Number(match[3] ?? 1000);
    return {
      epoch,
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: rows
        .get(table.name)
        .slice(0, limit)
        .map((row) => columns.map((column) => row[column.name] ?? 17)),
      truncated: rows.get(table.name).length > limit,
    };
  };

  const answer = async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    const json = (body, headers = {}) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Headwater-Epoch': String(epoch), ...headers });
      response.end(JSON.stringify(body));
    };
    const body = async () => {
      let text = '';
      for await (const piece of request) text += piece;
      return JSON.parse(text);
    };
    if (url.pathname === '/mock') {
      const command = await body();
      COMMANDS[command.do](command);
      return json({});
    }
    if (url.pathname.startsWith('/v1/')) {
      if (notReady)
        throw new Problem(503, 'Service Unavailable', 'the first epoch is not done yet', { code: 'HW6503' });
      const [, , head, name, last] = url.pathname
        .split('/')
        .map((part, index) => (index === 4 ? part : decodeURIComponent(part)));
      if (head === 'status') return name === 'stream' ? openStream(response, null) : json(status());
      if (head === 'pipeline') {
        return json({
          project: 'c360',
          nodes: [...tables.values()].map((table) => ({ table: table.name, layer: table.layer, kind: table.kind })),
          statements,
          diagnostics: [
            {
              level: 'warning',
              phase: 'plan',
              code: 'HW2410',
              rule: 'unused-table',
              message: "no statement reads 'shipments_raw'",
              detail: null,
              hint: 'leave it out, or read it',
              file: 'environments/local/logistics.sql',
              line: 1,
              column: 14,
              end_line: 1,
              end_column: 27,
              related: [],
              fix: [],
            },
            {
              level: 'info',
              phase: 'plan',
              code: 'HW2301',
              rule: null,
              message: "'csv.null-literal' has no effect on the local engine when it is empty",
              detail: null,
              hint: null,
              file: 'environments/local/customer.sql',
              line: 24,
              column: 3,
              end_line: 24,
              end_column: 21,
              related: [],
              fix: [],
            },
          ],
        });
      }
      if (head === 'query') return json(query(await body()));
      if (head === 'explain')
        return json({
          plan: JSON.parse(readFileSync(join(HERE, 'fixtures/plan.json'), 'utf8')),
          text: '',
          diagnostics: [],
        });
      if (head === 'tables') {
        if (!name)
          return json({
            epoch,
            tables: [...tables.values()].map(({ file, ...table }) => ({
              ...table,
              rows: rows.get(table.name)?.length ?? null,
            })),
          });
        const table = tables.get(name);
        if (!table) throw new Problem(404, 'Not Found', `there is no table '${name}'`);
        if (!table.readable) throw new Problem(409, 'Conflict', `'${name}' keeps its rows elsewhere`);
        if (last === 'changes') {
          openStream(response, name);
          if (url.searchParams.has('snapshot')) {
            for (const row of rows.get(name)) response.write(event('change', { epoch, kind: '+I', row }));
            response.write(event('snapshot-end', { epoch }));
          }
          return;
        }
        if (request.method === 'POST') {
          const given = await body();
          for (const row of given) COMMANDS.put({ table: name, row });
          response.writeHead(201, { 'Content-Type': 'application/json' });
          return response.end(JSON.stringify({ rows: given.length }));
        }
        if (last !== undefined) {
          const key = last.split(',').map(decodeURIComponent).join();
          const row = rows.get(name).find((each) => table.primary_key.map((column) => each[column]).join() === key);
          if (!row) throw new Problem(404, 'Not Found', `no row of '${name}' has the key ${key}`);
          return json(row);
        }
        const { page, total, offset } = select(table, url.searchParams);
        return json(page, {
          'Content-Range': `${offset}-${offset + page.length - 1}/${request.headers.prefer === 'count=exact' ? total : '*'}`,
        });
      }
    }
    const path = url.pathname === '/' ? '/index.html' : url.pathname;
    if (/^\/(app\/[a-z]+\.js|index\.html|style\.css|icon\.svg)$/.test(path)) {
      response.writeHead(200, {
        'Content-Type': `${TYPES[extname(path)]}; charset=utf-8`,
        'Content-Security-Policy': POLICY,
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'no-cache',
      });
      return response.end(readFileSync(join(WEB, path)));
    }
    throw new Problem(404, 'Not Found', 'there is nothing here');
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      const problem = error instanceof Problem ? error : new Problem(500, 'Internal Server Error', String(error.stack));
      response.writeHead(problem.status, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify(problem.body));
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    stop: () =>
      new Promise((resolve) => {
        timers.forEach(clearInterval);
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock(Number(process.argv[2] ?? 8899));
  console.log(mock.url);
}
