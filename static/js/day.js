// The day on this phone: loaded after everything else, on pages of people who are signed in and on the sign-in page, so
// that it costs no page its first moment.

import { watch as watchBack } from "./day/back.js";
import { watch as watchUse } from "./day/idle.js";
import { show as showKept } from "./day/kept.js";
import { watch } from "./day/leaving.js";
import { register, unregister } from "./day/newer.js";
import { dropDays, download, isOf, refresh, wholeDay } from "./day/snapshot.js";
import { show as showToday } from "./day/today.js";

const { person, kept, day, worker } = document.documentElement.dataset;
const ROOT = new URL("../../../../", import.meta.url).pathname;
const OFTEN = 10 * 60 * 1000; // ms between two looks at the day from pages other than Today
const SETTLED = 1500; // ms after the last entry was answered
const inWeChat = /MicroMessenger/i.test(navigator.userAgent);
const able = "serviceWorker" in navigator && "caches" in globalThis && !inWeChat;

const changed = new Map(); // visits that wait to be fetched anew

if (kept) showKept();
if (person) watch(ROOT);
if (able && person && !document.body.classList.contains("handover")) watchBack();
if (person && globalThis.BroadcastChannel && !document.body.classList.contains("handover")) {
  new BroadcastChannel("handover").onmessage = () => location.reload(); // the phone was handed over in another tab
}
if (able && day !== undefined && !document.getElementById("unlock")) watchUse();
if (able && day !== undefined && worker !== "off") document.addEventListener("outbox:answered", answered);
begin().catch(() => {}); // comfort: the page is whole without it, and the next one tries again

async function begin() {
  if (!able) return onlineOnly();
  await (person ? dropDays(isOf(person)) : dropDays());
  if (worker === "off") return unregister();
  try {
    await register(ROOT);
  } catch {
    return onlineOnly(); // a private window, or storage that is switched off
  }
  if (day === undefined) return;
  if (document.querySelector("[data-today]")) await showToday(person, ROOT, !kept);
  else if (!kept && (await isDue())) await download(person, ROOT).catch(() => null);
}

function onlineOnly() {
  for (const line of document.querySelectorAll("[data-online-only]")) line.hidden = (line.dataset.onlineOnly === "wechat") !== inWeChat;
}
async function isDue() {
  const manifest = (await wholeDay(person, ROOT))?.manifest;
  return !manifest || Date.now() - (manifest.looked ?? manifest.made) > OFTEN;
}

// An entry took effect: its visit is fetched anew, once for all that come in a row.
function answered(event) {
  const { visit } = event.detail?.entry ?? {};
  if (!visit) return;
  clearTimeout(changed.get(visit));
  changed.set(visit, setTimeout(() => refresh(person, ROOT, visit).catch(() => null), SETTLED));
}
