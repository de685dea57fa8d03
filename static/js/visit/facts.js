// A visit's facts once the entries that wait in the phone are counted in, by the rules of the server: those of
// portal/visits/rules.py, of its operations and of its forms. An entry that the server would refuse changes nothing
// and stands in `doubts` with the reason. Nothing here knows a page.

const VERBS = {
  assigned: ["departure", ["arrival"]],
  en_route: ["arrival", []],
  on_site: ["start", ["finish"]],
  working: ["finish", ["pause"]],
  paused: ["start", ["finish"]],
  finished: ["handover", ["start"]],
  returned: ["handover", []],
};
const MEMBER_VERBS = {
  assigned: ["departure", ["arrival"]],
  en_route: ["arrival", ["leaving"]],
  on_site: ["start", ["leaving"]],
  working: ["leaving", ["pause"]],
  paused: ["start", ["leaving"]],
  finished: [null, ["start"]],
};
const UNDER_WAY = ["assigned", "en_route", "on_site", "working", "paused", "finished"];
const ENDED = ["finished", "signed", "unsigned", "approved", "returned"];
const NEXT = { assigned: ["en_route", "on_site"], en_route: ["on_site"], on_site: ["working", "finished"], working: ["paused", "finished"], paused: ["working", "finished"], finished: ["working"] };
const STEPS = { departure: ["en_route", "travel"], arrival: ["on_site"], start: ["working", "work"], pause: ["paused", "wait"], finish: ["finished"], leaving: ["finished"] };
const OUTCOMES = ["fixed", "temporary_fix", "awaiting_parts", "taken_to_workshop", "no_fault_found", "not_repairable", "customer_declined", "no_access"];
const NO_WORK = ["no_access", "customer_declined"];
const CAUSES = ["parts", "customer", "transport", "force_majeure", "break"];
const TIME_KINDS = ["travel", "work", "wait", "break"];
const OLD_PARTS = ["returned", "handed_over", "waived", "not_recoverable", "none"];
const LABELS = ["before", "after", "nameplate", "damage", "meter", "other"];
const UNITS = { voltage: "V", current: "A", resistance: "Ω", insulation: "MΩ", belt_tension: "N", speed: "km/h", temperature: "°C", other: "" };
const CODES = ["symptom", "component", "cause", "remedy"];
const MINUTE = 60000;
const DAY = 24 * 60 * MINUTE;

class Doubt extends Error {}
const refuse = (key) => {
  throw new Doubt(key);
};

// `entries`: those of the outbox in the order in which they are sent, also of other visits, where the same clock runs.
export function factsAfter(base, entries) {
  let facts = { ...base, elsewhere: base.elsewhere || [], doubts: base.doubts || [] };
  for (const entry of entries) {
    const draft = copy(facts);
    try {
      apply(draft, entry);
      facts = draft;
    } catch (error) {
      if (!(error instanceof Doubt)) throw error;
      if (entry.visit === facts.visit.id) facts = { ...facts, doubts: [...facts.doubts, { entry: entry.id, doubt: error.message }] };
    }
  }
  return facts;
}

// The catalogue is large: of it only the van's counts change, and those in a copy of their own.
function copy({ catalogue, ...facts }) {
  return { ...structuredClone(facts), catalogue };
}

function apply(facts, entry) {
  const fields = Object.create(null);
  for (const [name, value] of entry.fields || []) fields[name] ??= value;
  const [noun, id, verb] = (entry.action || "").split("/");
  if (entry.visit !== facts.visit.id) return noun === "part-uses" ? moveElsewhere(facts, entry, id, fields) : moveClock(facts, entry, fields);
  if (Object.hasOwn(STEPS, noun)) return press(facts, entry, noun, fields);
  if (noun === "findings") return saveFinding(facts, entry, fields);
  if (noun === "part-uses") return verb === "reversal" ? reversePart(facts, id, fields) : logPart(facts, entry, fields);
  if (noun === "no-parts") return sayNoParts(facts, entry, fields);
  if (noun === "time-entries") return verb === "removal" ? dropTime(facts, entry, id, fields) : logTime(facts, entry, fields);
  if (noun === "photos") return verb === "removal" ? take(facts, "photos", id) : addPhoto(facts, entry, fields);
  if (noun === "readings") return verb === "removal" ? take(facts, "readings", id, "findings") : addReading(facts, entry, fields);
  if (noun === "clocks") return stopClock(facts, entry, id);
  if (noun === "signature") return close(facts, "signed");
  if (noun === "handover" && fields.absence) return close(facts, "unsigned");
}

