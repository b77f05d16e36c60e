// The search field as a combobox: what it offers comes from the server, here one moves in it and opens it.
(() => {
  const field = document.getElementById("search");
  const list = document.getElementById("suggestions");
  if (!field || !list) return;
  let isAwaited = false; // Enter was pressed before the answer to these letters had come

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[data-href]")];
  const chosen = () => list.querySelector('[aria-selected="true"]');
  const isCurrent = () => list.querySelector("[data-for]")?.dataset.for === field.value.trim();

  function show(isOpen) {
    list.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) choose(null);
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function move(by) {
    const all = options();
    const at = all.indexOf(chosen());
    choose(all[(at < 0 && by < 0 ? all.length - 1 : at + by + all.length) % all.length]);
  }

  function open(option) {
    isAwaited = false;
    if (option) location.assign(option.dataset.href);
    else field.form.requestSubmit();
  }

  list.addEventListener("htmx:afterSwap", () => {
    if (isAwaited && isCurrent()) return open(options()[0]);
    choose(null);
    show(document.activeElement === field && field.value.trim() !== "" && list.firstElementChild.childElementCount > 0);
    return undefined;
  });

  const acts = {
    ArrowDown: () => { if (list.hidden && options().length) show(true); else move(1); },
    ArrowUp: () => move(-1),
    Enter: () => {
      if (chosen()) open(chosen());
      else if (isCurrent()) open(options()[0]);
      else isAwaited = true;
    },
    Escape: () => show(false),
  };

  field.addEventListener("keydown", (event) => {
    if (!acts[event.key] || event.isComposing || (event.key === "Escape" && list.hidden)) return;
    if (event.key === "Enter" && !field.value.trim()) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  });
  field.addEventListener("input", () => { isAwaited = false; if (!field.value.trim()) show(false); });
  field.addEventListener("blur", () => { isAwaited = false; show(false); });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) open(option);
  });
})();
