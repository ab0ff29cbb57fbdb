// A person's own network: loaded by script, by dropping and by choosing files, refused with an explanation, removed again.
// The networks and their logits are those that the native loader is tested with.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, recording, site } from './browser.mjs';

const page = site('networks');

const IMPORTED = join(ROOT, 'src', 'network', 'tests', 'imported');
const PIXELS = 28 * 28;
/** The multilayer perceptron was trained on plain pixels, which its weights do not tell. */
const PLAIN = { name: 'Plain', normalisation: { mean: 0, std: 1 } };

const imported = (name) => readFile(join(IMPORTED, name));

/** Loads a network as a script does; what the promise came to, as {told} or {reason}. */
async function load(app, bytes, sidecar, fileName) {
  return app.ask(
    async ([bytes, sidecar, fileName]) => {
      try {
        return { told: await globalThis.mnistify.loadNetwork(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)), sidecar, fileName) };
      } catch (error) {
        return { reason: error.message };
      }
    },
    [bytes.toString('base64'), sidecar, fileName],
  );
}

const remove = (app) => app.ask(() => globalThis.mnistify.removeNetwork());

/** Lets files be held over the page, or dropped on it; [name, bytes] each. */
async function drag(app, type, files) {
  const coded = files.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  await app.ask(
    ([type, files]) => {
      const dataTransfer = new DataTransfer();
      for (const [name, bytes] of files) {
        dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
      }
      document.getElementById('canvas').dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    [type, coded],
  );
}

/** Waits until these networks are there, each checked. */
function has(app, names) {
  const wanted = JSON.stringify(names);
  return app.shows(
    `the networks ${wanted}`,
    ({ models }) => JSON.stringify(models.map(({ name }) => name)) === wanted && models.every(({ status }) => status !== 'checking'),
  );
}

/** Compares what the network of that key makes of the test images with an independent program's logits of `network`. */
async function assertLogits(app, key, network) {
  const { tolerance, logits: expected } = JSON.parse(await readFile(join(IMPORTED, 'logits.json'), 'utf8'))[network];
  const images = (await imported('images-idx3-ubyte')).subarray(16);
  assert.equal(images.length, expected.length * PIXELS, 'the reference is of these images');
  const logits = await app.page.evaluate((pixels) => globalThis.mnistify.logitsOf(Uint8Array.from(pixels)), [...images]);
  for (const [image, classes] of expected.entries()) {
    for (const [label, value] of classes.entries()) {
      const found = logits[key][image][label];
      // Written so that NaN fails too.
      assert.ok(Math.abs(found - value) <= tolerance, `${network}: logit ${label} of image ${image} is ${found}, expected ${value}`);
    }
  }
}

page.test('by script', async ({ open, step }) => {
  const app = await open();
  await app.draw(await recording('seven'));
  await app.reads(7);

  await step('a LeNet of PyTorch', async () => {
    const { told, reason } = await load(app, await imported('lenet.safetensors'), undefined, 'lenet.safetensors');
    assert.equal(reason, undefined);
    assert.equal(told.name, 'lenet');
    assert.deepEqual(told.layers.map(({ type }) => type).filter((type) => type !== 'ReLU'), ['Conv2d', 'MaxPool2d', 'Conv2d', 'MaxPool2d', 'Flatten', 'Linear', 'Linear', 'Linear']);
    assert.equal(told.classes.length, 10);
    assert.match(told.notes.join('\n'), /Activation: ReLU/);
    const { models, shown } = await has(app, ['MLP', 'CNN', 'lenet']);
    assert.deepEqual(models.map(({ yours }) => yours), [false, false, true]);
    assert.equal(models[2].status, 'verified', 'the GPU was held against the CPU');
    assert.equal(shown, 'all');
    await assertLogits(app, 'lenet', 'lenet');
    await app.shows('an answer of each', ({ models }) => models.every((model) => model.class !== null));
  });

  await step('it is shown alone and inspected like the others', async () => {
    await app.press('yours');
    await app.shows('the person’s network alone', ({ shown }) => shown === 'lenet');
    await app.keys('f');
    await app.frame();
    await app.keys('Escape');
    await app.keys('b');
    await app.shows('all of them', ({ shown }) => shown === 'all');
  });

  await step('a second one takes its place', async () => {
    const { told } = await load(app, await imported('mlp.safetensors'), PLAIN);
    assert.equal(told.name, 'Plain');
    await has(app, ['MLP', 'CNN', 'Plain']);
    await assertLogits(app, 'plain', 'mlp');
  });

  await step('a bad one is refused, and nothing changes', async () => {
    for (const [bytes, expected] of [
      [Buffer.from('PK\x03\x04 and so on', 'latin1'), /odd\.safetensors.*zip archive/s],
      [(await imported('lenet.safetensors')).subarray(0, 2000), /odd\.safetensors.*not a complete safetensors file/s],
    ]) {
      const { reason } = await load(app, bytes, undefined, 'odd.safetensors');
      assert.match(reason, expected);
    }
    const { reason } = await load(app, await imported('mlp.safetensors'), { activation: 'maxout' });
    assert.match(reason, /maxout/);
    await has(app, ['MLP', 'CNN', 'Plain']);
    const { strokes, refusal } = await app.state();
    assert.equal(strokes, 2, 'the drawing is still there');
    assert.equal(refusal, null, 'the script is told, not the person');
  });

  await step('removed again', async () => {
    await app.press('yours');
    await app.shows('the person’s network alone', ({ shown }) => shown === 'plain');
    await remove(app);
    const { shown } = await has(app, ['MLP', 'CNN']);
    assert.equal(shown, 'all');
    const logits = await app.ask((count) => globalThis.mnistify.logitsOf(new Uint8Array(count)), PIXELS);
    assert.deepEqual(Object.keys(logits).sort(), ['cnn', 'mlp']);
    const tooMany = app.ask((count) => globalThis.mnistify.logitsOf(new Uint8Array(count)), 10_001 * PIXELS);
    await assert.rejects(tooMany, /at most 10000 images/);
    await app.reads(7);
  });
});

page.test('by hand', async ({ open, step }) => {
  const app = await open();
  await app.draw(await recording('three'));
  await app.reads(3);

  await step('dropped together with its description', async () => {
    const files = [['mlp.json', JSON.stringify(PLAIN)], ['mlp.safetensors', await imported('mlp.safetensors')]];
    await drag(app, 'dragover', files);
    await app.shows('the hint where to drop', ({ dragging }) => dragging);
    await drag(app, 'drop', files);
    await has(app, ['MLP', 'CNN', 'Plain']);
    const { dragging } = await app.state();
    assert.equal(dragging, false);
    await assertLogits(app, 'plain', 'mlp');
  });

  await step('a refused file is explained until that is closed, and a description makes it right', async () => {
    const file = ['lenet.safetensors', await imported('lenet.safetensors')];
    await drag(app, 'drop', [file, ['lenet.json', '{"pool": "none", "padding": 0, "stride": 1}']]);
    const { refusal } = await app.shows('the explanation', ({ refusal }) => refusal !== null);
    assert.match(refusal, /Understood:[^]*conv1[^]*Not understood:[^]*What to do:/);
    await app.keys('Escape');
    await app.shows('the explanation closed', ({ refusal }) => refusal === null);
    await has(app, ['MLP', 'CNN', 'Plain']);
    await drag(app, 'drop', [['lenet.json', '{"name": "LeNet", "pool": "2x2"}']]);
    await has(app, ['MLP', 'CNN', 'LeNet']);
    await assertLogits(app, 'lenet', 'lenet');
  });

  await step('what is too long for a description is refused, unless it is a drawing', async () => {
    const long = (text) => text.padEnd((64 << 10) + 1);
    await drag(app, 'drop', [['lenet.json', long('{"name": "Long", "pool": "2x2"}')], ['lenet.safetensors', await imported('lenet.safetensors')]]);
    const { refusal } = await app.shows('the explanation', ({ refusal }) => refusal !== null);
    assert.match(refusal, /lenet\.json: holds 65537 bytes, more than the 65536/);
    await app.keys('Escape');
    await has(app, ['MLP', 'CNN', 'LeNet']);
    await drag(app, 'drop', [['seven.json', long(JSON.stringify(await recording('seven')))]]);
    await app.shows('the drawing', ({ strokes }) => strokes === 2);
    await app.draw(await recording('three'));
  });

  await step('chosen, then removed with the button', async () => {
    await app.press('network');
    await app.shows('the sheet', ({ buttons }) => buttons.choose !== undefined);
    const chosen = app.page.waitForEvent('filechooser');
    await app.press('choose');
    await (await chosen).setFiles([join(IMPORTED, 'lenet.safetensors')]);
    await has(app, ['MLP', 'CNN', 'lenet']);
    // The line that it is tried out is gone, and the buttons have come to rest.
    await app.shows('it is tried out', ({ tried }) => tried === null);
    await app.frame();
    await app.press('remove');
    await has(app, ['MLP', 'CNN']);
    await app.shows('the sheet without the network', ({ buttons }) => buttons.remove === undefined);
    await app.press('close');
    await app.shows('the sheet closed', ({ buttons }) => buttons.close === undefined);
    await app.reads(3);
  });
});

const withoutGpu = site('networks', { gpu: 'none' });

withoutGpu.test('the page without 3D says that it has its own networks only', async ({ open }) => {
  const app = await open({ screen: 'fallback' });
  const { reason } = await load(app, await imported('lenet.safetensors'));
  assert.match(reason, /without 3D/);
  await drag(app, 'drop', [['lenet.safetensors', await imported('lenet.safetensors')]]);
  assert.match(await app.text('#toast'), /without 3D/);
});
