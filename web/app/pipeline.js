// @ts-check
/** The pipeline: how the run is doing, the graph of tables by layer, and the same as a list. */

import { announce, h, icon, replace, s, setText } from './dom.js';
import { bytes, compact, duration, instant, number, rate } from './format.js';
import { layout, NODE } from './layout.js';
import { href } from './router.js';
import { LAYERS, layerTitle, listen, live, store } from './store.js';
import { emptyNote, sparkline } from './parts.js';

const HEAD = 34;
const MARGIN = 12;
/** Longer names are cut; the whole name is the card's title. */
const WIDEST = 220;
const SCALES = { smallest: 0.3, readable: 0.7, largest: 2 };

/** @typedef {{from: string, to: string}} Edge */

/**
 * @param {import('./router.js').Route} route
 * @returns {import('./main.js').View}
 */
export function pipelineView(route) {
  const figures = keyFigures();
  const body = h('div', { class: 'pipeline-body' });
  const asGraph = h('a', { href: href('pipeline', [], { as: 'graph' }) }, 'Graph');
  const asList = h('a', { href: href('pipeline', [], { as: 'list' }) }, 'List');
  const tools = h('div', { class: 'tools' });
  /** @type {{root: Element, drawLive: () => void, tools?: Element[]} | null} */
  let shown = null;
  let mode = '';

  const draw = () => {
    const { nodes, edges } = graph();
    shown =
      nodes.length === 0
        ? { root: emptyNote('Nothing to show yet', 'The project declares no tables.'), drawLive: () => {} }
        : mode === 'list'
          ? listOf(nodes, edges)
          : graphOf(nodes, edges);
    replace(body, shown.root);
    replace(tools, shown.tools ?? []);
    shown.drawLive();
  };
  const update = (/** @type {import('./router.js').Route} */ next) => {
    // A phone has no room for a graph; the list says the same.
    mode = next.params.get('as') ?? (matchMedia('(max-width: 640px)').matches ? 'list' : 'graph');
    asGraph.toggleAttribute('aria-current', false);
    asList.toggleAttribute('aria-current', false);
    (mode === 'list' ? asList : asGraph).setAttribute('aria-current', 'true');
    draw();
  };
  const drawLive = () => {
    figures.draw();
    shown?.drawLive();
  };
  update(route);
  figures.draw();
  const stops = [listen('status', drawLive), listen('tables', draw)];
  return {
    title: 'Pipeline',
    root: h(
      'div',
      { class: 'view pipeline' },
      h(
        'div',
        { class: 'view-head' },
        h('h1', null, 'Pipeline'),
        h(
          'div',
          { class: 'view-tools' },
          tools,
          h('nav', { class: 'segmented', 'aria-label': 'Shown as' }, asGraph, asList),
        ),
      ),
      figures.root,
      body,
    ),
    update,
    dispose: () => stops.forEach((stop) => stop()),
  };
}

