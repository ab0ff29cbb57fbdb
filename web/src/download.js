// @ts-check
// Downloads the large files with true progress. Results are values or problems; nothing here rejects.

import { number, phrase } from "mnistify/words";

/** So long may a connection be silent before it counts as broken. */
const SILENCE_MILLIS = 30_000;

export class Downloads {
  #files;
  #report;
  #wanted = new Map();
  #finished = new Map();
  #pastCaches = new Set();

  /** `files` is the manifest's; `report(received, total)` is called with bytes whenever they change. */
  constructor(files, report) {
    this.#files = files;
    this.#report = report;
  }

  /** Counts these files, and only these, in the progress. */
  want(names) {
    const before = this.#wanted;
    this.#wanted = new Map(names.map((name) => [name, before.get(name) ?? 0]));
    this.#changed();
  }

  /** Makes the next download of this file go past all caches. */
  forget(name) {
    this.#finished.delete(name);
    this.#pastCaches.add(name);
  }

  /**
   * `{name, value}` with the bytes (of .wasm: the compiled module), or `{name, problem}`. Neither is tried again before
   * forget().
   */
  get(name, /** @type {RequestPriority} */ priority = "auto") {
    let result = this.#finished.get(name);
    if (!result) {
      result = this.#twice(name, priority);
      this.#finished.set(name, result);
    }
    return result;
  }

  async #twice(name, priority) {
    const first = await this.#once(name, priority, this.#pastCaches.delete(name));
    if (!first.problem) return first;
    console.warn(`${name}: ${first.problem}; trying once more`);
    return this.#once(name, priority, true);
  }

  async #once(name, priority, pastCaches) {
    const file = this.#files[name];
    if (!file) return { name, problem: phrase("reason-gone"), gone: true };
    const abort = new AbortController();
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MILLIS);
    };
    const state = { answered: false, received: 0 };
    this.#count(name, 0);
    heard();
    try {
      const response = await fetch(file.url, { cache: pastCaches ? "reload" : "default", signal: abort.signal, priority });
      state.answered = true;
      if (!response.ok) {
        const gone = response.status === 404 || response.status === 410;
        return { name, problem: phrase("reason-status", { status: String(response.status) }), gone };
      }
      const counted = response.body.pipeThrough(
        new TransformStream({
          transform: (chunk, stream) => {
            heard();
            state.received += chunk.byteLength;
            this.#count(name, Math.min(state.received, file.bytes));
            stream.enqueue(chunk);
          },
          flush: (stream) => {
            if (state.received !== file.bytes) stream.error(new Error("incomplete"));
          },
        }),
      );
      const value = name.endsWith(".wasm") ? await compiled(counted) : await gathered(counted, file.bytes);
      return { name, value };
    } catch (error) {
      return { name, problem: this.#reason(error, state, file, abort) };
    } finally {
      clearTimeout(timer);
    }
  }

  #reason(error, { answered, received }, file, abort) {
    if (abort.signal.aborted) return phrase("reason-silence", { count: SILENCE_MILLIS / 1000 });
    if (error instanceof WebAssembly.CompileError && received === file.bytes) return phrase("reason-damaged", { reason: error.message });
    if (!navigator.onLine) return phrase("reason-offline");
    if (!answered) return phrase("reason-unreachable");
    if (received === file.bytes) return error.message;
    if (received > file.bytes) return phrase("reason-too-long");
    if (received === 0) return phrase("reason-broken-off");
    return phrase("reason-broken-off-after", { received: size(received), total: size(file.bytes) });
  }

  #count(name, bytes) {
    if (!this.#wanted.has(name)) return;
    this.#wanted.set(name, bytes);
    this.#changed();
  }

  #changed() {
    let received = 0;
    let total = 0;
    for (const [name, bytes] of this.#wanted) {
      received += bytes;
      total += this.#files[name]?.bytes ?? 0;
    }
    this.#report(received, total);
  }
}

/** Compiles while it arrives. */
async function compiled(stream) {
  const response = new Response(stream, { headers: { "Content-Type": "application/wasm" } });
  if (WebAssembly.compileStreaming) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function gathered(stream, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes;
    // Of a file that is too long, the rest is only counted; its length is refused at the end.
    if (at + value.byteLength <= length) bytes.set(value, at);
    at += value.byteLength;
  }
}

/** One module of the page, tried twice: `{name, value}` or `{name, problem}`. */
export async function importModule(name) {
  const bare = `mnistify/${name}`;
  try {
    return { name: `${name}.js`, value: await import(bare) };
  } catch (error) {
    console.warn(`${name}.js: ${error}; trying once more`);
  }
  try {
    // Under another address, because browsers remember that a module failed.
    const address = new URL(import.meta.resolve(bare));
    address.search = "?again";
    return { name: `${name}.js`, value: await import(address.href) };
  } catch (error) {
    const problem = navigator.onLine ? phrase("reason-not-loaded", { reason: error.message }) : phrase("reason-offline");
    return { name: `${name}.js`, problem, gone: true };
  }
}

/** `2680904` as `2.7 MB`. */
export function size(bytes) {
  return bytes < 1e5 ? phrase("kilobytes", { size: Math.ceil(bytes / 1e3) }) : phrase("megabytes", { size: number(bytes / 1e6, 1) });
}
