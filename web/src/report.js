// @ts-check
// Shows what ?bench measured as tables.

import { button, note } from "mnistify/screen";
import { number, phrase, say } from "mnistify/words";

/** Fills and opens `root`; `closed` is called when the person closes it. */
export function showReport(root, report, closed) {
  const close = () => {
    root.hidden = true;
    removeEventListener("keydown", onKey, true);
    closed();
  };
  const onKey = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  const head = made("header", [
    made("h2", [phrase("measurements")]),
    button(phrase("copy-json"), () => copy(report)),
    button(phrase("close"), close),
  ]);
  const { page_millis, ...measured } = report;
  const facts = Object.entries(measured).filter(([, value]) => !isGroup(value));
  const groups = Object.entries({ ...measured, page_millis }).filter(([, value]) => isGroup(value));
  const body = made("div", [table(phrase("about"), facts.map(([name, value]) => [[name], value]))], "tables");
  for (const [name, value] of groups) body.append(table(words(name), leaves(value)));
  root.replaceChildren(made("div", [head, body], "sheet"));
  root.hidden = false;
  root.focus({ preventScroll: true });
  addEventListener("keydown", onKey, true);
}

async function copy(report) {
  try {
    await navigator.clipboard.writeText(JSON.stringify(report, null, 1));
    note(phrase("report-copied"));
  } catch {
    note(phrase("report-not-copied"));
  }
}

const isGroup = (value) => value !== null && typeof value === "object";
const isSummary = (value) => isGroup(value) && "median" in value;

/** Every value of a nested object with the names that lead to it. */
function leaves(value, path = []) {
  if (!isGroup(value) || isSummary(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

/** Rows of [path, value]; a value is a single one or {median, p95}. */
function table(title, rows) {
  const summaries = rows.some(([, value]) => isSummary(value));
  const heads = summaries ? [phrase("median"), phrase("p95")] : [""];
  const head = made("tr", [made("th", [title], "name"), ...heads.map((text) => made("th", [text]))]);
  const lines = rows.map(([path, value]) => {
    const cells = isSummary(value) ? [value.median, value.p95] : [value];
    const data = cells.map((cell) => made("td", [shown(cell)], typeof cell === "number" ? "number" : ""));
    if (summaries && cells.length === 1) data[0].colSpan = 2;
    const name = made("th", [words(path.join(" · ").replaceAll("_millis", ", ms"))], "name");
    name.scope = "row";
    return made("tr", [name, ...data]);
  });
  return made("table", [made("thead", [head]), made("tbody", lines)], summaries ? "" : "single");
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  return number(Math.abs(value) >= 100 ? Math.round(value) : value);
}

/** `frame_millis` as `Frame, ms`. */
function words(name) {
  const text = String(name).replace(/_millis$/, ", ms").replaceAll("_", " ");
  const known = { mlp: "MLP", cnn: "CNN", gpu: "GPU", cpu: "CPU" };
  return text.replace(/\b(mlp|cnn|gpu|cpu)\b/gi, (word) => known[word.toLowerCase()]).replace(/^./, (letter) => letter.toUpperCase());
}

function made(tag, children, name = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (children.length === 1 && !(children[0] instanceof Node)) say(element, children[0]);
  else element.append(...children);
  return element;
}
