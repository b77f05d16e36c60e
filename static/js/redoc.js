// ReDoc over our own document.
const place = document.getElementById("redoc");
window.Redoc.init(place.dataset.url, { hideDownloadButton: false, nativeScrollbars: true }, place);
