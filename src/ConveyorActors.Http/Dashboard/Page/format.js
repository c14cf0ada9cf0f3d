// Formats numbers, times and shares for people.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** 12,345 */
export const count = (number) => whole.format(number);

/** 12.3K: for rates and the axes of plots. */
export const rate = (number) => (number < 1000 ? whole.format(Math.round(number * 10) / 10) : short.format(number));

/** 95 %. A share is rounded down, so that 100 % means completely full; one that is not zero is never shown as 0 %. */
export const percent = (share) => (share > 0 && share < 0.01 ? "under 1 %" : `${Math.floor(share * 100 + 1e-9)} %`);

/** 350 ms, 4.2 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds) {
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const all = Math.round(seconds);
  if (all < 3600) return `${Math.floor(all / 60)} min${all % 60 ? ` ${all % 60} s` : ""}`;
  const minutes = Math.floor(all / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** 500 ms, 50 s, 20 min: short, for an axis. */
export function seconds(number) {
  if (number > 0 && number < 1) return `${Math.round(number * 1000)} ms`;
  return number < 1000 ? `${rate(number)} s` : `${rate(number / 60)} min`;
}

/** 1 record, 2 records */
export const records = (number) => `${count(number)} ${number === 1 ? "record" : "records"}`;

/** Returns the words for a signal. */
export function signal(kind, delayMs) {
  if (kind === "Pause") return "pause";
  if (kind === "SlowDown") return `slow down, ${duration(delayMs / 1000)}`;
  return "go on";
}
