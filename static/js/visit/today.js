// Today's cards by what waits: the state of each visit, and the one in hand first.

import { tag, words } from "./pieces.js";

const IN_HAND = ["working", "on_site", "en_route"];

export async function draw(box, stateOf) {
  const cards = new Map([...document.querySelectorAll("article.card[data-state]")].map((card) => [/[0-9a-f-]{36}/.exec(card.querySelector(".card-link").href)[0], card]));
  const moved = new Set([...(await box.entries()), ...(await box.receipts())].map((one) => one.visit));
  let inHand = null;
  for (const [visit, card] of cards) {
    const facts = moved.has(visit) && (await stateOf(visit))?.facts;
    if (!facts) continue;
    card.dataset.state = facts.visit.own_state;
    card.querySelector(".card-over .tag")?.replaceWith(tag(facts.visit.own_state));
    const clock = facts.time.find((one) => one.person === facts.person.id && !one.ended_at);
    if (["travel", "work"].includes(clock?.kind)) inHand = card;
  }
  const first = (state) => [...cards.values()].find((card) => card.dataset.state === state);
  inHand ??= IN_HAND.map(first).find(Boolean);
  if (!moved.size || !inHand || inHand.classList.contains("card-current")) return;
  for (const card of document.querySelectorAll(".card-current")) card.classList.remove("card-current");
  inHand.className = "card card-current";
  inHand.querySelector(".card-over .grow").textContent = words.in_hand;
  for (const buttons of document.querySelectorAll("article.card form.verb")) buttons.remove();
  cards.values().next().value.parentElement.querySelector("article.card, h2").before(inHand);
  for (const title of document.querySelectorAll("#main h2")) title.hidden = title.nextElementSibling?.matches("h2") ?? true; // it was alone there
}
