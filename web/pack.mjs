// Puts the page together: names files after their content, fills in the templates, compresses everything, and says how
// large it all is.
//
//   node web/pack.mjs --modules DIR --out DIR [--cache DIR] [--source DIR] [--models DIR] [--languages DIR] [--mnist DIR]
//
// --modules has wasm-bindgen's app.js, app_bg.wasm, cpu.js and cpu_bg.wasm. --source is web/src, --models is models,
// --languages is assets/languages and --mnist is assets/mnist if not said. Compressed files are kept in --cache and used again as long as their content stays the same.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Script } from 'node:vm';
import { brotliCompress, constants, gzip } from 'node:zlib';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** These keep their names, as people and browsers ask for them by name. */
const PAGE = 'index.html';
const WORKER = 'service-worker.js';
const APP_MANIFEST = 'manifest.webmanifest';
const TEMPLATES = [PAGE, WORKER, APP_MANIFEST];

/** Stand in the page itself. */
const FIRST_SCRIPTS = ['first-look.js', 'first-words.js'];

/** The language that the page arrives in. */
const FIRST_LANGUAGE = 'en';

/** These have to be there; the page's modules import each other as "mnistify/loader" and so on. */
const MODULES = ['interface', 'fallback', 'app', 'cpu', 'loader'];

/** What the networks learn from, in the folder of digits. `train lessons` makes them. */
const LESSONS = ['train-10k-images-idx3-ubyte.gz', 'train-10k-labels-idx1-ubyte.gz', 'unseen-1k-images-idx3-ubyte.gz', 'unseen-1k-labels-idx1-ubyte.gz'];

/** They are not called .gz in the page: some hosts send such a file as one that was compressed on its way. */
const lessonName = (file) => file.replace(/-idx\d-ubyte\.gz$/, '.idx');

/** Already compressed. */
const INCOMPRESSIBLE = new Set(['.png', '.idx']);

/** A compressed file that was not used for this long is deleted from the cache. */
const CACHE_MILLIS = 30 * 24 * 60 * 60 * 1000;

/** Part of the name of what is kept; another number where the way of compressing changes. */
const CACHE_VERSION = 1;

/** Which part of the page a file belongs to, for the table. */
function partOf(name) {
  if (name === 'app.js' || name === 'app.wasm') return 'app';
  if (name === 'cpu.js' || name === 'cpu.wasm' || name.startsWith('fallback.')) return 'light page';
  if (name.endsWith('.idx')) return 'lessons';
  if (name.endsWith('.safetensors')) return `model ${name.slice(0, -'.safetensors'.length)}`;
  if (/^icon|\.(png|svg|ico)$/.test(name)) return 'icons';
  return 'page';
}

function hashOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An error that is told to people without a stack. */
class PackError extends Error {}

async function filesIn(folder) {
  let entries;
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new PackError(`cannot read the folder ${folder}: ${error.code}`);
  }
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  return files.map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/')).sort();
}

async function read(file) {
  try {
    return await readFile(file);
  } catch (error) {
    throw new PackError(`cannot read ${file}: ${error.code}`);
  }
}

/**
 * Every file that gets a name after its content: `{name, path, bytes}`, where `path` is how the page's sources call it
 * ("icons/icon.svg") and `name` how the manifest does ("icon.svg").
 */
