// @ts-check
// Starts the light page, and the app behind it; with ?3d or ?bench the app alone. Every problem on the way is a value that
// ends up in one of two loops, which ask the person once what to do about it: in the light page's line, or where there is
// no such page, in a message.

import { app3d, handOver, idle, isOnRequest, showApp, showPad, showThread, tell } from "mnistify/depths";
import { Downloads, importModule, size } from "mnistify/download";
import { isPicture, readFiles } from "mnistify/files";
import { watchGamepads } from "mnistify/gamepad";
import { adapterName, watchDevice, watchFrames, whyNo3d } from "mnistify/graphics";
import { isBrowserKey, leaveToBrowser, watchHands } from "mnistify/hands";
import { chooseNetwork, listen, listenToDrops, open, save, saveBytes, share } from "mnistify/host";
import { holdScreen } from "mnistify/exhibit";
import { Ink } from "mnistify/ink";
import { connect, connectPad, disconnect, emit, finishBench, stamp } from "mnistify/interface";
import { isAside, keep, keepNetwork, kept, keptAccess, keptView, left, networkLeft, restart, restartWith3d, setAside } from "mnistify/keeping";
import { listenToLessons } from "mnistify/lessons";
import { codedIn, decoded } from "mnistify/link";
import { ask, hideOffer, mirror, note, offerLight, screen, setScreen, showOffer, showProgress } from "mnistify/screen";
import { heard, refusal } from "mnistify/telling";
import { storeApp, storeLessons, storePage } from "mnistify/update";
import { language, languages, listed, offerLanguages, onLanguage, phrase, revived, sentences, setLanguage, unknownLanguage } from "mnistify/words";

/** The drawing is kept at once when it changes, and again after so long while it goes on changing. */
const KEEP_MILLIS = 100;
/** After so long the loading screen offers the light page. */
const PATIENCE_MILLIS = 25_000;
/** One fault often arrives several times, as a lost device and then a panic; so long the clearest one is waited for. */
const FAULT_MILLIS = 400;
/** After so many more frames, what was opened has gone all the way to the screen. */
const OPENED_FRAMES = 3;
const FRAME_MILLIS = 50;
/** How much of the line the download is; the rest is what the GPU prepares. */
const DOWNLOAD_SHARE = 0.85;
/** No language has a longer code; more of what an address asks for is not shown. */
const LONGEST_CODE = 20;
/** So long after a stroke the app may take the main thread. */
const REST_MILLIS = 400;

// What a message offers, as [action, label]; decide() carries it out.
/** @typedef {import("mnistify/words").Saying} Saying */
/** @typedef {import("mnistify/keeping").Access} Access */
/** @type {(name: string, label: Saying) => [string, Saying]} */
const choice = (name, label) => [name, label];
const RETRY = choice("retry", phrase("retry"));
const DOWNLOAD_AGAIN = choice("retry", phrase("download-again"));
const OTHER_NETWORK = choice("without-model", phrase("other-network"));
const RESTART = choice("restart", phrase("restart"));
const LIGHT = choice("fallback", phrase("without-3d"));
const AGAIN_3D = choice("restart", phrase("try-3d"));
const SHOW_3D = choice("show", phrase("show-3d"));

const query = new URLSearchParams(location.search);
const look = globalThis.mnistifyLook;
const canvas = document.getElementById("canvas");
const manifest = JSON.parse(document.getElementById("manifest").textContent);
const downloads = new Downloads(manifest.files, (received, total) => {
  if (total === 0) return;
  const told = phrase("received-of", { received: size(received), total: size(total) });
  if (screen() === "loading") showProgress(received / total, told);
  else if (isComing) showThread((DOWNLOAD_SHARE * received) / total, told);
});

/** The networks' files, in the order in which both pages show them. */
let models = ["mlp.safetensors", "cnn.safetensors"].filter((name) => name in manifest.files);
/** Why the page goes without 3D; null with 3D. */
let light = null;
/** The light page's functions, once it is there. */
let pad = null;
/** Whether the app is on its way behind the light page. */
let isComing = false;
/** Whether the app is what is to be seen, or nothing else is there. */
let appIsShown = true;
/** The app's module, once it is there. */
let app = null;
/** Whether the app's start() has returned: from then on only a new page can start it again. */
let started = false;
/** What is to be kept, while something runs that has it: the recording as JSON, and in the app the view. */
/** @type {(() => [string, string?, Access?]) | null} */
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
/** Whether the person's own network that the page before this one left is here again, or there was none. */
let networkRestored = false;

