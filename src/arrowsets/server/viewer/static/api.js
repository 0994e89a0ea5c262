/** The server, as functions. Every answer is JSON; every failure is an `ApiError` with words for people. */

import { keep, kept } from "./memory.js";

const KEY = "arrowsets-token";

export class ApiError extends Error {
  constructor(status, message, hint = null, code = "") {
    super(message);
    this.status = status;
    this.hint = hint;
    this.code = code;
  }

  /** Whether there will be an answer later, without anybody doing anything. */
  get isEarly() {
    return this.code === "ResponseNotReady";
  }
}

/**
 * Take the token out of the address bar, where it would be copied with a link, and keep it for this tab. Where nothing can
 * be kept, in a frame of another site, it stays in the address, which nobody sees there and which is loaded anew.
 */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given && keep(KEY, given, "sessionStorage")) {
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
}

/** The parameters of a request: lists as JSON, nothing for what is empty. */
function query(params) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === false) continue;
    if (value === "" && name !== "column") continue; // a column may have no name
    if (Array.isArray(value)) {
      if (value.length > 0) search.set(name, JSON.stringify(value));
    } else search.set(name, value === true ? "1" : value);
  }
  return search.toString();
}

async function failure(answer) {
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // A proxy in between answers in its own way.
  }
  if (answer.status === 401) {
    return new ApiError(401, "This page needs its token", "Open the address that was printed when the viewer started.");
  }
  const code = answer.headers.get("X-Error-Code") ?? "";
  return new ApiError(answer.status, body.error ?? `The server answered ${answer.status}`, body.hint ?? null, code);
}

async function send(path, init = {}) {
  const token = kept(KEY, "sessionStorage");
  const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The viewer does not answer", "Is it still running in the terminal? Then try again.");
  }
  if (!answer.ok) throw await failure(answer);
  return answer;
}

async function get(path, params, signal) {
  return (await send(`api/x/${path}?${query(params)}`, { signal })).json();
}

function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return send(`api/x/${path}`, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** The API of a running server. `where` is always `{dataset, config, split}`. */
export const server = {
  dataset: () => get("dataset", {}),
  rows: (where, view, signal) => get("rows", { ...where, ...view }, signal),
  cell: (where, row, column, signal) => get("cell", { ...where, row, column }, signal),
  statistics: (where, columns, signal) => get("statistics", { ...where, columns }, signal),
  errors: (where) => get("errors", where),
  lineage: (where) => get("lineage", where),
  sql: async (where, text, limit, signal) => (await post("sql", { ...where, query: text, limit }, signal)).json(),
  sqlFile: async (where, text, format) =>
    (await post(`sql/download?format=${format}`, { ...where, query: text })).blob(),
};
