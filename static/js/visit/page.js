// The pages of a visit, Today and the van, by what waits in the outbox: drawn on pages that the phone has kept, and on others
// while something waits. What is shown comes from facts.js, the words and buttons from the page itself as it is kept.

import { use } from "./pieces.js";
import { stateOf as reckon } from "./state.js";

const isKept = Boolean(document.documentElement.dataset.kept);
const ROOT = new URL("../../../../../", import.meta.url).pathname;
let box;

export async function start(opened) {
  if (box) return;
  box = opened;
  const here = document.getElementById("facts");
  const brought = here.dataset.words ? here : await keptCopy();
  if (!brought) return;
  use(brought);
  const draw = await drawing(here.dataset);
  let last = draw();
  const again = () => (last = last.then(draw, draw).catch(() => {})); // left while it was drawn, say
  for (const event of ["outbox:changed", "outbox:answered"]) document.addEventListener(event, again);
  await last;
}

async function drawing({ page, visit }) {
  if (page === "today" || page === "van") {
    const drawn = await import(page === "today" ? "./today.js" : "./van.js");
    return () => drawn.draw(box, stateOf);
  }
  const drawn = await import(page === "visit" ? "./show.js" : "./record.js");
  const factsOf = async () => (await stateOf(visit))?.facts;
  if (isKept) document.addEventListener("click", (event) => drawn.instead?.(event, box, factsOf));
  if (page === "parts") drawn.onePart(await factsOf());
  return async () => {
    const state = await stateOf(visit);
    if (state) await drawn.draw(state, page, box);
  };
}

// A page that came from the server brings no words along; its copy on the phone does.
async function keptCopy() {
  const kept = await globalThis.caches?.match(location.pathname);
  const answer = kept ?? (await fetch(location.pathname, { headers: { "X-Keep": "1" } }));
  const copy = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("facts");
  return copy?.dataset.words ? copy : null;
}

async function stateOf(visit) {
  const base = await baseOf(`${ROOT}offline/visits/${visit}`);
  return base && reckon(box, base, visit);
}

// Fetched once a page: what was sent since is counted in from the receipts, and a weak line has better things to carry.
const bases = new Map();

async function baseOf(url) {
  if (!bases.has(url)) bases.set(url, fetched(url));
  const found = await bases.get(url);
  if (!found) bases.delete(url);
  return found;
}

// A kept page and the kept facts are of the same moment; a page from the server wants the newest.
async function fetched(url) {
  const kept = async () => (await globalThis.caches?.match(url))?.json();
  const asked = async () => {
    const answer = await fetch(url);
    return answer.ok ? answer.json() : null;
  };
  for (const from of isKept ? [kept, asked] : [asked, kept]) {
    const found = await from().catch(() => null);
    if (found) return found;
  }
  return null;
}
