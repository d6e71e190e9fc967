// Judges signed documents with libraries that are not ours.
//
// usage: node judge.mjs FOLDER < jobs
//   FOLDER holds contexts.json (URL → JSON-LD context) and documents.json
//   (identifier → DID document); nothing else is ever loaded.
//   jobs: one JSON object a line, {id, document, challenge?, domain?}
// prints one JSON object a line: {id, verified, error}
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {loader} from './loader.mjs';

const documentLoader = loader(process.argv[2]);
const suite = new DataIntegrityProof({cryptosuite});

function message(error) {
  if (!error) return undefined;
  const inner = error.errors?.map(e => e.message).join('; ') ?? error.cause?.message;
  return inner ? `${error.message} (${inner})` : error.message;
}

async function judge({document, challenge, domain}) {
  const types = [].concat(document.type);
  if (types.includes('VerifiablePresentation')) {
    return vc.verify({presentation: document, challenge, domain, suite, documentLoader, checkStatus: async () => ({verified: true})});
  }
  // Status is the business of the list's own job; here the proof is judged, with
  // the check that the issuer controls the key.
  return vc.verifyCredential({credential: document, suite, documentLoader, checkStatus: async () => ({verified: true})});
}

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  try {
    const r = await judge(job);
    out = {id: job.id, verified: r.verified === true, error: message(r.error)};
  } catch (e) {
    out = {id: job.id, verified: false, error: e.message};
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}
