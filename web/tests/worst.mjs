// Measures the worst input that each door of the page takes, and one just above each limit, and prints a table; not a test.
//
//   node web/tests/worst.mjs [--only PATTERN] [--gpu software|hardware] [--folder DIR] [--json]
//
// --only takes rows whose words match, --folder keeps the inputs (2 GiB) for another time. Each input comes to a browser of
// its own, after a seven that is read. Columns: what it came to, and after how long; the longest that the page's main thread
// stood still meanwhile; the memory of its largest program; what the page's process took before, at most, and in the end; what
// the GPU's process took at most, which with a software GPU is its memory too; after how long a three that is drawn then is
// read. Where something is not as it should be, the last column says so.

import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { crc32, createDeflate } from 'node:zlib';
import { serve } from '../serve.mjs';
import { coded as codedStrokes } from '../src/link.js';
import { App, DIST, ROOT, launch, recording } from './browser.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    gpu: { type: 'string', default: 'software' },
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (!['software', 'hardware'].includes(values.gpu)) throw new Error(`--gpu is software or hardware, not ${values.gpu}`);

/** So long an input is waited for. */
const PATIENCE_MILLIS = 240_000;
/** So long a three that is drawn afterwards. */
const THREE_MILLIS = 120_000;
/** Whatever takes longer than this is told. */
const LONG_MILLIS = 10_000;
const MIB = 2 ** 20;
/** See recording.rs, spec.rs and decoding.rs. */
const MAX_POINTS = 20_000;
const [WIDTH, HEIGHT] = [8192, 4882];

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'mnistify-worst-'));
mkdirSync(folder, { recursive: true });

// ---- inputs ----

/** The path of a file in the folder, which `make` writes where it is not there. */
async function made(name, make) {
  const path = join(folder, name);
  if (!existsSync(path)) await make(path);
  return path;
}

