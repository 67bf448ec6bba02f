/** Tables that become lists of cards on a phone: each cell knows its column's name. */
import { element } from "./element.js";

/** @typedef {import("./element.js").Content} Content */

/** @param {string} caption @param {string[]} heads @param {Content[][]} rows */
export function table(caption, heads, rows) {
  const cell = (/** @type {Content} */ content, /** @type {number} */ i) =>
    i === 0
      ? element("th", { scope: "row", role: "rowheader" }, content)
      : element(
          "td",
          { role: "cell" },
          element("span", { class: "head", "aria-hidden": "true" }, heads[i]),
          element("span", {}, content),
        );
  const columns = heads.map((head) => element("th", { scope: "col", role: "columnheader" }, head));
  return element(
    "table",
    { role: "table" },
    element("caption", {}, caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...columns)),
    element(
      "tbody",
      { role: "rowgroup" },
      ...rows.map((row) => element("tr", { role: "row" }, ...row.map(cell))),
    ),
  );
}
