// The rescue files: all that is not sent, closed for everybody but the office, which plays it in under the same ids. Many
// photos make more than one of them: the office takes files of a certain size.

import { clearText, envelope, field } from "./sealing.js";

const LARGEST = 30_000_000; // characters, of the 48 MB that the office takes

export async function rescue(box, largest = LARGEST) {
  const key = (await box.meta("hello"))?.key;
  const made_at = new Date().toISOString();
  const files = [];
  let room = 0;
  for (const entry of await box.raw()) {
    const saved = await one(box, entry, key);
    const size = JSON.stringify(saved).length;
    if (size > room || !files.length) {
      files.push({ format: "portal-rescue-1", person: box.person, made_at, entries: [] });
      room = largest;
    }
    files.at(-1).entries.push(saved);
    room -= size;
  }
  return files;
}

// Where this phone has never heard the office's key there is no way to close it; it is saved all the same.
async function one(box, entry, key) {
  const { id, path, visit, action, created_at, sha256 } = entry;
  const about = { id, path, visit, action, created_at, sha256 };
  if (entry.sealed) return { ...about, sealed: field(entry.sealed) }; // in the words in which a form carries it
  const clear = await clearText(box, entry);
  return key ? { ...about, sealed: field(await envelope(JSON.stringify(clear), key, id)) } : { ...about, ...clear };
}
