// @ts-check
// The page as an exhibit (`?exhibit`): the whole screen and a display that stays awake, as far as the browser allows. What
// an exhibit shows and when it starts over is the app's affair.

/** Asks for both, and again whenever they were lost. */
export function holdScreen() {
  const wholeScreen = () => {
    // Only a touch may ask; a refusal leaves the page as it is.
    if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().catch(() => {});
  };
  document.addEventListener("pointerup", wholeScreen, { capture: true });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  const wake = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", wake);
  wake();
}
