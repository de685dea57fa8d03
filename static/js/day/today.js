// Today, and what the phone has of it: a line at each visit, and once the way to keep the portal like an app.

import { download, keptAt, wholeDay } from "./snapshot.js";
import { when } from "../when.js";

const SEEN = "install-card";
let prompt = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  prompt = event;
});

export async function show(person, root, canDownload) {
  await sayKept(person, root);
  if (!canDownload) return;
  const told = (id, state) => say(id, state, Date.now(), () => show(person, root, true));
  const manifest = await download(person, root, told).catch(() => full(told));
  await sayKept(person, root);
  if (manifest?.install) offer();
}
async function sayKept(person, root) {
  const now = await wholeDay(person, root);
  for (const visit of now?.manifest.visits ?? []) {
    const at = await keptAt(now.day, visit);
    if (at) say(visit.id, "kept", at);
  }
}
// The phone has no room, or does not let us write.
function full(told) {
  for (const line of document.querySelectorAll("[data-keeping]")) told(line.dataset.keeping, "failed");
}

function say(id, state, at, again) {
  const line = document.querySelector(`[data-keeping="${id}"]`);
  const words = document.getElementById("keeping");
  if (!line || !words) return;
  const shown = words.content.querySelector(`[data-state="${state}"]`).cloneNode(true);
  for (const time of shown.querySelectorAll("time")) time.textContent = when(at);
  shown.querySelector("button")?.addEventListener("click", again);
  line.replaceChildren(shown);
  line.hidden = false;
}

// After the second finished visit, until it is installed or sent away.
function offer() {
  const card = document.getElementById("install");
  if (!card || !card.hidden || isInstalled() || wasSeen()) return;
  const iOS = /iPad|iPhone|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  card.querySelector("[data-steps=ios]").hidden = !iOS;
  card.querySelector("[data-steps=other]").hidden = iOS;
  const button = card.querySelector("[data-install]");
  button.hidden = iOS || !prompt;
  button.addEventListener("click", async () => {
    await prompt.prompt();
    sendAway(card);
  });
  card.querySelector("[data-dismiss]").addEventListener("click", () => sendAway(card));
  card.hidden = false;
}
function sendAway(card) {
  card.hidden = true;
  try {
    localStorage.setItem(SEEN, "1");
  } catch {
    // A browser that keeps nothing shows it again.
  }
}
const isInstalled = () => navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
function wasSeen() {
  try {
    return localStorage.getItem(SEEN) === "1";
  } catch {
    return false;
  }
}
