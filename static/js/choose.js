// Rows of a list: tick all on the page, and how many are ticked. Without it the ticks and the button work the same.
// `form.id` would be the ticks themselves, which are called `id`.
const form = document.querySelector("[data-choice]");
if (form) {
  const ticks = [...document.querySelectorAll(`input[type=checkbox][form="${form.getAttribute("id")}"]`)];
  const all = form.querySelector("[data-choose-all]");
  const told = form.querySelector("[data-chosen]");
  const count = () => {
    const n = ticks.filter((tick) => tick.checked).length;
    told.textContent = n ? form.dataset.words.replace("{n}", n) : "";
    all.checked = n > 0 && n === ticks.length;
  };
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
    count();
  });
  for (const tick of ticks) tick.addEventListener("change", count);
  count();
}
