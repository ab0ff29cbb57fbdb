// What the tests share: Chromium without a GPU or a display, the page served from the built folder, hands that draw with
// real input events, and waiting for conditions. Pictures of every step, and the page's state where one failed, go to the
// artefact folder.

import assert from 'node:assert/strict';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '../serve.mjs';

/** Until the page is ready: a software GPU compiles slowly. */
export const START = 300_000;
/** Until what was done is to be seen: a software GPU also draws slowly. */
export const REACTION = 90_000;

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mnistify');
export const DIST = process.env.MNISTIFY_WEB_DIST || join(ROOT, 'web', 'dist');
export const ARTIFACTS =
  process.env.MNISTIFY_WEB_ARTIFACTS ||
  join(process.env.MNISTIFY_WEB_TARGET_DIR || join(CACHE, 'target-web'), 'artifacts');
const MODULES = process.env.MNISTIFY_NODE_MODULES || join(CACHE, 'web-node', 'node_modules');

const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** WebGPU on SwiftShader, the software GPU that Chromium brings. */
const SOFTWARE_WEBGPU = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
  '--ignore-gpu-blocklist',
];

/** Where the first of these programs is that is installed; null where none is. */
export function installed(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}

function chromiumPath() {
  const path = process.env.MNISTIFY_CHROMIUM || installed('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
  if (!path) throw new Error('there is no Chromium; install it, or set MNISTIFY_CHROMIUM to its path');
  return path;
}

/** A package of the tests: they lie outside of the checkout, where `import` does not look. */
export const packaged = (name) => createRequire(join(MODULES, '/'))(name);

/** `gpu` is "software", "hardware", or "none": a browser whose WebGPU finds no adapter. */
export async function launch(gpu = 'software') {
  const { chromium } = packaged('playwright-core');
  const more = { software: SOFTWARE_WEBGPU, hardware: ['--enable-unsafe-webgpu'], none: [] }[gpu];
  return chromium.launch({ executablePath: chromiumPath(), args: [...QUIET, ...more] });
}

/** A recording in assets/strokes. */
export async function recording(name) {
  return JSON.parse(await readFile(join(ROOT, 'assets', 'strokes', `${name}.json`), 'utf8'));
}

/** A recording's strokes as lists of [x, y]. Every second point will do: each is a round trip to the browser. */
export async function strokesOf(name) {
  const { strokes } = await recording(name);
  return strokes.map(({ points }) => points.filter((_, index) => index % 2 === 0 || index === points.length - 1));
}

/** Controls in the menu of networks; others that are not there at rest are under More. */
const IN_THE_MENU = new Set(['both', 'mlp', 'cnn', 'yours', 'network']);
/** Long parts of a state that say little about why it is not as wanted. */
const LONG = new Set(['buttons', 'image', 'probabilities', 'logits', 'timings']);

function brief(value) {
  return JSON.stringify(value, (key, value) => (LONG.has(key) ? undefined : value))?.slice(0, 1000);
}

/** Polls until `accept(await probe())`, and returns what was accepted. */
export async function until(what, probe, accept = Boolean, timeout = REACTION) {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await probe();
    if (accept(found)) return found;
    if (Date.now() > end) {
      throw new Error(`not within ${timeout / 1000} s: ${what}. It was: ${brief(found)}`);
    }
    // Most things come soon.
    await pause(Date.now() < end - timeout + 1000 ? 25 : 100);
  }
}

const LEFT_THE_PAGE = /Execution context was destroyed|Cannot find context|navigat/i;

/** One page in a browser of its own cookies and storage. */
export class App {
  constructor(page, allowed) {
    this.page = page;
    this.allowed = allowed;
    this.messages = [];
    this.problems = [];
    const problem = (text) => {
      this.messages.push(text);
      if (!this.allowed.some((pattern) => pattern.test(text))) this.problems.push(text);
    };
    page.on('console', (message) => {
      const text = `${message.type()}: ${message.text()} (${message.location().url})`;
      if (message.type() === 'error') problem(text);
      else this.messages.push(text);
    });
    page.on('pageerror', (error) => problem(`uncaught: ${error.stack ?? error}`));
    page.on('crash', () => problem('the page crashed'));
  }

  /** Runs a function in the page; undefined while the page is being loaded anew. */
  async ask(body, argument) {
    try {
      return await this.page.evaluate(body, argument);
    } catch (error) {
      if (LEFT_THE_PAGE.test(error.message)) return undefined;
      throw error;
    }
  }

  screen() {
    return this.ask(() => document.body?.dataset.screen);
  }

  text(selector) {
    return this.ask((selector) => document.querySelector(selector)?.textContent ?? '', selector);
  }

  /** The screen at which the page stays; the light page only where the app is not on its way. */
  stays() {
    return this.ask(() => (document.body?.dataset.screen === 'fallback' && document.body.dataset.app === 'coming' ? 'coming' : document.body?.dataset.screen));
  }

