/** One feature of a model as a field of the form: its label, what training saw, what is wrong. */
import { datum, element } from "./element.js";
import { number, shown } from "./text.js";

/** @typedef {import("./shape.js").Feature} Feature */
/** @typedef {import("./shape.js").Value} Value */
/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

const MOST_CHOICES = 60;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** The choice that leaves room for any other text; no category of a CSV holds such a character. */
const OTHER_VALUE = "\u0000other";

export class Field {
  /** @param {Feature} feature @param {number} place @param {Value} example */
  constructor(feature, place, example) {
    this.feature = feature;
    this.id = `field${place}`;
    this.hint = hint(feature);
    this.told = element("p", { class: "told", id: `${this.id}-told`, hidden: true });
    /** @type {HTMLInputElement | null} where a choice leaves room for any other text */
    this.other = null;
    this.control = this.#control(example);
    this.root = element(
      "div",
      { class: "field" },
      element("label", { for: this.id }, datum(feature.name)),
      this.control,
      this.other,
      this.hint && element("p", { class: "hint", id: `${this.id}-hint` }, this.hint),
      this.told,
    );
  }

  /** What is sent: null for nothing; text where a number was wanted and is none, to be refused. */
  read() {
    const text = this.#text();
    if (text === "") return null;
    if (this.feature.kind === "boolean") return text === "true";
    if (this.feature.kind !== "numeric" || !DECIMAL.test(text.trim())) return text;
    const value = Number(text);
    return Number.isFinite(value) ? value : text;
  }

  /** @param {Value} value */
  write(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const isChoice = this.#offers(text);
    this.control.value = isChoice ? text : OTHER_VALUE;
    if (this.other) {
      this.other.value = isChoice ? "" : text;
      this.other.hidden = isChoice;
    }
    this.tell("", "");
  }

  /**
   * Say what is wrong or odd; "" takes it back.
   *
   * @param {"fault" | "odd" | ""} kind
   * @param {string} text
   */
  tell(kind, text) {
    const input = this.input;
    const described = [this.hint && `${this.id}-hint`, kind && this.told.id].filter(Boolean);
    for (const one of this.other ? [this.control, this.other] : [this.control]) {
      one.removeAttribute("aria-invalid");
      one.setAttribute("aria-describedby", described.join(" "));
    }
    if (kind === "fault") input.setAttribute("aria-invalid", "true");
    this.told.className = `told ${kind}`;
    this.told.textContent = shown(text);
    this.told.hidden = !kind;
  }

  /** Where the person types now. @returns {Control} */
  get input() {
    return this.other && !this.other.hidden ? this.other : this.control;
  }

  #text() {
    return this.input.value;
  }

  /** @param {string} text */
  #offers(text) {
    if (!(this.control instanceof HTMLSelectElement)) return true;
    return (
      [...this.control.options].some((option) => option.value === text) && text !== OTHER_VALUE
    );
  }

  /** @param {Value} example @returns {Control} */
  #control(example) {
    const { kind, categories } = this.feature;
    const names = { id: this.id, autocomplete: "off" };
    if (kind === "boolean") {
      const yes = [
        ["true", "true"],
        ["false", "false"],
      ];
      return chooser(names, [...this.#empty(), ...yes]);
    }
    if (kind === "categorical" && categories.length && categories.length <= MOST_CHOICES) {
      return this.#choices(names);
    }
    if (kind === "date" && /^(\d{4}-\d\d-\d\d)?$/.test(String(example ?? ""))) {
      return element("input", { ...names, type: "date" });
    }
    return element("input", {
      ...names,
      type: "text",
      spellcheck: "false",
      ...typing(this.feature),
    });
  }

  /** @param {{[name: string]: string}} names */
  #choices(names) {
    const given = this.feature.categories.map((one) => [one, shown(one, 60)]);
    const made = chooser(names, [...this.#empty(), ...given, [OTHER_VALUE, "another value…"]]);
    const label = `${shown(this.feature.name, 60)}, another value`;
    this.other = element("input", { type: "text", "aria-label": label, hidden: true });
    made.addEventListener("change", () => {
      const wanted = made.value === OTHER_VALUE;
      if (!this.other) return;
      this.other.hidden = !wanted;
      if (wanted) this.other.focus();
    });
    return made;
  }

  #empty() {
    return [["", this.feature.nullable ? "— missing —" : "— choose —"]];
  }
}

/** @param {{[name: string]: string}} names @param {string[][]} choices */
function chooser(names, choices) {
  const options = choices.map(([value, text]) => element("option", { value }, text));
  return element("select", names, ...options);
}

/** The keyboard of a phone: that for decimals has no minus. @param {Feature} feature */
function typing(feature) {
  if (feature.kind === "date") return { placeholder: "2026-01-31T13:00:00Z" };
  if (feature.kind !== "numeric") return {};
  return { inputmode: (feature.minimum ?? -1) >= 0 ? "decimal" : "text" };
}

/** @param {Feature} feature */
function hint(feature) {
  const { minimum, maximum, kind } = feature;
  const said = [];
  if (kind === "numeric" && minimum !== null && maximum !== null) {
    said.push(`${number(minimum)} to ${number(maximum)} in training`);
  }
  if (kind === "date") said.push("a date");
  if (feature.nullable) said.push("may be left empty");
  return said.join("; ");
}
