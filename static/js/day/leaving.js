// Signing out: what is kept of the day goes first. Work that waits stays on the phone, and is named before one goes.
// Without signal nobody can sign out: then the day stays as well.

import { dropDays } from "./snapshot.js";

const PATIENCE = 4000;
let hello = "";

export function watch(root) {
  hello = `${root}offline/hello`;
  document.addEventListener("submit", leave, true);
}
async function leave(event) {
  const form = event.target;
  if (!form.matches("form[data-leaving]") || form.dataset.asked) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { count } = (await waiting()) ?? { count: 0 };
  if (count) ask(form, count);
  else await go(form);
}
async function go(form) {
  if (!(await isThere())) return say();
  await dropDays();
  form.dataset.asked = "1";
  form.submit();
}

const isThere = () =>
  fetch(hello, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) }).then(() => true, () => false);
function say() {
  const status = document.getElementById("status");
  const line = document.createElement("p");
  line.className = "quiet";
  line.textContent = status?.dataset.offline ?? "";
  status?.replaceChildren(line);
}

// The outbox of this page; a page without one has nothing that waits.
async function outbox() {
  const script = document.querySelector('script[src$="/js/outbox.js"]');
  return script && (await import(script.src)).currentBox?.();
}
async function waiting() {
  try {
    return await (await outbox())?.waiting();
  } catch {
    return null;
  }
}
function ask(form, count) {
  if (form.querySelector(".banner")) return;
  const panel = document.getElementById("leaving").content.firstElementChild.cloneNode(true);
  panel.querySelector("[data-count]").textContent = (count === 1 ? panel.dataset.one : panel.dataset.more).replace("{n}", count);
  const [first, anyway] = panel.querySelectorAll("button");
  first.addEventListener("click", () => sendFirst(form, panel, first));
  anyway.addEventListener("click", () => go(form));
  form.append(panel);
  first.focus();
}
async function sendFirst(form, panel, button) {
  button.disabled = true;
  try {
    await (await outbox()).send();
  } catch {
    // What was not sent is still there, and is counted again.
  }
  button.disabled = false;
  const left = (await waiting())?.count ?? 0;
  panel.remove();
  if (left) ask(form, left);
  else await go(form);
}
