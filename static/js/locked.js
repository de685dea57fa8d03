// The PIN of a phone that nobody used for a while, asked without the server. The page stands in the place of the one that
// was wanted: when the PIN is right, that one is asked for again.

import { note } from "./day/idle.js";
import { isRightPin, triesLeft } from "./handover/pin.js";

const form = document.getElementById("unlock");
const { person, wrong, write } = form.dataset;
const pin = JSON.parse(form.dataset.pin);
const line = form.querySelector("[role=alert]");
const tell = (text) => ([line.textContent, line.hidden] = [text, false]);

async function turn() {
  const left = await triesLeft(person, pin);
  form.hidden = !left;
  document.getElementById("no-more-tries").hidden = left > 0;
  return left;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const field = form.elements.pin;
  const typed = field.value.trim();
  field.value = "";
  field.focus();
  if (!typed) return tell(write);
  if (await isRightPin(typed, person, pin)) return note().then(() => location.reload());
  tell(wrong.replace("{n}", await turn()));
});
await turn();
