// One-key commands on laptops (the review's, and / for the search box): an element with data-key is clicked (a field: focused) when its key is pressed
// outside fields. A tick box [data-shortcuts] switches them off on this machine (WCAG 2.1.4).

const PLACE = "shortcuts-off";
const box = document.querySelector("[data-shortcuts]");

function stored(value) {
  try {
    if (value === undefined) return localStorage.getItem(PLACE);
    localStorage.setItem(PLACE, value);
  } catch {
    return null;
  }
}

if (box) {
  box.checked = stored() !== "1";
  box.addEventListener("change", () => stored(box.checked ? "0" : "1"));
}

// Ctrl-K leads to the search box from a field, too; Escape leaves the box, and its results are no longer shown.
document.addEventListener("keydown", (event) => {
  const find = document.querySelector("input[data-key='/']");
  if (find && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    find.select(); // focuses it as well; what is typed replaces the last question
  } else if (event.key === "Escape" && document.activeElement.closest(".find")) {
    event.preventDefault();
    document.activeElement.blur();
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat || stored() === "1") return;
  const target = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === event.key.toLowerCase());
  if (!target || target.disabled) return;
  event.preventDefault();
  if (target.matches("details")) {
    target.open = !target.open;
    if (target.open) target.scrollIntoView({ block: "nearest" });
  } else if (target.matches("input:not([type=checkbox], [type=radio]), textarea")) target.select();
  else if (target.matches("select")) target.focus();
  else target.click();
});