// Buttons and the clock ---------------------------------------------------------------------------------------------

function press(facts, entry, kind, fields) {
  const { visit } = facts;
  let [state, opens] = STEPS[kind];
  const cause = kind === "pause" ? chosen(fields.cause, CAUSES) || refuse("form") : null;
  if (cause === "break") opens = "break";
  const moment = when(facts, entry, fields);
  if ((kind === "finish") !== visit.leads && (kind === "finish" || kind === "leaving")) refuse("lead");
  goOn(visit, state);
  const running = runningClock(facts);
  if (opens) freeTheClock(facts, running, moment);
  facts.events.push({ kind, cause, ...author(facts), occurred_at: iso(moment), waiting: entry.id });
  if (running) running.ended_at = iso(Math.max(at(running.started_at), moment));
  if (!opens) return;
  const begin = running ? Math.max(at(running.ended_at), moment) : moment;
  addTime(facts, entry, { kind: opens, cause: opens === "wait" ? cause : null, started_at: iso(begin), ended_at: null });
}

function goOn(visit, state) {
  if (!visit.leads && !UNDER_WAY.includes(visit.state)) refuse("state");
  const own = visit.leads ? visit.state : visit.own_state;
  if (own === state) refuse("done");
  const leaves = !visit.leads && own === "en_route" && state === "finished";
  if (!leaves && !NEXT[own]?.includes(state)) refuse("state");
  setState(visit, state);
}

function setState(visit, state) {
  visit.own_state = state;
  if (visit.leads) visit.state = state;
}

const mine = (facts) => facts.time.filter((one) => one.person === facts.person.id);
const runningClock = (facts) => mine(facts).find((one) => !one.ended_at);

// A second clock of travel or work is refused. Waiting and breaks end where something else begins.
function freeTheClock(facts, running, moment) {
  for (const one of [...mine(facts), ...facts.elsewhere]) {
    if (one === running || (one.ended_at && at(one.ended_at) <= moment)) continue;
    const ends = one.left_behind || one.kind === "wait" || one.kind === "break";
    if (!one.ended_at && ends) one.ended_at = iso(Math.max(at(one.started_at), moment));
    else if (!one.ended_at || minute(at(one.started_at)) <= moment) refuse("clock");
  }
}

// A button that waits for another visit moves the same person's clock. Whether it may be pressed there is not asked here.
function moveClock(facts, entry, fields) {
  if (!Object.hasOwn(STEPS, entry.action)) return;
  const opens = fields.cause === "break" ? "break" : STEPS[entry.action][1];
  const moment = when(facts, entry, fields);
  const there = facts.elsewhere.find((one) => one.visit === entry.visit && !one.ended_at);
  if (opens) freeTheClock(facts, there, moment);
  if (there) there.ended_at = iso(Math.max(at(there.started_at), moment));
  if (opens) facts.elsewhere.push({ visit: entry.visit, kind: opens, started_at: iso(moment), ended_at: null });
}

function stopClock(facts, entry, owner) {
  if (!facts.visit.leads || facts.visit.state !== "finished") refuse("state");
  const running = facts.time.find((one) => one.person === owner && !one.ended_at) || refuse("gone");
  running.ended_at = iso(Math.max(at(running.started_at), at(entry.created_at)));
  running.stopped = true;
}