function keyFigures() {
  /** @type {Record<string, HTMLElement>} */
  const value = {};
  /** @type {Record<string, HTMLElement>} */
  const under = {};
  const tile = (/** @type {string} */ name, /** @type {string} */ label, /** @type {Node | null} */ extra = null) => {
    value[name] = h('dd', { class: 'figure' }, '—');
    under[name] = h('dd', { class: 'under' });
    return h(
      'div',
      { class: `tile ${name}` },
      h('dt', null, label),
      value[name],
      under[name],
      extra ? h('dd', { class: 'chart' }, extra) : null,
    );
  };
  const spark = sparkline('Rows a second over the last minute and a half');
  const root = h(
    'dl',
    { class: 'tiles' },
    tile('rate', 'Rows a second', spark.root),
    tile('rows', 'Rows read'),
    tile('watermark', 'Watermark'),
    tile('lag', 'To read'),
    tile('rejected', 'Rejected'),
    tile('state', 'State'),
  );
  const draw = () => {
    const status = store.status;
    if (!status) return;
    setText(value.rate, rate(status.rows_per_second));
    setText(under.rate, `epoch ${number(status.epoch)}`);
    setText(value.rows, compact(status.rows_in));
    setText(under.rows, `${compact(status.rows_out)} written`);
    const [day, time] = instant(status.watermark).split(' ');
    setText(value.watermark, status.watermark ? (time?.slice(0, 8) ?? day) : '—');
    const behind = status.watermark && status.clock ? Date.parse(status.clock) - Date.parse(status.watermark) : null;
    setText(
      under.watermark,
      status.watermark
        ? `${day}${behind !== null && behind >= 0 ? ` · ${duration(behind)} behind` : ''}`
        : 'no event time',
    );
    setText(value.lag, compact(status.lag));
    setText(under.lag, `${status.sources_running} ${status.sources_running === 1 ? 'source' : 'sources'} running`);
    setText(value.rejected, compact(status.rows_rejected));
    value.rejected.classList.toggle('warn', status.rows_rejected > 0);
    setText(under.rejected, `${compact(status.rows_late)} late`);
    setText(value.state, bytes(status.state_bytes));
    setText(
      under.state,
      status.last_checkpoint
        ? `checkpoint ${duration(Date.now() - Date.parse(status.last_checkpoint.at))} ago`
        : 'no checkpoint yet',
    );
    spark.draw(store.rates);
  };
  return { root, draw };
}

/** The tables and who reads whom. @returns {{nodes: {id: string, layer: string | null}[], edges: Edge[]}} */
function graph() {
  const pipeline = store.pipeline;
  if (!pipeline) return { nodes: [], edges: [] };
  const nodes = pipeline.nodes.map((node) => ({ id: node.table, layer: node.layer }));
  const known = new Set(nodes.map((node) => node.id));
  /** @type {Map<string, Edge>} */
  const edges = new Map();
  for (const statement of pipeline.statements) {
    for (const from of statement.reads) {
      if (known.has(from) && known.has(statement.target))
        edges.set(`${from}>${statement.target}`, { from, to: statement.target });
    }
  }
  return { nodes, edges: [...edges.values()] };
}

/**
 * @param {string} id
 * @param {Edge[]} edges
 */
function neighbours(id, edges) {
  return {
    reads: edges.filter((edge) => edge.to === id).map((edge) => edge.from),
    feeds: edges.filter((edge) => edge.from === id).map((edge) => edge.to),
  };
}

/**
 * Everything that a table comes from, and everything that comes from it.
 * @param {string} id
 * @param {Edge[]} edges
 */
function lineage(id, edges) {
  const found = new Set([id]);
  for (const [here, there] of /** @type {const} */ ([
    ['to', 'from'],
    ['from', 'to'],
  ])) {
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const edge of edges) {
        if (edge[here] === next && !found.has(edge[there])) {
          found.add(edge[there]);
          open.push(edge[there]);
        }
      }
    }
  }
  return found;
}

/**
 * @param {{id: string, layer: string | null}[]} nodes
 * @param {Edge[]} edges
 */
function listOf(nodes, edges) {
  /** @type {{id: string, text: HTMLElement}[]} */
  const cells = [];
  const links = (/** @type {string[]} */ names) =>
    names.flatMap((name, index) => [index > 0 ? ', ' : '', h('a', { href: href('table', [name]) }, name)]);
  const layers = [...new Set([...LAYERS.map((each) => each.layer), ...nodes.map((node) => node.layer)])];
  const root = h(
    'div',
    { class: 'stack' },
    layers.map((layer) => {
      const members = nodes.filter((node) => node.layer === layer);
      return members.length === 0
        ? null
        : h(
            'section',
            { class: 'layer' },
            h('h2', null, layerTitle(layer), ' ', h('span', { class: 'count' }, members.length)),
            h(
              'ul',
              { class: 'cards' },
              members.map((node) => {
                const { reads, feeds } = neighbours(node.id, edges);
                const text = h('span', { class: 'quiet figures' });
                cells.push({ id: node.id, text });
                return h(
                  'li',
                  { class: 'card' },
                  h(
                    'p',
                    { class: 'card-head' },
                    h('a', { class: 'strong', href: href('table', [node.id]) }, node.id),
                    (store.tables.get(node.id)?.dead_letter_of.length ?? 0) > 0
                      ? h('span', { class: 'chip warn' }, 'dead letters')
                      : null,
                    text,
                  ),
                  reads.length > 0
                    ? h('p', { class: 'small' }, h('span', { class: 'quiet' }, 'reads '), links(reads))
                    : null,
                  feeds.length > 0
                    ? h('p', { class: 'small' }, h('span', { class: 'quiet' }, 'feeds '), links(feeds))
                    : null,
                );
              }),
            ),
          );
    }),
  );
  const drawLive = () => {
    for (const cell of cells) setText(cell.text, figuresOf(cell.id));
  };
  return { root, drawLive };
}

