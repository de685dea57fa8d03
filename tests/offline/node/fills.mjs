// A card of the diagnosis fills in codes and leaves what the technician has typed.
import assert from "node:assert/strict";
import test from "node:test";

let tap;
const field = (value = "") => ({ value });
const form = {
  elements: { symptom: field(), remedy: field("A01"), note: field("typed"), test_result: field("10 km/h") },
  dispatchEvent() {},
  scrollIntoView() {},
};
globalThis.document = { addEventListener: (_name, listener) => (tap = listener), querySelector: () => form, querySelectorAll: () => [] };
await import("../../../static/js/fills.js");

function card(fills) {
  const link = { hash: "#codes", dataset: { fills: JSON.stringify(fills) }, setAttribute() {} };
  const event = { target: { closest: () => link }, preventDefault: () => (event.defaultPrevented = true) };
  return event;
}

test("what was typed stays, codes are chosen anew, and no page is loaded", () => {
  const event = card({ symptom: "TM-S03", remedy: "A03", note: "as last time" });
  tap(event);
  assert.equal(event.defaultPrevented, true);
  assert.deepEqual(Object.values(form.elements).map((one) => one.value), ["TM-S03", "A03", "typed", "10 km/h"]);
});

test("an empty note is filled in", () => {
  form.elements.note.value = "";
  tap(card({ note: "as last time" }));
  assert.equal(form.elements.note.value, "as last time");
});
