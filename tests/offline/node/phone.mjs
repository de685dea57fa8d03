// A phone without a browser: a database in memory, and a server that answers as contract 5 says.

import { IDBFactory } from "fake-indexeddb";
import { content, openBox } from "../../../static/js/outbox.js";

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
  }

  fetch = async (path, { body, method = "GET", headers = {} } = {}) => {
    this.asked.push(path);
    const instead = await this.before(path, body, headers);
    if (instead) return instead;
    if (path === "/offline/hello")
      return json(200, { person: this.person, csrf: this.token, now: this.now().toISOString(), epoch: this.epoch, key: this.key, backed_up_until: this.backedUp });
    if (path === "/offline/have") return json(200, { missing: JSON.parse(body).ids.filter((id) => !this.known.has(id)) });
    if (path === "/offline/waiting") return (this.told = JSON.parse(body)), json(200, {});
    if (body.get("csrf_token") !== this.token) return json(400, { state: "token" });
    const id = body.get("entry_id");
    const fields = [...body].filter(([, value]) => typeof value === "string" && value);
    const files = [...body].filter(([, value]) => typeof value !== "string");
    const sha256 = body.get("sealed") ? this.digestOf?.(id) : await content(path, fields, files);
    const again = this.known.has(id);
    this.known.set(id, sha256);
    if (!again) this.got.push({ path, id, fields, files });
    return json(again ? 200 : 201, { entry_id: id, sha256, state: "applied", location: "/", why: "", errors: {} });
  };
}

export function phone(server, more = {}) {
  const factory = more.indexedDB ?? new IDBFactory();
  return openBox(PERSON, { indexedDB: factory, fetch: server.fetch, locks: null, ...more });
}

export const part = (visit, quantity = "1") => ({ path: `/visits/${visit}/part-uses`, fields: [["item", "TM-OIL-100"], ["quantity", quantity]], label: "Part" });
export const photo = (visit, text = "picture") => ({ path: `/visits/${visit}/photos`, fields: [["label", "before"]], files: [["photo", { bytes: new TextEncoder().encode(text).buffer, type: "image/jpeg", name: "a.jpg" }]] });
export const refusal = (id, state, status, more = {}) => json(status, { entry_id: id, sha256: null, state, why: "", errors: {}, ...more });
export { json };
