// The pages of a visit, and Today, by what waits in the outbox: drawn on pages that the phone has kept, and on others
// while something waits. What is shown comes from facts.js, the words and buttons from the page itself as it is kept.

import { factsAfter, gapsOf, minutesOf, siteTime, verbsOf, whyNot } from "./facts.js";

const { lang, dataset } = document.documentElement;
const locale = lang.replace("-", "_");
const ROW = /(part-uses|photos|readings|time-entries)\/[0-9a-f-]{36}\/(reversal|removal)$/;
const PROBLEMS = ["time.order", "photos.declined", "photos.nameplate", "photos.old_part"];
const IN_HAND = ["working", "on_site", "en_route"];
const SHAPES = { done: "check", problem: "circle-alert", blocked: "lock" };
const PAGES = { visit: drawVisit, parts: drawParts, time: drawTime, findings: drawFindings };

let box, parts, words;

export async function start(opened) {
  const here = document.getElementById("facts");
  parts = here?.dataset.words ? here : here && (await keptCopy());
  if (!parts) return;
  box = opened;
  words = JSON.parse(parts.dataset.words);
  const { page, visit } = here.dataset;
  const draw = page === "today" ? drawToday : () => drawPage(page, visit);
  let drawing = draw();
  const again = () => (drawing = drawing.then(draw, draw));
  document.addEventListener("outbox:changed", again);
  document.addEventListener("outbox:answered", again);
  if (visit && dataset.kept) addEventListener("click", (event) => instead(event, visit));
  await drawing;
  if (page === "parts") onePart(await stateOf(visit));
}

// A page that came from the server brings no words along; its copy on the phone does.
async function keptCopy() {
  const answer = (await globalThis.caches?.match(location.pathname)) ?? (await fetch(location.pathname, { headers: { "X-Keep": "1" } }));
  const copy = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("facts");
  return copy?.dataset.words ? copy : null;
}

// What the phone has of the visit, what is to be counted in, and what of it still waits. An entry that was sent after the
// copy was made is in neither of the two, so the receipts are asked.
async function stateOf(visit) {
  const base = await baseOf(`${location.pathname.split(/\/(?:visits|today)\b/)[0].replace(/\/$/, "")}/offline/visits/${visit}`);
  if (!base) return null;
  const sent = (await box.receipts()).filter((one) => one.answer.state === "applied" && Date.parse(one.received_at) > Date.parse(base.as_of));
  const waiting = (await box.entries()).filter((one) => one.state === "waiting" || one.state === "frozen");
  const entries = [...sent, ...waiting].sort((one, other) => one.seq - other.seq);
  return { facts: factsAfter(base, entries), entries: entries.filter((one) => one.visit === visit), waiting: new Map(waiting.map((one) => [one.id, one])) };
}

async function baseOf(url) {
  const kept = async () => (await globalThis.caches?.match(url))?.json();
  const asked = async () => (await fetch(url, { headers: { Accept: "application/json" } })).json();
  const [first, second] = dataset.kept ? [kept, asked] : [asked, kept];
  return (await first().catch(() => null)) ?? (await second().catch(() => null)) ?? null;
}

async function drawPage(page, visit) {
  const state = await stateOf(visit);
  if (!state) return;
  drawTakenBack(state);
  PAGES[page]?.(state);
}

/* The visit's own page -------------------------------------------------------------------------------------------- */

function drawVisit(state) {
  const { facts } = state;
  const row = document.querySelector("p.row[data-state]");
  row.dataset.state = facts.visit.state;
  row.querySelector(".tag").replaceWith(tag(facts.visit.state));
  for (const clock of row.querySelectorAll("[data-clock]")) clock.remove();
  row.append(...facts.time.filter((one) => !one.ended_at).map((one) => running(one, facts.person.id)));
  drawBar(facts);
  drawTasks(facts);
  drawEvents(state);
  drawDoubts(state);
}

