// Questions that were answered and not sent yet outlive a reload: for this hand-over and in this tab alone, until they
// are sent or the phone goes back.

const PLACE = "half-answered";

export function keepHalf(form, handover) {
  for (const [name, value] of begun(handover)) {
    for (const control of form.elements) if (control.name === name) put(control, value);
  }
  form.addEventListener("input", () => write(JSON.stringify([handover, [...new FormData(form)].filter(([name]) => name.startsWith("q_"))])));
}

export function forgetHalf() {
  try {
    sessionStorage.removeItem(PLACE);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

function begun(handover) {
  try {
    const [whose, answers] = JSON.parse(sessionStorage.getItem(PLACE)) ?? [];
    return whose === handover ? answers : [];
  } catch {
    return [];
  }
}

function write(text) {
  try {
    sessionStorage.setItem(PLACE, text);
  } catch {
    // It is sent all the same.
  }
}

function put(control, value) {
  if (control.type !== "radio" && control.type !== "checkbox") control.value ||= value;
  else if (control.value === value) control.checked = true;
  else return;
  if (value) control.closest("details")?.setAttribute("open", "");
}
