/**
 * Probabilities as bars. The figure stands beside each as text, so the bar itself is not read
 * out.
 */
import { datum, drawn, element } from "./element.js";
import { percent } from "./text.js";

const AT_ONCE = 8;

/** @param {{[label: string]: number | null}} shares */
export function bars(shares) {
  const sorted = Object.entries(shares).sort((a, b) => (b[1] ?? -1) - (a[1] ?? -1));
  const list = element("ul", { class: "bars", "aria-label": "Probabilities" });
  list.append(...sorted.slice(0, AT_ONCE).map(row));
  const rest = sorted.slice(AT_ONCE);
  if (!rest.length) return list;
  const more = element("details", {}, element("summary", {}, `${rest.length} more classes`));
  more.append(element("ul", { class: "bars", "aria-label": "More" }, ...rest.map(row)));
  return element("div", {}, list, more);
}

/** @param {[string, number | null]} entry @param {number} place */
function row([label, share], place) {
  const told = share === null ? "not known" : percent(share);
  const line = element(
    "span",
    { class: "line" },
    datum(label),
    element("span", { class: "figure" }, told),
  );
  return element("li", { class: place === 0 ? "first" : null }, line, bar(share ?? 0));
}

/** @param {number} share */
function bar(share) {
  const look = { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none" };
  return drawn(
    "svg",
    { ...look, "aria-hidden": "true", focusable: "false" },
    drawn("rect", { x: 0, y: 0, width: 100, height: 10, class: "track" }),
    drawn("rect", { x: 0, y: 0, width: Math.max(100 * share, 0.6), height: 10, class: "fill" }),
  );
}
