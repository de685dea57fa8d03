// Whether a PIN is the one whose verifier the server gave: PBKDF2-SHA-256, as slow as the phone can bear.

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

export async function isRight(pin, { salt, iterations, hash }) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations };
  const found = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
  const wanted = bytes(hash);
  return found.length === wanted.length && found.every((byte, at) => byte === wanted[at]);
}
