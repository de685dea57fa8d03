// Taking an entry back: undone while nobody can know whether it has arrived, deleted by hand, always with a trace.

import { digest, got } from "../outbox.js";

export async function take(box, id, why, may) {
  const found = (await box.entries()).find((entry) => entry.id === id);
  if (!found || !may(found)) return false;
  const after = await moved(box, found);
  const done = await box.run(["entry", "meta"], "readwrite", async (tx) => {
    const store = tx.objectStore("entry");
    const stateOf = async (one) => (await got(store.get(one.id)))?.state;
    if ((await stateOf(found)) !== found.state) return false;
    for (const one of after) if ((await stateOf(one)) === "waiting") store.put(one);
    await box.drop(tx, found, why);
    return true;
  });
  if (done) {
    await box.copy("forget", id);
    for (const one of after) await box.copy("keep", one);
    await box.sweep();
  }
  await box.changed();
  return done;
}

// A diagnosis says which one it was made upon. Where that one goes, those after it stand on the one before.
async function moved(box, gone) {
  const version = (entry) => Number(entry.fields.find(([name]) => name === "version")?.[1] ?? NaN);
  const rests = (entry) => entry.state === "waiting" && entry.path === gone.path && entry.seq > gone.seq && version(entry) > version(gone);
  const after = async (entry) => {
    const fields = entry.fields.map(([name, value]) => [name, name === "version" ? String(version(entry) - 1) : value]);
    const hashes = entry.files.map(([name, , , sha]) => [name, sha]);
    return { ...entry, fields, sha256: await digest(decodeURIComponent(entry.path), fields, hashes, box.ports.crypto) };
  };
  return Promise.all((await box.raw()).filter(rests).map(after));
}
