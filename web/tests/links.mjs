// Drawings in links as the light page codes them, without a browser. engines.mjs compares them with the app's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded, codedIn, decoded } from '../src/link.js';

const drawing = {
  version: 1,
  size: 280,
  strokes: [
    { tool: 'draw', width: 20, points: [[10.5, 20, 0], [280, -3.2, 31], [0, 279.9, 3e9]] },
    { tool: 'erase', width: 44, points: [[140.1, 140.2, 3e9 + 900]] },
  ],
};

test('a drawing comes back as it was', () => {
  assert.deepEqual(JSON.parse(decoded(coded(drawing))), drawing);
  assert.deepEqual(JSON.parse(decoded(coded({ strokes: [] }))).strokes, []);
});

test('it is found in a link, also in one that was bent', () => {
  const text = coded(drawing);
  const bent = `show=cnn&amp;prepare=off&amp;strokes=${text.slice(0, 9)}\n ${text.slice(9)}).`;
  for (const fragment of [`strokes=${text}`, `prepare=off&strokes=${text}&calm=on`, bent]) assert.equal(codedIn(fragment), text);
  for (const fragment of ['', 'show=cnn', 'stroke=AQ']) assert.equal(codedIn(fragment), null);
});

test('what is damaged is refused', () => {
  const text = coded(drawing);
  const cut = Array.from({ length: text.length }, (_, length) => text.slice(0, length));
  // A link that ends between two strokes is a drawing all the same.
  const refused = cut.filter((one) => {
    try {
      return JSON.parse(decoded(one)).strokes.length < 2 ? null : one;
    } catch (error) {
      assert.match(error.message, /damaged/);
      return one;
    }
  });
  assert.ok(refused.length >= cut.length - 6, `${refused.length} of ${cut.length}`);
  assert.throws(() => decoded('Ag'), /link-newer/);
  const long = { ...drawing, strokes: [{ ...drawing.strokes[0], points: Array.from({ length: 20_001 }, () => [1, 2, 3]) }] };
  assert.throws(() => decoded(coded(long)), /link-too-long/);
  for (const bad of ['', '!', 'AQKAgICAgICAgICAgAE', 'AQL_____Dw']) assert.throws(() => decoded(bad), /damaged/);
});
