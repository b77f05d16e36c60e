// The keys of every page. Letters act only outside of fields, and not at all for those who switched them off.
(() => {
  const OFF = "keys:off";
  const dialog = document.getElementById("keys");
  const search = document.getElementById("search");
  const control = document.getElementById("live-control");

  // A pause keeps the pace from before it, to go on with.
  const running = control?.querySelector('button[aria-current]:not([value="0"])');
  if (running) localStorage.setItem("pace", running.value);
  function togglePause() {
    const wanted = control?.dataset.paused === "true" ? localStorage.getItem("pace") || "5" : "0";
    control?.querySelector(`button[value="${wanted}"]`)?.click();
  }

  function step(by) {
    const links = [...document.querySelectorAll("#grid .open")];
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }

  const letters = {
    "/": () => search?.select(),
    "?": () => dialog?.showModal(),
    j: () => step(1),
    k: () => step(-1),
    o: () => document.querySelector('[data-key="o"]')?.click(),
    p: togglePause,
  };

  const lettersAct = document.getElementById("keys-on");
  if (lettersAct) lettersAct.checked = !localStorage.getItem(OFF);
  lettersAct?.addEventListener("change", () => {
    if (lettersAct.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });

  function close() {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    document.querySelectorAll(".said").forEach((toast) => toast.remove());
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && search) {
      event.preventDefault();
      return search.select();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
    if (event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return undefined;
    if (!letters[event.key] || localStorage.getItem(OFF)) return undefined;
    event.preventDefault();
    return letters[event.key]();
  });
})();
