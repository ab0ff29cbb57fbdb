// @ts-check
// Which language the page speaks, and its words before its modules are there, so that nobody sees another language first. A
// plain script: the build puts it into index.html. words.js is its door for modules.

globalThis.mnistifyWords = (() => {
  /** The words of every language, by code and key; the build puts them into the page. */
  /** @type {Record<string, Record<string, string>>} */
  const texts = JSON.parse(document.getElementById("words").textContent);
  /** What stands in an element beside its text. */
  const attributes = { label: "aria-label", title: "title", content: "content" };

  /**
   * The language of a code such as "fr" or "fr-CA"; undefined where it is none of the page's.
   * @param {unknown} code
   */
  const known = (code) => Object.keys(texts).find((one) => one === String(code).toLowerCase().split(/[-_]/)[0]);

  /** What a person chose before. */
  function chosen() {
    try {
      return localStorage.getItem("mnistify.language");
    } catch {
      return null;
    }
  }

  const asked = new URLSearchParams(location.search).get("language");
  const wanted = asked ? [asked] : [chosen(), ...(navigator.languages ?? [])];

  const page = {
    texts,
    known,
    language: wanted.map(known).find(Boolean) ?? "en",
    /** What the address asks for in vain. */
    unknown: asked && !known(asked) ? asked : null,
    /** @param {string} key */
    text: (key) => texts[page.language][key] ?? texts.en[key] ?? key,
    /** Writes all words that the HTML names, in the page's language. */
    fill() {
      document.documentElement.lang = page.language;
      for (const element of document.querySelectorAll("[data-words]")) element.textContent = page.text(element.getAttribute("data-words"));
      for (const [name, attribute] of Object.entries(attributes)) {
        const given = `data-words-${name}`;
        for (const element of document.querySelectorAll(`[${given}]`)) element.setAttribute(attribute, page.text(element.getAttribute(given)));
      }
    },
  };
  // The page arrives in English.
  if (page.language !== "en") page.fill();
  return page;
})();
