// Whether a PIN is the one whose verifier the server gave: PBKDF2-SHA-256, as slow as the phone can bear. Five wrong ones,
// and only the password helps: the tries of a session are counted here, wherever it asks.

import { wholeDay } from "../day/snapshot.js";
import { note, noted } from "./kept.js";

const TRIES = 5;
const ROOT = new URL("../../../../../", import.meta.url).pathname;
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

const counter = (person, pin) => `tries-${person}-${pin.session ?? ""}`;

// The server has looked since the last wrong one: it shows its day to nobody else.
async function isForgiven(person, at) {
  const manifest = (await wholeDay(person, ROOT))?.manifest;
  return Math.max(manifest?.looked ?? 0, manifest?.made ?? 0) > at;
}

export async function triesLeft(person, pin) {
  if (!pin) return 0;
  const counted = await noted(counter(person, pin));
  return !counted || (await isForgiven(person, counted.at)) ? pin.tries : Math.max(counted.left, 0);
}

// One after the other: tries that run side by side would count as one.
export const isRightPin = (...given) => (navigator.locks ? navigator.locks.request("pin", () => tried(...given)) : tried(...given));

// Counted before it is known whether it is right: a restart wins nothing.
async function tried(typed, person, pin) {
  const left = await triesLeft(person, pin);
  if (!left) return false;
  await note(counter(person, pin), { left: left - 1, at: Date.now() });
  if (!(await matches(typed, pin))) return false;
  await begunAnew(person, pin);
  return true;
}

export const begunAnew = (person, pin) => note(counter(person, pin), { left: TRIES, at: Date.now() });

async function matches(pin, { salt, iterations, hash }) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations };
  const found = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
  const wanted = bytes(hash);
  return found.length === wanted.length && found.every((byte, at) => byte === wanted[at]);
}
