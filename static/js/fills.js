// A card that fills in the form below fills it in on this page: what was typed meanwhile stays. Without this script the
// card leads to a page on which it is filled in, with what is saved.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-fills]");
  const form = link && document.querySelector(link.hash);
  if (!form || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  fillIn(form, JSON.parse(link.dataset.fills));
  for (const card of document.querySelectorAll("a[data-fills]")) card.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  form.dispatchEvent(new Event("change", { bubbles: true })); // for the draft
  form.scrollIntoView();
});

// Codes are chosen anew; a note that was written already stays.
export function fillIn(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = form.elements[name];
    if (control && !(name === "note" && control.value)) control.value = value; // a list without codes is not drawn
  }
}
