/** A model's versions: their figures over time, and what became of each. */
import { timeline } from "./chart.js";
import { datum, element } from "./element.js";
import { figures, value } from "./figure.js";
import { table } from "./table.js";
import { last, moment, shown } from "./text.js";

/** @typedef {import("./shape.js").Drop} Drop */
/** @typedef {import("./shape.js").Version} Version */
/** @typedef {import("./shape.js").Metrics} Metrics */

/**
 * @typedef {object} Row
 * @property {string} version
 * @property {string} time
 * @property {string} file
 * @property {Metrics} metrics
 * @property {boolean} live
 * @property {boolean} hasReport
 * @property {[string, string]} state kind of tag, word
 */

/**
 * Everything known of versions, the newest first.
 *
 * @param {Version[]} served
 * @param {Drop[]} drops
 * @returns {Row[]}
 */
export function rows(served, drops) {
  const names = new Set(served.map((one) => last(one.name)));
  const live = last(served.find((one) => one.isDefault)?.name ?? "");
  const dropped = drops.filter((drop) => drop.version);
  const told = new Set(dropped.map((drop) => drop.version));
  const byHand = served.filter((one) => !told.has(last(one.name)));
  return [
    ...byHand.map((one) => ({
      version: last(one.name),
      time: one.createTime ?? "",
      file: one.schema ? "" : "made by hand",
      metrics: one.metrics ?? {},
      live: one.isDefault,
      hasReport: Boolean(one.schema),
      state: /** @type {[string, string]} */ (one.isDefault ? ["good", "live"] : ["", "serving"]),
    })),
    ...dropped.map((drop) => ({
      version: drop.version ?? "",
      time: drop.createTime,
      file: drop.file,
      metrics: drop.metrics ?? {},
      live: drop.version === live,
      hasReport: drop.hasReport,
      state: state(drop, live, names.has(drop.version ?? "")),
    })),
  ].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
}

/** @param {Drop} drop @param {string} live @param {boolean} isServed @returns {[string, string]} */
function state(drop, live, isServed) {
  if (drop.version === live) return ["good", "live"];
  if (drop.collected) return ["", "collected"];
  if (["refused", "failed", "exhausted"].includes(drop.state ?? "")) return ["bad", "not released"];
  if (drop.state === "ready" && drop.reason === "held") return ["warn", "held"];
  const overtaken = drop.reason === "superseded_by_newer" || (drop.version ?? "") < live;
  if (drop.state === "ready" && !overtaken) return ["warn", "waiting"];
  if (drop.state === "forgotten") return ["", "forgotten"];
  return isServed ? ["", "serving"] : ["", drop.state === "live" ? "was live" : "being released"];
}

/** The figures of several versions as charts, oldest left. @param {Row[]} all */
export function charts(all) {
  const oldest = all.filter((row) => figures(row.metrics).length).reverse();
  const newest = oldest.at(-1);
  if (!newest) return null;
  const made = figures(newest.metrics)
    .slice(0, 3)
    .map((figure) => {
      const points = oldest.flatMap((row) => {
        const found = value(row.metrics, figure);
        return found === null ? [] : [{ value: found, live: row.live }];
      });
      return points.length > 1 && timeline(figure.title, points);
    });
  const kept = made.filter((one) => one !== false);
  if (!kept.length) return null;
  const legend = element("p", { class: "soft small" }, "The large dot is the live version.");
  return element("div", {}, element("div", { class: "charts" }, ...kept), legend);
}

/** @param {Row[]} all @param {(version: string) => void} open a report */
export function versions(all, open) {
  const main = figures(all.find((row) => figures(row.metrics).length)?.metrics)[0];
  const heads = ["Version", "State", main ? main.title : "Figure", "Dropped", "From", "Report"];
  const lines = all.map((row) => [
    element("code", {}, shown(row.version, 130)),
    element("span", { class: `tag ${row.state[0]}` }, row.state[1]),
    main ? told(row.metrics, main) : "–",
    row.time ? element("time", { datetime: row.time }, moment(row.time)) : "–",
    row.file ? datum(row.file, 120) : "–",
    row.hasReport ? reportButton(row.version, open) : "–",
  ]);
  return table("Every version, the newest first", heads, lines);
}

/** @param {Metrics} metrics @param {import("./figure.js").Figure} figure */
function told(metrics, figure) {
  const found = value(metrics, figure);
  return found === null ? "–" : figure.text(found);
}

/** @param {string} version @param {(version: string) => void} open */
function reportButton(version, open) {
  const name = `Report of ${shown(version, 130)}`;
  const press = { type: "button", class: "link", "aria-label": name, onclick: () => open(version) };
  return element("button", press, "Report");
}
