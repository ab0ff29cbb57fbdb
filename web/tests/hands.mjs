// Hands on a pad without a browser: pointers are made up here, and an element that both the page's listeners and the
// canvas's are on, in this order.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import './modules.mjs';

let now = 0;
let frames = [];

globalThis.PointerEvent = class extends Event {
  constructor(type, more) {
    const { timeStamp = now, bubbles, cancelable, ...rest } = more;
    super(type, { bubbles, cancelable });
    Object.defineProperty(this, 'timeStamp', { value: timeStamp });
    Object.assign(this, { button: -1, buttons: 0, clientX: 0, clientY: 0, isPrimary: true, pressure: 0 }, rest);
  }
};
Object.assign(globalThis, {
  requestAnimationFrame: (next) => frames.push(next),
  cancelAnimationFrame: (number) => { frames[number - 1] = () => {}; },
});
const { isBrowserKey, leaveToBrowser, watchHands } = await import('../src/hands.js');

let canvas, seen, captured;

beforeEach(() => {
  canvas = new EventTarget();
  [seen, captured, frames] = [[], [], []];
  now += 10_000;
  canvas.setPointerCapture = (id) => captured.push(id);
  watchHands(canvas, {
    onPad: ({ clientX }) => clientX >= 0,
    erase: (on) => seen.push(on ? 'erase' : 'draw'),
    drop: () => seen.push('drop'),
  });
  for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel']) {
    canvas.addEventListener(type, ({ pointerId, button, clientX }) => {
      seen.push(`${type.slice(7)} ${pointerId}${type === 'pointerdown' || type === 'pointerup' ? ` by ${button}` : ''} at ${clientX}`);
    });
  }
});

/** Fingers are numbered from 10, so that the first is the primary one. */
const KINDS = { pen: 1, mouse: 2 };

function tell(kind, what, clientX = 5, more = {}) {
  const pointerId = typeof kind === 'number' ? kind : KINDS[kind];
  const pointerType = typeof kind === 'number' ? 'touch' : kind;
  const button = what === 'down' || what === 'up' ? 0 : -1;
  const buttons = what === 'down' ? 1 : 0;
  canvas.dispatchEvent(new PointerEvent(`pointer${what}`, { pointerId, pointerType, isPrimary: pointerId <= 10, clientX, button, buttons, ...more }));
}

function frame() {
  const due = frames;
  frames = [];
  for (const next of due) next();
}

const taken = () => seen.splice(0);

test('a stroke of each kind passes as it is', () => {
  for (const kind of ['mouse', 'pen']) {
    for (const what of ['move', 'down', 'move', 'up']) tell(kind, what);
    const id = KINDS[kind];
    assert.deepEqual(taken(), [`move ${id} at 5`, `down ${id} by 0 at 5`, `move ${id} at 5`, `up ${id} by 0 at 5`]);
    assert.deepEqual(captured.splice(0), [id], 'heard of outside of the window too');
  }
  now += 600;
  for (const what of ['down', 'move', 'cancel']) tell(10, what);
  assert.deepEqual(taken(), ['down 10 by 0 at 5', 'move 10 at 5', 'cancel 10 at 5']);
});

test('a pen that the browser takes away is lifted where it was', () => {
  tell('pen', 'down', 5);
  tell('pen', 'move', 7);
  tell('pen', 'cancel', 0);
  tell('pen', 'move', 9);
  assert.deepEqual(taken(), ['down 1 by 0 at 5', 'move 1 at 7', 'up 1 by 0 at 7', 'move 1 at 9']);
});

test('a palm beside a pen draws nothing', () => {
  tell('pen', 'down');
  for (const what of ['down', 'move', 'up']) tell(10, what);
  tell('pen', 'up');
  now += 400;
  for (const what of ['down', 'move']) tell(11, what);
  now += 400;
  for (const what of ['move', 'cancel']) tell(11, what);
  assert.deepEqual(taken(), ['down 1 by 0 at 5', 'up 1 by 0 at 5']);
  tell(12, 'down');
  assert.deepEqual(taken(), ['down 12 by 0 at 5'], 'later it is a finger');
});

test('what a palm drew before the pen came is taken back', () => {
  tell(10, 'down', 2);
  tell(10, 'move', 3);
  tell('pen', 'down', 8);
  tell(10, 'move', 4);
  tell('pen', 'move', 9);
  tell(10, 'up', 4);
  tell('pen', 'up', 9);
  assert.deepEqual(taken(), ['down 10 by 0 at 2', 'move 10 at 3', 'drop', 'cancel 10 at 3', 'down 1 by 0 at 8', 'move 1 at 9', 'up 1 by 0 at 9']);
});

