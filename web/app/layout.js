// @ts-check
/**
 * A layered layout for the pipeline's graph, after Sugiyama: every table gets a column (its layer, and within a layer
 * how deep it is), long edges get a bend in each column that they pass, columns are ordered to avoid crossings, and
 * then everything is moved towards its neighbours as far as the order allows. Pure: numbers in, numbers out.
 */

/** @typedef {{id: string, layer: string | null, width?: number}} LayoutNode `width`: what it would like; a column is as wide as its widest */
/** @typedef {{from: string, to: string}} LayoutEdge */
/** @typedef {{id: string, x: number, y: number, width: number}} Placed Left upper corner */
/** @typedef {{from: string, to: string, path: string, back: boolean}} Drawn `back`: against the flow of the layers */
/** @typedef {{layer: string | null, x: number, width: number}} Band */
/** @typedef {{nodes: Map<string, Placed>, edges: Drawn[], bands: Band[], width: number, height: number}} Layout */

/** Sizes in pixels at a scale of 1; the width is the least. */
export const NODE = { width: 112, height: 54 };
const GAP = { inLayer: 26, betweenLayers: 40, nodes: 14, bends: 8 };
const SWEEPS = 12;

/**
 * A table, or a bend of an edge that passes a column.
 * @typedef {object} Point
 * @property {string} id
 * @property {number} column
 * @property {boolean} bend
 * @property {number} y Middle
 * @property {Point[]} left
 * @property {Point[]} right
 */

/**
 * @param {LayoutNode[]} nodes
 * @param {LayoutEdge[]} edges
 * @param {(string | null)[]} layers In the order in which data flows
 * @returns {Layout}
 */
export function layout(nodes, edges, layers) {
  const used = edges.filter((edge) => edge.from !== edge.to);
  const { columnOf, bands, lefts, widths } = columns(nodes, used, layers);
  const { points, chains } = network(nodes, used, columnOf, lefts.length);
  order(points);
  place(points);

  const top = Math.min(...points.flat().map((point) => point.y - halfHeight(point)), Infinity);
  const bottom = Math.max(...points.flat().map((point) => point.y + halfHeight(point)), -Infinity);
  /** @type {Map<string, Placed>} */
  const placed = new Map();
  for (const point of points.flat()) {
    point.y -= top;
    if (!point.bend)
      placed.set(point.id, {
        id: point.id,
        x: lefts[point.column],
        y: point.y - NODE.height / 2,
        width: widths[point.column],
      });
  }
  const drawn = chains.map(({ edge, chain, back }) => ({ ...edge, back, path: curve(chain, lefts, widths) }));
  const width = (lefts.at(-1) ?? 0) + (widths.at(-1) ?? 0);
  return { nodes: placed, edges: drawn, bands, width, height: Math.max(0, bottom - top) };
}

/**
 * @param {LayoutNode[]} nodes
 * @param {LayoutEdge[]} edges
 * @param {(string | null)[]} layers
 */
function columns(nodes, edges, layers) {
  const layerOf = new Map(nodes.map((node) => [node.id, node.layer]));
  const depth = depths(
    nodes,
    edges.filter((edge) => layerOf.get(edge.from) === layerOf.get(edge.to)),
  );
  /** @type {Map<string, number>} */
  const columnOf = new Map();
  /** @type {Band[]} */
  const bands = [];
  /** @type {number[]} */
  const lefts = [];
  /** @type {number[]} */
  const widths = [];
  let x = 0;
  for (const layer of layers) {
    const members = nodes.filter((node) => node.layer === layer);
    if (members.length === 0) continue;
    if (lefts.length > 0) x += GAP.betweenLayers;
    const first = lefts.length;
    const count = 1 + Math.max(...members.map((node) => depth.get(node.id) ?? 0));
    for (const node of members) columnOf.set(node.id, first + (depth.get(node.id) ?? 0));
    const start = x;
    for (let each = 0; each < count; each += 1) {
      if (each > 0) x += GAP.inLayer;
      const width = Math.max(
        NODE.width,
        ...members.filter((node) => columnOf.get(node.id) === first + each).map((node) => node.width ?? 0),
      );
      lefts.push(x);
      widths.push(width);
      x += width;
    }
    bands.push({ layer, x: start, width: x - start });
  }
  return { columnOf, bands, lefts, widths };
}

/**
 * The longest way to each node; a cycle is cut where it closes.
 * @param {LayoutNode[]} nodes
 * @param {LayoutEdge[]} edges
 * @returns {Map<string, number>}
 */
function depths(nodes, edges) {
  /** @type {Map<string, string[]>} */
  const sources = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) sources.get(edge.to)?.push(edge.from);
  /** @type {Map<string, number>} */
  const depth = new Map();
  const open = new Set();
  /** @param {string} id @returns {number} */
  const visit = (id) => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return -1;
    open.add(id);
    const found = 1 + Math.max(-1, ...(sources.get(id) ?? []).map(visit));
    open.delete(id);
    depth.set(id, found);
    return found;
  };
  for (const node of nodes) visit(node.id);
  return depth;
}

/**
 * @param {LayoutNode[]} nodes
 * @param {LayoutEdge[]} edges
 * @param {Map<string, number>} columnOf
 * @param {number} count
 */
