// What can go wrong on the way: no WebGPU, files that do not arrive or are damaged, a graphics device that goes away.
// The page says so, and there is a way on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST, recording, site, strokesOf, until } from './browser.mjs';

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

page.test('a network that does not arrive', async ({ open }) => {
  let requests = 0;
  const before = (page) =>
    page.route(MLP, (route) => {
      requests += 1;
      return route.abort();
    });
  const app = await open({ screen: 'message', before, allow: FAILED_DOWNLOAD });
  assertNames(await messageOf(app), 'mlp.safetensors');
  assert.equal(requests, 2, 'it was tried twice');
  await app.choose('without-model');
  await app.reaches('ready');
  await app.draw(await recording('three'));
  const { models } = await app.reads(3);
  assert.deepEqual(models.map(({ name }) => name), ['CNN'], 'only the other network is there');
});

page.test('a network that arrives at the second try', async ({ open }) => {
  const app = await open({ screen: 'message', before: (page) => page.route(MLP, (route) => route.abort()), allow: FAILED_DOWNLOAD });
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
  page.test(title, async ({ open }) => {
    const bytes = await bytesOf('mlp.safetensors');
    const body = damage(bytes) ?? bytes;
    const before = (page) => page.route(MLP, (route) => route.fulfill({ body, contentType: 'application/octet-stream' }));
    const app = await open({ screen: 'message', before, allow: FAILED_DOWNLOAD });
    assertNames(await messageOf(app), 'mlp.safetensors');
    await app.page.unroute(MLP);
    await app.choose('retry');
    await app.reaches('ready');
    await app.draw(await recording('three'));
    await app.reads(3);
  });
}

page.test('a program that does not arrive', async ({ open }) => {
  const before = (page) => page.route(APP, (route) => route.fulfill({ status: 503, body: 'not now' }));
  const app = await open({ screen: 'message', before, allow: FAILED_DOWNLOAD });
  const message = await messageOf(app);
  assertNames(message, 'app.wasm');
  assertNames(message, '503');
  await app.page.unroute(APP);
  await app.choose('retry');
  await app.reaches('ready');
  await app.draw(await recording('seven'));
  await app.reads(7);
});

// In a browser of its own, because Chromium trusts a GPU less after it crashed.
losing.test('a graphics device that goes away', async ({ open }) => {
  // What the graphics layers say about it is their affair.
  const app = await open({ allow: [/./] });
  const three = await recording('three');
  await app.draw(three);
  await app.reads(3);
  const session = await losing.browser().newBrowserCDPSession();
  for (const [action, screen] of [['restart', 'ready'], ['fallback', 'fallback']]) {
    // It never answers: who would answer is gone.
    session.send('Browser.crashGpuProcess').catch(() => {});
    await until('the message', () => app.screen(), (screen) => screen === 'message');
    assert.match(`${await app.text('#message')}`, /graphics device/i);
    await app.ask(() => { globalThis.isFromBefore = true; });
    await app.choose(action);
    await until('the page loaded anew', () => app.ask(() => !globalThis.isFromBefore && document.body !== null));
    await app.reaches(screen);
    await app.reads(3);
    const { strokes } = await app.ask(() => globalThis.mnistify.strokes());
    assert.deepEqual(strokes.map(({ points }) => points.length), three.strokes.map(({ points }) => points.length), 'the drawing is kept');
  }
});
