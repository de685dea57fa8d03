// Files in pieces: over a line that breaks, a cut costs one piece and not the whole photo. Each piece is put behind what
// the server has of the file; after a cut the phone asks how much that is, so that a lost answer costs nothing again.
// The entry goes afterwards and only names its files.

import { goes, isPhoto, sha256 } from "../outbox.js";

const MOST = 64 * 1024; // bytes of one piece; each cut halves it, each piece that arrives doubles it
const LEAST = 16 * 1024;
const WAIT = 60_000; // ms for one piece: what arrives more slowly than that is no line
const ASK_WAIT = 10_000;
const ASKS = 3;
const CUTS = 8; // in a row, and nothing arrived: other entries may get through meanwhile

// Takes the long files to the server and names them in the entry's body instead; the others stay in `files`, and so do
// all where pieces are not taken. Returns in a word why the entry cannot go now: "paused" is for what was written
// meanwhile and goes first.
export async function bring(box, entry, files, hello, body) {
  const carried = [];
  for (const one of files.filter(([, , , , bytes]) => bytes.byteLength > box.ports.whole)) {
    one[3] ||= await sha256(one[4], box.ports.crypto);
    const way = await carry(box, entry, one, hello);
    if (way === "whole") return null;
    if (way) return way;
    carried.push(one);
  }
  for (const [name, filename, type, sha, bytes] of carried) body.append("in_pieces", JSON.stringify([name, filename, type, sha, bytes.byteLength]));
  files.splice(0, files.length, ...files.filter((one) => !carried.includes(one)));
  return null;
}

// Nothing once all of it is there, or where the entry has arrived before and needs it no more.
async function carry(box, entry, [name, , , sha, bytes], hello) {
  const { most = MOST, least = LEAST } = box.ports.pieces ?? {};
  const about = name === "sealed" ? "" : `?entry=${entry.id}&content=${entry.sha256}`; // sealed anew it would be another file
  let [at, cuts, idle] = [0, 0, 0];
  box.piece ??= most;
  // At the first try nothing of it is there, as a rule; where it is, the answer to the first piece says so.
  let asks = entry.attempts > 1 || Boolean(entry.amends);
  while (at < bytes.byteLength) {
    if (await hasNews(box)) return "paused";
    const found = asks ? await ask(box, sha, about) : await put(box, sha, bytes.slice(at, at + box.piece), at, hello);
    if (found === "lost") {
      if (asks || ++cuts === CUTS) return found;
      box.piece = Math.max(least, Math.ceil(box.piece / 2));
    } else if (typeof found === "string") {
      return found;
    } else if (found.known) {
      return null;
    } else if (!asks) {
      box.piece = Math.min(most, box.piece * 2);
    }
    if (typeof found === "object") {
      if (found.length > at) [cuts, idle, box.carried] = [0, 0, (box.carried ?? 0) + 1];
      else if (!asks && ++idle === ASKS) return "later"; // it is taken and not kept: not now
      at = found.length;
      await box.changed();
    }
    asks = found === "lost";
  }
  return null;
}

// Whether something was written since this round began: it need not wait for the end of a photo.
async function hasNews(box) {
  return box.again && (await box.raw()).some((entry) => goes(entry) && !isPhoto(entry) && entry.seq > box.newest);
}

const put = (box, sha, body, at, hello) =>
  heard(box, sha, `/offline/pieces/${sha}?start=${at}`, WAIT, {
    method: "POST", body, headers: { "X-Outbox": "1", "X-CSRF-Token": hello.csrf, "Content-Type": "application/octet-stream" },
  });

async function ask(box, sha, about) {
  let found = "lost";
  for (let n = 0; n < ASKS && found === "lost"; n++) found = await heard(box, sha, `/offline/pieces/${sha}${about}`, ASK_WAIT, { headers: { "X-Outbox": "1" } });
  return found;
}

// How much is there: {length, known}, or in a word why that is not known.
async function heard(box, sha, path, wait, options) {
  let answer, said;
  try {
    answer = await box.ask(path, { redirect: "error", ...options }, wait);
    said = /^application\/json\b/.test(answer.headers.get("Content-Type") ?? "") ? await answer.json() : null;
  } catch {
    return "lost";
  }
  if (answer.status === 200 && said?.sha256 === sha && Number.isInteger(said.length)) return said;
  if (!said || answer.status >= 500 || answer.status === 200) return "later"; // somebody else answers, or nobody
  if (said.state === "signed_out" || said.state === "token") return said.state;
  return "whole";
}
