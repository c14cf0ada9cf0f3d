// The stages, drawn as a belt: waiting records and records in flight, relative to the limit.

import { byId, el, keep, setText } from "./dom.js";
import { count, duration, percent, rate } from "./format.js";

export function showBelt(rates, openDeadLetters) {
  byId("belt").dataset.ordered = rates.ordered;
  keep(byId("belt"), rates.stages, (s) => s.stage, (s) => create(s, openDeadLetters), (card, s) => update(card, s, rates));
}

const facts = [
  ["in", "per second in", (s) => rate(s.acceptedPerSecond)],
  ["out", "per second out", (s) => rate(s.completedPerSecond)],
  ["flight", "in flight", (s) => count(s.inFlight)],
  ["leases", "leases", (s) => count(s.leases)],
  ["oldest", "oldest waits", (s) => duration(s.oldestSeconds)],
  ["granted", "promised by credits", (s) => count(s.granted)],
];

function create(stage, openDeadLetters) {
  return el(
    "li",
    { class: "stage" },
    el("h3", {}, stage.stage),
    el(
      "div",
      { class: "bar", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `fill of stage ${stage.stage}` },
      el("div", { class: "buffered" }),
      el("div", { class: "in-flight" }),
      el("div", { class: "threshold" }),
    ),
    el("p", { class: "fill" }),
    el("dl", {}, ...facts.map(([id, name]) => el("div", { class: id }, el("dt", {}, name), el("dd")))),
    el("button", { type: "button", class: "dead-letters", onclick: () => openDeadLetters(stage.stage) }),
  );
}

function update(card, stage, rates) {
  const bar = card.querySelector(".bar");
  const used = stage.buffered + stage.inFlight + stage.granted;
  // Bytes may fill a stage before its records do, so the parts of the records are scaled to the fill.
  const share = (part) => `${Math.min(1, used > 0 ? (part / used) * stage.fill : 0) * 100}%`;
  card.querySelector(".buffered").style.width = share(stage.buffered + stage.granted);
  card.querySelector(".in-flight").style.width = share(stage.inFlight);
  const threshold = card.querySelector(".threshold");
  threshold.hidden = rates.threshold === null;
  threshold.style.left = `${(rates.threshold ?? 0) * 100}%`;
  card.dataset.level = rates.threshold !== null && stage.fill >= rates.threshold ? "full" : stage.fill > (rates.lowWatermark ?? 1) ? "high" : "low";
  const text = `${count(stage.buffered + stage.inFlight + stage.granted)} of ${count(stage.limit)} records, ${percent(stage.fill)} full`;
  bar.setAttribute("aria-valuenow", Math.round(Math.min(1, stage.fill) * 100));
  bar.setAttribute("aria-valuetext", text);
  setText(card.querySelector(".fill"), text);
  for (const [id, , show] of facts) setText(card.querySelector(`.${id} dd`), show(stage));
  const letters = card.querySelector("button.dead-letters");
  letters.hidden = stage.deadLetters === 0;
  setText(letters, `${count(stage.deadLetters)} ${stage.deadLetters === 1 ? "dead letter" : "dead letters"}`);
}
