// Photos: shrunk on the phone, each an entry of the outbox of its own. Without script the plain form sends one.

import { currentBox, EmptyFile, entryOf, newId, say, sendUnstored } from "./outbox.js";

const EDGE = 1600; // pixels of the longer side, and at most 400 KB; a picture full of detail gets smaller steps
const BYTES = 400 * 1024;
const STEPS = [[EDGE, 0.8], [EDGE, 0.65], [EDGE, 0.5], [1280, 0.5], [1024, 0.4]];

async function shrink(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    let best = null;
    for (const [edge, quality] of STEPS) {
      best = await draw(picture, edge, quality);
      if (best && best.size <= BYTES) break;
    }
    picture.close();
    if (!best || (best.size >= file.size && file.size <= BYTES)) return file;
    return new File([best], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file; // the browser cannot read it (HEIC, say); the server can
  }
}

function draw(picture, edge, quality) {
  const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

// One entry for each photo: it stands on the page as waiting as soon as the phone has it.
async function pick(form, input) {
  const files = [...input.files];
  input.value = "";
  for (const file of files) {
    try {
      await keep(form, await shrink(file));
    } catch (problem) {
      say(problem instanceof EmptyFile ? form.dataset.empty : form.dataset.full, "bad");
    }
  }
}

async function keep(form, file) {
  const { path, visit, fields, label } = entryOf(form);
  const chip = form.querySelector("input[type=radio]:checked")?.closest("label")?.textContent.trim();
  const saved = { path, visit, fields, label: [chip, label].filter(Boolean).join(" · "), files: [["photo", file]] };
  const box = currentBox();
  if (!box) return straight(form, saved, file);
  let entry;
  try {
    entry = await box.add(saved);
  } catch (problem) {
    if (!problem.made || !(await sendUnstored(problem.made))) throw problem;
    return location.reload();
  }
  document.dispatchEvent(new CustomEvent("outbox:saved", { detail: entry }));
  document.dispatchEvent(new CustomEvent("outbox:send"));
}

// Without a store the photo goes as the plain form would send it.
async function straight(form, { fields }, file) {
  const body = new FormData();
  for (const name of ["csrf_token", "entry_id"]) body.append(name, form.elements[name].value);
  body.set("entry_id", newId());
  for (const [name, value] of fields) body.append(name, value);
  body.append("photo", file);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Outbox": "1" } });
  if (answer.ok) location.reload();
  else throw new Error(answer.status);
}

// The page is drawn anew after each photo: what the last one showed stays chosen, as long as the tab lives.
function remember(form) {
  const place = `photo-label ${location.pathname}`;
  const chips = form.elements.namedItem("label");
  try {
    const last = sessionStorage.getItem(place);
    if (last) chips.value = last;
    form.addEventListener("change", ({ target }) => target.name === "label" && sessionStorage.setItem(place, target.value));
  } catch {
    // a browser that stores nothing: each photo is labelled anew
  }
}

for (const form of document.querySelectorAll("form[data-photos]")) {
  remember(form);
  for (const input of form.querySelectorAll("input[data-photo]")) {
    input.disabled = false;
    if (!input.hasAttribute("capture")) input.multiple = true;
    input.addEventListener("change", () => input.files.length && pick(form, input));
  }
}

// A photo inside another form (no access, say) is shrunk when it is chosen and goes with that form.
for (const input of document.querySelectorAll("form:not([data-photos]) input[data-photo]")) {
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const files = new DataTransfer();
    files.items.add(await shrink(input.files[0]));
    input.files = files.files;
  });
}
