// The worker: stands between the pages and the network, answers GET alone, and keeps nothing but its own shell. The day
// is written by the pages (day.js), forms are sent by the outbox; whatever happens here loses no work.
// The server puts one line in front: `const SHELL = {version, files, pages}`.

const ROOT = new URL("./", location).pathname;
const NAME = `shell-${SHELL.version}`;
const TODAY = `${ROOT}offline/today`;
const NOT_HERE = `${ROOT}offline/not-here`;
const LOCK = `${ROOT}offline/lock`;
const SURFACE = `${ROOT}h/offline`; // what the customer sees while the phone is in their hands
const HANDED = "handed"; // there while the customer has the phone by the server's word
const SEEN = `${ROOT}offline/seen`; // when its owner last did something: day/idle.js writes it
const LOCKED = `${ROOT}offline/locked`;
const IDLE = 15 * 60 * 1000; // ms, as on the server: then a phone asks for the PIN
const SKEW = 60 * 1000; // ms that a clock may be put right
const PATIENCE = 4000; // ms without an answer, after which a kept page is better than none
const FETCHING = 60000;
const VARIANTS = new Set(["item", "fault", "last", "src"]); // only fill a page in: without them it is still the page

// Installing: the whole shell or nothing. What is there stays until the new one is whole and a page lets it begin.
addEventListener("install", (event) => event.waitUntil(install()));
async function install() {
  const shell = await caches.open(NAME);
  try {
    await Promise.all([...SHELL.files.map((url) => keep(shell, url)), ...SHELL.pages.map((url) => keep(shell, url, "omit"))]);
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
}
async function keep(shell, url, credentials = "same-origin") {
  const answer = await fetch(url, { credentials, signal: AbortSignal.timeout(FETCHING) });
  if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
  await shell.put(url, answer);
}

addEventListener("message", (event) => {
  if (event.data?.type === "activate") skipWaiting(); // a page says so when nothing is typed and nothing is being sent
});
addEventListener("activate", (event) => event.waitUntil(activate()));
async function activate() {
  await drop((name) => name.startsWith("shell-") && name !== NAME);
  await clients.claim();
}
async function drop(unwanted) {
  const names = (await caches.keys()).filter(unwanted);
  await Promise.all(names.map((name) => caches.delete(name)));
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("X-Keep")) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith(`${ROOT}static/`)) event.respondWith(file(request));
  else if (request.destination === "image" || isOfTheDay(url)) event.respondWith(answered(request, url));
});
function isOfTheDay(url) {
  return url.pathname === TODAY || url.pathname.startsWith(`${ROOT}offline/visits/`);
}

// A page: the lock first, then the network, then the phone.
async function page(event, url) {
  if (await caches.match(LOCK, { cacheName: "lock" })) {
    if (url.pathname !== SURFACE) return Response.redirect(SURFACE, 303);
    const own = await (await wholeDay())?.match(SURFACE);
    if (own) return own; // the server would ask whoever was silent for long to sign in, and that page is locked as well
  }
  const answer = await newest(event.request, url);
  if (answer && !answer.headers.has("X-Kept-At")) {
    if (answer.status === 200) event.waitUntil(learn(url));
    return answer;
  }
  if (!answer && (await isHandedOver())) return surface();
  return (url.pathname !== SURFACE && (await asksForPin())) || (answer ?? notHere());
}
// The page that asks for the PIN, where nobody has used the phone for a while: whoever found it reads no kept page. A
// day of somebody without a PIN has no such page. A clock that was put back is no way round it.
async function asksForPin() {
  const seen = await caches.match(SEEN, { cacheName: "seen" });
  if (!seen) return undefined;
  const age = Date.now() - Number(await seen.text());
  return age > IDLE || age < -SKEW ? (await wholeDay())?.match(LOCKED) : undefined;
}
// What the network's answer says of the phone: signed out, in the customer's hands, or back in its owner's.
async function learn(url) {
  if (url.pathname === `${ROOT}login`) await drop((name) => name.startsWith("day-"));
  if (url.pathname.startsWith(`${ROOT}h/`) && url.pathname !== SURFACE) await caches.open(HANDED);
  else await caches.delete(HANDED);
}
// Handed over with signal and the signal gone: nothing of the technician's may show until the server has it back, or
// their PIN has been typed on the surface.
const isHandedOver = () => caches.has(HANDED);
const surface = async () => (await (await wholeDay())?.match(SURFACE)) ?? Response.error();

async function answered(request, url) {
  return (await newest(request, url)) ?? Response.error();
}

// What the network says, if it says anything of use in time; else what is kept; undefined when there is neither.
async function newest(request, url) {
  const live = fetch(request).catch(() => undefined);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const first = await Promise.race([live, late]);
  if (first && first.status < 500) return first;
  return (await kept(url)) ?? (await live);
}
async function kept(url) {
  if (await isHandedOver()) return undefined;
  const day = await wholeDay();
  const shell = await caches.open(NAME);
  for (const path of addresses(url)) {
    const found = (await day?.match(path)) ?? (await shell.match(path, { ignoreVary: true }));
    if (found) return found;
  }
}
function addresses(url) {
  const path = url.pathname === ROOT ? `${ROOT}today` : url.pathname;
  const plain = [...url.searchParams.keys()].every((name) => VARIANTS.has(name));
  return plain ? [path + url.search, path] : [path + url.search];
}

// The manifest is put into a day last: a day without it is still being written.
async function wholeDay() {
  const stamp = (name) => Number(name.split("-").pop());
  const names = (await caches.keys()).filter((name) => name.startsWith("day-")).sort((a, b) => stamp(b) - stamp(a));
  for (const name of names) {
    const day = await caches.open(name);
    if (await day.match(TODAY)) return day;
  }
}
async function notHere() {
  return (await (await wholeDay())?.match(NOT_HERE)) ?? (await caches.match(NOT_HERE, { ignoreVary: true })) ?? Response.error();
}

// A file's address carries its version: whichever cache has it has the right one.
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
