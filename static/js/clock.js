// Keeps ages and spans counting and puts moments into the person's time zone, else the browser's. The words are those of
// wording.py.
(() => {
  const ahead = Number(document.body.dataset.serverNow) - Date.now();
  const timeZone = document.body.dataset.timeZone || undefined;
  const now = () => (Date.now() + ahead) / 1000;

  function span(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 172800) return `${Math.floor(s / 3600)} h`;
    return `${Math.floor(s / 86400)} d`;
  }

  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    for (const element of document.querySelectorAll("[data-age]")) {
      const seconds = now() - Number(element.dataset.age);
      say(element, seconds < 60 ? span(seconds) : `${span(seconds)} old`);
      element.classList.toggle("is-old", seconds > Number(element.dataset.staleAfter));
    }
    for (const element of document.querySelectorAll("[data-since]")) say(element, span(now() - Number(element.dataset.since)));
  }

  function localise(root) {
    for (const element of root.querySelectorAll("[data-clock]")) {
      const moment = new Date(Number(element.dataset.clock) * 1000);
      const [day, time] = moment.toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" }).split(" ");
      const clock = "seconds" in element.dataset ? time : time.slice(0, 5);
      say(element, "day" in element.dataset ? `${day} ${clock}` : clock);
      if (element.dateTime) element.title = `${day} ${time}`;
    }
  }

  function refresh() {
    tick();
    localise(document);
  }

  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", refresh);
  document.addEventListener("visibilitychange", tick);
  refresh();
})();