/** A PNG whose rows are as `fill(row, y)` leaves them; `channels` samples of `bits` a pixel. */
async function png(path, { width, height, bits, kind, channels }, fill, share = 1) {
  const chunk = (name, data) => {
    const all = Buffer.alloc(12 + data.length);
    all.writeUInt32BE(data.length);
    all.write(name, 4, 'latin1');
    data.copy(all, 8);
    all.writeUInt32BE(crc32(all.subarray(4, 8 + data.length)), 8 + data.length);
    return all;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([bits, kind, 0, 0, 0], 8);
  const deflate = createDeflate({ level: 1 });
  const parts = [];
  deflate.on('data', (part) => parts.push(chunk('IDAT', part)));
  // Each row as its difference to the one above, which compresses well: filter 2.
  const length = Math.ceil((width * channels * bits) / 8);
  let above = Buffer.alloc(length);
  for (let y = 0; y < height * share; y += 1) {
    const row = Buffer.alloc(length);
    fill(row, y);
    const filtered = Buffer.alloc(1 + length, 2);
    for (let at = 0; at < length; at += 1) filtered[1 + at] = row[at] - above[at];
    above = row;
    if (!deflate.write(filtered)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  const ended = new Promise((resolve) => deflate.on('end', resolve));
  deflate.end();
  await ended;
  const begun = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), ...parts];
  writeFileSync(path, Buffer.concat(share < 1 ? begun : [...begun, chunk('IEND', Buffer.alloc(0))]));
}

const isInk = (x, y) => x % 7 < 3 && y % 7 < 3;

/** 800,000 dots on paper that is not even. */
const dots = (width = WIDTH, height = HEIGHT) => () =>
  made(`dots-${width}x${height}.png`, (path) =>
    png(path, { width, height, bits: 8, kind: 0, channels: 1 }, (row, y) => {
      for (let x = 0; x < width; x += 1) row[x] = isInk(x, y) ? 30 : 200 + (x >> 8);
    }));

const deepDots = (name, share) => () =>
  made(name, (path) =>
    png(path, { width: WIDTH, height: HEIGHT, bits: 16, kind: 6, channels: 4 }, (row, y) => {
      for (let x = 0; x < WIDTH; x += 1) {
        const gray = isInk(x, y) ? 5000 : 50_000 + x;
        for (let channel = 0; channel < 3; channel += 1) row.writeUInt16BE(gray, 8 * x + 2 * channel);
        row.writeUInt16BE(65_535, 8 * x + 6);
      }
    }, share));

/** White paper of any size. */
const blank = (width, height) => () =>
  made(`blank-${width}x${height}.png`, (path) => png(path, { width, height, bits: 8, kind: 0, channels: 1 }, (row) => row.fill(255)));

/** Noise, which no compression makes smaller. */
const noise = (width, height) => () =>
  made(`noise-${width}x${height}.png`, (path) => {
    const random = randomBytes(width * 3 + 65_536);
    return png(path, { width, height, bits: 8, kind: 2, channels: 3 }, (row, y) => random.copy(row, 0, (y * 7919) % 65_536, ((y * 7919) % 65_536) + width * 3));
  });

function randomBytes(count) {
  let state = 1;
  return Buffer.from(Uint8Array.from({ length: count }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24));
}

/** The same dots in a format that the browser itself writes. */
const coded = (name, type, width = WIDTH, height = HEIGHT) => () =>
  made(`${name.replace('.', `-${width}x${height}.`)}`, async (path) => {
    const browser = await launch('none');
    try {
      const page = await browser.newPage();
      const base64 = await page.evaluate(async ([width, height, type]) => {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        const image = context.createImageData(width, 7);
        for (let index = 0; index < width * 7; index += 1) {
          const [x, y] = [index % width, Math.floor(index / width)];
          const gray = x % 7 < 3 && y % 7 < 3 ? 30 : 200 + (x >> 8);
          image.data.set([gray, gray, gray, 255], index * 4);
        }
        for (let y = 0; y < height; y += 7) context.putImageData(image, 0, y);
        const blob = await canvas.convertToBlob({ type, quality: 1 });
        if (blob.type !== type) throw new Error(`this browser writes no ${type}`);
        const reader = new FileReader();
        reader.readAsDataURL(blob);
        await new Promise((resolve) => (reader.onload = resolve));
        return String(reader.result).split(',')[1];
      }, [width, height, type]);
      writeFileSync(path, Buffer.from(base64, 'base64'));
    } finally {
      await browser.close();
    }
  });

/** A zigzag over the pad, half of it an eraser's; or each point a stroke. */
function drawing(count, strokes = 2) {
  const point = (i) => [i % 2 === 0 ? 3 : 277, i % 277, i];
  return {
    version: 1,
    size: 280,
    strokes: Array.from({ length: strokes }, (_, number) => {
      const [from, to] = [number, number + 1].map((at) => Math.floor((at * count) / strokes));
      return { tool: number < strokes / 2 ? 'draw' : 'erase', width: 20, points: Array.from({ length: to - from }, (_, i) => point(from + i)) };
    }),
  };
}

/** A drawing's file, made so long with spaces. */
const drawn = (name, count, strokes, bytes = 0) => () =>
  made(name, (path) => writeFileSync(path, JSON.stringify(drawing(count, strokes)).padEnd(bytes)));

/** The part of a link after #. */
const linkOf = (drawing) => `strokes=${codedStrokes(drawing)}`;

/** Some random numbers of this type, which a tensor repeats: a prime number of them. */
function someValues(bound, type) {
  const bytes = randomBytes(65_521 * 2);
  const values = Array.from({ length: 65_521 }, (_, index) => ((bytes[2 * index] * 256 + bytes[2 * index + 1]) / 32_768 - 1) * bound);
  return Buffer.from((type === 'F64' ? Float64Array : Float32Array).from(values).buffer);
}

/** A network's file: with its description as this program writes it, or with `F64` as another program does. */
const network = (name, layers, { type = 'F32', own = type === 'F32', classes, title = 'worst' } = {}) => () =>
  made(`${name}.safetensors`, (path) => {
    const header = {};
    if (own) {
      const spec = { name: title, input: [1, 28, 28], normalisation: { scale: 2, offset: -1 }, layers, classes: classes ?? [...'0123456789'] };
      header.__metadata__ = { 'mnistify.spec': JSON.stringify(spec) };
    }
    const tensors = [];
    for (const [index, layer] of layers.entries()) {
      if (layer.type === 'Conv2d') tensors.push([`${index}.weight`, [layer.out_channels, layer.in_channels, ...layer.kernel_size]], [`${index}.bias`, [layer.out_channels]]);
      if (layer.type === 'Linear') tensors.push([`${index}.weight`, [layer.out_features, layer.in_features]], [`${index}.bias`, [layer.out_features]]);
    }
    const size = type === 'F64' ? 8 : 4;
    const count = (shape) => shape.reduce((product, side) => product * side, 1);
    let at = 0;
    for (const [name, shape] of tensors) header[name] = { dtype: type, shape, data_offsets: [at, (at += size * count(shape))] };
    const json = JSON.stringify(header);
    const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const file = openSync(path, 'w');
    writeSync(file, length);
    writeSync(file, text);
    for (const [, shape] of tensors) {
      const values = someValues(shape.length > 1 ? Math.sqrt(3 / count(shape.slice(1))) : 0.1, type);
      for (let rest = size * count(shape); rest > 0; rest -= values.length) writeSync(file, values, 0, Math.min(rest, values.length));
    }
    closeSync(file);
  });

const relu = { type: 'ReLU' };
const flatten = { type: 'Flatten' };
const linear = (in_features, out_features) => ({ type: 'Linear', in_features, out_features });
const conv = (in_channels, out_channels, side) => ({ type: 'Conv2d', in_channels, out_channels, kernel_size: [side, side], stride: [1, 1], padding: [(side - 1) / 2, (side - 1) / 2] });
const mean = { type: 'AvgPool2d', kernel_size: [28, 28], stride: [28, 28] };
const wide = (hidden) => [flatten, linear(784, hidden), relu, linear(hidden, 10)];
const deep = (maps, convs) => [...Array.from({ length: convs }, (_, index) => [conv(index === 0 ? 1 : maps, maps, 3), relu]).flat(), mean, flatten, linear(maps, 10)];
const many = (maps) => [conv(1, maps, 1), mean, flatten, linear(maps, 10)];
const long = (layers) => [...deep(8, (layers - 3) >> 1), ...(layers % 2 === 0 ? [relu] : [])];
const named = (count, letters) => Array.from({ length: count }, (_, index) => `${index} `.padEnd(letters, 'wide '));

/** Bytes that are no file of any kind. */
const zeros = (name, bytes) => () =>
  made(name, (path) => {
    const file = openSync(path, 'w');
    const some = Buffer.alloc(MIB);
    for (let rest = bytes; rest > 0; rest -= MIB) writeSync(file, some, 0, Math.min(rest, MIB));
    closeSync(file);
  });

const lenet = () => join(ROOT, 'src', 'network', 'tests', 'imported', 'lenet.safetensors');
const described = (name, text, bytes) => () => made(name, (path) => writeFileSync(path, text.padEnd(bytes)));
const LENET = '{"name": "LeNet", "pool": "2x2"}';
const ODD = (bytes) => `{"names": {${Array.from({ length: bytes / 32 - 1 }, (_, index) => `"${`odd${index}`.padEnd(12, 'x')}": "fc3"`).join(', ')}}}`;

// ---- ways in ----

/** Drops files; those on a disk, as a person's are. */
const drop = (...files) => async (app) => {
  const paths = [];
  for (const file of files) paths.push(await file());
  await app.page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'worst', hidden: true });
    document.body.append(input);
  });
  await app.page.locator('#worst').setInputFiles(paths);
  const bytes = await app.page.evaluate(() => [...document.getElementById('worst').files].reduce((sum, { size }) => sum + size, 0));
  const begin = (target) => {
    const dataTransfer = new DataTransfer();
    for (const file of document.getElementById('worst').files) dataTransfer.items.add(file);
    document.querySelector(target).dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  };
  return { bytes, begin, argument: app.light ? '.pad canvas' : '#canvas' };
};

