// The audit: offered = settled + lost by reason + pending at every level.

import { get, reason } from "./api.js";
import { byId, el } from "./dom.js";
import { count } from "./format.js";

const shownAtMost = 200;

const columns = [
  ["Offered", "offered"],
  ["Settled", "completed"],
  ["Refused", "refused"],
  ["Dropped", "dropped"],
  ["Expired", "expired"],
  ["Dead-lettered", "deadLettered"],
  ["Pending", "pending"],
];

/** Shows the current audit of a pipeline. */
export async function showAudit(pipeline) {
  const box = byId("audit");
  byId("audit-button").setAttribute("aria-expanded", "true");
  try {
    const audit = await get(`v1/audit?pipeline=${encodeURIComponent(pipeline)}`);
    // Levels that do not add up come first, so that they are among those shown.
    const levels = [...audit.levels].sort((a, b) => a.conserved - b.conserved);
    box.replaceChildren(
      el(
        "p",
        { class: "verdict", "data-conserved": audit.conserved },
        audit.conserved ? "✓ Everything adds up." : `✗ ${count(audit.levelsNotConserved)} levels do not add up.`,
      ),
      table(levels.slice(0, shownAtMost)),
      ...(levels.length > shownAtMost ? [el("p", { class: "note" }, `and ${count(levels.length - shownAtMost)} more levels`)] : []),
    );
  } catch (error) {
    box.replaceChildren(el("p", {}, `The audit failed: ${reason(error)}.`));
  }
}

function table(levels) {
  return el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "Level"),
        ...columns.map(([name]) => el("th", { scope: "col", class: "number" }, name)),
        el("th", { scope: "col" }, "Adds up"),
      ),
    ),
    el(
      "tbody",
      {},
      ...levels.map((level) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, level.level === "manager" ? "pipeline" : level.level),
          ...columns.map(([, id]) => el("td", { class: "number" }, count(level[id]))),
          el("td", { class: "verdict", "data-conserved": level.conserved }, level.conserved ? "✓ yes" : "✗ no"),
        ),
      ),
    ),
  );
}
