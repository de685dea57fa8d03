import assert from "node:assert";
import { test } from "node:test";
import { amend } from "../amend.mjs";
import { backoff, content, plan, verdict } from "../../../static/js/outbox.js";
import { json, OTHER, part, phone, photo, refusal, Server, VISIT } from "./phone.mjs";

const entry = { id: "i", sha256: "s" };
const entries = (...rows) => rows.map(([id, visit, action, more], at) => ({ id, seq: at + 1, visit, action, state: "waiting", needs: [], ...more }));
const ids = (queues) => queues.map((queue) => queue.map(({ id }) => id).join(" "));

test("photos go after all that is written, except those that a signature names", () => {
  const queues = plan(entries(["a", VISIT, "photos"], ["b", VISIT, "part-uses"], ["c", OTHER, "photos"], ["d", VISIT, "photos"], ["e", VISIT, "handover", { needs: ["d", "b"] }]));
  assert.deepEqual(ids(queues), ["b d e", "a", "c"]);
});

test("what was refused is not sent again by itself", () => {
  assert.deepEqual(ids(plan(entries(["a", VISIT, "finish", { state: "refused" }], ["b", VISIT, "findings"]))), ["b"]);
});

test("only JSON that echoes id and content is proof", () => {
  const said = { entry_id: "i", sha256: "s", state: "applied" };
  assert.equal(verdict(entry, 201, said), "applied");
  assert.equal(verdict(entry, 202, { ...said, state: "held" }), "held");
  for (const wrong of [null, {}, "<html>", { ...said, sha256: "other" }, { ...said, entry_id: "other" }, { ...said, state: "ok" }]) assert.equal(verdict(entry, 200, wrong), "later");
  for (const status of [204, 301, 404, 409, 500, 503]) assert.equal(verdict(entry, status, said), "later");
});

test("refusals count only where the server says so in its own words", () => {
  assert.equal(verdict(entry, 422, { entry_id: "i", state: "refused" }), "refused");
  assert.equal(verdict(entry, 422, { entry_id: "other", state: "refused" }), "later");
  assert.equal(verdict(entry, 404, { entry_id: null, state: "unknown" }), "unknown");
  assert.equal(verdict(entry, 404, null), "later");
  assert.equal(verdict(entry, 401, { state: "signed_out" }), "signed_out");
  assert.equal(verdict(entry, 400, { state: "token" }), "token");
});

test("tries wait longer and longer, never more than some six minutes, and not all at once", () => {
  assert.equal(backoff(0, () => 0.5), 1000);
  assert.equal(backoff(3, () => 0.5), 8000);
  assert.ok(backoff(50, () => 1) <= 375_000);
  assert.notEqual(backoff(5, () => 0), backoff(5, () => 1));
});

test("what is saved goes once, in its order", async () => {
  const server = new Server();
  const box = phone(server);
  for (const quantity of ["1", "2", "3"]) await box.add(part(VISIT, quantity));
  assert.deepEqual(await box.send(), { sent: 3, waiting: 0, stopped: null });
  assert.deepEqual(server.got.map(({ fields }) => fields.find(([name]) => name === "quantity")[1]), ["1", "2", "3"]);
});

test("the answer is lost: it goes again under the same id and takes effect once", async () => {
  const server = new Server();
  const box = phone(server);
  const { id } = await box.add(part(VISIT));
  const answer = server.fetch;
  let lost = true;
  box.ports.fetch = async (...asked) => {
    const said = await answer(...asked);
    if (asked[1].method === "POST" && lost) throw ((lost = false), new TypeError("network"));
    return said;
  };
  assert.equal((await box.send()).waiting, 1);
  assert.equal((await box.entries())[0].state, "frozen");
  assert.equal((await box.send()).waiting, 0);
  assert.deepEqual(server.got.map((one) => one.id), [id]);
});

test("one visit that is stuck holds up no other, and its photos still go", async () => {
  const server = new Server();
  const box = phone(server);
  server.before = (path) => (path.includes(VISIT) && path.endsWith("part-uses") ? new Response("oops", { status: 500 }) : null);
  for (const saved of [part(VISIT), { path: `/visits/${VISIT}/finish`, fields: [] }, photo(VISIT), part(OTHER)]) await box.add(saved);
  await box.send();
  assert.deepEqual(server.got.map(({ path }) => path), [`/visits/${OTHER}/part-uses`, `/visits/${VISIT}/photos`]);
  assert.equal((await box.waiting()).count, 2);
});

test("a signature waits for the entries that it names", async () => {
  const server = new Server();
  const box = phone(server);
  const first = await box.add(part(VISIT));
  await box.add({ path: `/visits/${VISIT}/handover`, fields: [["entries", JSON.stringify([first.id])]] });
  server.before = (path, body) => (path.endsWith("part-uses") ? refusal(body.get("entry_id"), "refused", 422, { errors: { quantity: ["Too many."] } }) : null);
  await box.send();
  assert.equal(server.got.length, 0);
  server.before = () => null;
  const mended = await amend(box, first.id, [["item", "TM-OIL-100"], ["quantity", "1"]]);
  assert.equal(mended.amends, first.id);
  await box.send();
  assert.deepEqual(server.got.map(({ path }) => path.split("/").pop()), ["part-uses", "handover"]);
  assert.deepEqual(server.got[0].fields.find(([name]) => name === "amends"), ["amends", first.id]);
});

