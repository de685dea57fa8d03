// A second copy of each entry, in the browser's other store. Chromium throws a whole IndexedDB away when it finds it
// damaged, and being killed while it writes can damage it: what the phone has promised is then put back from here.

import { goes, got } from "../outbox.js";
import { base64, bytesOf } from "./sealing.js";

const PLACE = "/offline/second/"; // nobody asks for such an address: it is only a key

// What stands in the store of this browser: {put, all, remove}.
function storeOf(person) {
  const open = () => caches.open(nameOf(person));
  return {
    put: async (id, text) => (await open()).put(PLACE + id, new Response(text)),
    remove: async (id) => (await open()).delete(PLACE + id),
    async all() {
      const store = await open();
      return Promise.all((await store.keys()).map(async (key) => (await store.match(key)).text()));
    },
  };
}

export const nameOf = (person) => `second-${person}`;
const port = (box) => box.ports.second ?? storeOf(box.person);

// As it lies in the first store, but without what only this browser can read. Once it is sealed its files are inside.
export async function keep(box, { reading, locked, ...entry }) {
  const files = [];
  for (const [, , , sha] of entry.files) {
    const { bytes, type, name } = await box.file(sha);
    files.push([sha, { bytes: base64(bytes), type, name }]);
  }
  await port(box).put(entry.id, JSON.stringify({ entry, files }));
}

export async function forget(box, id) {
  await port(box).remove(id);
}

// What the store does not know. Nobody can tell any more whether it was tried, so nobody may change it.
export async function putBack(box, db) {
  const copies = (await port(box).all()).map((text) => JSON.parse(text)).sort((one, other) => one.entry.seq - other.entry.seq);
  const tx = db.transaction(["entry", "file", "meta", "receipt"], "readwrite", { durability: "strict" });
  const done = new Promise((fine, fail) => ((tx.oncomplete = fine), (tx.onabort = () => fail(tx.error))));
  const [entries, stored, meta, receipts] = ["entry", "file", "meta", "receipt"].map((name) => tx.objectStore(name));
  const gone = new Set(((await got(meta.get("traces"))) ?? []).map(({ id }) => id));
  for (const { entry, files } of copies) {
    if (gone.has(entry.id) || (await got(entries.count(entry.id))) || (await got(receipts.count(entry.id)))) continue;
    for (const [sha, { bytes, type, name }] of files) stored.put({ bytes: bytesOf(bytes).buffer, type, name }, sha);
    entries.put(goes(entry) ? { ...entry, state: "frozen", attempts: Math.max(entry.attempts, 1) } : entry);
  }
  meta.put(Math.max((await got(meta.get("seq"))) ?? 0, ...copies.map(({ entry }) => entry.seq)), "seq");
  await done;
}
