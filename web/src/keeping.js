// @ts-check
// Keeps the drawing, the view and a person's own network over a reload that follows a failure or an update: the small ones in
// this tab's session storage, the network in IndexedDB.

const STROKES = "mnistify.strokes";
const VIEW = "mnistify.view";
/** Read by first-look.js, too. */
const ACCESS = "mnistify.access";
const RESUME = "mnistify.resume";
const TAB = "mnistify.tab";
const ASIDE = "mnistify.aside";

const STORE = "networks";
/** A network that another tab left behind longer ago is deleted. */
const NETWORK_MILLIS = 7 * 24 * 60 * 60 * 1000;
/** So long a network that is still being written holds a reload up. */
const WRITE_MILLIS = 3000;

/**
 * What the page before this one left. `light` is why it goes on without 3D, or null; `view` is the part of a link that shows
 * the same again; `asked`: the person asked for 3D; `aside` is what may have ended it as soon as that was opened, and is not opened by itself again.
 */
export const left = takeWhatIsLeft();

/**
 * @typedef {"app" | "light"} Program
 * @typedef {"view" | "drawing" | "network"} Part
 */

/**
 * Whether this program failed before as soon as this part of what was kept, or of a link, was opened.
 * @param {Program} by
 * @param {Part} part
 */
export const isAside = (by, part) => left.aside?.by === by && Boolean(left.aside.parts?.includes(part));

/**
 * Sets parts of what is kept aside: the next page does not open them by itself.
 * @param {Program} by which program failed with them
 * @param {Part[]} parts
 */
export function setAside(by, parts) {
  write(ASIDE, JSON.stringify({ by, parts }));
}

/** The newest recording of the drawing, as JSON; null while there is none. */
let newest = left.strokes;
/** The newest view, with which networks are shown. */
let view = left.view;
/** @typedef {{high_contrast: boolean, text_percent: number}} Access how the app met who uses it */
/** @type {Access | null} */
let access = null;

function takeWhatIsLeft() {
  const resume = parse(read(RESUME));
  // A tab that the system discarded comes back by itself; its person expects the drawing, too.
  const resumes = Boolean(resume || /** @type {any} */ (document).wasDiscarded);
  const taken = (key) => (resumes ? read(key) : null);
  /** @type {{by: Program, parts: Part[]} | null} */
  const aside = resumes ? parse(read(ASIDE)) : null;
  const found = { resumes, strokes: taken(STROKES), view: taken(VIEW), light: resume?.light ?? null, asked: Boolean(resume?.asked), aside };
  remove(RESUME);
  remove(ASIDE);
  if (found.strokes === null) remove(STROKES);
  if (found.view === null) remove(VIEW);
  return found;
}

/**
 * Remembers the drawing, and the view and how who uses it is met, if they are told, as they are now.
 * @param {string} strokes
 * @param {string | null} fragment
 * @param {Access | null} met
 */
export function keep(strokes, fragment = view, met = access) {
  [newest, view, access] = [strokes, fragment, met];
  writeKept();
}

function writeKept() {
  if (newest !== null) write(STROKES, newest);
  if (view !== null) write(VIEW, view);
  if (access) write(ACCESS, JSON.stringify(access));
}

/** The drawing remembered last, or null. */
export const kept = () => newest;

/** The view remembered last, or null. */
export const keptView = () => view;

/** How who uses it was met last, or null. */
export const keptAccess = () => access;

/** Loads the page anew with all that is kept; with a reason `light`, without 3D. */
export async function restart({ light = null, asked = false } = {}) {
  await leave({ light, asked });
  location.reload();
}

/** The same, with 3D tried again. */
export async function restartWith3d() {
  await leave({ light: null, asked: true });
  const address = new URL(location.href);
  if (!address.searchParams.has("cpu")) return location.reload();
  address.searchParams.delete("cpu");
  location.replace(address);
}

async function leave(how) {
  writeKept();
  write(RESUME, JSON.stringify(how));
  await Promise.race([networkWritten, new Promise((resolve) => setTimeout(resolve, WRITE_MILLIS))]);
}

// ---- a person's own network ----

/** @typedef {{name: string, bytes: Uint8Array, description: string | undefined}} OwnNetwork */

/** Each tab has its own. */
const tab = read(TAB) ?? String(Math.random());
write(TAB, tab);

/** The last change of what is stored, whether it succeeded or not. */
let networkWritten = Promise.resolve();

/**
 * Remembers the person's own network, or with null that there is none.
 * @param {OwnNetwork | null} network
 */
export function keepNetwork(network) {
  networkWritten = inStore((store) => (network ? store.put({ ...network, at: Date.now() }, tab) : store.delete(tab))).then(
    () => {},
    (error) => console.warn("The network cannot be kept:", error),
  );
}

/**
 * The network that the page before this one left, or null.
 * @returns {Promise<OwnNetwork | null>}
 */
export async function networkLeft() {
  try {
    await inStore(deleteOld);
    if (left.resumes) return (await inStore((store) => store.get(tab))) ?? null;
    keepNetwork(null);
  } catch (error) {
    console.warn("The network cannot be restored:", error);
  }
  return null;
}

/** @param {IDBObjectStore} store */
function deleteOld(store) {
  const cursor = store.openCursor();
  cursor.onsuccess = () => {
    const entry = cursor.result;
    if (!entry) return;
    if (entry.key !== tab && Date.now() - entry.value.at > NETWORK_MILLIS) entry.delete();
    entry.continue();
  };
  return cursor;
}

/**
 * Resolves to the result of what `body` asks of the store, when all of it is done.
 * @param {(store: IDBObjectStore) => IDBRequest} body
 */
async function inStore(body) {
  const open = indexedDB.open("mnistify", 1);
  open.onupgradeneeded = () => open.result.createObjectStore(STORE);
  await done(open, "success");
  const transaction = open.result.transaction(STORE, "readwrite");
  const asked = body(transaction.objectStore(STORE));
  await done(transaction, "complete");
  open.result.close();
  return asked.result;
}

/**
 * @param {IDBRequest | IDBTransaction} request
 * @param {"success" | "complete"} event
 */
function done(request, event) {
  return new Promise((resolve, reject) => {
    request.addEventListener(event, resolve);
    for (const bad of ["error", "abort"]) request.addEventListener(bad, () => reject(request.error));
  });
}

// ---- session storage ----

function parse(json) {
  try {
    return json && JSON.parse(json);
  } catch {
    return null;
  }
}

// Storage can be switched off or full. The page works without it; only the drawing is then lost in a reload.
function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch (error) {
    console.warn("The drawing cannot be kept:", error);
  }
}

function remove(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing is stored, then.
  }
}
