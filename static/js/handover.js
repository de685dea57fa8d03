// The phone is in the customer's hand: the screen stays awake, Back stays here, a restored page asks the server again.
// The lock itself is the server's; this only keeps the customer from stumbling.

import { forgetHalf, keepHalf } from "./handover/half.js";
import { isThere } from "./handover/there.js";

history.replaceState({ handover: true }, "", location.href);
history.pushState({ handover: true }, "", location.href);
addEventListener("popstate", () => history.pushState({ handover: true }, "", location.href));
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// So that the PIN can end it should the signal go.
const token = /^\/h\/([^/]+)/.exec(location.pathname)?.[1];
if (token && token !== "offline") {
  import("./handover/kept.js")
    .then(({ rememberToken, tellOthers }) => (tellOthers(), rememberToken(token)))
    .catch(() => {});
}

// Half-answered questions go with the hand-over: they outlive a reload and a look back at the report.
const questions = document.getElementById("survey");
if (questions) keepHalf(questions, token);
else if (!/^\/h\/[^/]+(\/survey)?$/.test(location.pathname)) forgetHalf(); // without signal another page stands at its address

async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // refused when the battery is low; the page works all the same
  }
}
stayAwake();
document.addEventListener("visibilitychange", stayAwake);

// The network may go in the middle of it: nobody is led to the browser's error page, where all that was typed would be
// gone. A step goes on only when the server has answered just now; else the page stays as it is and says so.
const PATIENCE = 8000;
const status = document.getElementById("status");

function sayAway() {
  const line = document.createElement("p");
  line.className = "bad";
  line.textContent = status?.dataset.offline ?? "";
  status?.replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  event.preventDefault();
  if (await isThere(PATIENCE)) {
    if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
    return HTMLFormElement.prototype.submit.call(form);
  }
  delete form.dataset.sent;
  form.classList.remove("busy");
  sayAway();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href^='/h/']:not([data-go])");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (await isThere(PATIENCE)) location.assign(link.href);
  else sayAway();
});
