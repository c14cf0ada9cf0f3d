// Explains in words why a source is held.

import { get, reason } from "./api.js";
import { byId, el } from "./dom.js";
import { count, duration, percent, records, signal } from "./format.js";

const refreshMs = 2_000;

/** Opens the explanation, and keeps it up to date while it is open. */
export function openWhy(pipeline, source) {
  const dialog = byId("why");
  byId("why-title").textContent = `Why is source ${source} held?`;
  byId("why-text").replaceChildren(el("p", {}, "loading …"));
  if (!dialog.open) dialog.showModal();
  let isOpen = true;
  const load = async () => {
    let sentences;
    try {
      sentences = explain(await get(`v1/why/${encodeURIComponent(source)}?pipeline=${encodeURIComponent(pipeline)}`));
    } catch (error) {
      sentences = [`The reason cannot be shown: ${reason(error)}.`];
    }
    // A late reply must not be shown for the source opened after it.
    if (!isOpen) return;
    byId("why-text").replaceChildren(...sentences.map((sentence) => el("p", {}, sentence)));
  };
  load();
  const timer = setInterval(load, refreshMs);
  const end = () => {
    isOpen = false;
    clearInterval(timer);
  };
  dialog.addEventListener("close", end, { once: true });
}

/** Returns the sentences of an explanation. */
export function explain(why) {
  if (why.signal === "None" && why.reasons.length === 0) return [`Source ${why.source} is not held. It may send.`];
  const duty =
    why.signal === "Pause"
      ? "must pause"
      : why.signal === "SlowDown"
        ? `must ${signal("SlowDown", why.delaySeconds * 1000)} between its offers`
        : why.reasons.some(isBacklog)
          ? "may send, but not to every stage"
          : "may send, but is close to a limit";
  const sentences = [`Source ${why.source} ${duty}.`];
  for (const one of why.reasons) sentences.push(explainReason(one));
  if (why.reasons.length === 0) sentences.push("The limit that held the source has room again; the signal will change soon.");
  return sentences;
}

const isBacklog = (one) => one.limit.startsWith("backlog of ");

const explainReason = (one) => (one.byOperator ? explainHold(one) : isBacklog(one) ? explainBacklog(one) : explainLimit(one));

const explainBacklog = (backlog) =>
  `${count(backlog.used)} of its ${records(backlog.of)} are from before the start and still only in the store. Offers to their stages are refused until they are loaded, as consumers make room.`;

const explainHold = (hold) =>
  `An operator set a ${hold.limit}, ${duration(hold.sinceSeconds)} ago. It ends when an operator resumes it.`;

function explainLimit(limit) {
  const name = limit.limit === "manager" ? "The pipeline as a whole" : limit.limit[0].toUpperCase() + limit.limit.slice(1);
  const room =
    limit.ofBytes === null
      ? `${count(limit.used)} of ${records(limit.of)}`
      : `${count(limit.used)} of ${records(limit.of)} and ${count(limit.usedBytes)} of ${count(limit.ofBytes)} bytes`;
  let text = `${name} holds ${room} (${percent(limit.fill)}); it has been above its low watermark for ${duration(limit.sinceSeconds)}.`;
  text +=
    limit.owedRecords === null
      ? " No consumer has any of them: they wait for a consumer."
      : ` ${limit.owedBy === null ? "A consumer without a name" : `Consumer ${limit.owedBy}`} has had ${count(limit.owedRecords)} of them for ${duration(limit.owedSeconds)}.`;
  text +=
    limit.expectedInSeconds === null
      ? " Nothing is being settled now, so the end cannot be estimated."
      : ` At the rate of the last seconds this ends in about ${duration(limit.expectedInSeconds)}.`;
  return text;
}