async function assetsOf({ source, modules, models, mnist }) {
  const assets = [];
  const add = async (name, path, file) => {
    const other = assets.find((asset) => asset.name === name);
    if (other) throw new PackError(`${path} and ${other.path} would have the same name`);
    assets.push({ name, path, bytes: await read(file) });
  };
  for (const path of await filesIn(source)) {
    if (!TEMPLATES.includes(path) && !FIRST_SCRIPTS.includes(path)) await add(basename(path), path, join(source, path));
  }
  for (const module of ['app', 'cpu']) {
    await add(`${module}.js`, `${module}.js`, join(modules, `${module}.js`));
    await add(`${module}.wasm`, `${module}.wasm`, join(modules, `${module}_bg.wasm`));
  }
  const networks = (await filesIn(models)).filter((path) => path.endsWith('.safetensors') && !path.includes('/'));
  if (networks.length === 0) throw new PackError(`there is no .safetensors file in ${models}`);
  for (const path of networks) await add(path, path, join(models, path));
  for (const file of LESSONS) await add(lessonName(file), file, join(mnist, file));
  // A crate that brings JavaScript of its own; app.js would ask for it by a name that is not there.
  if ((await filesIn(modules)).some((path) => path.startsWith('snippets/'))) {
    throw new PackError('wasm-bindgen made a folder "snippets", which pack.mjs does not know how to pack');
  }
  return assets;
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Replaces what a text calls other files, in quotes or in url(), by their hashed names. */
function withHashedNames(text, assets, prefix) {
  let result = text;
  for (const { name, path, url } of assets) {
    const called = `(?:\\./)?(?:assets/)?(?:${escaped(path)}|${escaped(name)})`;
    const hashed = prefix + basename(url);
    result = result
      .replace(new RegExp(`(["'])${called}\\1`, 'g'), (_, quote) => quote + hashed + quote)
      .replace(new RegExp(`url\\(${called}\\)`, 'g'), `url(${hashed})`);
  }
  return result;
}

/** The page's words, by language and key; the language that the page arrives in first. */
async function wordsIn(folder) {
  const words = {};
  const codes = (await filesIn(folder)).map((path) => path.match(/^page\.([a-z]+)\.json$/)?.[1]).filter(Boolean);
  if (!codes.includes(FIRST_LANGUAGE)) throw new PackError(`there is no page.${FIRST_LANGUAGE}.json in ${folder}`);
  for (const code of [FIRST_LANGUAGE, ...codes.filter((code) => code !== FIRST_LANGUAGE)]) {
    try {
      words[code] = JSON.parse(await read(join(folder, `page.${code}.json`)));
    } catch (error) {
      if (error instanceof PackError) throw error;
      throw new PackError(`page.${code}.json is not valid: ${error.message}`);
    }
  }
  return words;
}

/** A text as it stands in HTML, also between quotes. */
function asHtml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** What first-words.js does in the browser, for the language that the page arrives in. */
function withWords(page, texts) {
  const text = (key) => {
    if (texts[key] === undefined) throw new PackError(`${PAGE} names the words "${key}", which are not there`);
    return asHtml(texts[key]);
  };
  const attributes = { label: 'aria-label', title: 'title', content: 'content' };
  return page
    .replace(/<[^<>]* data-words="([^"]*)"[^<>]*>(?=<\/)/g, (tag, key) => tag + text(key))
    .replace(/ data-words-(\w+)="([^"]*)"/g, (given, name, key) => `${given} ${attributes[name]}="${text(key)}"`);
}

function giveUrl(asset) {
  const ending = extname(asset.name);
  asset.url = `assets/${asset.name.slice(0, -ending.length)}.${hashOf(asset.bytes).slice(0, 8)}${ending}`;
}

