// The worker is registered, and a newer one begins when nothing is typed and nothing is being sent; else a banner says so.

const ASKING = 300; // ms for the other tabs to say that something is typed there; one that sleeps has it as a draft
const tabs = globalThis.BroadcastChannel && new BroadcastChannel("newer");
let sending = false;
document.addEventListener("outbox:changed", (event) => (sending = Boolean(event.detail?.sending)));

tabs?.addEventListener("message", ({ data }) => data === "busy?" && isBusy() && tabs.postMessage("busy"));

export async function register(root) {
  const registration = await navigator.serviceWorker.register(`${root}sw.js`, { scope: root, updateViaCache: "none" });
  const waits = (worker) => worker && navigator.serviceWorker.controller && offer(worker);
  waits(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => worker.state === "installed" && waits(worker));
  });
  return registration;
}
export async function unregister() {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
}

async function offer(worker) {
  if (isBusy() || (await othersAreBusy())) return banner(worker);
  worker.postMessage({ type: "activate" });
}
const isBusy = () => sending || isDirty();
function othersAreBusy() {
  tabs?.postMessage("busy?");
  return new Promise((done) => {
    tabs?.addEventListener("message", ({ data }) => data === "busy" && done(true));
    setTimeout(done, tabs ? ASKING : 0, false);
  });
}
// Something is typed, chosen or on its way.
export function isDirty() {
  return [...document.querySelectorAll("form[method=post]")].some((form) => form.dataset.sent || [...form.elements].some(isChanged));
}
function isChanged(field) {
  if (field.type === "hidden" || field.disabled) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0;
  return "defaultValue" in field && field.value !== field.defaultValue;
}
function banner(worker) {
  const words = document.getElementById("newer");
  const status = document.getElementById("status");
  if (!words || !status || status.querySelector("[data-newer]")) return;
  const line = words.content.firstElementChild.cloneNode(true);
  line.querySelector("button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    worker.postMessage({ type: "activate" });
  });
  status.append(line);
}
