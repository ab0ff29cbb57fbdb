// @ts-check
// The service worker: stores the page on this device, and tells when a newer version is ready.

import { restart } from "mnistify/keeping";
import { showOffer } from "mnistify/screen";
import { phrase } from "mnistify/words";

/** Whether this page has a service worker. */
let registered = Promise.resolve(false);

/** `beforeReload` is called so that the drawing can be kept. */
export function storePage(beforeReload) {
  registered = register(beforeReload);
}

/**
 * Has the app stored too, or the lessons, when the page has downloaded them: the browser's own cache serves them.
 * @param {"storeApp" | "storeLessons"} what
 */
async function storeMore(what) {
  // Resolves as soon as there is one that works.
  if (await registered) (await navigator.serviceWorker.ready).active.postMessage(what);
}

export const storeApp = () => storeMore("storeApp");
export const storeLessons = () => storeMore("storeLessons");

async function register(beforeReload) {
  const wanted = !new URLSearchParams(location.search).has("nosw");
  if (!wanted || location.protocol === "file:") return false;
  let workers;
  try {
    workers = navigator.serviceWorker;
  } catch {
    // In a frame that may store nothing.
  }
  if (!workers) return false;
  const hadController = Boolean(workers.controller);
  const reload = () => {
    beforeReload();
    restart();
  };
  let registration;
  let asked = false;
  const changeOver = () => {
    // Another tab may have changed over already; then a reload is all that is left to do.
    if (!registration.waiting) return reload();
    asked = true;
    registration.waiting.postMessage("skipWaiting");
  };
  const offer = () => showOffer(phrase("new-version"), phrase("reload"), changeOver);
  workers.addEventListener("controllerchange", () => {
    if (asked) reload();
    else if (hadController) offer();
  });
  try {
    registration = await workers.register("service-worker.js", { updateViaCache: "none" });
  } catch (error) {
    // The page works without it, only not offline.
    console.warn("The page cannot be stored for offline use:", error);
    return false;
  }
  if (registration.waiting && workers.controller) offer();
  const watch = (worker) =>
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && workers.controller) offer();
    });
  watch(registration.installing);
  registration.addEventListener("updatefound", () => watch(registration.installing));
  return true;
}
