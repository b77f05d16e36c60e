// Picking cameras: ranges with shift, x for the tile in focus, Esc for none. What is picked is kept while the tab is
// open and the list is the same one, over its pages and over everything that is redrawn.
(() => {
  const STORE = "picked";
  const form = () => document.querySelector("form#bulk[data-list]");
  const picks = () => [...document.querySelectorAll("input.pick")];
  const all = () => document.getElementById("bulk-all");
  let list = null;
  let picked = new Set();
  let anchor = null; // the value of the tick that was changed last

  function read() {
    const stored = JSON.parse(sessionStorage.getItem(STORE) || "{}");
    list = form().dataset.list;
    picked = new Set(stored.list === list ? stored.ids : []);
  }

  function keep() {
    if (picked.size) sessionStorage.setItem(STORE, JSON.stringify({ list, ids: [...picked] }));
    else sessionStorage.removeItem(STORE);
  }

  function sentence(here) {
    if (all().checked) return `All ${Number(form().dataset.total).toLocaleString("en")} are selected`;
    const elsewhere = picked.size - here.filter((pick) => picked.has(pick.value)).length;
    if (!picked.size) return "";
    return `${picked.size} selected${elsewhere ? `, ${elsewhere} of them not on this page` : ""}`;
  }

  function show() {
    if (!form()) return;
    if (form().dataset.list !== list) read();
    const here = picks();
    for (const pick of here) pick.checked = all().checked || picked.has(pick.value);
    const checked = here.filter((pick) => pick.checked).length;
    const page = document.getElementById("bulk-page");
    page.checked = checked > 0 && checked === here.length;
    page.indeterminate = checked > 0 && checked < here.length;
    document.getElementById("bulk-page-label").hidden = !here.length;
    form().classList.toggle("is-on", picked.size > 0 || all().checked);
    const said = document.getElementById("bulk-said");
    if (said.textContent !== sentence(here)) said.textContent = sentence(here);
    offerGroups();
  }

  // The groups one can move to come when somebody is about to move.
  function offerGroups() {
    if (document.getElementById("bulk-action").value === "move") htmx.trigger("#bulk-group", "bulk:groups");
  }

  function set(chosen, isPicked) {
    if (all().checked) { // from "all of them" back to single ones: those that still show a tick
      all().checked = false;
      picks().forEach((pick) => picked.add(pick.value));
    }
    for (const pick of chosen) picked[isPicked ? "add" : "delete"](pick.value);
    keep();
    show();
  }

  function clear() {
    all().checked = false;
    picked.clear();
    keep();
    show();
  }

  // From the tick that was changed before to this one.
  function range(pick) {
    const here = picks();
    const ends = [here.findIndex((other) => other.value === anchor), here.indexOf(pick)].sort((a, b) => a - b);
    return ends[0] < 0 ? [pick] : here.slice(ends[0], ends[1] + 1);
  }

  document.addEventListener("click", (event) => {
    if (event.target.id === "bulk-clear") clear();
    if (!event.target.matches("input.pick")) return;
    set(event.shiftKey ? range(event.target) : [event.target], event.target.checked);
    anchor = event.target.value;
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "bulk-page") set(picks(), event.target.checked);
    if (["bulk-all", "bulk-action"].includes(event.target.id) && form()) show();
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form() || all().checked) return;
    const here = new Set(picks().map((pick) => pick.value));
    form().querySelectorAll("input[type=hidden][name=camera]").forEach((field) => field.remove());
    for (const id of picked) {
      if (!here.has(id)) form().append(Object.assign(document.createElement("input"), { type: "hidden", name: "camera", value: id }));
    }
  });

  const isBusy = () => document.querySelector("details.menu[open], dialog[open], .said");
  document.addEventListener("keydown", (event) => {
    if (!form() || event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && !isTyping && !isBusy()) clear();
    if (event.key !== "x" || isTyping || localStorage.getItem("keys:off")) return;
    const pick = event.target.closest("[data-camera-id]")?.querySelector("input.pick");
    if (!pick) return;
    set([pick], !pick.checked);
    anchor = pick.value;
  }, true); // before menus and toasts close themselves

  document.addEventListener("htmx:afterSettle", show);
  addEventListener("pageshow", () => {
    if (document.querySelector("[data-bulk-started]")) sessionStorage.removeItem(STORE);
    list = null;
    show();
  });
})();
