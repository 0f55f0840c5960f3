"use strict";

// Swagger UI knows a dark mode, but not when one is wanted.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const script = /** @type {HTMLScriptElement} */ (document.currentScript);

// No validator badge: it would send this document's address elsewhere. No persisted tokens: they live in this tab alone.
window.SwaggerUIBundle({
  // Beside the folder that this script stands in, also where the service has no host of its own.
  url: new URL("../openapi.json", script.src).pathname,
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  validatorUrl: null,
});
