// Random networks on the browser's GPU against the logits that burn's own operators computed on the CPU: sizes, kernels,
// channels and classes that are no multiple of anything. src/network/examples/random_networks.rs makes the files in the
// folder $MNISTIFY_RANDOM_NETWORKS; natively, src/network/tests/executors_agree.rs checks networks of the same kind.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { site } from './browser.mjs';

const FOLDER = process.env.MNISTIFY_RANDOM_NETWORKS;

const page = site('random-networks');

/** Shows a network, asks the GPU for its logits `[image][class]`, and takes it away again. */
async function logitsInPage(app, { file, images }) {
  const count = async () => (await app.state()).models.length;
  const shown = await count();
  // As text, because a list of numbers would be many times as long.
  const bytes = (await readFile(join(FOLDER, file))).toString('base64');
  await app.page.evaluate(async (bytes) => {
    await globalThis.mnistify.loadNetwork(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
  }, bytes);
  try {
    await app.shows('one network more', ({ models }) => models.length === shown + 1);
    const { models } = await app.state();
    const logits = await app.page.evaluate((images) => globalThis.mnistify.logitsOf(Uint8Array.from(images)), images);
    assert.equal(Object.keys(logits).length, shown + 1, 'one list for each network');
    return logits[models.at(-1).name.toLowerCase()];
  } finally {
    await app.page.evaluate(async () => {
      await globalThis.mnistify.removeNetwork();
    });
    await app.shows('the network is gone', ({ models }) => models.length === shown);
  }
}

/** Fails where a logit is off by more than `tolerance`, relative to the image's largest or to 1; returns the largest. */
function compare(found, expected, tolerance, layers) {
  const sizes = (logits) => logits.map((image) => image.length);
  assert.deepEqual(sizes(found), sizes(expected), `images and classes of ${layers}`);
  let largest = 0;
  for (const [image, classes] of expected.entries()) {
    const scale = Math.max(1, ...classes.map(Math.abs));
    for (const [label, value] of classes.entries()) {
      const difference = Math.abs(found[image][label] - value) / scale;
      // Written so that NaN fails too.
      assert.ok(difference <= tolerance, `logit ${label} of image ${image} is ${found[image][label]}, expected ${value}, of ${layers}`);
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}

page.test('random networks have the same logits as natively', async ({ t, open, step }) => {
  assert.ok(FOLDER, 'MNISTIFY_RANDOM_NETWORKS names the folder with the networks; web/test.sh makes one');
  const { seed, tolerance, networks } = JSON.parse(await readFile(join(FOLDER, 'cases.json'), 'utf8'));
  assert.ok(networks.length > 0, 'there are networks to compare');
  const app = await open();
  let largest = 0;
  for (const network of networks) {
    await step(network.file, async () => {
      const layers = `${network.file} of seed ${seed}: ${JSON.stringify(network.spec.layers)}`;
      const logits = await logitsInPage(app, network);
      largest = Math.max(largest, compare(logits, network.logits, tolerance, layers));
    });
  }
  t.diagnostic(`seed ${seed}: largest difference ${largest.toExponential(2)} of the largest logit, allowed ${tolerance}`);
});
