// Copying what is shown once, and asking once whether the browser's time zone is the person's.
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch { // browsers keep the clipboard to pages that came over HTTPS
      button.textContent = "Press Ctrl+C";
      field.focus();
    }
  });

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const header = document.querySelector("header.top");
  if (!header || document.body.dataset.timeZone || !zone || zone === "UTC" || localStorage.getItem("zone-suggested")) return;

  function button(text, cls, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `btn btn-sm ${cls}`;
    made.textContent = text;
    made.addEventListener("click", () => { localStorage.setItem("zone-suggested", zone); act(); });
    return made;
  }

  const bar = document.createElement("section");
  bar.className = "bar bar-note bar-asks";
  bar.setAttribute("aria-label", "Time zone");
  const words = document.createElement("p");
  words.textContent = `Your browser is in ${zone}. Show times in it wherever you sign in?`;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const address = document.querySelector("#user-menu form").action;
  const keep = () => fetch(address, { method: "POST", body: new URLSearchParams({ time_zone: zone, csrf_token: token }) }).then(() => location.reload());
  bar.append(words, button("Keep it as mine", "btn-secondary", keep), button("No", "btn-link", () => bar.remove()));
  header.after(bar);
})();
