// Judges and signs documents with the libraries of the Digital Credentials
// Consortium, which its wallet and its verifier use.
//
// usage: node dcc.mjs FOLDER < jobs
//   FOLDER is that of judge.mjs; nothing else is ever loaded.
//   jobs: one JSON object a line, {id, document, challenge?, domain?}, or with
//   issue: true, when document is to be signed with a new key; legacy: true
//   signs with Ed25519Signature2020
// prints one JSON object a line: {id, verified, error, status} as judge.mjs does,
// or {id, document, presentation}
import {createInterface} from 'node:readline';
import * as vc from '@digitalcredentials/vc';
import * as Ed25519Multikey from '@digitalcredentials/ed25519-multikey';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {Ed25519Signature2020} from '@digitalcredentials/ed25519-signature-2020';
import {Ed25519VerificationKey2020} from '@digitalcredentials/ed25519-verification-key-2020';
import {checkStatus} from '@digitalcredentials/vc-bitstring-status-list';
import {loader} from './loader.mjs';

const documentLoader = loader(process.argv[2]);
const suite = [new DataIntegrityProof({cryptosuite}), new Ed25519Signature2020()];

function message(error) {
  const inner = error?.errors?.map(e => e.message).join('; ') ?? error?.cause?.message;
  return inner ? `${error.message} (${inner})` : error?.message;
}

async function judge({document, challenge, domain}, status) {
  const note = async options => {
    const r = await checkStatus({...options, suite, documentLoader});
    for (const {credentialStatus, verified} of r.results ?? []) { // verified: the bit is not set
      (status[options.credential.id] ??= {})[credentialStatus.statusPurpose] = !verified;
    }
    return r;
  };
  if ([].concat(document.type).includes('VerifiablePresentation')) {
    return vc.verify({presentation: document, challenge, domain, suite, documentLoader, checkStatus: note});
  }
  return vc.verifyCredential({credential: document, suite, documentLoader, checkStatus: note});
}

async function issue({document, challenge, domain, legacy}) {
  let signing;
  let did;
  if (legacy) {
    const key = await Ed25519VerificationKey2020.generate();
    did = key.controller = `did:key:${key.fingerprint()}`;
    key.id = `${did}#${key.fingerprint()}`;
    signing = new Ed25519Signature2020({key});
  } else {
    const key = await Ed25519Multikey.generate();
    did = key.controller = `did:key:${key.publicKeyMultibase}`;
    key.id = `${did}#${key.publicKeyMultibase}`;
    signing = new DataIntegrityProof({signer: key.signer(), cryptosuite});
  }
  document.issuer.id = did;
  document.credentialSubject.id = did;
  const credential = await vc.issue({credential: document, suite: signing, documentLoader});
  if (legacy) return {document: credential};
  const presentation = await vc.signPresentation({
    presentation: vc.createPresentation({verifiableCredential: [credential], holder: did, version: 2.0}),
    suite: signing, challenge, domain, documentLoader
  });
  return {document: credential, presentation};
}

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  const status = {};
  try {
    if (job.issue) {
      out = {id: job.id, ...await issue(job)};
    } else {
      const r = await judge(job, status);
      out = {id: job.id, verified: r.verified === true, error: message(r.error), status};
    }
  } catch (e) {
    out = {id: job.id, verified: false, error: e.message};
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}
