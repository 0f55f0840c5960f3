// The service's words, for people.

export const SCOPES = {
  "graph:search": ["Search the graph", "Find pages and databases by title."],
  "graph:read": ["Read the graph", "Details of a page or database, and page content."],
  "graph:neighbors": ["Follow links", "Neighbours of a page, and paths between two."],
  "notion:read": ["Read in Notion", "Call Notion's reading tools through the gateway."],
  "notion:write": ["Write in Notion", "Create and change pages through the gateway. Does not include reading."],
  "notion:connect": ["Manage connections", "Start, list and verify connections to workspaces."],
};

const UNITS = [
  ["year", 31557600],
  ["month", 2629800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const near = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "5 minutes ago", "in 3 months". */
export function relative(moment, now = Date.now()) {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return near.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

export const date = (moment) => new Date(moment).toLocaleDateString("en", { dateStyle: "medium" });
export const exact = (moment) => new Date(moment).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" });

const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
];

/** "Firefox on Linux". A user agent says what it likes, so this is a hint and no proof. */
export function device(agent) {
  if (!agent) return "Unknown program";
  const found = (table) => table.find(([mark]) => agent.includes(mark))?.[1];
  const [browser, system] = [found(BROWSERS), found(SYSTEMS)];
  if (!browser) return agent.split(/[ (]/, 1)[0].slice(0, 40);
  return system ? `${browser} on ${system}` : browser;
}
