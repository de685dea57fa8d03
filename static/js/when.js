// A moment as the server writes it: the time of day, before it the day where that is not today.

export function when(at) {
  const { lang } = document.documentElement;
  const written = (parts) => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, parts).format(new Date(at));
  const time = written({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return new Date(at).toDateString() === new Date().toDateString() ? time : `${written({ day: "numeric", month: "short" })} ${time}`;
}
