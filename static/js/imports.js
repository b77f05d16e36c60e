// Uploading a file: it may be dropped, and one that is too large is said to be before it travels.
(() => {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  const field = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const problem = form.querySelector("[data-too-large]");

  function check() {
    const file = field.files[0];
    const isTooLarge = file && file.size > Number(form.dataset.maxBytes);
    problem.textContent = isTooLarge ? `This file has ${(file.size / 1048576).toFixed(1)} MB; at most 20 MB can be read. Split it into several.` : "";
    problem.classList.toggle("d-block", Boolean(isTooLarge));
    field.setAttribute("aria-invalid", String(Boolean(isTooLarge)));
    return !isTooLarge;
  }

  field.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    if (!check()) event.preventDefault();
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    check();
  });
})();
