// @ts-check
// What lies over the canvas: the loading screen, the one message, short notes, and the text for screen readers.

import { phrase, say } from "mnistify/words";

/** @typedef {import("mnistify/words").Saying} Saying */

const element = (id) => document.getElementById(id);

/** "loading", "preparing", "ready", "fallback" or "message". */
export function setScreen(name) {
  document.body.dataset.screen = name;
  element("stage").inert = name !== "ready";
  element("keys").hidden = name === "fallback";
  if (name !== "preparing") document.body.classList.remove("slow");
}

export const screen = () => document.body.dataset.screen;

/**
 * Sets the bar: `share` is 0 to 1, or null while it is not known.
 * @param {number | null} share
 * @param {Saying} text
 */
export function showProgress(share, text) {
  const bar = element("progress");
  bar.classList.toggle("unknown", share === null);
  if (share === null) {
    bar.removeAttribute("aria-valuenow");
  } else {
    bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    bar.style.setProperty("--share", String(share));
  }
  say(element("progress-text"), text);
}

/** Offers the way without 3D on the loading screen. */
export function offerLight(run) {
  document.body.classList.add("slow");
  /** @type {HTMLElement} */
  const button = element("loading").querySelector("[data-action=fallback]");
  button.onclick = run;
}

let answerMessage = null;

/**
 * Shows a message in the place of any other, and resolves to the action that the person chose.
 * `actions` is a list of [action, label]; the first is the one suggested.
 * @param {{title: Saying, text: Saying, actions: [string, Saying][]}} message
 */
export function ask({ title, text, actions }) {
  answerMessage?.(null);
  const message = element("message");
  const before = screen();
  say(message.querySelector(".title"), title);
  say(message.querySelector(".text"), text);
  setScreen("message");
  document.body.dataset.behind = before;
  return new Promise((resolve) => {
    const answer = (action) => {
      answerMessage = null;
      message.hidden = true;
      delete document.body.dataset.behind;
      if (action) setScreen(before);
      resolve(action);
    };
    answerMessage = answer;
    message.querySelector(".buttons").replaceChildren(
      ...actions.map(([action, label], index) => {
        const one = button(label, () => answer(action));
        one.dataset.action = action;
        if (index === 0) one.className = "first";
        return one;
      }),
    );
    message.hidden = false;
    message.querySelector("button")?.focus({ preventScroll: true });
  });
}

/**
 * @param {Saying} label
 * @param {() => void} run
 */
export function button(label, run) {
  const one = document.createElement("button");
  one.type = "button";
  say(one, label);
  one.onclick = run;
  return one;
}

let offer = null;
let noteTimer = 0;

/**
 * A short note that goes by itself.
 * @param {Saying} text
 */
export function note(text) {
  fillToast(text, []);
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => (offer ? fillToast(...offer) : hideToast()), Math.max(3500, String(text).length * 70));
}

/**
 * A note with something to do, which stays until it is answered.
 * @param {Saying} text
 * @param {Saying} label
 * @param {() => void} run
 */
export function showOffer(text, label, run) {
  offer = [text, [[label, run], [phrase("later"), hideOffer]]];
  clearTimeout(noteTimer);
  fillToast(...offer);
}

export function hideOffer() {
  offer = null;
  hideToast();
}

function fillToast(text, buttons) {
  const toast = element("toast");
  const words = document.createElement("span");
  say(words, text);
  toast.replaceChildren(words, ...buttons.map(([label, run]) => button(label, run)));
  toast.classList.add("shown");
}

function hideToast() {
  const toast = element("toast");
  toast.classList.remove("shown");
  // Emptied after it has faded, so that nothing hidden can be reached.
  setTimeout(() => toast.classList.contains("shown") || toast.replaceChildren(), globalThis.mnistifyLook.calm ? 0 : 300);
}

const MIRROR_MILLIS = 600;
/** @type {Saying} */
let mirrorText = "";
let mirrorTimer = 0;
let mirroredAt = -Infinity;

/**
 * What screen readers say: the newest text, at most one in 600 ms.
 * @param {Saying} text
 */
export function mirror(text) {
  mirrorText = text;
  if (mirrorTimer) return;
  const wait = Math.max(0, mirroredAt + MIRROR_MILLIS - performance.now());
  mirrorTimer = setTimeout(() => {
    mirrorTimer = 0;
    const before = element("mirror").textContent;
    say(element("mirror"), mirrorText);
    if (element("mirror").textContent === before) return;
    mirroredAt = performance.now();
  }, wait);
}
