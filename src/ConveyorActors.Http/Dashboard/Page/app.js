// The dashboard: follows the event stream, and shows the chosen pipeline.

import { key } from "./api.js";
import { showAudit } from "./audit.js";
import { showBelt } from "./belt.js";
import { openDeadLetters, prepareDeadLetters } from "./dead-letters.js";
import { byId, el, keep, setText } from "./dom.js";
import { follow } from "./events.js";
import { duration, rate, seconds } from "./format.js";
import { History } from "./history.js";
import { showOverview } from "./overview.js";
import { Plot } from "./plot.js";
import { changeSignal, showSources } from "./sources.js";
import { openWhy } from "./why.js";

/** The state of each pipeline: its last `rates` event, and its history. */
const pipelines = new Map();
let chosen = null;
let mayChange = false;

const throughput = new Plot(
  byId("throughput"),
  "Records per second",
  [
    { name: "accepted", read: (s) => s.accepted },
    { name: "completed", read: (s) => s.completed },
    { name: "refused", read: (s) => s.refused },
  ],
  rate,
  rate,
);
const latency = new Plot(
  byId("latency"),
  "Latency",
  [
    { name: "time in the pipeline (pending ÷ completed per second)", read: (s) => s.inside },
    { name: "oldest record waits", read: (s) => s.oldest },
  ],
  duration,
  seconds,
);

const handlers = {
  state(data) {
    mayChange = !data.readOnly;
    byId("read-only").hidden = mayChange;
    // The browser sends no key with a link, and the metrics are data.
    byId("metrics-link").hidden = key.get() !== null;
    const names = data.pipelines.map((p) => p.pipeline);
    for (const gone of [...pipelines.keys()].filter((name) => !names.includes(name))) pipelines.delete(gone);
    showPipelines();
    byId("empty").hidden = names.length > 0;
  },
  rates(data) {
    const known = pipelines.get(data.pipeline) ?? { history: new History() };
    const isNew = !pipelines.has(data.pipeline);
    known.rates = data;
    known.history.add(data);
    pipelines.set(data.pipeline, known);
    if (isNew) showPipelines();
    if (data.pipeline === chosen) show();
  },
  signal(data) {
    if (data.pipeline === chosen) changeSignal(data);
  },
  unavailable(data) {
    connection("gone", `the buffers do not reply: ${data.reason}`);
  },
};

function showPipelines() {
  const names = [...pipelines.keys()].sort();
  if (!names.includes(chosen)) chosen = names[0] ?? null;
  byId("pipeline-choice").hidden = names.length < 2;
  byId("empty").hidden = names.length > 0;
  byId("content").hidden = chosen === null;
  keep(byId("pipeline"), names, (name) => name, (name) => el("option", { value: name }, name), () => {});
  if (chosen !== null) byId("pipeline").value = chosen;
}

function show() {
  const { rates, history } = pipelines.get(chosen);
  if (byId("connection").dataset.state !== "live") connection("live", "live");
  document.title = `${rates.pipeline} – conveyor`;
  showOverview(rates);
  showBelt(rates, (stage) => openDeadLetters(chosen, stage, mayChange));
  showSources(rates, (source) => openWhy(chosen, source));
  throughput.draw(history.samples);
  latency.draw(history.samples);
}

function connection(state, text) {
  byId("connection").dataset.state = state;
  setText(byId("connection"), text);
  document.body.classList.toggle("stale", state !== "live");
}

function start() {
  follow({
    event: (kind, data) => handlers[kind]?.(data),
    state(state, text) {
      connection(state, text);
      if (state === "locked") askForKey();
    },
  });
}

function askForKey() {
  setText(byId("key-wrong"), key.get() ? "This is not the server's key." : "");
  key.forget();
  byId("key").value = "";
  byId("key-dialog").showModal();
}

byId("key-form").addEventListener("submit", (e) => {
  e.preventDefault();
  key.set(byId("key").value.trim());
  byId("key-dialog").close();
  start();
});
// The dialog cannot be cancelled, because without the key the page has no data to show.
byId("key-dialog").addEventListener("cancel", (e) => e.preventDefault());
byId("pipeline").addEventListener("change", (e) => {
  chosen = e.target.value;
  byId("audit").replaceChildren();
  byId("audit-button").setAttribute("aria-expanded", "false");
  show();
});
byId("find-source").addEventListener("submit", (e) => {
  e.preventDefault();
  openWhy(chosen, byId("source-name").value);
});
byId("audit-button").addEventListener("click", () => showAudit(chosen));
setText(byId("example-address"), new URL(".", location.href).href);
prepareDeadLetters();
start();
