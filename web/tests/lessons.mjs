// The digits to learn from, without a browser: they come when the app asks, and what does not come is said and tried again.
// And what scripts may ask of the lessons.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { fresh } from './modules.mjs';

const NAMES = ['train-10k-images.idx', 'train-10k-labels.idx', 'unseen-1k-images.idx', 'unseen-1k-labels.idx'];
const bytesOf = (name) => new TextEncoder().encode(`the digits of ${name}`);
const FILES = Object.fromEntries(NAMES.map((name) => [name, { url: `assets/${name}`, bytes: bytesOf(name).length }]));

let online, missing, requests, told, ask;

beforeEach(async () => {
  [online, missing, requests, told] = [true, new Set(), [], []];
  const target = new EventTarget();
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { get onLine() { return online; } } });
  Object.assign(globalThis, {
    addEventListener: target.addEventListener.bind(target),
    async fetch(url) {
      requests.push(url);
      if (!online) throw new TypeError('Failed to fetch');
      const name = url.slice('assets/'.length);
      return missing.has(name) ? new Response('', { status: 404 }) : new Response(bytesOf(name));
    },
  });
  console.warn = console.error = () => {};
  ask = () => target.dispatchEvent(new CustomEvent('mnistify-lessons'));
});

/** What the app is given, until it was told `count` things. */
async function listening({ give = (...files) => told.push(files.map((file) => new TextDecoder().decode(file))) } = {}) {
  const { listenToLessons } = await fresh('lessons');
  listenToLessons(FILES, { give, fail: (reason) => told.push(reason), store: () => told.push('store') });
}

async function heard(count) {
  while (told.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 5));
  return told;
}

test('nothing is downloaded before the app asks, and then everything once', async () => {
  await listening();
  assert.deepEqual(requests, []);
  ask();
  ask();
  assert.deepEqual(await heard(2), [NAMES.map((name) => `the digits of ${name}`), 'store']);
  assert.deepEqual(requests, NAMES.map((name) => `assets/${name}`));
});

test('what does not come is said, and tried again when the app asks again', async () => {
  await listening();
  online = false;
  ask();
  assert.deepEqual(await heard(1), ['A file of digits to learn from could not be downloaded: you are offline. Connect to the internet, then try again.']);
  online = true;
  missing.add(NAMES[2]);
  ask();
  assert.equal((await heard(2))[1], 'A file of digits to learn from could not be downloaded: the server answered with HTTP status 404. A newer version may be online; reload the page.');
  missing.clear();
  ask();
  assert.deepEqual((await heard(4)).slice(2), [NAMES.map((name) => `the digits of ${name}`), 'store']);
});

test('what the app does not take is said, and not stored', async () => {
  await listening({
    give() {
      throw new Error('too short');
    },
  });
  ask();
  assert.deepEqual(await heard(1), ['A file of digits to learn from could not be downloaded: it is damaged (too short).']);
});

test('scripts give commands and settings', async () => {
  const { asked } = await fresh('lessons');
  for (const command of ['open', 'close', 'start', 'pause', 'step', 'forget', 'restore', 'take-back', 'forget-mine']) assert.equal(asked(command), `"${command}"`);
  const all = { examples: 100, moved: true, wrong: 0.1, speed: 'full', seed: 300 };
  assert.deepEqual(JSON.parse(asked(all)), all);
  assert.equal(asked({ wrong: 0, seed: undefined }), '{"wrong":0}');
  assert.equal(asked({ this_is: 0 }), '{"this_is":0}');
  assert.equal(asked({}), '{}');
});

test('what does not fit is refused in words', async () => {
  const { asked } = await fresh('lessons');
  for (const [options, message] of [
    ['stop', /no command “stop”, but open, close/],
    ['', /no command “”/],
    [undefined, /a command \(open, .*\) or an object with examples, moved/],
    [null, /a command/],
    [[1], /a command/],
    [5, /a command/],
    [{ example: 1 }, /no setting “example”, but examples, moved, wrong, speed, batch/],
    [{ toString: 1 }, /no setting “toString”/],
    [{ examples: 1.5 }, /examples is a whole number above 0, not 1\.5/],
    [{ examples: '10' }, /examples is a whole number above 0, not "10"/],
    [{ moved: 1 }, /moved is true or false, not 1/],
    [{ wrong: 2 }, /wrong is a share from 0 to 1, not 2/],
    [{ wrong: NaN }, /wrong is a share from 0 to 1, not NaN/],
    [{ speed: Infinity }, /speed is “one”, “steady” or “full”, not Infinity/],
    [{ speed: '2' }, /speed is “one”, “steady” or “full”, not "2"/],
    [{ seed: [1] }, /seed is a whole number above 0, not a list/],
    [{ this_is: 10 }, /this_is is a digit from 0 to 9, not 10/],
    [{ this_is: '7' }, /this_is is a digit from 0 to 9, not "7"/],
    [{ seed: null }, /seed is a whole number above 0, not null/],
  ]) {
    assert.throws(() => asked(options), { message });
  }
});