function running({ kind, person, person_name, started_at }, self) {
  const since = Math.max(Math.floor((Date.now() - Date.parse(started_at)) / 60000), 0);
  const time = Object.assign(make("time", "ticking", spent(since)), { dateTime: started_at });
  Object.assign(time.dataset, { ticking: since, short: words.minutes, long: words.long });
  const clock = make("span", "row", icon("timer"), ` ${person === self ? "" : `${person_name} `}${words.kinds[kind]} `, time);
  clock.dataset.clock = "";
  return clock;
}

// The buttons of the state that is reckoned. One that would be refused now says why in its place.
function drawBar(facts) {
  const [first, others] = verbsOf(facts);
  const why = Object.fromEntries([first, ...others].map((verb) => [verb, whyNot(facts, verb)]));
  const old = document.querySelector(".dock > .action-bar");
  const key = JSON.stringify([facts.visit.own_state, why]);
  if (old?.dataset.for === key) return;
  const bar = (first || others.length) && parts.content.querySelector(`[data-actions="${facts.visit.own_state}"] .action-bar`);
  if (!bar) return old?.remove();
  const fresh = document.importNode(bar, true);
  fresh.dataset.for = key;
  for (const control of fresh.querySelectorAll("form, a.btn")) {
    const reason = why[pathOf(control).split("/").pop()];
    if (reason) control.replaceWith(make("p", "small grow", words.doubts[reason]));
  }
  old ? old.replaceWith(fresh) : document.querySelector(".dock").append(fresh);
}

function drawTasks(facts) {
  const rows = document.querySelectorAll(".tasks > li");
  if (rows.length !== 6) return;
  const gaps = gapsOf(facts);
  const record = (n, row, begun, fact) => {
    const own = gaps.filter((gap) => gap.startsWith(`${row}.`));
    setTask(rows[n], progress(facts, row, begun, own), begun ? told(fact, own) : fact);
  };
  const { finding, readings, parts: used, time, photos } = facts;
  record(0, "findings", Boolean(finding), finding && findingFact(facts));
  const overdue = readings.some((one) => one.instrument?.calibration === "overdue");
  setTask(rows[1], overdue ? "overdue" : readings.length ? "done" : "optional", counted(words.reading, readings.length));
  record(2, "parts", used.length || facts.no_parts, counted(words.line, used.length) || (facts.no_parts ? words.no_parts : ""));
  record(3, "time", time.length, time.length ? words.work.replace("{m}", spent(minutesOf(facts, "work", new Date().toISOString()))) : "");
  record(4, "photos", photos.length, counted(words.photo, photos.length));
  signTask(rows[5], facts, gaps);
}

function progress({ visit }, row, begun, own) {
  if (visit.state === "returned" && visit.to_mend.includes(row)) return "mend";
  if (own.some((gap) => PROBLEMS.includes(gap))) return "problem";
  if (own.length) return begun ? "doing" : "todo";
  return begun ? "done" : "unneeded";
}

function told(fact, own) {
  const missing = own.length === 1 ? words.gaps[own[0]][0] : counted(words.answer, own.length);
  return [fact, missing].filter(Boolean).join(" · ");
}

function findingFact({ finding, catalogue: { codes } }) {
  const said = ["symptom", "remedy"].map((name) => pick(codes[name][finding[name]]));
  return [...said, words.outcomes[finding.outcome]].filter(Boolean).join(" → ");
}

function signTask(row, { visit }, gaps) {
  if (["signed", "approved"].includes(visit.state)) return setTask(row, "done", "", null);
  if (visit.state === "unsigned") return setTask(row, "unsigned", "", null);
  if (!visit.leads) return;
  if (gaps.length) return setTask(row, "blocked", words.first, null, gaps);
  setTask(row, "ready", words.hand, parts.content.querySelector("[data-actions=finished] a[href$='/handover']")?.getAttribute("href"));
}

