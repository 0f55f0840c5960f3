import { button, el, emptyState } from "../elements.js";
import { call } from "../session.js";
import { Explorer } from "./graph_explorer.js";
import { syncSection } from "./graph_sync.js";
import { heading, workspaceName } from "./shared.js";

/** @import { PageContext, Workspace } from "../types" */

const TITLE = "Graph";
const ABOUT = "What your pages are connected with: what stands inside what, and what links to, mentions or relates to what.";

/** @param {PageContext} context */
export async function graph(context) {
  const { me, query, signal, goTo, reload } = context;
  const workspace = me.workspaces.find(({ id }) => id === query.get("workspace")) ?? me.workspaces[0];
  if (!workspace) {
    return [heading(TITLE, ABOUT), emptyState("Nothing is connected", "Connect a workspace: what it shares is read into a graph.", button("Connections", () => goTo("connections")))];
  }
  // Any search tells how fresh the graph of a workspace is.
  const ask = () => call("GET", "/api/v1/graph/search", { query: { q: "a", workspace_id: workspace.id, limit: 1 } });
  const [fresh, runs] = await Promise.all([
    ask(),
    call("GET", "/api/notion-graph/sync/", { query: { workspace_id: workspace.id, limit: 1 } }),
  ]);
  const explorer = new Explorer(context, workspace);
  explorer.open(query);
  return [
    el("div", { class: "heading" },
      el("div", {}, el("h1", {}, TITLE), el("p", { class: "quiet" }, ABOUT)),
      me.workspaces.length > 1 && workspaceChoice(me.workspaces, workspace)),
    ...syncSection({ workspace, fresh, run: runs.results[0] ?? null, signal, ask, reload }),
    explorer.node,
  ];
}

/**
 * @param {Workspace[]} workspaces
 * @param {Workspace} chosen
 */
function workspaceChoice(workspaces, chosen) {
  const select = el("select", {}, workspaces.map((item) => el("option", { value: item.id, selected: item === chosen }, workspaceName(item))));
  select.addEventListener("change", () => void (location.hash = `#/graph?workspace=${select.value}`));
  return el("label", {}, "Workspace", select);
}
