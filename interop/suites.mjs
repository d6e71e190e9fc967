// Signs, derives and judges credentials of every cryptosuite but bbs-2023 with
// libraries that are not ours.
//
// usage: node suites.mjs FOLDER < jobs
//   FOLDER as in judge.mjs
//   jobs: one JSON object a line, {id, do, suite, key?, document, pointers?};
//     do: "sign" signs with a new key of kind key ("Ed25519", "P-256", "P-384");
//     for ecdsa-sd-2023 pointers are the mandatory ones; "derive" shows what
//     pointers select; "verify" judges; "present" judges a presentation that
//     answers the challenge "c"
// prints one JSON object a line: {id, verified, document, error}
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import {loader} from './loader.mjs';

const documentLoader = loader(process.argv[2]);
const LEGACY = 'Ed25519Signature2020';

const signing = {
  'eddsa-rdfc-2022': () => eddsaRdfc,
  'ecdsa-rdfc-2019': () => ecdsaRdfc,
  'eddsa-jcs-2022': () => eddsaJcs.createSignCryptosuite(),
  'ecdsa-jcs-2019': () => ecdsaJcs.createSignCryptosuite(),
  'ecdsa-sd-2023': mandatoryPointers => ecdsaSd.createSignCryptosuite({mandatoryPointers})
};
const verifying = {
  'eddsa-rdfc-2022': eddsaRdfc,
  'ecdsa-rdfc-2019': ecdsaRdfc,
  'eddsa-jcs-2022': eddsaJcs.createVerifyCryptosuite(),
  'ecdsa-jcs-2019': ecdsaJcs.createVerifyCryptosuite(),
  'ecdsa-sd-2023': ecdsaSd.createVerifyCryptosuite()
};

async function newKey(kind, suite) {
  if (suite === LEGACY) return Ed25519VerificationKey2020.generate();
  return kind === 'Ed25519' ? Ed25519Multikey.generate() : EcdsaMultikey.generate({curve: kind});
}

async function sign({suite, key: kind, document, pointers}) {
  const key = await newKey(kind, suite);
  const multibase = key.publicKeyMultibase;
  const did = `did:key:${multibase}`;
  key.controller = did;
  key.id = `${did}#${multibase}`;
  document.issuer.id = did;
  const proof = suite === LEGACY ? new Ed25519Signature2020({key}) :
    new DataIntegrityProof({signer: key.signer(), cryptosuite: signing[suite](pointers)});
  return {document: await vc.issue({credential: document, suite: proof, documentLoader})};
}

async function derive({document, pointers}) {
  const suite = new DataIntegrityProof({cryptosuite: ecdsaSd.createDiscloseCryptosuite({selectivePointers: pointers})});
  return {document: await vc.derive({verifiableCredential: document, suite, documentLoader})};
}

async function verify({suite, document}) {
  const proof = suite === LEGACY ? new Ed25519Signature2020() : new DataIntegrityProof({cryptosuite: verifying[suite]});
  const r = await vc.verifyCredential({credential: document, suite: proof, documentLoader, checkStatus: async () => ({verified: true})});
  const e = r.error;
  return {verified: r.verified === true, error: e && [e.message, ...(e.errors ?? []).map(i => i.message)].join('; ')};
}

async function present({document}) {
  const suite = ['eddsa-rdfc-2022', 'eddsa-jcs-2022', 'ecdsa-jcs-2019'].map(n => new DataIntegrityProof({cryptosuite: verifying[n]}));
  const r = await vc.verify({presentation: document, challenge: 'c', suite, documentLoader, checkStatus: async () => ({verified: true})});
  return {verified: r.verified === true, error: JSON.stringify(r.error?.errors?.map(e => e.message) ?? r.error?.message)};
}

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  try {
    out = await {sign, derive, verify, present}[job.do](job);
  } catch (e) {
    out = {verified: false, error: e.message + (e.cause ? ` (${e.cause.message})` : '')};
  }
  process.stdout.write(JSON.stringify({id: job.id, ...out}) + '\n');
}
