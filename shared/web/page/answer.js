/**
 * The answer to what was asked: the prediction, how sure it is, what was odd, and the curl
 * line.
 */
import { bars } from "./bar.js";
import { copyable } from "./copy.js";
import { datum, element } from "./element.js";
import { count, number, percent, shown } from "./text.js";

/** @typedef {import("./shape.js").Answer} Answer */
/** @typedef {import("./shape.js").Metrics} Metrics */

/**
 * @param {Answer} answer
 * @param {string} target
 * @param {Metrics} metrics of the version that answered
 * @param {string} curl
 */
export function answered(answer, target, metrics, curl) {
  const [first] = answer.predictions;
  return [
    element("p", { class: "soft small" }, datum(target)),
    ...predicted(answer, first, metrics),
    odd(answer),
    element(
      "p",
      { class: "soft small" },
      "Answered by ",
      element("code", {}, shown(answer.model_version, 130)),
    ),
    element("h3", {}, "The same from a shell"),
    copyable(curl, "Copy the curl line"),
    element("p", { class: "soft small" }, ...variables(curl)),
  ];
}

/** What a screen reader says at once. @param {Answer} answer @param {string} target */
export function spoken(answer, target) {
  const [first] = answer.predictions;
  const name = shown(target, 60);
  const also = answer.warning_count ? ` ${count(answer.warning_count, "warning")}.` : "";
  if (answer.kind !== "probabilities") return `${name}: ${plain(first)}.${also}`;
  const share = first.probabilities[String(first.label)];
  const sure = typeof share === "number" ? `, ${percent(share)}` : "";
  return `${name}: ${plain(first.label)}${sure}.${also}`;
}

/** @param {unknown} value */
function plain(value) {
  if (typeof value === "number") return number(value);
  return shown(typeof value === "string" ? value : JSON.stringify(value), 200);
}

/** @param {Answer} answer @param {any} first @param {Metrics} metrics */
function predicted(answer, first, metrics) {
  if (answer.kind === "probabilities") {
    return [verdict(plain(first.label)), bars(first.probabilities)];
  }
  if (answer.kind === "number" && typeof first === "number") {
    return [verdict(plain(first)), range(first, metrics)];
  }
  return [verdict(first === null ? "no number" : plain(first))];
}

/** @param {string} text */
function verdict(text) {
  return element("p", { class: "verdict" }, element("bdi", {}, text));
}

/**
 * Where the truth lay for nine of ten rows that the model had not seen.
 *
 * @param {number} value
 * @param {Metrics} metrics
 */
function range(value, metrics) {
  const misses = metrics.residuals?.quantiles ?? {};
  const [low, high] = [misses["0.05"], misses["0.95"]];
  if (typeof low !== "number" || typeof high !== "number") {
    const off = metrics.rmse;
    return typeof off === "number" && element("p", {}, `Typically off by ${number(off)}.`);
  }
  const span = `${number(value + low)} to ${number(value + high)}`;
  return element(
    "p",
    {},
    element("strong", {}, span),
    element("span", { class: "soft" }, " is where the truth lay nine times out of ten."),
  );
}

/** @param {Answer} answer */
function odd(answer) {
  const amount = answer.warning_count ?? 0;
  if (!amount) return null;
  const told = `${count(amount, "value")} outside of what training saw: the answer is less sure.`;
  return element("p", { class: "panel warn" }, told);
}

/** Where the variables of the line come from. @param {string} curl */
function variables(curl) {
  if (curl.includes("$PREDICT_KEY")) return ["PREDICT_KEY is your API key."];
  const env = element("code", {}, 'eval "$(./run env)"');
  const gcloud = element("code", {}, "gcloud auth print-identity-token");
  const both = curl.includes("$PREDICT_URL") ? "PREDICT_URL and PREDICT_TOKEN" : "PREDICT_TOKEN";
  return [
    `${both}: `,
    env,
    " sets what a local cloud wants, with --cloud what Google Cloud does; without a checkout ",
    gcloud,
    " prints a token.",
  ];
}