main();

async function main() {
  listenToInput();
  listenToLanguage();
  listenToDrops({ held: (held) => holdFiles?.(held), take: (files) => takeFiles(files) });
  watchDevice((kind, detail) => started && fault(kind, detail));
  light = revived(left.light) ?? (query.has("cpu") ? phrase("why-address") : null);
  if (query.has("exhibit")) holdScreen();
  if (light || !["3d", "bench", "exhibit"].some((name) => query.has(name))) return padFirst();
  setScreen("loading");
  downloads.want([...models, "app.wasm"]);
  // Both pages need the networks, so they need not wait for the graphics adapter.
  for (const name of models) downloads.get(name);
  light = await whyNo3d();
  while (!light) {
    setScreen("loading");
    opening.clear();
    aside.length = 0;
    const problem = await runApp();
    await decide(await ask(problem), problem);
  }
  return padFirst();
}

/** The light page, and the app where it can and should come. */
async function padFirst() {
  appIsShown = false;
  showPad();
  for (let problem; (problem = await openPad()); ) await decide(await ask(problem), problem);
  for (let problem; (problem = await loadNetworks()); ) await decide(await tellProblem(problem), problem);
  // Only now, as all of this would take its part of the line and of the processor.
  storePage(keepNow);
  light ??= await whyNo3d();
  if (light) return stayInPad();
  if (!left.asked && isAside("app", "drawing")) await comeOnRequest(phrase("stopped-opening"));
  else if (!left.asked && isOnRequest()) await comeOnRequest(bringsDrawing() ? phrase("link-in-3d") : "");
  for (;;) {
    app3d("coming");
    tell(bringsDrawing() ? phrase("coming-with-link") : phrase("coming"));
    isComing = true;
    const problem = await runApp();
    isComing = false;
    backToPad();
    await decide(await tellProblem(problem), problem);
  }
}

/** Whether the address is a link with a drawing, which the app opens where it comes. */
const bringsDrawing = () => codedIn(location.hash.slice(1)) !== null;

/** The app is not to come. */
async function stayInPad() {
  app3d("off");
  stamp("first_frame");
  tell(light, [AGAIN_3D]).then(() => {
    keepNow();
    restartWith3d();
  });
  // Not over a drawing that was kept or begun.
  if (bringsDrawing() && left.strokes === null && pad.past().steps.length === 0) {
    if (isAside("light", "view")) {
      aside.push(openLinkInPad);
      offerAside(pad, () => {});
    } else {
      openLinkInPad();
    }
  }
  addEventListener("hashchange", () => {
    if (!bringsDrawing()) return;
    restorePreparation(location.hash.slice(1));
    openLinkInPad();
  });
  connect();
  offerSchool();
  if (query.has("bench")) pad.bench().then(showBench, (error) => padFailed(messageOf(error)));
}

/** The light page's school, once somebody opened it. */
let school = null;

/** Lets the MLP learn here, where nothing else will come and it is here. */
function offerSchool() {
  if (!models.includes(PUPIL)) return;
  const button = document.querySelector("[data-school=open]");
  document.querySelector(".card.mlp .millis").before(button);
  button.toggleAttribute("hidden", false);
  button.addEventListener("click", () => schoolHere().then((school) => school?.open()));
}

/** The school, which comes when it is wanted; null where it does not. */
async function schoolHere() {
  if (school) return school;
  const { value, problem } = await importModule("learning");
  if (problem) {
    note(phrase("lessons-missing", { reason: problem }));
    return null;
  }
  return (school ??= value.openSchool({
    root: document.getElementById("fallback"),
    light: pad.program,
    files: manifest.files,
    read: pad.read,
    store: storeLessons,
    told: (state) => emit("learning", { step: state?.networks[0]?.step ?? 0, phase: state?.phase ?? "before", networks: state?.networks ?? [] }),
    note,
    failed: padFailed,
  }));
}

