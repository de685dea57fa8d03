// When the owner of this phone last did something: the worker reads it before it shows a kept page, and asks for the PIN
// after a quarter of an hour, as the server does for all others.

const SEEN = new URL("../../../../../offline/seen", import.meta.url).pathname;
const OFTEN = 30 * 1000; // ms
const IDLE = 15 * 60 * 1000;
const SKEW = 60 * 1000; // ms that a clock may be put right
let noted = 0;

export function note() {
  if (Date.now() - noted < OFTEN) return Promise.resolve();
  noted = Date.now();
  return caches.open("seen").then((seen) => seen.put(SEEN, new Response(String(noted))));
}

export async function isUnused() {
  const seen = await caches.match(SEEN, { cacheName: "seen" });
  const age = seen ? Date.now() - Number(await seen.text()) : 0;
  return age > IDLE || age < -SKEW; // as the worker has it
}

export function watch() {
  const used = () => {
    if (noted && Date.now() - noted > IDLE) return; // whoever found the phone touches it too: the next page asks first
    note().catch(() => {});
  };
  used();
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, used, { passive: true });
}
