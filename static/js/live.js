// The one poll of a page: silent while nobody looks, backing off while the server is away, and saying so.
(() => {
  const bar = document.getElementById("connection");
  let lastUpdate = Date.now();
  let failures = 0;
  let skipped = 0;

  const poller = () => document.getElementById("live");
  const isRunning = () => Boolean(poller()?.dataset.pace); // not while paused
  const isPoll = (event) => event.target.id === "live";
  const poll = () => { if (poller()) htmx.trigger(poller(), "live:now"); };

  // After one, two, three … failures every 2nd, 4th, 8th … poll goes out, at least every 16th.
  function waitsItsTurn() {
    if (!failures) return false;
    skipped = (skipped + 1) % 2 ** Math.min(failures, 4);
    return skipped !== 0;
  }

  function fail() {
    failures += 1;
    const time = new Date(lastUpdate).toLocaleTimeString([], { timeZone: document.body.dataset.timeZone || undefined });
    bar.textContent = `Connection lost · last update ${time} · trying again`;
    bar.hidden = false;
  }

  function succeed() {
    lastUpdate = Date.now();
    if (!failures) return;
    failures = skipped = 0;
    bar.hidden = true;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event) && (document.hidden || waitsItsTurn())) event.preventDefault();
  });
  // Whoever brings a new poller takes the old one's place: its answer would find nothing to change any more.
  let isAborting = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isPoll(event) || !event.detail.serverResponse?.includes('id="live"')) return;
    isAborting = true;
    htmx.trigger(poller(), "htmx:abort");
    isAborting = false;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event) || isAborting) return;
    const status = event.detail.xhr.status;
    if (status >= 200 && status < 400) succeed();
    else if (status !== 401) fail();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isRunning()) return;
    skipped = -1;
    poll();
  });
  addEventListener("online", () => { if (isRunning()) poll(); });
})();
