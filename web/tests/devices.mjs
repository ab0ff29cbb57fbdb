// Pens, palms, fingers, browser keys, chosen and pasted files, and what was set aside: in the app and in the light page.

import assert from 'node:assert/strict';
import { recording, site, until } from './browser.mjs';

const pages = [
  ['the app', site('devices'), 'ready', '#canvas'],
  ['the light page', site('devices-light', { gpu: 'none' }), 'fallback', '.pad canvas'],
];

/** A pen that the browser itself tells of. */
async function penOf(app) {
  const session = await app.page.context().newCDPSession(app.page);
  const send = (type, { x, y }, buttons) => session.send('Input.dispatchMouseEvent', { type, x, y, button: type === 'mouseMoved' ? 'none' : 'left', buttons, clickCount: 1, pointerType: 'pen' });
  return {
    down: (place) => send('mousePressed', place, 1),
    move: (place) => send('mouseMoved', place, 1),
    hover: (place) => send('mouseMoved', place, 0),
    up: (place) => send('mouseReleased', place, 0),
  };
}

/** What no protocol makes: events of the eraser end, of a cancelled pen. */
const tell = (app, canvas, type, { x, y }, more = {}) =>
  app.ask(
    ([canvas, type, more]) => document.querySelector(canvas).dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, pointerId: 77, pointerType: 'pen', isPrimary: true, ...more })),
    [canvas, type, { clientX: x, clientY: y, ...more }],
  );

const toolsOf = async (app) => (await app.ask(() => globalThis.mnistify.strokes())).strokes.map(({ tool }) => tool);
const lastOf = async (app) => (await app.ask(() => globalThis.mnistify.strokes())).strokes.at(-1).points.at(-1);
const drawn = (app, strokes, down = false) => app.shows(`${strokes} strokes`, (state) => state.strokes === strokes && state.pen_down === down);

for (const [title, page, screen, canvas] of pages) {
  page.test(`hands in ${title}`, async ({ open, step }) => {
    const app = await open({ screen, context: { hasTouch: true } });
    const place = await app.padToPage();
    const [a, b, c] = [[80, 80], [140, 140], [200, 90]].map(place);

    await step('a palm beside a pen draws nothing', async () => {
      await app.begin();
      const [pen, palm] = [await penOf(app), await app.finger()];
      await pen.down(a);
      await drawn(app, 1, true);
      await palm.down(c);
      await palm.move(b);
      await pen.move(b);
      await palm.up();
      await pen.up(b);
      await drawn(app, 1);
      const [x, y] = await lastOf(app);
      assert.ok(Math.abs(x - 140) < 3 && Math.abs(y - 140) < 3, `the line ends at the pen, not at ${[x, y]}`);
    });

    await step('a pen that is taken away draws no further', async () => {
      await app.begin();
      await tell(app, canvas, 'pointerdown', a, { button: 0, buttons: 1 });
      await drawn(app, 1, true);
      await tell(app, canvas, 'pointercancel', { x: 0, y: 0 });
      await drawn(app, 1);
      const pen = await penOf(app);
      await pen.hover(b);
      await pen.hover(c);
      await drawn(app, 1);
      const [x, y] = await lastOf(app);
      assert.ok(Math.abs(x - 80) < 3 && Math.abs(y - 80) < 3, `the dot stays where it is, not at ${[x, y]}`);
    });

    await step('the eraser end erases, the tip draws', async () => {
      await app.begin();
      await app.draw(await recording('seven'));
      await drawn(app, 2);
      await tell(app, canvas, 'pointerdown', a, { button: 5, buttons: 32 });
      await drawn(app, 3, true);
      await tell(app, canvas, 'pointerup', c, { button: 5 });
      await drawn(app, 3);
      assert.equal((await toolsOf(app)).at(-1), 'erase');
      const mouse = app.mouse();
      await mouse.down(a);
      await drawn(app, 4, true);
      await mouse.up();
      await drawn(app, 4);
      assert.equal((await toolsOf(app)).at(-1), 'draw');
    });

    await step('the browser keeps its keys and its zoom', async () => {
      await app.page.locator('#canvas').focus().catch(() => {});
      const prevented = await app.ask((canvas) => {
        const target = document.querySelector(canvas);
        const told = (Kind, type, more) => !target.dispatchEvent(new Kind(type, { bubbles: true, cancelable: true, ...more }));
        const keys = [['F5', false], ['Tab', false], ['r', true], ['l', true], ['+', true], ['z', true]];
        return [
          ...keys.map(([key, ctrlKey]) => [key, told(KeyboardEvent, 'keydown', { key, ctrlKey, code: `Key${key.toUpperCase()}` })]),
          ['zoom', told(WheelEvent, 'wheel', { deltaY: 1, ctrlKey: true })],
        ];
      }, canvas);
      assert.deepEqual(prevented, [['F5', false], ['Tab', false], ['r', false], ['l', false], ['+', false], ['z', true], ['zoom', false]]);
    });

    await step('a pasted picture is taken like a dropped file', async () => {
      await app.ask((canvas) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(['no picture'], 'image.png', { type: 'image/png' }));
        document.querySelector(canvas).dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      }, canvas);
      if (screen === 'ready') await app.shows('why it cannot be read', ({ refusal }) => /pasted\.png/.test(refusal));
      else await until('what this page says', () => app.text('#toast'), (text) => /picture/.test(text));
    });

    if (screen !== 'ready') return;
    await step('a picture above the limits is refused, although the browser can decode it', async () => {
      for (const kind of ['png', 'jpeg', 'webp']) {
        await app.draw(await recording('seven'));
        await app.reads(7);
        await app.ask(
          async ([canvas, type]) => {
            const picture = new OffscreenCanvas(8193, 2);
            picture.getContext('2d').fillRect(0, 0, 1, 1);
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([await picture.convertToBlob({ type })], type));
            document.querySelector(canvas).dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
          },
          [canvas, `image/${kind}`],
        );
        await app.shows(`why the ${kind} is refused`, ({ refusal }) => refusal !== null && refusal.includes(kind) && /has 8193 × 2 pixels, but at most 8192/.test(refusal));
        assert.equal((await app.state()).strokes, 2, 'the drawing is still there');
      }
    });
  });

  page.test(`what was set aside in ${title}`, async ({ open, url }) => {
    const by = screen === 'ready' ? 'app' : 'light';
    const strokes = JSON.stringify(await recording('three'));
    const before = (page) =>
      page.addInitScript(([by, strokes]) => {
        sessionStorage.setItem('mnistify.resume', '{}');
        sessionStorage.setItem('mnistify.strokes', strokes);
        sessionStorage.setItem('mnistify.aside', JSON.stringify({ by, parts: ['drawing', 'view'] }));
      }, [by, strokes]);
    const app = await open({ screen, before, address: `${url}?nosw&3d#show=mlp` });
    await until('the offer', () => app.text('#toast'), (text) => /set aside/.test(text));
    assert.equal((await app.state()).strokes, 0);
    assert.equal((await app.state()).shown, 'all');
    await app.page.locator('#toast button').first().click();
    const { shown } = await app.shows('the drawing, read', ({ strokes, models }) => strokes === 1 && models[0].class === 3);
    assert.equal(shown, screen === 'ready' ? 'mlp' : 'all');
  });
}
