// Drawing with real pointer events: the answers come while the pen moves, and every tool does what it says.

import assert from 'node:assert/strict';
import { recording, site, strokesOf, until } from './browser.mjs';

const page = site('drawing');

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 };

/** Back and forth over all of the pad that a digit takes, in lines nearer to each other than the eraser is wide. */
function rubbing() {
  const points = [];
  for (let y = 35, right = false; y <= 245; y += 12, right = !right) {
    points.push(right ? [225, y] : [55, y], right ? [55, y] : [225, y]);
  }
  return points;
}

page.test('with a mouse', async ({ open, step }) => {
  const app = await open();
  const mouse = app.mouse();
  const [three, seven] = [await strokesOf('three'), await strokesOf('seven')];

  await step('answers come while the button is down', async () => {
    await app.begin();
    const place = await app.padToPage();
    const [points] = three;
    const part = Math.ceil(points.length * 0.6);
    await mouse.down(place(points[0]));
    for (const point of points.slice(1, part)) await mouse.move(place(point));
    await app.shows('answers with the button still down', ({ pen_down, models }) => pen_down && models.every((model) => model.class !== null));
    for (const point of points.slice(part)) await mouse.move(place(point));
    await mouse.up();
    const state = await app.reads(3);
    assert.equal(state.strokes, 1);
    await app.shows('the pen is lifted', ({ pen_down }) => !pen_down);
    await until('the text for screen readers', () => app.text('#mirror'), (text) => /MLP: 3, \d+ percent.*CNN: 3, \d+ percent/.test(text));
  });

  await step('undo by its button and by its key', async () => {
    await app.begin();
    await app.trace(mouse, seven);
    const state = await app.reads(7);
    assert.equal(state.strokes, 2);
    await app.press('undo');
    await app.shows('one stroke less', ({ strokes }) => strokes === 1);
    await app.keys('Control', 'z');
    await app.isBlank();
    await app.keys('Control', 'y');
    await app.shows('the first stroke again, read', ({ strokes, models }) => strokes === 1 && models.every((model) => model.class !== null));
  });

  await step('erase', async () => {
    await app.begin();
    await app.trace(mouse, three);
    await app.reads(3);
    await app.press('erase');
    await app.trace(mouse, [rubbing()]);
    await app.shows('no network reads a three any more', ({ models }) => models.every((model) => model.class !== 3));
    assert.equal((await app.ask(() => globalThis.mnistify.strokes())).strokes.at(-1).tool, 'erase');
  });

  await step('clear', async () => {
    await app.begin();
    await app.trace(mouse, three);
    await app.reads(3);
    await app.press('clear');
    await app.isBlank();
  });

  await step('one network at a time', async () => {
    await app.begin();
    await app.press('both');
    await app.draw(await recording('three'));
    await app.reads(3);
    await app.press('mlp');
    await app.shows('the MLP alone', ({ shown, models }) => shown === 'mlp' && models[0].shown && !models[1].shown);
    await app.draw(await recording('seven'));
    const state = await app.shows('the MLP reads the seven', ({ models }) => models[0].class === 7);
    assert.notEqual(state.models[1].class, 7, 'a hidden network does not read');
    await app.press('both');
    await app.reads(7);
  });

  await step('another size of the window', async () => {
    await app.begin();
    const before = await app.state();
    await app.page.setViewportSize({ width: 700, height: 760 });
    const fits = () => {
      const canvas = document.getElementById('canvas');
      const { width, height } = canvas.getBoundingClientRect();
      return { css: [width, height], pixels: [canvas.width, canvas.height], ratio: devicePixelRatio };
    };
    await until(
      'the canvas has the size of the window',
      () => app.ask(fits),
      ({ css, pixels, ratio }) => css[0] === 700 && css[1] === 760 && Math.abs(pixels[0] - 700 * ratio) <= 1 && Math.abs(pixels[1] - 760 * ratio) <= 1,
    );
    await app.shows('the pad has another place', ({ pad }) => JSON.stringify(pad) !== JSON.stringify(before.pad));
    await app.begin();
    await app.trace(mouse, three);
    await app.reads(3);
  });
});

page.test('another size while it rests', async ({ open }) => {
  const app = await open();
  await app.draw(await recording('three'));
  await app.reads(3);
  const { pad } = await app.state();
  let frame;
  await until('rest', async () => {
    const before = frame;
    ({ frame } = await app.state());
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return before === frame;
  }, (rests) => rests);
  await app.page.setViewportSize({ width: 390, height: 844 });
  await app.shows('the pad has another place', (state) => JSON.stringify(state.pad) !== JSON.stringify(pad));
});

page.test('with a finger on a phone', async ({ open, step }) => {
  const app = await open({ context: PHONE });

  await step('a digit is read and the page stays where it is', async () => {
    await app.trace(await app.finger(), await strokesOf('three'));
    const state = await app.reads(3);
    assert.equal(state.strokes, 1, 'the finger drew one stroke, not cut off by scrolling');
    const view = await app.ask(() => ({ x: scrollX, y: scrollY, left: visualViewport.offsetLeft, top: visualViewport.offsetTop, scale: visualViewport.scale }));
    assert.deepEqual(view, { x: 0, y: 0, left: 0, top: 0, scale: 1 });
    const sizes = await app.ask(() => [document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight, innerHeight]);
    assert.ok(sizes[0] <= sizes[1] && sizes[2] <= sizes[3], `nothing is wider or higher than the screen: ${sizes}`);
  });

  await step('a tap on undo', async () => {
    await app.shows('the stroke is there', ({ strokes }) => strokes === 1);
    const tap = ({ x, y }) => app.page.touchscreen.tap(x, y);
    const { place } = await app.placeOf('undo', tap);
    await tap(place);
    await app.isBlank();
  });
});