// Signed, or ended without a signature: nothing changes any more.
function close(facts, state) {
  if (!facts.visit.leads || !["finished", "returned"].includes(facts.visit.state)) refuse("state");
  Object.assign(facts.visit, { state, own_state: state, to_mend: [] });
}

// Time --------------------------------------------------------------------------------------------------------------

function logTime(facts, entry, fields) {
  const kind = chosen(fields.kind, TIME_KINDS) || refuse("form");
  const [start, end] = [readMoment(facts, fields.started_at), readMoment(facts, fields.ended_at)];
  const cause = chosen(fields.cause, CAUSES.slice(0, -1));
  const reason = line(fields.reason, 300);
  const now = at(entry.created_at);
  mayChange(facts, "time");
  const old = fields.replaces ? ownTime(facts, fields.replaces) : null;
  if (end <= start || end > now + 10 * MINUTE || end - start > DAY) refuse("form");
  if (kind === "wait" && !cause) refuse("form");
  if (!reason && (old || now - end > 5 * MINUTE)) refuse("form");
  for (const one of [...mine(facts), ...facts.elsewhere]) {
    const begins = at(one.started_at);
    const ends = one.ended_at ? at(one.ended_at) : Math.max(now, begins);
    if (one !== old && minute(start) < minute(ends) && minute(begins) < minute(end)) refuse("clock");
  }
  if (old) replace(facts, entry, old, end);
  addTime(facts, entry, { kind, cause: kind === "wait" ? cause : null, started_at: iso(start), ended_at: iso(end), reason });
}

function dropTime(facts, entry, id, fields) {
  line(fields.reason, 300) || refuse("form");
  mayChange(facts, "time");
  const old = ownTime(facts, id);
  replace(facts, entry, old, Math.max(at(old.started_at), at(entry.created_at)));
}

function ownTime(facts, id) {
  return mine(facts).find((one) => one.id === id.toLowerCase() && !one.waiting) || refuse("gone");
}

// A clock that is corrected while it runs stops, and work that it counted is paused from then on.
function replace(facts, entry, old, end) {
  facts.time = facts.time.filter((one) => one !== old);
  if (old.ended_at || old.kind !== "work" || facts.visit.own_state !== "working") return;
  setState(facts.visit, "paused");
  facts.events.push({ kind: "pause", cause: null, ...author(facts), occurred_at: iso(end), waiting: entry.id });
}

function addTime(facts, entry, row) {
  facts.time.push({ id: entry.id, ...author(facts), reason: "", stopped: false, ...row, waiting: entry.id });
  facts.time.sort((one, other) => at(one.started_at) - at(other.started_at));
}

// Findings ----------------------------------------------------------------------------------------------------------

function saveFinding(facts, entry, fields) {
  const last = facts.finding;
  const codes = Object.fromEntries(CODES.map((name) => [name, chosen(fields[name], Object.keys(facts.catalogue.codes[name]))]));
  let outstanding = line(fields.outstanding, 1000);
  if (outstanding.toLowerCase() === "none") outstanding = "none";
  if (ticked(fields.nothing_left) && (outstanding ||= "none") !== "none") refuse("form"); // both answers at once
  const found = {
    ...codes,
    outcome: chosen(fields.outcome, OUTCOMES),
    error_code: line(fields.error_code, 20).toUpperCase(),
    note: line(fields.note, 4000),
    test_result: line(fields.test_result, 1000),
    outstanding,
    internal_note: line(fields.internal_note, 4000),
    stop_reason: line(fields.stop_reason, 1000),
    plate_unreadable: ticked(fields.plate_unreadable),
    do_not_use: ticked(fields.do_not_use),
    use_again: ticked(fields.use_again),
    version: (last?.version || 0) + 1,
    waiting: entry.id,
  };
  when(facts, entry, fields);
  mayChange(facts, "findings");
  if (/^\d{1,9}$/.test(fields.version || "") && Number(fields.version) !== found.version - 1) refuse("version");
  settleUse(facts, last, found);
  facts.finding = found;
}

