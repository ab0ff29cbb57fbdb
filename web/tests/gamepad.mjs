// A gamepad without a browser: what its state and the one before make of the cursor, the pointer and the actions.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import './modules.mjs';

const { ACTS, step, watchGamepads } = await import('../src/gamepad.js');

const SIZE = [1000, 500];
const pad = (axes = [0, 0], ...pressed) => ({ axes, buttons: Array.from({ length: 17 }, (_, button) => ({ pressed: pressed.includes(button) })) });
const cursor = (x, y, ...pressed) => ({ x, y, pressed: pad([], ...pressed).buttons.map((button) => button.pressed) });

test('a stick at rest moves nothing', () => {
  for (const axes of [[0, 0], [0.1, -0.1], []]) {
    const { cursor: now, events, acts } = step(cursor(10, 20), pad(axes), 0.016, SIZE);
    assert.deepEqual([now.x, now.y, events, acts], [10, 20, [], []]);
  }
});

test('the further the stick, the faster, in its direction, and never off the page', () => {
  const way = (axes) => {
    const { cursor: now, events } = step(cursor(500, 250), pad(axes), 0.05, SIZE);
    assert.deepEqual(events, ['pointermove']);
    return [now.x - 500, now.y - 250];
  };
  const [half] = way([0.5, 0]);
  const [whole, down] = way([1, 0]);
  assert.ok(half > 0 && half < whole / 2, `${half} ${whole}`);
  assert.equal(down, 0);
  assert.ok(Math.abs(whole - 0.8 * 500 * 0.05) < 1e-9);
  const [left, up] = way([-0.6, -0.6]);
  assert.ok(left < 0 && Math.abs(left - up) < 1e-9);
  const { cursor: now } = step(cursor(999, 1), pad([1, -1]), 10, SIZE);
  assert.deepEqual([now.x, now.y], [1000, 0]);
  const { events } = step(cursor(1000, 0), pad([1, -1]), 0.05, SIZE);
  assert.deepEqual(events, [], 'at the edge');
});

test('A is the pen: down, along, up', () => {
  const first = step(cursor(0, 0), pad([0, 0], 0), 0.016, SIZE);
  assert.deepEqual(first.events, ['pointerdown']);
  const second = step(first.cursor, pad([1, 0], 0), 0.016, SIZE);
  assert.deepEqual(second.events, ['pointermove']);
  const third = step(second.cursor, pad([1, 0]), 0.016, SIZE);
  assert.deepEqual(third.events, ['pointermove', 'pointerup'], 'the line ends where the cursor is');
  assert.deepEqual([...first.acts, ...second.acts, ...third.acts], []);
});

test('each other button acts once a press', () => {
  for (const [button, name] of ACTS) {
    const first = step(cursor(0, 0), pad([0, 0], button), 0.016, SIZE);
    assert.deepEqual([first.acts, first.events], [[name], []]);
    assert.deepEqual(step(first.cursor, pad([0, 0], button), 0.016, SIZE).acts, [], 'held');
  }
});

test('the actions are in the table', () => {
  const table = readFileSync(new URL('../../src/actions/table.rs', import.meta.url), 'utf8');
  for (const [, name] of ACTS) assert.ok(table.includes(`row("${name}", `), name);
});

test('it draws as a mouse does, and only while it is there', () => {
  let frames = [];
  let pads = [];
  const seen = [];
  const page = new EventTarget();
  const mark = { style: {}, classList: { toggle: () => {} } };
  Object.defineProperty(globalThis, 'navigator', { value: { getGamepads: () => pads }, configurable: true });
  Object.assign(globalThis, {
    innerWidth: 1000,
    innerHeight: 500,
    document: { createElement: () => mark, body: { append: () => {} } },
    addEventListener: page.addEventListener.bind(page),
    requestAnimationFrame: (next) => frames.push(next),
    PointerEvent: class extends Event {
      constructor(type, { bubbles, cancelable, ...rest }) {
        super(type, { bubbles, cancelable });
        Object.assign(this, rest);
      }
    },
  });
  const canvas = new EventTarget();
  for (const type of ['pointerdown', 'pointermove', 'pointerup']) {
    canvas.addEventListener(type, ({ button, buttons, pointerType, coalescedEvents }) => seen.push([type, button, buttons, pointerType, coalescedEvents.length]));
  }
  let now = performance.now();
  const frame = () => frames.splice(0).forEach((next) => next((now += 16)));
  watchGamepads(/** @type {any} */ (canvas), { act: (name) => seen.push(name), from: () => [100, 100] });
  assert.equal(frames.length, 0, 'nothing runs without a gamepad');

  const there = (axes, ...pressed) => (pads = [null, { ...pad(axes, ...pressed), connected: true }]);
  there([0, 0], 0);
  page.dispatchEvent(new Event('gamepadconnected'));
  page.dispatchEvent(new Event('gamepadconnected'));
  assert.equal(frames.length, 1);
  frame();
  assert.deepEqual([seen, mark.hidden], [[], true], 'the press that made it known');
  there([0, 0], 1);
  frame();
  assert.deepEqual([seen, mark.hidden], [[], false], 'nor another that is held');
  there([0, 0], 0);
  frame();
  there([1, 0], 0);
  frame();
  there([0, 0], 0, 3);
  frame();
  assert.deepEqual(seen.splice(0), [['pointerdown', 0, 1, 'mouse', 0], ['pointermove', -1, 1, 'mouse', 1], 'explain']);
  pads = [null, null];
  frame();
  assert.deepEqual([seen.splice(0), mark.hidden], [[['pointerup', 0, 0, 'mouse', 0]], true], 'the pen is lifted');
  assert.equal(frames.length, 0);
});