/** Puts the drawing of the address on the light page's pad. */
function openLinkInPad() {
  // A program that stops at it calls padFailed() before this returns.
  opening.add("view");
  try {
    pad.draw(decoded(codedIn(location.hash.slice(1)) ?? ""));
  } catch (error) {
    const reason = messageOf(error);
    note(phrase("link-invalid", { reason: reason.startsWith("link-") ? phrase(reason) : reason }));
  }
  opening.delete("view");
}

/** @param {Saying} why */
async function comeOnRequest(why) {
  app3d("waits");
  await tell(why, [SHOW_3D]);
}

/** Says a problem in the light page's line, with what can be done about it there. */
async function tellProblem(problem) {
  app3d("off");
  const actions = problem.actions.filter((action) => action !== LIGHT);
  const action = await tell(problem.text, actions.map((action) => (action === RESTART ? AGAIN_3D : action)));
  app3d("coming");
  tell("");
  return action;
}

/** Does what the person chose. Returns to go round the loop again, and never where the page is loaded anew. */
async function decide(action, problem) {
  const newPage = new Promise(() => {});
  if (action === "fallback" && !started) {
    light = problem.why;
  } else if (action === "without-model") {
    models = models.filter((name) => !problem.files.includes(name));
    problem.files.forEach((name) => pad?.without(nameOf(name)));
  } else if (action === "retry" && !problem.stale) {
    for (const name of problem.files ?? []) downloads.forget(name);
  } else {
    restart({ light: action === "fallback" ? problem.why : light && left.light, asked: action === "restart" });
    await newPage;
  }
}

// ---- the app ----

const appReady = deferred();
const faulty = deferred();
let faults = null;

