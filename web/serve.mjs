// Serves the built page on this machine, the way a good host would: compressed files where the browser takes them, files
// named after their content kept for ever, everything else checked each time, the page's policy as a header too.
//
//   node web/serve.mjs [FOLDER] [--port N] [--base /sub/path]
//
// FOLDER is web/dist if not said. Port 0 is any free port.

import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  // Browsers compile WebAssembly while it arrives only if it has this type.
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Best first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
];

const DEFAULT_PORT = 8000;

/** So much of a page is searched for its policy. */
const MAX_HEAD_LENGTH = 16_384;

/** Browsers' lists are a tenth as long; who sends a longer one is served uncompressed. */
const MAX_ENCODINGS_LENGTH = 512;

/** Whether an Accept-Encoding header takes this encoding; `q=0` means that it does not. */
function takes(header, encoding) {
  if (header.length > MAX_ENCODINGS_LENGTH) return false;
  const weights = new Map();
  for (const part of header.toLowerCase().split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  return (weights.get(encoding) ?? weights.get('*') ?? 0) > 0;
}

async function fileAt(path) {
  try {
    const found = await stat(path);
    return found.isFile() ? found : null;
  } catch {
    return null;
  }
}

/** The file that a URL path names, or null. A folder stands for its index.html. */
async function find(folder, path) {
  let name;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (name.includes('\0')) return null;
  if (name.endsWith('/')) name += 'index.html';
  const file = resolve(folder, `.${name}`);
  return file.startsWith(folder + sep) && (await isInside(folder, file)) ? file : null;
}

/** Whether there is such a file, and no link leads out of the folder on the way to it. */
async function isInside(folder, file) {
  return (await fileAt(file)) !== null && (await realpath(file)).startsWith(folder + sep);
}

/** The Content-Security-Policy that a page names in its head, for the header of the same name; undefined without one. */
async function policyOf(page) {
  const head = (await readFile(page, 'utf8')).slice(0, MAX_HEAD_LENGTH);
  return head.match(/<meta http-equiv="Content-Security-Policy" content="([^"\r\n]*)">/)?.[1];
}

function refuse(response, status, text, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-cache', ...headers });
  response.end(`${text}\n`);
}

async function answer(request, response, folder, base) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, 405, 'Only GET and HEAD', { Allow: 'GET, HEAD' });
    return;
  }
  // Not through URL, which would resolve `..` first and hide what was asked.
  const [path, query] = request.url.split('?', 2);
  if (path === base && base !== '') {
    refuse(response, 301, 'Moved', { Location: `${base}/${query === undefined ? '' : `?${query}`}` });
    return;
  }
  const file = path.startsWith(`${base}/`) ? await find(folder, path.slice(base.length)) : null;
  if (file === null) {
    refuse(response, 404, 'Not found');
    return;
  }

  let [served, encoding] = [file, null];
  for (const [name, ending] of ENCODINGS) {
    if (takes(request.headers['accept-encoding'] ?? '', name) && (await isInside(folder, file + ending))) {
      [served, encoding] = [file + ending, name];
      break;
    }
  }
  const found = await stat(served);
  const hashed = relative(folder, file).startsWith(`assets${sep}`);
  const tag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}${encoding === null ? '' : `-${encoding}`}"`;
  const headers = {
    'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: tag,
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
  };
  const policy = extname(file) === '.html' ? await policyOf(file) : undefined;
  if (policy !== undefined) headers['Content-Security-Policy'] = policy;
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  headers['Content-Type'] = TYPES[extname(file)] ?? 'application/octet-stream';
  headers['Content-Length'] = found.size;
  if (encoding !== null) headers['Content-Encoding'] = encoding;
  response.writeHead(200, headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(served);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

/**
 * Serves a folder on 127.0.0.1 under the path `base`, such as "/sub/path".
 *
 * @returns {Promise<{url: string, port: number, close: () => Promise<void>}>} `url` ends with a slash; `close` also cuts
 *   the connections that are open.
 */
export async function serve({ folder, port = 0, base = '' }) {
  const root = await realpath(folder);
  const prefix = base.replace(/\/+$/, '');
  if (prefix !== '' && !prefix.startsWith('/')) throw new Error(`the base ${base} must begin with a slash`);
  const server = createServer((request, response) => {
    answer(request, response, root, prefix).catch((error) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'The server failed');
    });
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', done);
  });
  const used = server.address().port;
  return {
    // Browsers take localhost for safe, which WebGPU and service workers want.
    url: `http://localhost:${used}${prefix}/`,
    port: used,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function main() {
  let values, positionals;
  try {
    ({ values, positionals } = parseArgs({
      allowPositionals: true,
      options: { port: { type: 'string' }, base: { type: 'string' } },
    }));
    if (positionals.length > 1) throw new Error('more than one folder');
  } catch (error) {
    console.error(`serve.mjs: ${error.message}\nusage: node web/serve.mjs [FOLDER] [--port N] [--base /sub/path]`);
    return 2;
  }
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`serve.mjs: ${values.port} is not a port`);
    return 2;
  }
  const folder = positionals[0] ?? join(fileURLToPath(new URL('.', import.meta.url)), 'dist');
  if (!(await fileAt(join(folder, 'index.html')))) {
    console.error(`serve.mjs: there is no page in ${folder}; web/build.sh makes it`);
    return 1;
  }
  try {
    const { url } = await serve({ folder, port, base: values.base });
    console.log(`Mnistify is at ${url} (Ctrl+C ends it)`);
    return null;
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    console.error(`serve.mjs: port ${port} is taken; choose another with --port`);
    return 1;
  }
}

if (process.argv[1] !== undefined && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const code = await main();
  if (code !== null) process.exitCode = code;
}
