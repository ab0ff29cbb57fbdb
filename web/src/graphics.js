// WebGPU before and beside the app: is there an adapter, and does its device stay?

const ANSWER_MILLIS = 15_000;

/** What the browser tells of the adapter, such as "nvidia ampere"; empty where it keeps that to itself. */
export let adapterName = "";

function nameOf({ vendor, architecture, description, device } = {}) {
  return description || [vendor, architecture, device].filter(Boolean).join(" ");
}

/** Why there can be no 3D, with what to do about it; null when there can. */
export async function whyNo3d() {
  if (!isSecureContext) {
    return "Browsers offer WebGPU on secure pages only. Open this page over https, or on localhost.";
  }
  if (!navigator.gpu) {
    return "This browser offers no WebGPU. For the 3D view, use a current Chrome, Edge, Firefox or Safari.";
  }
  let timer;
  const silence = new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_MILLIS, "silence")));
  try {
    const adapter = await Promise.race([navigator.gpu.requestAdapter({ powerPreference: "high-performance" }), silence]);
    if (adapter === "silence") {
      return "The graphics adapter did not answer within 15 seconds. Restart the browser, or update the graphics driver.";
    }
    if (adapter) {
      adapterName = nameOf(adapter.info);
      return null;
    }
    return "WebGPU found no graphics adapter. Switch hardware acceleration on in the browser’s settings, or update the graphics driver.";
  } catch (error) {
    return `WebGPU could not start (${error.message}). Restart the browser, or update the graphics driver.`;
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `failed("lost" | "memory", detail)` when the device that the app asked for goes away or is full. */
export function watchDevice(failed) {
  if (typeof GPUAdapter === "undefined") return;
  let leaving = false;
  addEventListener("pagehide", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));
  let newest = null;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function requestDevice(...details) {
    const device = await request.apply(this, details);
    newest = device;
    device.lost.then(({ message }) => {
      // A device given up for another one, or with the page, is no loss.
      if (!leaving && device === newest) failed("lost", message);
    });
    device.addEventListener("uncapturederror", ({ error }) => {
      if (error instanceof GPUOutOfMemoryError && device === newest) failed("memory", error.message);
    });
    return device;
  };
}
