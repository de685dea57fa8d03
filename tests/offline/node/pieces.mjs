import assert from "node:assert";
import { test } from "node:test";
import { field, leave } from "../../../static/js/outbox/sealing.js";
import { json, OTHER, part, phone, photo, Server, VISIT } from "./phone.mjs";

const TEXT = Array.from({ length: 100 }, (_, n) => `line ${n} of a picture\n`).join("");
const SMALL = { whole: 100, pieces: { most: 400, least: 100 } };
const isPiece = (path) => path.startsWith("/offline/pieces/");
const text = ([, bytes]) => new TextDecoder().decode(bytes);
const network = () => {
  throw new TypeError("network");
};

function pair(more) {
  const server = new Server();
  return [server, phone(server, { ...SMALL, ...more })];
}

// What `wrong` says of the n-th piece: nothing, "request" (cut before it arrived whole), "answer" (cut after).
function cutting(server, box, wrong) {
  const answer = server.fetch;
  const sizes = [];
  box.ports.fetch = async (path, options) => {
    if (!isPiece(path) || options.method !== "POST") return answer(path, options);
    sizes.push(options.body.byteLength);
    const what = wrong(sizes.length);
    if (what === "request") network();
    const said = await answer(path, options);
    return what === "answer" ? network() : said;
  };
  return sizes;
}

test("a large photo goes in pieces and is the same; a small one goes inside its request", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  await box.add(photo(VISIT, "small"));
  assert.deepEqual(await box.send(), { sent: 2, waiting: 0, stopped: null });
  assert.equal(text(server.got[0].files[0]), TEXT);
  assert.equal(server.asked.filter(isPiece).length, Math.ceil(TEXT.length / 400));
  assert.equal(server.crossed, TEXT.length);
});

test("a piece that is cut goes again from what the server has, half as long, and longer again when it gets through", async () => {
  const [server, box] = pair();
  const sizes = cutting(server, box, (n) => (n === 2 || n === 3 ? "request" : null));
  await box.add(photo(VISIT, TEXT));
  assert.equal((await box.send()).sent, 1);
  assert.deepEqual(sizes.slice(0, 6), [400, 400, 200, 100, 200, 400]);
  assert.equal(server.crossed, TEXT.length);
  assert.equal(text(server.got[0].files[0]), TEXT);
});

test("pieces never become shorter than the shortest", async () => {
  const [server, box] = pair();
  const sizes = cutting(server, box, (n) => (n < 6 ? "request" : null));
  await box.add(photo(VISIT, TEXT));
  assert.equal((await box.send()).sent, 1);
  assert.deepEqual(sizes.slice(0, 6), [400, 200, 100, 100, 100, 100]);
});

test("the answer to a piece is lost: it does not go again", async () => {
  const [server, box] = pair();
  cutting(server, box, (n) => (n % 2 ? "answer" : null));
  await box.add(photo(VISIT, TEXT));
  assert.equal((await box.send()).sent, 1);
  assert.equal(server.crossed, TEXT.length);
});

test("the answer to the entry is lost: its photo does not go again", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  const answer = server.fetch;
  let lost = true;
  box.ports.fetch = async (path, options) => {
    const said = await answer(path, options);
    if (path.endsWith("/photos") && lost) throw ((lost = false), new TypeError("network"));
    return said;
  };
  assert.equal((await box.send()).waiting, 1);
  assert.equal((await box.send()).waiting, 0);
  assert.equal(server.got.length, 1);
  assert.equal(server.crossed, TEXT.length);
});

test("the network goes away in the middle: the next try goes on from there", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  server.before = () => (server.crossed > 1000 ? network() : null);
  assert.equal((await box.send()).stopped, "offline");
  server.before = () => null;
  assert.equal((await box.send()).sent, 1);
  assert.equal(server.crossed, TEXT.length);
});

test("pieces that the server has thrown away go anew", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  server.before = (path) => (path.endsWith("/photos") ? (server.pieces.clear(), (server.before = () => null)(), null) : null);
  assert.equal((await box.send()).waiting, 1);
  assert.equal((await box.send()).waiting, 0);
  assert.equal(text(server.got[0].files[0]), TEXT);
});

test("a photo whose pieces never get through holds up nothing", async () => {
  const [server, box] = pair();
  cutting(server, box, () => "request");
  for (const saved of [photo(VISIT, TEXT), part(VISIT), photo(OTHER, "small"), part(OTHER)]) await box.add(saved);
  assert.deepEqual(await box.send(), { sent: 3, waiting: 1, stopped: "later" });
});

test("what is written while a photo goes does not wait for its end", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  let wrote = false;
  server.before = async (path) => {
    if (!isPiece(path) || wrote) return;
    wrote = true;
    await box.add(part(OTHER));
    box.send();
  };
  await box.send();
  while (box.sending) await box.sending;
  assert.deepEqual(server.got.map(({ path }) => path.split("/").pop()), ["part-uses", "photos"]);
  assert.equal(server.crossed, TEXT.length);
});

test("where no pieces are taken the photo goes whole", async () => {
  const [server, box] = pair();
  server.before = (path) => (isPiece(path) ? json(429, { state: "full" }) : null);
  await box.add(photo(VISIT, TEXT));
  assert.equal((await box.send()).sent, 1);
  assert.equal(await server.got[0].files[0][1].text(), TEXT);
});

test("while the line loses the script for pieces, a photo waits; if that never comes, it goes whole", async () => {
  const [server, box] = pair({ inPieces: async () => network() });
  await box.add(photo(VISIT, TEXT));
  for (let n = 0; n < 2; n++) assert.equal((await box.send()).waiting, 1);
  assert.equal(server.got.length, 0);
  assert.equal((await box.send()).sent, 1);
  assert.equal(await server.got[0].files[0][1].text(), TEXT);
  assert.equal(server.crossed, 0);
});

test("a stale token is asked for once more, a session that ended stops it, and somebody else's answer proves nothing", async () => {
  const [server, box] = pair();
  await box.add(photo(VISIT, TEXT));
  server.before = (path) => (isPiece(path) ? json(401, { state: "signed_out" }) : null);
  assert.equal((await box.send()).stopped, "signed_out");
  server.before = (path) => (isPiece(path) ? new Response("<title>Hotel Wi-Fi</title>", { headers: { "Content-Type": "text/html" } }) : null);
  assert.equal((await box.send()).waiting, 1);
  server.before = (path) => (isPiece(path) && server.token === "token-1" ? ((server.token = "token-2"), null) : null);
  assert.equal((await box.send()).sent, 1);
});

test("what nobody can read here any more goes in pieces too, as the envelope that it is", async () => {
  const [server, box] = pair();
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  server.key = { id: "k1", public: Buffer.from(await crypto.subtle.exportKey("raw", publicKey)).toString("base64") };
  await box.add(part(VISIT));
  server.digestOf = () => sha256;
  let { sha256 } = (await box.entries())[0];
  await box.send();
  const before = server.crossed;
  ({ sha256 } = await box.add(photo(VISIT, TEXT)));
  await leave(box);
  const [{ sealed }] = await box.entries();
  const sizes = cutting(server, box, (n) => (n === 3 ? "request" : n === 6 ? "answer" : null));
  assert.equal((await box.send()).sent, 1);
  assert.ok(sizes.length > 8);
  assert.equal(text(server.got[1].files[0]), field(sealed));
  assert.equal(server.crossed - before, field(sealed).length);
});
