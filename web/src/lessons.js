// @ts-check
// The digits that visitors watch the networks learn from. They come when the app asks for them: it dispatches
// "mnistify-lessons" on the window. Until then nothing of them is downloaded.

import { Downloads } from "mnistify/download";
import { phrase, sentences } from "mnistify/words";

/** In the order in which the app takes them; gzipped, which the app undoes. */
const FILES = ["train-10k-images.idx", "train-10k-labels.idx", "unseen-1k-images.idx", "unseen-1k-labels.idx"];

/**
 * From now on the app is heard. `give` gets the four files' bytes, or `fail` a sentence that says why they are not there;
 * then the next request tries again. Neither is called while the app asks. `store` is called so that they are there offline
 * too.
 * @param {Record<string, {url: string, bytes: number}>} manifest the page's files
 * @param {any} app
 */
export function listenToLessons(manifest, { give, fail, store }) {
  let isComing = false;
  addEventListener("mnistify-lessons", async () => {
    if (isComing) return;
    isComing = true;
    try {
      // New ones each time: what they have downloaded they keep, and what failed they do not try again.
      const downloads = new Downloads(manifest, () => {});
      const results = await Promise.all(FILES.map((name) => downloads.get(name)));
      const failed = results.find(({ problem }) => problem);
      if (failed) {
        fail(String(reason(failed)));
      } else if (given(give, results.map(({ value }) => value), fail)) {
        store();
      }
    } finally {
      isComing = false;
    }
  });
}

/** Whether the app took them. */
function given(give, files, fail) {
  try {
    give(...files);
    return true;
  } catch (error) {
    console.error(error);
    fail(String(phrase("lessons-missing", { reason: phrase("reason-damaged", { reason: error?.message ?? String(error) }) })));
    return false;
  }
}

function reason({ problem, gone }) {
  const help = !navigator.onLine ? phrase("help-offline") : gone ? phrase("help-reload") : phrase("help-connection");
  return sentences(phrase("lessons-missing", { reason: problem }), help);
}
