// The customer's steps on a phone without signal: read, answer, sign, done, and the technician's PIN. One thing a page,
// as the server's pages have it. What is done is an entry of the outbox at once and stays; what is begun is kept.

import { currentBox, phoneTime, say } from "../outbox.js";
import { envelope, field } from "../outbox/sealing.js";
import { attach } from "../signature.js";
import { digestOf, shownContent } from "./compose.js";
import { forgetHalf, keepHalf } from "./half.js";
import { forgetHandOver, handedOver, keep, present, unlock } from "./kept.js";
import { complain, fillReport, slot } from "./page.js";
import { begunAnew, isRightPin, triesLeft } from "./pin.js";
import { Reading } from "./reading.js";
import { isThere } from "./there.js";

const PATIENCE = 8000;
const stage = document.getElementById("stage");
const actions = document.getElementById("actions");
const words = JSON.parse(document.getElementById("paper-words").dataset.words);
let state = null;

const steps = { read, survey, sign, done, pin, away };
let busy = false;

// What a form of the surface does when it is sent: once, however often it is tapped, and with words where the phone
// cannot store it.
const once = (work) => async (event) => {
  event.preventDefault();
  event.stopPropagation();
  if (busy) return;
  busy = true;
  try {
    await work(event);
  } catch {
    say(document.getElementById("outbox-words").dataset.broken, "bad");
  } finally {
    busy = false;
  }
};

async function show(step) {
  const tongue = document.querySelector(`template[data-tongue="${state.locale}"]`).content;
  const section = document.importNode(tongue.querySelector(`[data-step="${step}"]`), true);
  section.querySelectorAll("form").forEach((form) => (form.dataset.offline = "")); // not barred without signal
  const bar = section.querySelector("[data-actions]");
  stage.replaceChildren(section);
  actions.replaceChildren(...(bar ? [bar] : []));
  document.documentElement.lang = state.locale.replace("_", "-");
  if (state.company) document.querySelector("[data-provider]").textContent = state.company;
  document.querySelector(".step").textContent = section.dataset.title ?? "";
  await steps[step](section);
  document.getElementById("main").scrollIntoView({ block: "start" });
  const heading = section.querySelector("h1");
  for (const [name, value] of [["tabindex", "-1"], ["data-focus", ""]]) heading?.setAttribute(name, value);
  heading?.focus({ preventScroll: true });
}

// The step that is due: nothing that is done is done again, whatever was typed, reloaded or gone back to.
async function go(change = {}) {
  Object.assign(state, change);
  await keep(state);
  await show(state.asks ? "pin" : state.signed ? "done" : state.surveyed ? (state.again ? "read" : "sign") : state.read ? "survey" : "read");
}

function read(section) {
  fillReport(section, new Reading(state.payload, words), state.photos.map((photo) => photo && URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }))));
}

function survey(section) {
  const form = section.querySelector("form");
  for (const control of form.querySelectorAll("[name^=q_]")) {
    const asked = state.asked.includes(control.name) || ["q_comment", "q_reasons"].includes(control.name);
    if (!asked) control.closest(".field")?.remove();
  }
  keepHalf(form, state.token);
  section.querySelector(`a[href="/h/offline"]`)?.setAttribute("data-go", "reread");
  form.addEventListener("submit", once(async (event) => {
    const declined = event.submitter?.name === "declined";
    const fields = [...new FormData(form)].filter(([name, value]) => name.startsWith("q_") && value);
    if (!declined) {
      const given = Object.fromEntries(fields);
      const required = ["q_overall", "q_resolved", "q_gift", "q_private_fee", "q_pressured"];
      const problems = required.filter((name) => !given[name]).map((name) => [name, section.dataset.choose]);
      const unhappy = ["1", "2"].includes(given.q_overall) || given.q_resolved === "no";
      if (!problems.length && unhappy && !given.q_comment?.trim() && !given.q_reasons) problems.push(["q_comment", section.dataset.why]);
      complain(section, form, section.dataset.problem, problems);
      if (problems.length) return;
    }
    await answered(declined ? [["declined", "1"]] : [["sealed_answers", await sealed(fields)]]);
  }));
}

async function answered(fields) {
  const entry = await add("survey", [...fields, ["entries", state.entries.handover]]);
  state.entries.survey = entry.id;
  forgetHalf();
  await go({ surveyed: true });
}

async function sealed(fields) {
  return field(await envelope(JSON.stringify({ fields }), state.key, state.token));
}

function sign(section) {
  const form = section.querySelector("form");
  const reading = new Reading(state.payload, words);
  slot(section, "signer-label").textContent = reading.label("signer_name");
  slot(section, "signer").textContent = state.signer.name;
  slot(section, "role").textContent = state.signer.role ? `· ${reading.choice("signer_role", state.signer.role)}` : "";
  restore(form);
  section.querySelector("[data-signature]").setAttribute("data-fleeting", ""); // kept here, not for the tab alone
  attach(section);
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      state.typed = Object.fromEntries([...new FormData(form)].filter(([name]) => ["strokes", "typed_name", "witness", "remarks", "agree"].includes(name)));
      keep(state);
    });
  }
  const send = once(async () => {
    const given = Object.fromEntries(new FormData(form));
    const [typed, witness] = [given.typed_name?.trim(), given.witness?.trim()];
    const problems = [];
    if (!given.agree) problems.push(["agree", section.dataset.agree]);
    if (witness && !typed) problems.push(["typed_name", section.dataset.name]);
    else if (witness && witness.toLowerCase() === typed.toLowerCase()) problems.push(["witness", section.dataset.other]);
    if (!typed && !given.strokes) problems.push(["typed_name", section.dataset.blank]);
    complain(section, form, section.dataset.problem, problems);
    if (!problems.length) await signed(given, typed, section.querySelector("[data-statement]").dataset.statement);
  });
  form.addEventListener("submit", (event) => (event.defaultPrevented ? event.stopPropagation() : send(event)));
}