// `href`: undefined leaves the row the link that it is.
function setTask(row, key, fact, href, missing = []) {
  const [kind, word] = words.tasks[key];
  let task = row.querySelector(".task");
  if (href !== undefined && Boolean(href) !== (task.localName === "a")) {
    const other = make(href ? "a" : "div", "", ...task.childNodes);
    task.replaceWith(other);
    task = other;
  }
  if (href) task.href = href;
  task.className = `task task-${kind}`;
  task.querySelector(".task-fact")?.remove();
  if (fact) task.querySelector(".grow").append(make("span", "task-fact", fact));
  task.querySelector(".task-state").replaceChildren(...(SHAPES[kind] ? [icon(SHAPES[kind])] : []), word);
  row.querySelector(".task-more")?.remove();
  const links = missing.map((gap) => make("li", "", Object.assign(make("a", "", words.gaps[gap][0]), { href: words.gaps[gap][1] })));
  if (links.length) row.append(make("div", "task-more", make("ul", "", ...links)));
}

function drawEvents({ facts, waiting }) {
  const section = document.getElementById("events");
  for (const old of section.querySelectorAll("[data-new]")) old.remove();
  const fresh = facts.events.filter((one) => one.waiting);
  if (!fresh.length) return;
  let list = section.querySelector(".timeline");
  if (!list) section.append((list = make("ol", "timeline")));
  section.querySelector(":scope > p.muted")?.remove();
  for (const { kind, cause, occurred_at, person_name, waiting: entry } of fresh) {
    const text = words.events[kind] + (cause ? `: ${words.causes[cause]}` : "");
    const line = make("li", "", make("p", "", text), make("p", "muted small", `${shown(occurred_at, facts)} · ${person_name}`, ...waits(waiting.get(entry))));
    line.dataset.new = "";
    list.append(line);
  }
}

// What the office will not simply take stands on the page with its reason.
function drawDoubts({ facts, waiting }) {
  document.getElementById("doubts")?.remove();
  const lines = facts.doubts.filter((one) => waiting.has(one.entry)).map((one) => make("li", "", `${waiting.get(one.entry).label ?? ""}: ${words.doubts[one.doubt]}`));
  if (!lines.length) return;
  const banner = make("div", "banner banner-warn", icon("triangle-alert"), make("div", "grow", make("h2", "", words.office), make("ul", "", ...lines)));
  banner.id = "doubts";
  document.querySelector("p.row[data-state]").after(banner);
}

/* Its record ------------------------------------------------------------------------------------------------------ */

// A row that is to go says so, and can be had back until it is sent.
function drawTakenBack({ entries, waiting }) {
  for (const control of document.querySelectorAll("main form.verb, main a.btn")) {
    const action = ROW.exec(pathOf(control))?.[0];
    if (!action) continue;
    const entry = entries.find((one) => one.action === action);
    const row = control.closest("li");
    row.querySelector("[data-taken]")?.remove();
    control.hidden = Boolean(entry);
    if (!entry) continue;
    const note = make("span", "row muted", icon("clock"), words.taken_back, ...undo(waiting.get(entry.id)));
    note.dataset.taken = "";
    row.append(note);
  }
}

function undo(entry) {
  if (entry?.state !== "waiting") return [];
  const button = Object.assign(make("button", "btn btn-quiet", icon("undo-2"), make("span", "", words.undo)), { type: "button" });
  button.addEventListener("click", () => box.undo(entry.id));
  return [button];
}

function drawParts({ facts }) {
  const { parts: used, catalogue, no_parts } = facts;
  for (const count of document.querySelectorAll("[data-van]")) {
    const item = catalogue.items[count.dataset.van];
    if (item) count.textContent = words.van.replace("{n}", figure(item.in_van));
  }
  const fact = document.querySelector(".heading p.muted");
  if (fact) fact.textContent = counted(words.line, used.length) || words.nothing;
  const none = document.getElementById("no-parts");
  if (!none) return;
  none.hidden = used.length > 0;
  none.querySelector("form")?.toggleAttribute("hidden", no_parts);
  none.querySelector("[data-said]").hidden = !no_parts;
}

