// Scan: the camera's picture is read by the browser where it can (BarcodeDetector); else a photo goes to the server.
// The camera stops as soon as a code is read and whenever the page is left or hidden.

const view = document.querySelector("[data-scanner]");
const form = document.querySelector("[data-scan-form]");
const PAUSE = 150; // ms between two looks
const EDGE = 1600; // pixels of a photo that is sent
let stream = null;

function say(words) {
  document.querySelector("[data-scan-status]").textContent = words;
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  if (view) view.hidden = true;
}

function take(code) {
  stop();
  form.elements.code.value = code;
  say(view.dataset.read.replace("{code}", code));
  navigator.vibrate?.(20);
  form.requestSubmit();
}

async function look(detector, video) {
  if (!stream) return;
  const codes = await detector.detect(video).catch(() => []);
  if (stream && codes.length) take(codes[0].rawValue);
  else setTimeout(look, PAUSE, detector, video);
}

async function begin() {
  const video = view.querySelector("video");
  try {
    const detector = new BarcodeDetector();
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (document.hidden) return stop();
    video.srcObject = stream;
    view.hidden = false;
    video.play().catch(() => {}); // until it plays nothing is found in it
    look(detector, video);
  } catch {
    stop();
    say(view.dataset.denied);
  }
}

if (view && "BarcodeDetector" in window && navigator.mediaDevices) {
  begin();
  addEventListener("pagehide", stop);
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : stream || begin()));
}

// A photo is made small and sent as soon as it is taken.
async function small(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], "code.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // the browser cannot read it (HEIC, say); the server can
  }
}
form?.elements.photo.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.files.length) return;
  const files = new DataTransfer();
  files.items.add(await small(input.files[0]));
  input.files = files.files;
  form.elements.code.value = "";
  form.requestSubmit();
});

// What is typed in a form comes along to the scan and back.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-scan]");
  if (!link) return;
  const address = new URL(link.href);
  for (const [name, value] of new FormData(link.closest("form") ?? undefined)) {
    if (value && ["item", "quantity", "new_serial", "old_serial", "old_part"].includes(name)) address.searchParams.set(name, value);
  }
  link.href = address.href;
});
