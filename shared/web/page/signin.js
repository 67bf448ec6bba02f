/** Asking for a credential: at the start, when the service refuses it, and when it has expired. */
import * as credential from "./credential.js";
import { element } from "./element.js";
import { shown } from "./text.js";

/** @typedef {import("./api.js").Problem} Problem */

/**
 * @param {Problem | null} problem what the service said; null: the sign-in has expired
 * @param {boolean} hadOne
 * @param {() => void} done
 */
export function signIn(problem, hadOne, done) {
  const wantsKey = problem?.wantsKey ?? false;
  const name = wantsKey ? "API key" : "ID token";
  const title = hadOne
    ? problem
      ? "Your sign-in was not taken"
      : "Your sign-in has expired"
    : "Sign in";
  const input = element("input", {
    id: "credential",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "credential-told",
  });
  const told = element(
    "p",
    { id: "credential-told", class: "hint" },
    "Kept in memory until you close this page.",
  );
  const form = element(
    "form",
    { class: "signin" },
    element("label", { for: "credential" }, name),
    input,
    told,
    element("div", { class: "buttons" }, element("button", { type: "submit" }, "Sign in")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (credential.hold(wantsKey ? "key" : "token", input.value)) done();
    else
      told.textContent = "That cannot be one: it holds spaces or other characters that none has.";
  });
  return element(
    "section",
    { class: "panel signin", "aria-labelledby": "signin-title" },
    element("h1", { id: "signin-title", tabindex: -1 }, title),
    hadOne && problem ? element("p", {}, shown(problem.message)) : null,
    ...help(wantsKey, hadOne),
    form,
  );
}

/** @param {boolean} wantsKey @param {boolean} hadOne */
function help(wantsKey, hadOne) {
  if (wantsKey) {
    return [
      element(
        "p",
        {},
        "Whoever runs this service makes keys with ",
        code("./run keys create"),
        ".",
      ),
    ];
  }
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  const lasts = hadOne ? "A link is good for an hour. " : "";
  if (isHere) {
    return [
      element(
        "p",
        {},
        lasts,
        "Open the link that ",
        code("./run up"),
        " printed, or type ",
        code("./run open"),
        " for a new one.",
      ),
      element(
        "p",
        { class: "soft" },
        "Or paste a token, such as ",
        code("PREDICT_TOKEN"),
        " of ",
        code("./run env"),
        ".",
      ),
    ];
  }
  return [
    element(
      "p",
      {},
      lasts,
      "Paste an ID token, such as ",
      code("gcloud auth print-identity-token"),
      " prints.",
    ),
  ];
}

/** @param {string} text */
function code(text) {
  return element("code", {}, text);
}