test("a token that went stale meanwhile is asked for once more", async () => {
  const server = new Server();
  const box = phone(server);
  await box.add(part(VISIT));
  server.before = (path) => (path.startsWith("/visits") && server.token === "token-1" ? ((server.token = "token-2"), null) : null);
  assert.equal((await box.send()).waiting, 0);
});

test("signed out, somebody else, a captive portal: nothing is sent, nothing is lost", async () => {
  const server = new Server();
  const box = phone(server);
  await box.add(part(VISIT));
  server.before = () => json(401, { state: "signed_out" });
  assert.equal((await box.send()).stopped, "signed_out");
  server.before = () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
  assert.equal((await box.send()).stopped, "offline");
  server.before = () => null;
  server.person = OTHER;
  assert.equal((await box.send()).stopped, "other");
  assert.equal(server.got.length, 0);
  server.person = box.person;
  assert.equal((await box.send()).sent, 1);
});

test("what was tried cannot be undone; what was not can", async () => {
  const server = new Server();
  const box = phone(server);
  const [first, second] = [await box.add(part(VISIT)), await box.add(part(OTHER))];
  assert.equal(await box.undo(first.id), true);
  server.before = (path) => {
    if (path.startsWith("/visits")) throw new TypeError("network");
  };
  await box.send();
  assert.equal(await box.undo(second.id), false);
  assert.deepEqual((await box.entries()).map(({ id }) => id), [second.id]);
  await box.remove(second.id);
  assert.deepEqual((await box.meta("traces")).map(({ why }) => why), ["undone", "deleted"]);
});

test("where the first of two diagnoses is taken back, the second rests on what was there before it", async () => {
  const server = new Server();
  const box = phone(server);
  const diagnosis = (note, version) => ({ path: `/visits/${VISIT}/findings`, fields: [["note", note], ["version", String(version)]] });
  await box.add(diagnosis("one", 3));
  const second = await box.add(diagnosis("two", 4));
  const third = await box.add(diagnosis("three", 5));
  const elsewhere = await box.add({ ...diagnosis("four", 9), path: `/visits/${OTHER}/findings` });
  assert.ok(await box.undo(second.id));
  await box.send();
  assert.deepEqual(server.got.map(({ fields }) => Object.fromEntries(fields)).map(({ note, version }) => [note, version]), [["one", "3"], ["three", "4"], ["four", "9"]]);
  assert.equal(server.known.get(third.id), (await content(third.path, [["note", "three"], ["version", "4"]])));
  assert.equal(server.known.get(elsewhere.id), elsewhere.sha256);
  assert.deepEqual(await box.entries(), []); // the server's proof is of what the phone holds
});

test("what a customer has signed is not undone behind their back; what came after it can be", async () => {
  const box = phone(new Server());
  const used = await box.add(part(VISIT));
  const hand = { path: `/visits/${VISIT}/handover`, fields: [["token", "t"], ["entries", used.id]], label: "Hand-over" };
  const { id } = await box.add(hand);
  assert.equal((await box.entries())[0].signed, undefined, "they read it, no more");
  await box.add({ path: "/h/t/signature", visit: VISIT, fields: [["strokes", "[]"], ["entries", `${used.id} ${id}`]], label: "Signature" });
  const after = await box.add(part(VISIT, "2"));
  assert.deepEqual((await box.entries()).map(({ signed }) => Boolean(signed)), [true, true, false, false]);
  for (const way of ["undo", "remove"]) assert.equal(await box[way](used.id), false);
  assert.equal(await box.undo(after.id), true);
  assert.ok((await box.entries()).some((entry) => entry.id === used.id));
});

test("each request says how much waits, and since when", async () => {
  const server = new Server();
  const box = phone(server);
  const { created_at } = await box.add(part(VISIT));
  const { now } = box.ports;
  box.ports.now = () => new Date(now().getTime() + 120_000);
  await box.add(part(OTHER)); // just now: it does not wait, it is being sent
  let said;
  server.before = (path, body, headers) => void (said ??= headers["X-Outbox-Waiting"]);
  await box.send();
  assert.equal(said, `1;${created_at};${box.person}`);
});

test("what a customer gave cannot be taken back by whoever holds the phone, unless the office will never take it", async () => {
  const server = new Server();
  const box = phone(server);
  const survey = await box.add({ path: "/h/token/survey", visit: VISIT, fields: [["q_overall", "1"]], label: "Survey" });
  const handover = await box.add({ path: `/visits/${VISIT}/handover`, fields: [["locale", "en"]], label: "Hand-over" });
  server.before = (path) => {
    if (path !== "/offline/hello") throw new TypeError("network");
  };
  for (const { id } of [survey, handover]) {
    assert.equal(await box.undo(id), false);
    assert.equal(await box.remove(id), false);
  }
  await box.send();
  assert.equal(await box.remove(survey.id), false, "nor after a try");
  assert.equal((await box.raw()).length, 2);
  server.before = (path, body) => (path.endsWith("survey") ? refusal(body.get("entry_id"), "refused", 422, { why: "No." }) : null);
  await box.send();
  assert.equal(await box.remove(survey.id), true, "refused for good: deleted with a trace");
});
