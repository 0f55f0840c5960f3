"use strict";

// Swagger UI knows a dark mode, but not when one is wanted.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const { clientId, redirectUri, scopes = "" } = script.dataset;

// No validator badge: it would send this document's address elsewhere. No persisted tokens: they live in this tab alone.
const swagger = window.SwaggerUIBundle({
  // Beside the folder that this script stands in, also where the service has no host of its own.
  url: new URL("../openapi.json", script.src).pathname,
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  validatorUrl: null,
  oauth2RedirectUrl: redirectUri,
});
swagger.initOAuth({ clientId, scopes, usePkceWithAuthorizationCodeGrant: true });

// What docs_redirect.js tells, in the window in which somebody signs in. Swagger UI would have that window reach into
// this one, which it cannot.
const channel = new BroadcastChannel(`ivgraph docs ${new URL("..", script.src).pathname}`);
channel.addEventListener("message", ({ data: answer }) => {
  const waiting = window.swaggerUIRedirectOauth2;
  // Every tab hears it; the state says whose it is.
  if (!waiting || answer.state !== waiting.state) return;
  delete window.swaggerUIRedirectOauth2;
  const { auth, redirectUrl, callback, errCb } = waiting;
  if (answer.code) {
    auth.code = answer.code;
    callback({ auth, redirectUrl });
  } else {
    const message = `${answer.error ?? "No answer"}: ${answer.error_description ?? "you can try again."}`;
    errCb({ authId: auth.name, source: "auth", level: "error", message });
  }
});
