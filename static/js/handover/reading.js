// The report as the customer reads it: rows of label and value, word for word those of `portal/reports/reading.py`.
// `words` are the paper's: fields, sentences and code lists, each a text in every language. Touches no page.

import * as decimal from "./decimal.js";

const NOTHING = "—";
const BREAK = "\u200b";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SPACE = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const LONG_WORD = /[^\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u{20000}-\u{3ffff}]{25,}/gu;
const LONG_CODE = 16;
const IN_SHORT = ["work_done", "remedy_code", "test_result", "outcome", "labour_minutes", "outstanding_issues"];
const FEW = 3; // readings that stand in the sheet itself

export class Reading {
  constructor(payload, words) {
    this.payload = payload;
    this.words = words;
    this.language = payload.language;
    this.chinese = this.language.startsWith("zh");
  }

  label(field) {
    return this.words.fields[field][this.language];
  }

  word(name, values) {
    const text = this.words.words[name][this.language];
    return values ? text.replace(/%\((\w+)\)s/g, (_, key) => String(values[key])) : text;
  }

  choice(kind, value) {
    if (value === null || value === undefined || value === "") return "";
    if (typeof value === "object") return String(value.label || value.code || "");
    return this.words.enums[kind]?.[value]?.[this.language] ?? String(value);
  }

  day(value) {
    const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(value ?? "");
    if (!found) return value ?? "";
    const [, year, month, day] = found;
    if (this.language === "en") return `${Number(day)} ${MONTHS[month - 1]} ${Number(year)}`;
    return this.language === "es" ? `${day}/${month}/${year}` : `${year}-${month}-${day}`;
  }

  moment(value) {
    return value ? `${this.day(value)} ${value.slice(11, 16)}` : "";
  }

  window(value) {
    if (!value) return "";
    const [start, end] = [this.moment(value.start), this.moment(value.end)];
    const shortly = start.slice(0, -5) === end.slice(0, -5) ? end.slice(-5) : end;
    return [start, shortly].filter(Boolean).join("–");
  }

  minutes(value) {
    if (value === null || value === undefined) return "";
    const [h, n] = [Math.floor(value / 60), value % 60];
    if (h && !n) return this.word("whole_hours", { h });
    return h ? this.word("hours", { h, n }) : this.word("minutes", { n });
  }

  number(value, places) {
    const amount = decimal.read(value);
    if (!amount) return value ?? "";
    const text = places === undefined ? decimal.short(amount) : decimal.text(decimal.rounded(amount, places, true));
    const [whole, fraction] = text.split(".");
    const [group, mark] = this.language === "es" ? [".", ","] : [",", "."];
    return whole.replace(/\B(?=(\d{3})+$)/g, group) + (fraction ? mark + fraction : "");
  }

  price(amount) {
    if (!amount) return "";
    const [text, currency] = [this.number(decimal.text(amount), 2), this.payload.currency || "CNY"];
    if (this.language === "es") return `${text} ${currency}`;
    return this.chinese && currency === "CNY" ? `¥${text}` : `${currency} ${text}`;
  }

  get inShort() {
    const cells = new Map([...this.work, ...this.times, ...this.advice].map((one) => [one.label, one]));
    const found = IN_SHORT.map((name) => cells.get(this.label(name))).filter((one) => one && one.value !== NOTHING);
    return [...found, this.payable];
  }

  // The blocks of the sheet that are rows of cells, in their order.
  get sheet() {
    return ["customer", "equipment", "times", "fault", "work", "charges", "advice"].map((key) => ({
      key,
      title: this.word(`block_${key}`),
      cells: this[key],
    }));
  }

  get customer() {
    return [
      this.always("customer_name", { strong: true }), this.always("contact_name"), this.always("contact_phone"),
      this.always("site_address"), this.maybe("caller_name"),
    ].filter(Boolean);
  }

  get equipment() {
    const days = ["manufactured_on", "purchased_on", "installed_on"].map((name) => this.maybe(name, { value: this.day(this.payload[name]) }));
    return [
      this.always("product_name", { strong: true }), this.always("brand"), this.always("model"),
      this.always("serial_no", { value: this.code("serial_no") }), this.maybe("asset_tag", { value: this.code("asset_tag") }),
      this.maybe("unit_location"), ...days, this.always("coverage_status", { value: this.ofChoice("coverage_status") }),
    ].filter(Boolean);
  }

  get times() {
    const at = (name) => ({ value: this.moment(this.payload[name]) });
    const spent = (name) => ({ value: this.minutes(this.payload[name]) });
    return [
      this.always("reported_at", at("reported_at")),
      this.maybe("appointment_window", { value: this.window(this.payload.appointment_window) }),
      this.always("arrived_at", at("arrived_at")), this.always("work_started_at", at("work_started_at")),
      this.always("work_ended_at", at("work_ended_at")), this.always("left_at", at("left_at")),
      this.always("labour_minutes", { ...spent("labour_minutes"), strong: true }),
      this.maybe("paused_minutes", { value: this.minutes(this.payload.paused_minutes || null) }),
      this.maybe("travel_minutes", spent("travel_minutes")), this.timeByPerson,
    ].filter(Boolean);
  }

  get timeByPerson() {
    const spent = new Map();
    for (const line of this.payload.time_lines ?? []) {
      if (line.kind === "work") spent.set(line.person, (spent.get(line.person) ?? 0) + line.minutes);
    }
    const said = [...spent].map(([person, minutes]) => `${person} ${this.minutes(minutes)}`).join(" · ");
    return spent.size > 1 ? cell(this.word("labour_by_person"), said) : null;
  }

