// Measures the page and prints the report as JSON; not a test.
//
//   node web/tests/bench.mjs [--gpu software|hardware] [--width N] [--height N] [--rest] [--address QUERY]
//
// Without --gpu it measures Chromium's software GPU, which says little about a real one. With --rest it waits until the page
// rests, and counts the frames and the CPU seconds of each of Chromium's processes in ten seconds in which nobody does anything.

import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '../serve.mjs';
import { App, DIST, START, launch, recording, until } from './browser.mjs';

const { values } = parseArgs({
  options: {
    gpu: { type: 'string', default: 'software' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '720' },
    rest: { type: 'boolean', default: false },
    address: { type: 'string', default: '' },
  },
});
if (!['software', 'hardware'].includes(values.gpu)) throw new Error(`--gpu is software or hardware, not ${values.gpu}`);

const REST_SECONDS = 10;
/** The page rests once it has drawn nothing for this long. */
const STILL_MILLIS = 3000;
/** Chromium itself tidies up once, some ten seconds after the last work. */
const TIDIED_MILLIS = 15_000;

async function measure(app) {
  await app.page.evaluate(() => {
    globalThis.mnistify.bench.then((report) => { globalThis.benchReport = report; });
  });
  // A failure must not be waited for.
  const look = () => app.ask(() => ({ report: globalThis.benchReport, screen: document.body.dataset.screen }));
  const { report } = await until('the report', look, (found) => found?.report || found?.screen === 'message', 2 * START);
  if (!report) throw new Error(`the page failed: ${await app.text('#message')}`);
  const timings = await app.ask(() => globalThis.mnistify.timings);
  return { timings, ...report };
}

/** CPU seconds by kind of process since its start. */
async function cpuSeconds(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const seconds = {};
  for (const { type, cpuTime } of processInfo) seconds[type] = (seconds[type] ?? 0) + cpuTime;
  return seconds;
}

/** What is used while nobody does anything. */
async function cpuAtRest(session) {
  await pause(TIDIED_MILLIS);
  const used = await cpuSeconds(session);
  await pause(REST_SECONDS * 1000);
  const now = await cpuSeconds(session);
  return Object.fromEntries(Object.entries(now).map(([type, end]) => [type, Number((end - (used[type] ?? 0)).toFixed(3))]));
}

async function measureRest(app) {
  const session = await browser.newBrowserCDPSession();
  await app.draw(await recording('three'));
  const count = async () => (await app.state()).frame ?? 0;
  let before = -1;
  for (let now; (now = await count()) !== before; before = now) await pause(STILL_MILLIS);
  const cpu = await cpuAtRest(session);
  const frames = (await count()) - before;
  await app.page.goto('about:blank');
  return { rest: { seconds: REST_SECONDS, frames, cpu_seconds: cpu, cpu_seconds_of_a_blank_page: await cpuAtRest(session) } };
}

const server = await serve({ folder: DIST });
const browser = await launch(values.gpu);
try {
  const viewport = { width: Number(values.width), height: Number(values.height) };
  const app = new App(await browser.newPage({ viewport }), []);
  const what = values.rest ? 'nosw' : 'bench&nosw';
  await app.page.goto(`${server.url}?${what}&${values.address}`);
  await app.reaches(/\bcpu\b/.test(values.address) ? 'fallback' : 'ready');
  console.log(JSON.stringify(await (values.rest ? measureRest(app) : measure(app)), null, 2));
} finally {
  await browser.close();
  await server.close();
}
