// A document loader that knows what it was given and nothing else.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';

export function loader(folder) {
  const contexts = JSON.parse(readFileSync(join(folder, 'contexts.json')));
  const documents = JSON.parse(readFileSync(join(folder, 'documents.json')));
  return async url => {
    if (contexts[url]) {
      return {contextUrl: null, documentUrl: url, document: contexts[url]};
    }
    const [did, fragment] = url.split('#');
    const document = documents[did] ?? fromKey(did);
    if (!document) throw new Error(`not known here: ${url}`);
    if (fragment === undefined) return {contextUrl: null, documentUrl: url, document};
    const method = document.verificationMethod.find(m => m.id === url);
    if (!method) throw new Error(`no such key: ${url}`);
    return {contextUrl: null, documentUrl: url, document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
  };
}

// The document of a did:key identifier (Ed25519, P-256, P-384 or BBS), made from the identifier.
function fromKey(did) {
  const value = /^did:key:((?:z6Mk|zDn|z82|zUC7)[1-9A-HJ-NP-Za-km-z]+)$/.exec(did)?.[1];
  if (!value) return undefined;
  const id = `${did}#${value}`;
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase: value}],
    assertionMethod: [id], authentication: [id]
  };
}

export {Ed25519Multikey};
