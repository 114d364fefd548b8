/**
 * The page in a real browser: every view, the keyboard, live changes, a lost server, hostile values, and pictures of
 * all views at three sizes in light and dark, below `pictures/`.
 *
 * `HEADWATER_URL=http://127.0.0.1:8800 npm test` runs it against a running `headwater run --project examples/c360`;
 * without it, against `mock.mjs`. What needs a server that misbehaves on command is then left out.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, SIZES } from './browser.mjs';
import { startMock } from './mock.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PICTURES = join(HERE, 'pictures');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEW = 'customer_analytics_c360';
const real = process.env.HEADWATER_URL;
const onlyMock = { skip: real ? 'needs the mock' : false };

/** @type {Awaited<ReturnType<typeof startMock>> | null} */
let mock = null;
let base = '';
/** @type {Awaited<ReturnType<typeof openBrowser>>} */
let browser;
/** @type {import('playwright-core').Page} */
let page;
/** @type {string[]} */
let complaints = [];
/** @type {Set<string>} */
const origins = new Set();
/** Statuses that a test asks for itself; the browser reports every failed load on its console. */
let expected = [];

const command = (body) => fetch(`${base}/mock`, { method: 'POST', body: JSON.stringify(body) });
const open = async (hash) => {
  await page.goto(`${base}/${hash}`);
  await page.reload();
  await page.waitForSelector('main h1, main h2');
};
const shown = (text) => page.locator('main').getByText(text).first().waitFor();

