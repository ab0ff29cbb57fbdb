// The networks on the browser's GPU against logits that an independent program computed, the same ones that the native
// executors are held against: see tests/reference_logits.rs.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT, site } from './browser.mjs';

const page = site('native');

const SIDE = 28;
/** So many of MNIST's test images begin the reference. */
const IMAGES = 12;

/** The pixels of the first test images, one after the other. */
async function images() {
  const file = gunzipSync(await readFile(join(ROOT, 'assets', 'mnist', 't10k-images-idx3-ubyte.gz')));
  assert.deepEqual([0, 8, 12].map((at) => file.readUInt32BE(at)), [0x803, SIDE, SIDE], 'an IDX file of images');
  return [...file.subarray(16, 16 + IMAGES * SIDE * SIDE)];
}

page.test('the same logits as natively', async ({ t, open }) => {
  const { tolerance, models } = JSON.parse(await readFile(join(ROOT, 'tests', 'reference', 'logits.json'), 'utf8'));
  const app = await open();
  const { models: shown } = await app.state();
  const logits = await app.page.evaluate((pixels) => globalThis.mnistify.logitsOf(Uint8Array.from(pixels)), await images());
  for (const keys of [shown.map(({ name }) => name.toLowerCase()), Object.keys(logits)]) assert.deepEqual(keys.sort(), Object.keys(models).sort());
  for (const { name, runs_on } of shown) {
    const key = name.toLowerCase();
    const expected = models[key].logits.slice(0, IMAGES);
    assert.deepEqual(logits[key].map((image) => image.length), expected.map((image) => image.length), `${name}: images and classes`);
    let largest = 0;
    for (const [image, classes] of expected.entries()) {
      for (const [label, value] of classes.entries()) {
        const difference = Math.abs(logits[key][image][label] - value);
        // Written so that NaN fails too.
        assert.ok(difference <= tolerance, `${name}: logit ${label} of image ${image} is ${logits[key][image][label]}, expected ${value}`);
        largest = Math.max(largest, difference);
      }
    }
    t.diagnostic(`${name} (${runs_on}): largest difference ${largest.toExponential(2)}, allowed ${tolerance}`);
  }
});
