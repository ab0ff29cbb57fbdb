// @ts-check
// The light page: the same pad and the same networks, computed on the CPU and drawn without 3D. Strokes, their history and the
// networks are in the program (LightPage in src/fallback); its places are in index.html; here is what is seen and touched.

import { past, relay } from "mnistify/depths";
import { isTyped, watchHands } from "mnistify/hands";
import { headline, refusal, winnersOf } from "mnistify/telling";
import { number, phrase, say } from "mnistify/words";
import { coded } from "mnistify/link";

const SIDE = 28;
/** The same as in the app. */
const INK = "#fffcf5";
const INK_BYTES = [255, 252, 245];
/** So many readings make a measurement. */
const ROUNDS = 60;

/**
 * The program's door, src/fallback/main.rs; places are 0 to 1 on the pad.
 * @typedef {object} LightPage
 * @property {(x: number, y: number, erases: boolean) => void} begin
 * @property {(x: number, y: number) => void} extend
 * @property {() => void} end
 * @property {(name: string) => void} act
 * @property {(width: number) => void} set_width
 * @property {(json: string) => void} load
 * @property {() => string} recording
 * @property {() => string} read
 * @property {(status: string) => string} state
 * @property {() => string} measure
 * @property {(images: Uint8Array, labels: Uint8Array, unseenImages: Uint8Array, unseenLabels: Uint8Array) => void} give_lessons
 * @property {() => void} forget
 * @property {(millis: number, seconds: number) => string} learn
 * @property {() => void} restore
 * @property {() => void} free
 */

/**
 * Fills the page in `root` and returns the functions of globalThis.mnistify, and those with which the loader moves it on.
 * `light` is a program, `names` are those of the networks that it has or will have, `prediction` is called with every new
 * answer, and `failed` with a reason when the program breaks.
 *
 * @param {{root: HTMLElement, light: LightPage, names: string[], version: string,
 *   prediction: (answer: any) => void, failed: (reason: string) => void}} page
 */
