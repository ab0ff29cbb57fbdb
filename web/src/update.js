// @ts-check
// The service worker: stores the page on this device, and tells when a newer version is ready.

import { restart } from "mnistify/keeping";
import { showOffer } from "mnistify/screen";

/** `beforeReload` is called so that the drawing can be kept. */
export async function storePage(beforeReload) {
  const wanted = !new URLSearchParams(location.search).has("nosw");
  if (!wanted || location.protocol === "file:") return;
  let workers;
  try {
    workers = navigator.serviceWorker;
  } catch {
    // In a frame that may store nothing.
  }
  if (!workers) return;
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
  const offer = () => showOffer("A new version is ready", "Reload", changeOver);
  workers.addEventListener("controllerchange", () => {
    if (asked) reload();
    else if (hadController) offer();
  });
  try {
    registration = await workers.register("service-worker.js", { updateViaCache: "none" });
  } catch (error) {
    // The page works without it, only not offline.
    console.warn("The page cannot be stored for offline use:", error);
    return;
  }
  if (registration.waiting && workers.controller) offer();
  const watch = (worker) =>
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && workers.controller) offer();
    });
  watch(registration.installing);
  registration.addEventListener("updatefound", () => watch(registration.installing));
}