before(async () => {
  mock = real ? null : await startMock();
  base = (real ?? mock.url).replace(/\/$/, '');
  browser = await openBrowser();
  page = await browser.context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => complaints.push(`pageerror ${error.stack}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !expected.some((part) => message.text().includes(part)))
      complaints.push(`${message.type()} ${message.text()}`);
  });
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
});

beforeEach(async () => {
  complaints = [];
  expected = [];
  await page.setViewportSize(SIZES.laptop);
});

after(async () => {
  await browser?.close();
  await mock?.stop();
});

const quietly = () => assert.deepEqual(complaints, []);

describe('views', () => {
  it('shows the pipeline by layer, and opens a table from it', async () => {
    await open('#/pipeline');
    for (const layer of ['Sources', 'Intermediates', 'Dimensions', 'Facts', 'Views'])
      await page.locator('.band text', { hasText: layer }).first().waitFor();
    assert.ok((await page.locator('.edge').count()) > 15);
    await page
      .locator('.node-rows', { hasText: /\d+ rows/ })
      .first()
      .waitFor();
    await page.locator(`[data-table="${VIEW}"]`).click();
    await page.getByRole('heading', { name: VIEW }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Pipeline' }).waitFor();
    quietly();
  });

  it('shows the pipeline as a list with the same links', async () => {
    await open('#/pipeline?as=list');
    await page.locator('main .cards').first().waitFor();
    assert.ok((await page.locator('main .cards a', { hasText: 'src_c360_customers' }).count()) >= 2);
    quietly();
  });

  it('lists the tables and shows the rows of one, filtered, sorted and paged', async () => {
    await open('#/tables');
    await page.getByRole('link', { name: 'src_c360_transactions' }).click();
    await page.locator('.grid tbody tr').first().waitFor();
    await page.getByLabel('Column', { exact: true }).selectOption('channel');
    await page.getByLabel('Value', { exact: true }).fill('online');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('button', { name: 'Remove filter channel = online' }).waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.grid tbody tr')].every((row) => row.textContent?.includes('online')),
    );
    await page.locator('th[data-column="total_amount"] button').click();
    await page.locator('th[data-column="total_amount"][aria-sort="ascending"]').waitFor();
    await page.locator('th[data-column="total_amount"] button').click();
    await page.locator('th[data-column="total_amount"][aria-sort="descending"]').waitFor();
    assert.match(page.url(), /order=total_amount\.desc/);
    const amounts = await page.locator('.grid tbody tr td:nth-child(10)').allTextContents();
    assert.deepEqual(
      amounts.map(Number),
      amounts.map(Number).sort((a, b) => b - a),
    );
    await page.getByLabel('Rows a page').selectOption('25');
    await page.getByText(/1–25 of/).waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText(/26–50 of/).waitFor();
    await page.goBack();
    await page.getByText(/1–25 of/).waitFor();
    quietly();
  });

  it('tells NULL from text, aligns numbers, and picks columns', async () => {
    await open('#/table/src_c360_transactions?store_id=is.null');
    await page.locator('.grid td .null', { hasText: 'NULL' }).first().waitFor();
    assert.equal(
      await page
        .locator('.grid td.number')
        .first()
        .evaluate((cell) => getComputedStyle(cell).textAlign),
      'right',
    );
    await page.locator('.menu summary').click();
    await page.getByRole('button', { name: 'Key only' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.grid thead th').length === 1);
    assert.match(page.url(), /select=transaction_id/);
    quietly();
  });

  it('shows columns, the statement, and its plan', async () => {
    await open(`#/table/${VIEW}/columns`);
    await page.getByRole('cell', { name: 'Who it is about' }).waitFor();
    await page.getByRole('link', { name: 'Statement' }).click();
    await page.locator('.sql-keyword', { hasText: 'INSERT' }).first().waitFor();
    await page.getByRole('button', { name: 'Plan' }).click();
    await page.locator('.plan .op').first().waitFor();
    quietly();
  });

  it('looks a row up by its key and shows its profile', async () => {
    await open('#/record');
    await page.getByLabel('Table', { exact: true }).selectOption(VIEW);
    await page.getByRole('textbox', { name: 'customer_id' }).fill('CUST000001');
    await page.getByRole('main').getByRole('button', { name: 'Look up' }).click();
    // Who the customer is depends on the data that the server has.
    await page.locator('.headline', { hasText: real ? /\S+ \S+/ : 'Vera Ueda' }).waitFor();
    await page.locator('.hero .chip', { hasText: real ? /Bronze|Silver|Gold|Platinum/ : 'Bronze' }).first().waitFor();
    await page.getByRole('heading', { name: 'Purchases' }).waitFor();
    expected = ['404'];
    await open(`#/record/${VIEW}/NOBODY`);
    await shown('No such row');
    quietly();
  });

  it('runs a query, shows its plan, and points at an error', async () => {
    await open('#/query');
    await page.getByLabel('SQL').fill(`SELECT customer_id, first_name\nFROM ${VIEW}\nLIMIT 5`);
    await page.getByLabel('SQL').press('Control+Enter');
    await page.waitForFunction(() => document.querySelectorAll('.grid tbody tr').length === 5);
    await page.getByRole('button', { name: 'Plan' }).click();
    await page.locator('.plan .op').first().waitFor();
    expected = ['422', '400'];
    await page.getByLabel('SQL').fill(`SELECT customer_idd\nFROM ${VIEW}`);
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('.snippet .caret', { hasText: '^^^^^^^^^^^^' }).waitFor();
    await page.locator('.diagnostic', { hasText: 'HW2002' }).waitFor();
    quietly();
  });

  it('shows health, diagnostics and dead letters with their reasons', async () => {
    await open('#/health');
    await page.locator('.facts dd', { hasText: 'running' }).first().waitFor();
    await page.getByRole('heading', { name: /Diagnostics/ }).waitFor();
    await page.getByRole('heading', { name: /rejected_rows/ }).waitFor();
    await page.locator('.reasons', { hasText: real ? /\S/ : 'HW3103' }).waitFor();
    quietly();
  });
});

