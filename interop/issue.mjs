// Issues a badge and a presentation with libraries that are not ours.
//
// usage: node issue.mjs FOLDER CHALLENGE DOMAIN < unsigned credential
// prints {credential, presentation}
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {Ed25519Multikey, loader} from './loader.mjs';

const [, , folder, challenge, domain] = process.argv;
const documentLoader = loader(folder);
const key = await Ed25519Multikey.generate({});
const did = `did:key:${key.publicKeyMultibase}`;
key.controller = did;
key.id = `${did}#${key.publicKeyMultibase}`;
const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite});

const unsigned = JSON.parse(readFileSync(0));
unsigned.issuer.id = did;
unsigned.credentialSubject.id = did;
const credential = await vc.issue({credential: unsigned, suite, documentLoader});
const presentation = await vc.signPresentation({
  presentation: vc.createPresentation({verifiableCredential: [credential], holder: did, version: 2.0}),
  suite, challenge, domain, documentLoader
});
process.stdout.write(JSON.stringify({credential, presentation}));