// ?item=… of the page as it is kept: the one form for all parts becomes that of this part.
function onePart(state) {
  const asked = new URLSearchParams(location.search);
  const form = document.getElementById("part-form");
  const code = asked.get("item");
  const item = state?.facts.catalogue.items[code];
  if (!form || !code || document.querySelector("h1 + p.code")) return;
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  for (const name of ["item", "quantity", "new_serial", "old_serial"]) if (asked.has(name)) form.elements[name].value = asked.get(name);
  if (item) {
    form.elements.old_part.value = asked.get("old_part") ?? item.old_part;
    document.querySelector("h1").textContent = pick(item.name);
    for (const name of ["new_serial", "old_serial"]) form.elements[name].closest(".field").hidden = !item.serial_tracked && !form.elements[name].value;
  }
  form.scrollIntoView({ block: "center" });
}

function drawTime(state) {
  const { facts, entries, waiting } = state;
  const now = new Date().toISOString();
  const totals = document.querySelector("[data-totals]");
  totals.replaceChildren(
    ...["travel", "work", "wait", "break"]
      .map((kind) => [kind, minutesOf(facts, kind, now)])
      .filter(([, minutes]) => minutes)
      .map(([kind, minutes]) => make("span", "", `${words.kinds[kind]} `, make("span", "strong", spent(minutes)))),
  );
  for (const old of document.querySelectorAll("[data-new]")) old.remove();
  for (const line of document.querySelectorAll("li[data-entry]")) {
    const row = facts.time.find((one) => one.id === line.dataset.entry);
    line.hidden = !row && !line.querySelector("[data-taken]");
    if (row?.ended_at) setEnd(line, row, facts);
  }
  // Time that was entered by hand stands in the list of what waits already.
  const typed = new Set(entries.filter((one) => one.action === "time-entries").map((one) => one.id));
  const fresh = facts.time.filter((one) => one.waiting && !typed.has(one.id)).map((row) => timeLine(row, facts, waiting));
  if (!fresh.length) return;
  let list = document.querySelector("main > ul.lines:not([data-waiting])");
  if (!list) totals.after((list = make("ul", "lines")));
  document.querySelector("main > p.muted")?.remove();
  list.append(...fresh);
}

function timeLine(row, facts, waiting) {
  const end = Object.assign(make("span", "", words.running));
  const total = make("span", "strong", spent(Math.max(Math.floor((Date.now() - Date.parse(row.started_at)) / 60000), 0)));
  end.dataset.end = total.dataset.spent = "";
  const kind = make("span", "strong", words.kinds[row.kind]);
  const line = make("li", "line", make("span", "grow", kind, row.cause ? ` · ${words.causes[row.cause]}` : "", make("br"), `${shown(row.started_at, facts)}–`, end, make("br"), make("span", "muted", ...waits(waiting.get(row.waiting), ""))), total);
  line.dataset.new = "";
  if (row.ended_at) setEnd(line, row, facts);
  return line;
}

function setEnd(line, row, facts) {
  const [start, end] = [row.started_at, row.ended_at].map((moment) => shown(moment, facts));
  line.querySelector("[data-end]").textContent = start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end;
  line.querySelector("[data-spent]").textContent = spent(Math.floor((Date.parse(row.ended_at) - Date.parse(row.started_at) + 30000) / 60000));
}

// The form goes on from the newest save, sent or not, unless somebody is typing in it.
async function drawFindings({ facts, entries }) {
  const form = document.getElementById("codes");
  const newest = entries.filter((one) => one.action === "findings").pop();
  if (!form || !newest || !facts.finding || form.dataset.from === newest.id) return;
  form.dataset.from = newest.id;
  if (!form.dataset.typed && !location.hash.startsWith("#mend")) (await import("../outbox/drafts.js")).fill(form, newest.fields);
  form.elements.version.value = facts.finding.version;
}

/* What has no page of its own without signal ---------------------------------------------------------------------- */

