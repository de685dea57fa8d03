// The visit's own page: its state, clock, next step, tasks and what happened, by the facts that are reckoned.

import { gapsOf, minutesOf, verbsOf, whyNot } from "./facts.js";
import { counted, icon, make, parts, pathOf, pick, shown, spent, tag, waits, words } from "./pieces.js";

const PROBLEMS = ["time.order", "photos.declined", "photos.nameplate", "photos.old_part"];
const SHAPES = { done: "check", problem: "circle-alert", blocked: "lock" };

export function draw(state) {
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
  let list = section.querySelector(".timeline");
  const fresh = facts.events.slice(list?.children.length ?? 0); // the page has the ones before
  if (!fresh.length) return;
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
