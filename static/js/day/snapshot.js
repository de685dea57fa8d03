// The day on the phone: what `/offline/today` lists is fetched into a new cache of this person. A visit is kept whole or
// not at all. The manifest goes in last, and with it the new day takes the old one's place; nothing that is not listed is
// kept. Cut off in the middle, the next page goes on where this one stopped.

const AT_ONCE = 4;
const OLDEST = 3 * 3600 * 1000; // ms: then all is fetched again, though nothing of the visits has changed
const PATIENCE = 30000;
const ELSEWHERE = /\/(login|unlock|h\/[^/]+|me\/password)$/;
const LISTED = "offline/today";

const stampOf = (name) => Number(name.split("-").pop());
const isDay = (name) => name.startsWith("day-");
export const isOf = (person) => (name) => name.startsWith(`day-${person}-`);

export async function wholeDay(person, root) {
  for (const name of await daysOf(person)) {
    const day = await caches.open(name);
    const manifest = await day.match(root + LISTED);
    if (manifest) return { name, day, manifest: await manifest.json() };
  }
  return null;
}
async function daysOf(person) {
  const own = (await caches.keys()).filter(isOf(person));
  return own.sort((a, b) => stampOf(b) - stampOf(a));
}
// Other people's days, or all of them at sign-out. What waits to be sent is no part of a day.
export async function dropDays(unless = () => false) {
  const names = (await caches.keys()).filter((name) => isDay(name) && !unless(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}
export async function keptAt(day, visit) {
  const kept = visit.pages.length ? await day.match(visit.pages[0]) : null;
  return kept ? Number(kept.headers.get("X-Kept-At")) : null;
}

// The whole day; one download at a time, whichever page does it. `told(id, state)` hears of each visit: getting, kept,
// failed. Gives the manifest, or null when there was none to be had.
export const download = (person, root, told = () => {}) => alone(person, () => take(person, root, told));
// One visit that has changed, into the day that is there.
export const refresh = (person, root, id) => alone(person, () => takeAgain(person, root, id));
// What the phone knows of a visit, fetched anew on its own where it is kept at all: pages and pictures follow later.
export async function renew(person, root, url) {
  const now = await wholeDay(person, root);
  const kept = await now?.day.match(url);
  const answer = kept && (await fetched(url, kept.headers.get("X-Stamp")));
  if (answer) await now.day.put(url, answer);
}
function alone(person, work) {
  return navigator.locks ? navigator.locks.request(`day-${person}`, work) : work();
}

async function take(person, root, told) {
  const manifest = await ask(root + LISTED);
  if (manifest?.person !== person) return null;
  const before = await wholeDay(person, root);
  if (before && isCurrent(before.manifest, manifest)) {
    await before.day.put(root + LISTED, json({ ...before.manifest, ...manifest, looked: Date.now() }));
    for (const visit of manifest.visits) if (visit.pages.length) told(visit.id, "kept");
    return manifest;
  }
  const name = (await unfinished(person, root)) ?? `day-${person}-${Date.now()}`;
  const day = await caches.open(name);
  const old = before ? [day, before.day] : [day];
  const failed = [];
  for (const visit of manifest.visits) if (visit.pages.length) told(visit.id, "getting");
  const frame = await takeAll(day, old, frameOf(manifest));
  for (const visit of frame ? manifest.visits : []) {
    const whole = (await takeAll(day, old, partsOf(visit))) || (await carryOver(day, before?.day, partsOf(visit)));
    if (!whole) failed.push(visit.id);
    if (visit.pages.length) told(visit.id, whole ? "kept" : "failed");
  }
  if (!frame) {
    for (const visit of manifest.visits) if (visit.pages.length) told(visit.id, before && (await keptAt(before.day, visit)) ? "kept" : "failed");
    return null; // the old day stays, and what was fetched waits for the next try
  }
  await day.put(root + LISTED, json({ ...manifest, failed, made: Date.now() }));
  await dropDays((other) => other === name || !isOf(person)(other));
  return manifest;
}

async function takeAgain(person, root, id) {
  const now = await wholeDay(person, root);
  const manifest = now && (await ask(root + LISTED));
  if (manifest?.person !== person) return null;
  const visit = manifest.visits.find((one) => one.id === id);
  const gone = now.manifest.visits.find((one) => one.id === id);
  const wanted = [...frameOf(manifest), ...(visit ? partsOf(visit) : [])];
  if (!(await takeAll(now.day, [], wanted))) return null;
  for (const [url] of gone ? partsOf(gone) : []) if (!wanted.some(([kept]) => kept === url)) await now.day.delete(url);
  const visits = now.manifest.visits.map((one) => (one.id === id ? visit : one)).filter(Boolean);
  await now.day.put(root + LISTED, json({ ...now.manifest, visits, stamp: manifest.stamp }));
  return manifest;
}

const frameOf = (manifest) => [...manifest.pages.map((url) => [url, manifest.stamp]), ...manifest.assets.map((url) => [url, ""])];
const partsOf = (visit) => [...visit.pages, ...visit.data, ...visit.pictures].map((url) => [url, visit.stamp]);
function isCurrent(before, manifest) {
  const stamps = (one) => [one.stamp, ...one.visits.map((visit) => `${visit.id} ${visit.stamp}`)].join();
  return !before.failed.length && Date.now() - before.made < OLDEST && stamps(before) === stamps(manifest);
}

// A day whose page went away before it was whole.
async function unfinished(person, root) {
  for (const name of await daysOf(person)) if (!(await (await caches.open(name)).match(root + LISTED))) return name;
}

// Keeps all of it or nothing. What the server does not show (404, another page) is no failure: it is not there.
async function takeAll(day, old, wanted) {
  const queue = [...wanted];
  const found = [];
  let failed = false;
  const one = async () => {
    for (let next = queue.shift(); next && !failed; next = queue.shift()) {
      const answer = (await unchanged(old, ...next)) ?? (await fetched(...next).catch(() => null));
      if (answer === null) failed = true;
      else if (answer) found.push([next[0], answer]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  if (failed) return false;
  await Promise.all(found.map(([url, answer]) => day.put(url, answer)));
  return true;
}
async function carryOver(day, before, wanted) {
  if (!before || !(await before.match(wanted[0][0]))) return false;
  for (const [url] of wanted) {
    const kept = await before.match(url);
    if (kept) await day.put(url, kept);
  }
  return true;
}

// Pages are good while their visit's stamp is and they are not too old; files carry their version in the address.
async function unchanged(old, url, stamp) {
  for (const cache of old) {
    const kept = await cache.match(url);
    const age = Date.now() - Number(kept?.headers.get("X-Kept-At"));
    if (kept?.headers.get("X-Stamp") === stamp && (!stamp || age < OLDEST)) return kept;
  }
  const file = stamp ? null : await caches.match(url, { ignoreVary: true });
  return file ? labelled(file, stamp) : undefined;
}
async function fetched(url, stamp) {
  const cache = stamp ? "no-store" : "default";
  const answer = await fetch(url, { headers: { "X-Keep": "1" }, cache, signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status >= 500) throw new Error(`${url}: ${answer.status}`);
  if (answer.redirected && ELSEWHERE.test(new URL(answer.url).pathname)) throw new Error("signed out");
  return answer.ok && !answer.redirected ? labelled(answer, stamp) : false;
}
async function labelled(answer, stamp) {
  const headers = new Headers(answer.headers);
  for (const name of ["Vary", "Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("X-Stamp", stamp);
  headers.set("X-Kept-At", String(Date.now()));
  return new Response(await answer.blob(), { headers });
}

async function ask(url) {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(url, { headers: { "X-Keep": "1" }, cache: "no-store", redirect: "manual", signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
const json = (value) => new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });
