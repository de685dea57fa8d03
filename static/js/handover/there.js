// Whether the portal answers just now: itself, or with the way to its sign-in. A page of somebody else's is no answer.

export async function isThere(patience) {
  try {
    const answer = await fetch("/offline/hello", { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(patience) });
    return answer.type === "opaqueredirect" || (answer.ok && /^application\/json\b/.test(answer.headers.get("Content-Type") ?? ""));
  } catch {
    return false;
  }
}
