// A site that signs people in by Auth.js. It shows whom it has signed in; before that, it sends them to sign in.
// Out: {"origin": its own}. In: {issuer, clientId, secret}. Out: {"ready": true}
import { createServer } from "node:http";
import { Auth } from "@auth/core";
import { hear, say, stay } from "./conversation.mjs";

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
say({ origin });
const { issuer, clientId, secret } = await hear();

const config = {
  basePath: "/auth",
  trustHost: true,
  secret: "the site's own, which signs nothing elsewhere",
  providers: [{
    id: "ivgraph", name: "IVGraph", type: "oidc", issuer, clientId, clientSecret: secret,
    checks: ["pkce", "state", "nonce"],
  }],
  callbacks: {
    jwt: ({ token, account, profile }) => (account ? { ...token, account: account.providerAccountId, profile } : token),
    session: ({ session, token }) => ({ ...session, account: token.account, profile: token.profile }),
  },
};

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length ? Buffer.concat(parts) : undefined;
}

async function toAuth(request, path = request.url) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, value);
  const body = await read(request);
  return Auth(new Request(origin + path, { method: request.method, headers, body }), config);
}

async function reply(response, from) {
  const cookies = from.headers.getSetCookie();
  const headers = Object.fromEntries(from.headers);
  response.writeHead(from.status, cookies.length ? { ...headers, "set-cookie": cookies } : headers);
  response.end(Buffer.from(await from.arrayBuffer()));
}

server.on("request", async (request, response) => {
  if (request.url.startsWith("/auth/")) return reply(response, await toAuth(request));
  const session = await toAuth(request, "/auth/session");
  if ((await session.clone().text()) !== "null") return reply(response, session);
  return response.writeHead(302, { location: `/auth/signin?${new URLSearchParams({ callbackUrl: `${origin}/` })}` }).end();
});
say({ ready: true });
await stay();
