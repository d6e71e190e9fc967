// Signs credentials with the library of Spruce, which is written in Rust and which
// LearnCard uses.
//
// usage: node didkit.mjs < jobs
//   jobs: one JSON object a line, {id, document}
// prints one JSON object a line: {id, document, error}
import {createInterface} from 'node:readline';
import didkit from '@spruceid/didkit-wasm-node';

const key = didkit.generateEd25519Key();
const issuer = didkit.keyToDID('key', key);
const verificationMethod = await didkit.keyToVerificationMethod('key', key);

for await (const line of createInterface({input: process.stdin})) {
  const {id, document} = JSON.parse(line);
  let out;
  try {
    document.issuer = issuer;
    const options = {type: 'Ed25519Signature2020', proofPurpose: 'assertionMethod', verificationMethod};
    out = {document: JSON.parse(await didkit.issueCredential(JSON.stringify(document), JSON.stringify(options), key))};
  } catch (e) {
    out = {error: String(e)};
  }
  process.stdout.write(JSON.stringify({id, ...out}) + '\n');
}
