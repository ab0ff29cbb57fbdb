// The pad is there before the app, which takes its place between two strokes, or stays away where it cannot or should not come.

import assert from 'node:assert/strict';
import { recording, site, START, strokesOf, until } from './browser.mjs';

const page = site('padfirst');
const withoutGpu = site('padfirst-light', { gpu: 'none' });

const APP = /\/app\.[^/]*\.wasm/;
const MLP = /\/mlp\.[^/]*\.safetensors/;
/** Chromium itself says this of every download that fails. */
const FAILED_DOWNLOAD = [/Failed to load resource/];

const line = (app) => app.text('.depth');
const press = (app, action) => app.page.locator(`.depth [data-action=${action}]`).click();
const timings = (app) => app.ask(() => globalThis.mnistify?.timings ?? {});
const points = async (app) => (await app.ask(() => globalThis.mnistify.strokes())).strokes.map(({ points }) => points.length);
const padIsThere = (app) => until('the pad', async () => (await timings(app)).pad);

/** Holds the app's program back until it is let go. */
function held() {
  let letGo;
  const free = new Promise((resolve) => (letGo = resolve));
  let asked = 0;
  const before = (page) =>
    page.route(APP, async (route) => {
      asked += 1;
      await free;
      await route.continue();
    });
  return { before, letGo, asked: () => asked };
}

/** Where the pad is on the screen, in whichever depth. */
async function placeOfPad(app) {
  const at = await app.padToPage();
  return [at([0, 0]), at([280, 280])].flatMap(({ x, y }) => [x, y]);
}

page.test('a slow link', async ({ open, step, t }) => {
  let session;
  const link = (latency, downloadThroughput, uploadThroughput) =>
    session.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput, uploadThroughput });
  const throttle = async (page) => {
    session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await link(150, 1.6e6 / 8, 0.75e6 / 8);
  };
  const app = await open({ screen: null, before: throttle });

  await step('the pad takes ink and reads before the app', async () => {
    await padIsThere(app);
    await app.trace(app.mouse(), await strokesOf('three'));
    await until('an answer', async () => (await timings(app)).answer);
    await app.reads(3);
    assert.equal(await app.screen(), 'fallback');
    assert.equal((await timings(app)).ready, undefined);
    const { pad } = await timings(app);
    assert.ok(pad < 5000, `the pad is there after ${pad} ms`);
  });

  await step('the app takes over with the drawing', async () => {
    await until('the words', () => line(app), (text) => /on its way/.test(text), START);
    // The rest would take half a minute.
    await link(0, -1, -1);
    await app.reaches('ready');
    t.diagnostic(JSON.stringify(await timings(app)));
    await app.reads(3);
    await app.ask(() => globalThis.mnistify.undo());
    await app.isBlank();
  });
});

page.test('the hand-over', async ({ open, close, step, url }) => {
  for (const [width, height] of [[1280, 720], [390, 844], [844, 390]]) {
    await step(`at ${width}×${height}`, async () => {
      const app = held();
      const shown = await open({ address: `${url}?nosw`, screen: null, before: app.before, context: { viewport: { width, height } } });
      await padIsThere(shown);
      await until('both networks', () => shown.ask(() => globalThis.mnistify.padReady.then(() => globalThis.mnistify.state().models.length === 2)));
      const place = await shown.padToPage();
      const before = await placeOfPad(shown);
      const mouse = shown.mouse();
      await shown.draw(await recording('seven'));
      await shown.ask(() => ['undo', 'prepare', 'erase'].forEach((name) => globalThis.mnistify.act(name)));
      await shown.ask(() => globalThis.mnistify.act('redo'));
      await shown.ask(() => globalThis.mnistify.act('draw'));

      // A stroke that is under way while the app arrives.
      await mouse.down(place([60, 250]));
      app.letGo();
      const frames = until('the app’s program', async () => (await timings(shown)).first_frame, Boolean, 4000).catch(() => null);
      for (let x = 60; x <= 220; x += 8) await mouse.move(place([x, 250]));
      await frames;
      assert.equal(await shown.screen(), 'fallback', 'not while a pen is down');
      await mouse.up();
      // And another one, whenever the app is ready.
      await until('the app’s first frame', async () => (await timings(shown)).first_frame, Boolean, START);
      await mouse.down(place([60, 20]));
      await mouse.move(place([120, 20]));
      // As long as a person rests, and elsewhere as long as it takes to see that nothing happens.
      await new Promise((resolve) => setTimeout(resolve, width === 1280 ? 6000 : 1000));
      assert.equal(await shown.screen(), 'fallback', 'not while a pen is down');
      await mouse.move(place([180, 20]));
      await mouse.up();
      const drawn = await points(shown);
      assert.deepEqual(drawn.length, 4);
      await shown.reaches('ready');

      assert.deepEqual(await points(shown), drawn, 'every point is there');
      const { preparation, tool } = await shown.state();
      assert.deepEqual([preparation, tool], ['raw', 'draw']);
      (await placeOfPad(shown)).forEach((at, index) => assert.ok(Math.abs(at - before[index]) < 2, `the pad stays where it is: ${at}, ${before[index]}`));
      for (const strokes of [3, 2, 0]) {
        await shown.ask(() => globalThis.mnistify.undo());
        await shown.shows(`${strokes} strokes`, (state) => state.strokes === strokes);
      }
      await shown.ask(() => globalThis.mnistify.redo());
      await shown.shows('the seven', (state) => state.strokes === 2);
      await close(shown);
    });
  }
});

