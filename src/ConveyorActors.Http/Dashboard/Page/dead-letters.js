// Lists, replays and purges the dead letters of a stage.

import { get, post, reason, stagePath } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { count, duration } from "./format.js";

const shownAtMost = 100;

let open = null;

/** Opens the list of a stage. `mayChange` is whether the server allows replaying and purging. */
export async function openDeadLetters(pipeline, stage, mayChange) {
  open = { pipeline, stage };
  byId("dead-letters-title").textContent = `Dead letters of stage ${stage}`;
  byId("replay").hidden = byId("purge").hidden = !mayChange;
  disarm();
  say("loading …");
  byId("dead-letters-list").replaceChildren();
  if (!byId("dead-letters").open) byId("dead-letters").showModal();
  await load();
}

/** Adds the listeners of the buttons. Called once. */
export function prepareDeadLetters() {
  byId("replay").addEventListener("click", () => change("replay"));
  byId("purge").addEventListener("click", () => {
    // Purged records cannot be restored, so a second press is required.
    if (byId("purge").dataset.armed) return change("purge");
    byId("purge").dataset.armed = "true";
    setText(byId("purge"), "Purge them for good?");
  });
  byId("dead-letters").addEventListener("close", disarm);
}

function disarm() {
  delete byId("purge").dataset.armed;
  setText(byId("purge"), "Purge all");
}

async function load(done = "") {
  const asked = open;
  try {
    const { deadLetters } = await get(stagePath(open.pipeline, open.stage, `dead-letters?max=${shownAtMost}`));
    // A late reply must not be shown for the stage opened after it.
    if (asked !== open) return;
    byId("dead-letters-list").replaceChildren(...(deadLetters.length > 0 ? [table(deadLetters)] : []));
    const none = deadLetters.length === 0;
    byId("replay").disabled = byId("purge").disabled = none;
    const listed = none
      ? "There are no dead letters."
      : deadLetters.length < shownAtMost
        ? "Oldest first."
        : `The oldest ${shownAtMost}.`;
    say(`${done}${listed}`);
  } catch (error) {
    say(`The dead letters cannot be shown: ${reason(error)}.`);
  }
}

async function change(action) {
  disarm();
  try {
    const reply = await post(stagePath(open.pipeline, open.stage, "dead-letters"), { action });
    const done = action === "replay" ? `${count(reply.replayed)} replayed.` : `${count(reply.purged)} purged.`;
    await load(`${done} ${reply.left > 0 ? `${count(reply.left)} are left because there is no room for them. ` : ""}`);
  } catch (error) {
    say(`The action failed: ${reason(error)}.`);
  }
}

const say = (text) => setText(byId("dead-letters-note"), text);

function table(letters) {
  return el(
    "table",
    {},
    el(
      "thead",
      {},
      el("tr", {}, ...["When", "Source", "Reason", "Error", "Record"].map((name) => el("th", { scope: "col" }, name))),
    ),
    el("tbody", {}, ...letters.map(row)),
  );
}

function row(letter) {
  const age = Math.max(0, (Date.now() - Date.parse(letter.at)) / 1000);
  return el(
    "tr",
    {},
    el("td", {}, el("time", { datetime: letter.at, title: letter.at }, `${duration(Math.round(age))} ago`)),
    el("td", {}, letter.source),
    el("td", {}, letter.retries > 0 ? `${letter.reason}, ${letter.retries} retries` : letter.reason),
    el("td", {}, letter.error ?? ""),
    el("td", {}, el("code", {}, shorten(letter.text ?? `${letter.base64} (base64)`))),
  );
}

const shorten = (text) => (text.length > 500 ? `${text.slice(0, 500)} …` : text);
