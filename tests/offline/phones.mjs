// Phones of a model, driven line by line: the outbox's real code over a store in memory, with a network that loses
// requests and answers, and pages that die at any of them. Each line in is a command, each line out its answer.

import { createInterface } from "node:readline";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { amend } from "./amend.mjs";

const [outbox, server] = process.argv.slice(2);
const { openBox } = await import(outbox);
const { leave } = await import(new URL("./outbox/sealing.js", outbox));
globalThis.IDBKeyRange = IDBKeyRange;

const SMALL = { whole: 200, pieces: { most: 1600, least: 400 } }; // bytes: the model's photos go in pieces too
const never = new Promise(() => {});
const html = () => new Response("<title>Hotel Wi-Fi</title>", { headers: { "Content-Type": "text/html" } });
const phones = new Map();

class Phone {
  constructor() {
    this.indexedDB = new IDBFactory();
    this.cookie = "";
    this.skew = 0;
    this.faults = [];
    this.locks = new Map();
    this.tabs = new Map();
    this.shelves = new Map(); // the browser's other store, one for each person
  }

  shelf(person) {
    if (!this.shelves.has(person)) this.shelves.set(person, new Map());
    const texts = this.shelves.get(person);
    return { put: async (id, text) => void texts.set(id, text), remove: async (id) => void texts.delete(id), all: async () => [...texts.values()] };
  }

  // Killed while it wrote, and at the next start the browser throws the damaged store away.
  wipe() {
    this.kill();
    this.indexedDB = new IDBFactory();
  }

  // Each tab is a box of its own over the same store; what a killed tab still runs ends at its next request.
  tab(person, n = 0) {
    const key = `${person} ${n}`;
    if (!this.tabs.has(key)) {
      const ports = {
        ...SMALL,
        indexedDB: this.indexedDB,
        second: this.shelf(person),
        fetch: (path, options) => this.fetch(key, path, options),
        now: () => new Date(Date.now() + this.skew),
        locks: this.lockless ? undefined : { request: (name, options, work) => this.lock(name, options, work) },
      };
      this.tabs.set(key, openBox(person, ports));
    }
    return this.tabs.get(key);
  }

  async lock(name, { ifAvailable }, work) {
    if (ifAvailable && this.locks.has(name)) return work(null);
    const owner = {};
    this.locks.set(name, owner);
    try {
      return await work(owner);
    } finally {
      if (this.locks.get(name) === owner) this.locks.delete(name);
    }
  }

  kill() {
    this.tabs.clear();
    this.locks.clear();
    this.died?.();
  }

  async fetch(key, path, { headers = {}, ...options } = {}) {
    const box = this.tabs.get(key);
    const fault = this.faults.shift() ?? "none";
    const dead = () => this.tabs.get(key) !== box;
    if (dead()) return never;
    if (fault === "lost_request") throw new TypeError("fetch failed");
    if (fault === "kill_before") return this.kill(), never;
    if (fault === "portal") return html();
    if (fault === "proxy") return Response.json({ ok: true, state: "applied" }, { status: 200 });
    if (fault === "broken") return new Response("down", { status: 502 });
    const answer = await fetch(server + path, { ...options, headers: { ...headers, Cookie: this.cookie } });
    await answer.clone().arrayBuffer();
    if (fault === "kill_after") return this.kill(), never;
    if (dead()) return never;
    if (fault === "lost_answer") throw new TypeError("fetch failed");
    return answer;
  }

  // Until it has ended, or the page has died.
  async send(person, tabs, faults) {
    this.faults = faults;
    const death = new Promise((done) => (this.died = () => done("killed")));
    const ways = Array.from({ length: tabs }, (_, n) => this.tab(person, n).send());
    const ended = await Promise.race([Promise.all(ways).then((all) => all.map((one) => one.stopped)), death]);
    this.faults = [];
    return ended;
  }

  async save(person, { path, fields, files = [], amends }) {
    const sent = files.map(([name, filename, text]) => [name, { bytes: Uint8Array.from(Buffer.from(text, "base64")).buffer, type: "image/jpeg", name: filename }]);
    const entry = await this.tab(person).add({ path, fields, files: sent, amends, label: "" });
    return entry.id;
  }

  async amend(person, id, fields) {
    return (await amend(this.tab(person), id, fields)).id;
  }
}

const commands = {
  phone: ({ phone, lockless }) => void phones.set(phone, Object.assign(new Phone(), { lockless })),
  cookie: ({ phone, cookie }) => void (phones.get(phone).cookie = cookie),
  skew: ({ phone, ms }) => void (phones.get(phone).skew = ms),
  save: ({ phone, person, entry }) => phones.get(phone).save(person, entry),
  amend: ({ phone, person, id, fields }) => phones.get(phone).amend(person, id, fields),
  undo: ({ phone, person, id }) => phones.get(phone).tab(person).undo(id),
  send: ({ phone, person, tabs = 1, faults = [] }) => phones.get(phone).send(person, tabs, faults),
  wipe: ({ phone }) => phones.get(phone).wipe(),
  kill: ({ phone }) => phones.get(phone).kill(),
  leave: ({ phone, person }) => leave(phones.get(phone).tab(person)),
  waiting: async ({ phone, person }) => (await phones.get(phone).tab(person).raw()).map(({ id, state }) => [id, state]),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    process.stdout.write(`${JSON.stringify({ said: (await commands[command.op](command)) ?? null })}\n`);
  } catch (problem) {
    process.stdout.write(`${JSON.stringify({ problem: String(problem?.stack ?? problem) })}\n`);
  }
}
process.exit(0);
