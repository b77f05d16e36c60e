// The strip of a day by keyboard: the arrows, Home and End go from picture to picture and show it large.
(() => {
  const film = document.getElementById("film");
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  if (!film) return;

  function mark(link) {
    film.querySelector("[aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    link.scrollIntoView({ inline: "center", block: "nearest" });
  }

  film.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) mark(link);
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [role=tree], .scroll")) return;
    const links = [...film.querySelectorAll("a")];
    const here = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.min(Math.max(here + steps[event.key], 0), links.length - 1)];
    event.preventDefault();
    if (next === links[here]) return;
    next.focus({ preventScroll: true });
    next.click();
  });

  const shown = film.querySelector("[aria-current]");
  if (shown) film.scrollLeft = shown.parentElement.offsetLeft - film.offsetLeft - (film.clientWidth - shown.clientWidth) / 2;
})();
