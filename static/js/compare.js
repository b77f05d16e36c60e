// Two pictures to compare: laid on top of each other, with a slider that says how much of each is seen. Without scripts
// they stand side by side.
(() => {
  const move = (pair) => pair.style.setProperty("--at", `${pair.querySelector("input").value}%`);

  function lay() {
    for (const pair of document.querySelectorAll("[data-compare]:not(.is-laid)")) {
      pair.classList.add("is-laid");
      pair.querySelector("input").hidden = false;
      move(pair);
    }
  }

  document.addEventListener("input", (event) => {
    const pair = event.target.closest("[data-compare]");
    if (pair) move(pair);
  });
  document.addEventListener("htmx:load", lay);
  document.addEventListener("htmx:oobAfterSwap", lay);
  lay();
})();