async function instead(event, visit) {
  const link = event.target.closest?.("a[href]");
  const removal = link && ROW.exec(link.pathname);
  if (link?.dataset.fills) {
    event.preventDefault();
    const form = document.getElementById("codes");
    for (const [name, value] of Object.entries(JSON.parse(link.dataset.fills))) form.elements[name].value = value;
    form.scrollIntoView();
  } else if (removal) {
    event.preventDefault();
    const fields = removal[1] === "time-entries" ? [["reason", words.mistake]] : [];
    await box.add({ path: link.pathname, fields, label: [words.remove, document.querySelector("h1").textContent].join(" · ") });
    document.dispatchEvent(new Event("outbox:send"));
  } else if (link && new URLSearchParams(link.search).has("entry")) {
    event.preventDefault();
    correct(new URLSearchParams(link.search).get("entry"), (await stateOf(visit))?.facts);
  }
}

// The form for time, filled with an entry that is to be corrected.
function correct(id, facts) {
  const form = document.querySelector("#form form");
  const row = facts?.time.find((one) => one.id === id);
  if (!row || !form) return;
  if (!form.elements.replaces) form.append(Object.assign(make("input"), { type: "hidden", name: "replaces" }));
  const local = (moment) => siteTime(Date.parse(moment), facts.visit.zone).slice(0, 16);
  const values = { kind: row.kind, cause: row.cause ?? "", started_at: local(row.started_at), ended_at: local(row.ended_at ?? Date()), replaces: id };
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.scrollIntoView();
}

/* Today ----------------------------------------------------------------------------------------------------------- */

async function drawToday() {
  const cards = new Map([...document.querySelectorAll("article.card[data-state]")].map((card) => [/[0-9a-f-]{36}/.exec(card.querySelector(".card-link").href)[0], card]));
  const moved = new Set([...(await box.entries()), ...(await box.receipts())].map((one) => one.visit));
  let inHand = null;
  for (const [visit, card] of cards) {
    const facts = moved.has(visit) && (await stateOf(visit))?.facts;
    if (!facts) continue;
    card.dataset.state = facts.visit.own_state;
    card.querySelector(".card-over .tag")?.replaceWith(tag(facts.visit.own_state));
    const clock = facts.time.find((one) => one.person === facts.person.id && !one.ended_at);
    if (["travel", "work"].includes(clock?.kind)) inHand = card;
  }
  const first = (state) => [...cards.values()].find((card) => card.dataset.state === state);
  inHand ??= IN_HAND.map(first).find(Boolean);
  if (!moved.size || !inHand || inHand.classList.contains("card-current")) return;
  for (const card of document.querySelectorAll(".card-current")) card.classList.remove("card-current");
  inHand.className = "card card-current";
  inHand.querySelector(".card-over .grow").textContent = words.in_hand;
  for (const buttons of document.querySelectorAll("article.card form.verb")) buttons.remove();
  cards.values().next().value.parentElement.querySelector("article.card, h2").before(inHand);
}

/* Small things ---------------------------------------------------------------------------------------------------- */

function make(name, cls = "", ...inner) {
  const element = document.createElement(name);
  if (cls) element.className = cls;
  element.append(...inner);
  return element;
}

function icon(name) {
  const copy = document.querySelector("svg.icon[aria-hidden]").cloneNode(true);
  const use = copy.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return copy;
}

const tag = (state) => make("span", `tag tag-${words.states[state][1]}`, words.states[state][0]);
const waits = (entry, before = " · ") => (entry ? [before, icon("clock"), ` ${words.waits}`] : []);
const pathOf = (control) => new URL(control.getAttribute(control.localName === "a" ? "href" : "action"), location.href).pathname;
const pick = (labels) => labels?.[locale] || labels?.zh_Hans || Object.values(labels ?? {})[0] || "";
const figure = (text) => (locale === "es" ? text.replace(".", ",") : text);
const counted = ([one, more], n) => (n === 1 ? one : n ? more.replace("{n}", n) : "");

function spent(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return words.minutes.replace("{m}", rest);
  return rest ? words.long.replace("{h}", hours).replace("{m}", String(rest).padStart(2, "0")) : words.hours.replace("{h}", hours);
}

// 2026-11-23 14:05 at the site, as the server writes it.
function shown(moment, { visit }) {
  const [day, time] = siteTime(Date.parse(moment), visit.zone).split("T");
  return `${locale === "es" ? day.split("-").reverse().join("/") : day} ${time.slice(0, 5)}`;
}
