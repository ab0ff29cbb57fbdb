// @ts-check
// A gamepad as a hand: its left stick moves a round cursor over the app, A is the pen, and the other buttons undo, clear, explain
// and lead through the tour. The cursor tells the canvas what a mouse would.

/** How far a stick at rest may be from its middle. */
const DEAD = 0.15;
/** Heights of the page that the cursor goes in a second, with the stick all the way. */
const SPEED = 0.8;
/** After a longer pause the cursor goes no further than in this one. */
const LONGEST_SECONDS = 0.1;
/** The button that is the pen: A, the lower one, in the browsers' standard mapping. */
const PEN = 0;
/**
 * What pressing the others does: B, X, Y, the shoulders, start.
 * @type {[number, string][]}
 */
export const ACTS = [[1, "undo"], [2, "clear"], [3, "explain"], [4, "tour_back"], [5, "tour_next"], [9, "tour"]];
/** No pointer of the browser's has this number. */
const POINTER = 32_000;

/**
 * @typedef {object} Cursor where it is, and what was pressed
 * @property {number} x
 * @property {number} y
 * @property {boolean[]} pressed
 */

/** @typedef {{axes: readonly number[], buttons: readonly {pressed: boolean}[]}} Pad */

/** @param {Pad} pad */
const pressedOn = (pad) => pad.buttons.map(({ pressed }) => pressed);

/**
 * What a gamepad does in so many seconds: the cursor afterwards, the pointer's events in their order, and the actions' names.
 * @param {Cursor} before
 * @param {Pad} pad
 * @param {number} seconds
 * @param {[number, number]} size of the page
 * @returns {{cursor: Cursor, events: string[], acts: string[]}}
 */
export function step(before, pad, seconds, [width, height]) {
  const [right = 0, down = 0] = pad.axes;
  const tilt = Math.hypot(right, down);
  const share = Math.min(1, Math.max(0, (tilt - DEAD) / (1 - DEAD)));
  // Slow near the middle, so that a line can be drawn as it is meant.
  const way = share > 0 ? (share * share * SPEED * height * Math.min(seconds, LONGEST_SECONDS)) / tilt : 0;
  const within = (place, most) => Math.min(most, Math.max(0, place));
  const [x, y] = [within(before.x + right * way, width), within(before.y + down * way, height)];
  const pressed = pressedOn(pad);
  const begins = (button) => Boolean(pressed[button] && !before.pressed[button]);
  const events = [];
  if (x !== before.x || y !== before.y) events.push("pointermove");
  if (begins(PEN)) events.push("pointerdown");
  if (before.pressed[PEN] && !pressed[PEN]) events.push("pointerup");
  const acts = ACTS.filter(([button]) => begins(button)).map(([, name]) => name);
  return { cursor: { x, y, pressed }, events, acts };
}

/**
 * Lets a gamepad draw on the canvas. Nothing runs while none is connected.
 * @param {HTMLElement} canvas
 * @param {{act: (name: string) => void, from: () => [number, number]}} page `from`: where the cursor begins
 */
export function watchGamepads(canvas, { act, from }) {
  const mark = document.createElement("div");
  mark.id = "gamepad";
  mark.hidden = true;
  document.body.append(mark);
  /** @type {Cursor | null} */
  let cursor = null;
  let polls = false;
  let last = 0;

  /** @param {string} type */
  function send(type) {
    const isDown = Boolean(cursor.pressed[PEN]);
    const init = {
      bubbles: true,
      cancelable: true,
      pointerId: POINTER,
      pointerType: "mouse",
      isPrimary: true,
      clientX: cursor.x,
      clientY: cursor.y,
      button: type === "pointermove" ? -1 : 0,
      buttons: isDown ? 1 : 0,
      pressure: isDown ? 0.5 : 0,
    };
    // The canvas's owner reads a move from the events that were joined in it.
    const joined = type === "pointermove" ? [new PointerEvent(type, init)] : [];
    canvas.dispatchEvent(new PointerEvent(type, { ...init, coalescedEvents: joined }));
  }

  /** @param {number} now */
  function poll(now) {
    const pad = connected();
    if (!pad) return leave();
    requestAnimationFrame(poll);
    if (!cursor) {
      // Browsers tell of a gamepad once a button is pressed; that press means nothing yet.
      if (pad.buttons[PEN]?.pressed) return;
      const [x, y] = from();
      cursor = { x, y, pressed: pressedOn(pad) };
      mark.hidden = false;
    }
    const done = step(cursor, pad, Math.max(0, now - last) / 1000, [innerWidth, innerHeight]);
    last = now;
    cursor = done.cursor;
    mark.style.translate = `${cursor.x}px ${cursor.y}px`;
    mark.classList.toggle("down", Boolean(cursor.pressed[PEN]));
    done.events.forEach(send);
    done.acts.forEach(act);
  }

  function leave() {
    polls = false;
    mark.hidden = true;
    if (cursor?.pressed[PEN]) {
      cursor.pressed[PEN] = false;
      send("pointerup");
    }
    cursor = null;
  }

  function begin() {
    if (polls || !connected()) return;
    polls = true;
    last = performance.now();
    requestAnimationFrame(poll);
  }

  addEventListener("gamepadconnected", begin);
  begin();
}

/** The first gamepad that is there; browsers may keep them from a page. */
function connected() {
  try {
    return navigator.getGamepads?.().find((pad) => pad?.connected) ?? null;
  } catch {
    return null;
  }
}
