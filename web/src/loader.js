// @ts-check
// Starts the app, or the light page where there is no WebGPU. Every problem on the way is a value that ends up in one
// place, the loop in main(), which asks the person once what to do about it.

import { Downloads, importModule, size } from "mnistify/download";
import { isPicture, readFiles } from "mnistify/files";
import { adapterName, watchDevice, watchFrames, whyNo3d } from "mnistify/graphics";
import { isBrowserKey, leaveToBrowser, watchHands } from "mnistify/hands";
import { chooseNetwork, listen, listenToDrops, open, save, savePicture, share } from "mnistify/host";
import { connect, disconnect, emit, finishBench, stamp } from "mnistify/interface";
import { isAside, keep, keepNetwork, kept, left, networkLeft, restart, restartWith3d, setAside } from "mnistify/keeping";
import { ask, hideOffer, mirror, note, offerLight, screen, setScreen, showOffer, showProgress } from "mnistify/screen";
import { storePage } from "mnistify/update";

/** The drawing is kept at once when it changes, and again after so long while it goes on changing. */
const KEEP_MILLIS = 100;
/** After so long the loading screen offers the light page. */
const PATIENCE_MILLIS = 25_000;
/** One fault often arrives several times, as a lost device and then a panic; so long the clearest one is waited for. */
const FAULT_MILLIS = 400;
/** After so many more frames, what was opened has gone all the way to the screen. */
const OPENED_FRAMES = 3;
const FRAME_MILLIS = 50;

// What a message offers, as [action, label]; decide() carries it out.
const RETRY = ["retry", "Try again"];
const DOWNLOAD_AGAIN = ["retry", "Download again"];
const OTHER_NETWORK = ["without-model", "Go on with the other network"];
const RESTART = ["restart", "Start again"];
const LIGHT = ["fallback", "Go on without 3D"];

const query = new URLSearchParams(location.search);
const canvas = document.getElementById("canvas");
const manifest = JSON.parse(document.getElementById("manifest").textContent);
const downloads = new Downloads(manifest.files, (received, total) => {
  if (screen() === "loading" && total > 0) showProgress(received / total, `${size(received)} of ${size(total)}`);
});

/** The networks' files, in the order in which both pages show them. */
let models = ["mlp.safetensors", "cnn.safetensors"].filter((name) => name in manifest.files);
/** Why the page goes without 3D; null with 3D. */
let light = null;
/** The app's module, once it is there. */
let app = null;
/** Whether the app's start() has returned: from then on only a new page can start it again. */
let started = false;
/** What is to be kept, while something runs that has it: the recording as JSON, and in the app the view. */
/** @type {(() => [string, string?]) | null} */
let keptNow = null;
/**
 * What of the kept things, or of a link, is being opened just now. A program that ends meanwhile does not open it again.
 * @type {Set<import("mnistify/keeping").Part>}
 */
const opening = new Set();
/**
 * Opens what was set aside, where the person asks for it.
 * @type {((functions: any) => void)[]}
 */
const aside = [];
/** Whether the visitor's own network that the page before this one left is here again, or there was none. */
let networkRestored = false;

main();

async function main() {
  listenToInput();
  listenToDrops({ held: (held) => holdFiles?.(held), take: (files) => takeFiles(files) });
  watchDevice((kind, detail) => started && fault(kind, detail));
  setScreen("loading");
  downloads.want([...models, "app.wasm"]);
  // Both pages need the networks, so they need not wait for the graphics adapter.
  for (const name of models) downloads.get(name);
  light = left.light ?? (query.has("cpu") ? "This address asks for the page without 3D." : await whyNo3d());
  for (;;) {
    setScreen("loading");
    opening.clear();
    aside.length = 0;
    const problem = await (light ? runLight() : runApp());
    await decide(await ask(problem), problem);
  }
}

/** Does what the person chose. Returns to go round the loop again, and never where the page is loaded anew. */
async function decide(action, problem) {
  const newPage = new Promise(() => {});
  if (action === "fallback" && !started) {
    light = problem.why;
  } else if (action === "without-model") {
    models = models.filter((name) => !problem.files.includes(name));
  } else if (action === "retry" && !problem.stale) {
    for (const name of problem.files ?? []) downloads.forget(name);
  } else {
    restart({ light: action === "fallback" ? problem.why : light && left.light });
    await newPage;
  }
}

