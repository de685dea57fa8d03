// The bar on top: what waits, what is being sent, what needs somebody. Nothing when all is well.

const HOUR = 3600 * 1000;
const TICK = 5000; // ms that "everything sent" stays
const PATIENCE = 1000; // ms of sending before it is worth a word

const words = document.getElementById("outbox-words");
const place = document.getElementById("outbox-bar");
let shown = false;
let later = null;

export function show(detail) {
  navigator[detail.count ? "setAppBadge" : "clearAppBadge"]?.(detail.count).catch(() => {});
  if (!place || document.body.classList.contains("handover")) return;
  clearTimeout(later);
  const [kind, name, values] = what(detail);
  if (kind === "blue" && !shown) later = setTimeout(draw, PATIENCE, kind, name, values);
  else if (kind === "green") done(values);
  else draw(kind, name, values);
}

// Kind and words for a state of the outbox; the worst thing first.
export function what({ count, oldest, needs, sending, done = 0, of = 0, stopped, crowded, broken }, now = Date.now()) {
  if (broken) return ["red", "noStore", {}];
  const age = oldest ? now - Date.parse(oldest) : 0;
  const since = Math.floor(age / HOUR);
  const old = { n: count, hours: since, days: Math.floor(since / 24) };
  if (!count) return crowded ? ["amber", "crowded", {}] : ["green", "sent", {}];
  if (age > 72 * HOUR) return ["red", isLooseOnIos() ? "homeScreen" : "threeDays", old];
  if (needs) return ["amber", "needs", { n: needs }];
  if (stopped === "signed_out" || stopped === "other") return ["amber", "signIn", {}];
  if (sending) return ["blue", "sending", { n: Math.min(done + 1, of), of }];
  if (age > 24 * HOUR) return ["amber", "oneDay", old];
  if (crowded) return ["amber", "crowded", {}];
  return ["grey", stopped === "offline" ? "offline" : "wait", old];
}

// iOS deletes what a page stored after seven days, unless the page stands on the Home Screen.
function isLooseOnIos() {
  return navigator.standalone === false;
}

function draw(kind, name, values) {
  const link = words.content.querySelector("[data-bar]").cloneNode(true);
  const icon = link.querySelector(`[data-kind="${kind}"]`);
  for (const other of link.querySelectorAll("[data-kind]")) if (other !== icon) other.remove();
  link.querySelector("[data-text]").textContent = text(name, values);
  if (name === "signIn") link.href = link.dataset.signIn + encodeURIComponent(location.pathname);
  link.classList.add(`bar-${kind}`);
  place.setAttribute("aria-live", kind === "blue" ? "off" : "polite"); // a count is not read out at each step
  place.replaceChildren(link);
  shown = true;
}

function done() {
  if (!shown) return;
  if (document.querySelector("#main > .error-summary")) return (shown = false), place.replaceChildren(); // refused: the form says it
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  draw("green", "sent", { time: time.format(new Date()) });
  shown = false;
  later = setTimeout(() => place.replaceChildren(), TICK);
}

export function text(name, values) {
  const found = words.dataset[values.n === 1 && words.dataset[`${name}One`] ? `${name}One` : name] ?? "";
  return found.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
}
