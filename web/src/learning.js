// @ts-check
// The light page's school: the MLP forgets everything and learns anew, in slices between the page's frames. It comes when
// somebody opens it; what learns is in the program (src/fallback/school.rs).

import { lessonFiles, notTaken } from "mnistify/lessons";
import { number, phrase, say } from "mnistify/words";

/** Milliseconds of a frame for learning. */
const SLICE_MILLIS = 8;
/** Between two answers of what is learned by now: the other network, too, reads each time. */
const ANSWER_MILLIS = 120;
/** What a page that did not run for a while counts as, in seconds. */
const LONGEST_PAUSE = 0.25;

/** @typedef {"waiting" | "forgotten" | "learning" | "paused" | "over"} Phase */

/**
 * Opens the school. `light` is the program, `read` has the pad read again and shown, `told` hears how it goes on, and `failed`
 * with a reason when the program breaks.
 * @param {{root: HTMLElement, light: () => any, files: Record<string, {url: string, bytes: number}>, read: () => void,
 *   store: () => void, told: (state: any) => void, note: (saying: any) => void, failed: (reason: string) => void}} page
 */
export function openSchool({ root, light, files, read, store, told, note, failed }) {
  /** @type {(selector: string) => any} */
  const find = (selector) => root.querySelector(selector);
  const settings = find(".settings");
  const [learn, restore] = ["learn", "restore"].map((name) => find(`[data-school=${name}]`));
  /** @type {Phase | null} */
  let phase = null;
  let standing = null;
  let frame = 0;
  let [last, answered] = [0, 0];
  let hasDigits = false;
  /** Counts openings: digits that come for a school that was closed meanwhile are not for the next one. */
  let opening = 0;

  /** What the button does in each phase, and what is said. */
  const words = {
    waiting: ["learn-start", "learn-waiting"],
    forgotten: ["learn-start", "learn-forgotten"],
    learning: ["learn-pause", "learn-learning"],
    paused: ["learn-start", "learn-paused"],
    over: ["learn-again", "learn-over"],
  };

  function show() {
    settings.classList.toggle("learning", phase !== null);
    find(".school").hidden = phase === null;
    find("[data-school=open]").hidden = phase !== null;
    if (phase === null) return;
    const [button, text] = words[phase];
    say(learn, phrase(button));
    learn.disabled = phase === "waiting";
    const { unseen = null, part = 0 } = standing ?? {};
    const percent = unseen === null ? "" : phrase("percent", { percent: number(unseen * 100, 0) });
    root.style.setProperty("--unseen", String(unseen ?? 0));
    root.style.setProperty("--part", String(part));
    say(find(".school b"), percent);
    say(find(".school span"), unseen === null ? "" : phrase("learn-unseen"));
    say(find(".school p"), phrase(text));
  }

  /** @param {Phase | null} next */
  function go(next) {
    phase = next;
    show();
    told(state());
  }

  /** Runs what calls the program, which may break. */
  function tried(body) {
    try {
      return body();
    } catch (error) {
      cancelAnimationFrame(frame);
      failed(error.message);
    }
  }

  const forget = () => tried(() => {
    light().forget();
    standing = null;
    go("forgotten");
    read();
  });

  function slice(now) {
    frame = requestAnimationFrame(slice);
    const seconds = Math.min(Math.max((now - last) / 1000, 0), LONGEST_PAUSE);
    last = now;
    tried(() => {
      standing = JSON.parse(light().learn(SLICE_MILLIS, seconds));
      if (now - answered < ANSWER_MILLIS && !standing.over) return;
      answered = now;
      if (standing.over) cancelAnimationFrame(frame);
      go(standing.over ? "over" : "learning");
      read();
    });
  }

  function start() {
    if (phase === "learning" || phase === "waiting") return;
    if (phase === "over") forget();
    go("learning");
    last = performance.now();
    frame = requestAnimationFrame(slice);
  }

  function pause() {
    if (phase !== "learning") return;
    cancelAnimationFrame(frame);
    go("paused");
    read();
  }

  function close() {
    cancelAnimationFrame(frame);
    opening += 1;
    tried(() => {
      light().restore();
      go(null);
      read();
    });
  }

  /** @type {Promise<void> | null} */
  let coming = null;
  const open = () => (coming ??= phase === null ? opened().finally(() => (coming = null)) : null);

  async function opened() {
    const mine = (opening += 1);
    go("waiting");
    if (!hasDigits) {
      const { files: packed, reason } = await lessonFiles(files);
      let problem = reason;
      if (packed) {
        try {
          light().give_lessons(...(await Promise.all(packed.map(unpacked))));
          hasDigits = true;
          store();
        } catch (error) {
          console.error(error);
          problem = notTaken(error);
        }
      }
      if (mine !== opening) return;
      if (problem) {
        note(problem);
        go(null);
        return;
      }
    }
    forget();
  }

  learn.onclick = () => (phase === "learning" ? pause() : start());
  restore.onclick = close;

  const state = () => (phase === null ? null : { phase, networks: standing ? [{ name: "MLP", ...standing }] : [], trouble: null, waiting: phase === "waiting" });

  const commands = { start, pause, forget: () => (cancelAnimationFrame(frame), forget()) };
  return {
    state,
    open,
    /** Does what a script asks for. @param {string} json */
    async learn(json) {
      const command = JSON.parse(json);
      const closes = command === "close" || command === "restore";
      if (!closes) await open();
      else if (phase !== null) return close();
      if (phase !== null && phase !== "waiting" && command !== "open") commands[command]();
    },
  };
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
