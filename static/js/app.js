// On every page: focus after an answer, words when the network fails, one submit at a time, the phone's clock in forms,
// running clocks. Each part is comfort: the server is the guard, and every form works without it.

const status = document.getElementById("status");
const RETRY_AFTER = 20000; // a form that got no answer may be sent again; its entry id makes that harmless

function say(words, kind = "bad") {
  if (!status || !words) return;
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = words;
  status.replaceChildren(line);
}

// Focus: the error summary first, else what was swapped in, so that it never falls back to the page's top.
function focusAnswer(root) {
  const target = root.querySelector("[data-focus]");
  if (target) {
    target.focus();
    target.scrollIntoView({ block: "start" });
  } else if (root !== document && document.activeElement === document.body) {
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
  }
}
focusAnswer(document);
document.addEventListener("htmx:afterSettle", (event) => focusAnswer(event.detail.elt));

// A link of the error summary leads to its field's first control, below the sticky bars.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".error-summary a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  field.focus();
  (field.closest(".field") || field).scrollIntoView({ block: "center" });
});

document.addEventListener("htmx:sendError", () => say(status?.dataset.offline));
document.addEventListener("htmx:timeout", () => say(status?.dataset.slow));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) say(status?.dataset.failed);
});
addEventListener("online", () => status?.querySelector(".quiet")?.remove());

// The phone's time with its offset, as ISO 8601. Set once: a repeat must have the same content.
function phoneTime(moment = new Date()) {
  const offset = -moment.getTimezoneOffset();
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const wall = new Date(moment.getTime() + offset * 60000).toISOString().slice(0, 19);
  return `${wall}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}
document.addEventListener(
  "submit",
  (event) => {
    for (const input of event.target.querySelectorAll("[data-now]")) input.value ||= phoneTime();
  },
  true,
);

// The first submit wins. htmx forms look after themselves (hx-sync, hx-disabled-elt).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
  } else if (!navigator.onLine) {
    event.preventDefault();
    say(status?.dataset.offline, "quiet");
  } else {
    form.dataset.sent = "1";
    form.classList.add("busy");
    setTimeout(() => release(form), RETRY_AFTER);
  }
});
function release(form) {
  delete form.dataset.sent;
  form.classList.remove("busy");
}
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

// Steppers, and the Now and Today buttons beside native inputs.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step], [data-fill]");
  const input = button && document.getElementById(button.dataset.for);
  if (!input) return;
  if (button.dataset.step) input.value = stepped(input, Number(button.dataset.step));
  else input.value = siteTime(button.dataset.zone).slice(0, button.dataset.fill === "date" ? 10 : 16);
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
function stepped(input, step) {
  const least = Number(input.dataset.least ?? 0);
  const most = input.dataset.most ? Number(input.dataset.most) : Infinity;
  const value = Number(input.value.replace(",", ".")) || 0;
  return String(Math.round(Math.min(Math.max(value + step, least), most) * 1000) / 1000);
}
function siteTime(zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const shown = new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: zone || undefined }).format(new Date());
  return shown.replace(" ", "T");
}

// Menus close when one goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// On a narrow screen CSS lays tables out as cards, and some browsers then forget that they are tables: their roles say it.
if (matchMedia("(max-width: 46rem)").matches) {
  const roles = { "": "table", "thead, tbody, tfoot": "rowgroup", tr: "row", td: "cell", "tbody th": "rowheader", "thead th": "columnheader" };
  for (const [parts, role] of Object.entries(roles))
    for (const part of document.querySelectorAll(parts ? `.table :is(${parts})` : ".table")) part.setAttribute("role", role);
}

addEventListener("load", () => import("./weak.js").catch(() => {}));

// The day on this phone, after everything else; a page that is shown from the phone says so at once. Whoever goes on
// while it is fetched has a whole page without it.
if ("person" in document.documentElement.dataset || document.querySelector("[data-online-only]")) {
  const day = () => import("./day.js").catch(() => {});
  if (document.documentElement.dataset.kept || document.readyState === "complete") day();
  else addEventListener("load", day);
}

// Running clocks: the server says how many minutes have passed, we add what passes while the page is open.
const opened = Date.now();
const started = new WeakMap();

function spent(clock, minutes) {
  const [h, m] = [Math.floor(minutes / 60), minutes % 60];
  if (!h) return clock.dataset.short.replace("{m}", m);
  return clock.dataset.long.replace("{h}", h).replace("{m}", String(m).padStart(2, "0"));
}

function tick() {
  for (const clock of document.querySelectorAll("[data-ticking]")) {
    if (!started.has(clock)) started.set(clock, Date.now() - opened < 2000 ? opened : Date.now());
    const passed = Math.floor((Date.now() - started.get(clock)) / 60000);
    const text = spent(clock, Number(clock.dataset.ticking) + passed);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

tick();
setInterval(tick, 5000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:afterSettle", tick);
