"use strict";

// A button takes nothing in the first half second of being visible. Somebody who is made to click twice on a page
// elsewhere, which then makes way for this one, would else allow something without having seen it (double-click jacking).
// It stands in the page's head, so that it is there before the first button.
{
  const WAIT_MILLISECONDS = 500;
  let since = document.hidden ? Infinity : performance.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {boolean} disabled */
  const switchButtons = (disabled) => {
    for (const button of document.querySelectorAll("form button")) {
      if (button instanceof HTMLButtonElement) button.disabled = disabled;
    }
  };
  const waitAgain = () => {
    clearTimeout(timer);
    since = document.hidden ? Infinity : performance.now();
    switchButtons(true);
    if (!document.hidden) timer = setTimeout(() => switchButtons(false), WAIT_MILLISECONDS);
  };

  document.addEventListener("DOMContentLoaded", waitAgain);
  document.addEventListener("visibilitychange", waitAgain);
  // Out of the browser's memory of pages, or from below another window.
  addEventListener("pageshow", waitAgain);
  addEventListener("focus", waitAgain);
  document.addEventListener(
    "submit",
    (event) => {
      if (performance.now() - since < WAIT_MILLISECONDS) event.preventDefault();
    },
    true,
  );
}