/** JSON that can stand inside of a script element. */
function inlineJson(value) {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function filled(text, placeholders, file) {
  let result = text;
  for (const [name, value] of Object.entries(placeholders)) {
    if (!result.includes(name)) throw new PackError(`${file} has no ${name}`);
    result = result.replaceAll(name, () => value);
  }
  return result;
}

/** The scripts that stand in the page itself, as its policy names them. */
function inlineScripts(page) {
  const scripts = [...page.matchAll(/<script(?![^>]*(?: src=|application\/json))[^>]*>([^]*?)<\/script>/g)];
  return scripts.map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
}

/** The whole page by path, and its version. */
async function pageOf(folders) {
  const assets = await assetsOf(folders);
  const templates = {};
  for (const file of TEMPLATES) templates[file] = (await read(join(folders.source, file))).toString();
  const words = await wordsIn(folders.languages);
  const firstScripts = (await Promise.all(FIRST_SCRIPTS.map((name) => read(join(folders.source, name))))).join('\n');

  // Style sheets name icons and fonts, so those get their names first.
  const isStyle = (asset) => asset.name.endsWith('.css');
  assets.filter((asset) => !isStyle(asset)).forEach(giveUrl);
  for (const style of assets.filter(isStyle)) {
    style.bytes = Buffer.from(withHashedNames(style.bytes.toString(), assets.filter((asset) => !isStyle(asset)), ''));
    giveUrl(style);
  }

  const contents = [...assets.map(({ name, bytes }) => [name, hashOf(bytes)]), ...Object.entries(templates), words, firstScripts];
  const version = hashOf(JSON.stringify(contents)).slice(0, 16);
  const scripts = assets.filter((asset) => asset.name.endsWith('.js'));
  for (const name of MODULES) {
    if (!scripts.some((script) => script.name === `${name}.js`)) throw new PackError(`${folders.source} has no ${name}.js`);
  }

  const files = new Map(assets.map((asset) => [asset.url, asset]));
  const put = (name, text) => files.set(name, { name, bytes: Buffer.from(text) });

  const imports = Object.fromEntries(scripts.map(({ name, url }) => [`mnistify/${basename(name, '.js')}`, `./${url}`]));
  const manifest = {
    version,
    files: Object.fromEntries(assets.map(({ name, url, bytes }) => [name, { url, bytes: bytes.length }])),
  };
  const named = (file) => withHashedNames(templates[file], assets, 'assets/');
  const withoutScript = Object.entries(words).map(([code, texts]) => `<p lang="${code}">${asHtml(texts['no-script'] ?? '')}</p>`);
  const places = {
    __NO_SCRIPT__: withoutScript.join(''),
    __FIRST_SCRIPTS__: firstScripts.replaceAll('</', '<\\/'),
    __IMPORT_MAP__: inlineJson({ imports }),
    __MANIFEST__: inlineJson(manifest),
    __WORDS__: inlineJson(words),
  };
  const page = filled(withWords(named(PAGE), words[FIRST_LANGUAGE]), places, PAGE);
  put(PAGE, filled(page, { __INLINE_SCRIPTS__: inlineScripts(page) }, PAGE));
  put(APP_MANIFEST, named(APP_MANIFEST));
  const kept = [PAGE, APP_MANIFEST, ...assets.map((asset) => asset.url)];
  const urlsOf = (part) => JSON.stringify(assets.filter((asset) => partOf(asset.name) === part).map((asset) => asset.url));
  const worker = templates[WORKER].replaceAll(/(["'])(__(?:APP_|LESSON_)?FILES__)\1/g, '$2');
  const lists = { __APP_FILES__: urlsOf('app'), __LESSON_FILES__: urlsOf('lessons'), __FILES__: JSON.stringify(kept) };
  put(WORKER, filled(worker, { __VERSION__: version, ...lists }, WORKER));

  for (const file of TEMPLATES) {
    for (const [, named] of files.get(file).bytes.toString().matchAll(/["'](?:\.\/)?(assets\/[^"']+)["']/g)) {
      if (!files.has(named)) throw new PackError(`${file} names ${named}, which is not there`);
    }
  }
  try {
    JSON.parse(files.get(APP_MANIFEST).bytes);
    new Script(files.get(WORKER).bytes.toString(), { filename: WORKER });
  } catch (error) {
    throw new PackError(`a filled in template is not valid: ${error.message}`);
  }
  return { files, version };
}

const WAYS = [
  {
    way: 'brotli',
    ending: '.br',
    compress: (bytes) =>
      promisify(brotliCompress)(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
  },
  { way: 'gzip', ending: '.gz', compress: (bytes) => promisify(gzip)(bytes, { level: 9 }) },
];

/** Never half a file, even if it is interrupted or two files of the same content are written at once. */
async function writeWhole(file, bytes) {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, file);
}

/** The bytes compressed; from the cache where they are in it. */
async function compressed({ ending, compress }, bytes, cache) {
  if (cache === undefined) return compress(bytes);
  const file = join(cache, `${hashOf(bytes)}.v${CACHE_VERSION}${ending}`);
  try {
    const kept = await readFile(file);
    // Says when it was last of use.
    await utimes(file, new Date(), new Date());
    return kept;
  } catch {
    const made = await compress(bytes);
    await writeWhole(file, made);
    return made;
  }
}

async function forgetOld(cache) {
  for (const name of await readdir(cache)) {
    const file = join(cache, name);
    if (Date.now() - (await stat(file)).mtimeMs > CACHE_MILLIS) await rm(file, { force: true });
  }
}

/** Leaves a file alone that is the same already, so that its date says when it changed. */
async function update(file, bytes) {
  try {
    if (bytes.equals(await readFile(file))) return;
  } catch {
    // It is not there yet.
  }
  await writeWhole(file, bytes);
}

const zero = () => ({ raw: 0, gzip: 0, brotli: 0 });

function add(sum, sizes) {
  for (const way of Object.keys(sum)) sum[way] += sizes[way];
}

function mebibytes(bytes) {
  return bytes < 1e6 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}

function table(sizes) {
  const rows = [['part', 'raw', 'gzip', 'brotli']];
  const row = (name, part) => rows.push([name, ...['raw', 'gzip', 'brotli'].map((way) => mebibytes(part[way]))]);
  for (const [name, part] of Object.entries(sizes.parts)) row(name, part);
  row('first visit with WebGPU', sizes.totals.with_webgpu);
  row('first visit without', sizes.totals.without_webgpu);
  row('everything', sizes.totals.all);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const line = (cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  return rows.map(line).join('\n');
}

/** Packs the page into `out` and returns its sizes, the same that sizes.json holds. */
export async function pack({
  modules,
  out,
  cache,
  source = join(HERE, 'src'),
  models = join(HERE, '..', 'models'),
  languages = join(HERE, '..', 'assets', 'languages'),
  mnist = join(HERE, '..', 'assets', 'mnist'),
}) {
  const { files, version } = await pageOf({ modules, source, models, languages, mnist });
  if (cache !== undefined) await mkdir(cache, { recursive: true });

  const sizes = { version, files: {}, parts: {}, totals: { with_webgpu: zero(), without_webgpu: zero(), all: zero() } };
  const written = new Map();
  // Largest first: then no core waits for the last one.
  const order = [...files].sort(([, a], [, b]) => b.bytes.length - a.bytes.length);
  await Promise.all(
    order.map(async ([path, { name, bytes }]) => {
      const size = { name, part: partOf(name), raw: bytes.length, gzip: bytes.length, brotli: bytes.length };
      written.set(path, bytes);
      if (!INCOMPRESSIBLE.has(extname(name))) {
        for (const way of WAYS) {
          const result = await compressed(way, bytes, cache);
          written.set(path + way.ending, result);
          size[way.way] = result.length;
        }
      }
      sizes.files[path] = size;
    }),
  );

  sizes.files = Object.fromEntries([...files.keys()].sort().map((path) => [path, sizes.files[path]]));
  for (const size of Object.values(sizes.files)) {
    add((sizes.parts[size.part] ??= zero()), size);
    add(sizes.totals.all, size);
    // No visit begins with them.
    if (size.part === 'lessons') continue;
    if (size.part !== 'light page') add(sizes.totals.with_webgpu, size);
    if (size.part !== 'app') add(sizes.totals.without_webgpu, size);
  }
  sizes.parts = Object.fromEntries(Object.entries(sizes.parts).sort(([, a], [, b]) => b.brotli - a.brotli));
  written.set('sizes.json', Buffer.from(`${JSON.stringify(sizes, null, 1)}\n`));

  // Only files that an earlier run wrote are deleted: the folder may be anyone's.
  let earlier = [];
  try {
    const names = Object.keys(JSON.parse(await readFile(join(out, 'sizes.json'))).files);
    earlier = names.filter((path) => /^(assets\/)?[\w.-]+$/.test(path)).flatMap((path) => [path, `${path}.br`, `${path}.gz`]);
  } catch {
    // There was none.
  }
  for (const path of earlier) if (!written.has(path)) await rm(join(out, path), { force: true });
  for (const [path, bytes] of written) await update(join(out, path), bytes);
  if (cache !== undefined) await forgetOld(cache);
  return sizes;
}

async function main() {
  const { values } = parseArgs({
    options: Object.fromEntries(['modules', 'out', 'cache', 'source', 'models', 'languages', 'mnist'].map((name) => [name, { type: 'string' }])),
  });
  if (values.modules === undefined || values.out === undefined) throw new PackError('--modules and --out are needed');
  const sizes = await pack(values);
  console.log(table(sizes));
  console.log(`version ${sizes.version} is in ${values.out}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    const forPeople = error instanceof PackError || error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(`pack.mjs: ${forPeople ? error.message : error.stack}`);
    process.exitCode = 1;
  }
}
