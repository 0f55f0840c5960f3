// A program and the test that runs it: a line of JSON each way. What a person does is asked for, and told when it is done.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);
export const hear = async () => JSON.parse((await lines.next()).value);

// The person opens `url`. Answers where they have arrived.
export async function open(url) {
  say({ open: url.toString() });
  return new URL(await hear());
}

// A client's private key of Ed25519 or P-256.
export async function importKey(jwk) {
  const algorithm = jwk.kty === "OKP" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: jwk.crv };
  return crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
}

// Nothing is left running when the test has gone.
export async function stay() {
  while (!(await lines.next()).done);
  process.exit(0);
}
