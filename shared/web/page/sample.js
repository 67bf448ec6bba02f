/** Made-up instances: within what training saw, and nobody's row. */

/** @typedef {import("./shape.js").Feature} Feature */
/** @typedef {import("./shape.js").Instance} Instance */
/** @typedef {import("./shape.js").Value} Value */
/** @typedef {import("./shape.js").Schema} Schema */

/**
 * Each feature drawn by itself; what the schema does not tell is taken from an example.
 *
 * @param {Schema} schema
 * @param {Instance[]} examples
 * @returns {Instance}
 */
export function random(schema, examples) {
  const drawn = schema.features.map((feature) => {
    const given = examples.map((one) => one[feature.name] ?? null).filter((v) => v !== null);
    return [feature.name, one(feature, given)];
  });
  return Object.fromEntries(drawn);
}

/** @param {Feature} feature @param {Value[]} given @returns {Value} */
function one(feature, given) {
  const { kind, minimum, maximum, categories } = feature;
  if (kind === "boolean") return Math.random() < 0.5;
  if (kind === "categorical" && categories.length) return picked(categories);
  if (kind === "numeric" && minimum !== null && maximum !== null) {
    return between(minimum, maximum, given);
  }
  if (given.length) return picked(given);
  return kind === "numeric" ? 1 : kind === "date" ? "2026-01-15" : "text";
}

/** @template Item @param {Item[]} items @returns {Item} */
function picked(items) {
  return /** @type {Item} */ (items[Math.floor(Math.random() * items.length)]);
}

/**
 * A number as coarse as the range and the examples are.
 *
 * @param {number} low
 * @param {number} high
 * @param {Value[]} given
 */
function between(low, high, given) {
  const value = low + Math.random() * (high - low);
  if ([low, high, ...given].every(Number.isInteger)) return Math.round(value);
  const places = Math.min(Math.max(2 - Math.floor(Math.log10(high - low || 1)), 0), 12);
  return Math.min(Math.max(Number(value.toFixed(places)), low), high);
}
