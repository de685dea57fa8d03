import assert from "node:assert";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { EmptyFile } from "../../../static/js/outbox.js";
import { leave, base64, bytesOf, seal } from "../../../static/js/outbox/sealing.js";
import { rescue } from "../../../static/js/outbox/rescue.js";
import { OTHER, part, PERSON, phone, photo, Server, VISIT } from "./phone.mjs";

const HOURS = 3600 * 1000;

async function officeKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  return { pair, key: { id: "k1", public: base64(await crypto.subtle.exportKey("raw", pair.publicKey)) } };
}

// As the office opens it: written from the format alone.
async function opened({ epk, iv, ct }, pair, about) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", bytesOf(epk), curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: bytesOf(epk), info: new TextEncoder().encode("portal entry 1") };
  const aes = await crypto.subtle.deriveKey(hkdf, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const clear = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytesOf(iv), additionalData: new TextEncoder().encode(about) }, aes, bytesOf(ct));
  return JSON.parse(new TextDecoder().decode(clear));
}

test("a file without a byte is refused when it is saved", async () => {
  await assert.rejects(phone(new Server()).add(photo(VISIT, "")), EmptyFile);
});

test("from its first try on an entry is closed for all but the office; whoever is signed in can still read it", async () => {
  const server = new Server();
  const { pair, key } = await officeKey();
  server.key = key;
  const box = phone(server);
  const { id, sha256 } = await box.add({ ...photo(VISIT), label: "Before" });
  server.before = (path) => {
    if (path.startsWith("/visits")) throw new TypeError("network");
  };
  await box.send();
  const [raw] = await box.raw();
  assert.deepEqual([raw.fields, raw.files, raw.label], [[], [], null]);
  const [read] = await box.entries();
  assert.deepEqual([read.label, read.fields[0]], ["Before", ["label", "before"]]);
  assert.equal(new TextDecoder().decode((await box.file(read.files[0][3])).bytes), "picture");
  const clear = await opened(raw.sealed, pair, id);
  assert.equal(clear.path, `/visits/${VISIT}/photos`);
  assert.equal(atob(clear.files[0][3]), "picture");
  server.before = () => null;
  assert.equal((await box.send()).sent, 1);
  const names = server.got[0].fields.map(([name]) => name).sort().join();
  assert.equal(names, "csrf_token,entry_id,label", "sealed, the picture would be 2.4 times as long");
  assert.equal(server.known.get(id), sha256);
});

test("after sign-out nobody can read what waits, and it is sent all the same", async () => {
  const server = new Server();
  const { pair, key } = await officeKey();
  server.key = key;
  const box = phone(server);
  const sent = await box.add(part(VISIT));
  server.digestOf = () => sent.sha256;
  await box.send();
  const { id, sha256 } = await box.add({ ...photo(VISIT), label: "Before" });
  await leave(box);
  const [entry] = await box.entries();
  assert.equal(entry.reading, undefined);
  assert.deepEqual([entry.label, entry.fields, entry.state], [null, [], "waiting"]);
  assert.equal(await box.run("file", "readonly", (tx) => new Promise((done) => (tx.objectStore("file").count().onsuccess = (event) => done(event.target.result)))), 0);
  const [file] = await rescue(box);
  assert.equal(file.format, "portal-rescue-1");
  const sealed = JSON.parse(Buffer.from(file.entries[0].sealed, "base64url").toString());
  assert.equal((await opened(sealed, pair, id)).fields[0][1], "before");
  server.digestOf = () => sha256;
  assert.equal((await box.send()).sent, 1);
});

test("a phone that never sent anything closes its entries as well: by its own sign-out, and by the next one's", async () => {
  for (const person of [PERSON, OTHER]) {
    const { pair, key } = await officeKey();
    const server = new Server();
    Object.assign(server, { key, person });
    const box = phone(server);
    const { id } = await box.add(part(VISIT));
    server.before = () => { throw new TypeError("no network"); };
    assert.equal(await leave(box), false, "it is readable still, and has to be tried again");
    server.before = () => null;
    assert.equal(await leave(box), true);
    const [entry] = await box.raw();
    assert.deepEqual([entry.fields, entry.label, entry.reading], [[], null, undefined]);
    assert.equal((await opened(entry.sealed, pair, id)).fields[0][1], "TM-OIL-100");
  }
});

test("what was acknowledged stays for two days, and until a backup covers it", async () => {
  const server = new Server();
  let now = Date.parse("2026-11-30T08:00:00Z");
  server.now = () => new Date(now);
  const box = phone(server, { now: () => new Date(now) });
  await box.add(photo(VISIT));
  await box.send();
  const again = async (hours, backedUp) => {
    now += hours * HOURS;
    server.backedUp = backedUp;
    await box.send();
    return (await box.receipts()).length;
  };
  assert.equal(await again(24, "2026-11-30T20:00:00Z"), 1);
  assert.equal(await again(48, null), 1);
  assert.equal(await again(1, "2026-11-30T07:00:00Z"), 1);
  assert.equal(await again(1, "2026-12-03T00:00:00Z"), 0);
});