describe('live', () => {
  it('shows a row that is appended while one looks', async (test) => {
    const { tables } = await (await fetch(`${base}/v1/tables`)).json();
    const table = tables.find((each) => each.appendable);
    if (!table) return test.skip('no table of the project takes rows from outside');
    await open(`#/changes/${table.name}`);
    await page.waitForTimeout(1000);
    const column = table.columns.find((each) => each.type.startsWith('STRING')).name;
    const answer = await fetch(`${base}/v1/tables/${table.name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify([{ [column]: 'seen live <b>' }]),
    });
    assert.equal(answer.status, 201);
    await page.locator('.change.insert', { hasText: 'seen live <b>' }).waitFor();
    quietly();
  });

  it('shows changes as they come, pauses and goes on', onlyMock, async () => {
    await open(`#/changes/${VIEW}`);
    await page.locator('.change .kind', { hasText: '+U update' }).first().waitFor();
    await page.locator('.change .before').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const count = await page.locator('.change').count();
    await page.getByText(/paused, \d+ waiting/).waitFor();
    assert.equal(await page.locator('.change').count(), count);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.waitForFunction((before) => document.querySelectorAll('.change').length > before, count);
    quietly();
  });

  it('keeps a profile as it is now, and says what changed', onlyMock, async () => {
    await open(`#/record/${VIEW}/CUST000001`);
    await page.locator('.history .after').first().waitFor();
    quietly();
  });

  it('stays smooth when much changes', onlyMock, async () => {
    // How many pictures the machine gives when nothing happens is the measure: it may be busy.
    const pictures = () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            let count = 0;
            const began = performance.now();
            const step = (now) => {
              count += 1;
              if (now - began < 2000) requestAnimationFrame(step);
              else resolve(count);
            };
            requestAnimationFrame(step);
          }),
      );
    await open('#/query');
    const calm = await pictures();
    await command({ do: 'speed', changes: 50 });
    await open(`#/changes/${VIEW}`);
    await page.locator('.change').first().waitFor();
    const busy = await pictures();
    await command({ do: 'speed', changes: 3 });
    assert.ok((await page.locator('.change').count()) <= 200);
    assert.ok(busy > calm / 4, `${busy} pictures in 2 s at 500 changes a second, ${calm} without`);
    quietly();
  });

  it('says that the server is gone, and comes back', onlyMock, async () => {
    await open('#/pipeline');
    expected = ['503', 'ERR_', 'Failed to load'];
    await command({ do: 'ready', ready: false });
    await page.locator('.banner', { hasText: /not ready/ }).waitFor();
    await command({ do: 'ready', ready: true });
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.locator('.banner').waitFor({ state: 'hidden' });
    await command({ do: 'cut' });
    await page.locator('.banner').waitFor({ state: 'hidden' });
    quietly();
  });
});

describe('safety', () => {
  it('shows hostile values as text', onlyMock, async () => {
    const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
    await command({
      do: 'put',
      table: VIEW,
      row: {
        customer_id: `${evil}/,1`,
        first_name: evil,
        last_name: evil,
        email: evil,
        customer_status: evil,
        total_transactions: 1,
        total_spent: '1.00',
      },
    });
    await command({
      do: 'put',
      table: 'rejected_rows',
      row: { source_table: evil, reason: evil, raw: evil.repeat(2000), rejected_at: '2024-06-21 12:00:00Z' },
    });
    await open(`#/table/${VIEW}`);
    await page.locator('.grid td', { hasText: '<img src=x' }).first().waitFor();
    await page.locator('.grid td a', { hasText: '<img src=x' }).first().click();
    await page.locator('.headline', { hasText: '<script>' }).waitFor();
    await open('#/health');
    await page.locator('.grid td', { hasText: '<img src=x' }).first().waitFor();
    await open(`#/query?sql=${encodeURIComponent(`SELECT * FROM ${VIEW} LIMIT 3`)}`);
    await page.locator('.grid td', { hasText: '<img src=x' }).first().waitFor();
    expected = ['404'];
    await open(`#/table/${encodeURIComponent(evil)}`);
    await shown('No such table');
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('main img, main script').count(), 0);
    quietly();
  });

  it('asks no other origin for anything', () => {
    assert.deepEqual(
      [...origins].filter((origin) => origin !== base && origin !== 'null'),
      [],
    );
  });

  it('is served with a strict policy', async () => {
    const response = await fetch(`${base}/`);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src '(self|none)'/);
    assert.doesNotMatch(response.headers.get('content-security-policy') ?? '', /unsafe/);
  });
});

