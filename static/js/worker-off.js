// Served in the worker's place when the house has switched it off: it removes the worker and all that was kept. Work
// that waits to be sent, its second copies, and a phone's being in a customer's hands are not touched.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(leave()));
async function leave() {
  const stays = (name) => name.startsWith("second-") || name === "lock" || name === "handed";
  await Promise.all((await caches.keys()).filter((name) => !stays(name)).map((name) => caches.delete(name)));
  await registration.unregister();
}
