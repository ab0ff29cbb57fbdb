// A link opens in another browser with the same drawing, the same networks and the same preparation.

import assert from 'node:assert/strict';
import { recording, site, until } from './browser.mjs';

const page = site('sharing');

/** Coordinates in links are rounded to tenths. */
const ROUNDING = 0.06;

function assertSameStrokes(found, expected) {
  assert.equal(found.strokes.length, expected.strokes.length, 'as many strokes');
  for (const [index, stroke] of expected.strokes.entries()) {
    const other = found.strokes[index];
    assert.equal(other.tool, stroke.tool);
    assert.ok(Math.abs(other.width - stroke.width) <= ROUNDING, `width ${other.width} instead of ${stroke.width}`);
    assert.equal(other.points.length, stroke.points.length, `as many points in stroke ${index + 1}`);
    for (const [at, [x, y]] of stroke.points.entries()) {
      const [otherX, otherY] = other.points[at];
      const near = Math.abs(otherX - x) <= ROUNDING && Math.abs(otherY - y) <= ROUNDING;
      assert.ok(near, `point ${at + 1} of stroke ${index + 1} is ${[otherX, otherY]} instead of ${[x, y]}`);
    }
  }
}

page.test('a link', async ({ open, close, step, url }) => {
  let withStrokes, without, drawn, state;
  let app = await open({ context: { permissions: ['clipboard-read', 'clipboard-write'] } });

  await step('is made', async () => {
    await app.begin();
    await app.draw(await recording('seven'));
    await app.press('mlp');
    await app.keys('p');
    state = await app.shows(
      'the MLP alone reads the seven as it was drawn',
      ({ shown, preparation, strokes, models }) => shown === 'mlp' && preparation === 'raw' && strokes === 2 && models[0].class === 7,
    );
    drawn = await app.ask(() => globalThis.mnistify.strokes());
    assertSameStrokes(drawn, await recording('seven'));
    withStrokes = await app.ask(() => globalThis.mnistify.link(true));
    without = await app.ask(() => globalThis.mnistify.link(false));
    assert.ok(withStrokes.startsWith(url), `${withStrokes} begins with the page's address ${url}`);
    assert.ok(without.length < withStrokes.length);
  });

  await step('is in the address bar and on the clipboard after Share', async () => {
    await app.press('share');
    await until('the link in the address bar', () => app.page.url(), (address) => new URL(address).hash === new URL(withStrokes).hash);
    await until('the link on the clipboard', () => app.ask(() => navigator.clipboard.readText()), (text) => text.endsWith(new URL(withStrokes).hash));
  });
  await close(app);

  await step('opens in another browser', async () => {
    app = await open({ address: withStrokes });
    const found = await app.shows(
      'the same networks, preparation and answer',
      ({ shown, preparation, models }) => shown === state.shown && preparation === state.preparation && models[0].class === state.models[0].class,
    );
    assertSameStrokes(await app.ask(() => globalThis.mnistify.strokes()), drawn);
    const [one, other] = [found.models[0].confidence, state.models[0].confidence];
    assert.ok(Math.abs(one - other) < 0.02, `confidence ${one} instead of ${other}`);
  });

  await step('without strokes brings everything else', async () => {
    await app.ask(() => globalThis.mnistify.clear());
    await app.isBlank();
    await close(app);
    app = await open({ address: without });
    await app.shows('the same networks and preparation', ({ shown, preparation }) => shown === state.shown && preparation === state.preparation);
    await app.isBlank();
  });

  await step('works in a page that is open already', async () => {
    await app.ask((hash) => { location.hash = hash; }, new URL(withStrokes).hash);
    await app.shows('the drawing, read', ({ strokes, models }) => strokes === 2 && models[0].class === 7);
    assertSameStrokes(await app.ask(() => globalThis.mnistify.strokes()), drawn);
  });
});
