/** The list of models. */
import { get, getIfThere } from "./api.js";
import { copyable } from "./copy.js";
import { datum, element } from "./element.js";
import { figures, value } from "./figure.js";
import { count, last, listed, moment, number, shown } from "./text.js";

/** @typedef {import("./shape.js").Model} Model */

const MOST_PAGES = 20;

/** @param {() => void} again */
export async function modelsView(again) {
  const [models, told] = await Promise.all([everyModel(), getIfThere("v1/projects/-/status")]);
  const live = new Set(models.map((model) => last(model.name)));
  /** @type {string[]} */
  const names = (told?.models ?? []).map((/** @type {{name: string}} */ one) => last(one.name));
  const waiting = names.filter((name) => !live.has(name));
  if (!models.length && !waiting.length) return empty(again);
  return element(
    "div",
    {},
    element("h1", { tabindex: -1 }, "Models"),
    models.length
      ? element("ul", { class: "cards" }, ...models.map(card))
      : element("p", { class: "soft" }, "No version of any model is live yet."),
    waiting.length > 0 && notLive(waiting),
  );
}

/** @returns {Promise<Model[]>} */
async function everyModel() {
  const found = [];
  let token = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const next = token && `&pageToken=${encodeURIComponent(token)}`;
    const answer = await get(`v1/projects/-/models?pageSize=100${next}`);
    found.push(...(answer.models ?? []));
    token = answer.nextPageToken ?? "";
    if (!token) break;
  }
  return found;
}

/** @param {Model} model */
function card(model) {
  const name = last(model.name);
  const version = model.defaultVersion;
  const [main] = figures(version.metrics);
  const figure = main && value(version.metrics, main);
  const facts = [
    main && typeof figure === "number" && `${main.title} ${main.text(figure)}`,
    typeof version.metrics?.rows === "number" && `${number(version.metrics.rows)} rows`,
    version.createTime && moment(version.createTime),
  ].filter(Boolean);
  return element(
    "li",
    {},
    element("h2", {}, element("a", { href: `#/models/${name}` }, shown(name, 130))),
    element("p", {}, ...purpose(version.schema)),
    element("p", { class: "soft small" }, facts.join(" · ")),
    element(
      "p",
      { class: "soft small" },
      "Live: ",
      element("code", {}, shown(last(version.name), 130)),
    ),
  );
}

/** @param {import("./shape.js").Schema | undefined} schema */
export function purpose(schema) {
  if (!schema) return ["Made by hand: it has no card that says what it takes."];
  const what = element("strong", {}, datum(schema.target));
  const from = ` from ${count(schema.features.length, "feature")}.`;
  if (!schema.classes) return ["Predicts the number ", what, from];
  return ["Predicts ", what, " (", element("bdi", {}, listed(schema.classes, 4)), ")", from];
}

/** @param {string[]} names */
function notLive(names) {
  const links = names.map((name) =>
    element(
      "li",
      {},
      element("a", { href: `#/models/${name}` }, shown(name, 130)),
      ": see what became of its drops",
    ),
  );
  return element(
    "section",
    { "aria-labelledby": "waiting-title" },
    element("h2", { id: "waiting-title" }, "Not live yet"),
    element("ul", {}, ...links),
  );
}

/** @param {() => void} again */
function empty(again) {
  return element(
    "div",
    { class: "panel empty" },
    element("h1", { tabindex: -1 }, "No model yet"),
    element(
      "p",
      {},
      "Drop a CSV, and a minute later you can ask its model here. Try the one that comes along:",
    ),
    copyable("./run drop examples/iris.csv", "Copy the command"),
    element(
      "p",
      { class: "soft" },
      "Or upload a CSV to ",
      element("code", {}, "data/NAME/"),
      " in the DATA bucket: its model is called NAME, and learns to predict the column named target, ",
      "label, class, species or y. Another one: ",
      element("code", {}, "./run drop FILE --target COLUMN"),
    ),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", onclick: again }, "Look again"),
    ),
  );
}
