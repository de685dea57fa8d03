// The bar's words by the age of what waits. The bar asks the page for its place when it is loaded; here there is none.

import assert from "node:assert/strict";
import test from "node:test";

const HOUR = 3600 * 1000;
const NOW = Date.parse("2026-11-23T12:00:00+08:00");

globalThis.document = { getElementById: () => null };
const { what } = await import("../../../static/js/outbox/bar.js");

function on(standalone, hours, more = {}) {
  Object.defineProperty(globalThis, "navigator", { value: { standalone }, configurable: true });
  return what({ count: 2, oldest: new Date(NOW - hours * HOUR).toISOString(), ...more }, NOW);
}

test("39: outside the Home Screen of an iPhone the bar is red after three days, four before the system deletes", () => {
  assert.deepEqual(on(false, 71).slice(0, 2), ["amber", "oneDay"]);
  const [kind, name, values] = on(false, 73);
  assert.deepEqual([kind, name, values.days], ["red", "homeScreen", 3]);
  assert.deepEqual(on(true, 73).slice(0, 2), ["red", "threeDays"], "from the Home Screen nothing is deleted");
  assert.deepEqual(on(undefined, 73).slice(0, 2), ["red", "threeDays"], "nor on any other phone");
});

test("an age of three days goes before everything else that the bar could say", () => {
  for (const more of [{ needs: 1 }, { stopped: "signed_out" }, { sending: true, of: 2 }, { crowded: true }, { stopped: "offline" }])
    assert.equal(on(undefined, 73, more)[0], "red");
  assert.deepEqual(on(undefined, 73, { count: 0 }).slice(0, 2), ["green", "sent"]);
});

test("a clock that is set back makes nothing old", () => {
  assert.deepEqual(on(false, -48).slice(0, 2), ["grey", "wait"]);
});
