// What every page does beyond its links and forms: token, toasts, menus.
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

  function focusWhatMatters(root) {
    root.querySelector("[data-focus]")?.focus();
  }
  document.addEventListener("htmx:afterSwap", (event) => focusWhatMatters(event.target));
  focusWhatMatters(document);
})();
