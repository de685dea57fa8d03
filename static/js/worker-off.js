// Served in the worker's place when the house has switched it off: it removes the worker and all that was kept. Work
// that waits to be sent, and its second copies, are not touched.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(leave()));
async function leave() {
  await Promise.all((await caches.keys()).filter((name) => !name.startsWith("second-")).map((name) => caches.delete(name)));
  await registration.unregister();
}