function network(nodes, edges, columnOf, count) {
  /** @type {Point[][]} */
  const points = Array.from({ length: count }, () => []);
  /** @type {Map<string, Point>} */
  const byId = new Map();
  /** @param {string} id @param {number} column @param {boolean} bend @returns {Point} */
  const add = (id, column, bend) => {
    const point = { id, column, bend, y: 0, left: [], right: [] };
    points[column].push(point);
    return point;
  };
  for (const node of nodes) byId.set(node.id, add(node.id, columnOf.get(node.id) ?? 0, false));

  /** @type {{edge: LayoutEdge, chain: Point[], back: boolean}[]} */
  const chains = [];
  for (const edge of edges) {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    if (!from || !to || from.column === to.column) continue;
    const back = from.column > to.column;
    const [start, end] = back ? [to, from] : [from, to];
    const chain = [start];
    for (let column = start.column + 1; column < end.column; column += 1) {
      chain.push(add(`${edge.from}>${edge.to}@${column}`, column, true));
    }
    chain.push(end);
    for (let each = 1; each < chain.length; each += 1) {
      chain[each - 1].right.push(chain[each]);
      chain[each].left.push(chain[each - 1]);
    }
    chains.push({ edge, chain, back });
  }
  return { points, chains };
}

/** @param {Point[][]} points */
function order(points) {
  // While the order is sought, `y` is the place in the column as a share of it, as columns differ in length.
  for (const column of points) column.forEach((point, index) => (point.y = (index + 0.5) / column.length));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forward = sweep % 2 === 0;
    for (const column of forward ? points : [...points].reverse()) {
      const rank = new Map(column.map((point, index) => [point, index]));
      const wish = new Map(column.map((point) => [point, mean(forward ? point.left : point.right) ?? point.y]));
      column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
      column.forEach((point, index) => (point.y = (index + 0.5) / column.length));
    }
  }
}

/** @param {Point[]} points */
function mean(points) {
  return points.length === 0 ? null : points.reduce((sum, point) => sum + point.y, 0) / points.length;
}

/** @param {Point} point */
function halfHeight(point) {
  return point.bend ? 1 : NODE.height / 2;
}

/** @param {Point[][]} points */
function place(points) {
  for (const column of points)
    settle(
      column,
      column.map(() => 0),
    );
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep += 1) {
    const forward = sweep % 2 === 0;
    for (const column of forward ? points : [...points].reverse()) {
      settle(
        column,
        column.map((point) => wishedY(point, forward)),
      );
    }
  }
}

/**
 * Where a point would like to be: level with its neighbours, those of a bend counting more, so that long edges are straight.
 * @param {Point} point
 * @param {boolean} forward
 */
function wishedY(point, forward) {
  const near = forward ? point.left : point.right;
  const far = forward ? point.right : point.left;
  let [sum, weight] = [point.y * 0.2, 0.2];
  for (const [others, share] of /** @type {[Point[], number][]} */ ([
    [near, 1],
    [far, 0.5],
  ])) {
    for (const other of others) {
      const pull = share * (point.bend && other.bend ? 8 : point.bend || other.bend ? 2 : 1);
      [sum, weight] = [sum + other.y * pull, weight + pull];
    }
  }
  return sum / weight;
}

/**
 * Puts the points of a column as near to their wishes as their order and distances allow, in the sense of least
 * squares: pool-adjacent-violators over what remains of the wishes when the distances are taken off.
 * @param {Point[]} column
 * @param {number[]} wishes
 */
function settle(column, wishes) {
  /** @type {number[]} */
  const offsets = [];
  let offset = 0;
  column.forEach((point, index) => {
    if (index > 0)
      offset +=
        halfHeight(column[index - 1]) +
        halfHeight(point) +
        (point.bend && column[index - 1].bend ? GAP.bends : GAP.nodes);
    offsets.push(offset);
  });
  /** @type {{sum: number, count: number}[]} */
  const pools = [];
  wishes.forEach((wish, index) => {
    let pool = { sum: wish - offsets[index], count: 1 };
    for (let last = pools.at(-1); last && last.sum / last.count >= pool.sum / pool.count; last = pools.at(-1)) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
      pools.pop();
    }
    pools.push(pool);
  });
  let index = 0;
  for (const pool of pools) {
    for (let each = 0; each < pool.count; each += 1, index += 1)
      column[index].y = pool.sum / pool.count + offsets[index];
  }
}

/**
 * @param {Point[]} chain
 * @param {number[]} lefts
 * @param {number[]} widths
 */
function curve(chain, lefts, widths) {
  const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  let x = lefts[chain[0].column] + widths[chain[0].column];
  let path = `M${x} ${round(chain[0].y)}`;
  for (let each = 1; each < chain.length; each += 1) {
    const [before, point] = [chain[each - 1], chain[each]];
    const end = lefts[point.column];
    const middle = (x + end) / 2;
    path += `C${middle} ${round(before.y)} ${middle} ${round(point.y)} ${end} ${round(point.y)}`;
    x = end + widths[point.column];
    if (point.bend) path += `H${x}`;
  }
  return path;
}