export function openLightPage({ root, light, names, version, prediction, failed }) {
  const stateNow = () => {
    const state = JSON.parse(light.state("on the CPU"));
    return { ...state, headline: refusal(state) };
  };
  // A program that does not work is told before anything is shown.
  light.read();
  let state = stateNow();

  /** @type {(selector: string) => any} */
  const find = (selector) => root.querySelector(selector);
  const cards = new Map(names.map((name) => [name, card(find(".cards"), name)]));
  const tiles = tenTiles(find(".tiles"));
  const image = find(".plate").getContext("2d");
  const buttons = Object.fromEntries(["draw", "erase", "undo", "redo", "clear"].map((name) => [name, find(`[data-do=${name}]`)]));
  const brush = find(".brush input");
  const prepare = find(".switch input");

  let frame = 0;
  let broken = false;
  let changes = 0;
  let changedAt = -Infinity;

  /** Something is another one: read it once, before the next frame. */
  function changed() {
    changes += 1;
    changedAt = performance.now();
    frame ||= requestAnimationFrame(readNow);
  }

  function readNow() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (broken) return;
    let answer;
    try {
      answer = JSON.parse(light.read());
      state = stateNow();
    } catch (error) {
      broken = true;
      failed(error.message);
      return;
    }
    show();
    prediction({ ...answer, headline: refusal(answer) });
  }

  function show() {
    for (const model of state.models) cards.get(model.name)?.(model);
    say(find(".pad strong"), state.headline ? phrase("no-digit") : "");
    tiles(state.models);
    say(find(".headline"), headline(state.models));
    const pixels = image.createImageData(SIDE, SIDE);
    state.image.forEach((value, index) => pixels.data.set(shade(value), index * 4));
    image.putImageData(pixels, 0, 0);
    const { tools } = state;
    for (const name of ["draw", "erase"]) buttons[name].setAttribute("aria-pressed", String(tools.tool === name));
    for (const name of ["undo", "redo", "clear"]) buttons[name].disabled = !tools[name];
    [brush.min, brush.max] = [tools.brush.least, tools.brush.most];
    brush.value = String(tools.brush.width);
    prepare.checked = state.preparation === "prepared";
    root.style.setProperty("--brush", String(tools.brush.share_of_pad));
    root.classList.toggle("erasing", tools.tool === "erase");
    find(".pad").classList.toggle("empty", state.strokes === 0);
    paint(find(".pad canvas"), light);
  }

  const act = (name) => {
    light.act(name);
    changed();
  };
  for (const [name, one] of Object.entries(buttons)) one.onclick = () => act(name);
  brush.oninput = () => {
    light.set_width(Number(brush.value));
    changed();
  };
  prepare.onchange = () => act("prepare");
  addEventListener("keydown", (event) => {
    // Letters choose in the list of languages.
    if (event.target instanceof HTMLSelectElement) return;
    const action = document.body.dataset.screen === "fallback" && keyAction(event);
    if (!action) return;
    event.preventDefault();
    act(action);
  });
  const pen = listenToPen(find(".pad"), () => light, changed);
  new ResizeObserver(() => paint(find(".pad canvas"), light)).observe(find(".pad canvas"));
  show();

  const now = (change) => {
    changes += 1;
    change();
    readNow();
  };
  return {
    /** What computes. */
    program: () => light,
    read: readNow,
    /** How often something changed. */
    changes: () => changes,
    /** For how many milliseconds no pen has been down and nothing has changed. */
    rests: () => (pen.isDown() ? 0 : performance.now() - changedAt),
    /** Goes on with another program, such as one with more networks; between two strokes only. */
    use(next) {
      const { tools, preparation } = stateNow();
      relay(past(light), { draw: (json) => next.load(json), undo: () => next.act("undo") });
      next.act(tools.tool);
      next.set_width(tools.brush.width);
      if (JSON.parse(next.state("")).preparation !== preparation) next.act("prepare");
      light.free();
      light = next;
      readNow();
    },
    /** Takes a network's answer away, which will not come. */
    without(name) {
      find(`.card.${name.toLowerCase()}`)?.remove();
      cards.delete(name);
    },
    past: () => past(light),
    recording: () => light.recording(),
    draw: (json) => now(() => light.load(json)),
    clear: () => now(() => light.act("clear")),
    undo: () => now(() => light.act("undo")),
    redo: () => now(() => light.act("redo")),
    act: (name) => now(() => light.act(name)),
    wake: () => {},
    strokes: () => JSON.parse(light.recording()),
    /** The text after # of a link. */
    link: (withStrokes) =>
      [stateNow().preparation === "raw" && "prepare=off", withStrokes && `strokes=${coded(JSON.parse(light.recording()))}`].filter(Boolean).join("&"),
    state: () => ({
      ...stateNow(),
      version,
      pad: rectangle(find(".pad canvas")),
      buttons: Object.fromEntries(Object.entries(buttons).map(([name, one]) => [name, rectangle(one)])),
    }),
    async bench() {
      let report = "";
      for (let round = 0; round < ROUNDS; round += 1) {
        report = light.measure();
        // Room for the page between two readings.
        await new Promise((resolve) => setTimeout(resolve));
      }
      return JSON.parse(report);
    },
  };
}

/**
 * The action of a key; the same keys as in the app.
 * @param {KeyboardEvent} event
 */
function keyAction(event) {
  const { key, ctrlKey, metaKey, shiftKey, altKey, repeat } = event;
  const often = { "[": "thinner", "]": "thicker", 9: "thinner", 0: "thicker" };
  if (isTyped(event)) return often[key];
  if (altKey) return null;
  const letter = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (letter === "z") return shiftKey ? "redo" : "undo";
    return letter === "y" ? "redo" : null;
  }
  const once = { d: "draw", e: "erase", c: "clear", delete: "clear", p: "prepare" };
  return often[letter] ?? (repeat ? null : once[letter]) ?? null;
}

/** @param {Element} element */
function rectangle(element) {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  return [left, top, right, bottom];
}

/**
 * Makes strokes of what the pointer does on the pad.
 * @param {HTMLElement} pad
 * @param {() => LightPage} light
 * @param {() => void} changed
 */
