// What lies in the van, by what waits: whichever visit a part was logged at, all visits' facts count it.

import { inVan, waits } from "./pieces.js";

const PARTS = /^part-uses(\/|$)/;

export async function draw(box, stateOf) {
  const moved = [...(await box.entries()), ...(await box.receipts())].filter((one) => PARTS.test(one.action));
  for (const { visit } of moved) {
    const facts = await stateOf(visit);
    if (facts) return show(facts.facts.catalogue.items, facts.waiting.size);
  }
}

function show(items, waiting) {
  for (const place of document.querySelectorAll("[data-in-van]")) {
    const item = items[place.dataset.inVan];
    if (!item) continue;
    const before = (place.dataset.printed ??= place.textContent);
    const now = inVan(item);
    place.replaceChildren(now, ...(now === before ? [] : waits(waiting, " ")));
  }
}
