// The light page: the same pad and the same networks, computed on the CPU and drawn without 3D.

const PAD = 280;
const SIDE = 28;
const BRUSH = { least: 6, most: 44, first: 20, step: 4 };
const INK = "#edf0f5";
/** Timings of so many readings are kept. */
const SERIES = 120;

const PAGE = `
  <header>
    <div><h1>Mnistify</h1><p>Draw a digit, two networks read it</p></div>
    <div class="why"><p></p><button type="button" class="quiet" data-do="try3d">Try 3D again</button></div>
  </header>
  <div class="columns">
    <section class="drawing" aria-label="Drawing">
      <div class="pad">
        <canvas role="img" aria-label="Pad: draw a digit here with the mouse, a pen or a finger"></canvas>
        <p aria-hidden="true">Draw a digit here</p>
        <strong aria-hidden="true"></strong>
        <i aria-hidden="true"></i>
      </div>
      <div class="tools">
        <div class="row" role="group" aria-label="Tools">
          <button type="button" data-do="draw" title="Draw (D)" aria-keyshortcuts="D">Draw</button>
          <button type="button" data-do="erase" title="Erase (E)" aria-keyshortcuts="E">Erase</button>
          <button type="button" data-do="undo" title="Undo (Ctrl+Z)" aria-keyshortcuts="Control+Z">Undo</button>
          <button type="button" data-do="redo" title="Redo (Ctrl+Y)" aria-keyshortcuts="Control+Y">Redo</button>
          <button type="button" data-do="clear" title="Clear (C)" aria-keyshortcuts="C">Clear</button>
        </div>
        <label class="brush" title="Brush size ([ and ])"><span>Brush</span>
          <input type="range" min="${BRUSH.least}" max="${BRUSH.most}" step="1" value="${BRUSH.first}"><b aria-hidden="true"><i></i></b>
        </label>
      </div>
    </section>
    <section class="reading" aria-label="Answers">
      <div class="cards"></div>
      <div class="input">
        <canvas width="${SIDE}" height="${SIDE}" role="img" aria-label="The image that the networks receive"></canvas>
        <div>
          <h2>What the networks receive</h2>
          <p>28 × 28 values</p>
          <label class="switch" title="Scaled into 20 × 20 and centred by mass, as MNIST’s own digits were (P)">
            <input type="checkbox" role="switch" aria-keyshortcuts="P" checked><span>Centre and scale, like MNIST</span>
          </label>
        </div>
      </div>
    </section>
  </div>`;

/**
 * Builds the page in `root` and returns the functions of globalThis.mnistify. `reader` is the networks, `prediction`
 * is called with every new answer, and `failed` with a reason when the networks break.
 */
