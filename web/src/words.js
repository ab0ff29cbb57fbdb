// @ts-check
// The page's words, in the language that the page speaks: assets/languages/page.*.json. Which one that is at first, first-words.js says.

/** @type {{texts: Record<string, Record<string, string>>, language: string, unknown: string | null, known: (code: unknown) => string | undefined, text: (key: string) => string, fill: () => void}} */
const page = globalThis.mnistifyWords;

const CHOSEN = "mnistify.language";

/**
 * Anything with a toString(): what is said now, which may be something else in another language.
 * @typedef {string | {toString: () => string}} Saying
 * @typedef {Record<string, Saying | number>} Values
 */

/** All languages as {code, name}, with the names that they have for themselves. */
export const languages = Object.entries(page.texts).map(([code, texts]) => ({ code, name: texts["language-name"] }));

/** The code of the language that the page speaks. */
export const language = () => page.language;

/** What the address asks for and the page does not speak; else null. */
export const unknownLanguage = page.unknown;

/** Words that know their key, and so can be said in every language. */
class Phrase {
  /**
   * @param {string} key
   * @param {Values} values
   */
  constructor(key, values) {
    this.key = key;
    this.values = values;
  }

  toString() {
    const { key, values } = this;
    // "count" also says which form of the words is meant.
    const many = typeof values.count === "number" ? `${key}-${plural(values.count)}` : key;
    const found = [many, `${key}-other`, key].find((one) => one in page.texts.en) ?? key;
    return page.text(found).replace(/\{([a-z]+)\}/g, (whole, name) => {
      const value = values[name];
      return value === undefined ? whole : String(typeof value === "number" ? number(value) : value);
    });
  }
}

/**
 * The words of a key. Numbers among the values are written as the language does.
 * @param {string} key
 * @param {Values} values
 */
export const phrase = (key, values = {}) => new Phrase(key, values);

/**
 * A phrase that was kept as JSON.
 * @param {any} kept
 * @returns {any}
 */
export function revived(kept) {
  if (typeof kept?.key !== "string") return kept;
  return phrase(kept.key, Object.fromEntries(Object.entries(kept.values ?? {}).map(([name, value]) => [name, revived(value)])));
}

/** @type {Map<string, any>} */
const formats = new Map();

/** Intl's formatters are slow to make. */
function format(kind, options) {
  const name = `${page.language} ${kind} ${JSON.stringify(options)}`;
  if (!formats.has(name)) formats.set(name, new Intl[kind](page.language, options));
  return formats.get(name);
}

const plural = (count) => format("PluralRules", {}).select(count);

/**
 * A number as the language writes it; with `digits`, so many after the point.
 * @param {number} value
 * @param {number} [digits]
 * @returns {Saying}
 */
export const number = (value, digits) => ({
  toString: () => format("NumberFormat", { minimumFractionDigits: digits ?? 0, maximumFractionDigits: digits ?? 2 }).format(value),
});

/**
 * "a, b and c".
 * @param {string[]} names
 * @returns {Saying}
 */
export const listed = (names) => ({ toString: () => format("ListFormat", { type: "conjunction" }).format(names) });

/**
 * Sentences one after the other; those that say nothing are left out.
 * @param {(Saying | null)[]} parts
 * @returns {Saying}
 */
export const sentences = (...parts) => ({ toString: () => parts.map((part) => String(part ?? "")).filter(Boolean).join(" ") });

/**
 * What each element says, by attribute; its text is "textContent".
 * @type {WeakMap<Element, Map<string, Saying>>}
 */
const said = new WeakMap();

/**
 * Writes words into an element, or an attribute of it, and writes them anew when the language changes.
 * @param {Element} element
 * @param {Saying} saying
 */
export function say(element, saying, attribute = "textContent") {
  if (!said.has(element)) said.set(element, new Map());
  said.get(element).set(attribute, saying);
  element.toggleAttribute("data-said", true);
  element.removeAttribute(attribute === "textContent" ? "data-words" : `data-words-${attribute.replace("aria-", "")}`);
  write(element, attribute, String(saying));
}

function write(element, attribute, text) {
  if (attribute !== "textContent") element.setAttribute(attribute, text);
  else if (element.textContent !== text) element.textContent = text;
}

/** @type {Set<(code: string, by: string) => void>} */
const listeners = new Set();

/**
 * Calls `listener` with the code when the language has changed, and with who changed it.
 * @param {(code: string, by: string) => void} listener
 */
export function onLanguage(listener) {
  listeners.add(listener);
}

/**
 * Says everything in this language from now on, and after the next start. Throws where the page does not speak it.
 * @param {string} code
 * @param {"page" | "app"} by who has changed it
 */
export function setLanguage(code, by = "page") {
  const wanted = page.known(code);
  if (!wanted) throw new Error(`there is no language “${code}”, but ${languages.map(({ code }) => code).join(", ")}`);
  keep(wanted);
  if (wanted === page.language) return;
  page.language = wanted;
  page.fill();
  for (const element of document.querySelectorAll("[data-said]")) {
    for (const [attribute, saying] of said.get(element) ?? []) write(element, attribute, String(saying));
  }
  for (const listener of listeners) {
    try {
      listener(wanted, by);
    } catch (error) {
      reportError(error);
    }
  }
}

/** Remembers the choice, which an address with another language in it would undo at the next start. */
function keep(code) {
  try {
    localStorage.setItem(CHOSEN, code);
    const search = location.search.replace(/([?&]language=)[^&]*/, `$1${code}`);
    if (search !== location.search) history.replaceState(history.state, "", search + location.hash);
  } catch (error) {
    console.warn("The language cannot be kept:", error);
  }
}

/**
 * Lets people choose the language.
 * @param {HTMLElement} chooser with a select in it, and a place for what is chosen
 */
export function offerLanguages(chooser) {
  const select = chooser.querySelector("select");
  const show = () => {
    select.value = page.language;
    chooser.dataset.code = page.language;
    chooser.querySelector("b").textContent = select.selectedOptions[0]?.text ?? "";
  };
  select.replaceChildren(...languages.map(({ code, name }) => {
    const option = new Option(name, code);
    option.lang = code;
    return option;
  }));
  select.onchange = () => setLanguage(select.value);
  onLanguage(show);
  show();
}
