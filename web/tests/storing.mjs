// The service worker without a browser: caches, a network and what a browser asks of it are made up here.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { beforeEach, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const SOURCE = await readFile(new URL('../src/service-worker.js', import.meta.url), 'utf8');
const HOST = 'https://host.example';
const APP_FILES = ['assets/app.1.wasm'];
const LESSON_FILES = ['assets/train.1.idx', 'assets/unseen.1.idx'];
const FILES = ['index.html', 'assets/a.1.wasm', ...APP_FILES, ...LESSON_FILES];

/** What a host has stored, by the names of caches; and how storing fails, if it does. */
let stored, putError, network, requests;

class Cache {
  files = new Map();

  async match(address) {
    const text = this.files.get(address);
    return text === undefined ? undefined : new Response(text);
  }

  async put(address, response) {
    if (putError) throw putError;
    this.files.set(address, await response.text());
  }
}

const caches = {
  has: async (name) => stored.has(name),
  keys: async () => [...stored.keys()],
  delete: async (name) => stored.delete(name),
  async open(name) {
    if (!stored.has(name)) stored.set(name, new Cache());
    return stored.get(name);
  },
};

async function fetchMadeUp(request) {
  const address = typeof request === 'string' ? request : request.url;
  requests.push(address);
  if (!network.has(address)) throw new TypeError('Failed to fetch');
  return new Response(network.get(address));
}

/** A worker of this version at this path; `tell` gives it an event and resolves to its answer when all is done. */
function worker(version, path) {
  const listeners = new Map();
  const self = {
    registration: { scope: HOST + path },
    addEventListener: (name, listener) => listeners.set(name, listener),
    skipWaiting() {},
  };
  const source = SOURCE.replace('__VERSION__', version).replaceAll('"__FILES__"', JSON.stringify(FILES)).replaceAll('"__APP_FILES__"', JSON.stringify(APP_FILES)).replaceAll('"__LESSON_FILES__"', JSON.stringify(LESSON_FILES));
  runInContext(source, createContext({ self, caches, fetch: fetchMadeUp, Response, URL, console: { warn() {} } }));
  return async function tell(name, more = {}) {
    const waits = [];
    let answer;
    listeners.get(name)({ ...more, waitUntil: (done) => waits.push(done), respondWith: (given) => { answer = given; } });
    const response = await answer;
    await Promise.all(waits);
    return response?.text();
  };
}

const get = (address, more = {}) => ({ request: { url: address, method: 'GET', mode: 'cors', cache: 'default', ...more } });
const namesOf = () => [...stored.keys()].sort();

beforeEach(() => {
  [stored, putError, requests] = [new Map(), null, []];
  network = new Map(['/', '/a/', '/a/b/'].flatMap((path) => FILES.map((file) => [HOST + path + file, `${path} ${file}`])));
});

async function installed(version, path) {
  const tell = worker(version, path);
  await tell('install');
  await tell('activate');
  return tell;
}

test('pages on one host leave each other alone', async () => {
  for (const path of ['/', '/a/', '/a/b/']) await installed('one', path);
  await caches.open('something else');
  await installed('two', '/a/');
  assert.deepEqual(namesOf(), [`mnistify ${HOST}/ one`, `mnistify ${HOST}/a/ two`, `mnistify ${HOST}/a/b/ one`, 'something else']);
});

test('of the caches of earlier versions, which tell no place, only its own goes', async () => {
  const [mine, other] = ['mnistify-0123456789abcdef', 'mnistify-fedcba9876543210'];
  await (await caches.open(mine)).put(`${HOST}/a/index.html`, new Response(''));
  await (await caches.open(other)).put(`${HOST}/index.html`, new Response(''));
  await installed('one', '/a/');
  assert.deepEqual(namesOf(), [`mnistify ${HOST}/a/ one`, other]);
});

test('a failed download of a new version leaves the old one', async () => {
  const old = await installed('one', '/a/');
  network.delete(`${HOST}/a/assets/a.1.wasm`);
  await assert.rejects(worker('two', '/a/')('install'));
  assert.deepEqual(namesOf(), [`mnistify ${HOST}/a/ one`]);
  assert.equal(await old('fetch', get(`${HOST}/a/assets/a.1.wasm`)), '/a/ assets/a.1.wasm');
});

test('the same version once more needs no network, and fails without loss', async () => {
  await installed('one', '/a/');
  network.clear();
  await installed('one', '/a/');
  const cache = await caches.open(`mnistify ${HOST}/a/ one`);
  cache.files.delete(`${HOST}/a/assets/a.1.wasm`);
  await assert.rejects(worker('one', '/a/')('install'));
  assert.deepEqual([...cache.files.keys()], [`${HOST}/a/index.html`]);
  assert.deepEqual(namesOf(), [`mnistify ${HOST}/a/ one`]);
});

test('a cache that is removed during the download is no version', async () => {
  const tell = worker('one', '/a/');
  const { put } = Cache.prototype;
  try {
    Cache.prototype.put = async function putThenLose(...values) {
      await put.apply(this, values);
      stored.clear();
    };
    await assert.rejects(tell('install'), /removed/);
  } finally {
    Cache.prototype.put = put;
  }
});

test('full storage throws no download away', async () => {
  const tell = await installed('one', '/a/');
  const address = `${HOST}/a/assets/a.1.wasm`;
  network.set(address, 'new');
  putError = new DOMException('full', 'QuotaExceededError');
  assert.equal(await tell('fetch', get(address, { cache: 'reload' })), 'new');
  assert.equal(await tell('fetch', get(address)), '/a/ assets/a.1.wasm');
  putError = null;
  assert.equal(await tell('fetch', get(address, { cache: 'reload' })), 'new');
  assert.equal(await tell('fetch', get(address)), 'new');
});

test('offline it answers for the page, whatever is asked along', async () => {
  const tell = await installed('one', '/a/');
  network.clear();
  for (const address of ['/a/', '/a/?cpu', '/a/index.html#show=cnn']) {
    assert.equal(await tell('fetch', get(HOST + address, { mode: 'navigate' })), '/a/ index.html');
  }
  assert.equal(await tell('fetch', get(`${HOST}/a/other`)), undefined, 'left to the network');
});

test('the app is stored when the page asks for it, and not before', async () => {
  const tell = await installed('one', '/a/');
  const address = `${HOST}/a/${APP_FILES[0]}`;
  assert.equal(requests.includes(address), false);
  await tell('message', { data: 'storeApp' });
  network.clear();
  assert.equal(await tell('fetch', get(address)), `/a/ ${APP_FILES[0]}`);
  const other = await installed('one', '/a/');
  await other('message', { data: 'storeApp' });
  assert.equal(await other('fetch', get(address)), `/a/ ${APP_FILES[0]}`);
});

test('so are the lessons, which are passed on before', async () => {
  const tell = await installed('one', '/a/');
  const addresses = LESSON_FILES.map((file) => `${HOST}/a/${file}`);
  assert.ok(addresses.every((address) => !requests.includes(address)));
  assert.equal(await tell('fetch', get(addresses[0])), `/a/ ${LESSON_FILES[0]}`);
  for (const data of ['storeApp', 'something else', null]) await tell('message', { data });
  const { files } = await caches.open(`mnistify ${HOST}/a/ one`);
  assert.ok(addresses.every((address) => !files.has(address)));
  await tell('message', { data: 'storeLessons' });
  network.clear();
  for (const [index, address] of addresses.entries()) assert.equal(await tell('fetch', get(address)), `/a/ ${LESSON_FILES[index]}`);
});
