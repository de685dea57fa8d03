// The report that the customer reads, written on the phone: the twin of `portal/reports/content.py`. `report` is what
// the server gave for the visit, `facts` the visit's facts after the entries that wait. Touches no page.

import * as decimal from "./decimal.js";
import { at, atPlace, minutesOf, timesOf } from "../visit/facts.js";

const CODED = { symptom_code: "symptom", failed_component: "component", cause_code: "cause", remedy_code: "remedy" };
// What the customer does not read, or the phone does not know: who signs, numbers, revisions.
const OUTSIDE = new Set([
  "form", "report_no", "survey_state", "customer_opinion", "signed_at", "sign_refusal_reason", "statement", "signer_name",
  "signer_role", "signed_for", "signer_phone", "report_version", "revision_reason",
]);

export function compose(report, facts, locale) {
  return {
    language: locale,
    currency: report.currency,
    ...report.head[locale],
    ...ofTimes(report, facts),
    ...ofFinding(report, facts, locale),
    parts: facts.parts.map((use) => partLine(report, facts, use, locale)),
    readings: facts.readings.map((reading) => readingLine(reading, locale, report.zone)),
    photos: facts.photos.map((photo) => ({ label: photo.label, taken_at: atPlace(photo.occurred_at, report.zone) })),
    ...ofPeople(report, facts),
  };
}

function ofTimes(report, facts) {
  const moments = Object.fromEntries(Object.entries(timesOf(facts)).map(([name, moment]) => [name, atPlace(moment, report.zone)]));
  const ended = facts.time.filter((one) => one.ended_at);
  return {
    ...moments,
    labour_minutes: minutesOf(facts, "work"),
    travel_minutes: minutesOf(facts, "travel"),
    paused_minutes: minutesOf(facts, "wait") + minutesOf(facts, "break"),
    time_lines: inOrder(ended).map((one) => ({
      person: one.person_name,
      kind: one.kind,
      started_at: atPlace(one.started_at, report.zone),
      ended_at: atPlace(one.ended_at, report.zone),
      minutes: minutesOf({ time: [one] }, one.kind),
    })),
  };
}

function inOrder(time) {
  return [...time].sort((a, b) => at(a.started_at) - at(b.started_at));
}

function ofFinding(report, facts, locale) {
  const found = facts.finding ?? {};
  const ended = timesOf(facts).work_ended_at;
  const guaranteed = report.guaranteed.includes(found.outcome) && ended !== null;
  const codes = Object.fromEntries(
    Object.entries(CODED).map(([field, kind]) => [field, coded(found[kind], labelsOf(report, facts, kind, found[kind]), locale)]),
  );
  return {
    ...codes,
    error_code: coded(found.error_code, report.error_codes[found.error_code], locale),
    work_done: found.note || null,
    test_result: found.test_result || null,
    outcome: found.outcome || null,
    outstanding_issues: found.outstanding || null,
    do_not_use: found.do_not_use || null,
    safety_notice: found.stop_reason || null,
    use_again: found.use_again || null,
    repair_guarantee_until: guaranteed ? daysAfter(atPlace(ended, report.zone).slice(0, 10), report.guarantee_days) : null,
  };
}

function labelsOf(report, facts, kind, code) {
  return report.codes[kind]?.[code] ?? facts.catalogue?.codes?.[kind]?.[code];
}

export function pick(labels, locale) {
  if (!labels) return "";
  return String(labels[locale] || labels.zh_Hans || Object.values(labels)[0] || "");
}

function coded(code, labels, locale) {
  return code ? { code, label: pick(labels, locale) || code, labels: labels ?? {} } : null;
}

function daysAfter(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

function partLine(report, facts, use, locale) {
  const item = report.items[use.item] ?? facts.catalogue?.items?.[use.item] ?? {};
  const [price, quantity] = [decimal.read(item.list_price), decimal.read(use.quantity)];
  return {
    part_no: use.item,
    name: pick(item.name, locale),
    spec: null,
    unit: pick(item.unit, locale),
    quantity: quantity ? decimal.short(quantity) : use.quantity,
    unit_price: price ? decimal.short(price) : null,
    amount: price && quantity ? decimal.short(decimal.rounded(decimal.times(price, quantity), 2)) : null,
    charge: "free",
    source: "van",
    new_serial: use.new_serial || null,
    old_serial: use.old_serial || null,
    old_part: use.old_part,
  };
}

function readingLine(reading, locale, zone) {
  const used = reading.instrument;
  const value = decimal.read(reading.value);
  return {
    quantity: reading.quantity,
    value: value ? decimal.short(value) : reading.value,
    unit: reading.unit,
    point: reading.point || null,
    instrument: used ? { ...used, name: pick(used.name, locale) } : null,
    taken_at: atPlace(reading.occurred_at, zone),
  };
}

function ofPeople(report, facts) {
  const people = new Map(report.lead ? [[report.lead.id, report.lead.name]] : []);
  for (const one of inOrder(facts.time)) people.set(one.person, one.person_name);
  return { technician_ids: [...people.keys()], technician_names: [...people.values()] };
}

// The one text of what was shown: the twin of `portal/reports/shown.py`.
export function shownContent(payload) {
  const kept = {};
  for (const [name, value] of Object.entries(payload)) {
    const empty = value === null || value === undefined || (Array.isArray(value) && !value.length);
    if (!empty && !OUTSIDE.has(name)) kept[name] = value;
  }
  if (kept.photos) kept.photos = kept.photos.map(({ label, taken_at }) => ({ label, taken_at })).sort(byTime);
  return canonical(kept);
}

function byTime(a, b) {
  return compare(a.taken_at, b.taken_at) || compare(a.label, b.label);
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function canonical(value) {
  return JSON.stringify(plain(value));
}

function plain(value) {
  if (typeof value === "string") return value.normalize("NFC");
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key.normalize("NFC"), plain(value[key])]));
}

export async function digestOf(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