/** Runs the app; resolves to a problem, at the start or whenever one comes. */
async function runApp() {
  const rest = pad ? [] : models;
  downloads.want([...rest, "app.wasm"]);
  if (pad) await idle();
  const [wasm, module, ...files] = await Promise.all(
    [downloads.get("app.wasm", pad ? "low" : "auto"), importModule("app"), ...models.map((name) => downloads.get(name))],
  );
  const problem = downloadProblem([module, wasm, ...files]);
  if (problem) return problem;
  if (pad) {
    await padRests();
  } else {
    storePage(keepNow);
    setScreen("preparing");
    showProgress(null, phrase("preparing"));
    // Painted before the app takes the main thread.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  storeApp();
  try {
    if (!app) {
      listen(appEvents);
      await module.value.default({ module_or_path: wasm.value });
      app = module.value;
      // After a fault nothing of it is called any more.
      listenToLessons(manifest.files, guarded({
        give: (...files) => faults || app.give_lessons(...files),
        fail: (reason) => faults || app.lessons_failed(reason),
        store: storeLessons,
      }));
      app.set_language?.(language());
      if (query.has("exhibit")) app.exhibit(language());
      app.hide(look.hidden);
      app.meet?.(look.highContrast, look.text, look.calm);
    }
    app.start(models, files.map((file) => file.value), viewToOpen(), adapterName);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return startProblem(error);
    // A panic: its own event says more than the trap that follows it.
    fault("trap", error.message);
  }
  started = true;
  const patience = pad ? 0 : setTimeout(
    () => offerLight(() => restart({ light: phrase("why-too-slow") })),
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
    note(phrase("link-invalid", { reason: messageOf(error) }));
  }
}

async function afterReady() {
  const functions = guarded({
    draw: (json) => {
      app.draw(json);
      keep(json);
    },
    lay: (json) => app.draw(json),
    clear: () => app.clear(),
    undo: () => app.undo(),
    redo: () => app.redo(),
    act: (name) => app.act(name),
    wake: () => app.wake(),
    state: () => inWords(JSON.parse(app.state())),
    strokes: () => JSON.parse(app.strokes()),
    bench: () => app.bench(),
    link: (withStrokes) => app.link(withStrokes),
    learn: (json) => app.learn(json),
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
  if (pad) {
    keepNow();
    opening.add("drawing");
    const handed = handOver(pad, functions, { stopped: () => faults !== null, swap: () => (appIsShown = true) });
    await Promise.race([handed, faulty.promise]).catch((error) => faults ?? fault("panic", messageOf(error)));
    if (faults) return faulty.promise;
    opening.delete("drawing");
  } else {
    restoreDrawing("app", functions);
  }
  restoreNetwork(functions);
  if (opening.has("drawing")) openedAfterFrames(functions);
  offerAside(functions, openedAfterFrames);
  keptNow = () => [app.strokes(), app.link(false), functions.state()?.access];
  listenToHands(functions);
  watchGamepads(canvas, { act: (name) => !faults && functions.act(name), from: () => middleOfPad(functions) });
  watchFrames(canvas, () => (faults ? NaN : functions.state().frame), () => fault("still", ""));
  showApp();
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

/**
 * @param {any} functions
 * @returns {[number, number]}
 */
function middleOfPad(functions) {
  const { left, top } = canvas.getBoundingClientRect();
  const [x0, y0, x1, y1] = faults ? [0, 0, innerWidth, innerHeight] : functions.state().pad;
  return [left + (x0 + x1) / 2, top + (y0 + y1) / 2];
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
let takeFiles = () => note(phrase("not-ready-for-files"));

/** Who waits until the app has another list of networks. */
const waiting = [];

// One change of the networks at a time, or the first to be done would answer for both.
let lastChange = Promise.resolve();

function inTurn(change) {
  const done = lastChange.then(change);
  lastChange = done.catch(() => {});
  return done;
}

/** Resolves to the name of the person's own network, or to null, when the list of networks has changed. */
function networksChanged() {
  const change = deferred();
  waiting.push(change);
  return change.promise;
}

const appEvents = {
  progress({ done, total, what }) {
    if (screen() === "preparing") showProgress(total > 0 ? done / total : null, what);
    else if (isComing && total > 0) showThread(DOWNLOAD_SHARE + ((1 - DOWNLOAD_SHARE) * done) / total);
  },
  first_frame: () => stamp("first_frame"),
  ready: () => appReady.resolve(null),
  // Before it is to be seen, the light page answers.
  prediction: (answer) => appIsShown && prediction(answer),
  failed: ({ reason }) => fault(/device\b.*\blost/i.test(reason) ? "lost" : "panic", reason, false),
  bench: showBench,
  save,
  picture: saveBytes,
  file: saveBytes,
  open: () => drawFromFile && open(drawFromFile),
  choose_network: () => chooseNetwork((files) => takeFiles(files)),
  networks({ yours }) {
    waiting.splice(0).forEach(({ resolve }) => resolve(yours));
    if (networkRestored) keepOwnNetwork();
  },
  share,
  language: ({ code }) => setLanguage(code, "app"),
  learning: (told) => emit("learning", told),
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
  lost: [phrase("fault-lost"), phrase("fault-lost-more")],
  memory: [phrase("fault-memory"), phrase("fault-memory-more")],
  gpu: [phrase("fault-gpu"), ""],
  panic: [phrase("fault-program"), ""],
  trap: [phrase("fault-program"), ""],
  still: [phrase("fault-still"), phrase("fault-still-more")],
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
  if (opening.size > 0) setAside("app", [...opening]);
  faults = [{ kind, detail }];
  if (appIsShown) {
    keptNow = null;
    disconnect();
    takeFiles = () => {};
  }
  holdFiles = null;
  for (const { reject } of waiting.splice(0)) reject(new Error("Mnistify has stopped"));
  setTimeout(() => {
    const kinds = Object.keys(FAULTS);
    const best = [...faults].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))[0];
    const problem = faultProblem(best);
    emit("failed", { reason: String(problem.why) });
    faulty.resolve(problem);
  }, FAULT_MILLIS);
}

// ---- the light page ----

/** Opens the pad, which takes ink before its program is there; resolves to a problem where that is not possible. */
async function openPad() {
  downloads.want([]);
  const wanted = [importModule("cpu"), downloads.get("cpu.wasm")];
  const page = await importModule("fallback");
  if (page.problem) return downloadProblem([page]);
  pad ??= page.value.openLightPage({
    root: document.getElementById("fallback"),
    light: new Ink(),
    names: models.map(nameOf),
    version: manifest.version,
    prediction: (answer) => appIsShown || prediction(answer),
    failed: padFailed,
  });
  stamp("pad");
  const [module, wasm] = await Promise.all(wanted);
  const problem = downloadProblem([module, wasm]);
  if (problem) return problem;
  downloads.get(bySize()[0]);
  try {
    await module.value.default({ module_or_path: wasm.value });
    LightPage = module.value.LightPage;
    await padRests(0);
    pad.use(new LightPage([], []));
  } catch (error) {
    return startProblem(error);
  }
  if (pad.changes() === 0) restoreDrawing("light", pad);
  restorePreparation(left.view ?? location.hash.slice(1));
  // This page reads at once.
  const opened = () => opening.clear();
  opened();
  offerAside(pad, opened);
  givePad(connectPad);
  return null;
}

/** The networks' files, the smallest first. */
const bySize = () => [...models].sort((a, b) => manifest.files[a].bytes - manifest.files[b].bytes);

/** The light page's program, as a class. */
let LightPage = null;

/** The name that a network's file says, which the light page needs before the file is there. */
const nameOf = (file) => file.replace(/\.safetensors$/, "").toUpperCase();

/** From now on the light page answers, keeps and takes. @param {(functions: any) => void} how */
function givePad(how) {
  keptNow = () => [pad.recording()];
  const refuse = () => {
    throw new Error(light ? String(ONLY_SHIPPED) : "The 3D view takes networks; wait for mnistify.ready");
  };
  takeFiles = (files) => {
    if (!light) note(phrase("files-need-3d"));
    else note(files.every(isPicture) ? phrase("no-pictures") : ONLY_SHIPPED);
  };
  const learn = (json) => {
    if (!light) throw new Error("The networks learn in the 3D view; wait for mnistify.ready");
    if (!LIGHT_COMMANDS.includes(JSON.parse(json))) throw new Error(`without the 3D view lessons take a command (${LIGHT_COMMANDS.join(", ")})`);
    if (!models.includes(PUPIL)) throw new Error("without the 3D view the MLP learns, which is not here");
    schoolHere().then((school) => school?.learn(json));
  };
  const state = () => ({ ...pad.state(), school: school?.state() ?? null });
  how({ ...pad, state, learn, loadNetwork: refuse, removeNetwork: refuse });
}

const ONLY_SHIPPED = phrase("only-shipped");
/** The network that learns in the light page. */
const PUPIL = "mlp.safetensors";
const LIGHT_COMMANDS = ["open", "close", "start", "pause", "forget", "restore"];

/** A link and a view may say that the image is read as it was drawn. */
function restorePreparation(fragment) {
  const wanted = new URLSearchParams(fragment).get("prepare") === "off" ? "raw" : "prepared";
  if (pad.state().preparation !== wanted) pad.act("prepare");
}

/** Lets the networks read as they come, the small one first; resolves to the problem of those that do not. */
async function loadNetworks() {
  downloads.want([]);
  const here = new Map();
  const problems = [];
  for (const name of bySize()) {
    const file = await downloads.get(name);
    /** @type {any} */
    let problem = downloadProblem([file]);
    if (!problem) {
      here.set(name, file.value);
      const names = models.filter((name) => here.has(name));
      try {
        const next = new LightPage(names, names.map((name) => here.get(name)));
        await padRests(0);
        pad.use(next);
        stamp("answer");
      } catch (error) {
        here.delete(name);
        problem = startProblem(error);
      }
    }
    if (problem) problems.push(problem);
  }
  if (problems.length < 2) return problems[0] ?? null;
  return downloadProblem(await Promise.all(models.map((name) => downloads.get(name)))) ?? problems[0];
}

/** Resolves between two strokes, `millis` after the newest. */
async function padRests(millis = REST_MILLIS) {
  while (pad.rests() <= millis && pad.changes() > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The app has stopped: the light page goes on with its drawing. */
function backToPad() {
  if (!appIsShown) return;
  appIsShown = false;
  const drawing = kept();
  if (drawing && drawing !== pad.recording()) pad.draw(drawing);
  restorePreparation(keptView() ?? "");
  const access = keptAccess();
  if (access) [look.highContrast, look.text] = [access.high_contrast, access.text_percent];
  look.show();
  showPad();
  givePad(connectPad);
}

/** Without its program nothing is left of the page. @param {string} reason */
async function padFailed(reason) {
  if (opening.size > 0) setAside("light", [...opening]);
  keptNow = null;
  disconnect();
  emit("failed", { reason });
  const text = sentences(phrase("networks-stopped-text"), detailed(reason), phrase("drawing-kept"));
  await ask({ title: phrase("networks-stopped"), text, actions: [RESTART] });
  restart({ light: light && left.light });
}

// ---- both ----

let lastText = "";

/** What scripts are told, in the language of the page. */
const inWords = (told) => told && { ...told, headline: refusal(told) };

function prediction(answer) {
  keepSoon();
  if (answer.models.some((model) => model.class !== null)) stamp("first_prediction");
  const text = heard(answer.models);
  if (String(text) !== lastText) {
    lastText = String(text);
    mirror(text);
  }
  emit("prediction", { ...inWords(answer), text: lastText });
}

async function showBench(report) {
  const timings = globalThis.mnistify.timings;
  const full = { ...report, page_millis: { first_frame: null, ready: null, first_prediction: null, ...timings } };
  finishBench(full);
  const { value, problem } = await importModule("report");
  if (problem) return note(phrase("report-not-shown", { reason: problem }));
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
      note(phrase("drawing-not-restored"));
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
  showOffer(phrase("set-aside"), phrase("open-it"), () => {
    hideOffer();
    for (const put of aside.splice(0)) put(functions);
    opened(functions);
  });
}

/** Lets the person's own network read again that the page before this one left. */
async function restoreNetwork(functions) {
  try {
    const network = await networkLeft();
    if (network && isAside("app", "network")) {
      note(phrase("network-not-reopened"));
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
    note(phrase("network-not-restored"));
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
  if (!keptNow || (appIsShown && opening.has("drawing"))) return;
  keptAt = performance.now();
  try {
    keep(...keptNow());
  } catch (error) {
    console.warn("The drawing could not be kept:", error);
  }
}

function listenToLanguage() {
  offerLanguages(document.querySelector("#fallback .language"));
  onLanguage((code, by) => {
    lastText = "";
    if (by !== "app" && !faults) app?.set_language?.(code);
  });
  if (unknownLanguage === null) return;
  const code = unknownLanguage.slice(0, LONGEST_CODE);
  note(phrase("language-unknown", { code, known: languages.map(({ name, code }) => `${name} (${code})`).join(", ") }));
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
  const reasons = new Set(failed.map((result) => String(result.problem)));
  const what = reasons.size === 1
    ? phrase("not-downloaded", { count: files.length, files: listed(files), reason: failed[0].problem })
    : sentences(phrase("not-downloaded-various"), ...failed.map(({ name, problem }) => phrase("file-reason", { file: name, reason: problem })));
  const stale = failed.some((result) => result.gone);
  const help = !navigator.onLine ? phrase("help-offline") : stale ? phrase("help-stale") : phrase("help-connection");
  const onlyModels = files.every((name) => models.includes(name));
  const actions = [RETRY];
  if (onlyModels && files.length < models.length) actions.push(OTHER_NETWORK);
  if (!light && files.every((name) => name.startsWith("app."))) actions.push(LIGHT);
  return {
    title: phrase("missing", { count: files.length }),
    text: sentences(what, help),
    why: phrase("why-not-downloaded"),
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
      title: phrase("invalid-network"),
      text: phrase("invalid-network-text", { detail: sentence(message) }),
      actions: models.length > 1 ? [DOWNLOAD_AGAIN, OTHER_NETWORK] : [DOWNLOAD_AGAIN],
      files: [file],
    };
  }
  console.error(error);
  const isApp = isComing || appIsShown;
  return {
    title: isApp ? phrase("no-3d-start") : phrase("no-page-start"),
    text: appIsShown ? phrase("start-again-or-without", { detail: sentence(message) }) : phrase("start-again", { detail: sentence(message) }),
    why: phrase("why-not-started"),
    actions: isApp ? [RESTART, LIGHT] : [RESTART],
  };
}

function faultProblem({ kind, detail }) {
  const [what, more] = FAULTS[kind];
  return {
    title: phrase("stopped"),
    text: sentences(what, detailed(detail), more, phrase("drawing-kept")),
    why: what,
    actions: [RESTART, LIGHT],
  };
}

/** What a program says of itself, in whatever language. @param {string} detail */
const detailed = (detail) => detail && phrase("detail", { detail: detail.replace(/\.$/, "") });

function messageOf(error) {
  return error?.message ?? String(error);
}

function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** @returns {{promise: Promise<any>, resolve: (value: any) => void, reject: (error: Error) => void}} */
function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}
