// @ts-check
// How the page meets who uses it, as the app does (src/access.rs), before its modules are there, so that nobody sees it otherwise
// first. A plain script: the build puts it into index.html; style.css does what its attributes say.

globalThis.mnistifyLook = (() => {
  /** What a part of somebody's page leaves out. */
  const EMBEDDED = "times,legend,guide,controls";
  /** The sizes of text that there are, in percent. */
  const SIZES = [100, 125, 150];
  const query = new URLSearchParams(location.search);
  /** @param {string} what */
  const prefers = (what) => matchMedia(`(prefers-${what})`).matches;
  /** What was chosen in the app, where the page is loaded anew with all that is kept. */
  function left() {
    try {
      return (sessionStorage.getItem("mnistify.resume") && JSON.parse(sessionStorage.getItem("mnistify.access") ?? "null")) || {};
    } catch {
      return {};
    }
  }
  const { high_contrast = null, text_percent = null } = left();
  const wanted = text_percent ?? Number(query.get("text") ?? SIZES[0]);
  const asked = query.get("contrast");

  const look = {
    /** A list of what is not shown. */
    hidden: query.has("embed") ? EMBEDDED : (query.get("hide") ?? ""),
    highContrast: high_contrast ?? (asked ? asked === "high" : prefers("contrast: more")),
    /** The size of texts in percent. */
    text: SIZES.filter((size) => size <= wanted).pop() ?? SIZES[0],
    /** Whether nothing moves that need not. */
    calm: prefers("reduced-motion: reduce") || new URLSearchParams(location.hash.slice(1)).get("calm") === "on",
    /** Shows the page so. */
    show() {
      const { dataset } = document.documentElement;
      dataset.hidden = look.hidden;
      dataset.contrast = look.highContrast ? "high" : "usual";
      dataset.text = String(look.text);
      dataset.motion = look.calm ? "calm" : "usual";
    },
  };
  look.show();
  return look;
})();
