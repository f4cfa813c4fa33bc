// What the figures were during the last minutes.

/** Samples that are kept: five minutes at one every two seconds. */
export const LENGTH = 150;
/** Milliseconds between two samples. */
export const INTERVAL = 2000;

/** The figures of `stats.fetchn` over time. */
export class History {
  /** Samples, oldest first: `{time, values}` with the time in seconds. */
  samples = [];

  /** Adds figures that were read at a time in milliseconds. */
  add(values, milliseconds) {
    this.samples.push({ time: milliseconds / 1000, values });
    if (this.samples.length > LENGTH) this.samples.shift();
  }

  /** The latest figures; empty before the first. */
  get latest() {
    return this.samples.at(-1)?.values ?? {};
  }

  /** Points of a figure that goes up and down; `read` takes it out of a sample's values. */
  levels(read) {
    return this.samples.map(({ time, values }) => ({ time, value: read(values) }));
  }

  /**
   * Points of how fast a counter rises, per second.
   *
   * A counter that falls was set to zero, by a restart or by hand: that point is left out.
   */
  rates(read) {
    const points = [];
    for (let place = 1; place < this.samples.length; place += 1) {
      const [before, now] = [this.samples[place - 1], this.samples[place]];
      const rise = read(now.values) - read(before.values);
      const seconds = now.time - before.time;
      if (rise >= 0 && seconds > 0) points.push({ time: now.time, value: rise / seconds });
    }
    return points;
  }
}

/** The sum of all figures whose names fit a pattern. */
export function sum(values, pattern) {
  let total = 0;
  for (const [name, value] of Object.entries(values)) if (pattern.test(name)) total += value;
  return total;
}
