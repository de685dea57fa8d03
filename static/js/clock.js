// Running clocks: the server says how many minutes have passed, we add what passes while the page is open.

const opened = Date.now();
const started = new WeakMap();

function words(clock, minutes) {
  const [h, m] = [Math.floor(minutes / 60), minutes % 60];
  if (!h) return clock.dataset.short.replace("{m}", m);
  return clock.dataset.long.replace("{h}", h).replace("{m}", String(m).padStart(2, "0"));
}

function tick() {
  for (const clock of document.querySelectorAll("[data-ticking]")) {
    if (!started.has(clock)) started.set(clock, Date.now() - opened < 2000 ? opened : Date.now());
    const passed = Math.floor((Date.now() - started.get(clock)) / 60000);
    const text = words(clock, Number(clock.dataset.ticking) + passed);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

tick();
setInterval(tick, 5000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:afterSettle", tick);