// ---- the app ----

const appReady = deferred();
const faulty = deferred();
let faults = null;

/** Runs the app; resolves to a problem, at the start or whenever one comes. */
async function runApp() {
  downloads.want([...models, "app.wasm"]);
  const [module, wasm, ...files] = await Promise.all(
    [importModule("app"), ...["app.wasm", ...models].map((name) => downloads.get(name))],
  );
  const problem = downloadProblem([module, wasm, ...files]);
  if (problem) return problem;
  storePage(keepNow);
  setScreen("preparing");
  showProgress(null, "Preparing the GPU");
  // Painted before the app takes the main thread.
  await new Promise((resolve) => setTimeout(resolve, 30));
  try {
    if (!app) {
      listen(appEvents);
      await module.value.default({ module_or_path: wasm.value });
      app = module.value;
    }
    app.start(models, files.map((file) => file.value), viewToOpen(), adapterName);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return startProblem(error);
    // A panic: its own event says more than the trap that follows it.
    fault("trap", error.message);
  }
  started = true;
  const patience = setTimeout(
    () => offerLight(() => restart({ light: "The 3D view took too long to start." })),
    PATIENCE_MILLIS,
  );
  const ending = await Promise.race([appReady.promise, faulty.promise]);
  clearTimeout(patience);
  return ending ?? afterReady();
}

/** The text after # of a link: of the view that was left, or the address's. */
function viewToOpen() {
  const view = left.view ?? location.hash.slice(1);
  if (view === "") return "";
  if (isAside("app", "view")) {
    aside.push((functions) => {
      opening.add("view");
      openLink(functions, view);
    });
    return "";
  }
  opening.add("view");
  return view;
}

function openLink(functions, fragment) {
  try {
    functions.applyLink(fragment);
  } catch (error) {
    note(`This link is not valid: ${messageOf(error)}`);
  }
}

async function afterReady() {
  const functions = guarded({
    draw: (json) => {
      app.draw(json);
      keep(json);
    },
    clear: () => app.clear(),
    undo: () => app.undo(),
    redo: () => app.redo(),
    act: (name) => app.act(name),
    wake: () => app.wake(),
    state: () => JSON.parse(app.state()),
    strokes: () => JSON.parse(app.strokes()),
    bench: () => app.bench(),
    link: (withStrokes) => app.link(withStrokes),
    logitsOf: async (images) => JSON.parse(await app.logits_of(images)),
    applyLink: (fragment) => app.apply_link(fragment),
    drag: (held) => app.drag(held),
    offerFiles: (files) => app.offer_files(files.map(({ name }) => name), files.map(({ bytes }) => bytes)),
    refuseFiles: (reason) => app.refuse_files(reason),
    loadNetwork(fileName, bytes, json) {
      return inTurn(() => {
        const told = JSON.parse(app.load_network(fileName, bytes, json));
        return networksChanged().then((name) => ({ ...told, name }));
      });
    },
    removeNetwork() {
      return inTurn(() => {
        app.remove_network();
        return networksChanged().then(() => undefined);
      });
    },
  });
  // It was drawn before the app was ready.
  opening.delete("view");
  restoreDrawing("app", functions);
  restoreNetwork(functions);
  if (opening.has("drawing")) openedAfterFrames(functions);
  offerAside(functions, openedAfterFrames);
  keptNow = () => [app.strokes(), app.link(false)];
  listenToHands(functions);
  watchFrames(canvas, () => (faults ? NaN : functions.state().frame), () => fault("still", ""));
  setScreen("ready");
  canvas.focus({ preventScroll: true });
  addEventListener("hashchange", () => {
    if (!faults) openLink(functions, location.hash.slice(1));
  });
  drawFromFile = functions.draw;
  holdFiles = functions.drag;
  takeFiles = async (files) => {
    try {
      const read = await readFiles(files);
      if (!faults) functions.offerFiles(read);
    } catch (error) {
      if (!faults) functions.refuseFiles(messageOf(error));
    }
  };
  connect(functions);
  if (query.has("bench")) functions.bench();
  return faulty.promise;
}