/** @param {string} id */
function figuresOf(id) {
  const now = live(id);
  const rows = now.rows === null ? '' : `${compact(now.rows)} ${now.rows === 1 ? 'row' : 'rows'}`;
  return now.rate ? `${rows}${rows ? ' · ' : ''}${rate(now.rate)}/s` : rows;
}

/**
 * @param {{id: string, layer: string | null}[]} nodes
 * @param {Edge[]} edges
 */
function graphOf(nodes, edges) {
  const linked = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const isDeadLetter = (/** @type {string} */ id) => (store.tables.get(id)?.dead_letter_of.length ?? 0) > 0;
  const inGraph = linked.size === 0 ? nodes : nodes.filter((node) => linked.has(node.id));
  const apart = linked.size === 0 ? [] : nodes.filter((node) => !linked.has(node.id));
  const layers = [
    ...new Set([
      ...LAYERS.slice(0, -1).map((each) => each.layer),
      ...nodes.map((node) => node.layer).filter((layer) => layer !== 'views'),
      'views',
    ]),
  ];
  const plan = layout(
    inGraph.map((node) => ({ ...node, width: Math.min(WIDEST, Math.ceil(textWidth(splitName(node.id)[1])) + 24) })),
    edges,
    layers,
  );
  const [width, height] = [plan.width + 2 * MARGIN, plan.height + HEAD + 2 * MARGIN];

  const flows = plan.edges.map((edge) => ({
    ...edge,
    path: s('path', { class: `edge${edge.back ? ' back' : ''}`, d: edge.path }),
  }));
  const cards = inGraph.map((node) => nodeCard(node.id, plan, edges, isDeadLetter(node.id)));
  const canvas = s(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Tables by layer; each leads to its table' },
    plan.bands.map((band) =>
      s(
        'g',
        { class: 'band', 'aria-hidden': 'true' },
        s('text', { x: band.x + MARGIN, y: MARGIN + 10 }, layerTitle(band.layer)),
        s('line', { x1: band.x + MARGIN, x2: band.x + MARGIN + band.width, y1: MARGIN + 20, y2: MARGIN + 20 }),
      ),
    ),
    s(
      'g',
      { transform: `translate(${MARGIN} ${HEAD + MARGIN})` },
      s(
        'g',
        { 'aria-hidden': 'true' },
        flows.map((flow) => flow.path),
      ),
      cards.map((card) => card.root),
    ),
  );
  const frame = h(
    'div',
    { class: 'graph', tabindex: '0', role: 'region', 'aria-label': 'Graph of the pipeline. The list shows the same.' },
    canvas,
  );
  const zoom = zooming(frame, canvas, width, height);

  const light = (/** @type {string | null} */ id) => {
    const family = id === null ? null : lineage(id, edges);
    canvas.classList.toggle('tracing', family !== null);
    for (const card of cards) card.root.classList.toggle('traced', family?.has(card.id) ?? false);
    for (const flow of flows)
      flow.path.classList.toggle('traced', family !== null && family.has(flow.from) && family.has(flow.to));
  };
  for (const card of cards) {
    card.root.addEventListener('pointerenter', () => light(card.id));
    card.root.addEventListener('pointerleave', () => light(null));
    card.root.addEventListener('focus', () => light(card.id));
    card.root.addEventListener('blur', () => light(null));
  }

  const loose = apart.map((node) => ({ id: node.id, text: h('span', { class: 'quiet' }) }));
  const aside =
    apart.length === 0
      ? null
      : h(
          'section',
          { class: 'apart', 'aria-label': 'Tables outside of the graph' },
          h('h2', null, 'Part of no statement'),
          h(
            'ul',
            null,
            loose.map((each) =>
              h(
                'li',
                null,
                h(
                  'a',
                  { class: `loose${isDeadLetter(each.id) ? ' dead' : ''}`, href: href('table', [each.id]) },
                  isDeadLetter(each.id) ? icon('warning') : null,
                  h('span', null, each.id),
                  isDeadLetter(each.id) ? h('span', { class: 'quiet' }, 'dead letters') : null,
                  each.text,
                ),
              ),
            ),
          ),
        );
  const drawLive = () => {
    for (const card of cards) card.drawLive();
    for (const each of loose) setText(each.text, figuresOf(each.id));
    for (const flow of flows)
      flow.path.classList.toggle('flowing', (live(flow.from).rate ?? 0) > 0 && (live(flow.to).rate ?? 0) > 0);
  };
  return { root: h('div', { class: 'stack' }, frame, aside), drawLive, tools: zoom };
}

