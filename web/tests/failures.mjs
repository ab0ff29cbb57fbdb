// What can go wrong on the way: no WebGPU, files that do not arrive or are damaged, a graphics device that goes away.
// The page says so, and there is a way on. Mostly with ?3d, where no light page stands by; padfirst.mjs has the others.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST, recording, ROOT, site, START, strokesOf, until } from './browser.mjs';

const page = site('failures');
const withoutGpu = site('failures', { gpu: 'none' });
const losing = site('failures');

/** Chromium itself says this of every download that fails. */
const FAILED_DOWNLOAD = [/Failed to load resource/];

const MLP = /\/mlp\.[^/]*\.safetensors/;
const APP = /\/app\.[^/]*\.wasm/;

async function messageOf(app) {
  await app.reaches('message');
  return app.text('#message .text');
}

function assertNames(message, file) {
  assert.ok(message.includes(file), `the message names ${file}: ${message}`);
}

/** The bytes of a file of the page. */
async function bytesOf(name) {
  const { files } = JSON.parse(await readFile(join(DIST, 'sizes.json'), 'utf8'));
  const [path] = Object.entries(files).find(([, file]) => file.name === name);
  return readFile(join(DIST, path));
}

for (const [title, before] of [
  ['no graphics adapter', undefined],
  ['no WebGPU at all', (page) => page.addInitScript(() => delete Navigator.prototype.gpu)],
]) {
  withoutGpu.test(title, async ({ open }) => {
    const app = await open({ screen: 'fallback', before });
    assert.match(await app.text('#fallback'), /WebGPU/, 'it says why there is no 3D');
    await app.trace(app.mouse(), await strokesOf('three'));
    const { strokes } = await app.reads(3);
    assert.equal(strokes, 1);
    await app.page.keyboard.press('Control+z');
    await app.isBlank();
  });
}

page.test('a network that does not arrive', async ({ open, url }) => {
  let requests = 0;
  const before = (page) =>
    page.route(MLP, (route) => {
      requests += 1;
      return route.abort();
    });
  const app = await open({ address: `${url}?nosw&3d`, screen: 'message', before, allow: FAILED_DOWNLOAD });
  assertNames(await messageOf(app), 'mlp.safetensors');
  assert.equal(requests, 2, 'it was tried twice');
  await app.choose('without-model');
  await app.reaches('ready');
  await app.draw(await recording('three'));
  const { models } = await app.reads(3);
  assert.deepEqual(models.map(({ name }) => name), ['CNN'], 'only the other network is there');
});

page.test('a network that arrives at the second try', async ({ open, url }) => {
  const app = await open({ address: `${url}?nosw&3d`, screen: 'message', before: (page) => page.route(MLP, (route) => route.abort()), allow: FAILED_DOWNLOAD });
  assertNames(await messageOf(app), 'mlp.safetensors');
  await app.page.unroute(MLP);
  await app.choose('retry');
  await app.reaches('ready');
  await app.draw(await recording('three'));
  const { models } = await app.reads(3);
  assert.equal(models.length, 2);
});

for (const [title, damage] of [
  ['a network whose header is damaged', (bytes) => { bytes[8] ^= 0x80; }],
  ['a network of which only the first half is there', (bytes) => { bytes.fill(0, bytes.length >> 1); return bytes.subarray(0, bytes.length >> 1); }],
]) {
  page.test(title, async ({ open, url }) => {
    const bytes = await bytesOf('mlp.safetensors');
    const body = damage(bytes) ?? bytes;
    const before = (page) => page.route(MLP, (route) => route.fulfill({ body, contentType: 'application/octet-stream' }));
    const app = await open({ address: `${url}?nosw&3d`, screen: 'message', before, allow: FAILED_DOWNLOAD });
    assertNames(await messageOf(app), 'mlp.safetensors');
    await app.page.unroute(MLP);
    await app.choose('retry');
    await app.reaches('ready');
    await app.draw(await recording('three'));
    await app.reads(3);
  });
}

page.test('a program that does not arrive', async ({ open, url }) => {
  const before = (page) => page.route(APP, (route) => route.fulfill({ status: 503, body: 'not now' }));
  const app = await open({ address: `${url}?nosw&3d`, screen: 'message', before, allow: FAILED_DOWNLOAD });
  const message = await messageOf(app);
  assertNames(message, 'app.wasm');
  assertNames(message, '503');
  await app.page.unroute(APP);
  await app.choose('retry');
  await app.reaches('ready');
  await app.draw(await recording('seven'));
  await app.reads(7);
});

/** Makes the device fail; the page has to be opened with ?faults. */
const FAULTS = {
  'a validation error': {
    said: /refused/,
    make: (app) => app.ask(() => { globalThis.mnistifyDevice.createBuffer({ size: 4, usage: 0 }); }),
  },
  // Only said: no machine should have to be filled up.
  'full memory': {
    said: /no memory left/,
    make: (app) =>
      app.ask(() => {
        const error = new GPUOutOfMemoryError('made up');
        globalThis.mnistifyDevice.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
      }),
  },
  'a destroyed device': { said: /device was lost/, make: (app) => app.ask(() => globalThis.mnistifyDevice.destroy()) },
  'a killed GPU process': { said: /device was lost/, make: killGpuProcess },
};

/** After these the other button is pressed too. */
const WITHOUT_3D = new Set(['a destroyed device', 'a killed GPU process']);

async function killGpuProcess() {
  const session = await losing.browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  process.kill(processInfo.find(({ type }) => type === 'GPU').id, 'SIGKILL');
  await session.detach();
}