  /** Waits for a screen; another one at which the page stays is an error that says what it says. */
  async reaches(wanted, timeout = START) {
    const ends = ['ready', 'fallback', 'message'];
    const found = await until(`the screen "${wanted}"`, () => this.stays(), (now) => now === wanted || ends.includes(now), timeout);
    if (found === wanted) return;
    const said = found === 'ready' ? '' : await this.text(`#${found}`);
    assert.fail(`expected the screen "${wanted}", but it is "${found}": ${said.replace(/\s+/g, ' ').slice(0, 600)}`);
  }

  state() {
    return this.ask(() => globalThis.mnistify.state());
  }

  /** Waits until a state is as wanted. */
  async shows(what, accept, timeout = REACTION) {
    return until(what, () => this.state(), (state) => state !== undefined && accept(state), timeout);
  }

  /** Waits until every network has this answer; null is none, for a blank pad. */
  reads(answer) {
    return this.shows(`every network has the answer ${answer}`, ({ models }) => models.length > 0 && models.every((model) => model.class === answer));
  }

  /** Waits for a frame that began after now. */
  async frame() {
    const before = await this.state();
    // An app at rest draws none by itself.
    await this.ask(() => globalThis.mnistify.wake());
    await this.shows('another frame', ({ frame }) => frame > before.frame);
  }

  /** Puts a recording on the pad at once. */
  async draw(recording) {
    await this.ask((recording) => globalThis.mnistify.draw(recording), recording);
  }

  async isBlank() {
    await this.shows('an empty pad without answers', ({ strokes, models }) => strokes === 0 && models.every((model) => model.class === null));
  }

  /** An empty pad and the pen in hand, so that a step does not depend on the one before. */
  async begin() {
    await this.ask(() => globalThis.mnistify.clear());
    // The control for it also erases.
    await this.ask(() => globalThis.mnistify.act('draw'));
    await this.isBlank();
  }

  /** Where pad coordinates (0 to 280) are in the page. */
  async padToPage() {
    const pad = await this.ask(() => {
      const canvas = document.getElementById('canvas').getBoundingClientRect();
      if (document.body.dataset.screen !== 'fallback') {
        const pad = globalThis.mnistify.state().pad;
        return pad && pad.map((value, index) => value + (index % 2 === 0 ? canvas.x : canvas.y));
      }
      // The light page also shows the networks' small image.
      const canvases = [...document.querySelectorAll('#fallback canvas')].map((canvas) => canvas.getBoundingClientRect());
      const { left, top, right, bottom } = canvases.sort((a, b) => b.width - a.width)[0];
      return [left, top, right, bottom];
    });
    assert.ok(pad, 'the state says where the pad is');
    const [x0, y0, x1, y1] = pad;
    assert.ok(x1 - x0 > 100 && Math.abs(x1 - x0 - (y1 - y0)) < 2, `the pad is a square of a useful size, not ${JSON.stringify(pad)}`);
    return ([x, y]) => ({ x: x0 + (x / 280) * (x1 - x0), y: y0 + (y / 280) * (y1 - y0) });
  }

  /** Where a control rests: a sheet that just opened or changed takes a frame or two to find its place. */
  async restingPlaceOf(name) {
    let { buttons } = await this.state();
    for (let tries = 0; tries < 20; tries += 1) {
      const before = JSON.stringify(buttons[name]);
      await this.frame();
      ({ buttons } = await this.state());
      if (JSON.stringify(buttons[name]) === before) break;
    }
    return buttons;
  }

  /** The middle of a control on the canvas; opens the folded controls if it is among them. */
  async placeOf(name, click) {
    const middle = ([x0, y0, x1, y1]) => ({ x: (x0 + x1) / 2, y: (y0 + y1) / 2 });
    const buttons = await this.restingPlaceOf(name);
    if (buttons[name]) return { place: middle(buttons[name]), folded: false };
    const folded = IN_THE_MENU.has(name) ? buttons.networks : buttons.more;
    assert.ok(folded, `there is a control "${name}", or where it is folded, not only ${Object.keys(buttons)}`);
    await click(middle(folded));
    await this.shows(`the folded control "${name}"`, (state) => state.buttons[name] !== undefined);
    // A sheet finds its size and place in its first frames.
    const opened = await this.restingPlaceOf(name);
    return { place: middle(opened[name]), folded: true };
  }

  async click({ x, y }) {
    await this.page.mouse.move(x, y);
    await this.frame();
    await this.page.mouse.down();
    await this.frame();
    await this.page.mouse.up();
    await this.frame();
  }

  /** Presses a control on the canvas with the mouse. */
  async press(name) {
    const { place, folded } = await this.placeOf(name, (place) => this.click(place));
    await this.click(place);
    // Where it opened a sheet, the menu is closed already, and Escape would close the sheet.
    if (!folded) return;
    await this.frame();
    if ((await this.state()).buttons[name]) await this.keys('Escape');
  }

