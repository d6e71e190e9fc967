// Signs, derives and judges bbs-2023 credentials with libraries that are not ours.
//
// usage: node bbs.mjs FOLDER < jobs
//   FOLDER as in judge.mjs
//   jobs: one JSON object a line, {id, do, document, patch?, pointers?, header?};
//     patch is a merge patch (RFC 7396) that is applied to the document first;
//     do: "sign" makes a base proof with a new key and pointers as the mandatory
//     ones; "derive" shows what pointers select, bound to header (hexadecimal);
//     "verify" judges a derived proof, which must be bound to header
// prints one JSON object a line: {id, verified, document, error}
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import {createDiscloseCryptosuite, createSignCryptosuite, createVerifyCryptosuite} from '@digitalbazaar/bbs-2023-cryptosuite';
import {loader} from './loader.mjs';

const documentLoader = loader(process.argv[2]);
const bytes = header => new Uint8Array(Buffer.from(header ?? '', 'hex'));

async function sign({document, pointers}) {
  const key = await Bls12381Multikey.generateBbsKeyPair({algorithm: Bls12381Multikey.ALGORITHMS.BBS_BLS12381_SHA256});
  const {publicKeyMultibase} = await key.export({publicKey: true});
  const did = `did:key:${publicKeyMultibase}`;
  key.controller = did;
  key.id = `${did}#${publicKeyMultibase}`;
  document.issuer.id = did;
  const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: createSignCryptosuite({mandatoryPointers: pointers})});
  return {document: await vc.issue({credential: document, suite, documentLoader})};
}

async function derive({document, pointers, header}) {
  const suite = new DataIntegrityProof({cryptosuite: createDiscloseCryptosuite({selectivePointers: pointers, presentationHeader: bytes(header)})});
  return {document: await vc.derive({verifiableCredential: document, suite, documentLoader})};
}

async function verify({document, header}) {
  const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite({expectedPresentationHeader: bytes(header)})});
  const r = await vc.verifyCredential({credential: document, suite, documentLoader, checkStatus: async () => ({verified: true})});
  const e = r.error;
  return {verified: r.verified === true, error: e && [e.message, ...(e.errors ?? []).map(i => i.message)].join('; ')};
}

function merge(to, patch) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const out = to !== null && typeof to === 'object' && !Array.isArray(to) ? {...to} : {};
  for (const [name, v] of Object.entries(patch)) {
    if (v === null) delete out[name];
    else out[name] = merge(out[name], v);
  }
  return out;
}

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  try {
    if (job.patch) job.document = merge(job.document, job.patch);
    out = await {sign, derive, verify}[job.do](job);
  } catch (e) {
    out = {verified: false, error: e.message + (e.cause ? ` (${e.cause.message})` : '')};
  }
  process.stdout.write(JSON.stringify({id: job.id, ...out}) + '\n');
}