  get fault() {
    const dash = (name) => (this.payload.work_type === "repair" || !this.payload.work_type ? this.always(name, { value: "" }) : null);
    const found = ["symptom_code", "failed_component", "cause_code"].map((name) => this.coded(name) ?? dash(name));
    return [this.always("reported_symptom", { lines: 3 }), ...found, this.coded("error_code")].filter(Boolean);
  }

  get work() {
    return [
      this.always("work_done", { lines: 6 }), this.always("test_result", { lines: 3 }),
      this.maybe("readings", { value: this.readings, lines: 3 }),
      this.always("outcome", { value: this.ofChoice("outcome"), strong: true }), this.coded("remedy_code"),
    ].filter(Boolean);
  }

  get advice() {
    const outstanding = String(this.payload.outstanding_issues || "");
    return [
      this.always("outstanding_issues", { value: outstanding === "none" ? this.word("none") : outstanding, lines: 3 }),
      this.maybe("safety_notice", { value: this.safety, lines: 3, strong: true }),
      this.always("repair_guarantee_until", { value: this.day(this.payload.repair_guarantee_until) }),
    ].filter(Boolean);
  }

  get charges() {
    return [cell(this.word("list_value"), this.price(this.worth)), this.payable];
  }

  get payable() {
    return cell(this.word("payable"), this.word("no_charge"), { strong: true });
  }

  get worth() {
    const known = (this.payload.parts ?? [])
      .map((part) => [decimal.read(part.quantity), decimal.read(part.unit_price)])
      .filter(([quantity, price]) => quantity && price)
      .map(([quantity, price]) => decimal.times(quantity, price));
    return known.length ? known.reduce(decimal.plus) : null;
  }

  get safety() {
    const flag = ["do_not_use", "use_again"].find((name) => this.payload[name]);
    return [flag ? this.word(flag) : "", this.payload.safety_notice].filter(Boolean).join(" · ");
  }

  get readings() {
    const found = this.payload.readings ?? [];
    if (found.length > FEW) return this.word("more_readings", { n: found.length });
    return found.map((one) => this.readingLine(one)).join("\n");
  }

  readingLine(reading) {
    const measured = `${this.choice("reading_quantity", reading.quantity)} ${`${this.number(reading.value)} ${reading.unit || ""}`.trim()}`;
    const used = reading.instrument;
    const instrument = used ? `${used.name || ""} ${used.number || ""}`.trim() : this.word("no_instrument");
    const state = used ? this.calibration(used, (reading.taken_at ?? "").slice(0, 10)) : "";
    return [measured, reading.point, instrument, state].filter(Boolean).join(" · ");
  }

  calibration(used, takenOn) {
    const until = used.valid_until || "";
    if (used.calibration === "overdue") {
      return until && until < takenOn ? this.word("calibration_ended", { day: this.day(until) }) : this.word("not_calibrated");
    }
    return until && used.calibration !== "none" ? this.word("calibrated", { day: this.day(until) }) : "";
  }

  // The parts as the page lists them: name, number, serials, old part, quantity, amount.
  get parts() {
    return (this.payload.parts ?? []).map((part) => ({
      name: flat(part.name) || NOTHING,
      number: codeWord(flat(part.part_no)) || NOTHING,
      serials: this.serials(part),
      oldPart: flat(this.choice("old_part", part.old_part)) || NOTHING,
      quantity: `${this.number(part.quantity) || NOTHING} ${flat(part.unit)}`,
      amount: this.number(part.amount, 2) || NOTHING,
    }));
  }

  serials(part) {
    const pair = [part.new_serial, part.old_serial].map((text) => codeWord(flat(text)));
    return pair.some(Boolean) ? pair.map((text) => text || NOTHING).join(" / ") : NOTHING;
  }

  caption(photo) {
    return `${this.choice("photo", photo.label) || this.word("photo")} · ${this.moment(photo.taken_at)}`;
  }

  always(field, { value, ...more } = {}) {
    return cell(this.label(field), value ?? nameOf(this.payload[field]), more);
  }

  maybe(field, more) {
    const one = this.always(field, more);
    return one.value === NOTHING ? null : one;
  }

  coded(field) {
    const value = this.payload[field];
    if (!value) return null;
    const text = this.choice(field, value);
    return text ? this.always(field, { value: text, code: value.code && value.code !== text ? value.code : "" }) : null;
  }

  code(field) {
    return codeWord(nameOf(this.payload[field]));
  }

  ofChoice(field) {
    return this.choice(field, this.payload[field]);
  }
}

function cell(label, value, { lines = 2, ...more } = {}) {
  return { label, value: breakable(lines > 2 ? value : oneLine(value)) || NOTHING, ...more };
}

function nameOf(value) {
  if (value && typeof value === "object") return String(value.label || value.code || "");
  return value === null || value === undefined ? "" : String(value);
}

function oneLine(text) {
  return text.split(SPACE).filter(Boolean).join(" ");
}

function pieces(text, length) {
  const letters = [...text];
  const found = [];
  for (let at = 0; at < letters.length; at += length) found.push(letters.slice(at, at + length).join(""));
  return found.join(BREAK);
}

function breakable(text) {
  return text.replace(LONG_WORD, (word) => pieces(word, 12));
}

function codeWord(text) {
  return [...text].length > LONG_CODE ? pieces(text.replaceAll(BREAK, ""), 8) : text;
}

function flat(text) {
  return breakable(oneLine(text ?? ""));
}
