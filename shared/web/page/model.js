/** One model: ask it, its versions, what was refused, and what programs need. */
import { fetched, getIfThere, Problem } from "./api.js";
import { element } from "./element.js";
import { figures, value } from "./figure.js";
import { save } from "./file.js";
import { Form } from "./form.js";
import { purpose } from "./models.js";
import { openReport } from "./report.js";
import { ignored, refusals, underWay, warnings } from "./story.js";
import { last, moment, shown } from "./text.js";
import { charts, rows, versions } from "./version.js";

/** @typedef {import("./shape.js").Model} Model */
/** @typedef {import("./shape.js").Version} Version */
/** @typedef {import("./shape.js").Story} Story */
/** @typedef {(problem: Problem) => void} Failed */

/** @param {string} name @param {Failed} failed */
export async function modelView(name, failed) {
  const path = `v1/projects/-/models/${name}`;
  /** @type {[Model | null, {versions?: Version[]} | null, Story | null]} */
  const [model, listed, story] = await Promise.all([
    getIfThere(path),
    getIfThere(`${path}/versions?pageSize=100`),
    getIfThere(`${path}/status`),
  ]);
  if (!model && !story) return missing(name);
  const drops = story?.drops ?? [];
  const all = rows(listed?.versions ?? [], drops);
  const live = model?.defaultVersion;
  const liveName = last(live?.name ?? "");
  const open = (/** @type {string} */ version) =>
    void openReport(`${path}/versions/${version}`, version, failed);
  return element(
    "div",
    {},
    element("p", { class: "back" }, element("a", { href: "#/" }, "All models")),
    element("h1", { tabindex: -1 }, shown(name, 130)),
    ...header(live, story),
    section("progress", "On its way", underWay(drops)),
    model && live && ask(model.name, live, listed?.versions ?? [], failed),
    section("figures", "Over time", charts(all)),
    section("versions", "Versions", all.length ? versions(all, open) : null),
    section(
      "warnings",
      "What was odd about its data",
      warnings(drops.find((d) => d.version === liveName)),
    ),
    section("refusals", "Refused", refusals(drops)),
    section("ignored", "Ignored", ignored(story?.ignored ?? [])),
    model && section("programs", "For programs", programs(path, name, failed)),
  );
}

/** @param {Version | undefined} live @param {Story | null} story */
function header(live, story) {
  if (!live) {
    const told = element(
      "p",
      { class: "panel warn" },
      element("strong", {}, "Nothing is live yet."),
      " What became of its drops stands below.",
    );
    return [told];
  }
  const why = story?.live?.why;
  const kept = why === "pinned" || why === "frozen";
  const state = kept ? `live, ${why}: newer versions wait` : "live";
  const found = figures(live.metrics).map((one) =>
    tile(one.title, one.text(value(live.metrics, one) ?? 0)),
  );
  const since = live.createTime && [
    " of ",
    element("time", { datetime: live.createTime }, moment(live.createTime)),
  ];
  return [
    element("p", {}, ...purpose(live.schema)),
    element(
      "p",
      { class: "live" },
      element("span", { class: kept ? "tag warn" : "tag good" }, state),
      " ",
      element("code", {}, shown(last(live.name), 130)),
      ...(since || []),
    ),
    found.length > 0 && element("dl", { class: "tiles" }, ...found.slice(0, 4)),
  ];
}

/** @param {string} name @param {string} text */
function tile(name, text) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, text));
}

/**
 * @param {string} resource
 * @param {Version} live
 * @param {Version[]} served
 * @param {Failed} failed
 */
function ask(resource, live, served, failed) {
  if (!live.schema) {
    const told =
      "It was made by hand and has no card, so there is no form: send it lists of its values.";
    return section("ask", "Ask it", element("p", {}, told));
  }
  const place = element("div", {});
  const show = (/** @type {Version} */ version) => {
    const pinned = version === live ? "" : `/versions/${last(version.name)}`;
    place.replaceChildren(new Form(version, `v1/${resource}${pinned}:predict`, failed).root);
  };
  show(live);
  const others = served.filter((one) => one.schema && !one.isDefault);
  return section(
    "ask",
    "Ask it",
    element("div", {}, others.length > 0 && chooser(live, others, show), place),
  );
}

/** @param {Version} live @param {Version[]} others @param {(version: Version) => void} show */
function chooser(live, others, show) {
  const every = [live, ...others];
  const options = every.map((one, i) =>
    element(
      "option",
      { value: i },
      i ? shown(last(one.name), 130) : "the live version, whichever it is",
    ),
  );
  const select = element("select", { id: "version" }, ...options);
  select.addEventListener("change", () => show(every[Number(select.value)] ?? live));
  return element(
    "div",
    { class: "field which" },
    element("label", { for: "version" }, "Version"),
    select,
  );
}

/** @param {string} path @param {string} name @param {Failed} failed */
function programs(path, name, failed) {
  const keep = (/** @type {string} */ from, /** @type {string} */ file) => async () => {
    try {
      save(await fetched(from), file);
    } catch (error) {
      if (error instanceof Problem) failed(error);
    }
  };
  return element(
    "div",
    {},
    element("p", {}, "The same from your code: paths, types and examples of this model."),
    element(
      "div",
      { class: "buttons" },
      element(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: keep(`${path}/openapi.json`, `${name}-openapi.json`),
        },
        "Save OpenAPI",
      ),
      element(
        "button",
        { type: "button", class: "quiet", onclick: keep("postman.json", "dropserve-postman.json") },
        "Save Postman collection",
      ),
    ),
  );
}

/** @param {string} id @param {string} title @param {Node | null} content */
function section(id, title, content) {
  if (!content) return null;
  const heading = element("h2", { id: `${id}-title` }, title);
  return element("section", { id, "aria-labelledby": `${id}-title` }, heading, content);
}

/** @param {string} name */
function missing(name) {
  return element(
    "div",
    { class: "panel empty" },
    element("h1", { tabindex: -1 }, "No such model"),
    element("p", {}, "Nothing is told of a model ", element("code", {}, shown(name, 130)), "."),
    element("p", {}, element("a", { href: "#/" }, "All models")),
  );
}