/** @param {any} functions */
function listenToHands(functions) {
  let tool = "draw";
  watchHands(canvas.parentElement, {
    onPad({ clientX, clientY }) {
      if (faults) return false;
      const { left, top } = canvas.getBoundingClientRect();
      const [x0, y0, x1, y1] = functions.state().pad;
      const [x, y] = [clientX - left, clientY - top];
      return x >= x0 && x <= x1 && y >= y0 && y <= y1;
    },
    erase(on) {
      if (faults) return;
      if (on) tool = functions.state().tool ?? "draw";
      functions.act(on ? "erase" : tool);
    },
    drop: () => !faults && functions.state().pen_down && functions.undo(),
  });
}

/**
 * Waits until what is being opened has been drawn: it asks for more frames than these by itself.
 * @param {any} functions
 */
async function openedAfterFrames(functions) {
  try {
    const before = functions.state().frame;
    while (!faults && functions.state().frame < before + OPENED_FRAMES) {
      await new Promise((resolve) => setTimeout(resolve, FRAME_MILLIS));
    }
  } catch {
    // The program has ended, which is told as a fault.
  }
  if (!faults) for (const part of ["view", "drawing"]) opening.delete(/** @type {any} */ (part));
}

let drawFromFile = null;
/** What becomes of files over and on the page; the app takes them once it is ready. */
/** @type {((held: boolean) => void) | null} */
let holdFiles = null;
/** @type {(files: File[]) => void} */
let takeFiles = () => note("The page is not ready for files yet");

/** Who waits until the app has another list of networks. */
const waiting = [];

// One change of the networks at a time, or the first to be done would answer for both.
let lastChange = Promise.resolve();

function inTurn(change) {
  const done = lastChange.then(change);
  lastChange = done.catch(() => {});
  return done;
}

/** Resolves to the name of the visitor's own network, or to null, when the list of networks has changed. */
function networksChanged() {
  const change = deferred();
  waiting.push(change);
  return change.promise;
}

const appEvents = {
  progress({ done, total, what }) {
    if (screen() === "preparing") showProgress(total > 0 ? done / total : null, what);
  },
  first_frame: () => stamp("first_frame"),
  ready: () => appReady.resolve(null),
  prediction,
  failed: ({ reason }) => fault(/device\b.*\blost/i.test(reason) ? "lost" : "panic", reason, false),
  bench: showBench,
  save,
  picture: savePicture,
  open: () => drawFromFile && open(drawFromFile),
  choose_network: () => chooseNetwork((files) => takeFiles(files)),
  networks({ yours }) {
    waiting.splice(0).forEach(({ resolve }) => resolve(yours));
    if (networkRestored) keepOwnNetwork();
  },
  share,
};

/** A trap leaves the module unusable, wherever it was called from. */
function guarded(functions) {
  const guard = (f) => (...values) => {
    try {
      return f(...values);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) fault("trap", error.message);
      throw error;
    }
  };
  return Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, guard(f)]));
}

addEventListener("error", ({ error }) => {
  if (started && error instanceof WebAssembly.RuntimeError) fault("trap", error.message);
});

/** Kinds of faults, the clearest first: what happened, and what may have caused it or helps. */
const FAULTS = {
  lost: ["The graphics device was lost", "A driver that restarts or a computer that sleeps can cause this."],
  memory: ["The graphics device has no memory left", "Close other tabs or programs, then start again."],
  gpu: ["The graphics device refused what it was asked to do", ""],
  panic: ["A fault in the program ended the 3D view", ""],
  trap: ["A fault in the program ended the 3D view", ""],
  still: ["The 3D view does not move any more", "The graphics driver may have stopped."],
  light: ["The networks stopped working", ""],
};
/** As many are compared; a device that fails in every frame tells no end of them. */
const MOST_FAULTS = 20;

/**
 * Ends the app. Of several faults in a row the clearest is told.
 * @param {keyof typeof FAULTS} kind
 * @param {string} detail
 */
function fault(kind, detail, callable = kind !== "panic" && kind !== "trap") {
  if (faults) {
    if (faults.length < MOST_FAULTS) faults.push({ kind, detail });
    return;
  }
  // After a panic nothing of the module may be called any more; then what was kept last has to do.
  if (callable) keepNow();
  if (opening.size > 0) setAside(light ? "light" : "app", [...opening]);
  faults = [{ kind, detail }];
  keptNow = null;
  disconnect();
  holdFiles = null;
  takeFiles = () => {};
  for (const { reject } of waiting.splice(0)) reject(new Error("Mnistify has stopped"));
  setTimeout(() => {
    const kinds = Object.keys(FAULTS);
    const best = [...faults].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))[0];
    const problem = faultProblem(best);
    emit("failed", { reason: problem.why });
    faulty.resolve(problem);
  }, FAULT_MILLIS);
}