/** Gives a file's bytes to loadNetwork. */
const load = (file) => async (app) => {
  const { bytes } = await drop(file)(app);
  await app.page.evaluate(async () => (globalThis.worst.bytes = new Uint8Array(await document.getElementById('worst').files[0].arrayBuffer())));
  const begin = (then) => {
    const { worst } = globalThis;
    const loaded = globalThis.mnistify.loadNetwork(worst.bytes, then ?? undefined);
    loaded.catch((error) => (worst.thrown = error.message));
  };
  return { bytes, begin, argument: null };
};

/** What a script does with an argument. */
const script = (begin, argument, bytes = JSON.stringify(argument ?? '').length) => async () => ({ bytes, begin, argument });
const draw = (strokes) => script((strokes) => {
  try {
    globalThis.mnistify.draw(strokes);
  } catch (error) {
    globalThis.worst.thrown = error.message;
  }
}, strokes, typeof strokes === 'string' ? strokes.length : undefined);
const open = (fragment) => script((fragment) => (location.hash = fragment), fragment, fragment.length);
const logits = (images) => script((count) => {
  globalThis.mnistify.logitsOf(new Uint8Array(count)).then(() => (globalThis.worst.told = true), (error) => (globalThis.worst.thrown = error.message));
}, images * 784, images * 784);

