// @ts-check
// globalThis.mnistify: the same few functions for scripts and tests, whether the app or the light page draws.

import { checkSize, MAX_DESCRIPTION_BYTES, MAX_NETWORK_BYTES, MAX_RECORDING_BYTES } from "mnistify/files";
import { asked } from "mnistify/lessons";
import { language, onLanguage, phrase, setLanguage } from "mnistify/words";

/** As many as MNIST has for testing. A million would end the app: they take gigabytes before anything is read. */
const MAX_LOGITS_IMAGES = 10_000;
const MAX_LOGITS_BYTES = MAX_LOGITS_IMAGES * 28 * 28;

let backend = null;
let markReady;
let markPad;
let resolveBench;
const listeners = new Map(["prediction", "pad", "ready", "failed", "language", "learning"].map((name) => [name, new Set()]));
const timings = {};

const mnistify = {
  /** Resolves to state() once the pad takes ink. */
  padReady: new Promise((resolve) => (markPad = resolve)),
  /** Resolves to state() once the app is there, or the light page has all that it will have. */
  ready: new Promise((resolve) => (markReady = resolve)),
  /** With ?bench: resolves to the report. */
  bench: new URLSearchParams(location.search).has("bench")
    ? new Promise((resolve) => (resolveBench = resolve))
    : undefined,
  /** Milliseconds since the navigation began: pad, answer, first_frame, ready, first_prediction. */
  timings,
  /** Puts strokes in the place of what is on the pad: a recording, its JSON, or a list of strokes. */
  draw: (strokes) => now().draw(recording(strokes)),
  clear: () => now().clear(),
  undo: () => now().undo(),
  redo: () => now().redo(),
  /**
   * Does what the action of this name does, such as "edges"; the app's help lists them with their keys.
   * @param {string} name
   */
  act: (name) => now().act(name),
  /** Asks for a frame, where the app rests. */
  wake: () => now().wake(),
  state: () => now().state(),
  strokes: () => now().strokes(),
  /** The whole link that opens what is shown; with the strokes or without. */
  link(withStrokes = true) {
    const url = new URL(location.href);
    url.hash = now().link(withStrokes);
    return url.href;
  },
  /** Resolves to each network's logits, {cnn: [image][class], …}, of at most 10,000 images of 28×28 bytes, one after the other in a Uint8Array. */
  logitsOf: async (images) => {
    if (images?.length > MAX_LOGITS_BYTES) throw new Error(`at most ${MAX_LOGITS_IMAGES} images at once are read`);
    return now().logitsOf(images);
  },
  /**
   * Lets a network read beside the others, in the place of an earlier one: a safetensors file's bytes, and what it does
   * not say itself as an object or JSON. Resolves to {name, layers, classes, parameters, notes} when it reads; rejects
   * with what was understood and what was not.
   */
  loadNetwork: async (bytes, sidecar, fileName = "network.safetensors") =>
    now().loadNetwork(String(fileName), bytesOf(bytes, String(fileName)), description(sidecar)),
  /** Takes that network away; resolves when it is gone. */
  removeNetwork: async () => now().removeNetwork(),
  /**
   * Sets what the networks learn from and how fast, such as {examples: 100, moved: false}; or does a command, such as
   * "open", "forget" or "start"; or says what the drawing is, as {this_is: 7}.
   * @param {object | string} options
   */
  learn: (options) => now().learn(asked(options)),
  /** The code of the language that page and app speak; another one can be set. */
  get language() {
    return language();
  },
  set language(code) {
    setLanguage(code);
  },
  /** Calls `listener` with what an event carries; returns a function that ends this. */
  on(name, listener) {
    const set = listeners.get(name);
    if (!set) throw new Error(`there is no event “${name}”, but ${[...listeners.keys()].join(", ")}`);
    set.add(listener);
    return () => set.delete(listener);
  },
};
globalThis.mnistify = mnistify;
onLanguage((code) => emit("language", { code }));

function now() {
  if (!backend) throw new Error("Mnistify is not running; wait for mnistify.padReady or mnistify.ready");
  return backend;
}

/**
 * From now on these functions answer: draw(json), clear, undo, redo, state() and strokes() as objects, learn(json),
 * loadNetwork(fileName, bytes, json) and removeNetwork() as promises.
 */
export function connectPad(functions) {
  backend = functions;
  stamp("pad");
  const state = backend.state();
  markPad(state);
  emit("pad", state);
}

/** The same of what is ready; without functions it is what answers already. */
export function connect(functions = backend) {
  backend = functions;
  stamp("pad");
  stamp("ready");
  const state = backend.state();
  markPad(state);
  markReady(state);
  emit("ready", state);
}

/** The app has ended; its functions must not be called any more. */
export function disconnect() {
  backend = null;
}

/** Tells all listeners. One that throws does not keep it from the others. */
export function emit(name, detail) {
  for (const listener of [...(listeners.get(name) ?? [])]) {
    try {
      listener(detail);
    } catch (error) {
      reportError(error);
    }
  }
}

/** Notes when something happened for the first time. */
export function stamp(name) {
  timings[name] ??= performance.now();
}

export function finishBench(report) {
  resolveBench?.(report);
}

/** The bytes of whatever holds some. */
function bytesOf(data, fileName) {
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  if (!ArrayBuffer.isView(bytes)) throw new Error("a network is the bytes of a safetensors file: a Uint8Array or an ArrayBuffer");
  checkSize(fileName, bytes.byteLength, MAX_NETWORK_BYTES, "a-network");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A sidecar's JSON, undefined where there is none. */
function description(sidecar) {
  if (sidecar === undefined || sidecar === null) return undefined;
  const json = typeof sidecar === "string" ? sidecar : JSON.stringify(sidecar);
  if (json !== undefined) checkText(phrase("the-description"), json, MAX_DESCRIPTION_BYTES, "a-description");
  return json;
}

/** The same for a text, which is as long in UTF-8 at least. */
function checkText(name, text, most, what) {
  checkSize(name, text.length > most ? text.length : new TextEncoder().encode(text).length, most, what);
}

/** A recording's JSON of whatever describes strokes. */
function recording(strokes) {
  if (typeof strokes === "string") {
    checkText(phrase("the-recording"), strokes, MAX_RECORDING_BYTES, "a-recording");
    try {
      strokes = JSON.parse(strokes);
    } catch (error) {
      throw new Error(`this is not a recording of strokes: ${error.message}`);
    }
  }
  if (!Array.isArray(strokes)) return JSON.stringify(strokes);
  let millis = 0;
  const full = strokes.map((stroke) => {
    const { tool = "draw", width = 20, points = stroke } = stroke;
    millis += 150;
    return {
      tool,
      width,
      points: Array.from(points, ([x, y, at]) => [x, y, (millis = at ?? millis + 12)]),
    };
  });
  return JSON.stringify({ version: 1, size: 280, strokes: full });
}
