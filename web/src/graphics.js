// @ts-check
// WebGPU before and beside the app: is there an adapter, does its device stay and keep working, and does it draw?

import { phrase } from "mnistify/words";

const ANSWER_MILLIS = 15_000;
/** So many times a second long the app may owe a frame. */
const STILL_ROUNDS = 5;
const ROUND_MILLIS = 1000;

/** What the browser tells of the adapter, such as "nvidia ampere"; empty where it keeps that to itself. */
export let adapterName = "";

/** @param {Partial<GPUAdapterInfo>} [info] */
function nameOf({ vendor, architecture, description, device } = {}) {
  return description || [vendor, architecture, device].filter(Boolean).join(" ");
}

/** Why there can be no 3D, with what to do about it; null when there can. */
export async function whyNo3d() {
  if (!isSecureContext) {
    return phrase("why-insecure");
  }
  if (!navigator.gpu) {
    return phrase("why-no-webgpu");
  }
  let timer;
  /** @type {Promise<"silence">} */
  const silence = new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_MILLIS, "silence")));
  try {
    const adapter = await Promise.race([navigator.gpu.requestAdapter({ powerPreference: "high-performance" }), silence]);
    if (adapter === "silence") {
      return phrase("why-silent", { count: ANSWER_MILLIS / 1000 });
    }
    if (adapter) {
      adapterName = nameOf(adapter.info);
      return null;
    }
    return phrase("why-no-adapter");
  } catch (error) {
    return phrase("why-failed", { reason: error.message });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Calls `failed` when the device that the app asked for goes away ("lost"), is full ("memory"), or finds an error in what it
 * was asked to do ("gpu"). With `?faults` in the address it is globalThis.mnistifyDevice, for tests that make such faults.
 *
 * @param {(kind: "lost" | "memory" | "gpu", detail: string) => void} failed
 */
export function watchDevice(failed) {
  if (typeof GPUAdapter === "undefined") return;
  let leaving = false;
  addEventListener("pagehide", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));
  const forTests = new URLSearchParams(location.search).has("faults");
  let newest = null;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function requestDevice(...details) {
    const device = await request.apply(this, details);
    newest = device;
    if (forTests) Object.defineProperty(globalThis, "mnistifyDevice", { value: device, configurable: true });
    // A device given up for another one, or with the page, is no loss.
    const tell = (kind, { message }) => !leaving && device === newest && failed(kind, message);
    device.lost.then((loss) => tell("lost", loss));
    device.addEventListener("uncapturederror", ({ error }) => tell(error instanceof GPUOutOfMemoryError ? "memory" : "gpu", error));
    return device;
  };
}

/**
 * Calls `still`, once, when five seconds after a press on `canvas` the app has drawn nothing; `frame` tells the number of its
 * newest frame. An app at rest owes no frames, but after a press it does.
 *
 * @param {EventTarget} canvas
 * @param {() => number} frame
 * @param {() => void} still
 */
export function watchFrames(canvas, frame, still) {
  let watching = false;
  canvas.addEventListener("pointerdown", async () => {
    if (watching) return;
    watching = true;
    const before = frame();
    for (let round = 0; round < STILL_ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, ROUND_MILLIS));
      // A page that is hidden, or too busy to be given frames itself, is not waited for.
      await new Promise(requestAnimationFrame);
      if (frame() !== before) {
        watching = false;
        return;
      }
    }
    still();
  });
}