const SIZE = `${WIDTH} × ${HEIGHT} pixels, 800,000 dots`;
const POINTS = '20,000 points, half of them an eraser’s';
const WIDE = '66.8 million parameters';
const DEEP = '1.04 billion multiplications';

// [door, what, how, what it should come to]; a fifth is the address.
const ROWS = [
  ['script', 'a three', script((strokes) => globalThis.mnistify.draw(strokes), await recording('three')), 'drawing'],
  ['PNG, 16 bits', SIZE, drop(deepDots('deep.png', 1)), 'drawing'],
  ['PNG', SIZE, drop(dots()), 'drawing'],
  ['JPEG', SIZE, drop(coded('dots.jpg', 'image/jpeg')), 'drawing'],
  ['WebP', SIZE, drop(coded('dots.webp', 'image/webp')), 'drawing'],
  ['drawing', POINTS, drop(drawn('points.json', MAX_POINTS, 2)), 'drawing'],
  ['drawing', '20,000 strokes of a point, and spaces', drop(drawn('strokes.json', MAX_POINTS, MAX_POINTS, 8 * MIB)), 'drawing'],
  ['link', POINTS, open(linkOf(drawing(MAX_POINTS))), 'drawing'],
  ['`draw`', POINTS, draw(drawing(MAX_POINTS)), 'drawing'],
  ['`draw`, JSON', '20,000 strokes of a point, and spaces', draw(JSON.stringify(drawing(MAX_POINTS, MAX_POINTS)).padEnd(8 * MIB)), 'drawing'],
  ['link without 3D', POINTS, open(linkOf(drawing(MAX_POINTS))), 'drawing', 'cpu'],
  ['`draw` without 3D', '20,000 strokes of a point, and spaces', draw(JSON.stringify(drawing(MAX_POINTS, MAX_POINTS)).padEnd(8 * MIB)), 'drawing', 'cpu'],
  ['network', WIDE, drop(network('wide', wide(84_000))), 'network'],
  ['network of others', `${WIDE}, F64`, drop(network('wide-f64', wide(84_000), { type: 'F64' })), 'network'],
  ['`loadNetwork`', WIDE, load(network('wide', wide(84_000))), 'network'],
  ['`loadNetwork`', `${WIDE}, F64`, load(network('wide-f64', wide(84_000), { type: 'F64' })), 'network'],
  ['network', DEEP, drop(network('deep', deep(128, 10))), 'network'],
  ['network of others', `${DEEP}, F64`, drop(network('deep-f64', deep(128, 10), { type: 'F64' })), 'network'],
  ['network of others', '18.5 million multiplications, tried out', drop(network('tried-f64', deep(36, 3), { type: 'F64' })), 'network'],
  ['network', '16.7 million values', drop(network('many', many(21_300))), 'network'],
  ['network', '256 layers', drop(network('long', long(256))), 'network'],
  ['network', '1000 classes, names of 200 letters', drop(network('named', [flatten, linear(784, 1000)], { classes: named(1000, 200), title: 'name '.repeat(40) })), 'network'],
  ['network and description', '64 KiB of description', drop(lenet, described('lenet.json', LENET, 65_536)), 'network'],
  ['`logitsOf`', '1000 images', logits(1000), 'told'],

  ['PNG, 16 bits, cut', SIZE, drop(deepDots('cut.png', 0.98)), 'refused'],
  ['PNG', '8192 × 4883 pixels', drop(dots(WIDTH, 4883)), 'refused'],
  ['PNG', '8193 × 100 pixels', drop(dots(8193, 100)), 'refused'],
  ['PNG', '20,000 × 20,000 pixels, blank', drop(blank(20_000, 20_000)), 'refused'],
  ['PNG', '60,000 × 60,000 pixels, blank', drop(blank(60_000, 60_000)), 'refused'],
  ['PNG', '6300 × 6300 pixels of noise, above 64 MiB', drop(noise(6300, 6300)), 'refused'],
  ['JPEG', '8192 × 4883 pixels', drop(coded('dots.jpg', 'image/jpeg', WIDTH, 4883)), 'refused'],
  ['WebP', '8192 × 4883 pixels', drop(coded('dots.webp', 'image/webp', WIDTH, 4883)), 'refused'],
  ['drawing', '20,001 points', drop(drawn('more-points.json', MAX_POINTS + 1, 2)), 'refused'],
  ['drawing', '8 MiB and a byte', drop(drawn('more-bytes.json', MAX_POINTS, 2, 8 * MIB + 1)), 'refused'],
  ['link', '20,001 points', open(linkOf(drawing(MAX_POINTS + 1))), 'refused'],
  ['link', '400,000 points', open(linkOf(drawing(400_000))), 'refused'],
  ['`draw`', '20,001 points', draw(drawing(MAX_POINTS + 1)), 'refused'],
  ['`draw`, JSON', '8 MiB and a byte', draw(JSON.stringify(drawing(MAX_POINTS)).padEnd(8 * MIB + 1)), 'refused'],
  ['link without 3D', '20,001 points', open(linkOf(drawing(MAX_POINTS + 1))), 'refused', 'cpu'],
  ['link without 3D', '400,000 points', open(linkOf(drawing(400_000))), 'refused', 'cpu'],
  ['`draw` without 3D', '20,001 points', draw(drawing(MAX_POINTS + 1)), 'refused', 'cpu'],
  ['network without 3D', WIDE, drop(network('wide', wide(84_000))), 'refused', 'cpu'],
  ['network', '67.2 million parameters', drop(network('wider', wide(84_500))), 'refused'],
  ['network of others', '67.1 million parameters, F64', drop(network('wider-f64', wide(84_420), { type: 'F64' })), 'refused'],
  ['network', '512 MiB and a byte', drop(zeros('zeros.safetensors', 512 * MIB + 1)), 'refused'],
  ['network', '512 MiB of zeros', drop(zeros('fewer-zeros.safetensors', 512 * MIB)), 'refused'],
  ['`loadNetwork`', '512 MiB and a byte', load(zeros('zeros.safetensors', 512 * MIB + 1)), 'refused'],
  ['network', '1.16 billion multiplications', drop(network('deeper', deep(128, 11))), 'refused'],
  ['network', '16.8 million values', drop(network('more', many(21_360))), 'refused'],
  ['network', '257 layers', drop(network('longer', long(257))), 'refused'],
  ['network', '1001 classes', drop(network('more-named', [flatten, linear(784, 1001)], { classes: named(1001, 200) })), 'refused'],
  ['network and description', '64 KiB and a byte of description', drop(lenet, described('large.json', LENET, 65_537)), 'refused'],
  ['network and description', '64 KiB of names that are not there', drop(lenet, described('odd.json', ODD(65_536), 0)), 'refused'],
  ['`loadNetwork`', '64 KiB and a byte of description', async (app) => ({ ...(await load(lenet)(app)), argument: LENET.padEnd(65_537) }), 'refused'],
  ['`logitsOf`', '10,001 images', logits(10_001), 'refused'],
];

