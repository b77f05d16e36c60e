// "Use these values": what a test found goes into the fields that are still empty. And the zone of this browser's clock.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    let filled = 0;
    for (const name of ["resolution", "fps", "codec"]) {
      const field = document.getElementById(name);
      if (!field || field.value || !button.dataset[name]) continue;
      field.value = button.dataset[name];
      field.closest("details")?.setAttribute("open", "");
      filled += 1;
    }
    button.textContent = filled ? "Filled into the empty fields" : "No field is empty; nothing was changed";
  });

  function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) return;
    for (const field of document.querySelectorAll("[data-browser-zone]")) field.value = zone;
    for (const element of document.querySelectorAll("[data-browser-zone-name]")) element.textContent = zone;
  }
  tellZone();
  document.addEventListener("htmx:afterSettle", tellZone);
})();
