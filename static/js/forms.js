// "Use these values": what a test found goes into the fields that are still empty.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    let filled = 0;
    for (const name of ["resolution", "fps", "codec"]) {
      const field = document.getElementById(name);
      if (!field || field.value || !button.dataset[name]) continue;
      field.value = button.dataset[name];
      filled += 1;
    }
    button.textContent = filled ? "Filled into the empty fields" : "No field is empty; nothing was changed";
  });
})();
