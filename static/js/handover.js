// The phone is in the customer's hand: the screen stays awake, Back stays here, a restored page asks the server again.
// The lock itself is the server's; this only keeps the customer from stumbling.

history.replaceState({ handover: true }, "", location.href);
history.pushState({ handover: true }, "", location.href);
addEventListener("popstate", () => history.pushState({ handover: true }, "", location.href));
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // refused when the battery is low; the page works all the same
  }
}
stayAwake();
document.addEventListener("visibilitychange", stayAwake);
