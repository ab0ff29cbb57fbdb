// What the app asks of the page: to save, to open, to share. It calls mnistifyHost.event(name, json).

import { note } from "mnistify/screen";

/** No recording is larger; see the app's own limit. */
const MAX_RECORDING_BYTES = 8 << 20;

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
  note(`Saved as ${name}`);
}

export function savePicture({ name, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  offerFile(name, new Blob([bytes], { type: "image/png" }));
  note(`Saved as ${name}`);
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
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,application/json";
  input.onchange = async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      if (file.size > MAX_RECORDING_BYTES) throw new Error("it is larger than 8 MiB, so it is not a recording of strokes");
      draw(await file.text());
      note(`Opened ${file.name}`);
    } catch (error) {
      note(`${file.name} cannot be opened: ${error.message}`);
    }
  };
  input.click();
}

/** Puts the link into the address bar and onto the clipboard. */
export async function share({ fragment }) {
  history.replaceState(null, "", `#${fragment}`);
  try {
    await navigator.clipboard.writeText(location.href);
    note("Link copied");
  } catch {
    note("The link is in the address bar; copy it from there");
  }
}
