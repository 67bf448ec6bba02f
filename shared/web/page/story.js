/** What became of drops that are no version: refused ones, and files that were ignored. */
import { datum, element } from "./element.js";
import { table } from "./table.js";
import { moment, number, shown, words } from "./text.js";

/** @typedef {import("./shape.js").Drop} Drop */
/** @typedef {import("./shape.js").Finding} Finding */
/** @typedef {import("./shape.js").Story} Story */

const REFUSED = ["refused", "exhausted", "failed"];
/** @type {{[state: string]: string}} */
const UNDER_WAY = {
  received: "received",
  training: "training now",
  trained: "trained, being released",
  created: "being released",
};

/** @param {Drop[]} drops */
export function refusals(drops) {
  const found = drops.filter((drop) => REFUSED.includes(drop.state ?? ""));
  if (!found.length) return null;
  const lines = found.map((drop) => [
    datum(drop.file, 200),
    element("time", { datetime: drop.updateTime }, moment(drop.updateTime)),
    element("div", {}, ...reasons(drop)),
  ]);
  return table("Drops that became no version, the newest first", ["File", "When", "Why"], lines);
}

/** @param {Drop} drop */
function reasons(drop) {
  if (!drop.findings.length) {
    const text = drop.reason || (drop.code && words(drop.code)) || "No reason was told.";
    return [element("p", {}, shown(text))];
  }
  const more = drop.findingCount - drop.findings.length;
  return [...drop.findings.map(finding), more > 0 && element("p", {}, `And ${number(more)} more.`)];
}

/** @param {Finding} one */
function finding(one) {
  const place = [
    one.line !== undefined && `line ${number(one.line)}`,
    one.column && `column ${shown(one.column, 60)}`,
  ]
    .filter(Boolean)
    .join(", ");
  return element(
    "p",
    {},
    element("strong", {}, words(shown(one.code ?? "", 60))),
    place && element("bdi", { class: "soft" }, ` (${place})`),
    ": ",
    element("bdi", {}, shown(one.message ?? "", 600)),
  );
}

/** Drops that no word of an end is told of yet. @param {Drop[]} drops */
export function underWay(drops) {
  const found = drops.filter((drop) => (drop.state ?? "") in UNDER_WAY).slice(0, 5);
  if (!found.length) return null;
  const lines = found.map((drop) =>
    element("li", {}, datum(drop.file, 200), ": ", UNDER_WAY[drop.state ?? ""] ?? ""),
  );
  return element("ul", {}, ...lines);
}

/** @param {Drop | undefined} drop of the live version */
export function warnings(drop) {
  if (!drop?.warnings.length) return null;
  return element("div", {}, ...drop.warnings.map(finding));
}

/** @param {Story["ignored"]} found */
export function ignored(found) {
  if (!found.length) return null;
  const lines = found.map((one) => [
    datum(one.name, 200),
    element("time", { datetime: one.at }, moment(one.at)),
    element("bdi", {}, shown(one.reason, 600)),
  ]);
  return table("Files that looked like drops", ["File", "When", "Why"], lines);
}