// ---- the page ----

/** In the page, before its own scripts: how long the main thread stands still, and the programs' memories. */
function watch() {
  const seen = { still: 0, memories: [], thrown: null, told: false, bytes: null };
  globalThis.worst = seen;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    [seen.still, last] = [Math.max(seen.still, now - last), now];
  }, 5);
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (...values) => {
      const made = await real.apply(WebAssembly, values);
      const { memory } = (made.instance ?? made).exports;
      if (memory) seen.memories.push(memory);
      return made;
    };
  }
}

/** In the page: begins, and waits until it is shown, answered or refused. */
async function follow([argument, kind, patience]) {
  const { worst, mnistify } = globalThis;
  const before = JSON.stringify(mnistify.state().image);
  const start = performance.now();
  worst.still = 0;
  worst.begin(argument);
  const outcome = () => {
    const toast = document.getElementById('toast');
    if (worst.thrown) return { words: worst.thrown };
    if (worst.told) return { as: 'told' };
    let state;
    try {
      state = mnistify.state();
    } catch (error) {
      return { words: document.getElementById('message').textContent || error.message, broken: true };
    }
    if (state.refusal) return { words: state.refusal };
    if (toast.classList.contains('shown') && toast.textContent) return { words: toast.textContent };
    const own = state.models.find(({ yours }) => yours);
    if (own && own.status !== 'checking' && own.class !== null) return { as: 'network', more: `${own.status}, on ${own.runs_on}` };
    if (kind !== 'network' && JSON.stringify(state.image) !== before) return { as: 'drawing', more: state.message ?? '' };
    return null;
  };
  while (performance.now() - start < patience) {
    const found = outcome();
    if (found) {
      const millis = performance.now() - start;
      // What comes right after belongs to it.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return { ...found, millis, still: worst.still };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { words: null, millis: patience, still: worst.still };
}

/** MiB of a process; `peak` is since the last time that it was forgotten. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [peak, now] = ['VmHWM', 'VmRSS'].map((name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))?.[1]) / 1024);
    return { peak, now };
  } catch {
    return { peak: NaN, now: NaN };
  }
}

const limited = (promise, millis) => Promise.race([promise, pause(millis, null, { ref: false })]);

/** The process of each kind that takes most: the browser keeps an empty one ready. */
async function processes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const largest = (type) => processInfo.filter((one) => one.type === type).map(({ id }) => id).sort((a, b) => memoryOf(b).now - memoryOf(a).now)[0];
  return { renderer: largest('renderer'), gpu: largest('GPU') };
}

async function measure(server, [door, what, how, kind, address = '']) {
  const browser = await launch(address === 'cpu' ? 'none' : values.gpu);
  const row = { door, what, faults: [] };
  try {
    const app = new App(await browser.newPage({ viewport: { width: 1280, height: 720 } }), []);
    app.light = address === 'cpu';
    await app.page.addInitScript(watch);
    await app.page.goto(`${server.url}?nosw&${address}`);
    await app.reaches(app.light ? 'fallback' : 'ready');
    await app.ask(() => globalThis.mnistify.ready.then(() => {}));
    await app.draw(await recording('seven'));
    await app.reads(7);
    const { strokes } = await app.state();
    const { bytes, begin, argument } = await how(app);
    await app.page.evaluate(`globalThis.worst.begin = ${begin}`);
    const { renderer, gpu } = await processes(browser);
    for (const pid of [renderer, gpu]) writeFileSync(`/proc/${pid}/clear_refs`, '5');
    row.bytes = bytes;
    row.before = memoryOf(renderer).now;
    const crashed = new Promise((resolve) => app.page.on('crash', () => resolve({ words: null, broken: true, crashed: true })));
    const found = (await limited(Promise.race([app.page.evaluate(follow, [argument, kind, PATIENCE_MILLIS]), crashed]), 2 * PATIENCE_MILLIS)) ?? { words: null };
    Object.assign(row, found);
    row.as ??= 'refused';
    if (found.crashed) row.faults.push('the page crashed');
    else if (found.as === undefined && !found.words) row.faults.push('no answer');
    else if (row.as !== kind) row.faults.push(`${row.as}, not ${kind}`);
    if (found.broken) row.faults.push('the app stopped');
    if (found.millis > LONG_MILLIS) row.faults.push('slow');
    if (found.still > LONG_MILLIS) row.faults.push('stood still');
    if (!found.crashed && !found.broken) {
      if (row.as !== 'drawing' && (await app.state()).strokes !== strokes) row.faults.push('the drawing is gone');
      const begun = performance.now();
      await app.draw(await recording('three'));
      const shipped = ({ models }) => models.filter(({ yours }) => !yours);
      const read = await app.shows('a three that is read', (state) => shipped(state).every((model) => model.class === 3), THREE_MILLIS).catch((error) => error);
      row.three = performance.now() - begun;
      if (read instanceof Error) row.faults.push(`a three is not read within ${THREE_MILLIS / 1000} s`);
    }
    Object.assign(row, { peak: memoryOf(renderer).peak, end: memoryOf(renderer).now, gpu: memoryOf(gpu).peak });
    if (!found.crashed) row.wasm = await app.ask(() => Math.max(...globalThis.worst.memories.map(({ buffer }) => buffer.byteLength)) / 2 ** 20);
    const { problems } = app;
    if (problems.length > 0) row.faults.push(`console: ${problems[0].slice(0, 300)}`);
  } catch (error) {
    row.faults.push(String(error.message ?? error).slice(0, 400));
  } finally {
    await limited(browser.close(), 20_000);
  }
  return row;
}

const seconds = (millis) => (millis === undefined ? '' : `${(millis / 1000).toFixed(2)} s`);
const mib = (value) => (value === undefined ? '' : `${Math.round(value)}`);
const cell = (text) => String(text ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|');

function print(row) {
  if (values.json) return console.log(JSON.stringify(row));
  const { door, what, bytes, as, millis, still, wasm, before, peak, end, gpu, three, faults, words, more } = row;
  const size = bytes === undefined ? '' : bytes < 0.05 * MIB ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
  const cells = [door, what, size, `${as} after ${seconds(millis)}`, seconds(still), mib(wasm), `${mib(before)}, ${mib(peak)}, ${mib(end)}`, mib(gpu), seconds(three), [...faults, (words ?? more ?? '').slice(0, 240)].filter(Boolean).join('; ')];
  console.log(`| ${cells.map(cell).join(' | ')} |`);
}

const server = await serve({ folder: DIST });
try {
  if (!values.json) {
    console.log('| Door | What | Size | Came to | Stood still | Program, MiB | Page before, at most, after, MiB | GPU process, MiB | A three then | |');
    console.log('|---|---|---|---|---|---|---|---|---|---|');
  }
  const only = new RegExp(values.only, 'i');
  for (const row of ROWS) {
    if (only.test(`${row[0]} ${row[1]} ${row[3]}`)) print(await measure(server, row));
  }
} finally {
  await server.close();
  if (!values.folder) rmSync(folder, { recursive: true });
}
