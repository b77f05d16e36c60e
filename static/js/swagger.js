// Swagger UI over our own document: tokens are forgotten with the page, and nothing is asked of anybody else.
const place = document.getElementById("swagger");
window.SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
});
