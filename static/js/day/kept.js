// A page shown from the phone: its day where that is not today, and no button that only works with signal.

export function show(root = document) {
  for (const line of root.querySelectorAll(".as-of")) {
    const kept = new Date(line.querySelector("time").dateTime);
    line.querySelector("[data-day]").hidden = kept.toDateString() === new Date().toDateString();
  }
  const words = document.getElementById("needs-signal");
  for (const form of root.querySelectorAll("form[method=post]:not([data-outbox], [data-offline])")) {
    const buttons = [...form.querySelectorAll("button:not([type=button])"), ...outside(form)];
    for (const button of buttons) button.disabled = true;
    const last = buttons.at(-1);
    if (last && words && !form.querySelector(".needs-signal")) last.after(words.content.firstElementChild.cloneNode(true));
  }
}
const outside = (form) => (form.id ? [...document.querySelectorAll(`button[form="${form.id}"]`)] : []);
