// A page that the browser brings back as it stood has asked nobody: where the phone is in the customer's hands, or nobody
// has used it for a while, it is asked for again, and the worker says what may show.

import { isUnused } from "./idle.js";

export function watch() {
  addEventListener("pageshow", ({ persisted }) => persisted && look().catch(() => {}));
}

async function look() {
  const shut = (await caches.match("/offline/lock", { cacheName: "lock" })) || (await caches.has("handed")) || (await isUnused());
  if (shut) location.reload();
}
