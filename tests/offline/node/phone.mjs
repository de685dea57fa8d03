// A phone without a browser: a database in memory, and a server that answers as contract 5 says.

import { IDBFactory } from "fake-indexeddb";
import { content, openBox, sha256 as digestOf } from "../../../static/js/outbox.js";

export const VISIT = "00000000-0000-4000-8000-000000000001";
export const OTHER = "00000000-0000-4000-8000-000000000002";
export const PERSON = "00000000-0000-4000-8000-00000000000a";

const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

export class Server {
  constructor() {
    this.person = PERSON;
    this.token = "token-1";
    this.key = null;
    this.epoch = 1;
    this.backedUp = null;
    this.now = () => new Date();
    this.got = []; // what took effect: {path, id, fields}
    this.asked = []; // every address
    this.before = () => null; // answers instead, or throws
    this.known = new Map();
    this.pieces = new Map(); // digest: bytes so far
    this.crossed = 0; // bytes of pieces that arrived, also of repeats
  }

  fetch = async (path, { body, method = "GET", headers = {} } = {}) => {
    this.asked.push(path);
    const instead = await this.before(path, body, headers);
    if (instead) return instead;
    if (path === "/offline/hello")
      return json(200, { person: this.person, csrf: this.token, now: this.now().toISOString(), epoch: this.epoch, key: this.key, backed_up_until: this.backedUp });
    if (path === "/offline/have") return json(200, { missing: JSON.parse(body).ids.filter((id) => !this.known.has(id)) });
    if (path === "/offline/waiting") return (this.told = JSON.parse(body)), json(200, {});
    if (path.startsWith("/offline/pieces/")) return this.piece(path, method, body, headers);
    if (body.get("csrf_token") !== this.token) return json(400, { state: "token" });
    const id = body.get("entry_id");
    const fields = [...body].filter(([name, value]) => typeof value === "string" && value && name !== "in_pieces");
    const files = [...body].filter(([, value]) => typeof value !== "string");
    const named = body.getAll("in_pieces").map((text) => JSON.parse(text));
    for (const [name, , , sha] of named) {
      const bytes = this.pieces.get(sha) ?? Buffer.alloc(0);
      if ((await digestOf(bytes)) !== sha) return json(this.known.has(id) ? 200 : 409, this.known.has(id) ? this.proof(id) : { entry_id: id, state: "pieces" });
      files.push([name, bytes]);
    }
    const sealed = body.get("sealed") ?? named.find(([name]) => name === "sealed");
    const sha256 = sealed ? this.digestOf?.(id) : await content(path, fields, files);
    const again = this.known.has(id);
    this.known.set(id, sha256);
    if (!again) this.got.push({ path, id, fields, files });
    for (const [, , , sha] of named) this.pieces.delete(sha);
    return json(again ? 200 : 201, this.proof(id));
  };

  proof(id) {
    return { entry_id: id, sha256: this.known.get(id), state: "applied", location: "/", why: "", errors: {} };
  }

  piece(path, method, body, headers) {
    const url = new URL(path, "http://server");
    const sha256 = url.pathname.split("/").pop();
    const here = this.pieces.get(sha256) ?? Buffer.alloc(0);
    if (method === "GET") return json(200, { sha256, length: here.length, known: this.known.get(url.searchParams.get("entry")) === url.searchParams.get("content") });
    if (headers["X-CSRF-Token"] !== this.token) return json(400, { state: "token" });
    this.crossed += body.byteLength;
    if (Number(url.searchParams.get("start")) === here.length) this.pieces.set(sha256, Buffer.concat([here, Buffer.from(body)]));
    return json(200, { sha256, length: this.pieces.get(sha256).length, known: false });
  }
}

export function phone(server, more = {}) {
  const factory = more.indexedDB ?? new IDBFactory();
  return openBox(PERSON, { indexedDB: factory, fetch: server.fetch, locks: null, ...more });
}

export const part = (visit, quantity = "1") => ({ path: `/visits/${visit}/part-uses`, fields: [["item", "TM-OIL-100"], ["quantity", quantity]], label: "Part" });
export const photo = (visit, text = "picture") => ({ path: `/visits/${visit}/photos`, fields: [["label", "before"]], files: [["photo", { bytes: new TextEncoder().encode(text).buffer, type: "image/jpeg", name: "a.jpg" }]] });
export const refusal = (id, state, status, more = {}) => json(status, { entry_id: id, sha256: null, state, why: "", errors: {}, ...more });
export { json };
