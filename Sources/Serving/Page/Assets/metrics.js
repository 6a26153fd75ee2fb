// SPDX-License-Identifier: Apache-2.0
/** Prometheus' text format, and what two scrapes tell of the time between them. */

export const WINDOW_MILLISECONDS = 600_000;

/** The samples of the metrics named, as `{name, labels, value}`. */
export function* samples(text, names) {
  for (const line of text.split("\n")) {
    const end = line.search(/[{ ]/);
    const name = line.slice(0, end);
    if (!names.has(name)) continue;
    const labels = {};
    let rest = line.slice(end);
    if (rest[0] === "{") {
      const pair = /[{,]([^=]+)="((?:[^"\\]|\\.)*)"/y;
      let last = 0;
      for (let found; (found = pair.exec(rest)); last = pair.lastIndex) {
        labels[found[1]] = found[2].replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
      }
      rest = rest.slice(last + 1);
    }
    yield { name, labels, value: number(rest.trim().split(" ")[0]) };
  }
}

function number(text) {
  return text.endsWith("Inf") ? (text[0] === "-" ? -Infinity : Infinity) : Number(text);
}

/**
 * The value below which a share of the observations lies, by linear interpolation in its bucket, as
 * Prometheus' histogram_quantile has it.
 *
 * @param buckets `[upper bound, cumulative count]`, ascending, the last of them infinite.
 */
export function quantile(share, buckets) {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return NaN;
  const rank = share * total;
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [low, below] = index > 0 ? buckets[index - 1] : [0, 0];
  const [high, count] = buckets[index];
  if (high === Infinity) return low;
  return low + ((high - low) * (rank - below)) / (count - below);
}

const NAMES = new Set([
  "http_requests_total", "http_request_duration_seconds_bucket", "requests_shed_total",
  "work_in_flight_seconds", "work_in_flight_limit_seconds", "model_predictions_total",
  "process_start_time_seconds",
]);

/** What one scrape says of the predictions of the whole server. */
function snapshot(text, at) {
  const now = { at, answered: 0, mistaken: 0, failed: 0, buckets: new Map(), models: {} };
  for (const { name, labels, value } of samples(text, NAMES)) {
    const isPrediction = labels.route?.endsWith("/predict");
    if (name === "http_requests_total" && isPrediction) {
      const kind = { 2: "answered", 5: "failed" }[labels.code[0]] ?? "mistaken";
      now[kind] += value;
    } else if (name === "http_request_duration_seconds_bucket" && isPrediction) {
      const bound = number(labels.le);
      now.buckets.set(bound, (now.buckets.get(bound) ?? 0) + value);
    } else if (name === "model_predictions_total") {
      now.models[labels.model] = (now.models[labels.model] ?? 0) + value;
    } else if (!("route" in labels)) {
      now[name] = (now[name] ?? 0) + value;
    }
  }
  return now;
}

/** The last ten minutes, a point for each two scrapes in a row. Nothing outlives the tab. */
export class Recent {
  points = [];
  #last;

  add(text, at) {
    const now = snapshot(text, at);
    const last = this.#last;
    this.#last = now;
    // Counters of another process began anew, and a clock may have been set back.
    if (last?.process_start_time_seconds === now.process_start_time_seconds && at > last.at) {
      this.points.push(between(last, now));
    }
    this.points = this.points.filter((point) => point.at > at - WINDOW_MILLISECONDS);
  }

  /** The newest value, if there is one. */
  latest(name) {
    return this.points.at(-1)?.[name];
  }
}

function between(last, now) {
  const seconds = (now.at - last.at) / 1000;
  const rate = (name) => ((now[name] ?? 0) - (last[name] ?? 0)) / seconds;
  const buckets = [...now.buckets]
    .map(([bound, count]) => [bound, count - (last.buckets.get(bound) ?? 0)])
    .sort(([a], [b]) => a - b);
  const models = Object.entries(now.models)
    .map(([name, count]) => [name, (count - (last.models[name] ?? 0)) / seconds]);
  return {
    at: now.at,
    answered: rate("answered"),
    mistaken: rate("mistaken"),
    failed: rate("failed"),
    shed: rate("requests_shed_total"),
    median: quantile(0.5, buckets),
    p95: quantile(0.95, buckets),
    p99: quantile(0.99, buckets),
    work: now.work_in_flight_seconds,
    workLimit: now.work_in_flight_limit_seconds,
    models: Object.fromEntries(models),
  };
}