// ---- the light page ----

/** Runs the page without 3D; resolves to a problem, at the start or whenever one comes. */
async function runLight() {
  downloads.want([...models, "cpu.wasm"]);
  const [page, module, wasm, ...files] = await Promise.all(
    [importModule("fallback"), importModule("cpu"), ...["cpu.wasm", ...models].map((name) => downloads.get(name))],
  );
  const problem = downloadProblem([page, module, wasm, ...files]);
  if (problem) return problem;
  storePage(keepNow);
  let program;
  let functions;
  try {
    await module.value.default({ module_or_path: wasm.value });
    program = new module.value.LightPage(models, files.map((file) => file.value));
    functions = page.value.openLightPage({
      root: document.getElementById("fallback"),
      light: program,
      version: manifest.version,
      why: light,
      try3d: () => {
        keepNow();
        restartWith3d();
      },
      prediction,
      failed: (reason) => fault("light", reason),
    });
  } catch (error) {
    return startProblem(error);
  }
  started = true;
  // This page reads at once.
  const opened = () => faults || opening.clear();
  restoreDrawing("light", functions);
  opened();
  offerAside(functions, opened);
  keptNow = () => [program.recording()];
  setScreen("fallback");
  stamp("first_frame");
  const onlyShipped = "The page without 3D reads with the networks that come with it only";
  const refuse = () => {
    throw new Error(onlyShipped);
  };
  takeFiles = (files) => note(files.every(isPicture) ? "The page without 3D opens no pictures" : onlyShipped);
  connect({ ...functions, loadNetwork: refuse, removeNetwork: refuse });
  if (query.has("bench")) functions.bench().then(showBench, (error) => fault("light", messageOf(error)));
  return faulty.promise;
}

// ---- both ----

let lastText = "";

function prediction(answer) {
  keepSoon();
  if (answer.models.some((model) => model.class !== null)) stamp("first_prediction");
  if (answer.text !== lastText) mirror((lastText = answer.text));
  emit("prediction", answer);
}

async function showBench(report) {
  const timings = globalThis.mnistify.timings;
  const full = { ...report, page_millis: { first_frame: null, ready: null, first_prediction: null, ...timings } };
  finishBench(full);
  const { value, problem } = await importModule("report");
  if (problem) return note(`report.js: ${problem}; the report is in mnistify.bench`);
  value.showReport(document.getElementById("bench"), full, () => !light && canvas.focus());
}

/**
 * @param {import("mnistify/keeping").Program} by
 * @param {any} functions
 */
function restoreDrawing(by, functions) {
  const drawing = kept();
  if (!drawing) return;
  const put = (functions) => {
    opening.add("drawing");
    try {
      functions.draw(drawing);
    } catch (error) {
      opening.delete("drawing");
      console.warn(error);
      note("The drawing could not be restored");
    }
  };
  if (isAside(by, "drawing")) aside.push(put);
  else put(functions);
}

/**
 * @param {any} functions
 * @param {(functions: any) => void} opened
 */
function offerAside(functions, opened) {
  if (aside.length === 0) return;
  showOffer("The page stopped as it opened your drawing or link, so that was set aside", "Open it", () => {
    hideOffer();
    for (const put of aside.splice(0)) put(functions);
    opened(functions);
  });
}

/** Lets the visitor's own network read again that the page before this one left. */
async function restoreNetwork(functions) {
  try {
    const network = await networkLeft();
    if (network && isAside("app", "network")) {
      note("The page stopped as it opened your network, so that was not opened again");
    } else if (network && !faults) {
      opening.add("network");
      await functions.loadNetwork(network.name, network.bytes, network.description);
      // It may be the one that was shown alone.
      if (left.view !== null && !isAside("app", "view")) functions.applyLink(left.view);
      opening.delete("network");
    }
  } catch (error) {
    // It stays kept for the next start.
    if (faults) return;
    opening.delete("network");
    console.warn(error);
    note("Your network could not be restored");
  }
  networkRestored = true;
  if (!faults) keepOwnNetwork();
}