export function openLightPage({ root, reader, version, why, try3d, prediction, failed }) {
  const drawing = new Drawing();
  const page = { tool: "draw", width: BRUSH.first, prepared: true, readings: 0, broken: false };
  // A reader that does not work is told before anything is shown.
  let reading = read(reader, drawing, page.prepared);

  root.innerHTML = PAGE;
  root.hidden = false;
  const find = (selector) => root.querySelector(selector);
  find(".why p").textContent = why;
  const cards = reading.models.map(({ name }) => new Card(find(".cards"), name));
  const pad = new PadView(find(".pad"), drawing, page, changed);
  const input = find(".input canvas");
  const image = input.getContext("2d");
  const buttons = Object.fromEntries([...root.querySelectorAll("[data-do]")].map((one) => [one.dataset.do, one]));
  const brush = find(".brush input");
  const prepare = find(".switch input");

  let frame = 0;

  /** The drawing or its preparation is another one: read it once, before the next frame. */
  function changed() {
    frame ||= requestAnimationFrame(readNow);
  }

  function readNow() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (page.broken) return;
    try {
      reading = read(reader, drawing, page.prepared);
    } catch (error) {
      page.broken = true;
      failed(error.message);
      return;
    }
    page.readings += 1;
    show();
    const { headline } = reading;
    prediction({ models: reading.models.map(({ millis, ...model }) => model), headline, text: headline ?? spoken(reading.models) });
  }

  function show() {
    reading.models.forEach((model, index) => cards[index].show(model));
    find(".pad strong").textContent = reading.headline ?? "";
    const pixels = image.createImageData(SIDE, SIDE);
    reading.image.forEach((value, index) => pixels.data.set([value, value, value, 255], index * 4));
    image.putImageData(pixels, 0, 0);
    showTools();
  }

  function showTools() {
    buttons.draw.setAttribute("aria-pressed", String(page.tool === "draw"));
    buttons.erase.setAttribute("aria-pressed", String(page.tool === "erase"));
    buttons.undo.disabled = !drawing.canUndo;
    buttons.redo.disabled = !drawing.canRedo;
    buttons.clear.disabled = drawing.strokes.length === 0;
    brush.value = String(page.width);
    prepare.checked = page.prepared;
    root.style.setProperty("--brush", String(page.width / PAD));
    root.classList.toggle("erasing", page.tool === "erase");
  }

  const act = (change) => () => {
    change();
    pad.paint();
    showTools();
    changed();
  };
  const use = (tool) => act(() => (page.tool = tool));
  const setWidth = (width) => act(() => (page.width = Math.min(BRUSH.most, Math.max(BRUSH.least, width))))();
  const actions = {
    try3d,
    draw: use("draw"),
    erase: use("erase"),
    undo: act(() => drawing.undo()),
    redo: act(() => drawing.redo()),
    clear: act(() => drawing.replace([])),
    prepare: act(() => (page.prepared = !page.prepared)),
    thinner: () => setWidth(page.width - BRUSH.step),
    thicker: () => setWidth(page.width + BRUSH.step),
  };
  for (const [name, one] of Object.entries(buttons)) one.onclick = actions[name];
  brush.oninput = () => setWidth(Number(brush.value));
  prepare.onchange = actions.prepare;
  addEventListener("keydown", (event) => {
    const action = document.body.dataset.screen === "fallback" && keyAction(event);
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
  show();

  return {
    draw(json) {
      const strokes = strokesOf(json);
      act(() => drawing.replace(strokes))();
      readNow();
    },
    clear: () => (actions.clear(), readNow()),
    undo: () => (actions.undo(), readNow()),
    redo: () => (actions.redo(), readNow()),
    strokes: () => ({ version: 1, size: PAD, strokes: drawing.strokes }),
    state: () => ({
      version,
      frame: page.readings,
      adapter: "none: computed on the CPU",
      preparation: page.prepared ? "prepared" : "raw",
      pen_down: drawing.underWay,
      strokes: drawing.strokes.length,
      pad: rectangle(find(".pad canvas")),
      shown: "all",
      frame_millis: null,
      screen: "ready",
      headline: reading.headline,
      models: reading.models.map(({ millis, ...model }, index) => ({
        parameters: null,
        shown: true,
        runs_on: "CPU",
        status: `on the CPU: ${why}`,
        logits: null,
        timings: { encode: null, result: summary(cards[index].series), gpu: null },
        ...model,
        probabilities: model.class === null ? null : model.probabilities,
      })),
      buttons: Object.fromEntries(
        ["undo", "redo", "clear", "erase", "draw"].map((name) => [name, rectangle(buttons[name])]),
      ),
    }),
    async bench() {
      const line = [[70, 60], [210, 60], [120, 230]];
      const json = JSON.stringify({
        version: 1,
        size: PAD,
        strokes: [{ tool: "draw", width: 20, points: line.map(([x, y], index) => [x, y, index * 100]) }],
      });
      const series = new Map();
      const whole = [];
      for (let round = 0; round < 60; round += 1) {
        const began = performance.now();
        const { models } = JSON.parse(reader.read(json, true));
        whole.push(performance.now() - began);
        for (const { name, millis } of models) series.set(name, [...(series.get(name) ?? []), millis]);
        // Room for the page between two readings.
        await new Promise((resolve) => setTimeout(resolve));
      }
      const forward_millis = Object.fromEntries([...series].map(([name, values]) => [name, summary(values)]));
      return { adapter: "none: computed on the CPU", reading_millis: { "image and networks": summary(whole) }, forward_millis };
    },
  };
}

/** The action of a key; the same keys as in the app. */
function keyAction({ key, ctrlKey, metaKey, shiftKey, altKey, repeat }) {
  if (altKey) return null;
  const letter = key.toLowerCase();
  if (ctrlKey || metaKey) {
    if (letter === "z") return shiftKey ? "redo" : "undo";
    return letter === "y" ? "redo" : null;
  }
  const often = { "[": "thinner", "]": "thicker" };
  const once = { d: "draw", e: "erase", c: "clear", delete: "clear", p: "prepare" };
  return often[letter] ?? (repeat ? null : once[letter]) ?? null;
}

function read(reader, drawing, prepared) {
  const recording = { version: 1, size: PAD, strokes: drawing.strokes };
  return JSON.parse(reader.read(JSON.stringify(recording), prepared));
}

function spoken(models) {
  if (models.every((model) => model.class === null)) return "The pad is empty.";
  return models
    .map(({ name, label, confidence, sure, verdict, class: best }) => {
      if (best === null) return `${name}: nothing.`;
      if (verdict === "no_digit") return `${name}: not a digit.`;
      return `${name}: ${sure ? "" : "not sure, "}${label}, ${Math.round(confidence * 100)} percent.`;
    })
    .join(" ");
}

function rectangle(element) {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  return [left, top, right, bottom];
}

function summary(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), p95: at(0.95) };
}

