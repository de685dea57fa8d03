// The map app that was chosen last stands first the next time, on this phone.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-map]");
  if (link) document.cookie = `map=${link.dataset.map}; path=/; max-age=31536000; samesite=lax`;
});
