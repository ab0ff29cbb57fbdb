// @ts-check
// The networks' answers in words: for people who read them, and for people who hear them. In both depths, so that an answer
// sounds the same before and after the app has taken over.

import { phrase, sentences } from "mnistify/words";

/** @param {any[]} models */
const reading = (models) => models.filter((model) => model.class !== null && model.verdict !== "no_digit");

/**
 * The digits that the networks read, at most two, as far as they take what is drawn for one.
 * @param {any[]} models
 */
export const winnersOf = (models) => [...new Set(reading(models).map((model) => model.class))].slice(0, 2);

/** What scripts are told where every network refuses; else null. @param {{headline: unknown}} of */
export const refusal = ({ headline }) => (headline ? String(phrase("no-digit")) : null);

/**
 * What the networks say together.
 * @param {any[]} models
 */
export function headline(models) {
  const answers = models.filter((model) => model.class !== null).length;
  const [first, ...others] = reading(models);
  if (answers === 0) return phrase("headline-blank");
  if (!first) return phrase("no-digit");
  if (others.some((other) => other.class !== first.class)) return phrase("headline-differ");
  if (others.length + 1 < answers) return phrase("headline-one-refuses", { network: first.name });
  const digit = phrase(first.label === "8" ? "a-digit-eight" : "a-digit", { digit: first.label });
  return phrase("headline-reads", { count: answers, network: first.name, digit });
}

/**
 * What people hear of the answers.
 * @param {any[]} models
 */
export function heard(models) {
  if (models.length > 0 && models.every((model) => model.verdict === "no_digit")) return phrase("no-digit");
  return sentences(...models.map(heardOf));
}

function heardOf({ name: network, class: best, label, confidence, verdict }) {
  if (best === null) return phrase("heard-blank", { network });
  if (verdict === "no_digit") return phrase("heard-refused", { network });
  const values = { network, label, percent: Math.round(confidence * 100) };
  return verdict === "digit" ? phrase("heard-sure", values) : phrase("heard-not-sure", values);
}
