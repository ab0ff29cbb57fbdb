// @ts-check
// Keeps one version of the whole page on this device, so that it opens at once and offline.
// A template: the build fills in the version and the list of its files.

const CACHE = "mnistify-__VERSION__";
/** @type {string[]} */
const FILES = /** @type {any} */ ("__FILES__");
const worker = /** @type {any} */ (self);

const addressOf = (file) => new URL(file, worker.registration.scope).href;
const INDEX = addressOf("index.html");
const KNOWN = new Set([...FILES.map(addressOf), INDEX]);

worker.addEventListener("install", (event) => event.waitUntil(store()));

worker.addEventListener("activate", (event) => event.waitUntil(removeOldVersions()));

// The page asks for this, when the person chose to change to the new version.
worker.addEventListener("message", (event) => {
  if (event.data === "skipWaiting") worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const known = request.method === "GET" && knownAddress(request);
  if (known) event.respondWith(answer(request, known));
});

/** All files or none: a version with holes must never be installed. */
async function store() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all([...KNOWN].map(async (address) => {
      // Names with a hash never change their content, so the browser's own cache may serve them.
      const hashed = address.startsWith(addressOf("assets/"));
      const response = await fetch(address, { cache: hashed ? "default" : "no-cache" });
      if (!response.ok) throw new Error(`${address}: HTTP ${response.status}`);
      await cache.put(address, await unredirected(response));
    }));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** Browsers refuse redirected responses for navigations, and some servers redirect index.html to the folder. */
async function unredirected(response) {
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}

async function removeOldVersions() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("mnistify-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The stored file that this request is for, if any. Every other request is left to the network. */
function knownAddress(request) {
  const url = new URL(request.url);
  url.hash = "";
  if (request.mode === "navigate") {
    url.search = "";
    if (url.href === worker.registration.scope) return INDEX;
  }
  return KNOWN.has(url.href) ? url.href : null;
}

async function answer(request, address) {
  const cache = await caches.open(CACHE);
  // "Download again": past all caches, and what arrives replaces what is stored.
  const again = request.cache === "reload" && request.mode !== "navigate";
  const stored = again ? undefined : await cache.match(address);
  if (stored) return stored;
  const response = await fetch(request);
  if (again && response.ok) await cache.put(address, response.clone());
  return response;
}