  /** Presses keys together, held for a frame as a hand does. */
  async keys(...keys) {
    await this.page.locator('#canvas').focus();
    for (const key of keys) {
      await this.page.keyboard.down(key);
      await this.frame();
    }
    for (const key of keys.reverse()) await this.page.keyboard.up(key);
    await this.frame();
  }

  mouse() {
    const { mouse } = this.page;
    return {
      down: async ({ x, y }) => {
        await mouse.move(x, y);
        await mouse.down();
      },
      move: ({ x, y }) => mouse.move(x, y),
      up: () => mouse.up(),
    };
  }

  async finger() {
    const session = await this.page.context().newCDPSession(this.page);
    const send = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
    return {
      down: ({ x, y }) => send('touchStart', [{ x, y, id: 1 }]),
      move: ({ x, y }) => send('touchMove', [{ x, y, id: 1 }]),
      up: () => send('touchEnd', []),
    };
  }

  /** Draws strokes, lists of [x, y] in pad coordinates, with a hand. */
  async trace(hand, strokes) {
    const place = await this.padToPage();
    for (const [first, ...rest] of strokes) {
      await hand.down(place(first));
      for (const point of rest) await hand.move(place(point));
      await hand.up();
    }
  }

  /** Presses one of the message's buttons. */
  async choose(action) {
    await this.page.locator(`#message [data-action="${action}"]`).click();
  }

  async picture(name) {
    const path = join(ARTIFACTS, `${name}.png`);
    await this.page.screenshot({ path, timeout: REACTION }).catch((error) => this.messages.push(`no picture: ${error.message}`));
  }

  /** Everything that helps to find out why a test failed. */
  async dump(name, error) {
    await this.picture(`${name}-failed`);
    const asked = this.ask(() => {
      const tried = (body) => {
        try {
          return body();
        } catch (error) {
          return String(error);
        }
      };
      return {
        screen: document.body?.dataset.screen,
        message: document.getElementById('message')?.textContent,
        progress: document.getElementById('progress-text')?.textContent,
        state: tried(() => globalThis.mnistify.state()),
        timings: tried(() => globalThis.mnistify.timings),
      };
    }).catch(String);
    // A page that hangs must not make the report of it hang.
    const page = await Promise.race([asked, pause(20_000, 'the page does not answer', { ref: false })]);
    const report = { error: String(error?.stack ?? error), url: this.page.url(), page, problems: this.problems, console: this.messages };
    await writeFile(join(ARTIFACTS, `${name}-failed.json`), `${JSON.stringify(report, null, 1)}\n`);
  }

  /** Fails where the console or the page had errors that were not expected; each is told once. */
  check() {
    const problems = this.problems.splice(0);
    assert.deepEqual(problems, [], 'no unexpected errors in the console');
  }
}

function fileName(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/**
 * The page on a server of its own and a browser for it, both started with the first test and ended with the file.
 * `name` begins the names of its artefacts.
 */
export function site(name, { gpu = 'software', base = '' } = {}) {
  mkdirSync(ARTIFACTS, { recursive: true });
  let server = null;
  let browser = null;
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const start = async () => {
    server ??= await serve({ folder: DIST, base });
    browser ??= await launch(gpu);
  };

  /**
   * A test. `open(options)` opens the page, and `step(name, body)` is a part of it with a picture at its end; a step that
   * fails does not keep the next ones from running.
   */
  const check = (title, body) =>
    test(title, { timeout: 45 * 60_000 }, async (t) => {
      await start();
      const apps = [];
      const watched = async (name, body) => {
        try {
          await body();
          for (const app of apps) app.check();
        } catch (error) {
          for (const [index, app] of apps.entries()) await app.dump(`${name}-${index + 1}`, error);
          throw error;
        }
        // A software GPU draws for a while.
        if (!process.env.MNISTIFY_WEB_PICTURES) return;
        for (const [index, app] of apps.entries()) await app.picture(apps.length === 1 ? name : `${name}-${index + 1}`);
      };
      const step = (stepTitle, body) =>
        t.test(stepTitle, { timeout: 10 * 60_000 }, () => watched(fileName(`${name} ${title} ${stepTitle}`), body));
      const open = async ({ address = `${server.url}?nosw`, screen = 'ready', context = {}, allow = [], before } = {}) => {
        const made = await browser.newContext({ viewport: { width: 900, height: 600 }, ...context });
        const app = new App(await made.newPage(), allow);
        apps.push(app);
        await before?.(app.page);
        await app.page.goto(address);
        if (screen !== null) await app.reaches(screen);
        return app;
      };
      const close = async (app) => {
        apps.splice(apps.indexOf(app), 1);
        app.check();
        await app.page.context().close();
      };
      try {
        await watched(fileName(`${name} ${title}`), () => body({ t, open, close, step, url: server.url }));
      } finally {
        for (const app of apps) await app.page.context().close();
      }
    });

  return {
    test: check,
    browser: () => browser,
    stopServer: async () => {
      await server.close();
      server = null;
    },
  };
}