/**
 * @param {string} id
 * @param {import('./layout.js').Layout} plan
 * @param {Edge[]} edges
 * @param {boolean} dead
 */
function nodeCard(id, plan, edges, dead) {
  const place = plan.nodes.get(id) ?? { x: 0, y: 0, width: NODE.width };
  const table = store.tables.get(id);
  const { reads, feeds } = neighbours(id, edges);
  const [prefix, name] = splitName(id);
  const rows = s('text', { class: 'node-rows', x: 12, y: NODE.height - 11 });
  const speed = s('text', { class: 'node-rate', x: place.width - 12, y: NODE.height - 11 });
  // The title is the link's name for those who listen, and what the mouse shows: so it says what the lines say, too.
  const about = [
    `${id}, ${layerTitle(table?.layer ?? null).toLowerCase()}${dead ? ', dead letters' : ''}`,
    table?.comment,
    reads.length > 0 ? `reads ${reads.join(', ')}` : '',
    feeds.length > 0 ? `feeds ${feeds.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join('\n');
  const root = s(
    'a',
    {
      class: `node ${table?.kind ?? ''}${dead ? ' dead' : ''}`,
      href: href('table', [id]),
      transform: `translate(${place.x} ${place.y})`,
      'data-table': id,
    },
    s('title', null, about),
    s('rect', { class: 'node-box', width: place.width, height: NODE.height, rx: 8 }),
    prefix ? s('text', { class: 'node-prefix', 'aria-hidden': 'true', x: 12, y: 14.5 }, prefix) : null,
    s('text', { class: 'node-name', 'aria-hidden': 'true', x: 12, y: prefix ? 28.5 : 23 }, fit(name, place.width - 24)),
    rows,
    speed,
  );
  const drawLive = () => {
    const now = live(id);
    const text =
      now.rows === null
        ? table?.kind === 'external'
          ? 'external'
          : ''
        : `${compact(now.rows)} ${now.rows === 1 ? 'row' : 'rows'}`;
    setText(rows, text);
    setText(speed, now.rate ? `${rate(now.rate)}/s` : '');
    root.classList.toggle('flowing', (now.rate ?? 0) > 0);
  };
  return { id, root, drawLive };
}

/**
 * `int_c360_purchases` is `int_c360_` and `purchases`: the first part says what the column of the graph says.
 * @param {string} name
 * @returns {[string, string]}
 */
function splitName(name) {
  const parts = /^((?:src|int|dim|fct|fact|stg|mv)_(?:[a-z0-9]+_)?)([a-z].{3,})$/i.exec(name);
  return parts ? [parts[1], parts[2]] : ['', name];
}

/** @type {CanvasRenderingContext2D | null | undefined} */
let ruler;

/** @param {string} text As the graph draws names */
function textWidth(text) {
  if (ruler === undefined) {
    ruler = document.createElement('canvas').getContext('2d');
    if (ruler) ruler.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  }
  return ruler?.measureText(text).width ?? text.length * 7;
}

/**
 * A text cut to a width.
 * @param {string} text
 * @param {number} width
 */
function fit(text, width) {
  if (textWidth(text) <= width) return text;
  let end = text.length - 1;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`) > width) end -= 1;
  return `${text.slice(0, end)}…`;
}

