// What a page keeps for the one after it, and how large files may be, without a browser.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { fresh } from './modules.mjs';

let stored, full, page;

beforeEach(() => {
  [stored, full] = [new Map(), false];
  page = { reloads: 0 };
  Object.assign(globalThis, {
    document: { wasDiscarded: false },
    location: { search: '', reload: () => { page.reloads += 1; } },
    sessionStorage: {
      getItem: (key) => stored.get(key) ?? null,
      removeItem: (key) => stored.delete(key),
      setItem(key, value) {
        if (full) throw new DOMException('full', 'QuotaExceededError');
        stored.set(key, value);
      },
    },
  });
  Object.defineProperty(globalThis, 'indexedDB', {
    configurable: true,
    get() {
      throw new DOMException('not here', 'SecurityError');
    },
  });
});

test('what ended a program as it was opened is set aside for that program, once', async () => {
  let { isAside, keep, restart, setAside } = await fresh('keeping');
  keep('{"strokes": []}', 'show=cnn');
  setAside('app', ['drawing']);
  await restart();
  assert.equal(page.reloads, 1);
  let kept;
  ({ isAside, kept, restart } = await fresh('keeping'));
  assert.equal(kept(), '{"strokes": []}');
  assert.deepEqual([isAside('app', 'drawing'), isAside('app', 'view'), isAside('light', 'drawing')], [true, false, false]);
  await restart();
  ({ isAside } = await fresh('keeping'));
  assert.equal(isAside('app', 'drawing'), false);
});

test('a page that nobody restarted opens nothing, and forgets what was set aside', async () => {
  const { keep, setAside } = await fresh('keeping');
  keep('{"strokes": []}', 'show=cnn');
  setAside('app', ['view']);
  const { isAside, kept, left } = await fresh('keeping');
  assert.deepEqual([isAside('app', 'view'), kept(), left.view, left.resumes], [false, null, null, false]);
  assert.deepEqual([...stored.keys()], ['mnistify.tab']);
});

test('damaged words of what was set aside set nothing aside', async () => {
  for (const text of ['{', 'null', '1', '{"by":"app"}', '{"by":"app","parts":"all"}']) {
    stored.set('mnistify.resume', '{}');
    stored.set('mnistify.aside', text);
    assert.equal((await fresh('keeping')).isAside('app', 'drawing'), false, text);
  }
});

test('full and forbidden storage only cost what would be kept', async (t) => {
  t.mock.method(console, 'warn', () => {});
  full = true;
  const { keep, keepNetwork, kept, networkLeft, restart, setAside } = await fresh('keeping');
  keep('{}', '');
  setAside('app', ['view']);
  keepNetwork({ name: 'mine', bytes: new Uint8Array(1), description: undefined });
  assert.equal(await networkLeft(), null);
  assert.equal(kept(), '{}');
  await restart();
  assert.equal(page.reloads, 1);
});

test('files that are too large are refused before they are read', async () => {
  const { pastedFiles, readFiles } = await fresh('files');
  const file = (name, size) => ({ name, size, arrayBuffer: () => assert.fail(`${name} is read`) });
  for (const [files, said] of [
    [[file('a.safetensors', 2 ** 29 + 1)], /^a\.safetensors: holds 536870913 bytes, more than the 536870912 that a network may have$/],
    [[file('A.JSON', 2 ** 23 + 1)], /a drawing or a description/],
    [[file('a', 2 ** 29), file('b', 2 ** 29)], /^These 2 files: holds 1073741824 bytes/],
  ]) {
    await assert.rejects(readFiles(files), { message: said });
  }
  assert.deepEqual(await readFiles([new File(['ab'], 'a.json')]), [{ name: 'a.json', bytes: new Uint8Array([97, 98]) }]);
  const pasted = pastedFiles({ files: [new File(['x'], 'image.jpg', { type: 'image/jpeg' }), new File(['x'], 'a.safetensors')] });
  assert.deepEqual(pasted.map(({ name, type }) => [name, type]), [['pasted.png', 'image/jpeg'], ['a.safetensors', '']]);
  assert.deepEqual(pastedFiles(null), []);
});

test('scripts are told the same', async () => {
  const { connect } = await fresh('interface');
  const taken = [];
  connect({ state: () => ({}), draw: (json) => taken.push(json), loadNetwork: (...what) => taken.push(what) });
  const { mnistify } = globalThis;
  const large = new Uint8Array(2 ** 29 + 1);
  await assert.rejects(mnistify.loadNetwork(large, undefined, 'a.safetensors'), { message: /^a\.safetensors: holds 536870913 bytes/ });
  await assert.rejects(mnistify.loadNetwork(new Uint8Array(1), 'é'.repeat(2 ** 15 + 1)), { message: /holds 65538 bytes.*description/ });
  await assert.rejects(mnistify.loadNetwork(new Uint8Array(1), { text: 'x'.repeat(2 ** 20) }), { message: /description/ });
  assert.throws(() => mnistify.draw(' '.repeat(2 ** 23 + 1)), { message: /recording/ });
  assert.deepEqual(taken, []);
  await mnistify.loadNetwork(new ArrayBuffer(2), { name: 'x' });
  await mnistify.loadNetwork(new Uint16Array(2).subarray(1), undefined, 'b');
  assert.deepEqual(taken, [['network.safetensors', new Uint8Array(2), '{"name":"x"}'], ['b', new Uint8Array(2), undefined]]);
});