function keepOwnNetwork() {
  const own = app.own_network();
  if (!own) return keepNetwork(null);
  const { name, bytes, description } = own;
  own.free();
  keepNetwork({ name, bytes, description });
}

let keepTimer = 0;
let keptAt = -Infinity;

function keepSoon() {
  if (performance.now() - keptAt > KEEP_MILLIS) keepNow();
  else keepTimer ||= setTimeout(keepNow, KEEP_MILLIS);
}

function keepNow() {
  clearTimeout(keepTimer);
  keepTimer = 0;
  // What is being opened is not yet on the pad, but kept already.
  if (!keptNow || opening.has("drawing")) return;
  keptAt = performance.now();
  try {
    keep(...keptNow());
  } catch (error) {
    console.warn("The drawing could not be kept:", error);
  }
}

function listenToInput() {
  leaveToBrowser(canvas.parentElement);
  // After the app has handled the event.
  const keepThen = () => setTimeout(keepSoon, 50);
  for (const name of ["pointerup", "keyup", "wheel"]) addEventListener(name, keepThen, { capture: true, passive: true });
  addEventListener("visibilitychange", () => document.hidden && keepNow());
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  addEventListener("pointerdown", () => document.body.classList.remove("tabbing"), { capture: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Tab") document.body.classList.add("tabbing");
    // The app's own Ctrl keys; without this the browser would save the page or show its history as well.
    if (screen() === "ready" && (event.ctrlKey || event.metaKey) && !isBrowserKey(event)) event.preventDefault();
  }, { capture: true });
}

// ---- problems: what a message says and offers ----

function downloadProblem(results) {
  const failed = results.filter((result) => result.problem);
  if (failed.length === 0) return null;
  const files = failed.map((result) => result.name);
  const reasons = new Set(failed.map((result) => result.problem));
  const what = reasons.size === 1
    ? `${listed(files)} could not be downloaded: ${[...reasons][0]}.`
    : `These files could not be downloaded. ${failed.map(({ name, problem }) => `${name}: ${problem}.`).join(" ")}`;
  const stale = failed.some((result) => result.gone);
  const help = !navigator.onLine
    ? "Connect to the internet, then try again."
    : stale
      ? "A newer version may be online. Trying again loads the page anew."
      : "Check the connection, then try again.";
  const onlyModels = files.every((name) => models.includes(name));
  const actions = [RETRY];
  if (onlyModels && files.length < models.length) actions.push(OTHER_NETWORK);
  if (!light && files.every((name) => name.startsWith("app."))) actions.push(LIGHT);
  return {
    title: files.length === 1 ? "A file is missing" : "Some files are missing",
    text: `${what} ${help}`,
    why: "The 3D view could not be downloaded.",
    actions,
    files,
    stale,
  };
}

/** For what start() and its like throw. A message about a network's file begins with the file's name. */
function startProblem(error) {
  const message = messageOf(error);
  const file = models.find((name) => message.startsWith(name));
  if (file) {
    return {
      title: "A network’s file is not valid",
      text: `${sentence(message)} It may have been damaged on its way; download it again.`,
      actions: models.length > 1 ? [DOWNLOAD_AGAIN, OTHER_NETWORK] : [DOWNLOAD_AGAIN],
      files: [file],
    };
  }
  console.error(error);
  return {
    title: light ? "The page could not start" : "The 3D view could not start",
    text: `${sentence(message)} Start again; if that does not help, restart the browser${light ? "." : " or go on without 3D."}`,
    why: "The 3D view could not start.",
    actions: light ? [RESTART] : [RESTART, LIGHT],
  };
}

function faultProblem({ kind, detail }) {
  const [what, more] = FAULTS[kind];
  const told = detail ? ` (${detail.replace(/\.$/, "")})` : "";
  const inLight = kind === "light";
  return {
    title: inLight ? "The networks stopped" : "The 3D view has stopped",
    text: [`${what}${told}.`, more, "Your drawing is kept."].filter(Boolean).join(" "),
    why: inLight ? light : `${what}.`,
    actions: inLight ? [RESTART] : [RESTART, LIGHT],
  };
}

function messageOf(error) {
  return error?.message ?? String(error);
}

function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function listed(names) {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** @returns {{promise: Promise<any>, resolve: (value: any) => void, reject: (error: Error) => void}} */
function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}
