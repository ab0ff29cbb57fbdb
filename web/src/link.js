// @ts-check
// The drawing of a link where there is no app to read and write it: the same as src/link.rs does, which tells the format.

const VERSION = 1;
/** Steps of a pad unit. */
const STEPS = 10;
const SIZE = 280;
const MAX_POINTS = 20_000;

/** @typedef {{tool: string, width: number, points: number[][]}} Stroke */

/**
 * @param {string} fragment the text after # of a link, perhaps as a mail or a chat bent it
 * @returns {string | null} the drawing as it is coded; null without one
 */
export function codedIn(fragment) {
  const text = fragment.replace(/[\s\u200b]|%0[ad]|%20/gi, "").replaceAll("&amp;", "&");
  return new URLSearchParams(text).get("strokes")?.match(/^[\w-]*/)[0] ?? null;
}

/**
 * @param {string} coded
 * @returns {string} a recording, as JSON
 * @throws an error whose message is a key of the languages
 */
export function decoded(coded) {
  const damaged = new Error("link-damaged");
  let bytes;
  try {
    bytes = Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    throw damaged;
  }
  if (bytes.length === 0) throw damaged;
  if (bytes[0] !== VERSION) throw new Error("link-newer");
  let at = 1;
  /** Seven bits a byte, then zigzag. */
  const next = () => {
    let number = 0;
    for (let unit = 1; unit < Number.MAX_SAFE_INTEGER; unit *= 128) {
      if (at === bytes.length) break;
      const byte = bytes[at++];
      number += (byte % 128) * unit;
      if (byte < 128) return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
    }
    throw damaged;
  };
  /** @type {Stroke[]} */
  const strokes = [];
  let all = 0;
  while (at < bytes.length) {
    const head = next();
    const count = next();
    // Each point takes three bytes at least.
    if (count < 1 || count > (bytes.length - at) / 3) throw damaged;
    all += count;
    if (all > MAX_POINTS) throw new Error("link-too-long");
    const last = [0, 0, 0];
    const points = Array.from({ length: count }, () => {
      for (const index of last.keys()) last[index] += next();
      return [last[0] / STEPS, last[1] / STEPS, last[2]];
    });
    strokes.push({ tool: head % 2 === 1 ? "erase" : "draw", width: Math.floor(head / 2) / STEPS, points });
  }
  return JSON.stringify({ version: 1, size: SIZE, strokes });
}

/**
 * @param {{strokes: Stroke[]}} recording
 * @returns {string} what decoded() takes
 */
export function coded({ strokes }) {
  const bytes = [VERSION];
  const push = (number) => {
    let rest = number < 0 ? -2 * number - 1 : 2 * number;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  for (const { tool, width, points } of strokes) {
    push(Math.max(1, Math.round(width * STEPS)) * 2 + (tool === "erase" ? 1 : 0));
    push(points.length);
    let last = [0, 0, 0];
    for (const [x, y, millis] of points) {
      const now = [Math.round(x * STEPS), Math.round(y * STEPS), Math.round(millis)];
      now.forEach((value, index) => push(value - last[index]));
      last = now;
    }
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
