// Measures how the app takes the light page's place while a hand goes on drawing, and prints a table; not a test.
//
//   node web/tests/handover.mjs [--times N] [--gpu software|hardware] [--pause MILLIS] [--width N] [--height N]
//
// The hand draws recorded digits one after the other, with so many milliseconds between two strokes: the app comes in one of
// these pauses, and has to be given the drawing and to answer within it. Columns: when the app was there, in seconds; how long
// the pen had to wait for the page at most while it was down, before the hand-over and after it; the page's longest task,
// likewise; points that were drawn, and how many of them the light page lacks, the app lacks of those, and the app lacks of
// those drawn after; the largest difference of a logit; how far the pad moved; frames of the screen around the hand-over, and
// how many of them had no pad; whether undo works after it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serve } from '../serve.mjs';
import { App, DIST, ROOT, START, launch, until } from './browser.mjs';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    gpu: { type: 'string', default: 'software' },
    pause: { type: 'string' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '720' },
  },
});
const viewport = { width: Number(values.width), height: Number(values.height) };
/** A software GPU needs longer than a hand's pause for the frames in between. */
const PAUSE = Number(values.pause ?? (values.gpu === 'software' ? 3000 : 600));
/** From point to point, as a mouse tells them. */
const POINT_MILLIS = 12;
/** No point is nearer to the one before, in pad units: the drawing would leave it out. */
const STEP = 1.5;
/** Strokes in the app after the hand-over. */
const AFTER = 2;
/** Frames of the screen are looked at from so long before the hand-over until so long after it. */
const LOOKED_MILLIS = 3000;

/** Recorded hands as lists of strokes of [x, y]. */
const hands = (await readFile(join(ROOT, 'assets', 'strokes', 'hands.json'), 'utf8')).trim().split('\n').map((line) =>
  JSON.parse(line).strokes.map(({ points }) => {
    const kept = [points[0]];
    for (const point of points) {
      const [x, y] = kept.at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) > STEP) kept.push(point);
    }
    return kept;
  }));