describe('keyboard', () => {
  it('skips to the content, searches with /, and walks the graph', async () => {
    await open('#/pipeline');
    await page.locator('.node').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    assert.match(page.url(), /#\/pipeline/);
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'search');
    await page.keyboard.type('customer_anal');
    await page.locator('[role=option][aria-selected=true]').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: VIEW }).waitFor();
    await open('#/pipeline');
    await page.locator('.node').first().focus();
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('node')));
    await page.keyboard.press('Enter');
    await page.locator('.tabs').waitFor();
    quietly();
  });

  it('keeps the chosen colours', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open('#/tables');
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: 'Dark colours' }).press('Enter');
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    await page.getByRole('button', { name: 'Light colours' }).waitFor();
    assert.equal(await ground(), dark);
    await page.evaluate(() => localStorage.clear());
  });

  it('never traps the focus in a grid', async () => {
    await open(`#/table/${VIEW}?limit=25`);
    await page.locator('.grid tbody tr').first().waitFor();
    await page.locator('.grid').focus();
    let steps = 0;
    while (steps < 200 && (await page.evaluate(() => document.activeElement?.closest('.grid') !== null))) {
      await page.keyboard.press('Tab');
      steps += 1;
    }
    assert.ok(steps < 200);
  });

  it('keeps the focus on a column head while it sorts', async () => {
    await open('#/table/src_c360_products');
    await page.locator('th[data-column="price"] button').focus();
    await page.keyboard.press('Enter');
    await page.locator('th[data-column="price"][aria-sort]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.closest('th')?.dataset.column), 'price');
  });
});

const ALL = {
  pipeline: '#/pipeline?as=graph',
  list: '#/pipeline?as=list',
  tables: '#/tables',
  rows: `#/table/${VIEW}`,
  filtered: '#/table/src_c360_transactions?channel=eq.online&order=total_amount.desc&limit=25',
  columns: `#/table/${VIEW}/columns`,
  statement: `#/table/${VIEW}/statement`,
  record: `#/record/${VIEW}/CUST000001`,
  lookup: '#/record',
  changes: `#/changes/${VIEW}`,
  query: '#/query',
  result: `#/query?sql=${encodeURIComponent(`SELECT * FROM ${VIEW} LIMIT 20`)}`,
  error: `#/query?sql=${encodeURIComponent(`SELECT customer_idd\nFROM ${VIEW}`)}`,
  plan: `#/query?show=plan&sql=${encodeURIComponent(`SELECT * FROM ${VIEW}`)}`,
  health: '#/health',
};

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  describe(`accessible in ${colorScheme}`, () => {
    for (const [name, hash] of Object.entries(ALL)) {
      it(name, async () => {
        expected = ['422', '400'];
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await open(hash);
        await page.waitForTimeout(name === 'changes' ? 1500 : 400);
        await page.evaluate(AXE);
        const found = await page.evaluate(() =>
          globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }),
        );
        assert.deepEqual(
          found.violations.map(
            (each) =>
              `${each.id}: ${each.nodes
                .slice(0, 3)
                .map((node) => `${node.target} ${node.any[0]?.message ?? ''}`)
                .join(' | ')}`,
          ),
          [],
        );
        quietly();
      });
    }
  });
}

describe('pictures', () => {
  mkdirSync(PICTURES, { recursive: true });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      it(`${size} in ${colorScheme}`, async () => {
        expected = ['422', '400'];
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: null });
        for (const [name, hash] of Object.entries(ALL)) {
          await open(hash);
          await page.waitForTimeout(name === 'changes' ? 2500 : 500);
          const over = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.equal(over, 0, `${name} is wider than the window`);
          await page.screenshot({ path: join(PICTURES, `${name}-${size}-${colorScheme}.png`) });
        }
        quietly();
      });
    }
  }
});
