// @ts-check
// Hands on the pad: who draws where a pen, a palm and fingers are on the glass at once, the pen's eraser end, and the keys
// and wheels that stay the browser's. It sees events on their way to the canvas, before the canvas's own listeners do.

/** So long after a pen was near, a touch is the palm of the hand that holds it. */
const PALM_MILLIS = 500;
/** A pen's eraser end: PointerEvent.button, and its bit in .buttons. */
const ERASER = 5;
const ERASER_BIT = 32;

/** @param {PointerEvent} event */
function told({ target, pointerId, pointerType, isPrimary, clientX, clientY, pressure, ctrlKey, shiftKey, altKey, metaKey }) {
  return { target, pointerId, pointerType, isPrimary, clientX, clientY, pressure, ctrlKey, shiftKey, altKey, metaKey };
}

/**
 * Lets one pointer at a time draw. Pointers that must not disturb it do not reach the canvas; a pen's eraser end reaches it
 * as a pen, between `erase(true)` and `erase(false)`; a pen or mouse that the browser takes away is lifted there.
 *
 * @param {EventTarget} area around the canvas
 * @param {{onPad: (event: PointerEvent) => boolean, erase: (on: boolean) => void, drop: () => void}} page `onPad`: whether
 *   a press begins a stroke; `drop`: what a palm drew before the pen came is to go
 */
export function watchHands(area, { onPad, erase, drop }) {
  /**
   * What the newest event said of each pointer that is down and that the canvas knows of.
   * @type {Map<number, ReturnType<typeof told>>}
   */
  const down = new Map();
  /** @type {Set<number>} */
  const unheard = new Set();
  /**
   * Who draws.
   * @type {number | null}
   */
  let writer = null;
  /**
   * The eraser end that is down.
   * @type {number | null}
   */
  let eraser = null;
  let turned = false;
  let turning = 0;
  let penAt = -Infinity;
  let sending = false;

  /**
   * @param {string} type
   * @param {ReturnType<typeof told>} like
   * @param {PointerEventInit} more
   */
  function send(type, { target, ...like }, more) {
    sending = true;
    target.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, ...like, ...more }));
    sending = false;
  }

  function turnBack() {
    cancelAnimationFrame(turning);
    if (turned) erase((turned = false));
  }

  /** @param {number} id */
  function forget(id) {
    down.delete(id);
    if (writer === id) writer = null;
    if (eraser !== id) return;
    eraser = null;
    // The canvas's owner takes presses in once a frame, and the stroke must have begun before the tool is another one.
    turning = requestAnimationFrame(() => (turning = requestAnimationFrame(turnBack)));
  }

  /**
   * Ends what a pointer does for the canvas, at its last place: where it was cancelled, browsers tell none.
   * @param {number} id
   */
  function lift(id) {
    const last = down.get(id);
    forget(id);
    if (last.pointerType === "touch") send("pointercancel", last, {});
    else send("pointerup", last, { button: 0, buttons: 0, pressure: 0 });
  }

  /** @param {PointerEvent} event */
  function press(event) {
    const { pointerId: id, pointerType: kind } = event;
    for (const [other, last] of [...down]) {
      // One that ended without a word, and palms that were there before the pen.
      const lost = last.pointerType === kind && event.isPrimary;
      const isPalm = kind === "pen" && last.pointerType === "touch";
      if (!lost && !isPalm) continue;
      if (isPalm && writer === other) drop();
      lift(other);
      if (isPalm) unheard.add(other);
    }
    if (writer !== null || (kind === "touch" && event.timeStamp - penAt < PALM_MILLIS)) {
      unheard.add(id);
      return event.stopImmediatePropagation();
    }
    down.set(id, told(event));
    if (onPad(event)) {
      writer = id;
      try {
        // Lifted outside of the window, it would never be heard of again.
        /** @type {Element} */ (event.target).setPointerCapture(id);
      } catch {
        // It is up already.
      }
    }
    if (event.button !== ERASER && !(event.buttons & ERASER_BIT)) return turnBack();
    event.stopImmediatePropagation();
    cancelAnimationFrame(turning);
    eraser = id;
    if (!turned) erase((turned = true));
    send("pointerdown", told(event), { button: 0, buttons: 1 });
  }

  /** @param {PointerEvent} event */
  function see(event) {
    if (sending) return;
    const { type, pointerId: id, pointerType: kind } = event;
    if (type === "pointerdown") {
      unheard.delete(id);
      press(event);
      if (kind === "pen") penAt = event.timeStamp;
      return;
    }
    if (kind === "pen") penAt = event.timeStamp;
    const ends = type === "pointerup" || type === "pointercancel";
    if (unheard.has(id) || (writer !== null && writer !== id)) {
      if (ends) {
        unheard.delete(id);
        down.delete(id);
      }
      return event.stopImmediatePropagation();
    }
    if (!down.has(id)) return;
    if (ends && kind !== "touch" && (type === "pointercancel" || id === eraser)) {
      event.stopImmediatePropagation();
      if (type === "pointerup") down.set(id, told(event));
      lift(id);
    } else if (ends) {
      forget(id);
    } else if (type === "pointermove") {
      down.set(id, told(event));
    }
  }

  for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerover", "pointerout"]) {
    area.addEventListener(name, see, { capture: true });
  }
}

/**
 * Whether a key is the browser's: to load anew, to zoom, to leave the canvas, and all that the app has no use for.
 * @param {KeyboardEvent} event
 */
export function isBrowserKey(event) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  // F1 is the app's help.
  if (key === "Tab" || /^F([2-9]|1\d)$/.test(key)) return true;
  if (["Control", "Meta", "Alt", "Shift", "AltGraph"].includes(key) || isTyped(event)) return false;
  if (!ctrlKey && !metaKey) return altKey;
  // By its place where the layout has no Latin letters.
  const letter = (/^[ -~]$/.test(key) ? key : code.replace("Key", "")).toLowerCase();
  return altKey || !(shiftKey ? ["z"] : ["s", "o", "z", "y"]).includes(letter);
}

/**
 * Whether what is held along is only how this keyboard types the brush's keys.
 * @param {KeyboardEvent} event
 */
export function isTyped(event) {
  const { key, ctrlKey, metaKey, altKey } = event;
  return ["[", "]"].includes(key) && (event.getModifierState?.("AltGraph") || (altKey && !ctrlKey && !metaKey));
}

/**
 * Keeps those keys, and wheels that zoom the page, from the canvas in `area`, which would take every one for itself.
 * @param {EventTarget} area
 */
export function leaveToBrowser(area) {
  const leave = (is) => (event) => is(event) && event.stopImmediatePropagation();
  for (const name of ["keydown", "keyup"]) area.addEventListener(name, leave(isBrowserKey), { capture: true });
  // A pinch on a trackpad is told as such a wheel too.
  area.addEventListener("wheel", leave(({ ctrlKey }) => ctrlKey), { capture: true, passive: true });
}
