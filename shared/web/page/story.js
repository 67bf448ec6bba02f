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
  const said = grouped(drop.findings);
  return [
    ...said.flatMap((group, place) => [
      finding(group),
      // One line to copy for several findings stands below the last of them.
      said.slice(place + 1).every((other) => other.mend !== group.mend) && toCopy(group.mend),
    ]),
    more > 0 && element("p", {}, `And ${number(more)} more.`),
  ];
}

/**
 * Findings of one code, column and message. mend: the line to copy.
 * @typedef {{first: Finding, message: string, mend: string, lines: number[]}} Group
 */

/** The findings that say the same, in order of the first. @param {Finding[]} findings */
function grouped(findings) {
  /** @type {Map<string, Group>} */
  const found = new Map();
  for (const first of findings) {
    const [message = "", mend = ""] = (first.message ?? "").split(" To mend it: ");
    const key = JSON.stringify([first.code, first.column, message, mend]);
    const group = found.get(key) ?? { first, message, mend, lines: [] };
    const line = first.line ?? 0;
    if (line && !group.lines.includes(line)) group.lines.push(line);
    found.set(key, group);
  }
  return [...found.values()];
}

/** @param {Group} group */
function finding({ first, message, lines }) {
  const place = [
    lines.length > 0 && `${lines.length > 1 ? "lines" : "line"} ${lines.map(number).join(", ")}`,
    first.column && `column ${shown(first.column, 60)}`,
  ]
    .filter(Boolean)
    .join(", ");
  return element(
    "p",
    {},
    element("strong", {}, words(shown(first.code ?? "", 60))),
    place && element("bdi", { class: "soft" }, ` (${place})`),
    ": ",
    element("bdi", {}, shown(message, 800)),
  );
}

/** @param {string} line */
function toCopy(line) {
  return line && element("p", {}, "To mend it: ", element("code", {}, shown(line, 800)));
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
  return element("div", {}, ...grouped(drop.warnings).map(finding));
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