/** The strokes of a recording, in the pad's units; throws what is wrong with it. */
function strokesOf(json) {
  const bad = (what) => new Error(`this is not a recording of strokes: ${what}`);
  const { version, size, strokes } = JSON.parse(json) ?? {};
  if (version !== 1) throw bad(`its version is ${version}, but 1 can be read`);
  if (!(size > 0 && Number.isFinite(size))) throw bad(`its size is ${size}, but it must be a positive number`);
  if (!Array.isArray(strokes)) throw bad("it has no list of strokes");
  const scale = PAD / size;
  return strokes.map(({ tool, width, points }, index) => {
    const which = `stroke ${index + 1}`;
    if (tool !== "draw" && tool !== "erase") throw bad(`${which} has the tool ${tool}, but it must be draw or erase`);
    if (!(width > 0 && width <= size)) throw bad(`${which} has the width ${width}, but it must be more than 0 and at most ${size}`);
    if (!Array.isArray(points) || points.length === 0) throw bad(`${which} has no points`);
    const scaled = points.map((point, place) => {
      const sound = Array.isArray(point) && point.length === 3 && point.every(Number.isFinite);
      if (!sound || Math.max(-point[0], -point[1], point[0] - size, point[1] - size) > size) {
        throw bad(`point ${place + 1} of ${which} must be [x, y, milliseconds] on or near the pad`);
      }
      return [point[0] * scale, point[1] * scale, point[2]];
    });
    return { tool, width: width * scale, points: scaled };
  });
}

/** The strokes with undo and redo. A list of strokes never changes once another one has taken its place. */
class Drawing {
  strokes = [];
  underWay = false;
  #before = [];
  #after = [];
  #began = 0;

  get canUndo() {
    return this.#before.length > 0;
  }

  get canRedo() {
    return this.#after.length > 0;
  }

