// Packing a small page: names after content, filled templates, compressed files, sizes, and nothing left from before.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { pack } from '../pack.mjs';

/** In the folder of digits. */
const LESSONS = ['train-10k-images-idx3-ubyte.gz', 'train-10k-labels-idx1-ubyte.gz', 'unseen-1k-images-idx3-ubyte.gz', 'unseen-1k-labels-idx1-ubyte.gz'];

let folder, folders;

async function write(name, text) {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const out = (name) => readFile(join(folder, 'out', name));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnistify-packing-'));
  const page = '<meta http-equiv="Content-Security-Policy" content="script-src __INLINE_SCRIPTS__"><script type="module">import("mnistify/loader");</script><link href="assets/style.css"><script type="importmap">__IMPORT_MAP__</script><script type="application/json" id="manifest">__MANIFEST__</script><p class="a" data-words="hello" data-words-title="both"></p><noscript>__NO_SCRIPT__</noscript><script type="application/json" id="words">__WORDS__</script><script>__FIRST_SCRIPTS__</script>';
  await write('src/index.html', page);
  await write('src/service-worker.js', 'const VERSION = "__VERSION__"; const FILES = __FILES__; const APP_FILES = __APP_FILES__; const LESSON_FILES = __LESSON_FILES__;');
  await write('src/manifest.webmanifest', '{"icons": [{"src": "assets/icon.png"}]}');
  await write('src/style.css', 'body { background: url("icons/icon.png") }');
  await write('src/first-look.js', 'globalThis.look = 1;');
  await write('src/first-words.js', 'globalThis.here = "</script>";');
  await write('languages/page.en.json', '{"hello": "Hello <you>", "both": "\\"Both\\"", "no-script": "No script"}');
  await write('languages/page.fr.json', '{"hello": "Bonjour", "both": "Tous", "no-script": "Pas de script"}');
  await write('languages/en.ftl', 'of-the-app = The app has its own');
  await write('src/icons/icon.png', 'not really a picture');
  for (const name of ['interface', 'fallback', 'loader', 'other']) await write(`src/${name}.js`, `// ${name}`);
  for (const name of ['app', 'cpu']) {
    await write(`modules/${name}.js`, `// ${name}`);
    await write(`modules/${name}_bg.wasm`, name.repeat(1000));
  }
  await write('models/mlp.safetensors', 'weights');
  for (const name of LESSONS) await write(`mnist/${name}`, `packed ${name}`);
  folders = Object.fromEntries(['out', 'cache', 'models', 'modules', 'languages', 'mnist'].map((name) => [name, join(folder, name)]));
  folders.source = join(folder, 'src');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('every name leads to a file', async () => {
  const sizes = await pack(folders);
  const page = (await out('index.html')).toString();
  const [, imports] = page.match(/importmap">(.*?)<\/script>/);
  const [, manifest] = page.match(/manifest">(.*?)<\/script>/);
  const [, style] = page.match(/href="(assets\/style\.[0-9a-f]{8}\.css)"/);
  for (const name of ['interface', 'fallback', 'app', 'cpu', 'loader', 'other']) {
    const url = JSON.parse(imports).imports[`mnistify/${name}`];
    assert.equal((await out(url)).toString(), `// ${name}`);
  }
  const { version, files } = JSON.parse(manifest);
  assert.equal(version, sizes.version);
  assert.equal((await out(files['app.wasm'].url)).length, files['app.wasm'].bytes);
  const icon = files['icon.png'].url;
  assert.match((await out(style)).toString(), new RegExp(`url\\("${icon.slice('assets/'.length)}"\\)`));
  assert.equal(JSON.parse(await out('manifest.webmanifest')).icons[0].src, icon);
  const worker = (await out('service-worker.js')).toString();
  const [, kept] = worker.match(/ FILES = (\[.*?\]);/);
  assert.ok(worker.includes(`"${version}"`));
  assert.deepEqual(JSON.parse(kept).sort(), ['index.html', 'manifest.webmanifest', ...Object.values(files).map(({ url }) => url)].sort());
});

test('the policy names the scripts that stand in the page, and nothing else', async () => {
  await pack(folders);
  const page = (await out('index.html')).toString();
  const [, imports] = page.match(/importmap">(.*?)<\/script>/);
  const hashes = ['import("mnistify/loader");', imports, 'globalThis.look = 1;\nglobalThis.here = "<\\/script>";'].map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  assert.equal(page.match(/content="script-src (.*?)"/)[1], hashes.join(' '));
});

test('the words stand in the page, in English at first', async () => {
  const { version } = await pack(folders);
  const page = (await out('index.html')).toString();
  assert.ok(page.includes('<p class="a" data-words="hello" data-words-title="both" title="&quot;Both&quot;">Hello &lt;you></p>'), page);
  assert.ok(page.includes('<noscript><p lang="en">No script</p><p lang="fr">Pas de script</p></noscript>'), page);
  const [, words] = page.match(/id="words">(.*?)<\/script>/);
  assert.deepEqual(Object.entries(JSON.parse(words)).map(([code, { hello }]) => [code, hello]), [['en', 'Hello <you>'], ['fr', 'Bonjour']]);
  await write('languages/page.fr.json', '{"hello": "Salut"}');
  assert.notEqual((await pack(folders)).version, version);
  await write('languages/page.fr.json', '{');
  await assert.rejects(pack(folders), /page\.fr\.json is not valid/);
  await write('languages/page.fr.json', '{}');
  await write('languages/page.en.json', '{"hello": "Hello"}');
  await assert.rejects(pack(folders), /index\.html names the words "both"/);
});

test('compressed files hold the same, and the sizes are theirs', async () => {
  const sizes = await pack(folders);
  assert.deepEqual(JSON.parse(await out('sizes.json')), sizes);
  for (const [path, size] of Object.entries(sizes.files)) {
    const bytes = await out(path);
    assert.equal(bytes.length, size.raw);
    if (/\.(png|idx)$/.test(path)) {
      await assert.rejects(access(join(folders.out, `${path}.br`)));
      continue;
    }
    assert.deepEqual(brotliDecompressSync(await out(`${path}.br`)), bytes);
    assert.deepEqual(gunzipSync(await out(`${path}.gz`)), bytes);
    assert.equal((await out(`${path}.br`)).length, size.brotli);
    assert.equal((await out(`${path}.gz`)).length, size.gzip);
  }
  const sum = Object.values(sizes.files).reduce((sum, { brotli }) => sum + brotli, 0);
  assert.equal(sizes.totals.all.brotli, sum);
});

test('the lessons are there as they were made, and no first visit counts them', async () => {
  const { version, files, parts, totals } = await pack(folders);
  const lessons = Object.entries(files).filter(([, { part }]) => part === 'lessons');
  assert.deepEqual(lessons.map(([, { name }]) => name), ['train-10k-images.idx', 'train-10k-labels.idx', 'unseen-1k-images.idx', 'unseen-1k-labels.idx']);
  for (const [index, [path]] of lessons.entries()) assert.equal((await out(path)).toString(), `packed ${LESSONS[index]}`);
  const [, listed] = (await out('service-worker.js')).toString().match(/LESSON_FILES = (\[.*?\]);/);
  assert.deepEqual(JSON.parse(listed).sort(), lessons.map(([path]) => path));
  const sum = (...names) => names.reduce((sum, name) => sum + parts[name].raw, 0);
  const shared = sum('page', 'icons', 'model mlp');
  assert.deepEqual([totals.with_webgpu.raw, totals.without_webgpu.raw], [shared + sum('app'), shared + sum('light page')]);
  await write(`mnist/${LESSONS[1]}`, 'others');
  assert.notEqual((await pack(folders)).version, version);
  await rm(join(folder, 'mnist', LESSONS[1]));
  await assert.rejects(pack(folders), /train-10k-labels-idx1-ubyte\.gz/);
});

test('a change replaces what was, and touches nothing else', async () => {
  const first = await pack(folders);
  await write('out/mine.txt', 'not of the page');
  const loader = Object.entries(first.files).find(([, { name }]) => name === 'loader.js')[0];
  const model = Object.entries(first.files).find(([, { name }]) => name === 'mlp.safetensors')[0];
  const before = await stat(join(folders.out, model));
  await write('src/loader.js', '// another');
  const second = await pack(folders);
  assert.notEqual(second.version, first.version);
  const names = await readdir(join(folders.out, 'assets'));
  assert.ok(!names.some((name) => loader.includes(name) || name.startsWith(`${loader.slice('assets/'.length)}.`)), 'the old file is gone');
  assert.equal((await stat(join(folders.out, model))).mtimeMs, before.mtimeMs);
  assert.equal((await out('mine.txt')).toString(), 'not of the page');
});

test('what is missing is named', async () => {
  await rm(join(folder, 'src/loader.js'));
  await assert.rejects(pack(folders), /loader\.js/);
  await write('src/loader.js', '');
  const places = ['__NO_SCRIPT__', '__FIRST_SCRIPTS__', '__IMPORT_MAP__', '__MANIFEST__', '__WORDS__', '__INLINE_SCRIPTS__'];
  for (const [index, place] of places.entries()) {
    await write('src/index.html', places.slice(0, index).join(' '));
    await assert.rejects(pack(folders), { message: `index.html has no ${place}` });
  }
  await write('src/index.html', `${places.join(' ')} <img src="assets/none.png">`);
  await assert.rejects(pack(folders), /assets\/none\.png/);
});
