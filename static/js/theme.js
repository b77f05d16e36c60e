// Runs before the page is drawn: the theme of the system for those who chose "auto", and the sign that scripts run.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.theme !== "auto") return;
  const light = matchMedia("(prefers-color-scheme: light)");
  const follow = () => { root.dataset.bsTheme = light.matches ? "light" : "dark"; };
  light.addEventListener("change", follow);
  follow();
})();
