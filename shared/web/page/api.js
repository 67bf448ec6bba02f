/** The API, asked with the caller's credential. */
import * as credential from "./credential.js";

const BASE = new URL("../", import.meta.url);

/** @typedef {import("./shape.js").Fault} Fault */

/** What went wrong (RFC 9457), also where the answer is not of the API's making. */
export class Problem extends Error {
  /**
   * @param {number} status 0: no answer
   * @param {{type?: string, title?: string, detail?: string, errors?: Fault[],
   *   request_id?: string}} body
   * @param {string} [challenge]
   */
  constructor(status, body, challenge = "") {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    this.title = body.title ?? "No sound answer";
    this.code = (body.type ?? "").split(":").pop() ?? "";
    this.faults = body.errors ?? [];
    this.request = body.request_id ?? "";
    this.wantsKey = challenge.startsWith("X-API-Key");
  }
}

/** The whole address of a path of the API. @param {string} path */
export function address(path) {
  return new URL(path, BASE).href;
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await sent(path, { headers: { Accept: "application/json" } })).json();
}

/** A document as it is. @param {string} path @returns {Promise<Blob>} */
export async function fetched(path) {
  return (await sent(path, {})).blob();
}

/** @param {string} path @param {string} body @returns {Promise<any>} */
export async function post(path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return (await sent(path, { method: "POST", body, headers })).json();
}

/**
 * The same, or null where there is no such thing.
 *
 * @param {string} path
 */
export async function getIfThere(path) {
  try {
    return await get(path);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** @param {string} path @param {RequestInit} asked @returns {Promise<Response>} */
async function sent(path, asked) {
  const headers = { ...asked.headers, ...credential.headers() };
  let reply;
  try {
    reply = await fetch(address(path), { ...asked, headers, redirect: "manual" });
  } catch {
    const detail = "No answer came. Is the service still running, and are you online?";
    throw new Problem(0, { title: "Out of reach", detail });
  }
  if (reply.type === "opaqueredirect") {
    const detail = "What stands before this service wants you to sign in again: reload the page.";
    throw new Problem(401, { title: "Signed out", detail });
  }
  if (reply.ok) return reply;
  throw new Problem(reply.status, await told(reply), reply.headers.get("WWW-Authenticate") ?? "");
}

/** @param {Response} reply */
async function told(reply) {
  try {
    const value = await reply.json();
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // not of the API's making: Cloud Run's own refusals are HTML
  }
  const detail = `The service answered with HTTP ${reply.status} and no reason.`;
  return { title: "Refused", detail };
}
