// Judges signed documents with libraries that are not ours.
//
// usage: node judge.mjs FOLDER < jobs
//   FOLDER holds contexts.json (URL → JSON-LD context) and documents.json
//   (identifier → DID document, address → status list); nothing else is ever
//   loaded.
//   jobs: one JSON object a line, {id, document, challenge?, domain?}
// prints one JSON object a line: {id, verified, error, status}
//   status: identifier of a credential → purpose → whether its bit is set, for
//   every entry that was looked up in a list whose proof is good
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {loader} from './loader.mjs';

const documentLoader = loader(process.argv[2]);
const suite = new DataIntegrityProof({cryptosuite});

function message(error) {
  if (!error) return undefined;
  const inner = error.errors?.map(e => e.message).join('; ') ?? error.cause?.message;
  return inner ? `${error.message} (${inner})` : error.message;
}

async function judge({document, challenge, domain}, status) {
  // The library calls a credential verified when its status could be read,
  // whatever the bit says; so the bits are noted here.
  const note = async options => {
    const r = await checkStatus({...options, suite, documentLoader});
    for (const {credentialStatus, status: bit} of r.results ?? []) {
      (status[options.credential.id] ??= {})[credentialStatus.statusPurpose] = bit;
    }
    return r;
  };
  const types = [].concat(document.type);
  if (types.includes('VerifiablePresentation')) {
    return vc.verify({presentation: document, challenge, domain, suite, documentLoader, checkStatus: note});
  }
  return vc.verifyCredential({credential: document, suite, documentLoader, checkStatus: note});
}

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  const status = {};
  try {
    const r = await judge(job, status);
    out = {id: job.id, verified: r.verified === true, error: message(r.error), status};
  } catch (e) {
    out = {id: job.id, verified: false, error: e.message};
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}
