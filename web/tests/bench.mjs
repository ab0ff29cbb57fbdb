// Measures the page and prints the report as JSON; not a test.
//
//   node web/tests/bench.mjs [--gpu software|hardware] [--width N] [--height N]
//
// Without --gpu it measures Chromium's software GPU, which says little about a real one.

import { parseArgs } from 'node:util';
import { serve } from '../serve.mjs';
import { App, DIST, START, launch, until } from './browser.mjs';

const { values } = parseArgs({
  options: {
    gpu: { type: 'string', default: 'software' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '720' },
  },
});
if (!['software', 'hardware'].includes(values.gpu)) throw new Error(`--gpu is software or hardware, not ${values.gpu}`);

const server = await serve({ folder: DIST });
const browser = await launch(values.gpu);
try {
  const viewport = { width: Number(values.width), height: Number(values.height) };
  const app = new App(await browser.newPage({ viewport }), []);
  await app.page.goto(`${server.url}?bench&nosw`);
  await app.reaches('ready');
  await app.page.evaluate(() => {
    globalThis.mnistify.bench.then((report) => { globalThis.benchReport = report; });
  });
  // A failure must not be waited for.
  const look = () => app.ask(() => ({ report: globalThis.benchReport, screen: document.body.dataset.screen }));
  const { report } = await until('the report', look, (found) => found?.report || found?.screen === 'message', 2 * START);
  if (!report) throw new Error(`the page failed: ${await app.text('#message')}`);
  const timings = await app.ask(() => globalThis.mnistify.timings);
  console.log(JSON.stringify({ timings, ...report }, null, 2));
} finally {
  await browser.close();
  await server.close();
}
