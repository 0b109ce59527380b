window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
