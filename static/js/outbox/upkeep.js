// After each round of sending: what the server says of itself is kept, what its backup covers is let go, what a restore
// has lost is sent again, and the office learns what still waits on this phone.

const SAFE = 48 * 3600 * 1000; // ms that an acknowledged entry stays here at least
const AT_ONCE = 1000; // ids in one question
const LISTED = 200; // entries in one report

export async function heard(box, said) {
  const { key, epoch, backed_up_until, min_version, worker } = said;
  const before = await box.meta("hello");
  if (epoch > (before?.epoch ?? 0) && !(await restore(box, said))) return; // 0: it could not be noted, but something was sent
  const at = box.ports.now().toISOString();
  await box.meta("hello", { key, epoch, backed_up_until: backed_up_until ?? null, min_version, worker, at });
  await forget(box, backed_up_until);
  await report(box, said);
}

// After a restore: which of the acknowledged entries are gone there? They wait again, under the same ids.
export async function restore(box, said) {
  const kept = await box.receipts();
  for (let from = 0; from < kept.length; from += AT_ONCE) {
    const ids = kept.slice(from, from + AT_ONCE).map((receipt) => receipt.id);
    const found = await tell(box, "/offline/have", { ids }, said.csrf);
    if (!Array.isArray(found?.missing)) return false;
    const missing = new Set(found.missing);
    await box.run(["entry", "receipt"], "readwrite", async (tx) => {
      for (const { received_at, answer, ...entry } of kept.filter((one) => missing.has(one.id))) {
        tx.objectStore("entry").put({ ...entry, state: "frozen", why: "" });
        tx.objectStore("receipt").delete(entry.id);
      }
    });
    box.again ||= missing.size > 0;
  }
  return true;
}

// Where space runs out, the second copy goes before the next entry is refused.
export async function forget(box, until) {
  const [now, crowded] = [box.serverTime(), await box.isCrowded(0.9)];
  const covered = (at) => crowded || (until && at < Date.parse(until));
  const gone = (await box.receipts()).filter(({ received_at }) => now - Date.parse(received_at) >= SAFE && covered(Date.parse(received_at)));
  if (!gone.length) return;
  await box.run("receipt", "readwrite", async (tx) => gone.forEach(({ id }) => tx.objectStore("receipt").delete(id)));
  await box.sweep();
}

// Should the phone be lost, somebody knows what was on it, and what was deleted there by hand.
async function report(box, said) {
  const row = ({ id, action, visit, created_at, label }) => ({ id, action, visit, created_at, label: label ?? "" });
  const held = { entries: (await box.entries()).slice(0, LISTED).map(row) };
  const removed = ((await box.meta("traces")) ?? []).map(({ id }) => id); // deleted, undone or mended: no loss
  if (removed.length) held.removed = removed.slice(-LISTED);
  const state = JSON.stringify(held);
  const told = (await box.meta("told")) ?? JSON.stringify({ entries: [] });
  if (state !== told && (await tell(box, "/offline/waiting", held, said.csrf))) await box.meta("told", state);
}

async function tell(box, path, body, csrf) {
  const headers = { ...(await box.headers()), "Content-Type": "application/json", "X-CSRF-Token": csrf };
  const answer = await box.ask(path, { method: "POST", redirect: "error", headers, body: JSON.stringify(body) }, 10_000);
  return answer.ok ? answer.json().catch(() => ({})) : null;
}
