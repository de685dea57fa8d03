// Entries that rest on others: a signature names what the customer saw.

// Whether something that this entry names has not arrived yet.
export async function lacks(box, entry) {
  const here = new Set((await box.raw()).map((other) => other.id));
  return entry.needs.some((id) => here.has(id));
}

// Which of the entries that this one names will never come, because they were taken back or mended here: the server
// need not wait for them.
export async function without(box, entry) {
  const kept = new Set([...(await box.raw()), ...(await box.receipts())].map((other) => other.id));
  const gone = entry.names.filter((id) => !kept.has(id));
  return gone.length ? { "X-Outbox-Without": gone.join(" ") } : {};
}
