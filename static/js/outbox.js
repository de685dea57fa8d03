// The outbox: what a person saves is stored on the phone first, then sent to the form's own address until the server
// proves that it has it. One way for all, with signal or without. Nothing is removed without proof, nothing goes twice.
// Storing and sending touch no page, so that they can be tried without a browser; the page's part stands at the end.

const STRICT = { durability: "strict" }; // committed means: on the disk, also when the phone dies now
const STEPS = [
  (db) => {
    for (const store of ["entry", "receipt"]) db.createObjectStore(store, { keyPath: "id" });
    for (const store of ["file", "draft", "meta"]) db.createObjectStore(store);
  },
]; // the database's versions: each step only adds, so that what an older script stored is still there
const BLOCKED = 5000; // ms to wait for an older tab that holds the database
const HELLO_WAIT = 10_000;
const WHOLE = 48 * 1024; // bytes of a file that goes inside its request; a longer one goes in pieces
const COPY_WAIT = 500; // ms that a copy in the other store may hold up whoever saved
const WHOLE_STORE = "whole"; // this store has what its copies have
const LOADS = 3; // tries of a long file before it goes whole, because the script that sends pieces does not come
const SLOWEST = 4; // bytes a millisecond: a photo may take minutes where the signal is poor

/* Content (contract 5) -------------------------------------------------------------------------------------------- */

