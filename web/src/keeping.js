// Keeps the drawing over a reload that follows a failure or an update: in this tab's session storage.

const STROKES = "mnistify.strokes";
const RESUME = "mnistify.resume";

/** What the page before this one left: `{strokes, light}`. `light` is why it goes on without 3D, or null. */
export const left = takeWhatIsLeft();

/** The newest recording of the drawing, as JSON; null while there is none. */
let newest = left.strokes;

function takeWhatIsLeft() {
  const resume = parse(read(RESUME));
  // A tab that the system discarded comes back by itself; its person expects the drawing, too.
  const strokes = resume || document.wasDiscarded ? read(STROKES) : null;
  remove(RESUME);
  if (!strokes) remove(STROKES);
  return { strokes, light: resume?.light ?? null };
}

/** Remembers the drawing as it is now. */
export function keep(strokes) {
  newest = strokes;
  write(STROKES, strokes);
}

/** The drawing remembered last, or null. */
export const kept = () => newest;

/** Loads the page anew with the same drawing; with a reason `light`, without 3D. */
export function restart({ light = null } = {}) {
  if (newest) write(STROKES, newest);
  write(RESUME, JSON.stringify({ light }));
  location.reload();
}

/** The same, with 3D tried again. */
export function restartWith3d() {
  const address = new URL(location.href);
  if (!address.searchParams.has("cpu")) return restart();
  if (newest) write(STROKES, newest);
  write(RESUME, JSON.stringify({ light: null }));
  address.searchParams.delete("cpu");
  location.replace(address);
}

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
