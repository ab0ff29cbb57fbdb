// @ts-check
// One page with two depths: the light page at once, and the app, which takes its place between two strokes. Here is which
// of them is shown, when the app comes, the line that says so, and how a drawing goes from one to the other.

import { button, setScreen } from "mnistify/screen";
import { say } from "mnistify/words";

/** So long no pen may have been down before the other depth takes over. */
const REST_MILLIS = 400;
/** After so many frames what the app was given has gone all the way to its screen. */
const GIVEN_FRAMES = 3;
/** An app that does not show the same after so long is not waited for; then it says itself what it shows. */
const SAME_MILLIS = 4000;
/** The CPU's logits and the GPU's differ by less. */
const SAME_LOGITS = 0.01;
/** So often it is looked whether it does, and asked for another frame where none came. */
const [LOOK_MILLIS, WAKE_MILLIS] = [16, 250];
/** As many steps of the history go along; each is a whole drawing. */
const MOST_STEPS = 64;
/** The brush at the start, and a step of it, in pad units; the same in both depths. */
const [BRUSH, BRUSH_STEP] = [20, 4];

/** @typedef {"coming" | "waits" | "off" | "here"} Coming */

/**
 * Notes whether the app is on its way, waits for a request, does not come, or is here.
 * @param {Coming} what
 */
export function app3d(what) {
  document.body.dataset.app = what;
}

/** Whether the app should come only when it is asked for: where data or memory are scarce. */
export function isOnRequest() {
  const { connection, deviceMemory } = /** @type {any} */ (navigator);
  return Boolean(connection?.saveData || /2g/.test(connection?.effectiveType ?? "") || deviceMemory < 2);
}

/** Resolves when the browser has nothing better to do. */
export function idle() {
  return new Promise((resolve) => (globalThis.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 2000 }) : setTimeout(resolve, 200)));
}

export const frame = () => new Promise(requestAnimationFrame);

// ---- the line ----

const line = () => document.querySelector("#fallback .depth");
/** @type {HTMLElement} */
const thread = document.querySelector("#fallback .thread");

/**
 * Words at the page's top with buttons that resolve to their action.
 * @param {import("mnistify/words").Saying} text
 * @param {[string, import("mnistify/words").Saying][]} actions as [action, label]
 * @returns {Promise<string>}
 */
export function tell(text, actions = []) {
  const words = document.createElement("p");
  say(words, text);
  say(words, text, "title");
  return new Promise((resolve) => {
    const buttons = actions.map(([action, label]) => {
      const one = button(label, () => resolve(action));
      one.className = "quiet";
      one.dataset.action = action;
      return one;
    });
    line()?.replaceChildren(words, ...buttons);
  });
}

/**
 * A thin line at the page's top; its bytes are said to who asks for them, with the pointer on the words.
 * @param {number | null} share 0 to 1; null takes it away
 * @param {import("mnistify/words").Saying} bytes
 */
export function showThread(share, bytes = "") {
  thread.hidden = share === null;
  if (share === null) return;
  thread.style.setProperty("--share", String(share));
  thread.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  const words = line()?.querySelector("p");
  if (words && bytes) say(words, bytes, "title");
}

// ---- the drawing's way ----

/** @typedef {{steps: string[], present: number}} Past the drawing after each step, and how many of them are not undone */

/**
 * All that undo and redo of a program lead to; the program is afterwards as it was.
 * @param {import("mnistify/fallback").LightPage} light
 * @returns {Past}
 */
export function past(light) {
  const can = (what) => JSON.parse(light.state("")).tools[what];
  let present = 0;
  for (; can("undo"); present += 1) light.act("undo");
  const steps = [];
  for (; can("redo"); steps.push(light.recording())) light.act("redo");
  for (let undone = present; undone < steps.length; undone += 1) light.act("undo");
  const forgotten = Math.min(Math.max(0, steps.length - MOST_STEPS), Math.max(0, present - 1));
  return { steps: steps.slice(forgotten), present: present - forgotten };
}

/**
 * Makes all steps anew in something whose pad is blank.
 * @param {Past} past
 * @param {{draw: (json: string) => void, undo: () => void}} to
 */
export function relay({ steps, present }, to) {
  for (const step of steps) to.draw(step);
  for (let undone = present; undone < steps.length; undone += 1) to.undo();
}

/**
 * Gives the app all that the light page has, waits until the app shows the same, and lets `swap` put it in the light page's
 * place between two strokes. What is drawn meanwhile belongs to the light page, and is given once more.
 *
 * @param {any} pad the light page's functions
 * @param {any} app the app's; `lay` puts a recording on its pad
 * @param {{stopped: () => boolean, swap: () => void}} way
 */
export async function handOver(pad, app, { stopped, swap }) {
  let given = 0;
  const switches = { brush: BRUSH, preparation: app.state().preparation };
  while (!stopped()) {
    if (pad.rests() < REST_MILLIS) {
      await frame();
      continue;
    }
    const changes = pad.changes();
    const history = pad.past();
    const { tools, preparation, strokes, models } = pad.state();
    // What was given before goes again, or undo would lead through it.
    for (; given > 0; given -= 1) app.undo();
    relay(history, { draw: app.lay, undo: app.undo });
    given = history.present;
    giveSwitches(app, switches, tools, preparation);
    // A pad that nobody touched leaves the app what a link opened there.
    const touched = history.steps.length > 0;
    const isSame = (state) => !touched || (state.strokes === strokes && (models.length === 0 || haveAnswered(state.models, models)));
    await showsTheSame(app, isSame, () => stopped() || pad.changes() !== changes);
    await frame();
    await frame();
    if (stopped() || pad.changes() !== changes || pad.rests() < REST_MILLIS) continue;
    swap();
    return;
  }
}

/** `given` is what the app has already: its state is only told a frame later. */
function giveSwitches(app, given, { brush, tool }, preparation) {
  for (; brush.width - given.brush >= BRUSH_STEP / 2; given.brush += BRUSH_STEP) app.act("wider");
  for (; given.brush - brush.width > BRUSH_STEP / 2; given.brush -= BRUSH_STEP) app.act("thinner");
  app.act(tool);
  if (given.preparation !== preparation) app.act("prepare");
  given.preparation = preparation;
}

/** Whether those that read say the same as in the light page, and nothing of a drawing before; others, anything at all. */
function haveAnswered(now, wanted) {
  const isBlank = wanted.every((model) => model.class === null);
  return now.filter((model) => model.shown !== false).every((model) => {
    const same = wanted.find(({ name }) => name === model.name);
    if (!same?.logits || !model.logits) return (model.class === null) === isBlank;
    return same.logits.every((value, index) => Math.abs(value - model.logits[index]) < SAME_LOGITS);
  });
}

async function showsTheSame(app, isSame, givenUp) {
  const before = app.state().frame;
  const end = performance.now() + SAME_MILLIS;
  let wakeAt = -Infinity;
  let seen = before;
  while (!givenUp() && performance.now() < end) {
    const state = app.state();
    if (state.frame >= before + GIVEN_FRAMES && isSame(state)) return;
    // Not in every animation frame: each request of a frame takes the place of the one before, so none would come.
    if (state.frame !== seen || performance.now() - wakeAt > WAKE_MILLIS) {
      [seen, wakeAt] = [state.frame, performance.now()];
      app.wake();
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
  }
}

/** Shows the app in the light page's place, within this frame. */
export function showApp() {
  showThread(null);
  app3d("here");
  setScreen("ready");
}

/** Shows the light page, first of all or again. */
export function showPad() {
  showThread(null);
  setScreen("fallback");
}
