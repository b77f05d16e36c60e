// What every page does beyond its links and forms: token, toasts, menus, the group tree, keys.
(() => {
  const TOAST_MS = 8000;

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    }
  });

  function leaveSoon(toast) {
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", start);
    start();
  }

  document.addEventListener("toast", (event) => {
    if (event.target.id === "live" && event.detail.level === "error" && document.getElementById("connection")?.hidden === false) return;
    const toast = document.createElement("p");
    toast.className = "said";
    toast.textContent = event.detail.text;
    document.getElementById(event.detail.level === "error" ? "alarmed" : "said").append(toast);
    leaveSoon(toast);
  });
  document.querySelectorAll("[data-said]").forEach(leaveSoon);

  // Menus close when one leaves them.
  document.addEventListener("pointerdown", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // The tree remembers what was folded.
  const key = (button) => `folded:${button.id}`;
  function fold(button, isOpen) {
    button.setAttribute("aria-expanded", String(isOpen));
    if (button.classList.contains("fold")) localStorage.setItem(key(button), isOpen ? "open" : "shut");
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#groups [aria-expanded]");
    if (button) fold(button, button.getAttribute("aria-expanded") !== "true");
  });
  for (const button of document.querySelectorAll("button.fold")) {
    const stored = localStorage.getItem(key(button));
    const holdsHere = button.closest("li").querySelector("ul .is-here");
    if (stored && !holdsHere) button.setAttribute("aria-expanded", String(stored === "open"));
  }

  function focusWhatMatters(root) {
    root.querySelector("[data-focus]")?.focus();
  }
  document.addEventListener("htmx:afterSwap", (event) => focusWhatMatters(event.target));
  focusWhatMatters(document);

  // A pause keeps the pace from before it, to go on with.
  const control = document.getElementById("live-control");
  const running = control?.querySelector('button[aria-current]:not([value="0"])');
  if (running) localStorage.setItem("pace", running.value);
  function togglePause() {
    const wanted = control.dataset.paused === "true" ? localStorage.getItem("pace") || "5" : "0";
    control.querySelector(`button[value="${wanted}"]`)?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      document.querySelectorAll(".said").forEach((toast) => toast.remove());
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "/" && document.getElementById("search")) {
      event.preventDefault();
      document.getElementById("search").select();
    }
    if (event.key === "p" && control) togglePause();
  });
})();
