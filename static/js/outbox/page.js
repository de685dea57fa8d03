// The outbox page: what waits, why, and what one can do about it.

import { currentBox, isTheirs, isUndoable, known, say } from "../outbox.js";
import { when } from "../when.js";
import "./taking.js";

const page = document.querySelector("[data-outbox-page]");
const part = (name) => page.querySelector(`[data-${name}]`);
const all = (name) => page.querySelectorAll(`[data-${name}]`);
const language = document.documentElement.lang;
const box = currentBox();

const BARE = ["form_version", "occurred_at", "version", "amends"]; // a button alone sends no more: there is no page to mend it on
const asked = new Set(); // entries whose deletion waits for the second tap, also when the list is drawn anew meanwhile
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const size = (bytes) => new Intl.NumberFormat(language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(Math.max(1, bytes / 1000)).replace(" ", "\u00a0");

function age(at) {
  const minutes = Math.round((Date.parse(at) - Date.now()) / 60000);
  if (!minutes) return page.dataset.now;
  if (minutes > -60) return ago.format(minutes, "minute");
  return minutes > -48 * 60 ? ago.format(Math.round(minutes / 60), "hour") : ago.format(Math.round(minutes / 1440), "day");
}

async function weight(entry) {
  if (entry.sealed) return entry.sealed.ct.length;
  let bytes = JSON.stringify(entry.fields).length;
  for (const [, , , sha] of entry.files) bytes += (await box.file(sha))?.bytes.byteLength ?? 0;
  return bytes;
}

async function draw() {
  let entries, held;
  try {
    entries = await box.entries();
    const receipts = (await box.receipts()).filter(({ answer }) => answer.state === "held");
    held = receipts.length ? await (await import("./sealing.js")).read(box, receipts) : [];
  } catch {
    part("broken").hidden = false;
    return;
  }
  part("broken").hidden = true;
  part("none").hidden = entries.length > 0;
  part("entries").hidden = !entries.length;
  for (const buttons of all("buttons")) buttons.hidden = !entries.length;
  replace(part("entries"), await Promise.all(entries.map(row)));
  part("held").hidden = !held.length;
  replace(part("held-entries"), held.map(heldRow));
  colleagues();
}

function replace(list, rows) {
  const template = list.querySelector("template");
  list.replaceChildren(template, ...rows);
}

const fresh = (list) => part(list).querySelector("template").content.firstElementChild.cloneNode(true);

async function row(entry) {
  const line = fresh("entries");
  const state = page.dataset[`${entry.closed ? "closed" : entry.state}State`].replace("{n}", entry.attempts);
  line.dataset.state = entry.state;
  line.dataset.id = entry.id;
  line.querySelector("[data-label]").textContent = entry.label || page.dataset.unnamed;
  line.querySelector("[data-fact]").textContent = [when(entry.created_at), age(entry.created_at), size(await weight(entry)), state, isTheirs(entry) ? page.dataset.customers : ""].filter(Boolean).join(" · ");
  const why = [...Object.values(entry.errors ?? {}).flat(), entry.why].filter(Boolean).join(" ");
  line.querySelector("[data-why]").textContent = why;
  line.querySelector("[data-why]").hidden = !why;
  actions(line, entry);
  return line;
}

function actions(line, entry) {
  const [mend, retry, undo, remove] = ["mend", "retry", "undo", "delete"].map((name) => line.querySelector(`[data-${name}]`));
  const stopped = entry.state === "refused" || entry.state === "unknown"; // else it may have arrived: mended it would count twice
  const bare = entry.path.startsWith("/h/") || entry.fields.every(([name]) => BARE.includes(name));
  mend.hidden = entry.closed || bare || entry.files.length > 0 || !stopped;
  mend.href = `${entry.path}${entry.query ? `?${entry.query}` : ""}#mend=${entry.id}`;
  retry.hidden = !stopped;
  undo.hidden = !isUndoable(entry);
  remove.hidden = entry.state === "waiting" || (isTheirs(entry) && !stopped);
  retry.addEventListener("click", async () => {
    await box.retry(entry.id);
    send();
  });
  undo.addEventListener("click", async () => (await box.undo(entry.id), draw()));
  const ask = () => {
    remove.className = "btn btn-danger";
    remove.querySelector("span").textContent = page.dataset.sure;
  };
  if (asked.has(entry.id)) ask();
  remove.addEventListener("click", async () => {
    if (!asked.has(entry.id)) return asked.add(entry.id), ask();
    await box.remove(entry.id, "deleted");
    draw();
  });
}

function heldRow(receipt) {
  const line = fresh("held-entries");
  line.querySelector("[data-label]").textContent = receipt.label || page.dataset.unnamed;
  line.querySelector("[data-fact]").textContent = [when(receipt.created_at), receipt.answer.why].filter(Boolean).join(" · ");
  return line;
}

function colleagues() {
  const others = Object.entries(known()).filter(([person]) => person !== box.person);
  const count = others.reduce((sum, [, one]) => sum + one.count, 0);
  part("colleague-one").hidden = count !== 1;
  part("colleague").hidden = count < 2;
  for (const line of [part("colleague-one"), part("colleague")]) line.textContent = line.dataset.words.replace("{n}", count);
}

async function send() {
  part("send").disabled = true;
  document.dispatchEvent(new CustomEvent("outbox:send"));
  await box.sending?.catch(() => {});
  part("send").disabled = false;
  draw();
}

async function save() {
  const { rescue } = await import("./rescue.js");
  const name = `${page.dataset.rescue}-${new Date().toISOString().slice(0, 16).replace(/\D/g, "")}`;
  for (const [n, made] of (await rescue(box)).entries()) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(made)], { type: "application/json" }));
    link.download = `${name}${n ? `-${n + 1}` : ""}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

if (box) {
  part("send").addEventListener("click", send);
  part("export").addEventListener("click", () => save().catch(() => say(document.getElementById("outbox-words").dataset.broken, "bad")));
  document.addEventListener("outbox:changed", draw);
  document.addEventListener("outbox:answered", draw);
  draw();
} else {
  part("broken").hidden = false;
}
