// The server for people and tests: types, compression, caching, and that it stays in its folder.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../serve.mjs';

let outside, server;

before(async () => {
  outside = await mkdtemp(join(tmpdir(), 'mnistify-serving-'));
  const folder = join(outside, 'page');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(outside, 'secret.txt'), 'secret');
  await symlink(join(outside, 'secret.txt'), join(folder, 'link.txt'));
  for (const name of ['index.html', 'assets/a.1.wasm', 'assets/b.1.wasm']) {
    await mkdir(join(folder, 'linked', 'assets'), { recursive: true });
    await writeFile(join(folder, 'linked', name), 'raw');
    for (const ending of ['br', 'gz']) await symlink(join(outside, 'secret.txt'), join(folder, 'linked', `${name}.${ending}`));
  }
  for (const [name, text] of [
    ['index.html', 'page'],
    ['policy.html', '<!doctype html>\n<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">\n'],
    ['assets/a.1.wasm', 'raw'],
    ['assets/a.1.wasm.br', 'brotli'],
    ['assets/a.1.wasm.gz', 'gzip'],
    ['assets/b.1.wasm', 'raw'],
    ['assets/b.1.wasm.gz', 'gzip'],
  ]) {
    await writeFile(join(folder, name), text);
  }
  server = await serve({ folder, base: '/sub/path' });
});

after(async () => {
  await server?.close();
  await rm(outside, { recursive: true, force: true });
});

/** Not fetch, which changes paths and adds headers. */
function ask(path, headers = {}, method = 'GET') {
  return new Promise((done, failed) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; });
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', failed).end();
  });
}

test('the best encoding that the browser takes', async () => {
  for (const [name, accepted, encoding, text] of [
    ['a', 'gzip, deflate, br', 'br', 'brotli'],
    ['a', 'gzip, br;q=0', 'gzip', 'gzip'],
    ['a', '*', 'br', 'brotli'],
    ['a', 'identity', undefined, 'raw'],
    ['a', undefined, undefined, 'raw'],
    ['b', 'gzip, br', 'gzip', 'gzip'],
  ]) {
    const found = await ask(`/sub/path/assets/${name}.1.wasm`, accepted === undefined ? {} : { 'Accept-Encoding': accepted });
    assert.deepEqual([found.headers['content-encoding'], found.text], [encoding, text], `${name}: ${accepted}`);
    assert.equal(found.headers['content-type'], 'application/wasm');
    assert.equal(Number(found.headers['content-length']), text.length);
    assert.equal(found.headers.vary, 'Accept-Encoding');
  }
});

test('hashed files are kept, others are checked', async () => {
  assert.match((await ask('/sub/path/assets/a.1.wasm')).headers['cache-control'], /immutable/);
  const page = await ask('/sub/path/?query');
  assert.deepEqual([page.status, page.text, page.headers['cache-control']], [200, 'page', 'no-cache']);
  const again = await ask('/sub/path/', { 'If-None-Match': page.headers.etag });
  assert.deepEqual([again.status, again.text], [304, '']);
});

test('the base path and what lies outside', async () => {
  const moved = await ask('/sub/path?nosw');
  assert.deepEqual([moved.status, moved.headers.location], [301, '/sub/path/?nosw']);
  for (const path of ['/', '/sub/pathology/', '/sub/path/none', '/sub/path/assets', '/sub/path/../secret.txt', '/sub/path/%2e%2e/secret.txt', '/sub/path/..%2fsecret.txt', '/sub/path/link.txt', '/sub/path/%', '/sub/path/%00']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('links behind compressed files do not lead out either', async () => {
  const accepted = { 'Accept-Encoding': 'gzip, br' };
  for (const name of ['index.html', 'assets/a.1.wasm', 'assets/b.1.wasm']) {
    const found = await ask(`/sub/path/linked/${name}`, accepted);
    assert.deepEqual([found.status, found.headers['content-encoding'], found.text], [200, undefined, 'raw'], name);
    for (const ending of ['br', 'gz']) assert.equal((await ask(`/sub/path/linked/${name}.${ending}`)).status, 404);
  }
});

test('long headers cost no time', async () => {
  const padding = ' '.repeat(12_000);
  for (const headers of [
    { 'Accept-Encoding': `a${padding}b` },
    { 'Accept-Encoding': `br;${padding}x` },
    { 'Accept-Encoding': ';'.repeat(12_000) },
    { 'If-None-Match': padding },
    { Range: `bytes=${'0-1,'.repeat(3000)}` },
  ]) {
    const began = performance.now();
    for (let round = 0; round < 20; round += 1) assert.equal((await ask('/sub/path/assets/a.1.wasm', headers)).text, 'raw');
    const millis = (performance.now() - began) / 20;
    assert.ok(millis < 50, `${Object.keys(headers)}: ${millis} ms a request`);
  }
});

test('the policy that a page names is a header too', async () => {
  const policyOf = async (path) => (await ask(`/sub/path/${path}`)).headers['content-security-policy'];
  assert.equal(await policyOf('policy.html'), "default-src 'self'");
  assert.equal(await policyOf(''), undefined);
  assert.equal(await policyOf('assets/a.1.wasm'), undefined);
});

test('only reading', async () => {
  const head = await ask('/sub/path/', {}, 'HEAD');
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '4']);
  assert.equal((await ask('/sub/path/', {}, 'POST')).status, 405);
});
