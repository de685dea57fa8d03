// A refusal that came while the form is still open, drawn as the server's pages draw it: a summary, and the words beside
// each field.

import { keep } from "./drafts.js";

const part = (name) => document.getElementById("outbox-words").content.querySelector(`[data-${name}]`).cloneNode(true);

// The person was told at once and the form still holds it: the entry goes, its values stay as a draft. What has files
// stays, because only the entry has them.
export async function show(box, form, entry, answer) {
  form.dataset.amends = entry.id;
  draw(form, answer.errors, answer.why); // first: the bar says that all is sent where no form says otherwise
  if (entry.files.length) return;
  if (form.matches(".form:not([data-photos])")) await keep(box, form, entry.id); // then the draft: the page may be killed
  await box.remove(entry.id, "shown");
}

export function draw(form, errors, why = "") {
  clear(form);
  const summary = part("summary");
  const list = summary.querySelector("ul");
  for (const [name, found] of Object.entries(errors ?? {}).flatMap(([name, all]) => all.map((one) => [name, one]))) {
    const named = name && form.elements.namedItem(name); // `elements.item` is the list's own method
    const control = named instanceof RadioNodeList ? named[0] : named;
    const field = control?.type !== "hidden" && control?.closest?.(".field");
    const row = list.appendChild(document.createElement("li"));
    if (!field) {
      row.textContent = found;
      continue;
    }
    const link = row.appendChild(document.createElement("a"));
    link.href = `#${control.id}`;
    link.textContent = nameOf(field) + found;
    beside(field, control, found);
  }
  if (!list.children.length) list.appendChild(document.createElement("li")).textContent = why;
  const main = document.getElementById("main");
  const heading = main.querySelector(":scope > .heading");
  heading ? heading.before(summary) : main.prepend(summary);
  summary.focus();
  summary.scrollIntoView({ block: "start" });
}

function nameOf(field) {
  const label = field.querySelector("label, legend").cloneNode(true);
  label.querySelector(".optional")?.remove();
  const text = label.textContent.trim();
  return text + (/[?？.。!！]$/.test(text) ? " " : document.documentElement.lang.startsWith("zh") ? "：" : ": ");
}

function beside(field, control, found) {
  field.classList.add("bad");
  field.closest("details")?.setAttribute("open", "");
  const line = part("error");
  line.id = `${control.id}-error`;
  line.querySelector("[data-text]").textContent = found;
  const title = ":scope > :is(label:not(.option), legend)"; // a tick has none: its words stand in the box
  const before = field.querySelector(`${title} ~ .hint`) ?? field.querySelector(title);
  before ? before.after(line) : field.prepend(line);
  const described = field.matches("fieldset") ? field : control;
  described.setAttribute("aria-describedby", [described.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" "));
  control.setAttribute("aria-invalid", "true");
}

function clear(form) {
  document.querySelector("#main > .error-summary")?.remove();
  for (const line of form.querySelectorAll(".error[id$='-error']")) {
    for (const one of form.querySelectorAll(`[aria-describedby~="${CSS.escape(line.id)}"]`))
      one.setAttribute("aria-describedby", one.getAttribute("aria-describedby").replace(line.id, "").trim());
    line.remove();
  }
  for (const field of form.querySelectorAll(".field.bad")) field.classList.remove("bad");
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}
