// Ink of a step that is over does not stay on the phone. Loaded by all pages of the customer's but the one to sign on.

if (!document.querySelector("[data-signature]")) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith("ink:")) sessionStorage.removeItem(key);
  } catch {
    // no storage, nothing kept
  }
}
