// MCP's own SDK calls a resource, and connects to it by itself.
// In: {resource: URL, redirectUri, document: URL of its metadata document or null, client: {client_id, client_secret} that it
//      was given or null}, then {call: URL} as often as wanted
// Out: {status, clientId, asked: how often its person was sent to the provider, refreshToken: whether it has one}
import { auth, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { withOAuth } from "@modelcontextprotocol/sdk/client/middleware.js";
import { hear, open, say } from "./conversation.mjs";

const { resource, redirectUri, document, client } = await hear();

class Memory {
  asked = 0;
  link = null;
  kept = { client: client ?? undefined };
  redirectUrl = redirectUri;
  clientMetadataUrl = document ?? undefined;
  clientMetadata = {
    client_name: "Editor", redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none",
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
const send = withOAuth(memory, resource)(fetch);

async function call(url) {
  try {
    return await send(url);
  } catch (refusal) {
    if (!(refusal instanceof UnauthorizedError) || !memory.link) throw refusal;
  }
  memory.asked += 1;
  const back = (await open(memory.link)).searchParams;
  memory.link = null;
  if (back.get("state") !== memory.kept.state) throw new Error("The state is another one.");
  await auth(memory, { serverUrl: resource, authorizationCode: back.get("code") });
  return send(url);
}

for (;;) {
  const { status } = await call((await hear()).call);
  const { client: { client_id: clientId }, tokens } = memory.kept;
  say({ status, clientId, asked: memory.asked, refreshToken: Boolean(tokens.refresh_token) });
}
