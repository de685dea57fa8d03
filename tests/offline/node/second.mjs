import assert from "node:assert";
import { test } from "node:test";
import { amend } from "../amend.mjs";
import { IDBFactory } from "fake-indexeddb";
import { leave } from "../../../static/js/outbox/sealing.js";
import { OTHER, part, PERSON, phone, photo, Server, VISIT } from "./phone.mjs";

// The browser's other store, which outlives the first one.
function shelf() {
  const texts = new Map();
  return { texts, put: async (id, text) => void texts.set(id, text), remove: async (id) => void texts.delete(id), all: async () => [...texts.values()] };
}

// The same phone after the browser has thrown its whole IndexedDB away.
const wiped = (server, second, more = {}) => phone(server, { second, indexedDB: new IDBFactory(), ...more });

const offline = (server) => (server.before = () => { throw new TypeError("network"); });
const online = (server) => (server.before = () => null);

test("what was stored is put back after the browser has thrown its store away, and goes once and in order", async () => {
  const [server, second] = [new Server(), shelf()];
  const box = phone(server, { second });
  offline(server);
  const saved = [];
  for (const one of [part(VISIT), photo(VISIT, "a picture"), part(OTHER, "2")]) saved.push((await box.add(one)).id);
  const after = wiped(server, second);
  assert.deepEqual((await after.entries()).map(({ id, state }) => [id, state]), saved.map((id) => [id, "frozen"]));
  assert.equal(await after.undo(saved[0]), false, "nobody knows whether it was tried");
  online(server);
  assert.equal((await after.send()).sent, 3);
  assert.deepEqual(new Set(server.got.map(({ id }) => id)), new Set(saved));
  assert.equal(await server.got.find(({ id }) => id === saved[1]).files[0][1].text(), "a picture");
  assert.equal(second.texts.size, 0);
  assert.equal((await after.add(part(VISIT))).seq > 3, true, "what comes later comes later");
});

test("what was undone, deleted, mended or proved does not come back", async () => {
  const [server, second] = [new Server(), shelf()];
  const box = phone(server, { second });
  const [undone, proved] = [await box.add(part(VISIT)), await box.add(part(VISIT, "2"))];
  assert.ok(await box.undo(undone.id));
  await box.send();
  assert.equal(server.got[0].id, proved.id);
  server.before = (path, body) => (path.endsWith("/part-uses") && !body.get("amends") ? new Response(JSON.stringify({ entry_id: body.get("entry_id"), sha256: null, state: "refused", why: "no", errors: {} }), { status: 422, headers: { "Content-Type": "application/json" } }) : null);
  const [refused, other] = [await box.add(part(VISIT, "3")), await box.add(part(VISIT, "4"))];
  await box.send();
  const mended = await amend(box, refused.id, [["item", "TM-OIL-100"], ["quantity", "5"]]);
  assert.ok(await box.remove(other.id));
  offline(server);
  assert.deepEqual((await wiped(server, second).entries()).map(({ id }) => id), [mended.id]);
});

test("once it was tried, or its owner has signed out, a copy tells nobody but the server anything", async () => {
  const [server, second] = [new Server(), shelf()];
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  server.key = { id: "k1", public: Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey)).toString("base64") };
  const box = phone(server, { second });
  server.before = (path) => { if (path.startsWith("/visits/")) throw new TypeError("network"); };
  await box.add(part(VISIT, "a tried secret"));
  await box.send();
  await box.add(part(VISIT, "another secret"));
  await leave(box);
  assert.equal(second.texts.size, 2);
  for (const text of second.texts.values()) {
    assert.equal(JSON.parse(text).entry.person, PERSON);
    assert.ok(JSON.parse(text).entry.sealed);
    assert.ok(!text.includes("secret") && !text.includes("reading"));
  }
  const after = wiped(server, second);
  server.before = () => null;
  server.digestOf = (id) => [...second.texts.values()].map((text) => JSON.parse(text).entry).find((entry) => entry.id === id)?.sha256 ?? after.sent?.[id];
  assert.equal((await after.send()).sent, 2);
  assert.equal(server.got.length, 2);
});

test("a store of copies that fails holds up nothing", async () => {
  const server = new Server();
  const broken = { put: () => Promise.reject(new Error("full")), remove: () => Promise.reject(new Error("gone")), all: () => Promise.reject(new Error("gone")) };
  const box = phone(server, { second: broken });
  await box.add(part(VISIT));
  assert.equal((await box.send()).sent, 1);
  const hanging = { put: () => new Promise(() => {}), remove: () => new Promise(() => {}), all: async () => [] };
  const slow = phone(server, { second: hanging, indexedDB: new IDBFactory() });
  await slow.add(part(VISIT, "2"));
  assert.equal((await slow.send()).sent, 1);
});