withoutGpu.test('without WebGPU', async ({ open }) => {
  const app = await open({ screen: 'fallback' });
  assert.match(await line(app), /WebGPU/);
  await app.trace(app.mouse(), await strokesOf('three'));
  await app.reads(3);
  assert.equal(await app.ask(() => globalThis.mnistify.ready.then(() => document.body.dataset.app)), 'off');
});

page.test('who spares data asks for the app', async ({ open, url }) => {
  const asked = held();
  asked.letGo();
  const before = async (page) => {
    await asked.before(page);
    await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }));
  };
  const app = await open({ address: url, screen: 'fallback', before });
  await until('a service worker', () => app.ask(async () => (await navigator.serviceWorker.getRegistration())?.active?.state), (state) => state === 'activated', START);
  const stored = () => app.ask(async () => (await caches.match(JSON.parse(document.getElementById('manifest').textContent).files['app.wasm'].url)) !== undefined);
  assert.deepEqual([asked.asked(), await stored()], [0, false]);
  await app.draw(await recording('three'));
  await press(app, 'show');
  await app.reaches('ready');
  await app.reads(3);
  await until('the app is stored', stored);
});

page.test('files that do not arrive', async ({ open, close, step }) => {
  await step('a network', async () => {
    const app = await open({ screen: 'fallback', before: (page) => page.route(MLP, (route) => route.abort()), allow: FAILED_DOWNLOAD });
    assert.match(await line(app), /mlp\.safetensors/);
    await app.draw(await recording('three'));
    await app.reads(3);
    await app.page.unroute(MLP);
    await press(app, 'retry');
    await app.reaches('ready');
    assert.equal((await app.reads(3)).models.length, 2);
    await close(app);
  });
  await step('the app', async () => {
    const app = await open({ screen: 'fallback', before: (page) => page.route(APP, (route) => route.fulfill({ status: 503, body: 'not now' })), allow: FAILED_DOWNLOAD });
    assert.match(await line(app), /app\.wasm.*503/);
    await app.draw(await recording('three'));
    await app.page.unroute(APP);
    await press(app, 'retry');
    await app.reaches('ready');
    await app.reads(3);
  });
});

page.test('a lost device brings the pad back', async ({ open, url }) => {
  const app = await open({ address: `${url}?nosw&faults`, allow: [/./] });
  await app.draw(await recording('three'));
  await app.reads(3);
  await app.ask(() => globalThis.mnistifyDevice.destroy());
  await until('the light page', () => app.stays(), (screen) => screen === 'fallback');
  assert.match(await line(app), /device was lost/);
  await app.reads(3);
  await app.trace(app.mouse(), [[[20, 20], [30, 20]]]);
  await app.shows('both strokes', ({ strokes }) => strokes === 2);
  await press(app, 'restart');
  await until('the page loaded anew', async () => (await app.screen()) === 'ready', Boolean, START);
  await app.shows('both strokes', ({ strokes }) => strokes === 2);
});
