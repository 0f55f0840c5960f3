"use strict";

// Hands what the consent page has answered to the page of Swagger UI that waits for it. Its window is not our opener: the
// policies of the pages between cut that tie (Cross-Origin-Opener-Policy). Without the verifier, which that page alone
// has, the code is worth nothing (RFC 7636).
{
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const answer = Object.fromEntries(new URLSearchParams(location.search));
  history.replaceState(null, "", location.pathname);
  const channel = new BroadcastChannel(`ivgraph docs ${new URL("..", script.src).pathname}`);
  channel.postMessage(answer);
  channel.close();
  window.close();
}
