// A weak line: what takes longer than a few seconds is said, and can be given up. What is saved on the phone needs none of
// this: it goes on by itself. Fetched after the page, so that it costs a weak line nothing.

const WEAK = 4000; // ms
const status = document.getElementById("status");
let timer = null;
let line = null;

function trying(giveUp) {
  over();
  timer = setTimeout(show, WEAK, giveUp);
}

function over() {
  clearTimeout(timer);
  line?.remove();
}

function show(giveUp) {
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = status.dataset.weak;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-quiet", textContent: status.dataset.cancel });
  button.addEventListener("click", () => (giveUp(), over()));
  line = document.createElement("div");
  line.className = "quiet";
  line.append(words, button);
  status.replaceChildren(line);
}

function watch() {
  // A page that was asked for. A file, or a mark on this page, brings no other page.
  const isFile = (path) => /\.\w{2,4}$/.test(path);
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const here = link.pathname === location.pathname && link.search === location.search && link.hash;
    if (/^https?:$/.test(link.protocol) && !link.target && !here && !isFile(link.pathname) && !("file" in link.dataset)) trying(() => stop());
  });

  // A form that goes without the outbox.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.target || form.hasAttribute("hx-post") || isFile(form.getAttribute("action") ?? "")) return;
    const giveUp = () => {
      stop();
      delete form.dataset.sent;
      form.classList.remove("busy");
    };
    trying(giveUp);
  });

  // A part of the page.
  document.addEventListener("htmx:beforeRequest", ({ detail }) => trying(() => htmx.trigger(detail.elt, "htmx:abort")));
  document.addEventListener("htmx:afterRequest", over);
  addEventListener("pageshow", (event) => event.persisted && over());
}

if (status?.dataset.weak) watch();
