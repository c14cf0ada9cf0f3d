// The whole pipeline: its totals, and the proof that every record is accounted for.

import { byId, el, keep, setText } from "./dom.js";
import { count, duration, percent, rate } from "./format.js";

export function showOverview(rates) {
  setText(byId("pipeline-name"), rates.pipeline + (rates.state === "Running" ? "" : ` (${rates.state.toLowerCase()})`));
  const totals = [
    ["pending", count(rates.pending), `${percent(rates.fill)} of ${count(rates.limit)}`],
    ["accepted per second", rate(rates.acceptedPerSecond), rates.refusedPerSecond > 0 ? `${rate(rates.refusedPerSecond)} refused` : "none refused"],
    ["completed per second", rate(rates.completedPerSecond), `${count(rates.inFlight)} in flight`],
    ["oldest waits", duration(rates.oldestSeconds), `mean wait ${duration(rates.meanWaitSeconds)}`],
    ["dead letters", count(rates.deadLetters), `${count(rates.leases)} open ${rates.leases === 1 ? "lease" : "leases"}`],
    ["sources held", count(rates.held), `of ${count(rates.sources)}`],
  ];
  keep(byId("totals"), totals, ([name]) => name, createTotal, (child, [, value, note]) => {
    setText(child.querySelector(".value"), value);
    setText(child.querySelector(".of"), note);
  });
  showConservation(rates);
}

const createTotal = ([name]) =>
  el("div", {}, el("dt", {}, name), el("dd", {}, el("span", { class: "value" }), el("span", { class: "of" })));

/** offered = settled + lost by reason + pending */
function showConservation(rates) {
  const box = byId("conservation");
  box.dataset.conserved = rates.conserved;
  const terms = [
    ["offered", rates.offered, ""],
    ["settled", rates.completed, "="],
    ["refused", rates.refused, "+"],
    ["dropped", rates.dropped, "+"],
    ["expired", rates.expired, "+"],
    ["dead-lettered", rates.deadLettered, "+"],
    ["pending", rates.pending, "+"],
    ["verdict", rates.conserved, ""],
  ];
  keep(
    box,
    terms.filter(([name, value]) => value !== 0 || ["offered", "settled", "pending"].includes(name)),
    ([name]) => name,
    ([name]) => el("span", { class: name === "verdict" ? "verdict" : "term" }),
    (child, [name, value, sign]) =>
      setText(
        child,
        name === "verdict"
          ? value
            ? "✓ every record is accounted for"
            : "✗ this does not add up: please report it"
          : `${sign} ${count(value)} ${name}`,
      ),
  );
}
