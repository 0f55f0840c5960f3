import { badge, button, copyable, el, empty } from "../elements.js";
import { confirm, dialog, form } from "../dialogs.js";
import { call } from "../session.js";
import { SCOPES, date } from "../words.js";
import { activityOf } from "./activity_filters.js";
import { heading, named, when } from "./parts.js";
import { fields, read } from "./token_form.js";

const EVERY = "*";

export async function tokens({ me, again }) {
  const list = await call("/api/tokens/");
  const create = () => begin(me, again);
  return [
    heading("Service tokens", "A narrow key for one program. It can do what you tick, in the workspaces you tick, and never more than you can.",
      list.length > 0 && button("Create token", create, { icon: "plus" })),
    list.length === 0
      ? empty("No service tokens", "Give each agent one of its own, so that you can see what it does and take it back alone.", button("Create token", create, { icon: "plus" }))
      : el("ul", { class: "lines tokens" }, list.map((token) => line(token, me, again))),
  ];
}

function line(token, me, again) {
  return el("li", { class: token.is_active ? null : "past" },
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, token.name), " ", el("code", { class: "quiet" }, `${token.prefix}…`), !token.is_active && badge("Expired", "warn")),
      el("p", { class: "chips" }, token.scopes.map((scope) => el("span", { class: "chip", title: SCOPES[scope]?.[1] }, scope)), places(token, me).map((place) => el("span", { class: "chip place" }, place))),
      el("p", { class: "quiet small" },
        token.last_used_at ? when(token.last_used_at, "Used ") : "Never used", " · ", when(token.created_at, "created "), " · ",
        token.expires_at ? `${token.is_active ? "expires" : "expired"} ${date(token.expires_at)}` : "does not expire"),
    ),
    el("div", { class: "tools" },
      el("a", { class: "button plain", href: activityOf({ actor: `service_token:${token.id}` }), "aria-label": `Activity of ${token.name}` }, "Activity"),
      button("Rename", () => rename(token, again), { class: "plain", "aria-label": `Rename ${token.name}` }),
      button("Revoke", () => revoke(token, again), { class: "plain danger", "aria-label": `Revoke ${token.name}` }),
    ),
  );
}

function places(token, me) {
  if (token.workspace_ids.includes(EVERY)) return ["every workspace"];
  const known = new Map(me.workspaces.map((item) => [item.id, named(item)]));
  return token.workspace_ids.map((id) => known.get(id) ?? `${id.slice(0, 8)}… (no longer connected)`);
}

async function begin(me, again) {
  const { scopes } = await call("/api/auth/validate/");
  const created = await dialog("Create a service token", (close) =>
    form(fields({ scopes, workspaces: me.workspaces }), {
      submit: "Create token",
      close,
      work: (data) => call("/api/tokens/", { method: "POST", body: read(data) }),
    }),
    { wide: true },
  );
  if (!created) return;
  await secret(created);
  await again();
}

/** The only time that the token's text is shown. */
function secret({ name, token }) {
  const curl = `curl -H "Authorization: Bearer ${token}" ${location.origin}/api/auth/validate/`;
  return dialog(`${name} is ready`, (close) =>
    el("div", { class: "stack" },
      el("p", {}, "Copy the token now. It is stored here only as a hash, so it cannot be shown again."),
      copyable(token, { label: "Service token", copy: "Copy token" }),
      el("p", {}, "Try it:"),
      copyable(curl, { label: "Command to try it", copy: "Copy command", rows: 3 }),
      el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close() }, "I have copied it")),
    ),
    { wide: true, dismissable: false },
  );
}

async function rename(token, again) {
  const renamed = await dialog("Rename this token", (close) => {
    const name = el("input", { name: "name", required: true, maxlength: 100, value: token.name, autocomplete: "off" });
    return form([el("label", {}, "Name", name)], {
      submit: "Save",
      close,
      work: (data) => call(`/api/tokens/${token.id}/`, { method: "PATCH", body: { name: data.get("name").trim() } }),
    });
  });
  if (renamed) await again();
}

async function revoke(token, again) {
  const gone = await confirm(`Revoke ${token.name}?`, "Whatever uses it is refused from the next request on. This cannot be taken back.", {
    submit: "Revoke token",
    done: `${token.name} is revoked.`,
    work: () => call(`/api/tokens/${token.id}/`, { method: "DELETE" }),
  });
  if (gone) await again();
}
