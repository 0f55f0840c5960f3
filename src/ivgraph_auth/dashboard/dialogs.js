// <dialog> brings focus, Escape and the backdrop by itself.

import { el, icon, notify, wordsOf } from "./elements.js";

/** @import { Child } from "./types" */

let count = 0;

/**
 * Shows a dialog; `fill(close)` answers its content. Resolves when it is closed, with what `close` was given.
 * @template T
 * @param {string} title
 * @param {(close: (value?: T) => void) => Node} fill
 * @param {{ wide?: boolean, dismissable?: boolean }} options
 * @returns {Promise<T | undefined>}
 */
export function dialog(title, fill, { wide = false, dismissable = true } = {}) {
  const id = `dialog-${++count}`;
  return new Promise((resolve) => {
    /** @type {T | undefined} */
    let result;
    /** @param {T} [value] */
    const close = (value) => {
      result = value;
      node.close();
    };
    const node = el("dialog", { "aria-labelledby": id, class: wide ? "wide" : null });
    const cross = el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => close() }, icon("close"));
    node.append(el("header", {}, el("h2", { id }, title), cross), fill(close));
    node.addEventListener("cancel", (event) => !dismissable && event.preventDefault());
    node.addEventListener("close", () => {
      node.remove(); // with whatever secret it showed
      resolve(result);
    });
    document.body.append(node);
    node.showModal();
  });
}

/**
 * A form in a dialog. `work(data)` may raise: its message is shown in the form, and nothing typed is lost.
 * @template T
 * @param {Child[]} fields
 * @param {{ submit: string, danger?: boolean, close: (value?: T) => void, work: (data: FormData) => Promise<T> }} options
 */
export function form(fields, { submit, danger = false, close, work }) {
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const go = el("button", { class: danger ? "danger" : null }, submit);
  const cancel = el("button", { type: "button", class: "plain", onclick: () => close() }, "Cancel");
  const node = el("form", { novalidate: true }, ...fields, el("div", { class: "actions" }, error, go, cancel));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-disabled") === "true") return;
    go.setAttribute("aria-disabled", "true");
    error.hidden = true;
    try {
      close(await work(new FormData(node)));
    } catch (problem) {
      error.replaceChildren(el("span", {}, wordsOf(problem)));
      error.hidden = false;
    } finally {
      go.removeAttribute("aria-disabled");
    }
  });
  return node;
}

/**
 * What was typed or chosen in a field, without blanks around it; nothing for a field that is not there.
 * @param {FormData} data
 * @param {string} name
 */
export function textOf(data, name) {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
}

/**
 * Asks before something that cannot be taken back. `work` runs while the dialog stands; resolves to true when it did.
 * @param {string} title
 * @param {string} text
 * @param {{ submit: string, work: () => Promise<unknown>, done?: string }} options
 */
export async function confirm(title, text, { submit, work, done }) {
  const confirmed = await dialog(title, (/** @type {(value?: boolean) => void} */ close) =>
    form([el("p", {}, text)], {
      submit,
      danger: true,
      close,
      work: async () => {
        await work();
        return true;
      },
    }),
  );
  if (confirmed && done) notify(done);
  return confirmed === true;
}
