// @ts-check
// The digits that visitors watch the networks learn from. They come when a program asks for them; the app dispatches
// "mnistify-lessons" on the window. Until then nothing of them is downloaded. And what scripts ask of the lessons.

import { Downloads } from "mnistify/download";
import { phrase, sentences } from "mnistify/words";

/** In the order in which the app takes them; gzipped, which the app undoes. */
const FILES = ["train-10k-images.idx", "train-10k-labels.idx", "unseen-1k-images.idx", "unseen-1k-labels.idx"];

/**
 * The four files' bytes, or a sentence that says why they are not there.
 * @param {Record<string, {url: string, bytes: number}>} manifest the page's files
 * @returns {Promise<{files?: Uint8Array<ArrayBuffer>[], reason?: string}>}
 */
export async function lessonFiles(manifest) {
  // New ones each time: what they have downloaded they keep, and what failed they do not try again.
  const downloads = new Downloads(manifest, () => {});
  const results = await Promise.all(FILES.map((name) => downloads.get(name)));
  const failed = results.find(({ problem }) => problem);
  return failed ? { reason: String(reason(failed)) } : { files: results.map(({ value }) => value) };
}

/** What is said where the program does not take them. */
export const notTaken = (error) => String(phrase("lessons-missing", { reason: phrase("reason-damaged", { reason: error?.message ?? String(error) }) }));

/**
 * From now on the app is heard. `give` gets the four files' bytes, or `fail` a sentence that says why they are not there;
 * then the next request tries again. Neither is called while the app asks. `store` is called so that they are there offline
 * too.
 * @param {Record<string, {url: string, bytes: number}>} manifest the page's files
 * @param {any} app
 */
export function listenToLessons(manifest, { give, fail, store }) {
  let isComing = false;
  addEventListener("mnistify-lessons", async () => {
    if (isComing) return;
    isComing = true;
    try {
      const { files, reason } = await lessonFiles(manifest);
      if (!files) fail(reason);
      else if (given(give, files, fail)) store();
    } finally {
      isComing = false;
    }
  });
}

/** Whether the app took them. */
function given(give, files, fail) {
  try {
    give(...files);
    return true;
  } catch (error) {
    console.error(error);
    fail(notTaken(error));
    return false;
  }
}

function reason({ problem, gone }) {
  const help = !navigator.onLine ? phrase("help-offline") : gone ? phrase("help-reload") : phrase("help-connection");
  return sentences(phrase("lessons-missing", { reason: problem }), help);
}

// ---- what scripts ask for ----

const COMMANDS = ["open", "close", "start", "pause", "step", "forget", "restore", "keep", "save", "take-back", "forget-mine"];

const isWhole = (value) => Number.isSafeInteger(value) && value >= 1;

/**
 * What each setting may be, in words and as a check. How large it may be, the app says.
 * @type {Record<string, [string, (value: unknown) => boolean]>}
 */
const SETTINGS = {
  examples: ["a whole number above 0", isWhole],
  moved: ["true or false", (value) => typeof value === "boolean"],
  wrong: ["a share from 0 to 1", (value) => typeof value === "number" && value >= 0 && value <= 1],
  speed: ["“one”, “steady” or “full”", (value) => ["one", "steady", "full"].includes(String(value))],
  batch: ["a whole number above 0", isWhole],
  optimizer: ["“adam-w” or “sgd”", (value) => ["adam-w", "sgd"].includes(String(value))],
  learning_rate: ["a number above 0", (value) => Number.isFinite(value) && Number(value) > 0],
  seed: ["a whole number above 0", isWhole],
  relu: ["true or false", (value) => typeof value === "boolean"],
  hidden: ["32, 128 or 512", (value) => [32, 128, 512].includes(Number(value))],
  channels: ["4, 8 or 32", (value) => [4, 8, 32].includes(Number(value))],
  // What the drawing is; said alone.
  this_is: ["a digit from 0 to 9", (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9],
};

/**
 * A command or settings, as JSON for the app. Settings that are undefined are left out.
 * @param {unknown} options
 */
export function asked(options) {
  if (typeof options === "string") {
    if (!COMMANDS.includes(options)) throw new Error(`there is no command “${options}”, but ${COMMANDS.join(", ")}`);
    return JSON.stringify(options);
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new Error(`lessons take a command (${COMMANDS.join(", ")}) or an object with ${Object.keys(SETTINGS).join(", ")}`);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(SETTINGS, name)) throw new Error(`there is no setting “${name}”, but ${Object.keys(SETTINGS).join(", ")}`);
    const [what, fits] = SETTINGS[name];
    if (!fits(value)) throw new Error(`${name} is ${what}, not ${shown(value)}`);
  }
  return JSON.stringify(Object.fromEntries(given));
}

/** A value for a message; JSON has no NaN and no functions. */
const shown = (value) => (typeof value === "string" ? JSON.stringify(value) : Array.isArray(value) ? "a list" : String(value));
