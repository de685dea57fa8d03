import assert from "node:assert";
import { test } from "node:test";
import { factsAfter } from "../../../static/js/visit/facts.js";

const HERE = "b";
const base = {
  visit: { id: HERE, state: "working", own_state: "working", leads: true, zone: "Asia/Shanghai", to_mend: [], work_type: "repair" },
  person: { id: "p", name: "P" }, time: [], events: [], parts: [], photos: [], readings: [], finding: null, no_parts: false, elsewhere: [], doubts: [],
  catalogue: { items: { X: { in_van: "3", old_part: "none", serial_tracked: false } }, codes: { symptom: {}, component: {}, cause: {}, remedy: {} }, tools: {} },
};
const entry = (id, visit, action, fields = []) => ({ id, visit, action, fields, created_at: new Date().toISOString() });
const use = (id, visit, quantity) => entry(id, visit, "part-uses", [["item", "X"], ["quantity", quantity]]);
const inVan = (...entries) => factsAfter(base, entries).catalogue.items.X.in_van;

test("what waits to be used at another visit is no longer in the van; taken back there, it is", () => {
  assert.equal(inVan(use("1", "a", "2")), "1");
  assert.equal(inVan(use("1", "a", "2"), use("2", HERE, "1")), "0");
  assert.equal(inVan(use("1", "a", "2"), entry("2", "a", "part-uses/1/reversal", [["reason", "wrong"]])), "3");
  assert.deepEqual(factsAfter(base, [use("1", "a", "2")]).parts, [], "it stands at the other visit");
  assert.equal(base.catalogue.items.X.in_van, "3");
});

test("what the server would not understand moves nothing", () => {
  assert.equal(inVan(use("1", "a", "many"), use("2", "a", "-1"), entry("3", "a", "part-uses", [["item", "constructor"], ["quantity", "1"]])), "3");
});
