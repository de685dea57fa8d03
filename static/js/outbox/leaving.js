// Signing out: whoever still has something to send is told so once; then all that waits is closed. Without an answer
// nobody can sign out, and nothing is closed: the work that waits must stay readable for whoever stays signed in.

import { isThere } from "../handover/there.js";
import { text } from "./bar.js";
import { leave as close } from "./sealing.js";

const PATIENCE = 4000;

export async function leave(box, form, go) {
  const { count } = await box.waiting();
  if (count && !form.dataset.warned) return warn(form, count);
  if (!(await isThere(PATIENCE))) return go(); // day/leaving.js says so
  const open = !(await close(box));
  const known = JSON.parse(localStorage.getItem("outbox-known") ?? "{}");
  localStorage.setItem("outbox-known", JSON.stringify({ ...known, [box.person]: { count, open } }));
  navigator.clearAppBadge?.().catch(() => {});
  go();
}

function warn(form, count) {
  form.dataset.warned = "1";
  const notice = document.getElementById("outbox-words").content.querySelector("[data-leaving]").cloneNode(true);
  notice.querySelector("[data-text]").textContent = text("leaving", { n: count });
  form.prepend(notice);
  notice.querySelector("a").focus();
}
