// @ts-check
// Keeps one version of the page on this device, so that it opens at once and offline: the light page from the start, the app
// and the lessons as soon as the page has them.
// A template: the build fills in the version and the lists of its files.

const VERSION = "__VERSION__";
/** @type {string[]} */
const FILES = /** @type {any} */ ("__FILES__");
/** The app's among them. @type {string[]} */
const APP_FILES = /** @type {any} */ ("__APP_FILES__");
/** The lessons' among them. @type {string[]} */
const LESSON_FILES = /** @type {any} */ ("__LESSON_FILES__");
const worker = /** @type {any} */ (self);

/** One host may hold several of these pages; addresses hold no spaces, so none of these begins another's. */
const OURS = `mnistify ${worker.registration.scope} `;
const CACHE = OURS + VERSION;

const addressOf = (file) => new URL(file, worker.registration.scope).href;
const INDEX = addressOf("index.html");
const KNOWN = new Set([...FILES.map(addressOf), INDEX]);
/** What is stored when the page asks for it, by what it says then: who spares data is sent these on request only. */
const LATER = { storeApp: APP_FILES.map(addressOf), storeLessons: LESSON_FILES.map(addressOf) };

worker.addEventListener("install", (event) => event.waitUntil(store()));

worker.addEventListener("activate", (event) => event.waitUntil(removeOldVersions()));

worker.addEventListener("message", (event) => {
  // The page asks for this, when the person chose to change to the new version.
  if (event.data === "skipWaiting") worker.skipWaiting();
  // And for these when it has the files itself.
  if (Object.hasOwn(LATER, event.data)) event.waitUntil(storeLater(LATER[event.data]));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const known = request.method === "GET" && knownAddress(request);
  if (known) event.respondWith(answer(event, known));
});

async function storeLater(addresses) {
  try {
    await storeIn(await caches.open(CACHE), addresses);
  } catch (error) {
    console.warn("More of the page cannot be stored:", error);
  }
}

async function storeIn(cache, addresses) {
  await Promise.all(addresses.map(async (address) => {
    if (await cache.match(address)) return;
    // Names with a hash never change their content, so the browser's own cache may serve them.
    const hashed = address.startsWith(addressOf("assets/"));
    const response = await fetch(address, { cache: hashed ? "default" : "no-cache" });
    if (!response.ok) throw new Error(`${address}: HTTP ${response.status}`);
    await cache.put(address, await unredirected(response));
  }));
}

/** All files of the light page or none: a version with holes must never be installed. What is stored of it already stays, and is enough. */
async function store() {
  const isNew = !(await caches.has(CACHE));
  const cache = await caches.open(CACHE);
  const later = Object.values(LATER).flat();
  try {
    await storeIn(cache, [...KNOWN].filter((address) => !later.includes(address)));
    // Another version that becomes the active one meanwhile removes all but its own.
    if (!(await caches.has(CACHE))) throw new Error("the cache was removed");
  } catch (error) {
    if (isNew) await caches.delete(CACHE);
    throw error;
  }
}

/** Browsers refuse redirected responses for navigations, and some servers redirect index.html to the folder. */
async function unredirected(response) {
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}

async function removeOldVersions() {
  for (const name of await caches.keys()) {
    if (name !== CACHE && (name.startsWith(OURS) || (await isOursUnnamed(name)))) await caches.delete(name);
  }
}

/** Earlier versions did not tell in the name whose a cache is. */
async function isOursUnnamed(name) {
  return /^mnistify-[0-9a-f]{16}$/.test(name) && Boolean(await (await caches.open(name)).match(INDEX));
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

async function answer(event, address) {
  const { request } = event;
  let cache;
  try {
    cache = await caches.open(CACHE);
    // "Download again": past all caches, and what arrives replaces what is stored.
    const again = request.cache === "reload" && request.mode !== "navigate";
    const stored = again ? undefined : await cache.match(address);
    if (stored) return stored;
    if (!again) cache = null;
  } catch (error) {
    cache = null;
    console.warn("What is stored cannot be read:", error);
  }
  const response = await fetch(request);
  if (cache && response.ok) {
    // Storage may be full; what has arrived is an answer all the same.
    const full = (error) => console.warn("The file cannot be stored:", error);
    event.waitUntil(cache.put(address, response.clone()).catch(full));
  }
  return response;
}
