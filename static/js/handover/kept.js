// What a hand-over without signal keeps on the phone until it is over, in a small database of its own: where the customer
// is, what they read, their ink. Never their answers. Beside it the lock, which the service worker obeys.

const STORE = "kept";
const NOW = "now";
const LOCK = "/offline/lock";
const COPY = "/offline/lock-copy"; // the browser may throw its databases away as a whole: who holds the phone must not be stuck then
const LOCKS = "lock";
const HANDED = "handed"; // the worker's mark that the server has handed the phone over
const GIVEN = "given"; // what taking it back needs while the server cannot be reached

function open() {
  return new Promise((done, fail) => {
    const request = indexedDB.open("handover", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

async function run(mode, work) {
  const db = await open();
  try {
    return await new Promise((done, fail) => {
      const tx = db.transaction(STORE, mode, { durability: "strict" });
      const request = work(tx.objectStore(STORE));
      tx.oncomplete = () => done(request.result);
      tx.onabort = () => fail(tx.error);
    });
  } finally {
    db.close();
  }
}

export async function present() {
  const found = await run("readonly", (store) => store.get(NOW)).catch(() => null);
  if (found) return found;
  const locks = await caches.open(LOCKS);
  return (await locks.match(LOCK)) && (await locks.match(COPY))?.json();
}

export async function keep(state) {
  await run("readwrite", (store) => store.put(state, NOW));
  const copy = JSON.stringify({ ...state, photos: state.photos.map(() => null) });
  await caches.open(LOCKS).then((locks) => locks.put(COPY, new Response(copy))).catch(() => {});
}

export const note = (name, value) => run("readwrite", (store) => store.put(value, name));
export const noted = (name) => run("readonly", (store) => store.get(name));

// A hand-over that the server keeps. Its token is known when its first page shows.
export const rememberHandOver = (state) => note(GIVEN, state);
export async function rememberToken(token) {
  const state = await noted(GIVEN);
  if (state && state.token !== token) await note(GIVEN, { ...state, token });
}
export async function handedOver() {
  return (await caches.has(HANDED)) ? ((await noted(GIVEN)) ?? {}) : null;
}
export async function forgetHandOver() {
  await caches.delete(HANDED);
  await note(GIVEN, null);
}

// Into the customer's hands: from here on the worker leads every page to the surface.
export async function lock(state) {
  await keep(state);
  const { person, visit, token, at } = state;
  const body = JSON.stringify({ person, visit, token, at });
  await (await caches.open(LOCKS)).put(LOCK, new Response(body, { headers: { "Content-Type": "application/json" } }));
  tellOthers();
}

// Other tabs of the technician must not stay open beside the customer: each asks for its page again and is led here.
export function tellOthers() {
  if (globalThis.BroadcastChannel) new BroadcastChannel("handover").postMessage("locked");
}

export async function unlock() {
  const locks = await caches.open(LOCKS);
  await locks.delete(LOCK);
  await locks.delete(COPY);
  await run("readwrite", (store) => store.delete(NOW));
}
