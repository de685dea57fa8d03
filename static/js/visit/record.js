// The pages on which a visit is recorded: what waits is counted in, what is to go says so.

import { isUndoable } from "../outbox.js";
import "../outbox/taking.js"; // here before the signal goes
import { minutesOf, siteTime } from "./facts.js";
import { counted, icon, inVan, make, pathOf, pick, shown, spent, waits, words } from "./pieces.js";

export const ROW = /(part-uses|photos|readings|time-entries)\/[0-9a-f-]{36}\/(reversal|removal)$/;
const PAGES = { parts: drawParts, time: drawTime, findings: drawFindings };

export function draw(state, page, box) {
  drawTakenBack(state, box);
  return PAGES[page]?.(state);
}

// A row that is to go says so, and can be had back until it is sent.
function drawTakenBack({ entries, waiting }, box) {
  for (const control of document.querySelectorAll("main form.verb, main a.btn")) {
    const action = ROW.exec(pathOf(control))?.[0];
    if (!action) continue;
    const entry = entries.find((one) => one.action === action);
    const row = control.closest("li");
    row.querySelector("[data-taken]")?.remove();
    control.hidden = Boolean(entry);
    if (!entry) continue;
    const note = make("span", "row muted", icon("clock"), words.taken_back, ...undo(waiting.get(entry.id), box));
    note.dataset.taken = "";
    row.append(note);
  }
}

function undo(entry, box) {
  if (!entry || !isUndoable(entry)) return [];
  const button = Object.assign(make("button", "btn btn-quiet", icon("undo-2"), make("span", "", words.undo)), { type: "button" });
  button.addEventListener("click", () => box.undo(entry.id));
  return [button];
}

function drawParts({ facts }) {
  const { parts: used, catalogue, no_parts } = facts;
  for (const count of document.querySelectorAll("[data-van]")) {
    const item = catalogue.items[count.dataset.van];
    if (item) count.textContent = words.van.replace("{n}", inVan(item));
  }
  const fact = document.querySelector(".heading p.muted");
  if (fact) fact.textContent = counted(words.line, used.length) || words.nothing;
  const none = document.getElementById("no-parts");
  if (!none) return;
  none.hidden = used.length > 0;
  none.querySelector("form")?.toggleAttribute("hidden", no_parts);
  none.querySelector("[data-said]")?.toggleAttribute("hidden", !no_parts); // only where it was said, and on kept pages
}

// ?item=… of the page as it is kept: the one form for all parts becomes that of this part.
export function onePart(facts) {
  const asked = new URLSearchParams(location.search);
  const form = document.getElementById("part-form");
  const code = asked.get("item");
  const item = facts?.catalogue.items[code];
  if (!form || !code || document.querySelector("h1 + p.code")) return;
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const field = (name) => form.elements.namedItem(name); // `elements.item` is the list's own method
  for (const name of ["item", "quantity", "new_serial", "old_serial"]) if (asked.has(name)) field(name).value = asked.get(name);
  if (item) {
    field("old_part").value = asked.get("old_part") ?? item.old_part;
    document.querySelector("h1").textContent = pick(item.name);
    for (const name of ["new_serial", "old_serial"]) field(name).closest(".field").hidden = !item.serial_tracked && !field(name).value;
    field("new_serial").closest(".field").querySelector(".optional")?.toggleAttribute("hidden", item.serial_tracked);
  }
  form.scrollIntoView({ block: "center" });
}

function drawTime(state) {
  const { facts, entries, waiting } = state;
  const now = new Date().toISOString();
  const totals = document.querySelector("[data-totals]");
  totals?.replaceChildren(
    ...["travel", "work", "wait", "break"]
      .map((kind) => [kind, minutesOf(facts, kind, now)])
      .filter(([, minutes]) => minutes)
      .map(([kind, minutes]) => make("span", "", `${words.kinds[kind]} `, make("span", "strong", spent(minutes)))),
  );
  totals?.toggleAttribute("hidden", !totals.childElementCount);
  for (const old of document.querySelectorAll("[data-new]")) old.remove();
  for (const line of document.querySelectorAll("li[data-entry]")) {
    const row = facts.time.find((one) => one.id === line.dataset.entry);
    line.hidden = !row && !line.querySelector("[data-taken]");
    if (row?.ended_at) setEnd(line, row, facts);
  }
  // Time that was entered by hand stands in the list of what waits already.
  const typed = new Set(entries.filter((one) => one.action === "time-entries").map((one) => one.id));
  const isDrawn = (row) => document.querySelector(`li[data-entry="${row.id}"]`);
  const fresh = facts.time.filter((row) => !isDrawn(row) && !typed.has(row.id)).map((row) => timeLine(row, facts, waiting));
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

export async function instead(event, box, factsOf) {
  const link = event.target.closest?.("a[href]");
  const removal = link && ROW.exec(link.pathname);
  if (removal) {
    event.preventDefault();
    const fields = removal[1] === "time-entries" ? [["reason", words.mistake]] : [];
    await box.add({ path: link.pathname, fields, label: [words.remove, document.querySelector("h1").textContent].join(" · ") });
    document.dispatchEvent(new Event("outbox:send"));
  } else if (link && new URLSearchParams(link.search).has("entry")) {
    event.preventDefault();
    correct(new URLSearchParams(link.search).get("entry"), await factsOf());
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
