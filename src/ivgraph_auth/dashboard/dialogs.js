// <dialog> brings focus, Escape and the backdrop by itself.

import { el, icon, tell } from "./elements.js";

let count = 0;

/** Shows a dialog; `fill(close)` answers its content. Resolves when it is closed, with what `close` was given. */
export function dialog(title, fill, { wide = false, dismissable = true } = {}) {
  const id = `dialog-${++count}`;
  return new Promise((resolve) => {
    let result;
    const close = (value) => {
      result = value;
      node.close();
    };
    const node = el("dialog", { "aria-labelledby": id, class: wide ? "wide" : null });
    const cross = el("button", { type: "button", class: "bare", "aria-label": "Close", onclick: () => close() }, icon("close"));
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

/** A form in a dialog. `work(data)` may raise: its message is shown in the form, and nothing typed is lost. */
export function form(fields, { submit, danger = false, close, work }) {
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const go = el("button", { class: danger ? "danger" : null }, submit);
  const cancel = el("button", { type: "button", class: "plain", onclick: () => close() }, "Cancel");
  const node = el("form", { novalidate: true }, ...fields, el("div", { class: "actions" }, wrong, go, cancel));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-disabled") === "true") return;
    go.setAttribute("aria-disabled", "true");
    wrong.hidden = true;
    try {
      close(await work(new FormData(node)));
    } catch (problem) {
      wrong.textContent = problem.message;
      wrong.hidden = false;
    } finally {
      go.removeAttribute("aria-disabled");
    }
  });
  return node;
}

/** Asks before something that cannot be taken back. `work` runs while the dialog stands; resolves to true when it did. */
export async function confirm(title, text, { submit, work, done }) {
  const asked = await dialog(title, (close) =>
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
  if (asked && done) tell(done);
  return asked === true;
}
