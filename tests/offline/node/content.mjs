import assert from "node:assert";
import { test } from "node:test";
import { content, phoneTime, placeOf } from "../../../static/js/outbox.js";

const PATH = "/visits/00000000-0000-4000-8000-000000000001/part-uses";
const OIL = [["quantity", "2"], ["item", "TM-OIL-100"], ["old_part", "none"]];

test("the digest is that of the contract's example, whatever token and id go with it", async () => {
  const digest = await content(PATH, [...OIL, ["csrf_token", "x"], ["entry_id", "y"]]);
  assert.equal(digest, "ee7853148c0aae04bd844d76c56bc5b0baff2a334779b4bb15e3c6fd1171b8f1");
});

test("line ends of every kind count as one", async () => {
  const [one, two, three] = await Promise.all(["a\r\nb", "a\nb", "a\rb"].map((note) => content(PATH, [["note", note]])));
  assert.equal(one, two);
  assert.equal(two, three);
});

test("pairs are sorted by character, as the server sorts them", async () => {
  const [fields, same] = [[["a", "\u{20bb7}"], ["a", "\uff5e"]], [["a", "\uff5e"], ["a", "\u{20bb7}"]]];
  assert.equal(await content(PATH, fields), await content(PATH, same));
  assert.equal(await content(PATH, fields), process.env.ASTRAL_DIGEST);
});

test("a file counts as the digest of its bytes", async () => {
  const bytes = new TextEncoder().encode("picture");
  assert.equal(await content(PATH, OIL, [["photo", new Blob([bytes])]]), await content(PATH, OIL, [["photo", bytes.buffer]]));
});

test("the phone's time carries its offset", () => {
  assert.match(phoneTime(new Date("2026-11-30T08:10:00Z")), /^2026-11-\d\dT\d\d:10:00[+-]\d\d:\d\d$/);
});

test("an address says which visit and what is done to it", () => {
  assert.deepEqual(placeOf(PATH), { visit: "00000000-0000-4000-8000-000000000001", action: "part-uses" });
  assert.deepEqual(placeOf("/h/abc/survey"), { visit: null, action: "survey" });
});
