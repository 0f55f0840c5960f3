// oidc-provider in its memory, with an app that people have let in; their tokens are written to PEER_TOKENS as JSON.
import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import Provider from "oidc-provider";

const { PEER_PORT, PEER_TOKENS, PEER_PEOPLE, PEER_CLIENT_SECRET, PEER_RSA_KEY } = process.env;
const key = createPrivateKey(PEER_RSA_KEY).export({ format: "jwk" });
const provider = new Provider(`http://127.0.0.1:${PEER_PORT}`, {
  clients: [
    {
      client_id: "bench",
      client_secret: PEER_CLIENT_SECRET,
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["https://app.example.com/callback"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
  cookies: { keys: [PEER_CLIENT_SECRET] },
  features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `P${id}`, email: `p${id}@example.com`, email_verified: true }),
  }),
  jwks: { keys: [{ ...key, alg: "RS256", use: "sig", kid: "bench" }] },
  ttl: { AccessToken: 3600, Grant: 86400, IdToken: 3600, RefreshToken: 86400 },
});
provider.use(async (context, next) => {
  await next();
  console.log(`${context.method} ${context.path} ${context.status}`);
});

const client = await provider.Client.find("bench");
const people = [];
for (let number = 1; number <= Number(PEER_PEOPLE); number += 1) {
  const accountId = String(number);
  const grant = new provider.Grant({ accountId, clientId: "bench" });
  grant.addOIDCScope("openid profile email offline_access");
  const grantId = await grant.save();
  const common = { accountId, client, grantId, gty: "authorization_code", authTime: Math.floor(Date.now() / 1000) };
  const give = (scope) => new provider.RefreshToken({ ...common, scope }).save();
  const access = await new provider.AccessToken({ ...common, scope: "openid profile email" }).save();
  people.push({
    access,
    refresh: await give("profile email offline_access"),
    refresh_with_id: await give("openid profile email offline_access"),
  });
}
writeFileSync(PEER_TOKENS, JSON.stringify(people));
provider.listen(Number(PEER_PORT), "127.0.0.1");
