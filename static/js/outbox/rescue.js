// The rescue file: all that is not sent, closed for everybody but the office, which plays it in under the same ids.

import { clearText, envelope, field } from "./sealing.js";

export async function rescue(box) {
  const key = (await box.meta("hello"))?.key;
  const entries = [];
  for (const entry of await box.raw()) entries.push(await one(box, entry, key));
  return { format: "portal-rescue-1", person: box.person, made_at: new Date().toISOString(), entries };
}

// Where this phone has never heard the office's key there is no way to close it; it is saved all the same.
async function one(box, entry, key) {
  const { id, path, visit, action, created_at, sha256 } = entry;
  const about = { id, path, visit, action, created_at, sha256 };
  if (entry.sealed) return { ...about, sealed: field(entry.sealed) }; // in the words in which a form carries it
  const clear = await clearText(box, entry);
  return key ? { ...about, sealed: field(await envelope(JSON.stringify(clear), key, id)) } : { ...about, ...clear };
}
