// The moments and minutes of a visit, by the rules of `portal/visits/rules.py`. Moments are microseconds since 1970 as
// BigInt: the server counts them, and a half second decides whether a minute is full.

const MINUTE = 60_000_000n;

export function micros(moment) {
  if (!moment) return null;
  const [, seconds, fraction = "", offset] = /^(.*?:\d\d:\d\d|.*?T\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(moment);
  return BigInt(Date.parse(seconds + (offset ?? "Z"))) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6) || 0);
}

export function minutes(time, kind) {
  let spent = 0n;
  for (const one of time) {
    if (one.kind !== kind || !one.ended_at) continue;
    const length = micros(one.ended_at) - micros(one.started_at);
    if (length > 0n) spent += length;
  }
  return Number((spent + MINUTE / 2n) / MINUTE);
}

export function times(facts) {
  const people = new Set([...facts.events.map((one) => one.person), ...facts.time.map((one) => one.person)]);
  const each = [...people].map((person) => timesOfOne(facts, person));
  const known = (name) => each.map((one) => one[name]).filter((moment) => moment !== null);
  return {
    departed_at: least(known("departed_at")),
    arrived_at: least(known("arrived_at")),
    work_started_at: least(known("work_started_at")),
    work_ended_at: most(known("work_ended_at")),
    left_at: most(known("left_at")),
  };
}

function timesOfOne(facts, person) {
  const pressed = {};
  for (const one of facts.events) if (one.person === person) pressed[one.kind] = micros(one.occurred_at);
  const own = facts.time.filter((one) => one.person === person);
  const [travel, work] = ["travel", "work"].map((kind) => own.filter((one) => one.kind === kind));
  const started = least(work.map((one) => micros(one.started_at))) ?? pressed.start ?? null;
  const left = pressed.finish ?? pressed.leaving ?? null;
  const ended = most(work.filter((one) => one.ended_at).map((one) => micros(one.ended_at))) ?? (started !== null ? left : null);
  const arrivals = travel
    .filter((one) => one.ended_at)
    .map((one) => micros(one.ended_at))
    .filter((moment) => started === null || moment / MINUTE <= started / MINUTE);
  return {
    departed_at: least(travel.map((one) => micros(one.started_at))) ?? pressed.departure ?? null,
    arrived_at: arrivals.length ? most(arrivals) : (pressed.arrival ?? null),
    work_started_at: started,
    work_ended_at: ended,
    left_at: left !== null && ended !== null && ended > left ? ended : left,
  };
}

function least(moments) {
  return moments.length ? moments.reduce((a, b) => (b < a ? b : a)) : null;
}

function most(moments) {
  return moments.length ? moments.reduce((a, b) => (b > a ? b : a)) : null;
}
