// Drafts: a form that is half filled in survives a page that the phone has thrown away, as it does for its camera.

import { when } from "../when.js";

const REST = 500; // ms after the last key
const OWN = ["csrf_token", "entry_id", "form_version", "amends"];
const SECRET = "input[type=password], [name=pin], [name=current_pin]";

const here = () => location.pathname + location.search;
const key = (form) => `${new URL(form.action).pathname} ${here()}`;
const part = (name) => document.getElementById("outbox-words").content.querySelector(`[data-${name}]`).cloneNode(true);
const ended = (request) => new Promise((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: () => fail(request.error) }));

function filled(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !OWN.includes(name) && !form.elements[name]?.matches?.("[data-now]"));
}

export function keep(box, form, amends = form.dataset.amends ?? null) {
  const names = ["h1", ".back a"].map((one) => document.querySelector(one)?.textContent.trim()); // what, and at whose
  const title = names.filter(Boolean).join(" · ") || document.title;
  const draft = { page: here(), title, fields: filled(form), amends, at: new Date().toISOString() };
  return box.run("draft", "readwrite", (tx) => ended(tx.objectStore("draft").put(draft, key(form))));
}

export function forget(box, form) {
  return box.run("draft", "readwrite", (tx) => ended(tx.objectStore("draft").delete(key(form))));
}

export async function start(box) {
  const asks = (form) => form.querySelector("input:not([type=hidden]), select, textarea") && !form.querySelector(SECRET);
  const forms = [...document.querySelectorAll("form.form[data-outbox]:not([data-photos])")].filter(asks);
  for (const form of forms) watch(box, form);
  document.addEventListener("outbox:saved", ({ detail }) => detail.form && forms.includes(detail.form) && settled(box, detail.form));
  const mend = /^#mend=([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  if (mend) return mending(box, forms, mend);
  if (document.querySelector("#main > .error-summary")) return; // the server has drawn what was typed
  for (const form of forms) {
    const draft = await box.run("draft", "readonly", (tx) => ended(tx.objectStore("draft").get(key(form))));
    if (draft) restore(box, form, draft);
  }
}

function watch(box, form) {
  let timer = null;
  const soon = (event) => {
    form.dataset.typed = "1";
    clearTimeout(timer);
    timer = setTimeout(now, event.type === "click" ? 0 : REST);
  };
  const now = () => {
    clearTimeout(timer);
    if (form.dataset.typed) keep(box, form).catch(() => {});
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("click", (event) => event.target.matches("input[type=file], input[type=file] *") && soon(event)); // the camera may kill the page
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && now());
  addEventListener("pagehide", now);
}

function settled(box, form) {
  delete form.dataset.typed;
  forget(box, form).catch(() => {});
}

// Puts values back into a form; opens what is folded over them.
export function fill(form, fields) {
  for (const control of form.elements) {
    if (!control.name || OWN.includes(control.name) || ["file", "password", "submit", "button"].includes(control.type)) continue;
    const values = fields.filter(([name]) => name === control.name).map(([, value]) => value);
    if (["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
    else if (values.length) control.value = values[0];
    else continue;
    if (control.checked || (control.type !== "hidden" && control.value && control.value !== control.defaultValue))
      for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
}

function restore(box, form, draft) {
  fill(form, draft.fields);
  if (draft.amends) form.dataset.amends = draft.amends;
  form.dataset.typed = "1";
  const notice = part("draft");
  notice.querySelector("time").textContent = when(draft.at);
  notice.querySelector("button").addEventListener("click", async () => {
    delete form.dataset.typed;
    await forget(box, form);
    location.replace(here());
    location.reload();
  });
  notice.id = "draft";
  form.before(notice);
  if (location.hash === "#draft") notice.scrollIntoView({ block: "center" });
}

async function mending(box, forms, id) {
  const entry = (await box.entries()).find((one) => one.id === id);
  const form = entry && forms.find((one) => new URL(one.action).pathname === entry.path);
  if (!form || entry.closed) return;
  fill(form, entry.fields);
  form.dataset.amends = id;
  const { draw } = await import("./errors.js");
  if (entry.why || Object.keys(entry.errors ?? {}).length) draw(form, entry.errors, entry.why);
  else form.scrollIntoView();
}

// Today: back to what was begun last.
export async function offer(box) {
  const place = document.querySelector("[data-continue]");
  const all = await box.run("draft", "readonly", (tx) => ended(tx.objectStore("draft").getAll()));
  const newest = all.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  if (!place || !newest) return;
  const link = place.querySelector("template").content.cloneNode(true);
  link.querySelector("a").href = `${newest.page}#draft`;
  link.querySelector("[data-text]").textContent = newest.title;
  link.querySelector("[data-when]").textContent = when(newest.at);
  place.append(link);
}
