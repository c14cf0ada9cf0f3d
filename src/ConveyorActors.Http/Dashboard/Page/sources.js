// The sources: the signal of each, and the room it has left.

import { byId, el, keep, setText } from "./dom.js";
import { count, duration, rate, signal } from "./format.js";

const cells = [
  ["pending", (s) => `${count(s.pending)} of ${count(s.limit)}`],
  ["credits", (s) => count(s.credits)],
  ["rate", (s) => rate(s.acceptedPerSecond)],
  ["oldest", (s) => duration(s.oldestSeconds)],
];

export function showSources(rates, openWhy) {
  const shown = rates.topSources;
  setText(
    byId("sources-note"),
    rates.sources === 0
      ? "There are no sources."
      : shown.length < rates.sources
        ? `The ${count(shown.length)} of ${count(rates.sources)} sources that are held or hold the most.`
        : `${count(rates.sources)} ${rates.sources === 1 ? "source" : "sources"}, ${count(rates.held)} held.`,
  );
  keep(byId("sources"), shown, (s) => s.source, (s) => create(s, openWhy), (row, s) => {
    showSignal(row, s);
    for (const [id, show] of cells) setText(row.querySelector(`.${id}`), show(s));
  });
}

/** Applies a change of a signal, which comes between two events with numbers. */
export function changeSignal(change) {
  const row = [...byId("sources").children].find((r) => r.dataset.key === change.source);
  if (row) showSignal(row, change);
}

function create(source, openWhy) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, source.source),
    el("td", {}, el("span", { class: "signal" })),
    el("td", {}, el("button", { type: "button", class: "why", onclick: () => openWhy(source.source) })),
    ...cells.map(([id]) => el("td", { class: `number ${id}` })),
  );
}

function showSignal(row, source) {
  const badge = row.querySelector(".signal");
  badge.dataset.signal = source.signal;
  setText(badge, signal(source.signal, source.delayMs));
  const button = row.querySelector(".why");
  setText(button, "Why?");
  button.setAttribute(
    "aria-label",
    source.signal === "None" ? `Is source ${row.dataset.key} held?` : `Why is source ${row.dataset.key} held?`,
  );
}