// Once said, a stop stays said until a test shows that the unit may be used again.
function settleUse(facts, last, found) {
  if (found.use_again && (found.do_not_use || !found.test_result)) refuse("form");
  if (last?.do_not_use && !found.use_again && !found.do_not_use && facts.visit.stopped) {
    found.do_not_use = true;
    found.stop_reason ||= last.stop_reason;
  }
  found.stop_reason = found.do_not_use ? found.stop_reason || found.note || refuse("form") : "";
  if (found.do_not_use) facts.visit.stopped = true;
  if (found.use_again) facts.visit.stopped = false;
}

// Parts, photos, readings -------------------------------------------------------------------------------------------

function logPart(facts, entry, fields) {
  const { items } = facts.catalogue;
  const typed = line(fields.item, 40) || refuse("form");
  const code = Object.hasOwn(items, typed) ? typed : Object.keys(items).find((one) => one.toUpperCase() === typed.toUpperCase());
  const quantity = decimal(fields.quantity, 3, 0.001, 99999);
  const [newSerial, oldSerial] = [line(fields.new_serial, 80), line(fields.old_serial, 80)];
  const fate = chosen(fields.old_part, OLD_PARTS);
  const occurred = when(facts, entry, fields);
  mayChange(facts, "parts");
  const item = items[code];
  if (item?.serial_tracked && (!newSerial || quantity !== "1")) refuse("form");
  if (item?.counted && quantity.includes(".")) refuse("form");
  // Only the van's and the usual parts are known here; any other number is taken as it was typed.
  if (!item) facts.doubts.push({ entry: entry.id, doubt: "part" });
  facts.parts.push({
    id: entry.id,
    item: code || typed,
    quantity,
    new_serial: newSerial,
    old_serial: oldSerial,
    old_part: fate || item?.old_part || "none",
    person: facts.person.id,
    occurred_at: iso(occurred),
    waiting: entry.id,
  });
  facts.no_parts = false;
  moveStock(facts, code, -Number(quantity));
}

function reversePart(facts, id, fields) {
  line(fields.reason, 300) || refuse("form");
  const use = take(facts, "parts", id);
  if (use.person === facts.person.id) moveStock(facts, use.item, Number(use.quantity));
}

// What waits to be used at another visit is no longer in the van. Whether it may be used there is not asked here.
function moveElsewhere(facts, entry, reversed, fields) {
  const used = (facts.used_elsewhere ??= {});
  const [code, quantity] = reversed ? (used[reversed] ?? []) : [fields.item, Number(fields.quantity)];
  if (!(quantity > 0) || !Object.hasOwn(facts.catalogue.items, code)) return;
  if (reversed) delete used[reversed];
  else used[entry.id] = [code, quantity];
  moveStock(facts, code, reversed ? quantity : -quantity);
}

function moveStock(facts, code, by) {
  const { catalogue } = facts;
  const item = catalogue.items[code];
  if (!item) return;
  const in_van = String(Math.round((Number(item.in_van) + by) * 1000) / 1000);
  facts.catalogue = { ...catalogue, items: { ...catalogue.items, [code]: { ...item, in_van } } };
}

function sayNoParts(facts, entry, fields) {
  const moment = when(facts, entry, fields);
  mayChange(facts, "parts");
  if (facts.parts.length) refuse("parts");
  if (facts.no_parts) refuse("done");
  facts.no_parts = true;
  facts.events.push({ kind: "no_parts", cause: null, ...author(facts), occurred_at: iso(moment), waiting: entry.id });
}

function addPhoto(facts, entry, fields) {
  const label = chosen(fields.label, LABELS) || "other";
  const [, , , digest] = (entry.files || []).find(([name]) => name === "photo") || refuse("form");
  const occurred = when(facts, entry, fields);
  mayChange(facts, "photos");
  facts.photos.push({ id: entry.id, label, digest, occurred_at: iso(occurred), waiting: entry.id });
}

