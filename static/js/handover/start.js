// “Hand to customer”: with a connection the server takes over, without one the phone does, if it has all that this needs.
// What is missing is said, with the way to it.

import { currentBox, phoneTime } from "../outbox.js";
import { gapsOf } from "../visit/facts.js";
import { stateOf } from "../visit/state.js";
import { compose, shownContent } from "./compose.js";
import { lock, note, noted, rememberHandOver } from "./kept.js";
import { element } from "./page.js";
import { isThere } from "./there.js";

const PATIENCE = 4000;
const page = document.getElementById("hand-over");
const form = document.getElementById("handover");
const says = page?.dataset ?? {};
let busy = false;

async function kept() {
  if (!globalThis.caches || !navigator.serviceWorker?.controller) return null;
  const found = await caches.match(`/offline/visits/${says.visit}`, { ignoreVary: true });
  return found ? found.json() : null;
}

// The facts as they are with all that was recorded since, or null where the phone does not know the visit.
async function present() {
  const [day, box] = [await kept(), currentBox()];
  if (!day || !box) return null;
  const { facts, entries, waiting } = await stateOf(box, day, says.visit);
  return { day, box, facts, waiting: entries.filter((entry) => waiting.has(entry.id)) };
}

function whyNot(found) {
  if (!found?.day.handover?.token || !found.day.report || !crypto.subtle) return says.unknown;
  if (found.day.handover.revision > 1) return says.signed;
  if (!found.day.handover.pin) return says.pin;
  if (found.facts.finding?.outcome === "no_access") return says.nobody;
  return "";
}

function tell(words) {
  const line = element("p", "bad", words);
  document.getElementById("status").replaceChildren(line);
}

// Of a kept page: what was missing when it was kept may be there by now, and the other way round.
function listGaps(gaps) {
  const known = JSON.parse(document.getElementById("gaps").dataset.words);
  const box = document.getElementById("missing-now");
  box.hidden = !gaps.length;
  box.querySelector("ul").replaceChildren(
    ...gaps.map((gap) => {
      const [line, link] = [element("li"), element("a", "", known[gap][0])];
      link.href = known[gap][1];
      line.append(link);
      return line;
    }),
  );
  page.hidden = gaps.length > 0;
  document.querySelectorAll(".action-bar").forEach((bar) => (bar.hidden = gaps.length > 0));
}

async function handOver(found) {
  const { day, box, facts, waiting } = found;
  const { handover, report } = day;
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  const contact = given.signer_name ? null : handover.signers.find((one) => one.id === given.signer);
  const signer = contact ? { name: contact.name, role: contact.role } : { name: given.signer_name, role: given.signer_role ?? "" };
  if (!signer.name) return tell(says.who);
  if (!given.locale) return tell(says.language);
  const spent = (await noted(`tickets-${says.visit}`)) ?? [];
  const token = handover.tokens.find((one) => !spent.includes(one));
  if (!token) return tell(says.unknown);
  const payload = compose(report, facts, given.locale);
  const rests = waiting.map((entry) => entry.id);
  const at = phoneTime();
  const entry = await box.add({
    path: `/visits/${says.visit}/handover`, visit: says.visit, action: "handover", label: says.labelHandover,
    fields: [
      ["token", token], ["locale", given.locale], ["signer_name", signer.name], ["signer_role", signer.role],
      ["signed_for", given.signed_for ?? ""], ["signer_phone", given.signer_phone ?? ""], ["occurred_at", at], ["entries", rests.join(" ")],
    ],
  });
  await note(`tickets-${says.visit}`, [...spent, token].slice(-30));
  await lock({
    person: box.person, visit: says.visit, token, at, locale: given.locale, company: handover.company[given.locale], signer, payload,
    shown: shownContent(payload), photos: await pictures(box, facts), rests, entries: { handover: entry.id }, asked: handover.asked,
    pin: handover.pin, key: handover.key, verify: handover.verify, qr: handover.qr, read: false, surveyed: false, signed: "",
    labels: { survey: says.labelSurvey, signature: says.labelSignature, release: says.labelRelease },
  });
  location.replace("/h/offline");
}

// The signal may go while the server has handed the phone over: then the phone needs to know how the visit stands now.
async function prepare() {
  const { renew } = await import("../day/snapshot.js");
  await renew(document.documentElement.dataset.person, "/", `/offline/visits/${says.visit}`).catch(() => {});
  const found = await present();
  await rememberHandOver(found && backOf(found));
}

// What takes the phone back, should the signal go while the server has handed it over.
function backOf({ day, box }) {
  const { pin, key, company } = day.handover;
  const { locale } = Object.fromEntries(new FormData(form));
  return { person: box.person, visit: says.visit, locale, pin, key, company: company[locale], labels: { release: says.labelRelease } };
}

// The bytes of photos: of those that wait as they were taken, of those that the office has the small ones of the day.
async function pictures(box, facts) {
  const entries = await box.entries();
  return Promise.all(
    facts.photos.map(async (photo) => {
      const sha = entries.find((entry) => entry.id === photo.waiting)?.files[0]?.[3];
      const found = sha && (await box.file(sha).catch(() => null));
      return found ? { bytes: found.bytes, type: found.type } : small(photo);
    }),
  );
}
async function small(photo) {
  const kept = await caches.match(`/visits/${says.visit}/photos/${photo.id}/thumbnail.jpg`, { ignoreVary: true });
  return kept ? { bytes: await kept.arrayBuffer(), type: "image/jpeg" } : null; // its caption alone
}

// Forms that need the server are barred on kept pages; this one goes on without it.
function unbar() {
  form.dataset.offline = "";
  document.querySelectorAll('button[form="handover"]').forEach((button) => (button.disabled = false));
  document.querySelector(".action-bar .needs-signal")?.remove();
}

if (page && form) {
  unbar();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (await isThere(PATIENCE)) {
      await Promise.race([prepare().catch(() => {}), new Promise((done) => setTimeout(done, PATIENCE))]); // comfort: with signal it goes on all the same
      return form.submit();
    }
    const found = await present().catch(() => null);
    const why = whyNot(found);
    if (why) return tell(why);
    const gaps = gapsOf(found.facts);
    if (gaps.length) return listGaps(gaps);
    if (busy) return; // the second tap of two
    busy = true;
    await handOver(found).catch(() => tell(document.getElementById("outbox-words").dataset.broken)).finally(() => (busy = false));
  });
  if (document.documentElement.dataset.kept) {
    const found = await present().catch(() => null);
    if (found) listGaps(gapsOf(found.facts));
  }
}
