// A visit as it stands: what the phone has of it, with all that was recorded since. What was sent after the copy was made
// stands neither in it nor among what waits, so the receipts are asked.

import { read } from "../outbox/sealing.js";
import { factsAfter } from "./facts.js";

export async function stateOf(box, base, visit) {
  const isLater = (one) => one.answer.state === "applied" && Date.parse(one.received_at) > Date.parse(base.as_of);
  const sent = (await read(box, (await box.receipts()).filter(isLater))).filter((one) => !one.closed);
  const waiting = (await box.entries()).filter((one) => one.state === "waiting" || one.state === "frozen");
  const entries = [...sent, ...waiting].sort((one, other) => one.seq - other.seq);
  return {
    facts: factsAfter(base, entries),
    entries: entries.filter((one) => one.visit === visit),
    waiting: new Map(waiting.map((one) => [one.id, one])),
  };
}