function addReading(facts, entry, fields) {
  const quantity = chosen(fields.quantity, Object.keys(UNITS)) || refuse("form");
  const value = decimal(fields.value, 6, -999999, 999999999);
  const unit = line(fields.unit, 10) || UNITS[quantity] || refuse("form");
  const point = line(fields.point, 80);
  const number = chosen(fields.instrument, Object.keys(facts.catalogue.tools));
  const occurred = when(facts, entry, fields);
  mayChange(facts, "findings");
  const instrument = number ? asUsed(number, facts.catalogue.tools[number], siteTime(occurred, facts.visit.zone).slice(0, 10)) : null;
  facts.readings.push({ id: entry.id, quantity, value, unit, point, instrument, occurred_at: iso(occurred), waiting: entry.id });
}

// The instrument with what its calibration was on that day, by the certificate that held then.
function asUsed(number, tool, day) {
  const { name, interval_months } = tool;
  const held = [tool, ...(tool.earlier || [])].find((one) => !(one.calibrated_on > day));
  const { certificate_no = null, valid_until = null, result } = held || {};
  const soon = new Date(Date.parse(day) + 30 * DAY).toISOString().slice(0, 10);
  const over = !valid_until || result === "failed" || valid_until < day;
  const calibration = !interval_months ? "none" : over ? "overdue" : valid_until <= soon ? "due_soon" : "valid";
  return { number, name, certificate_no, valid_until, calibration };
}

// Takes a row that the server knows out of the list, and gives it back.
function take(facts, list, id, row = list) {
  mayChange(facts, row);
  const found = facts[list].find((one) => one.id === id && !one.waiting) || refuse("gone");
  facts[list] = facts[list].filter((one) => one !== found);
  return found;
}

function mayChange({ visit }, row) {
  if (!isOpen(visit, row)) refuse("closed");
}

const isOpen = ({ state, to_mend }, row) => UNDER_WAY.includes(state) || (state === "returned" && to_mend.includes(row));

const author = (facts) => ({ person: facts.person.id, person_name: facts.person.name });

// What may be done, and what is missing -----------------------------------------------------------------------------

// The one next step, and what may be done instead.
export function verbsOf({ visit }) {
  const none = [null, []];
  if (visit.leads) return VERBS[visit.state] || none;
  return UNDER_WAY.includes(visit.state) ? MEMBER_VERBS[visit.own_state] : none;
}

// Why the server would refuse this button now, or null.
export function whyNot(facts, verb, now = new Date()) {
  if (!Object.hasOwn(STEPS, verb)) return null;
  const entry = { id: "?", visit: facts.visit.id, action: verb, fields: [["cause", "parts"]], created_at: now.toISOString() };
  return factsAfter({ ...facts, doubts: [] }, [entry]).doubts[0]?.doubt || null;
}

export function gapsOf(facts) {
  return [...gapsInFindings(facts), ...gapsInParts(facts), ...gapsInTime(facts), ...gapsInPhotos(facts)];
}

function gapsInFindings({ finding, parts, visit, catalogue }) {
  if (!finding) return ["findings.none"];
  const worked = !NO_WORK.includes(finding.outcome);
  const wanted = visit.work_type === "repair" && worked ? CODES : parts.length ? ["component"] : [];
  // Facts that were kept before lists could be empty do not say which are.
  const choosable = isOpen(visit, "findings") ? catalogue.choosable ?? CODES : [];
  const missing = wanted.filter((name) => choosable.includes(name) && !finding[name]);
  if (!finding.outcome) missing.push("outcome");
  if (!finding.test_result && worked) missing.push("test_result");
  if (!finding.outstanding) missing.push("outstanding");
  return missing.map((name) => `findings.${name}`);
}

function gapsInParts({ finding, parts, no_parts }) {
  return parts.length || no_parts || NO_WORK.includes(finding?.outcome) ? [] : ["parts.none"];
}

