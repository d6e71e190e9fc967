// Writes and judges logs of did:webvh with a library that is not ours.
//
// usage: node webvh.mjs make
//   prints {did, log, witnesses}: three entries, the second with a key that the
//   first committed to, approved of by a witness until the third dismisses it
// usage: node webvh.mjs judge < jobs
//   jobs: one JSON object a line, {id, did, log, witnesses}
//   prints one JSON object a line: {id, verified, error}
import {createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';
import {createInterface} from 'node:readline';
import {
  createDID, deriveNextKeyHash, MultibaseEncoding, multibaseEncode, prepareDataForSigning, resolveDIDFromLog, signWitnessProofEntries, updateDID
} from 'didwebvh-ts';

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');
const base58 = bytes => multibaseEncode(bytes, MultibaseEncoding.BASE58_BTC);

function party(n) {
  const secret = createPrivateKey({key: Buffer.concat([pkcs8, Buffer.alloc(32, n)]), format: 'der', type: 'pkcs8'});
  const raw = createPublicKey(secret).export({format: 'der', type: 'spki'}).subarray(-32);
  const key = base58(Buffer.concat([Buffer.from([0xed, 1]), raw]));
  return {
    key, id: `did:key:${key}`,
    methods: [{type: 'Multikey', purpose: 'assertionMethod', publicKeyMultibase: key}],
    getVerificationMethodId: () => `did:key:${key}#${key}`,
    sign: async ({document, proof}) => ({proofValue: base58(sign(null, await prepareDataForSigning(document, proof), secret))})
  };
}

const verifier = {
  verify: async (signature, message, raw) =>
    verify(null, message, createPublicKey({key: Buffer.concat([spki, raw]), format: 'der', type: 'spki'}), signature)
};

async function make() {
  const [a, b, w] = [party(1), party(2), party(3)];
  const approve = log => signWitnessProofEntries([log.at(-1).versionId], [{id: w.id}], {[w.id]: w});
  let {did, log} = await createDID({
    address: 'college.example', paths: ['i', 'north'], signer: a, verifier, updateKeys: [a.key], verificationMethods: a.methods,
    nextKeyHashes: [await deriveNextKeyHash(b.key)], witness: {threshold: 1, witnesses: [{id: w.id}]}, created: '2026-01-01T00:00:00Z'
  });
  ({log} = await updateDID({
    log, signer: b, verifier, updateKeys: [b.key], nextKeyHashes: [], verificationMethods: b.methods, updated: '2026-02-01T00:00:00Z',
    witnessProofs: await approve(log)
  }));
  ({log} = await updateDID({
    log, signer: b, verifier, witness: {}, verificationMethods: b.methods, updated: '2026-03-01T00:00:00Z', witnessProofs: await approve(log)
  }));
  return {did, log, witnesses: await approve(log)};
}

if (process.argv[2] === 'make') {
  process.stdout.write(JSON.stringify(await make()));
} else {
  for await (const line of createInterface({input: process.stdin})) {
    const {id, did, log, witnesses} = JSON.parse(line);
    let out;
    try {
      const r = await resolveDIDFromLog(log, {verifier, witnessProofs: witnesses, requestedDid: did});
      out = {id, verified: !r.meta.error && r.doc?.id === did, error: r.meta.problemDetails?.detail};
    } catch (e) {
      out = {id, verified: false, error: e.message};
    }
    process.stdout.write(JSON.stringify(out) + '\n');
  }
}
