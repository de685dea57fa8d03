// Rows of what waits, where the page lists what the office has: drawn from the outbox as text, replaced by the server's
// own rows as soon as it has them.

import { isUndoable } from "../outbox.js";
import "./taking.js"; // here before the signal goes

const visitOf = (path) => /^\/visits\/([0-9a-f-]{36})/.exec(path)?.[1];
const shown = new Map(); // entry → address of its preview

export function start(box) {
  const lists = [...document.querySelectorAll("ul[data-waiting]")];
  const draw = () => lists.forEach((list) => rows(box, list).catch(() => {}));
  document.addEventListener("outbox:changed", draw);
  document.addEventListener("outbox:answered", ({ detail }) => arrived(box, lists, detail));
  draw();
}

async function rows(box, list) {
  const visit = list.dataset.visit ?? visitOf(location.pathname);
  const entries = (await box.entriesOf(visit)).filter(({ action }) => action === list.dataset.waiting);
  const lines = [];
  for (const entry of entries) lines.push(await row(box, list, entry));
  list.hidden = !lines.length;
  list.replaceChildren(list.querySelector("template"), ...lines);
}

export async function row(box, list, entry) {
  const line = list.querySelector("template").content.firstElementChild.cloneNode(true);
  line.dataset.entry = entry.id;
  line.dataset.state = entry.state;
  line.querySelector("[data-label]").textContent = entry.label ?? "";
  const refused = entry.state === "refused" || entry.state === "unknown";
  const reasons = [...Object.values(entry.errors ?? {}).flat(), entry.why].filter(Boolean).join(" ");
  line.querySelector("[data-state]").textContent = refused ? `${list.dataset.refused} ${reasons}` : entry.state === "frozen" ? list.dataset.sending : list.dataset.onPhone;
  line.querySelector("[data-state]").classList.toggle("error", refused);
  line.querySelector("[data-mend]").hidden = !refused;
  const undo = line.querySelector("[data-undo]");
  undo.hidden = !isUndoable(entry);
  undo.addEventListener("click", () => box.undo(entry.id));
  await preview(box, line.querySelector("img"), entry);
  return line;
}

async function preview(box, image, entry) {
  const sha = entry.files.find(([, , type]) => type.startsWith("image/"))?.[3];
  if (!image || !sha) return;
  if (!shown.has(entry.id)) {
    const file = await box.file(sha).catch(() => null);
    if (file) shown.set(entry.id, URL.createObjectURL(new Blob([file.bytes], { type: file.type })));
  }
  image.src = shown.get(entry.id) ?? "";
  image.hidden = !shown.has(entry.id);
}

// The server has it now: its own row comes with the page, unless somebody is typing in it.
async function arrived(box, lists, { entry, answer }) {
  const here = lists.some((list) => list.dataset.waiting === entry.action && (list.dataset.visit ?? visitOf(location.pathname)) === entry.visit);
  if (!here || !["applied", "held"].includes(answer.state)) return;
  const left = (await box.entriesOf(entry.visit)).some(({ action, state }) => action === entry.action && state !== "refused" && state !== "unknown");
  const busy = document.querySelector("form[data-typed], form[data-saving]");
  if (!left && !busy) location.reload();
}