function gapsInTime(facts) {
  const missing = [];
  const ended = ENDED.includes(facts.visit.state);
  const each = timesOfEach(facts);
  const times = teamTimes(each);
  if (times.arrived_at === null) missing.push("time.arrival");
  if (times.work_started_at === null && !NO_WORK.includes(facts.finding?.outcome)) missing.push("time.work");
  if (!ended) missing.push("time.finish");
  else if (![times, ...each].every(inOrder)) missing.push("time.order");
  if (ended && facts.time.some((one) => !one.ended_at)) missing.push("time.running");
  return missing;
}

function gapsInPhotos({ finding, parts, photos }) {
  const missing = [];
  if (finding?.outcome === "customer_declined" && !photos.length) missing.push("photos.declined");
  if (finding?.plate_unreadable && !photos.some((one) => one.label === "nameplate")) missing.push("photos.nameplate");
  if (parts.some((use) => use.old_part === "not_recoverable") && !photos.length) missing.push("photos.old_part");
  return missing;
}

// Times and minutes -------------------------------------------------------------------------------------------------

// The visit's moments, ISO 8601 in UTC or null: it begins with the first person and ends with the last.
export function timesOf(facts) {
  const times = teamTimes(timesOfEach(facts));
  return Object.fromEntries(Object.entries(times).map(([name, moment]) => [name, moment === null ? null : iso(moment)]));
}

// Whole minutes of one kind, halves rounded up; an open stretch counts up to `until`, or not at all.
export function minutesOf(facts, kind, until = null) {
  let spent = 0;
  for (const one of facts.time) {
    const end = one.ended_at ? at(one.ended_at) : until === null ? null : at(until);
    if (one.kind === kind && end !== null) spent += Math.max(end - at(one.started_at), 0);
  }
  return Math.floor((spent / 1000 + 30) / 60);
}

function timesOfEach(facts) {
  const people = new Set([...facts.events, ...facts.time].map((one) => one.person));
  return [...people].map((person) =>
    personTimes(facts.events.filter((one) => one.person === person), facts.time.filter((one) => one.person === person)),
  );
}

function personTimes(events, stretches) {
  const pressed = Object.fromEntries(events.map((one) => [one.kind, at(one.occurred_at)]));
  const of = (kind, edge) => stretches.filter((one) => one.kind === kind && one[edge]).map((one) => at(one[edge]));
  const started = least(of("work", "started_at")) ?? pressed.start ?? null;
  const left = pressed.finish ?? pressed.leaving ?? null;
  const ended = most(of("work", "ended_at")) ?? (started === null ? null : left);
  const arrivals = of("travel", "ended_at").filter((one) => started === null || minute(one) <= minute(started));
  return {
    departed_at: least(of("travel", "started_at")) ?? pressed.departure ?? null,
    arrived_at: most(arrivals) ?? pressed.arrival ?? null,
    work_started_at: started,
    work_ended_at: ended,
    left_at: left !== null && ended !== null ? Math.max(left, ended) : left,
  };
}

function teamTimes(each) {
  const known = (name) => each.map((times) => times[name]).filter((moment) => moment !== null);
  return {
    departed_at: least(known("departed_at")),
    arrived_at: least(known("arrived_at")),
    work_started_at: least(known("work_started_at")),
    work_ended_at: most(known("work_ended_at")),
    left_at: most(known("left_at")),
  };
}

function inOrder({ arrived_at, work_started_at, work_ended_at }) {
  const known = [arrived_at, work_started_at, work_ended_at].filter((moment) => moment !== null).map(minute);
  return known.every((moment, n) => !n || known[n - 1] <= moment);
}

const least = (moments) => (moments.length ? Math.min(...moments) : null);
const most = (moments) => (moments.length ? Math.max(...moments) : null);
const minute = (moment) => Math.floor(moment / MINUTE) * MINUTE;

