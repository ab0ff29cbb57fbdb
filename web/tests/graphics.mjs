// What watches the graphics device and the app's frames, without a browser: devices and frames are made up here.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import './modules.mjs';

/** What of a browser is asked. */
class Device extends EventTarget {
  lost = new Promise((resolve) => { this.lose = resolve; });

  fail(error) {
    this.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
  }
}
const page = new EventTarget();
Object.assign(globalThis, {
  addEventListener: page.addEventListener.bind(page),
  location: new URL('http://localhost/?faults'),
  GPUAdapter: class {
    requestDevice() {
      return Promise.resolve(new Device());
    }
  },
  GPUOutOfMemoryError: class extends Error {},
  requestAnimationFrame: (next) => setTimeout(next, 16),
});
const { watchDevice, watchFrames } = await import('../src/graphics.js');

const told = [];
watchDevice((...fault) => told.push(fault));

/** After everything that is under way. */
const settled = () => new Promise(setImmediate);

test('every way in which a device fails is told, of the newest device only', async () => {
  const adapter = new GPUAdapter();
  const old = await adapter.requestDevice();
  const device = await adapter.requestDevice();
  assert.equal(globalThis.mnistifyDevice, device);
  assert.ok(!Object.keys(globalThis).includes('mnistifyDevice'));
  old.fail(new Error('old'));
  old.lose({ message: 'old' });
  device.fail(new Error('wrong usage'));
  device.fail(new GPUOutOfMemoryError('full'));
  device.lose({ message: 'gone' });
  await settled();
  assert.deepEqual(told.splice(0), [['gpu', 'wrong usage'], ['memory', 'full'], ['lost', 'gone']]);
});

test('a device that goes with its page is no loss', async () => {
  const device = await new GPUAdapter().requestDevice();
  page.dispatchEvent(new Event('pagehide'));
  device.lose({ message: 'destroyed' });
  await settled();
  page.dispatchEvent(new Event('pageshow'));
  assert.deepEqual(told, []);
});

for (const [title, { drawsAfter, hiddenAfter }, expected] of [
  ['an app that draws nothing after a press', {}, 1],
  ['one that draws late', { drawsAfter: 3000 }, 0],
  ['one in a page that was hidden', { hiddenAfter: 2000 }, 0],
]) {
  test(title, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const seconds = async (count) => {
      for (let at = 0; at < count * 100; at += 1) {
        t.mock.timers.tick(10);
        await settled();
      }
    };
    const given = globalThis.requestAnimationFrame;
    t.after(() => { globalThis.requestAnimationFrame = given; });
    const canvas = new EventTarget();
    const still = mock.fn();
    let frame = 7;
    watchFrames(canvas, () => frame, still);
    await seconds(20);
    assert.equal(still.mock.callCount(), 0, 'an app at rest owes no frames');
    canvas.dispatchEvent(new Event('pointerdown'));
    canvas.dispatchEvent(new Event('pointerdown'));
    if (drawsAfter) setTimeout(() => { frame += 1; }, drawsAfter);
    if (hiddenAfter) setTimeout(() => { globalThis.requestAnimationFrame = () => 0; }, hiddenAfter);
    await seconds(4.5);
    assert.equal(still.mock.callCount(), 0, 'it has five seconds');
    await seconds(20);
    assert.equal(still.mock.callCount(), expected);
    if (!drawsAfter) return;
    canvas.dispatchEvent(new Event('pointerdown'));
    await seconds(20);
    assert.equal(still.mock.callCount(), 1, 'the next press counts again');
  });
}