function restore(form) {
  for (const [name, value] of Object.entries(state.typed ?? {})) {
    const control = form.elements[name];
    if (control?.type === "checkbox") control.checked = true;
    else if (control) control.value = value;
    if (value) control?.closest("details")?.setAttribute("open", "");
  }
}

async function signed(given, typed, version) {
  const at = new Date();
  const mark = typed ? [["typed_name", typed], ["witness", given.witness?.trim() ?? ""]] : [["strokes", given.strokes]];
  const named = [...state.rests, state.entries.handover, state.entries.survey].join(" ");
  const entry = await add("signature", [
    ...mark, ["agree", "on"], ["remarks", given.remarks?.trim() ?? ""], ["occurred_at", phoneTime(at)], ["statement", version],
    ["shown", state.shown], ["shown_digest", await digestOf(state.shown)], ["entries", named],
  ]);
  state.entries.signature = entry.id;
  state.typed = {};
  await go({ signed: at.toTimeString().slice(0, 5), again: false });
}

function done(section) {
  slot(section, "saved").textContent = section.dataset.saved.replace("{time}", state.signed);
  slot(section, "qr").src = state.qr;
  slot(section, "verify").textContent = state.verify;
  return pad(section);
}

function pin(section) {
  return pad(section);
}

// The server has handed the phone over and cannot be reached: it goes on there as soon as it can, or the PIN ends it.
async function away(section) {
  section.querySelector("[data-back]").hidden = !state.token;
  if (state.token) await pad(section);
  const look = async () => {
    if ((await isThere(PATIENCE)) && state) location.replace(state.token ? `/h/${state.token}` : "/");
  };
  section.querySelector("[data-look]").addEventListener("click", look);
  addEventListener("online", look);
  setInterval(look, PATIENCE);
}

async function pad(section) {
  const tongue = document.querySelector(`template[data-tongue="${state.locale}"]`).content;
  const made = document.importNode(tongue.querySelector('[data-step="pad"]'), true);
  const said = tongue.querySelector('[data-step="pin"]').dataset;
  const [byPin, byPassword] = made.querySelectorAll("form");
  slot(section, "pin").replaceChildren(made);
  const left = () => triesLeft(state.person, state.pin);
  const turn = async () => {
    const none = (await left()) <= 0;
    [byPin.hidden, byPassword.hidden] = [none, !none];
    if (none) tell(slot(byPassword, "password-problem"), said.none);
  };
  byPin.addEventListener("submit", once(async () => {
    const typed = byPin.elements.pin.value.trim();
    if (!typed) return tell(slot(byPin, "pin-problem"), said.write);
    if (await isRightPin(typed, state.person, state.pin)) return released([["sealed_pin", await sealed([["pin", typed]])]]);
    byPin.elements.pin.value = "";
    tell(slot(byPin, "pin-problem"), said.wrong.replace("{n}", await left()));
    await turn();
  }));
  byPassword.addEventListener("submit", once(async () => {
    const problem = slot(byPassword, "password-problem");
    try {
      const answer = await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(byPassword)), redirect: "follow" });
      const hello = answer.redirected && (await (await fetch("/offline/hello", { cache: "no-store" })).json());
      if (!hello || hello.person !== state.person) return tell(problem, said.bad);
    } catch {
      return tell(problem, said.away);
    }
    if (state.pin) await begunAnew(state.person, state.pin);
    await released([]);
  }));
  await turn();
}

function tell(line, text) {
  line.textContent = text;
  line.hidden = false;
  line.closest("form").scrollIntoView({ block: "nearest" }); // the button too
}

async function released(fields) {
  const entries = state.entries?.handover ?? "";
  await add("release", [...fields, ["occurred_at", phoneTime()], ["entries", entries]]).catch(() => {}); // a full phone must not stay locked
  const back = `/visits/${state.visit}`;
  await unlock();
  await forgetHandOver();
  forgetHalf();
  state = null;
  location.replace(back);
}

async function add(action, fields) {
  const box = currentBox();
  const path = `/h/${state.token}/${action}`;
  const entry = await box.add({ path, visit: state.visit, action, fields, label: state.labels[action] });
  box.send().catch(() => {});
  return entry;
}

document.addEventListener("click", (event) => {
  const where = event.target.closest("[data-go]")?.dataset.go;
  if (!where || !state) return;
  event.preventDefault();
  if (where === "on") go({ read: true, again: false });
  else if (where === "reread") go({ read: false });
  else if (where === "again") go({ again: true });
  else if (where === "pin") go({ asks: true });
  else if (where === "back") go({ asks: false });
});

state = await present().catch(() => null);
if (state && state.person === stage.dataset.person) {
  state.shown ??= shownContent(state.payload);
  await go();
} else if ((state = await handedOver().catch(() => null))) {
  state.locale ??= stage.dataset.locale;
  await show("away");
}
