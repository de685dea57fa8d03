// Photos: shrunk on the phone, each sent alone under an entry id of its own. Without script the plain form sends one.

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

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function row(form, file) {
  const line = document.createElement("li");
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = form.dataset.waiting;
  line.append(image, words);
  form.querySelector("[data-uploads]").append(line);
  return { line, words };
}

function upload(form, file) {
  const fields = new FormData(form);
  fields.set("entry_id", newId());
  fields.delete("photo");
  return { form, file, fields, ...row(form, file) };
}

// Made once, when its turn comes: a repeat has the same id and the same bytes, and memory holds one picture.
async function content(job) {
  if (!job.fields.has("photo")) job.fields.append("photo", await shrink(job.file));
  return job.fields;
}

async function send(job) {
  const { form, words, line } = job;
  words.textContent = form.dataset.sending;
  line.querySelector("button")?.remove();
  try {
    const answer = await fetch(form.action, { method: "POST", body: await content(job), headers: { "X-Outbox": "1" } });
    const proof = await answer.json().catch(() => ({}));
    if (["applied", "held"].includes(proof.state)) {
      words.textContent = form.dataset.sent;
      return true;
    }
    const reasons = Object.values(proof.errors || {}).flat();
    words.textContent = reasons.join(" ") || proof.why || form.dataset.refused;
  } catch {
    words.textContent = form.dataset.failed;
  }
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn btn-secondary";
  again.textContent = form.dataset.again;
  again.addEventListener("click", async () => (await send(job)) && settle(form));
  line.append(again);
  return false;
}

function settle(form) {
  if (!form.querySelector("[data-uploads] button")) location.reload();
}

async function pick(form, input) {
  const jobs = [...input.files].map((file) => upload(form, file));
  input.value = "";
  let all = true;
  for (const job of jobs) all = (await send(job)) && all;
  if (all) settle(form);
}

for (const form of document.querySelectorAll("form[data-photos]")) {
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