// Milliseconds with their fraction: the server counts microseconds, and half a second decides whether a minute is full.
export function at(text) {
  const [, finer = ""] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return Date.parse(text) + Number(finer.padEnd(3, "0")) / 1000;
}
const iso = (moment) => new Date(moment).toISOString().replace(/(\.000)?Z$/, "+00:00");

// Fields as the server's forms read them ----------------------------------------------------------------------------

function line(text, limit) {
  const kept = (text || "").normalize("NFC").replace(/\r\n?/g, "\n").replace(/(?![\n\t])[\p{Cc}\p{Cs}]/gu, "");
  const plain = kept.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/gu, "");
  return [...plain].length > limit ? refuse("form") : plain;
}

const ticked = (value) => value !== undefined && !["", "false"].includes(value);

function chosen(value, choices) {
  if (!value) return null;
  return choices.includes(value) ? value : refuse("form");
}

// A plain decimal without trailing zeros, as text.
function decimal(text, places, least_, most_) {
  const figures = line(text, 200).replace(/[０-９．，－＋]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));
  const [, sign, whole, part = ""] = /^([+-]?)(\d{1,12})(?:[.,](\d{1,6}))?$/.exec(figures) || refuse("form");
  const rest = part.replace(/0+$/, "");
  const value = `${sign === "-" ? "-" : ""}${whole.replace(/^0+(?=\d)/, "")}${rest && "."}${rest}`;
  return rest.length > places || Number(value) < least_ || Number(value) > most_ ? refuse("form") : value;
}

const SHAPE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,6})\d*)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

// Milliseconds since 1970 for ISO 8601 with offset, or local to the site without.
function readMoment(facts, text) {
  const found = SHAPE.exec(line(text, 200)) || refuse("form");
  const [year, month, day, hour, minutes, second] = found.slice(1, 7).map((figures) => Number(figures || 0));
  const wall = Date.UTC(year, month - 1, day, hour, minutes, second, Number(`0.${found[7] || 0}`) * 1000);
  const said = new Date(wall);
  if (said.getUTCMonth() !== month - 1 || said.getUTCDate() !== day || hour > 23 || minutes > 59 || second > 59) refuse("form");
  const moment = found[8] ? wall - offsetSaid(found[8]) : atSite(wall, facts.visit.zone);
  return moment >= Date.UTC(2000) && moment < Date.UTC(2100) ? moment : refuse("form");
}

function offsetSaid(text) {
  const [, sign, hours, minutes = 0] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) || [0, "+", 0];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE;
}

// When it happened: as the form says, else when it was pressed.
function when(facts, entry, fields) {
  return line(fields.occurred_at, 200) ? readMoment(facts, fields.occurred_at) : at(entry.created_at);
}

// Time zones --------------------------------------------------------------------------------------------------------

const clocks = new Map();

// "2026-11-23T14:05:00" as the clock at the site shows it.
export function siteTime(moment, zone) {
  if (!clocks.has(zone)) {
    const two = "2-digit";
    const parts = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" };
    clocks.set(zone, new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: zone }));
  }
  return clocks.get(zone).format(moment).replace(" ", "T");
}

const offsetAt = (moment, zone) => at(`${siteTime(moment, zone)}Z`) - Math.floor(moment / 1000) * 1000;

// The moment with the site's offset, as the report prints it: 2026-11-23T14:05:00+08:00.
export function atPlace(text, zone) {
  if (!text) return null;
  const moment = at(text);
  const offset = offsetAt(moment, zone) / MINUTE;
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  return `${siteTime(moment, zone)}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

// Where a clock is put back the first of both moments, where it is put forward as if it had not been.
function atSite(wall, zone) {
  const [before, after] = [offsetAt(wall - DAY, zone), offsetAt(wall + DAY, zone)];
  const early = wall - before;
  if (before === after || offsetAt(early, zone) === before) return early;
  const late = wall - after;
  return offsetAt(late, zone) === after ? late : early;
}