/** In the page, before its own scripts: how long the pen waits, what the light page had last, and what the app begins with. */
function watch() {
  const seen = { pen: [0, 0], task: [0, 0], last: null, swap: null };
  const longer = (what, millis) => (what[seen.swap ? 1 : 0] = Math.max(what[seen.swap ? 1 : 0], Math.round(millis)));
  globalThis.handover = seen;
  const now = () => {
    const { models, pad } = globalThis.mnistify.state();
    return { models: models.map(({ name, logits }) => ({ name, logits })), pad, points: globalThis.mnistify.strokes().strokes.map(({ points }) => points), at: performance.now() };
  };
  for (const name of ['pointerdown', 'pointermove', 'pointerup']) {
    addEventListener(name, (event) => {
      if (event.buttons || name === 'pointerup') longer(seen.pen, performance.now() - event.timeStamp);
    }, { capture: true });
  }
  addEventListener('pointerdown', () => {
    // Every answer of the light page, once all of it is there.
    globalThis.mnistify.on('prediction', () => setTimeout(() => seen.swap || (seen.last = now())));
  }, { once: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longer(seen.task, duration);
  }).observe({ type: 'longtask' });
  new MutationObserver(() => {
    if (document.body?.dataset.screen === 'ready') seen.swap ??= now();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-screen'] });
}

/** How many points of these strokes, which were sent, are not among those that were found. */
const lost = (sent, found) => sent.reduce((sum, stroke, index) => sum + Math.max(0, stroke.length - (found[index]?.length ?? 0)), 0);

const largest = (numbers) => Math.max(0, ...numbers);

async function handOver(browser, eyes, url) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const app = new App(page, []);
  await page.addInitScript(watch);
  await page.goto(`${url}?nosw`);
  await until('the pad', () => app.ask(() => globalThis.mnistify?.timings?.pad));
  const frames = await filmed(context, page);
  const place = await app.padToPage();
  const swapped = () => app.ask(() => globalThis.handover.swap);
  const end = Date.now() + START;
  let sent = [];
  let after = 0;
  for (let digit = 0; after < AFTER && Date.now() < end; digit += 1) {
    const isLight = !(await swapped());
    // In the app the drawing goes on.
    if (isLight && digit > 0) {
      await app.ask(() => globalThis.mnistify.clear());
      sent = [];
    }
    for (const stroke of hands[digit % hands.length]) {
      if (await swapped()) after += 1;
      const [first, ...rest] = stroke.map(place);
      await page.mouse.move(first.x, first.y);
      await page.mouse.down();
      for (const { x, y } of rest) {
        await page.mouse.move(x, y);
        await pause(POINT_MILLIS);
      }
      await page.mouse.up();
      sent.push(stroke);
      await pause(PAUSE);
      if (after >= AFTER) break;
    }
  }
  const { pen, task, last, swap } = await app.ask(() => globalThis.handover);
  if (!swap) throw new Error('the app did not come');
  await pause(LOOKED_MILLIS);
  const found = (await app.ask(() => globalThis.mnistify.strokes())).strokes.map(({ points }) => points);
  const given = swap.points.length;
  await app.ask(() => globalThis.mnistify.undo());
  const undone = await app.shows('one stroke less', ({ strokes }) => strokes === found.length - 1).then(() => 'yes', () => 'NO');
  const logits = last.models.flatMap(({ name, logits }) => {
    const now = swap.models.find((model) => model.name === name).logits;
    return logits?.map((value, index) => Math.abs(value - now[index])) ?? [];
  });
  const film = frames.filter(({ at }) => Math.abs(at - swap.at) < LOOKED_MILLIS);
  const row = {
    'app, s': (swap.at / 1000).toFixed(1),
    'pen, ms': pen.join(' '),
    'task, ms': task.join(' '),
    points: sent.slice(0, given).flat().length,
    'lost before': lost(sent.slice(0, given), last.points),
    'lost at': lost(last.points, swap.points),
    'lost after': lost(sent.slice(given), found.slice(given)),
    logits: largest(logits).toExponential(1),
    'moved, px': largest(swap.pad.map((value, index) => Math.abs(value - last.pad[index]))).toFixed(1),
    frames: film.length,
    'no pad': await withoutPad(eyes, film, last.pad),
    undo: undone,
  };
  await context.close();
  return row;
}

/** Pictures of what is on the screen, with when they were, in the page's time. */
async function filmed(context, page) {
  const session = await context.newCDPSession(page);
  const frames = [];
  const origin = await page.evaluate(() => performance.timeOrigin);
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    frames.push({ data, at: metadata.timestamp * 1000 - origin });
    session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await session.send('Page.startScreencast', { format: 'jpeg', quality: 80, maxWidth: viewport.width, maxHeight: viewport.height });
  return frames;
}

/** In how many of these pictures the pad's paper is not where the pad is. */
async function withoutPad(eyes, frames, pad) {
  let without = 0;
  for (const { data } of frames) {
    without += await eyes.evaluate(async ([data, pad, width]) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d');
      context.drawImage(picture, 0, 0);
      const scale = picture.width / width;
      const [left, top, right, bottom] = pad.map((value) => value * scale);
      const corners = [0.06, 0.94].flatMap((x) => [0.06, 0.94].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
      // rgb(23 33 62); the stage around it is darker, and ink may cover a corner.
      const paper = corners.filter(([x, y]) => {
        const [red, green, blue] = context.getImageData(x, y, 1, 1).data;
        return Math.abs(red - 23) < 10 && Math.abs(green - 33) < 10 && Math.abs(blue - 62) < 12;
      });
      return paper.length < 3 ? 1 : 0;
    }, [data, pad, viewport.width]);
  }
  return without;
}

const server = await serve({ folder: DIST });
const browser = await launch(values.gpu);
try {
  const eyes = await browser.newPage();
  let names = null;
  for (let time = 1; time <= Number(values.times); time += 1) {
    const row = await handOver(browser, eyes, server.url).catch((error) => ({ failed: error.message }));
    const columns = Object.keys(row);
    if (String(columns) !== names) console.log(['', ...columns].map((name) => name.padStart(11)).join(' '));
    names = String(columns);
    console.log([time, ...Object.values(row)].map((value) => String(value).padStart(11)).join(' '));
  }
} finally {
  await browser.close();
  await server.close();
}
