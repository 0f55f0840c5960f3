// A site that signs people in by express-openid-connect, and shows whom; /logout signs them out at the provider, too.
// Out: {"origin": its own}. In: {issuer, clientId, secret}. Out: {"ready": true}
import express from "express";
import openid from "express-openid-connect";
import { hear, say, stay } from "./conversation.mjs";

const app = express();
const server = app.listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
say({ origin });
const { issuer, clientId, secret } = await hear();

app.use(openid.auth({
  issuerBaseURL: issuer, baseURL: origin, clientID: clientId, clientSecret: secret,
  secret: "the site's own, which signs nothing elsewhere", authRequired: false, idpLogout: true,
  authorizationParams: { response_type: "code", scope: "openid profile email offline_access graph:search" },
}));
app.get("/", (request, response) => response.json({ signedIn: request.oidc.isAuthenticated() }));
app.get("/person", openid.requiresAuth(), async (request, response) => {
  const { idTokenClaims, refreshToken } = request.oidc;
  await request.oidc.accessToken.refresh();
  const person = await request.oidc.fetchUserInfo();
  const headers = { authorization: `Bearer ${request.oidc.accessToken.access_token}` };
  const found = await fetch(`${issuer}/api/v1/graph/search?q=a`, { headers });
  response.json({
    claims: idTokenClaims, person, found: found.status, replaced: refreshToken !== request.oidc.refreshToken,
  });
});
say({ ready: true });
await stay();
