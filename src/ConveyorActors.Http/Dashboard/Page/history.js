// The data of the plots: the numbers of the last minutes, one sample a second.

export const spanSeconds = 300;

/** Seconds over which the rate of completion is averaged for the time in the pipeline. */
const averagedOver = 10;

export class History {
  samples = [];

  /** Adds the numbers of a `rates` event. */
  add(rates) {
    const at = Date.parse(rates.at) / 1000;
    const last = this.samples.at(-1);
    if (last && at <= last.at) return;
    this.samples.push({
      at,
      accepted: rates.acceptedPerSecond,
      completed: rates.completedPerSecond,
      refused: rates.refusedPerSecond,
      oldest: rates.oldestSeconds,
      inside: this.#timeInside(rates, at),
    });
    while (this.samples[0].at < at - spanSeconds) this.samples.shift();
  }

  /** Little's law: pending records divided by records completed per second; null if none are completed. */
  #timeInside(rates, at) {
    const recent = this.samples.filter((s) => s.at > at - averagedOver).map((s) => s.completed);
    recent.push(rates.completedPerSecond);
    const mean = recent.reduce((sum, one) => sum + one, 0) / recent.length;
    if (mean > 0) return rates.pending / mean;
    return rates.pending === 0 ? 0 : null;
  }
}
