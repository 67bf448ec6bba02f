/** The form made from a version's schema: it asks the model and shows the answer. */
import { answered, spoken } from "./answer.js";
import { address, post, Problem } from "./api.js";
import * as credential from "./credential.js";
import { json, line } from "./curl.js";
import { element } from "./element.js";
import { Field } from "./field.js";
import { random } from "./sample.js";
import { say } from "./speech.js";
import { count, shown } from "./text.js";

/** @typedef {import("./shape.js").Schema} Schema */
/** @typedef {import("./shape.js").Version} Version */
/** @typedef {import("./shape.js").Fault} Fault */

export class Form {
  #busy = false;

  /**
   * @param {Version} version with its schema
   * @param {string} path that is asked, such as v1/projects/p/models/iris:predict
   * @param {(problem: Problem) => void} signedOut
   */
  constructor(version, path, signedOut) {
    this.version = version;
    this.path = path;
    this.signedOut = signedOut;
    this.schema = /** @type {Schema} */ (version.schema);
    this.examples = version.examples ?? [];
    const first = this.examples[0] ?? {};
    this.fields = this.schema.features.map((one, i) => new Field(one, i, first[one.name] ?? null));
    this.#fill(this.examples[0] ?? random(this.schema, []));
    this.button = element("button", { type: "submit" }, "Predict");
    this.general = element("div", { class: "general" });
    this.answer = element("div", { class: "answer" }, waiting());
    this.root = element("div", { class: "ask" }, this.#form(), this.answer);
  }

  #form() {
    const another = element(
      "button",
      { type: "button", class: "quiet", onclick: () => this.#another() },
      "Random example",
    );
    const form = element(
      "form",
      { novalidate: true, "aria-label": "Values to predict for" },
      element("div", { class: "fields" }, ...this.fields.map((field) => field.root)),
      this.general,
      element("div", { class: "buttons" }, this.button, another),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#ask();
    });
    return form;
  }

  #another() {
    this.#fill(random(this.schema, this.examples));
    this.general.replaceChildren();
    say("Filled in with made-up values.");
  }

  /** @param {import("./shape.js").Instance} instance */
  #fill(instance) {
    for (const field of this.fields) field.write(instance[field.feature.name] ?? null);
  }

  async #ask() {
    if (this.#busy) return;
    this.#busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.root.setAttribute("aria-busy", "true");
    try {
      await this.#asked();
    } catch (error) {
      this.#refused(error instanceof Problem ? error : new Problem(0, { detail: String(error) }));
    } finally {
      this.#busy = false;
      this.button.removeAttribute("aria-disabled");
      this.root.removeAttribute("aria-busy");
    }
  }

  async #asked() {
    const { answer, body } = await this.#sent();
    const faults = answer.warnings ?? [];
    this.#tell("odd", faults);
    this.general.replaceChildren();
    const curl = line(address(this.path), credential.placeholder(), body);
    this.answer.replaceChildren(
      ...answered(answer, this.schema.target, this.version.metrics ?? {}, curl).filter(
        (n) => n instanceof Node,
      ),
    );
    say(spoken(answer, this.schema.target));
    this.answer.scrollIntoView({ block: "nearest" });
  }

  /** With probabilities where there are classes, and without where the version has none. */
  async #sent() {
    const values = this.fields.map((field) => [field.feature.name, field.read()]);
    const instances = [Object.fromEntries(values)];
    if (this.schema.classes) {
      const body = json({ instances, parameters: { probabilities: true } });
      try {
        return {
          body,
          answer: /** @type {import("./shape.js").Answer} */ (await post(this.path, body)),
        };
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== "invalid_request") throw error;
      }
    }
    const body = json({ instances });
    return {
      body,
      answer: /** @type {import("./shape.js").Answer} */ (await post(this.path, body)),
    };
  }

  /** @param {Problem} problem */
  #refused(problem) {
    if (problem.status === 401) {
      this.signedOut(problem);
      return;
    }
    const elsewhere = this.#tell("fault", problem.faults);
    const told = problem.faults.length ? elsewhere.map((one) => one.message) : [problem.message];
    const wrong = this.fields.find((field) => field.input.getAttribute("aria-invalid"));
    const request = problem.request && `Request ${shown(problem.request, 130)}`;
    const panel = element(
      "div",
      { class: "panel bad" },
      element(
        "p",
        {},
        element("strong", {}, shown(problem.title)),
        wrong && ": see beside the fields.",
      ),
      ...told.map((text) => element("p", {}, shown(text))),
      !problem.faults.length && request && element("p", { class: "small soft" }, request),
    );
    this.general.replaceChildren(panel);
    this.answer.replaceChildren(waiting());
    const sum = problem.faults.length ? count(problem.faults.length, "fault") : problem.message;
    say(`${problem.title}: ${shown(sum)}`);
    if (wrong) wrong.input.focus();
  }

  /**
   * Each fault beside the field that it points to; those that point elsewhere.
   *
   * @param {"fault" | "odd"} kind
   * @param {Fault[]} faults
   */
  #tell(kind, faults) {
    for (const field of this.fields) field.tell("", "");
    return faults.filter((fault) => {
      const field = this.#pointed(fault.pointer);
      if (field) field.tell(kind, fault.message);
      return !field;
    });
  }

  /** @param {string} pointer a JSON pointer, by name or by position */
  #pointed(pointer) {
    const [, list, , name] = pointer.split("/");
    if (list !== "instances" || name === undefined) return undefined;
    const plain = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return this.fields.find((field) => field.feature.name === plain);
  }
}

function waiting() {
  return element("p", { class: "soft" }, "The answer appears here.");
}
