// Served in the worker's place when the house has switched it off: it removes the worker and all that was kept. Work
// that waits to be sent lies elsewhere (IndexedDB) and is not touched.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(leave()));
async function leave() {
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
  await registration.unregister();
}
