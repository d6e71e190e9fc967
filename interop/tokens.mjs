// Judges and makes signed tokens and SD-JWTs with libraries that are not ours:
// jose, and @sd-jwt with its crypto for Node.
//
// usage: node tokens.mjs < jobs
//   jobs: one JSON object a line
//     {id, do: "verify-jwt", token, key, typ, now}
//     {id, do: "sign-jwt", payload, key, header}
//     {id, do: "verify-sd-jwt", token, key, typ, holder?, nonce?, audience?, now}
//     {id, do: "issue-sd-jwt", payload, frame, key, header}
//     {id, do: "present-sd-jwt", token, frame, key?, nonce?, audience?, now}
// prints one JSON object a line: {id, verified, payload?, token?, error?}
import {createInterface} from 'node:readline';
import * as jose from 'jose';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {digest, generateSalt} from '@sd-jwt/crypto-nodejs';

const algorithms = {Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512'};
const alg = key => algorithms[key.crv] ?? 'RS256';
const date = now => new Date(now * 1000);

// One signature over ready-made text, by the library jose.
async function signature(key, input) {
  const [header, payload] = input.split('.');
  const jws = await new jose.FlattenedSign(jose.base64url.decode(payload))
    .setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url')))
    .sign(await jose.importJWK(key, alg(key)));
  if (`${jws.protected}.${jws.payload}` !== input) throw new Error('the header was written in another way');
  return jws.signature;
}

async function signed(key, input, value) {
  try {
    await jose.compactVerify(`${input}.${value}`, await jose.importJWK(key, alg(key)), {algorithms: [alg(key)]});
    return true;
  } catch {
    return false;
  }
}

function instance(job) {
  return new SDJwtVcInstance({
    signAlg: job.key && alg(job.key), kbSignAlg: job.key && alg(job.key),
    signer: input => signature(job.key, input), kbSigner: input => signature(job.key, input),
    verifier: (input, value) => signed(job.key, input, value), kbVerifier: (input, value) => signed(job.holder, input, value),
    hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt
  });
}

const tasks = {
  async 'verify-jwt'(job) {
    const {payload} = await jose.jwtVerify(job.token, await jose.importJWK(job.key, alg(job.key)),
      {algorithms: [alg(job.key)], typ: job.typ, currentDate: date(job.now)});
    return {verified: true, payload};
  },
  async 'sign-jwt'(job) {
    const token = await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(job.payload)))
      .setProtectedHeader({alg: alg(job.key), ...job.header}).sign(await jose.importJWK(job.key, alg(job.key)));
    return {verified: true, token};
  },
  async 'verify-sd-jwt'(job) {
    const r = await instance(job).verify(job.token, {currentDate: job.now, keyBindingNonce: job.nonce});
    if (r.header.typ !== job.typ) throw new Error(`typ is ${r.header.typ}`);
    // Where a proof of possession is asked for, it must be there, and for us: the
    // library leaves both to its caller.
    if (job.nonce && (!r.kb || r.kb.payload.aud !== job.audience)) throw new Error('not bound to the audience');
    return {verified: true, payload: r.payload};
  },
  async 'issue-sd-jwt'(job) {
    return {verified: true, token: await instance(job).issue(job.payload, job.frame, {header: job.header})};
  },
  async 'present-sd-jwt'(job) {
    const kb = job.nonce ? {payload: {iat: job.now, aud: job.audience, nonce: job.nonce}} : undefined;
    return {verified: true, token: await instance(job).present(job.token, job.frame, {kb})};
  }
};

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  try {
    out = await tasks[job.do](job);
  } catch (e) {
    out = {verified: false, error: e.message};
  }
  process.stdout.write(JSON.stringify({id: job.id, ...out}) + '\n');
}
