// Runs the phone's report on what Python composed from: a line of JSON in, a line out.
import { createInterface } from "node:readline";
import { canonical, compose, digestOf, shownContent } from "../../static/js/handover/compose.js";
import { Reading } from "../../static/js/handover/reading.js";

let words;
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  words ??= given.words;
  const payload = compose(given.report, given.facts, given.locale);
  const shown = shownContent(payload);
  process.stdout.write(JSON.stringify({ shown, digest: await digestOf(shown), again: canonical(JSON.parse(shown)), lines: lines(new Reading(payload, words)) }) + "\n");
}

function lines(reading) {
  const rows = (cells) => cells.map((one) => [one.label, one.value, one.code || ""]);
  return [
    ...reading.inShort.map((one) => [one.label, one.value]),
    ...reading.parts.map((one) => [one.name, one.number, one.serials, one.oldPart, one.quantity, one.amount]),
    ...reading.payload.photos.map((photo) => [reading.caption(photo)]),
    ...reading.sheet.flatMap((block) => [[block.title], ...rows(block.cells)]),
  ];
}
