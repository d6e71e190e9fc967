// Judges the cases of testdata/negative with libraries that are not ours: documents
// with @digitalbazaar/vc, tokens with jose, SD-JWTs with @sd-jwt.
//
// usage: node negative.mjs FOLDER < jobs
//   FOLDER as in judge.mjs
//   jobs: one JSON object a line, {id, kind, data, now, documents, lists, key?, typ?,
//     holder?, challenge?, domain?}; data and lists are base64, kind is "document",
//     "token" or "sd-jwt", now is in seconds
// prints one JSON object a line: {id, verified, error}
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import * as jose from 'jose';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as rdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {digest, generateSalt} from '@sd-jwt/crypto-nodejs';
import {loader} from './loader.mjs';

const known = loader(process.argv[2]);
const suite = [rdfc, jcs.createVerifyCryptosuite()].map(cryptosuite => new DataIntegrityProof({cryptosuite}));
const text = data => new TextDecoder('utf-8').decode(Buffer.from(data, 'base64'));
const alg = key => key.crv === 'P-256' ? 'ES256' : 'EdDSA';

// The library of status lists takes no time, so the clock is set for it.
const Clock = Date;
function setClock(seconds) {
  globalThis.Date = class extends Clock {
    constructor(...parts) { super(...(parts.length ? parts : [seconds * 1000])); }
    static now() { return seconds * 1000; }
  };
}

function loading(job) {
  return async url => {
    if (job.lists[url]) return {contextUrl: null, documentUrl: url, document: JSON.parse(text(job.lists[url]))};
    const [did, fragment] = url.split('#');
    const document = job.documents[did] && JSON.parse(text(job.documents[did]));
    if (!document) return known(url);
    if (fragment === undefined) return {contextUrl: null, documentUrl: url, document};
    const method = document.verificationMethod.find(m => m.id === url);
    if (!method) throw new Error(`no such key: ${url}`);
    return {contextUrl: null, documentUrl: url, document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
  };
}

const tasks = {
  async document(job) {
    const document = JSON.parse(text(job.data));
    const documentLoader = loading(job);
    const now = new Date(job.now * 1000);
    let set = false;
    // The library calls a credential verified when its status could be read, whatever
    // the bit says.
    const status = async options => {
      const r = await checkStatus({...options, suite, documentLoader});
      set ||= (r.results ?? []).some(one => one.status);
      return r;
    };
    const options = {suite, documentLoader, now, checkStatus: status};
    const r = [].concat(document.type).includes('VerifiablePresentation') ?
      await vc.verify({presentation: document, challenge: job.challenge, domain: job.domain, ...options}) :
      await vc.verifyCredential({credential: document, ...options});
    if (!r.verified) throw r.error ?? r.statusResult?.error ?? r.credentialResults?.[0]?.statusResult?.error ?? new Error('not verified');
    if (set) throw new Error('withdrawn');
  },
  async token(job) {
    await jose.jwtVerify(text(job.data), await jose.importJWK(job.key, alg(job.key)),
      {algorithms: [alg(job.key)], typ: job.typ, currentDate: new Date(job.now * 1000), audience: job.domain});
  },
  async 'sd-jwt'(job) {
    const verify = key => async (input, value) => {
      try {
        await jose.compactVerify(`${input}.${value}`, await jose.importJWK(key, alg(key)), {algorithms: [alg(key)]});
        return true;
      } catch {
        return false;
      }
    };
    const instance = new SDJwtVcInstance({verifier: verify(job.key), kbVerifier: verify(job.holder), hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
      statusListFetcher: async url => job.lists[url] ? text(job.lists[url]) : Promise.reject(new Error('nobody answers'))});
    const r = await instance.verify(text(job.data), {currentDate: job.now, keyBindingNonce: job.challenge});
    if (r.header.typ !== job.typ) throw new Error(`typ is ${r.header.typ}`);
    // Left to the caller: that there is a proof of possession, and for whom.
    if (job.challenge && r.kb?.payload.aud !== job.domain) throw new Error('not bound to the audience');
  }
};

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  setClock(job.now);
  try {
    await tasks[job.kind](job);
    out = {id: job.id, verified: true};
  } catch (e) {
    out = {id: job.id, verified: false, error: e?.errors?.map(one => one.message).join('; ') ?? e?.message ?? 'refused'};
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}
