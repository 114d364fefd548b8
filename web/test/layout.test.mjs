/** The graph's layout and the reader of events, which need no browser. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventReader, keyPath, parse } from '../app/api.js';
import { layout, NODE } from '../app/layout.js';

const LAYERS = [null, 'sources', 'intermediates', 'facts', 'views'];
const node = (id, layer) => ({ id, layer });
const edge = (from, to) => ({ from, to });

describe('layout', () => {
  const nodes = [
    node('a_raw', null),
    node('b_raw', null),
    node('a', 'sources'),
    node('b', 'sources'),
    node('i', 'intermediates'),
    node('j', 'intermediates'),
    node('f', 'facts'),
    node('v', 'views'),
  ];
  const edges = [
    edge('a_raw', 'a'),
    edge('b_raw', 'b'),
    edge('a', 'i'),
    edge('b', 'i'),
    edge('i', 'j'),
    edge('j', 'f'),
    edge('a', 'f'),
    edge('f', 'v'),
  ];
  const plan = layout(nodes, edges, LAYERS);

  it('puts every table into the column of its layer, deeper ones further', () => {
    const x = (id) => plan.nodes.get(id).x;
    assert.ok(x('a_raw') < x('a') && x('a') < x('i') && x('i') < x('j') && x('j') < x('f') && x('f') < x('v'));
    assert.equal(x('a'), x('b'));
    assert.deepEqual(
      plan.bands.map((band) => band.layer),
      LAYERS,
    );
  });

  it('keeps tables apart and inside', () => {
    const placed = [...plan.nodes.values()];
    for (const one of placed) {
      assert.ok(one.y >= -0.01 && one.y + NODE.height <= plan.height + 0.01 && one.x + one.width <= plan.width);
      for (const other of placed)
        if (one !== other && one.x === other.x) assert.ok(Math.abs(one.y - other.y) >= NODE.height);
    }
  });

  it('draws every edge, those against the flow marked, and survives cycles', () => {
    assert.equal(plan.edges.length, edges.length);
    const circle = layout(
      [node('a', 'sources'), node('b', 'sources'), node('v', 'views')],
      [edge('a', 'b'), edge('b', 'a'), edge('v', 'a'), edge('a', 'a')],
      LAYERS,
    );
    assert.equal(circle.nodes.size, 3);
    assert.deepEqual(
      circle.edges.filter((each) => each.back).map((each) => each.from),
      ['a', 'v'],
    );
  });

  it('is nothing for nothing, and quick for much', () => {
    assert.deepEqual(layout([], [], LAYERS).height, 0);
    const many = Array.from({ length: 600 }, (_, index) => node(`t${index}`, LAYERS[index % 5]));
    const links = many.slice(5).map((each, index) => edge(many[Math.floor((index * 7919) % (index + 5))].id, each.id));
    const began = performance.now();
    layout(many, links, LAYERS);
    assert.ok(performance.now() - began < 3000);
  });
});

describe('what the server sends', () => {
  it('is read as events, however it is cut', () => {
    const text =
      ': hello\n\nid: 7-1\nevent: change\ndata: {"a":\ndata: 1}\n\r\ndata: x\r\n\r\nevent: none\n\nid: 7-2\n\n';
    for (let size = 1; size < text.length; size += 1) {
      const got = [];
      const read = eventReader((...event) => got.push(event));
      for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
      assert.deepEqual(got, [
        ['change', '{"a":\n1}', '7-1'],
        ['message', 'x', ''],
        ['message', null, '7-2'],
      ]);
    }
  });

  it('keeps keys whole in paths', () => {
    assert.equal(keyPath(['a,b/c', 1]), 'a%2Cb%2Fc,1');
  });

  it('keeps large integers exact where the language can', () => {
    const { n } = parse('{"n":9007199254740993}');
    if (typeof n === 'bigint') assert.equal(n, 9007199254740993n);
    assert.equal(parse('{"n":1.5}').n, 1.5);
  });
});
