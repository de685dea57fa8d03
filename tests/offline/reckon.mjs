// Reckons many days at once: reads [{base, entries}, …] from the file named, writes what facts.js makes of each.
import { readFileSync, writeFileSync } from "node:fs";
import { factsAfter, gapsOf, minutesOf, timesOf, verbsOf } from "../../static/js/visit/facts.js";

const [, , from, to] = process.argv;
const days = JSON.parse(readFileSync(from, "utf8"));
const kinds = ["travel", "work", "wait", "break"];
const reckoned = days.map(({ base, entries, until }) => {
  const facts = factsAfter(base, entries);
  return {
    facts,
    verbs: verbsOf(facts),
    gaps: gapsOf(facts),
    times: timesOf(facts),
    minutes: kinds.map((kind) => [minutesOf(facts, kind), minutesOf(facts, kind, until)]),
  };
});
writeFileSync(to, JSON.stringify(reckoned));
