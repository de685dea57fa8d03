// Signing out: what is kept of the day goes first. That work waits is said by the outbox, which is asked before this.
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
