// The page in the place of one that the phone does not have: whom to call about the visit, and what is here instead.

const ROOT = new URL("../../../../", import.meta.url).pathname;
const listed = (await days()).find(Boolean);
const wanted = /\/visits\/([0-9a-f-]{36})/.exec(location.pathname)?.[1];
const visit = listed?.visits.find((one) => one.id === wanted);

document.querySelector("[data-again]").href = location.href;
if (visit) about(visit);
if (listed) kept(listed.visits.filter((one) => one.pages.length && one.id !== wanted && !listed.failed?.includes(one.id)));

async function days() {
  const names = (await caches.keys()).filter((name) => name.startsWith("day-"));
  names.sort((a, b) => Number(b.split("-").pop()) - Number(a.split("-").pop()));
  return Promise.all(names.map(async (name) => (await (await caches.open(name)).match(`${ROOT}offline/today`))?.json()));
}
function about(visit) {
  for (const part of document.querySelectorAll("[data-visit]")) part.hidden = false;
  document.querySelector("[data-other]").hidden = true;
  for (const name of ["customer", "number", "address"]) document.querySelector(`[data-fill="${name}"]`).textContent = visit[name];
  const call = document.querySelector('[data-fill="phone"]');
  call.hidden = !visit.phone;
  call.href = `tel:${visit.phone.replaceAll(" ", "")}`;
  call.querySelector("span").textContent = `${call.dataset.label} ${visit.phone}`;
}
function kept(visits) {
  const list = document.querySelector("[data-kept] ul");
  for (const visit of visits) {
    const line = document.querySelector("template:not([id])").content.firstElementChild.cloneNode(true);
    line.firstElementChild.href = visit.pages[0];
    line.firstElementChild.textContent = `${visit.customer} · ${visit.number}`;
    list.append(line);
  }
  list.parentElement.hidden = !visits.length;
}
