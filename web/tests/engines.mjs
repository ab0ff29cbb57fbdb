// The page in the other engines: Firefox through WebDriver BiDi, WebKitGTK through WebDriver. Both as a pad, and Firefox
// with its WebGPU on a software driver as the app. Chromium plays browsers whose WebGPU has less than its own.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../serve.mjs';
import { coded, codedIn } from '../src/link.js';
import { ARTIFACTS, DIST, installed, packaged, recording, REACTION, site, START, strokesOf, until } from './browser.mjs';
import { launchWebKit, missingForWebKit } from './webdriver.mjs';

const firefoxPath = process.env.MNISTIFY_FIREFOX || installed('firefox-esr', 'firefox');
const noFirefox = firefoxPath ? false : 'Firefox is not installed';
const noWebKit = missingForWebKit.length > 0 ? `WebKitGTK cannot be driven without ${missingForWebKit.join(' and ')}` : false;

/** The driver of a page in Firefox; the same functions as that of WebKitGTK. */
async function launchFirefox(preferences) {
  const browser = await packaged('puppeteer-core').launch({ browser: 'firefox', executablePath: firefoxPath, headless: true, extraPrefsFirefox: preferences });
  const page = await browser.newPage();
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error}`));
  return {
    ask: (body, argument) => page.evaluate(body, argument),
    goto: (url) => page.goto(url),
    reload: () => page.reload(),
    async stroke([first, ...rest]) {
      await page.mouse.move(first.x, first.y);
      await page.mouse.down();
      for (const { x, y } of rest) await page.mouse.move(x, y);
      await page.mouse.up();
    },
    click: ({ x, y }) => page.mouse.click(x, y),
    resize: (width, height) => page.setViewport({ width, height }),
    picture: () => page.screenshot(),
    problems: () => problems.splice(0),
    close: () => browser.close(),
  };
}
const withoutWebGpu = () => launchFirefox({ 'dom.webgpu.enabled': false });
const withWebGpu = () => launchFirefox({ 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true });

/** What the tests do with a page in any engine. */
class Page {
  constructor(driver, name) {
    this.driver = driver;
    this.name = name;
  }

  ask(body, argument) {
    return this.driver.ask(body, argument);
  }

  state() {
    return this.ask(() => globalThis.mnistify.state());
  }

  /** Waits until the page has all that it will have, as the pad ("off") or as the app ("here"). */
  async stays(as) {
    const probe = () =>
      this.ask(() => ({
        screen: document.body?.dataset.screen,
        app: document.body?.dataset.app,
        ready: globalThis.mnistify?.timings.ready !== undefined,
        // With something to do where it waits.
        said: document.querySelector('.depth:has(button), #message:not([hidden])')?.textContent.trim(),
      }));
    const now = await until('the page', probe, ({ ready, said }) => ready || said, START);
    assert.deepEqual([now.screen, now.app, now.ready], [as === 'here' ? 'ready' : 'fallback', as, true], now.said);
  }

  /** Waits until both networks have this answer for so many strokes. */
  reads(answer, strokes) {
    const isRead = (state) => state.strokes === strokes && state.models.length === 2 && state.models.every((model) => model.class === answer);
    return until(`both networks read ${answer}`, () => this.state(), isRead, REACTION);
  }

  isBlank() {
    return until('an empty pad', () => this.state(), ({ strokes }) => strokes === 0);
  }

  strokes() {
    return this.ask(() => globalThis.mnistify.strokes().strokes.map(({ tool, points }) => [tool, points.map(([x, y]) => [x, y])]));
  }

  /** Whether the drawing is the same; coordinates in links are rounded to tenths. */
  async isSame(drawn) {
    const found = await this.strokes();
    assert.deepEqual(found.map(([tool, points]) => [tool, points.length]), drawn.map(([tool, points]) => [tool, points.length]));
    const placesOf = (strokes) => strokes.flatMap(([, points]) => points.flat());
    const expected = placesOf(drawn);
    placesOf(found).forEach((place, index) => assert.ok(Math.abs(place - expected[index]) < 0.06, `${place} instead of ${expected[index]}`));
  }

  /** Draws a recording with the pointer. */
  async trace(name) {
    const { pad: [x0, y0, x1, y1] } = await this.state();
    for (const stroke of await strokesOf(name)) {
      await this.driver.stroke(stroke.map(([x, y]) => ({ x: x0 + (x / 280) * (x1 - x0), y: y0 + (y / 280) * (y1 - y0) })));
    }
  }

  /** Presses a control, once it can be: that comes with the next frame. */
  async press(selector) {
    await until(selector, () => this.ask((selector) => document.querySelector(`${selector}:enabled`) !== null, selector));
    const [x, y] = await this.ask((selector) => {
      const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    }, selector);
    await this.driver.click({ x, y });
  }

  async resize(width, height) {
    await this.driver.resize(width, height);
    await until('the size', () => this.ask(() => [innerWidth, innerHeight]), ([, now]) => now === height);
  }

  /** Waits until the pad is a square and everything is within the window; the pad's place. An app takes a frame or two for it. */
  async places() {
    const probe = () => this.ask(() => ({ ...globalThis.mnistify.state(), window: [innerWidth, innerHeight] }));
    const fits = ({ pad, buttons, window: [width, height] }) =>
      Math.abs(pad[2] - pad[0] - (pad[3] - pad[1])) < 2 && pad[2] - pad[0] > 150 &&
      [pad, ...Object.values(buttons)].every(([x0, y0, x1, y1]) => x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height && x1 - x0 > 20);
    const placesOf = ({ pad, buttons, window }) => ({ pad, window, controls: buttons });
    return (await until('the pad and the controls in the window', async () => placesOf(await probe()), ({ controls, ...rest }) => fits({ ...rest, buttons: controls }))).pad;
  }

  async picture(step) {
    mkdirSync(ARTIFACTS, { recursive: true });
    writeFileSync(join(ARTIFACTS, `engines-${this.name}-${step}.png`.replaceAll(' ', '-')), await this.driver.picture());
  }
}

/** A test in an engine, with the page on a server of its own. */
function engine(title, { skip, launch }, body) {
  test(title, { skip, timeout: 10 * 60_000 }, async (t) => {
    let server = await serve({ folder: DIST });
    const { url } = server;
    const stopServer = async () => {
      await server?.close();
      server = null;
    };
    const driver = await launch();
    const page = new Page(driver, title);
    const step = (stepTitle, body) =>
      t.test(stepTitle, async () => {
        try {
          await body();
          assert.deepEqual(driver.problems(), [], 'no errors in the console');
        } finally {
          await page.picture(stepTitle).catch(() => {});
        }
      });
    try {
      await body({ t, page, step, url, stopServer });
    } finally {
      await driver.close();
      await stopServer();
    }
  });
}

for (const [title, how] of [
  ['Firefox', { skip: noFirefox, launch: withoutWebGpu }],
  ['WebKitGTK', { skip: noWebKit, launch: launchWebKit }],
]) {
  engine(title, how, async ({ page, step, url, stopServer }) => {
    await step('the pad is there', async () => {
      await page.driver.goto(url);
      await page.resize(1280, 800);
      await page.stays('off');
      assert.match(await page.ask(() => document.querySelector('.depth').textContent), /no WebGPU/);
      await page.places();
    });

    await step('a digit is drawn, read, and undone', async () => {
      await page.trace('three');
      await page.reads(3, 1);
      await page.press('[data-do=undo]');
      await page.isBlank();
      await page.press('[data-do=redo]');
      await page.reads(3, 1);
    });

    await step('a phone and back', async () => {
      const place = await page.places();
      await page.resize(390, 844);
      await page.places();
      await page.press('[data-do=clear]');
      await page.isBlank();
      await page.trace('seven');
      await page.reads(7, 2);
      await page.resize(1280, 800);
      assert.deepEqual(await page.places(), place);
      await page.reads(7, 2);
    });

    await step('another try for 3D keeps the drawing', async () => {
      await page.ask(() => { globalThis.isFromBefore = true; });
      await page.press('.depth [data-action=restart]');
      await until('the page loaded anew', () => page.ask(() => !globalThis.isFromBefore && document.body !== null).catch(() => false));
      await page.stays('off');
      await page.reads(7, 2);
    });

    await step('a drawing that nobody asked to keep is gone with the page', async () => {
      await page.driver.reload();
      await page.stays('off');
      await page.isBlank();
    });

    await step('a link opens the same drawing', async () => {
      await page.trace('seven');
      await page.reads(7, 2);
      const drawn = await page.strokes();
      const link = await page.ask(() => globalThis.mnistify.link());
      await page.press('[data-do=clear]');
      await page.isBlank();
      await page.ask((link) => { location.href = link; }, link);
      await page.reads(7, 2);
      await page.isSame(drawn);
      await page.driver.reload();
      await page.stays('off');
      await page.reads(7, 2);
      await page.isSame(drawn);
      await page.ask(() => { location.hash = '#strokes=AQI'; });
      await until('a word about it', () => page.ask(() => document.getElementById('toast').textContent), (text) => /damaged/.test(text));
      await page.reads(7, 2);
      await page.driver.goto(url);
      await page.stays('off');
      await page.isBlank();
    });

    await step('it opens and reads without a network', async () => {
      const stored = () => page.ask(() => navigator.serviceWorker.controller?.state);
      await until('a service worker', stored, (state) => state === 'activated', START);
      // Neither driver can take a browser offline.
      await stopServer();
      await page.driver.reload();
      await page.stays('off');
      await page.trace('three');
      await page.reads(3, 1);
    });
  });
}

engine('Firefox with WebGPU', { skip: noFirefox, launch: withWebGpu }, async ({ t, page, step, url, stopServer }) => {
  let drawn;

  await step('the pad is there, then the app', async () => {
    await page.driver.resize(1280, 800);
    await page.driver.goto(url);
    await page.stays('here');
    t.diagnostic(JSON.stringify(await page.ask(() => globalThis.mnistify.timings)));
    await page.places();
  });

  await step('a digit is drawn, and read on the GPU', async () => {
    await page.trace('three');
    const { models } = await page.reads(3, 1);
    t.diagnostic(JSON.stringify(models.map(({ name, confidence, timings }) => ({ name, confidence, millis: timings.result?.median }))));
    const logits = await page.ask(async () => globalThis.mnistify.logitsOf(Uint8Array.from({ length: 784 }, (_, at) => (at * 7) % 256)));
    assert.deepEqual(Object.values(logits).map(([image]) => image.length), [10, 10], 'the GPU computes them');
    await page.ask(() => globalThis.mnistify.undo());
    await page.isBlank();
    await page.ask(() => globalThis.mnistify.redo());
    await page.reads(3, 1);
  });

  await step('a phone and back', async () => {
    const place = await page.places();
    await page.resize(390, 844);
    await page.places();
    await page.resize(1280, 800);
    await until('the app as before', () => page.state(), ({ pad }) => JSON.stringify(pad) === JSON.stringify(place), REACTION);
    await page.reads(3, 1);
  });

  await step('a shared link is in the address bar', async () => {
    drawn = await page.strokes();
    await page.ask(() => globalThis.mnistify.act('share'));
    const { hash } = new URL(await until('the link', () => page.ask(() => location.href === globalThis.mnistify.link() && location.href)));
    assert.equal(coded(await page.ask(() => globalThis.mnistify.strokes())), codedIn(hash.slice(1)), 'the light page codes drawings as the app does');
  });

  await step('it opens the same drawing, without a network', async () => {
    const stored = () => page.ask(async () => Boolean(await caches.match(JSON.parse(document.getElementById('manifest').textContent).files['app.wasm'].url)));
    await until('the app is stored', stored, Boolean, START);
    await stopServer();
    await page.driver.reload();
    await page.stays('here');
    await page.reads(3, 1);
    await page.isSame(drawn);
  });
});

/** What every WebGPU has at least (https://www.w3.org/TR/webgpu/#limits). */
const LEAST = {
  maxTextureDimension1D: 8192, maxTextureDimension2D: 8192, maxTextureDimension3D: 2048, maxTextureArrayLayers: 256, maxBindGroups: 4,
  maxBindGroupsPlusVertexBuffers: 24, maxBindingsPerBindGroup: 1000, maxDynamicUniformBuffersPerPipelineLayout: 8,
  maxDynamicStorageBuffersPerPipelineLayout: 4, maxSampledTexturesPerShaderStage: 16, maxSamplersPerShaderStage: 16,
  maxStorageBuffersPerShaderStage: 8, maxStorageTexturesPerShaderStage: 4, maxUniformBuffersPerShaderStage: 12,
  maxUniformBufferBindingSize: 65536, maxStorageBufferBindingSize: 134217728, minUniformBufferOffsetAlignment: 256,
  minStorageBufferOffsetAlignment: 256, maxVertexBuffers: 8, maxBufferSize: 268435456, maxVertexAttributes: 16,
  maxVertexBufferArrayStride: 2048, maxInterStageShaderVariables: 16, maxColorAttachments: 8, maxColorAttachmentBytesPerSample: 32,
  maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256, maxComputeWorkgroupSizeZ: 64, maxComputeWorkgroupsPerDimension: 65535,
};

/** Hides what an adapter has beyond this, and has it refuse the rest. Runs in the page. */
function lessen({ without, limits }) {
  const { get: featuresOf } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
  const lessLimits = ({ prototype }) => {
    const { get: limitsOf } = Object.getOwnPropertyDescriptor(prototype, 'limits');
    Object.defineProperty(prototype, 'limits', { get() {
      const real = limitsOf.call(this);
      return Object.fromEntries(Object.keys(Object.getPrototypeOf(real)).map((name) => [name, limits[name] ?? real[name]]));
    } });
  };
  lessLimits(GPUAdapter);
  lessLimits(GPUDevice);
  const request = GPUAdapter.prototype.requestDevice;
  Object.defineProperties(GPUAdapter.prototype, {
    features: { get() { return new Set([...featuresOf.call(this)].filter((name) => !without.includes(name) && !without.includes('all'))); } },
    requestDevice: { writable: true, value(asked = {}) {
      const hidden = [...(asked.requiredFeatures ?? [])].filter((name) => !this.features.has(name));
      const beyond = Object.entries(asked.requiredLimits ?? {}).filter(([name, value]) => name in limits && !name.startsWith('min') && value > limits[name]);
      if (hidden.length + beyond.length > 0) return Promise.reject(new TypeError(`not here: ${hidden} ${beyond}`));
      return request.call(this, asked);
    } },
  });
}

const chromium = site('engines');
for (const [title, less, status] of [
  ['without timestamp queries', { without: ['timestamp-query'], limits: {} }, /^on the CPU.*timestamp/],
  ['with the smallest limits', { without: [], limits: LEAST }, /^verified/],
  // No browser has so little room, but a network of one's own may need more than there is.
  ['without any optional feature and with little room', { without: ['all'], limits: { ...LEAST, maxStorageBufferBindingSize: 1 << 20, maxBufferSize: 1 << 22 } }, /^on the CPU.*too large/],
]) {
  chromium.test(`a WebGPU ${title}`, async ({ open }) => {
    const app = await open({ before: (page) => page.addInitScript(lessen, less) });
    await app.draw(await recording('three'));
    await app.reads(3);
    await app.shows('both networks where they can compute', ({ models }) => models.length === 2 && models.every((model) => status.test(model.status)));
  });
}
