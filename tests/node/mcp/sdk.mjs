// MCP's own SDK for TypeScript as some program uses it, of the first or of the second generation.
// In: {url, generation: 1 or 2, token: of a service or null, redirectUri, refreshes: whether it asks for a refresh token},
//     then {list: true} or {call: tool, arguments}
// Out: {revision} when it has connected, then {asked: how often its person was sent to the provider, tools: [name]} or
//      {asked, isError, text, structured}
import { hear, open, say } from "../oauth/conversation.mjs";

const { url, generation, token, redirectUri, refreshes } = await hear();
const [{ Client }, { StreamableHTTPClientTransport }, { UnauthorizedError }] = await Promise.all(
  generation === 1
    ? ["client/index.js", "client/streamableHttp.js", "client/auth.js"].map((part) => import(`@modelcontextprotocol/sdk/${part}`))
    : Array(3).fill(import("@modelcontextprotocol/client")),
);

class Memory {
  asked = 0;
  link = null;
  kept = {};
  redirectUrl = redirectUri;
  clientMetadata = {
    client_name: "Editor", redirect_uris: [redirectUri],
    grant_types: ["authorization_code", ...(refreshes ? ["refresh_token"] : [])], response_types: ["code"], token_endpoint_auth_method: "none",
  };
  state() {
    this.kept.state = crypto.randomUUID();
    return this.kept.state;
  }
  clientInformation() { return this.kept.client; }
  saveClientInformation(client) { this.kept.client = client; }
  tokens() { return this.kept.tokens; }
  saveTokens(tokens) { this.kept.tokens = tokens; }
  codeVerifier() { return this.kept.verifier; }
  saveCodeVerifier(verifier) { this.kept.verifier = verifier; }
  redirectToAuthorization(link) { this.link = link; }
  invalidateCredentials(scope) {
    if (scope === "all") this.kept = {};
    else delete this.kept[scope];
  }
}

const memory = new Memory();
const options = token ? { requestInit: { headers: { Authorization: `Bearer ${token}` } } } : { authProvider: memory };
let client, transport;

async function connect() {
  transport = new StreamableHTTPClientTransport(new URL(url), options);
  client = new Client({ name: "Editor", version: "1.0.0" }, generation === 2 ? { versionNegotiation: { mode: "auto" } } : {});
  await client.connect(transport);
}

// As the SDK's own examples have it: after the person has come back, what was asked is asked again.
async function attempt(work) {
  try {
    return await work();
  } catch (refusal) {
    if (!(refusal instanceof UnauthorizedError) || !memory.link) throw refusal;
  }
  memory.asked += 1;
  const back = (await open(memory.link)).searchParams;
  memory.link = null;
  if (back.get("state") !== memory.kept.state) throw new Error("The state is another one.");
  await transport.finishAuth(generation === 1 ? back.get("code") : back);
  return work();
}

await attempt(connect);
say({ revision: transport.protocolVersion });
for (;;) {
  const asked = await hear();
  if (asked.list) {
    const { tools } = await attempt(() => client.listTools());
    say({ asked: memory.asked, tools: tools.map(({ name }) => name) });
  } else {
    const told = await attempt(() => client.callTool({ name: asked.call, arguments: asked.arguments }));
    const text = told.content.filter(({ type }) => type === "text").map((part) => part.text).join("\n");
    say({ asked: memory.asked, isError: Boolean(told.isError), text, structured: told.structuredContent ?? null });
  }
}