/**
 * Zoom by the buttons, by ctrl and wheel, and by + and - when the graph has the focus; the frame's own scrolling and
 * dragging move it. The graph is an SVG of another size, so nothing is laid out anew.
 * @param {HTMLElement} frame
 * @param {SVGSVGElement} canvas
 * @param {number} width
 * @param {number} height
 * @returns {Element[]} The buttons
 */
function zooming(frame, canvas, width, height) {
  let scale = 1;
  const apply = (/** @type {number} */ next, /** @type {{x: number, y: number} | null} */ around = null) => {
    const before = scale;
    scale = Math.min(SCALES.largest, Math.max(SCALES.smallest, next));
    const [x, y] = around ? [around.x, around.y] : [frame.clientWidth / 2, frame.clientHeight / 2];
    const [left, top] = [(frame.scrollLeft + x) / before, (frame.scrollTop + y) / before];
    canvas.setAttribute('width', String(Math.round(width * scale)));
    canvas.setAttribute('height', String(Math.round(height * scale)));
    frame.scrollTo(left * scale - x, top * scale - y);
  };
  const whole = () => Math.min((frame.clientWidth - 2) / width, 1.35);
  const button = (
    /** @type {'plus' | 'minus' | 'fit'} */ picture,
    /** @type {string} */ label,
    /** @type {() => void} */ act,
  ) =>
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button framed',
        'aria-label': label,
        title: label,
        on: {
          click: () => {
            act();
            announce(`Scale ${Math.round(scale * 100)} %`);
          },
        },
      },
      icon(picture),
    );

  frame.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      apply(scale * Math.exp(-event.deltaY / 300), { x: event.clientX - box.left, y: event.clientY - box.top });
    },
    { passive: false },
  );
  frame.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') apply(scale * 1.2);
    else if (event.key === '-') apply(scale / 1.2);
    else if (event.key === '0') apply(whole());
  });
  drag(frame);

  // The size is known once the frame is in the page; a change of its width fits the graph anew.
  let known = 0;
  const observer = new ResizeObserver(() => {
    if (!frame.isConnected) observer.disconnect();
    else if (Math.abs(frame.clientWidth - known) > 40) {
      known = frame.clientWidth;
      apply(Math.max(whole(), SCALES.readable));
      frame.scrollTo(0, 0);
    }
  });
  observer.observe(frame);
  return [
    button('minus', 'Smaller', () => apply(scale / 1.2)),
    button('plus', 'Larger', () => apply(scale * 1.2)),
    button('fit', 'Fit to the width', () => apply(whole())),
  ];
}

/**
 * Dragging the ground with the mouse scrolls; touch and pen scroll by themselves.
 * @param {HTMLElement} frame
 */
function drag(frame) {
  /** @type {{x: number, y: number, left: number, top: number} | null} */
  let from = null;
  frame.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'mouse' || event.button !== 0 || /** @type {Element} */ (event.target).closest('a'))
      return;
    from = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
    frame.setPointerCapture(event.pointerId);
    frame.classList.add('dragging');
  });
  frame.addEventListener('pointermove', (event) => {
    if (from) frame.scrollTo(from.left - (event.clientX - from.x), from.top - (event.clientY - from.y));
  });
  const end = () => {
    from = null;
    frame.classList.remove('dragging');
  };
  frame.addEventListener('pointerup', end);
  frame.addEventListener('pointercancel', end);
}