function listenToPen(pad, light, changed) {
  const canvas = pad.querySelector("canvas");
  /** @type {number | null} */
  let pointer = null;
  let erases = false;
  watchHands(pad, {
    onPad: () => true,
    erase: (on) => (erases = on),
    drop() {
      if (pointer !== null) light().act("undo");
      pointer = null;
    },
  });
  const place = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return /** @type {const} */ ([(clientX - left) / width, (clientY - top) / height]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    light().begin(...place(event), erases);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    pad.style.setProperty("--x", `${event.offsetX}px`);
    pad.style.setProperty("--y", `${event.offsetY}px`);
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length > 0 ? events : [event]) light().extend(...place(one));
    changed();
  });
  const end = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    light().end();
    changed();
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, end);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  return { isDown: () => pointer !== null };
}

/**
 * Paints all strokes, in the canvas's true pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {LightPage} light
 */
function paint(canvas, light) {
  const { size, strokes } = JSON.parse(light.recording());
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.setTransform(side / size, 0, 0, side / size, 0, 0);
  context.clearRect(0, 0, size, size);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = INK;
  for (const { tool, width, points } of strokes) {
    context.globalCompositeOperation = tool === "erase" ? "destination-out" : "source-over";
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0][0], points[0][1]);
    // A line to itself makes a single point a dot.
    for (const [x, y] of points.length > 1 ? points.slice(1) : points) context.lineTo(x, y);
    context.stroke();
  }
}

/**
 * Adds one network's answer to `parent`; returns what shows another one.
 * @param {HTMLElement} parent
 * @param {string} name
 */
function card(parent, name) {
  const root = document.createElement("article");
  root.className = `card blank ${name.toLowerCase()}`;
  root.innerHTML = `
    <header><h2></h2><span class="millis"></span></header>
    <p class="answer"><b></b><span></span></p>
    <ol aria-hidden="true">${"<li><i><i></i></i><span></span></li>".repeat(10)}</ol>`;
  parent.append(root);
  /** @type {(selector: string, text: import("mnistify/words").Saying) => void} */
  const write = (selector, text) => say(root.querySelector(selector), text);
  const bars = [...root.querySelectorAll("li")];
  bars.forEach((bar, digit) => (bar.querySelector("span").textContent = String(digit)));
  write("h2", name);
  write(".answer span", phrase("card-coming"));

  return ({ class: best, label, runner_up, confidence, sure, verdict, probabilities, timings }) => {
    const blank = best === null;
    const refused = verdict === "no_digit";
    root.classList.toggle("blank", blank);
    root.classList.toggle("unsure", !blank && !sure);
    root.classList.toggle("refused", refused);
    const percent = phrase("percent", { percent: number(confidence * 100, 1) });
    const doubt = runner_up === null ? percent : phrase("card-either", { first: label, second: runner_up });
    const [large, beside] = blank
      ? ["", phrase("card-blank")]
      : refused
        ? ["?", phrase("card-refused")]
        : [label, sure ? percent : phrase("card-not-sure", { doubt })];
    write("b", large);
    write(".answer span", beside);
    // Some browsers' clocks tell whole milliseconds only.
    const median = timings.result?.median;
    const millis = phrase("millis", { millis: median > 0 ? number(median, 1) : `< ${number(1, 0)}` });
    write(".millis", blank ? "" : millis);
    // Of what is no digit the bars are dimmed, but stay: they are what the network computed.
    bars.forEach((bar, index) => {
      bar.style.setProperty("--share", blank ? 0 : probabilities[index]);
      bar.classList.toggle("best", index === best && !refused);
    });
  };
}

/** From the pad's colour to the ink's. @param {number} value */
const shade = (value) => [...[23, 33, 62].map((from, at) => from + ((INK_BYTES[at] - from) * value) / 255), 255];

/**
 * Ten tiles, as in the app; returns what shows other answers in them.
 * @param {HTMLElement} parent
 */
function tenTiles(parent) {
  parent.innerHTML = [...Array(10).keys()].map((digit) => `<li><b>${digit}</b><span></span></li>`).join("");
  return (models) => {
    const winners = winnersOf(models);
    const sure = winners.length === 1 && models.every((model) => model.sure);
    [...parent.children].forEach((tile, digit) => {
      tile.classList.toggle("best", winners.includes(digit));
      say(tile.querySelector("span"), winners.includes(digit) ? (sure ? phrase("sure") : phrase("not-sure")) : "");
    });
  };
}