export function phoneTime(moment = new Date()) {
  const offset = -moment.getTimezoneOffset();
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const wall = new Date(moment.getTime() + offset * 60000).toISOString().slice(0, 19);
  return `${wall}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

const utf8 = (text) => new TextEncoder().encode(text);
const plain = (value) => (value.toWellFormed?.() ?? value).replace(/\r\n?/g, "\n");

export async function sha256(bytes, by = crypto) {
  const digest = await by.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// By code point, as the server sorts; JavaScript alone would sort by halves of characters.
function compare(a, b) {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
  return x.length - y.length;
}

export async function digest(path, fields, hashes, by) {
  const pairs = fields.filter(([name]) => name !== "csrf_token" && name !== "entry_id").map(([name, value]) => [name, plain(value)]);
  pairs.push(...hashes);
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return sha256(utf8(`${path}\n${JSON.stringify(pairs)}`), by);
}

const bytesOf = (file) => (file.arrayBuffer ? file.arrayBuffer() : (file.bytes ?? file)); // a Blob has a method `bytes`

export async function content(path, fields, files = [], by = crypto) {
  const hashes = [];
  for (const [name, file] of files) hashes.push([name, await sha256(await bytesOf(file), by)]);
  return digest(path, fields, hashes, by);
}

export function newId(by = crypto) {
  if (by.randomUUID) return by.randomUUID();
  const bytes = by.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// What an address is about: the visit, and what is done to it.
export function placeOf(path) {
  const found = /^\/visits\/([0-9a-f-]{36})\/(.+)$/.exec(path) ?? /^\/h\/()[^/]+\/(.+)$/.exec(path);
  return found ? { visit: found[1] || null, action: found[2] } : { visit: null, action: path.slice(1) };
}

/* Order and proof ------------------------------------------------------------------------------------------------- */

export const goes = (entry) => entry.state === "waiting" || entry.state === "frozen";
// Given or signed by the customer: not to be taken back by whoever holds the phone.
export const isTheirs = (entry) => entry.path.startsWith("/h/") || entry.action === "handover" || entry.signed === true;
export const isUndoable = (entry) => entry.state === "waiting" && !isTheirs(entry);
export const isPhoto = (entry) => entry.action === "photos";

// A queue for each visit, in the order of saving, and then one for its photos: all that is written is there before any
// of them, and they may take long. But what a signature names goes before it.
export function plan(entries) {
  const visits = new Map();
  for (const entry of entries.filter(goes).sort((a, b) => a.seq - b.seq)) {
    const key = entry.visit ?? entry.id;
    visits.set(key, [...(visits.get(key) ?? []), entry]);
  }
  const queues = [...visits.values()].map((queue) => {
    const placed = new Set();
    const place = (entry) => {
      if (!entry || placed.has(entry)) return;
      for (const id of entry.needs ?? []) if (id !== entry.id) place(queue.find((other) => other.id === id));
      placed.add(entry);
    };
    queue.filter((entry) => !isPhoto(entry)).forEach(place);
    queue.forEach(place);
    return [...placed];
  });
  const ends = (queue) => Math.max(-1, ...queue.map((entry, at) => (isPhoto(entry) ? -1 : at))) + 1;
  return [...queues.map((queue) => queue.slice(0, ends(queue))), ...queues.map((queue) => queue.slice(ends(queue)))].filter((queue) => queue.length);
}

// What an answer means. Only JSON that echoes the entry's id and content is proof; all that nobody promised is "later".
export function verdict(entry, status, said) {
  if (!said || typeof said !== "object") return "later";
  const same = said.entry_id === entry.id && said.sha256 === entry.sha256;
  if ([200, 201, 202].includes(status)) return same && ["applied", "held"].includes(said.state) ? said.state : "later";
  const about = said.entry_id === entry.id || !said.entry_id; // too large to be read: the server does not know which
  if (status === 422 && said.state === "refused" && about) return "refused";
  if (status === 404 && said.state === "unknown" && about) return "unknown";
  if (status === 401 && said.state === "signed_out") return "signed_out";
  if (status === 400 && said.state === "token") return "token";
  return "later";
}

// Milliseconds until the next try: 1 s, doubling to 5 min, a quarter more or less so that phones do not come together.
export function backoff(failures, random = Math.random) {
  return Math.min(1000 * 2 ** Math.min(failures, 20), 300_000) * (0.75 + random() / 2);
}

/* Storing --------------------------------------------------------------------------------------------------------- */

export const got = (request) =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });

export class EmptyFile extends Error {}

class Box {
  constructor(person, ports = {}) {
    this.person = person;
    this.name = `outbox-${person}`;
    this.ports = {
      indexedDB: globalThis.indexedDB,
      fetch: (...args) => fetch(...args),
      now: () => new Date(),
      locks: globalThis.navigator?.locks,
      crypto: globalThis.crypto,
      steps: STEPS,
      whole: WHOLE,
      inPieces: () => import("./outbox/pieces.js"),
      tell: () => {},
      ...ports,
    };
  }

  connect() {
    this.opening ??= this.open(this.ports.steps.length).then((db) => this.restored(db)).catch((problem) => {
      this.opening = null;
      throw problem;
    });
    return this.opening;
  }

  // A store without the mark was just made: where there are copies, the browser has thrown the one before away.
  async restored(db) {
    try {
      if (await got(db.transaction("meta").objectStore("meta").get(WHOLE_STORE))) return db;
      if (this.ports.second || (await globalThis.caches?.has(`second-${this.person}`))) await (await second()).putBack(this, db);
      await got(db.transaction("meta", "readwrite").objectStore("meta").put(true, WHOLE_STORE));
    } catch {
      // Tried again when it is opened next.
    }
    return db;
  }

  // Does one thing after the other with the copies in the browser's other store; they are a safety, never a condition.
  copy(verb, ...given) {
    if (!this.ports.second && !globalThis.caches) return Promise.resolve();
    this.copying = (this.copying ?? Promise.resolve()).then(async () => (await second())[verb](this, ...given)).catch(() => {});
    return Promise.race([this.copying, sleep(COPY_WAIT)]);
  }

  open(version) {
    return new Promise((done, fail) => {
      const request = this.ports.indexedDB.open(this.name, version);
      request.onupgradeneeded = (event) => {
        for (const step of this.ports.steps.slice(event.oldVersion)) step(request.result);
      };
      request.onblocked = () => setTimeout(() => fail(new DOMException("another tab holds it", "TimeoutError")), BLOCKED);
      // A newer script has been here: what it added does not matter to this one.
      request.onerror = () => (request.error.name === "VersionError" && version ? this.open().then(done, fail) : fail(request.error));
      request.onsuccess = () => {
        const db = request.result;
        db.onversionchange = () => this.close(); // a newer tab wants to add to it
        db.onclose = () => (this.opening = null); // the phone's system has closed it
        done(db);
      };
    });
  }

  close() {
    this.opening?.then((db) => db.close()).catch(() => {});
    this.opening = null;
  }

  // One transaction. Where the connection was lost meanwhile it is opened again and the work is done once more.
  async run(stores, mode, work, again = true) {
    try {
      const db = await this.connect();
      return await new Promise((done, fail) => {
        const tx = db.transaction(stores, mode, mode === "readwrite" ? STRICT : undefined);
        let value, problem;
        tx.oncomplete = () => done(value);
        tx.onabort = () => fail(problem ?? tx.error);
        work(tx).then(
          (found) => (value = found),
          (found) => {
            problem = found;
            try {
              tx.abort();
            } catch {
              fail(found); // it was over already
            }
          },
        );
      });
    } catch (problem) {
      if (!again || problem?.name === "QuotaExceededError") throw problem;
      this.close();
      return this.run(stores, mode, work, false);
    }
  }

  meta(name, value) {
    const store = (tx) => tx.objectStore("meta");
    if (value === undefined) return this.run("meta", "readonly", (tx) => got(store(tx).get(name)));
    return this.run("meta", "readwrite", (tx) => got(value === null ? store(tx).delete(name) : store(tx).put(value, name)));
  }

  // Resolves after the strict commit. What could not be stored is thrown with the entry, so that it can go directly.
  async add(saved) {
    const made = await this.make(saved);
    try {
      await this.run(["entry", "file", "meta"], "readwrite", async (tx) => {
        const [entries, files, meta] = ["entry", "file", "meta"].map((name) => tx.objectStore(name));
        made.entry.seq = ((await got(meta.get("seq"))) ?? 0) + 1;
        meta.put(made.entry.seq, "seq");
        for (const [sha, file] of made.files) if (!(await got(files.get(sha)))) files.put(file, sha);
        made.superseded = await this.supersede(tx, made.entry);
        await got(entries.put(made.entry));
      });
    } catch (problem) {
      throw Object.assign(new Error("not stored", { cause: problem }), { made });
    }
    await this.copy("keep", made.entry);
    if (made.superseded) await this.copy("forget", made.superseded);
    await this.changed();
    return made.entry;
  }

  async make({ path, visit, action, fields, files = [], label = null, form_version, amends = null }) {
    const { crypto, now } = this.ports;
    const [address, query] = path.split("?");
    const place = placeOf(address);
    const pairs = fields.filter(([name]) => !["csrf_token", "entry_id", "amends"].includes(name)).map(([name, value]) => [name, plain(value)]);
    if (amends) pairs.push(["amends", amends]);
    const kept = new Map(); // as bytes: a Blob that WebKit has stored may come back empty
    const listed = [];
    for (const [name, file] of files) {
      const bytes = await bytesOf(file);
      if (!bytes.byteLength) throw new EmptyFile(name);
      const sha = await sha256(bytes, crypto);
      kept.set(sha, { bytes, type: file.type || "application/octet-stream", name: file.name || name });
      listed.push([name, kept.get(sha).name, kept.get(sha).type, sha]);
    }
    const named = (field) => pairs.find(([name]) => name === field)?.[1];
    const rests = named("entries")?.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
    const hashes = listed.map(([name, , , sha]) => [name, sha]);
    const entry = {
      id: newId(crypto), seq: 0, person: this.person, path: address, query: query ?? "", visit: visit ?? place.visit, action: action ?? place.action,
      form_version: form_version ?? named("form_version") ?? null, fields: pairs, files: listed, label, created_at: phoneTime(now()),
      sha256: await digest(decodeURIComponent(address), pairs, hashes, crypto), needs: rests, names: rests,
      state: "waiting", attempts: 0, tried_at: null, why: "", errors: {}, amends, sealed: null,
    };
    return { entry, files: kept };
  }

  // A refused entry will never be sent again once it was mended; one whose outcome is unknown still goes.
  // The one that it replaces, where it does.
  async supersede(tx, entry) {
    const id = entry.amends;
    const old = id && (await got(tx.objectStore("entry").get(id)));
    if (!old || goes(old)) return null;
    await this.drop(tx, old, "amended");
    for (const other of await got(tx.objectStore("entry").getAll()))
      if (other.needs?.includes(id)) tx.objectStore("entry").put({ ...other, needs: other.needs.map((one) => (one === id ? entry.id : one)) });
    return id;
  }

  async drop(tx, entry, why) {
    const meta = tx.objectStore("meta");
    const traces = (await got(meta.get("traces"))) ?? [];
    meta.put([...traces, { id: entry.id, action: entry.action, visit: entry.visit, at: phoneTime(this.ports.now()), why }].slice(-500), "traces");
    await got(tx.objectStore("entry").delete(entry.id));
  }

  raw() {
    return this.run("entry", "readonly", (tx) => got(tx.objectStore("entry").getAll())).then((all) => all.sort((a, b) => a.seq - b.seq));
  }

  // All that is still here, in the order of saving, also what the server refused. `signed`: a signature rests on it.
  async entries() {
    const all = await this.raw();
    const read = all.some((entry) => entry.reading) ? await (await sealing()).read(this, all) : all;
    const signed = read.filter(({ action }) => action === "signature").flatMap(({ names }) => names);
    return read.map((entry) => (signed.includes(entry.id) ? { ...entry, signed: true } : entry));
  }

  async entriesOf(visit) {
    return (await this.entries()).filter((entry) => entry.visit === visit);
  }

  async waiting(before = Infinity) {
    const all = (await this.raw()).filter(({ created_at }) => !(Date.parse(created_at) > before));
    const oldest = all.map((entry) => entry.created_at).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
    return { count: all.length, oldest: oldest ?? null, needs: all.filter((entry) => !goes(entry)).length };
  }

  receipts() {
    return this.run("receipt", "readonly", (tx) => got(tx.objectStore("receipt").getAll()));
  }

  async file(sha) {
    const found = await this.run("file", "readonly", (tx) => got(tx.objectStore("file").get(sha)));
    return found?.iv ? (await sealing()).unlock(this, found) : found;
  }

  // Only while nobody can know whether it has arrived.
  async undo(id) {
    return (await taking()).take(this, id, "undone", isUndoable);
  }

  async remove(id, why = "deleted") {
    return (await taking()).take(this, id, why, (entry) => !isTheirs(entry) || !goes(entry));
  }

  // Back to be sent: after a refusal that somebody else has mended, or a visit that is known now.
  async retry(id) {
    await this.change(id, (entry) => (goes(entry) ? entry : { ...entry, state: "frozen" }));
  }

  change(id, to) {
    return this.run("entry", "readwrite", async (tx) => {
      const store = tx.objectStore("entry");
      const entry = await got(store.get(id));
      const after = entry && to(entry);
      if (after) await got(store.put(after));
      return after;
    });
  }

  // Bytes that neither an entry nor a receipt names any more.
  sweep() {
    return this.run(["entry", "receipt", "file"], "readwrite", async (tx) => {
      const held = [...(await got(tx.objectStore("entry").getAll())), ...(await got(tx.objectStore("receipt").getAll()))];
      const named = new Set(held.flatMap((entry) => [...entry.files.map((file) => file[3]), ...(entry.locked ?? [])]));
      for (const sha of await got(tx.objectStore("file").getAllKeys())) if (!named.has(sha)) tx.objectStore("file").delete(sha);
    });
  }

  async changed(more = {}) {
    this.ports.tell("changed", { ...(await this.waiting()), sending: Boolean(this.progress), ...this.progress, stopped: this.stopped ?? null, crowded: await this.isCrowded(0.8), ...more });
  }

  /* Sending -------------------------------------------------------------------------------------------------------- */

  // One sender: this tab goes round again where it is at it already, another tab is told to.
  send() {
    this.again = true;
    this.sending ??= this.alone(() => this.rounds()).finally(() => {
      this.sending = null;
      if (this.again) return this.send();
    });
    return this.sending;
  }

  alone(work) {
    if (!this.ports.locks) return work();
    return this.ports.locks.request(this.name, { ifAvailable: true }, async (lock) => {
      if (lock) return work();
      this.again = false;
      this.ports.tell("nudge");
      return { sent: 0, waiting: (await this.waiting()).count, stopped: "elsewhere" };
    });
  }

  async rounds() {
    let sent = 0;
    this.carried = 0;
    try {
      while (this.again) {
        this.again = false;
        sent += await this.round();
      }
    } finally {
      this.progress = null;
    }
    const { count } = await this.waiting();
    await this.changed({ sent });
    return { sent, waiting: count, stopped: this.stopped };
  }

  async round() {
    const hello = await this.hello();
    this.stopped = hello.stopped ?? null;
    if (this.stopped) return 0;
    // Before the first proof: also a phone that dies during this round notices later that the server was restored.
    if (!(await this.meta("hello"))) await this.meta("hello", { key: hello.key, epoch: hello.epoch }).catch(() => {});
    const sent = await this.deliverAll(hello);
    if (this.stopped) return sent;
    if ((await this.raw()).some(goes)) this.stopped = "later";
    await (await import("./outbox/upkeep.js")).heard(this, hello).catch(() => {}); // comfort: what is sent is sent
    return sent;
  }

  async deliverAll(hello) {
    const all = await this.raw();
    const queues = plan(all);
    this.newest = all.at(-1)?.seq;
    this.progress = { done: 0, of: queues.flat().length };
    let sent = 0;
    for (const queue of queues) {
      let stuck = false;
      for (const entry of queue) {
        if ((stuck && !isPhoto(entry)) || (entry.needs?.length && (await (await needs()).lacks(this, entry)))) {
          stuck ||= !isPhoto(entry);
          continue;
        }
        await this.changed();
        const outcome = await this.deliver(entry, hello);
        this.progress.done++;
        if (outcome === "applied" || outcome === "held") sent++;
        if (outcome === "paused") return sent;
        if (outcome === "later" && !isPhoto(entry)) stuck = true;
        if (outcome === "lost") {
          const still = await this.hello(); // the network, or only this entry?
          this.stopped = still.stopped ?? null;
          if (this.stopped) return sent;
          break;
        }
        if (outcome === "signed_out") {
          this.stopped = outcome;
          return sent;
        }
      }
    }
    return sent;
  }

  async hello() {
    let answer;
    this.reached = false;
    try {
      answer = await this.ask("/offline/hello", { redirect: "manual", headers: await this.headers() }, HELLO_WAIT);
    } catch {
      return { stopped: "offline" };
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) return { stopped: "signed_out" };
    const said = await json(answer);
    if (!said?.person || !said.csrf) return { stopped: "offline" }; // somebody else answers here: a captive portal, say
    if (said.person !== this.person) return { stopped: "other", key: said.key };
    this.ahead = said.now ? Date.parse(said.now) - this.ports.now().getTime() : 0; // ms that the server's clock is ahead
    this.reached = true;
    said.key ??= (await this.meta("hello").catch(() => null))?.key ?? null;
    return said;
  }

  // Whether more than this share of what the browser grants is used.
  async isCrowded(share) {
    const found = await globalThis.navigator?.storage?.estimate?.().catch(() => null);
    return Boolean(found?.quota && found.usage / found.quota > share);
  }

  serverTime() {
    return this.ports.now().getTime() + (this.ahead ?? 0);
  }

  // Longer than an answer takes: a form that is refused at once never waited.
  async headers() {
    const { count, oldest } = await this.waiting(this.ports.now() - YOUNG);
    return { "X-Outbox": "1", "X-Outbox-Waiting": `${count};${oldest ?? ""};${this.person}` };
  }

  async ask(path, options, wait) {
    return this.ports.fetch(path, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout?.(wait), ...options });
  }

  async deliver(entry, hello) {
    const frozen = await this.freeze(entry.id, hello.key);
    if (!frozen) return "undone";
    const { outcome, said } = await this.post(frozen, hello, (sha) => this.file(sha));
    await this.settle(frozen, outcome, said);
    return outcome;
  }

  // From the first try on nobody may change it: it may have arrived, whatever the phone was told.
  async freeze(id, key) {
    const tried = (entry) => ({ ...entry, state: "frozen", attempts: entry.attempts + 1, tried_at: phoneTime(this.ports.now()) });
    const frozen = await this.change(id, (entry) => goes(entry) && tried(entry));
    if (!frozen || !key || frozen.sealed) return frozen;
    try {
      return await (await sealing()).seal(this, frozen, key);
    } catch {
      return frozen; // it goes as it is, over the same encrypted line
    }
  }

  // Once more where only the token was stale. "lost": no answer at all.
  async post(entry, hello, file) {
    const first = await this.tryOnce(entry, hello, file);
    if (first.outcome !== "token") return first;
    const fresh = await this.hello();
    if (fresh.stopped) return { outcome: fresh.stopped === "signed_out" ? "signed_out" : "lost" };
    const second = await this.tryOnce(entry, fresh, file);
    return second.outcome === "token" ? { outcome: "later" } : second;
  }

  async tryOnce(entry, hello, file) {
    const body = new FormData();
    body.append("csrf_token", hello.csrf);
    body.append("entry_id", entry.id);
    // Sealed, a photo is 2.4 times as long: while its copy can be read here, it goes as it is over the same encrypted line.
    const open = entry.locked?.length ? await (await sealing()).reopen(this, entry) : entry.sealed ? null : entry;
    const sealed = open ? null : (await sealing()).field(entry.sealed);
    const files = sealed ? [["sealed", "", "text/plain", "", utf8(sealed)]] : [];
    for (const [name, value] of open?.fields ?? []) body.append(name, value);
    for (const one of open?.files ?? []) files.push([...one, (await file(one[3])).bytes]);
    let size = 0;
    try {
      const large = files.some(([, , , , bytes]) => bytes.byteLength > this.ports.whole);
      const pieces = large && (await this.ports.inPieces().catch(() => null));
      if (large && !pieces && entry.attempts < LOADS) return { outcome: "lost" }; // a line that loses this would lose photos
      const way = pieces && (await pieces.bring(this, entry, files, hello, body)); // takes out of `files` what went before
      if (way) return { outcome: way };
      for (const [name, filename, type, , bytes] of files) {
        size += bytes.byteLength;
        if (sealed) body.append(name, sealed);
        else body.append(name, new Blob([bytes], { type }), filename);
      }
      const headers = { ...(await this.headers().catch(() => ({ "X-Outbox": "1" }))), ...(entry.names?.length && (await (await needs()).without(this, entry))) };
      const path = entry.query ? `${entry.path}?${entry.query}` : entry.path;
      const answer = await this.ask(path, { method: "POST", redirect: "error", headers, body }, 60_000 + Math.ceil(size / SLOWEST));
      const said = await json(answer);
      const sent = sealed && said?.sha256 !== entry.sha256 ? await digest(entry.path, [["sealed", sealed]], [], this.ports.crypto) : entry.sha256;
      return { outcome: verdict({ ...entry, sha256: sent }, answer.status, said), said }; // an envelope that cannot be opened is held as it is
    } catch {
      return { outcome: "lost" };
    }
  }

  async settle(entry, outcome, said) {
    if (outcome === "applied" || outcome === "held") {
      const { state, location, why } = said;
      const received_at = new Date(this.serverTime()).toISOString();
      const { locked, ...kept } = entry; // the copy for reading goes, the sealed one stays
      await this.run(["entry", "receipt"], "readwrite", async (tx) => {
        tx.objectStore("receipt").put({ ...kept, received_at, answer: { state, location, why } });
        await got(tx.objectStore("entry").delete(entry.id));
      });
      await this.copy("forget", entry.id);
    } else if (outcome === "refused" || outcome === "unknown") {
      await this.change(entry.id, (now) => ({ ...now, state: outcome, why: said.why ?? "", errors: said.errors ?? {} }));
    } else {
      return;
    }
    this.ports.tell("answered", { entry: { id: entry.id, visit: entry.visit, action: entry.action }, answer: said });
  }
}

const sealing = () => import("./outbox/sealing.js");
const second = () => import("./outbox/second.js");
const needs = () => import("./outbox/needs.js");
const taking = () => import("./outbox/taking.js");

async function json(answer) {
  if (!/^application\/json\b/.test(answer.headers.get("Content-Type") ?? "")) return null;
  return answer.json().catch(() => null);
}

export function openBox(person, ports) {
  return new Box(person, ports);
}

/* The page's part ------------------------------------------------------------------------------------------------- */

const YOUNG = 60000; // ms
const PROMPT = 4000; // ms in which the proof may come before the person goes on
const OPENING = 60000; // ms for the next page
const ASK_AGAIN = 600_000;
let box = null;

export function currentBox() {
  return box;
}

const words = (name) => document.getElementById("outbox-words")?.dataset[name] ?? "";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// In the line where all pages say what just happened; kept over the change of a page.
export function say(text, kind = "good") {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  if (text) document.getElementById("status")?.replaceChildren(line);
}

function sayThere(text, kind) {
  sessionStorage.setItem("outbox-said", JSON.stringify([text, kind]));
}

// The answer to an entry, whichever tab sends it; nothing when it does not come in time.
function answerTo(id) {
  return new Promise((done) => {
    const heard = (event) => event.detail.entry.id === id && finish(event.detail.answer);
    const finish = (answer) => {
      document.removeEventListener("outbox:answered", heard);
      done(answer);
    };
    document.addEventListener("outbox:answered", heard);
    setTimeout(finish, PROMPT, null);
  });
}

export function valuesOf(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  const pairs = [...data].filter(([name]) => name !== "csrf_token" && name !== "entry_id");
  return {
    fields: pairs.filter(([, value]) => typeof value === "string"),
    files: pairs.filter(([, value]) => typeof value !== "string" && (value.name || value.size)),
  };
}

// Plain words for the list of what waits: what was pressed, and where.
function labelOf(form, submitter, fields) {
  const given = form.dataset.label?.replace(/\{(\w+)\}/g, (_all, name) => fields.find(([field]) => field === name)?.[1] ?? "");
  if (given) return given;
  const button = (submitter ?? form.querySelector("button[type=submit]"))?.querySelector("span")?.textContent.trim();
  return [button, document.querySelector("h1")?.textContent.trim()].filter(Boolean).join(" · ");
}

function capture(event) {
  const form = event.target;
  if (form.matches?.("form[action$='/logout']") && !form.dataset.left) return leave(event);
  if (!form.matches?.("form[data-outbox]") || form.querySelector("input[type=password]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.saving) return; // the second tap of two
  form.dataset.saving = "1";
  form.classList.add("busy");
  save(form, event.submitter).catch((problem) => say(problem instanceof EmptyFile ? words("empty") : words("broken"), "bad")).finally(() => release(form));
}

function leave(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const form = event.target;
  const go = () => {
    form.dataset.left = "1";
    form.requestSubmit(event.submitter);
  };
  import("./outbox/leaving.js").then((module) => module.leave(box, form, go)).catch(go);
}

function release(form) {
  delete form.dataset.saving;
  form.classList.remove("busy");
}

export function entryOf(form, submitter) {
  const amends = form.dataset.amends || null;
  for (const input of form.querySelectorAll("[data-now]")) if (!amends || !input.value) input.value = phoneTime();
  const { fields, files } = valuesOf(form, submitter);
  const url = new URL(form.action, location.href);
  return {
    path: url.pathname + url.search, visit: form.dataset.visit, amends, fields, label: labelOf(form, submitter, fields),
    files: files.map(([name, file]) => [name, file]),
  };
}

async function save(form, submitter) {
  let entry;
  try {
    entry = await box.add(entryOf(form, submitter));
  } catch (problem) {
    if (!problem.made) throw problem;
    return sendDirectly(form, problem.made);
  }
  document.dispatchEvent(new CustomEvent("outbox:saved", { detail: { ...entry, form } }));
  keep();
  const answer = await Promise.race([answerTo(entry.id), kick().then((sent) => (sent?.stopped === "elsewhere" ? sleep(PROMPT) : null))]);
  return answer ? goOn(form, entry, answer) : waits(form, entry);
}

async function goOn(form, entry, answer) {
  if (answer.state === "refused") return (await import("./outbox/errors.js")).show(box, form, entry, answer);
  if (answer.state === "unknown") return say(answer.why, "bad");
  if (answer.state === "held") sayThere(answer.why || words("held"), "quiet");
  go(answer.location || nextOf(form, entry));
  await sleep(OPENING); // the form stays busy until the page is gone
}

// Stored, no answer yet: on to where the form leads, if this phone keeps that page.
async function waits(form, entry) {
  sayThere(words("stored"), "quiet");
  if (navigator.serviceWorker?.controller || box.reached) {
    go(nextOf(form, entry));
    await sleep(OPENING);
  } else {
    showSaid();
    form.reset();
  }
}

function nextOf(form, entry) {
  return form.dataset.next ?? (entry.visit ? `/visits/${entry.visit}` : location.pathname);
}

function go(target) {
  const url = new URL(target, location.href);
  if (url.pathname + url.search !== location.pathname + location.search || !url.hash) return location.assign(url);
  history.replaceState(null, "", url); // a new mark alone would not load the page
  location.reload();
}

function showSaid() {
  const [text, kind] = JSON.parse(sessionStorage.getItem("outbox-said") ?? "[]");
  sessionStorage.removeItem("outbox-said");
  if (text) say(text, kind);
}

// The phone could not store it: nothing is cleared, and it is tried straight away under the same id.
async function sendDirectly(form, made) {
  say(words("unstored"), "bad");
  const said = await sendUnstored(made);
  if (said) await goOn(form, made.entry, said);
}

export async function sendUnstored({ entry, files }) {
  const hello = await box.hello();
  const { outcome, said } = hello.stopped ? {} : await box.post(entry, hello, (sha) => files.get(sha));
  return ["applied", "held", "refused"].includes(outcome) ? said : null;
}

// Once: may the browser keep this phone's store when space is short? What it answers is kept beside it.
async function keep() {
  if ((await box.meta("persisted")) === undefined) await box.meta("persisted", Boolean(await navigator.storage?.persist?.().catch(() => false)));
}

let failures = 0;
let timer = null;

function kick() {
  clearTimeout(timer);
  return box
    .send()
    .then(({ sent, waiting, stopped }) => {
      failures = stopped && waiting && !sent && !box.carried ? failures + 1 : 0; // a poor line that carries something is not a dead one
      if (waiting && stopped) timer = setTimeout(kick, backoff(failures));
      return { stopped };
    })
    .catch(() => (timer = setTimeout(kick, backoff(++failures))));
}

// What waits is sent when a page opens. Where nothing does, the server is asked now and then what its backup covers, and
// whether a restore has lost something that this phone still has.
async function wake() {
  await colleagues();
  const [{ count }, hello, receipts] = [await box.waiting(), await box.meta("hello"), await box.receipts()];
  if (count || (receipts.length && !(Date.now() - Date.parse(hello?.at) < ASK_AGAIN))) {
    await box.changed();
    await kick();
  }
}

// How much whose boxes hold, and whether they were closed: no content, so that others on this phone may see it.
export function known() {
  return JSON.parse(localStorage.getItem("outbox-known") ?? "{}");
}

function note(person, count, open) {
  localStorage.setItem("outbox-known", JSON.stringify({ ...known(), [person]: { count, open } }));
}

// Whoever was here before did not sign out: what they left readable is closed now.
async function colleagues() {
  for (const [person, { count, open }] of Object.entries(known())) {
    if (!open || person === box.person) continue;
    note(person, count, !(await (await sealing()).leave(openBox(person))));
  }
}

// What this page needs beside: fetched now, while it can be. Where it cannot, the page does without.
function furnish() {
  const has = (what) => document.querySelector(what);
  const fetched = (loading) => loading.catch(() => {});
  const forms = has("form[data-outbox]") && !has("body.handover");
  if (forms && has("form.form[data-outbox]:not([data-photos])")) fetched(import("./outbox/drafts.js").then((module) => module.start(box)));
  if (has("ul[data-waiting]")) fetched(import("./outbox/rows.js").then((module) => module.start(box)));
  if (has("#facts")) {
    const drawn = () => fetched(import("./visit/page.js").then((module) => module.start(box)));
    if (document.documentElement.dataset.kept) drawn();
    else document.addEventListener("outbox:changed", ({ detail }) => detail.count && drawn());
  }
  if (has("[data-continue]")) {
    const drafts = box.run("draft", "readonly", (tx) => got(tx.objectStore("draft").count()));
    fetched(drafts.then((count) => count && import("./outbox/drafts.js").then((module) => module.offer(box))));
  }
  if (forms && !navigator.serviceWorker?.controller) setTimeout(() => fetched(bar()), 500);
}

const bar = () => import("./outbox/bar.js");

function start(person) {
  if (!globalThis.indexedDB || !globalThis.crypto?.subtle) return; // forms go plainly, as without script
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(`outbox-${person}`);
  const hear = ({ type, detail }) => {
    if (type === "nudge") return box.sending && (box.again = true);
    if (type === "changed") {
      note(person, detail.count, true);
      if (detail.count || barred) bar().then((module) => module.show(detail), () => {});
      barred ||= detail.count > 0;
    }
    document.dispatchEvent(new CustomEvent(`outbox:${type}`, { detail }));
  };
  let barred = false;
  const tell = (type, detail) => {
    if (type !== "nudge") hear({ type, detail });
    channel?.postMessage({ type, detail });
  };
  box = openBox(person, { tell });
  channel?.addEventListener("message", ({ data }) => hear(data));
  addEventListener("submit", capture, true);
  addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-saving]").forEach(release));
  addEventListener("online", kick);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake().catch(() => {}));
  document.addEventListener("outbox:send", kick); // a button
  if (globalThis.caches) addEventListener("load", () => second().catch(() => {})); // here before the signal goes
  showSaid();
  furnish();
  wake().catch(() => {});
  box.connect().catch(() => bar().then((module) => module.show({ broken: true }), () => {}));
}

if (typeof document !== "undefined" && document.documentElement.dataset.person) start(document.documentElement.dataset.person);
