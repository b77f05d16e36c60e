// A timeline is drawn on the clock of its reader. Whoever has chosen no zone gets the browser's, by way of the address.
(() => {
  const timeline = document.getElementById("timeline");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!timeline || timeline.dataset.zone || !zone || zone === "UTC") return;
  const address = new URL(location.href);
  if (address.searchParams.has("zone")) return; // one that the server does not know
  address.searchParams.set("zone", zone);
  location.replace(address);
})();
