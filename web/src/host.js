// @ts-check
// What the app asks of the page: to save, to open, to share. It calls mnistifyHost.event(name, json).

import { note } from "mnistify/screen";

/** No recording is larger; see the app's own limit. */
const MAX_RECORDING_BYTES = 8 << 20;
/** As much as the largest network that the app can run takes in F32. */
const MAX_NETWORK_BYTES = 256 << 20;

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

/** Lets the person choose a network's files and calls `take` with them. */
export function chooseNetwork(take) {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ".safetensors,.json,application/json";
  input.onchange = () => input.files.length > 0 && take([...input.files]);
  input.click();
}

/**
 * Listens to files over the page and on it: `held` is called with true and false, `take` with what was dropped. Nothing
 * that is dropped makes the browser leave the page.
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
}

/** The bytes of files, each as {name, bytes}; throws what people should know. */
export async function readFiles(files) {
  return Promise.all(
    files.map(async (file) => {
      if (file.size > MAX_NETWORK_BYTES) {
        throw new Error(`${file.name}: holds ${file.size} bytes, more than the ${MAX_NETWORK_BYTES} that a network may have here`);
      }
      try {
        return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
      } catch (error) {
        throw new Error(`${file.name}: cannot be read: ${error.message}. Is it a folder, or was it moved?`);
      }
    }),
  );
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
