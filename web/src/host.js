// @ts-check
// What the app asks of the page: to save, to open, to share. It calls mnistifyHost.event(name, json).

import { MAX_RECORDING_BYTES, pastedFiles } from "mnistify/files";
import { note } from "mnistify/screen";
import { phrase } from "mnistify/words";

/**
 * Listens to the app. `handlers` maps event names to functions of the parsed JSON. They run after the app's own code
 * has returned, because they may call the app again.
 */
export function listen(handlers) {
  globalThis.mnistifyHost = {
    event(name, json) {
      queueMicrotask(() => handlers[name]?.(json ? JSON.parse(json) : {}));
    },
  };
}

export function save({ name, type, text }) {
  offerFile(name, new Blob([text], { type }));
  note(phrase("saved", { name }));
}

export function saveBytes({ name, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const type = name.endsWith(".png") ? "image/png" : "application/octet-stream";
  offerFile(name, new Blob([bytes], { type }));
  note(phrase("saved", { name }));
}

function offerFile(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: some browsers begin the download only after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Lets the person choose a recording and calls `draw` with its text. */
export function open(draw) {
  chooseFiles(false, async ([file]) => {
    try {
      if (file.size > MAX_RECORDING_BYTES) throw new Error(String(phrase("no-recording", { count: MAX_RECORDING_BYTES >> 20 })));
      draw(await file.text());
      note(phrase("opened", { name: file.name }));
    } catch (error) {
      note(phrase("not-opened", { name: file.name, reason: error.message }));
    }
  });
}

/** Lets the person choose a network's files and calls `take` with them. */
export const chooseNetwork = (take) => chooseFiles(true, take);

/** @type {HTMLInputElement | null} */
let chooser = null;

/**
 * Any files: where systems do not know an ending, `accept` makes its files grey.
 * @param {boolean} multiple
 * @param {(files: File[]) => void} take
 */
function chooseFiles(multiple, take) {
  chooser?.remove();
  chooser = document.createElement("input");
  Object.assign(chooser, { type: "file", multiple, className: "unseen", tabIndex: -1, ariaHidden: "true" });
  chooser.onchange = ({ currentTarget }) => {
    const chosen = [.../** @type {HTMLInputElement} */ (currentTarget).files];
    if (chosen.length > 0) take(chosen);
  };
  // Outside of the document Safari on iOS never tells what was chosen.
  document.body.append(chooser);
  chooser.click();
}

/**
 * Listens to files over the page and on it: `held` is called with true and false, `take` with what was dropped or pasted.
 * Nothing that is dropped makes the browser leave the page.
 */
export function listenToDrops({ held, take }) {
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  let isHeld = false;
  const hold = (now) => {
    if (isHeld !== now) held((isHeld = now));
  };
  for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      hold(true);
    });
  }
  // Also told on the way from one element of the page to another; only outside is there none.
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && hold(false));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hold(false);
    take([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
}

/** Puts the link into the address bar and onto the clipboard. */
export async function share({ fragment }) {
  try {
    // Browsers refuse this too where it is done often, and addresses that are too long.
    history.replaceState(null, "", `#${fragment}`);
  } catch (error) {
    return note(phrase("link-not-shown", { reason: error.message }));
  }
  try {
    await navigator.clipboard.writeText(location.href);
    note(phrase("link-copied"));
  } catch {
    note(phrase("link-in-address"));
  }
}