const namesOf = ({ models }) => models.map(({ name }) => name).join(' ');
const pointsOf = ({ strokes }) => strokes.map(({ points }) => points.length);

/** Opens the page with a three, a network of one's own, and the MLP alone to be seen. */
async function opened({ open, url }) {
  // What the graphics layers say about faults is their affair.
  const app = await open({ address: `${url}?nosw&faults&3d`, allow: [/./] });
  const own = await readFile(join(ROOT, 'src', 'network', 'tests', 'imported', 'mlp.safetensors'));
  await app.ask(
    // Described, it need not be tried out.
    (bytes) => globalThis.mnistify.loadNetwork(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)), { name: 'Plain', normalisation: { mean: 0, std: 1 } }),
    own.toString('base64'),
  );
  await app.shows('the own network', (state) => namesOf(state) === 'MLP CNN Plain');
  await app.draw(await recording('three'));
  await app.press('mlp');
  await app.shows('the MLP alone, reading the three', ({ shown, models }) => shown !== 'all' && models[0].class === 3);
  return app;
}

/** Makes a fault, checks the message, and answers it with one of its buttons; returns when the page is there again. */
async function recover(app, { said, make }, action, screen) {
  await app.ask(() => { globalThis.isFromBefore = true; });
  const began = Date.now();
  await make(app);
  await until('the message', () => app.screen(), (screen) => screen === 'message');
  const seen = Date.now();
  assert.match(await app.text('#message .text'), said);
  assert.deepEqual(await app.ask(() => [...document.querySelectorAll('#message button')].map((one) => one.textContent)), ['Start again', 'Go on without 3D']);
  await app.choose(action);
  await until('the page loaded anew', () => app.ask(() => !globalThis.isFromBefore && document.body !== null));
  await app.reaches(screen);
  const kept = JSON.stringify(pointsOf(await recording('three')));
  await until('the drawing that was kept', async () => pointsOf(await app.ask(() => globalThis.mnistify.strokes())), (points) => JSON.stringify(points) === kept);
  return `message after ${seen - began} ms, ${screen} after ${Date.now() - began} ms`;
}

for (const [title, fault] of Object.entries(FAULTS)) {
  // In a browser of its own, because Chromium trusts a GPU less after its process ended.
  const site = fault.make === killGpuProcess ? losing : page;
  site.test(title, async ({ t, open, step, url }) => {
    const app = await opened({ open, url });
    const { shown } = await app.state();
    const isAsBefore = (state) => JSON.stringify(state.shown) === JSON.stringify(shown) && namesOf(state) === 'MLP CNN Plain' && state.models[0].class === 3;

    await step('start again', async () => {
      t.diagnostic(await recover(app, fault, 'restart', 'ready'));
      await app.shows('networks and view as before', isAsBefore);
    });

    // What a button does is not the fault's affair.
    if (!WITHOUT_3D.has(title)) return;
    await step('go on without 3D, and back', async () => {
      t.diagnostic(await recover(app, fault, 'fallback', 'fallback'));
      await app.reads(3);
      // After a second crash within minutes Chromium gives no page a GPU.
      if (site === losing) return;
      await app.page.locator('.depth [data-action=restart]').click();
      await until('the page with 3D', () => app.screen(), (screen) => screen === 'ready', START);
      await app.shows('networks and view as before', isAsBefore);
    });
  });
}

page.test('a removed network does not come back', async ({ open, url }) => {
  const app = await opened({ open, url });
  await app.ask(() => globalThis.mnistify.removeNetwork());
  await recover(app, FAULTS['a validation error'], 'restart', 'ready');
  // The MLP alone is shown, and what is not shown does not read.
  await app.shows('the MLP reading the three', ({ models }) => models[0].class === 3);
  assert.equal(namesOf(await app.state()), 'MLP CNN');
});

page.test('a drawing that nobody asked to keep is gone with the page', async ({ open, url }) => {
  const app = await opened({ open, url });
  await app.page.reload();
  await app.reaches('ready');
  const state = await app.state();
  assert.deepEqual([namesOf(state), state.strokes, state.shown], ['MLP CNN', 0, 'all']);
});

page.test('a drawing that ends the app as it is opened is set aside', async ({ open, url }) => {
  const three = JSON.stringify(await recording('three'));
  const before = (page) =>
    page.addInitScript((strokes) => {
      if (sessionStorage.getItem('test')) return;
      sessionStorage.setItem('test', 'done');
      sessionStorage.setItem('mnistify.resume', '{}');
      sessionStorage.setItem('mnistify.strokes', strokes);
      const fail = () => {
        if (document.body?.dataset.screen !== 'ready') return;
        watch.disconnect();
        globalThis.mnistifyDevice.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error: new GPUValidationError('made up') }));
      };
      const watch = new MutationObserver(fail);
      watch.observe(document, { subtree: true, attributes: true, attributeFilter: ['data-screen'] });
    }, three);
  // It is ready for a moment.
  const app = await open({ address: `${url}?nosw&faults&3d`, screen: null, before, allow: [/./] });
  await until('the message', () => app.screen(), (screen) => screen === 'message', START);
  assert.match(await messageOf(app), /refused/);
  await app.choose('restart');
  await until('the offer', () => app.text('#toast'), (text) => /set aside/.test(text), START);
  assert.deepEqual([await app.screen(), (await app.state()).strokes], ['ready', 0]);
  await app.page.locator('#toast button').first().click();
  await app.reads(3);
  // It was opened without a fault this time, so it is kept like any other.
  await app.frame();
  await recover(app, FAULTS['a validation error'], 'restart', 'ready');
});