test("many photos make several rescue files, none of them larger than the office takes", async () => {
  const box = phone(new Server());
  for (const n of [1, 2, 3]) await box.add(photo(VISIT, "x".repeat(900) + n));
  const files = await rescue(box, 4000);
  assert.deepEqual(files.map(({ entries }) => entries.length), [2, 1]);
  assert.ok(files.every((file) => file.person === box.person && JSON.stringify(file).length < 5000));
  assert.equal(new Set(files.flatMap(({ entries }) => entries.map(({ id }) => id))).size, 3);
});

test("after a restore the phone is asked, and sends again what is gone, under the same ids", async () => {
  const server = new Server();
  const box = phone(server);
  const [first] = [await box.add(part(VISIT)), await box.add(photo(VISIT))];
  await box.send();
  server.known.delete(first.id);
  server.got = [];
  server.epoch = 2;
  await box.send();
  assert.deepEqual(server.got.map(({ id }) => id), [first.id]);
  assert.equal((await box.waiting()).count, 0);
});

test("a phone that dies in its first round of sending notices a restore all the same", async () => {
  const [server, indexedDB] = [new Server(), new IDBFactory()];
  const box = phone(server, { indexedDB });
  const [first, second] = [await box.add(part(VISIT)), await box.add(part(OTHER))];
  const dies = new Promise((done) => (server.before = (path) => path.includes(OTHER) && (done(), new Promise(() => {}))));
  void box.send();
  await dies;
  Object.assign(server, { before: () => null, known: new Map(), got: [], epoch: 2 });
  await phone(server, { indexedDB }).send();
  assert.deepEqual(server.got.map(({ id }) => id).sort(), [first.id, second.id].sort());
});

test("the office learns what waits here, and what was deleted by hand", async () => {
  const server = new Server();
  const box = phone(server);
  const { id } = await box.add(part(VISIT));
  server.before = (path) => (path.startsWith("/visits") ? new Response("", { status: 503 }) : null);
  await box.send();
  assert.deepEqual(server.told.entries.map((entry) => [entry.id, entry.label]), [[id, "Part"]]);
  await box.remove(id, "deleted");
  await box.send();
  assert.deepEqual([server.told.entries, server.told.removed], [[], [id]]);
});

test("a server that does not know these questions yet is no obstacle", async () => {
  const server = new Server();
  const box = phone(server);
  server.before = (path) => (/have|waiting/.test(path) ? new Response("", { status: 404 }) : null);
  await box.add(part(VISIT));
  assert.equal((await box.send()).sent, 1);
});

test("all entries are still there after the database has grown", async () => {
  const indexedDB = new IDBFactory();
  await new Promise((done) => {
    const request = indexedDB.open(`outbox-${PERSON}`, 1); // as the first release made it
    request.onupgradeneeded = () => {
      for (const name of ["entry", "receipt"]) request.result.createObjectStore(name, { keyPath: "id" });
      for (const name of ["file", "draft", "meta"]) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      const tx = request.result.transaction("entry", "readwrite");
      tx.objectStore("entry").put({ id: "old", seq: 1, state: "waiting", fields: [], files: [], created_at: "2026-11-01T08:00:00+08:00" });
      tx.oncomplete = () => (request.result.close(), done());
    };
  });
  const usual = phone(new Server(), { indexedDB });
  assert.deepEqual((await usual.entries()).map(({ id }) => id), ["old"]);
  const later = phone(new Server(), { indexedDB, steps: [...usual.ports.steps, (db) => db.createObjectStore("more")] });
  assert.deepEqual((await later.entries()).map(({ id }) => id), ["old"]); // and the older tab has yielded
  assert.deepEqual((await usual.entries()).map(({ id }) => id), ["old"]); // an older script finds its way, too
});

test("a connection that the system has closed is opened again", async () => {
  const box = phone(new Server());
  await box.add(part(VISIT));
  (await box.connect()).close();
  await box.add(part(VISIT, "2"));
  assert.equal((await box.waiting()).count, 2);
});

test("two tabs that close their first entries at once close them under one key", async () => {
  const { key } = await officeKey();
  const indexedDB = new IDBFactory();
  const tabs = [phone(new Server(), { indexedDB }), phone(new Server(), { indexedDB })];
  const kept = [];
  for (const [n, visit] of [VISIT, OTHER].entries()) kept.push(await tabs[n].add({ ...photo(visit, `picture ${n}`), label: `Photo ${n}` }));
  await Promise.all(tabs.map((tab, n) => seal(tab, kept[n], key)));
  const read = await tabs[0].entries();
  assert.deepEqual(read.map(({ closed, label }) => [closed, label]), [[undefined, "Photo 0"], [undefined, "Photo 1"]]);
  for (const [n, { files }] of read.entries()) assert.equal(new TextDecoder().decode((await tabs[1].file(files[0][3])).bytes), `picture ${n}`);
});
