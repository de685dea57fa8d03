// Whether a PIN is the one whose verifier the server gave: PBKDF2-SHA-256, as slow as the phone can bear. Five wrong ones,
// and only the password helps: the tries of a session are counted here, wherever it asks.

import { note, noted } from "./kept.js";

const TRIES = 5;
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

const counter = (person, pin) => `tries-${person}-${pin.session ?? ""}`;

export async function triesLeft(person, pin) {
  return pin ? Math.max((await noted(counter(person, pin))) ?? pin.tries, 0) : 0;
}

// Counted before it is known whether it is right: a restart wins nothing.
export async function isTheirs(typed, person, pin) {
  const left = await triesLeft(person, pin);
  if (!left) return false;
  await note(counter(person, pin), left - 1);
  if (!(await isRight(typed, pin))) return false;
  await begunAnew(person, pin);
  return true;
}

export const begunAnew = (person, pin) => note(counter(person, pin), TRIES);

async function isRight(pin, { salt, iterations, hash }) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations };
  const found = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
  const wanted = bytes(hash);
  return found.length === wanted.length && found.every((byte, at) => byte === wanted[at]);
}
