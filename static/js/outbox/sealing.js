// Sealing: from its first try on an entry lies on the phone closed for everybody but the server. Beside it stands a copy
// for whoever is signed in, under a key that cannot leave this browser and is thrown away when they sign out.

import { got } from "../outbox.js";

const READING_KEY = "reading-key";
const INFO = new TextEncoder().encode("portal entry 1");

export function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function bytesOf(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

// The one form field that a sealed entry is sent in.
export function field(envelope) {
  return base64(new TextEncoder().encode(JSON.stringify(envelope))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// Ephemeral P-256, HKDF-SHA-256, AES-256-GCM: `key` is the server's {id, public}, `about` is bound to the envelope.
export async function envelope(clear, key, about, { subtle, getRandomValues } = crypto) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await subtle.importKey("raw", bytesOf(key.public), curve, false, []);
  const ours = await subtle.generateKey(curve, false, ["deriveBits"]);
  const epk = await subtle.exportKey("raw", ours.publicKey);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const secret = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: epk, info: INFO };
  const aes = await subtle.deriveKey(derivation, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = getRandomValues.call(crypto, new Uint8Array(12));
  const encoder = new TextEncoder();
  const ct = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: encoder.encode(about) }, aes, encoder.encode(clear));
  return { v: 1, key: key.id, epk: base64(epk), iv: base64(iv), ct: base64(ct) };
}

async function readingKey(box, make) {
  const found = await box.meta(READING_KEY);
  if (found || !make) return found;
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return box.run("meta", "readwrite", async (tx) => {
    const store = tx.objectStore("meta");
    const first = await got(store.get(READING_KEY));
    if (!first) store.put(fresh, READING_KEY);
    return first ?? fresh; // the first one stays: another tab may have closed something under it already
  });
}

async function lock(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, ct: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

const open = (key, { iv, ct }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, ct);

// What is closed in: all that the server needs to go on as if it had been sent plainly.
export async function clearText(box, entry) {
  const files = [];
  for (const [name, filename, type, sha] of entry.files) files.push([name, filename, type, base64((await box.file(sha)).bytes)]);
  const { path, person, fields, created_at, form_version, amends } = entry;
  return { path, person, fields, files, created_at, form_version, amends };
}

// Closes one entry where it stands: what was readable is replaced in one transaction.
export async function seal(box, entry, key, store = "entry") {
  const closed = await envelope(JSON.stringify(await clearText(box, entry)), key, entry.id);
  const own = await readingKey(box, true);
  const { fields, files, label } = entry;
  const reading = await lock(own, new TextEncoder().encode(JSON.stringify({ fields, files, label })));
  const copies = [];
  for (const [, , , sha] of files) {
    const file = await box.file(sha);
    copies.push([sha, { ...(await lock(own, file.bytes)), type: file.type, name: file.name }]);
  }
  const after = { ...entry, sealed: closed, reading, locked: copies.map(([sha]) => sha), fields: [], files: [], label: null };
  const stands = await box.run([store, "file"], "readwrite", async (tx) => {
    if (!(await got(tx.objectStore(store).count(entry.id)))) return false; // undone meanwhile
    tx.objectStore(store).put(after);
    for (const [sha, copy] of copies) tx.objectStore("file").put(copy, sha);
    return true;
  });
  if (stands && store === "entry") await box.copy("keep", after);
  return after;
}

export async function read(box, entries) {
  const key = await readingKey(box, false);
  const readable = async (entry) => {
    if (!entry.reading) return entry;
    try {
      return { ...entry, ...JSON.parse(new TextDecoder().decode(await open(key, entry.reading))) };
    } catch {
      return { ...entry, closed: true }; // stored before the last sign-in: it is sent all the same
    }
  };
  return Promise.all(entries.map(readable));
}

// The entry as it was before it was sealed, if every copy of its files can still be read; else nothing.
export async function reopen(box, entry) {
  const [open] = await read(box, [entry]);
  if (open.closed) return null;
  try {
    for (const [, , , sha] of open.files) await box.file(sha);
  } catch {
    return null;
  }
  return open;
}

export async function unlock(box, file) {
  const key = await readingKey(box, false);
  return { bytes: await open(key, file), type: file.type, name: file.name };
}

// At sign-out, and when somebody else signs in: all is closed with the server's key, which a phone that never sent
// anything asks for, and the key to the copies is thrown away. Whether nothing stays readable.
export async function leave(box) {
  const key = (await box.meta("hello"))?.key ?? (await box.hello()).key;
  const open = key ? (await box.raw()).filter((entry) => !entry.sealed) : [];
  for (const entry of open) await seal(box, entry, key);
  for (const receipt of key ? (await box.receipts()).filter((one) => !one.sealed) : []) await seal(box, receipt, key, "receipt");
  await box.meta(READING_KEY, null);
  await box.run(["entry", "receipt"], "readwrite", async (tx) => {
    for (const name of ["entry", "receipt"]) {
      const store = tx.objectStore(name);
      for (const { reading, locked, ...entry } of await got(store.getAll())) if (reading) store.put(entry);
    }
  });
  await box.sweep();
  return Boolean(key) || !(await box.raw()).length;
}