test('a second finger, or a mouse, does not make the line jump', () => {
  tell(10, 'down', 2);
  for (const what of ['down', 'move']) tell(11, what, 90);
  tell('mouse', 'move', 50);
  tell(10, 'move', 3);
  tell(10, 'up', 3);
  for (const what of ['move', 'up']) tell(11, what, 90);
  assert.deepEqual(taken(), ['down 10 by 0 at 2', 'move 10 at 3', 'up 10 by 0 at 3']);
  tell(10, 'down', 2);
  assert.deepEqual(taken(), ['down 10 by 0 at 2']);
});

test('beside the pad two fingers are two fingers', () => {
  tell(10, 'down', -2);
  tell(11, 'down', -3);
  tell(11, 'move', -4);
  assert.deepEqual(taken(), ['down 10 by 0 at -2', 'down 11 by 0 at -3', 'move 11 at -4']);
  assert.deepEqual(captured, []);
});

test('a pointer that ended without a word does not keep others away', () => {
  tell(10, 'down', 2);
  tell(10, 'down', 6);
  assert.deepEqual(taken(), ['down 10 by 0 at 2', 'cancel 10 at 2', 'down 10 by 0 at 6']);
});

test('the eraser end erases, and then it draws again', () => {
  const eraser = { button: 5, buttons: 32 };
  tell('pen', 'down', 5, eraser);
  tell('pen', 'move', 6, { buttons: 32 });
  tell('pen', 'up', 7, { button: 5 });
  assert.deepEqual(taken(), ['erase', 'down 1 by 0 at 5', 'move 1 at 6', 'up 1 by 0 at 7']);
  frame();
  assert.deepEqual(taken(), [], 'the stroke may not have begun yet');
  frame();
  assert.deepEqual(taken(), ['draw']);
  tell('pen', 'down', 5, eraser);
  tell('pen', 'cancel', 0);
  tell('pen', 'down', 5, eraser);
  tell('pen', 'up', 5, { button: 5 });
  tell('pen', 'down', 6);
  for (let count = 0; count < 3; count += 1) frame();
  assert.deepEqual(taken(), ['erase', 'down 1 by 0 at 5', 'up 1 by 0 at 5', 'down 1 by 0 at 5', 'up 1 by 0 at 5', 'draw', 'down 1 by 0 at 6']);
});

const key = (key, held = '') => ({
  key,
  code: key.length === 1 ? `Key${key.toUpperCase()}` : key,
  ctrlKey: held.includes('c'),
  metaKey: held.includes('m'),
  altKey: held.includes('a'),
  shiftKey: held.includes('s'),
  getModifierState: (name) => name === 'AltGraph' && held.includes('g'),
});

test('keys that are the browser’s', () => {
  for (const [name, held] of [
    ['F5'], ['F11'], ['F12'], ['Tab'], ['Tab', 's'], ['r', 'c'], ['R', 'cs'], ['l', 'c'], ['l', 'm'], ['+', 'c'], ['-', 'c'], ['=', 'c'],
    ['0', 'c'], ['v', 'c'], ['c', 'm'], ['O', 'cs'], ['S', 'cs'], ['s', 'ca'], ['ArrowLeft', 'a'], ['d', 'a'], ['[', 'm'], ['Delete', 'cs'],
  ]) {
    assert.ok(isBrowserKey(key(name, held)), `${name} ${held}`);
  }
  for (const [name, held] of [
    ['F1'], ['d'], ['R', 's'], ['?', 's'], ['+'], ['Escape'], ['ArrowLeft'], ['s', 'c'], ['o', 'm'], ['z', 'c'], ['Z', 'cs'], ['y', 'c'],
    ['Control', 'c'], ['Meta', 'm'], ['Alt', 'a'], ['AltGraph', 'cag'], ['Shift', 'cs'], ['[', 'cag'], [']', 'a'],
  ]) {
    assert.ok(!isBrowserKey(key(name, held)), `${name} ${held}`);
  }
  assert.ok(!isBrowserKey({ ...key('я', 'c'), code: 'KeyZ' }), 'Ctrl+Z on a keyboard without Latin letters');
});

test('they and zooming wheels do not reach the canvas', () => {
  leaveToBrowser(canvas);
  const reached = [];
  for (const type of ['keydown', 'keyup', 'wheel']) canvas.addEventListener(type, (event) => reached.push(event.name));
  for (const [type, name, more] of [
    ['keydown', 'F5', key('F5')],
    ['keyup', 'Tab', key('Tab')],
    ['wheel', 'zoom', { ctrlKey: true }],
    ['keydown', 'd', key('d')],
    ['wheel', 'plain', { ctrlKey: false }],
  ]) {
    canvas.dispatchEvent(Object.assign(new Event(type), more, { name }));
  }
  assert.deepEqual(reached, ['d', 'plain']);
});
