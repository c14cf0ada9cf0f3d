// Sends requests to the server that this page came from.

const keyName = "conveyor-api-key";

/** The API key, in this tab only; null: none was given. */
export const key = {
  get: () => sessionStorage.getItem(keyName),
  set: (text) => sessionStorage.setItem(keyName, text),
  forget: () => sessionStorage.removeItem(keyName),
};

/** The error for a request that the server refuses; its message is the server's. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Sends a request. Fails with `Refused` if the server refuses it, and with a TypeError if it does not reply. */
export async function send(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  const reply = await fetch(path, { ...options, headers, cache: "no-store" });
  if (reply.ok) return reply;
  let detail = `the server refused the request with ${reply.status}`;
  try {
    detail = (await reply.json()).detail ?? detail;
  } catch {
    // The reply has no problem details, so the status is shown.
  }
  throw new Refused(reply.status, detail);
}

export const get = async (path) => (await send(path)).json();

export const post = async (path, body) =>
  (await send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

/** Returns the path of a stage's resource. */
export const stagePath = (pipeline, stage, resource) =>
  `v1/pipelines/${encodeURIComponent(pipeline)}/stages/${encodeURIComponent(stage)}/${resource}`;

/** Returns the reason of an error in words. */
export const reason = (error) => (error instanceof Refused ? error.message : "the server does not reply");
