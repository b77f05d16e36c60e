// The group tree: folds that are remembered, a filter and arrow keys; and the same filter for lists of places, on a page
// of their own or in a dialog. All of it works without: the tree lies open, a list is a list, a dialog is a page.
(() => {
  const tree = () => document.getElementById("tree");
  const filter = () => document.getElementById("tree-filter");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const setOpen = (button, isOpen) => button.setAttribute("aria-expanded", String(isOpen));
  const isOpen = (button) => button.getAttribute("aria-expanded") === "true";

  // Folds.
  const key = (button) => `folded:${button.id}`;
  const beforeFilter = new Map(); // id of a fold → whether it was open when the filter began

  function fold(button, open) {
    setOpen(button, open);
    if (button.classList.contains("fold")) localStorage.setItem(key(button), open ? "open" : "shut");
  }

  // As they were left, but the way to the current group is open.
  function restoreFolds() {
    for (const button of document.querySelectorAll("button.fold")) {
      const stored = localStorage.getItem(key(button));
      if (stored && !button.closest("li").querySelector("ul .is-here")) setOpen(button, stored === "open");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#groups [aria-expanded]");
    if (button) fold(button, !isOpen(button));
  });

  // The filter keeps what matches, with the way to it.
  const spoken = document.createElement("p");
  spoken.className = "visually-hidden";
  spoken.setAttribute("role", "status");
  document.body.append(spoken);

  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function narrowTree() {
    const wanted = plain(filter()?.value.trim() ?? "");
    let hits = 0;
    for (const item of [...(tree()?.querySelectorAll("li") ?? [])].reverse()) { // sub-groups before what holds them
      const isHit = wanted !== "" && item.id !== "g-all" && plain(item.querySelector(".row-name").textContent).includes(wanted);
      const isOnTheWay = item.querySelector("li:not([hidden])") !== null;
      hits += Number(isHit);
      item.classList.toggle("is-hit", isHit);
      item.hidden = wanted !== "" && !isHit && !isOnTheWay;
      unfoldFor(item, wanted !== "", isOnTheWay);
    }
    const found = wanted === "" ? "" : hits === 0 ? "No group is called that" : hits === 1 ? "1 group matches" : `${hits} groups match`;
    if (filter()) say(document.getElementById("tree-hits"), found);
    say(spoken, found);
  }

  function unfoldFor(item, isFiltered, isOnTheWay) {
    const button = item.querySelector(":scope > .row-line > button.fold");
    if (!button) return;
    if (isFiltered) {
      if (!beforeFilter.has(button.id)) beforeFilter.set(button.id, isOpen(button));
      setOpen(button, isOnTheWay);
    } else if (beforeFilter.has(button.id)) {
      setOpen(button, beforeFilter.get(button.id));
      beforeFilter.delete(button.id);
    }
  }

  // Arrow keys, beside Tab: up and down through what is seen, right opens and goes in, left closes and goes out.
  const rows = () => [...tree().querySelectorAll(".row-line > a")].filter((link) => link.checkVisibility());

  function step(link, by) {
    const seen = rows();
    const next = seen[seen.indexOf(link) + by];
    if (next) next.focus();
    else if (by < 0) filter()?.focus();
  }

  function goIn(item, button) {
    if (button && !isOpen(button)) fold(button, true);
    else item.querySelector(":scope > ul > li:not([hidden]) a")?.focus();
  }

  function goOut(item, button) {
    if (button && isOpen(button)) fold(button, false);
    else item.parentElement.closest("li")?.querySelector("a").focus();
  }

  function onRowKey(event, line) {
    const item = line.closest("li");
    const button = line.querySelector("button.fold");
    const acts = {
      ArrowDown: () => step(line.querySelector("a"), 1),
      ArrowUp: () => step(line.querySelector("a"), -1),
      ArrowRight: () => goIn(item, button),
      ArrowLeft: () => goOut(item, button),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  function onFilterKey(event) {
    if (event.key === "ArrowDown") rows()[0]?.focus();
    else if (event.key === "Enter") tree().querySelector("li.is-hit > .row-line > a")?.click();
    else if (event.key === "Escape") {
      filter().value = "";
      narrowTree();
    } else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const line = event.target.closest("#tree .row-line");
    if (line) onRowKey(event, line);
    else if (event.target === filter()) onFilterKey(event);
    else if (event.key === "ArrowDown" && event.target.dataset?.narrows) {
      event.preventDefault();
      enterList(document.getElementById(event.target.dataset.narrows));
    }
  });

  // Lists of places.
  const allOptions = new WeakMap();

  function enterList(select) {
    if (select.selectedIndex < 0 && select.options.length) select.selectedIndex = 0;
    select.focus();
  }

  function narrowList(box) {
    const select = document.getElementById(box.dataset.narrows);
    if (!allOptions.has(select)) allOptions.set(select, [...select.options]);
    const wanted = plain(box.value.trim());
    const chosen = select.selectedOptions[0];
    const kept = allOptions.get(select).filter((option) => plain(option.text).includes(wanted));
    select.replaceChildren(...kept);
    select.selectedIndex = kept.length === 1 && wanted ? 0 : kept.indexOf(chosen);
    say(document.querySelector(`[data-narrowed="${select.id}"]`), kept.length === 1 ? `1 place matches: ${kept[0].text}` : `${kept.length} places match`);
  }

  document.addEventListener("input", (event) => {
    if (event.target === filter()) narrowTree();
    else if (event.target.dataset?.narrows) narrowList(event.target);
  });

  // A link whose page holds one small form opens it in a dialog.
  async function openDialog(link) {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-label", link.textContent.trim());
    dialog.addEventListener("close", () => { dialog.remove(); (closeMenu(link)?.querySelector("summary") ?? link).focus(); });
    document.body.append(dialog);
    await htmx.ajax("GET", link.href, { target: dialog, select: link.dataset.dialog, swap: "innerHTML" });
    if (!dialog.querySelector("form")) {
      dialog.remove();
      return;
    }
    closeMenu(link);
    dialog.showModal();
    dialog.querySelector("[data-narrows]")?.focus();
  }

  function closeMenu(link) {
    const menu = link.closest("details.menu");
    if (menu) menu.open = false;
    return menu;
  }

  document.addEventListener("click", (event) => {
    const isPlain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const link = event.target.closest("a[data-dialog]");
    const leaves = event.target.closest("dialog [data-close]");
    if (!isPlain || !(link || leaves)) return;
    event.preventDefault();
    if (leaves) leaves.closest("dialog").close();
    else openDialog(link);
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (filter()?.value) narrowTree();
    else restoreFolds();
  });
  restoreFolds();
  if (filter()?.value) narrowTree(); // the browser keeps what was typed when one comes back
})();