  begin(tool, width, x, y) {
    this.end();
    if (this.strokes.length === 0) this.#began = performance.now();
    this.replace([...this.strokes, { tool, width, points: [[rounded(x), rounded(y), this.#millis()]] }]);
    this.underWay = true;
  }

  /** Returns the piece that was added, [from, to], or null where nothing could be seen of it. */
  extend(x, y) {
    const { points } = this.strokes.at(-1);
    const last = points.at(-1);
    if (Math.hypot(x - last[0], y - last[1]) < 0.5) return null;
    const next = [rounded(x), rounded(y), Math.max(last[2], this.#millis())];
    points.push(next);
    return [last, next];
  }

  end() {
    this.underWay = false;
  }

  replace(strokes) {
    this.end();
    if (this.strokes.length === 0 && strokes.length === 0) return;
    this.#before.push(this.strokes);
    this.#after = [];
    this.strokes = strokes;
  }

  undo() {
    this.#move(this.#before, this.#after);
  }

  redo() {
    this.#move(this.#after, this.#before);
  }

  #move(from, to) {
    this.end();
    if (from.length === 0) return;
    to.push(this.strokes);
    this.strokes = from.pop();
  }

  #millis() {
    return Math.round(performance.now() - this.#began);
  }
}

/** To 0.1, and at most a pad's size away from the pad, so that it can be saved and loaded. */
function rounded(value) {
  return Math.round(Math.min(2 * PAD, Math.max(-PAD, value)) * 10) / 10;
}

/** The pad: shows the strokes and makes new ones of what the pointer does. */
class PadView {
  #root;
  #canvas;
  #context;
  #drawing;
  #page;
  #pointer = null;

  constructor(root, drawing, page, changed) {
    this.#root = root;
    this.#canvas = root.querySelector("canvas");
    this.#context = this.#canvas.getContext("2d");
    this.#drawing = drawing;
    this.#page = page;
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      // Primary button, or a pen's eraser end (5). A second finger or a palm does not disturb the stroke.
      if (this.#pointer !== null || (event.button !== 0 && event.button !== 5)) return;
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      const tool = event.button === 5 ? "erase" : page.tool;
      drawing.begin(tool, page.width, ...this.#place(event));
      this.#paintPiece(drawing.strokes.at(-1), drawing.strokes.at(-1).points);
      this.#showEmptiness();
      changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      this.#root.style.setProperty("--x", `${event.offsetX}px`);
      this.#root.style.setProperty("--y", `${event.offsetY}px`);
      if (event.pointerId !== this.#pointer || !drawing.underWay) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const one of events.length > 0 ? events : [event]) {
        const piece = drawing.extend(...this.#place(one));
        if (piece) this.#paintPiece(drawing.strokes.at(-1), piece);
      }
      changed();
    });
    const end = (event) => {
      if (event.pointerId !== this.#pointer) return;
      this.#pointer = null;
      drawing.end();
      changed();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("lostpointercapture", end);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  /** Draws all strokes anew. */
  paint() {
    const context = this.#context;
    context.save();
    context.resetTransform();
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.restore();
    for (const stroke of this.#drawing.strokes) this.#paintPiece(stroke, stroke.points);
    this.#showEmptiness();
  }

  #paintPiece({ tool, width }, points) {
    const context = this.#context;
    context.globalCompositeOperation = tool === "erase" ? "destination-out" : "source-over";
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0][0], points[0][1]);
    // A line to itself makes a single point a dot.
    for (const [x, y] of points.length > 1 ? points.slice(1) : points) context.lineTo(x, y);
    context.stroke();
  }

  #showEmptiness() {
    this.#root.classList.toggle("empty", this.#drawing.strokes.length === 0);
  }

  #resize() {
    const side = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
    if (this.#canvas.width === side) return;
    this.#canvas.width = this.#canvas.height = side;
    const context = this.#context;
    context.scale(side / PAD, side / PAD);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = INK;
    this.paint();
  }

  #place({ clientX, clientY }) {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    return [((clientX - left) / width) * PAD, ((clientY - top) / width) * PAD];
  }
}

/** One network's answer. */
class Card {
  series = [];
  #parts;
  #bars;

  constructor(parent, name) {
    const card = document.createElement("article");
    card.className = `card ${name.toLowerCase()}`;
    card.innerHTML = `
      <header><h2></h2><span class="millis"></span></header>
      <p class="answer"><b></b><span></span></p>
      <ol aria-hidden="true">${"<li><i><i></i></i><span></span></li>".repeat(10)}</ol>`;
    card.querySelector("h2").textContent = name;
    parent.append(card);
    this.#parts = {
      card,
      digit: card.querySelector("b"),
      certainty: card.querySelector(".answer span"),
      millis: card.querySelector(".millis"),
    };
    this.#bars = [...card.querySelectorAll("li")];
    this.#bars.forEach((bar, digit) => (bar.querySelector("span").textContent = digit));
  }

  show({ class: best, label, runner_up, confidence, sure, verdict, probabilities, millis }) {
    const { card, digit, certainty } = this.#parts;
    const blank = best === null;
    const refused = verdict === "no_digit";
    card.classList.toggle("blank", blank);
    card.classList.toggle("unsure", !blank && !sure);
    card.classList.toggle("refused", refused);
    const percent = `${(confidence * 100).toFixed(1)} %`;
    const doubt = runner_up === null ? percent : `${label} or ${runner_up}?`;
    const [large, beside] = blank
      ? ["", "Waiting for a digit"]
      : refused
        ? ["?", "not a digit"]
        : [label, sure ? percent : `not sure\n${doubt}`];
    digit.textContent = large;
    certainty.textContent = beside;
    // Of what is no digit the bars are dimmed, but stay: they are what the network computed.
    this.#bars.forEach((bar, index) => {
      bar.style.setProperty("--share", blank ? 0 : probabilities[index]);
      bar.classList.toggle("best", index === best && !refused);
    });
    if (blank) {
      this.#parts.millis.textContent = "";
    } else if (Number.isFinite(millis)) {
      this.series.push(millis);
      if (this.series.length > SERIES) this.series.shift();
      this.#parts.millis.textContent = `${summary(this.series).median.toFixed(1)} ms`;
    }
  }
}
