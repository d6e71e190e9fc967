// Reads and makes QR texts, token status lists and COSE messages with libraries that
// are not ours: @mosip/pixelpass, @sd-jwt/jwt-status-list, jose and @auth0/cose.
//
// usage: node codes.mjs < jobs
//   jobs: one JSON object a line
//     {id, do: "encode", data}              a text for PixelPass, JSON or not
//     {id, do: "decode", data}
//     {id, do: "map", json, names}          names: full name → short name
//     {id, do: "unmap", data, names}        data: hex; names: short name → full name
//     {id, do: "make-list", json, names: {bits}, key}
//     {id, do: "read-list", data, key}
//     {id, do: "verify-cose", data, key}    data: hex; gives the content
//     {id, do: "sign-cose", data, key, names: {kid, typ, cty}}  data: the content
// prints one JSON object a line: {id, data?, json?, error?}
import {createInterface} from 'node:readline';
import pixelpass from '@mosip/pixelpass';
import * as jose from 'jose';
import {Algorithms, Sign1} from '@auth0/cose';
import {StatusList, createHeaderAndPayload, getListFromStatusListJWT} from '@sd-jwt/jwt-status-list';

console.error = () => {}; // PixelPass tells there that a text is no JSON

const tasks = {
  encode: ({data}) => ({data: pixelpass.generateQRData(data)}),
  decode: ({data}) => ({data: pixelpass.decode(data)}),
  map: ({json, names}) => ({data: Buffer.from(pixelpass.getMappedData(json, names, true)).toString('hex')}),
  unmap: ({data, names}) => ({json: pixelpass.decodeMappedData(Buffer.from(data, 'hex'), names)}),
  async 'make-list'({json, names, key}) {
    const claims = {sub: 'https://status.example/1', iat: 1767225600, exp: 1893456000, ttl: 3600};
    const {header, payload} = createHeaderAndPayload(new StatusList(json, names.bits), claims, {alg: key.alg, typ: 'statuslist+jwt', kid: 'k'});
    return {data: await new jose.SignJWT(payload).setProtectedHeader(header).sign(await jose.importJWK(key))};
  },
  async 'read-list'({data, key}) {
    await jose.jwtVerify(data, await jose.importJWK(key, key.alg), {typ: 'statuslist+jwt', currentDate: new Date(1767225600000)});
    const list = getListFromStatusListJWT(data);
    return {json: list.statusList, data: String(list.getBitsPerStatus())};
  },
  async 'verify-cose'({data, key}) {
    const message = Sign1.decode(Buffer.from(data, 'hex'));
    await message.verify(await jose.importJWK(key, key.alg), {algorithms: [Algorithms[key.alg]]});
    return {data: Buffer.from(message.payload).toString(), json: [...message.protectedHeaders.keys()].sort()};
  },
  async 'sign-cose'({data, key, names}) {
    const header = new Map([[1, Algorithms[key.alg]], [3, names.cty], [16, names.typ]]);
    const message = await Sign1.sign(header, new Map([[4, Buffer.from(names.kid)]]), Buffer.from(data), await jose.importJWK(key, key.alg));
    return {data: Buffer.from(message.encode()).toString('hex')};
  }
};

for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  let out;
  try {
    out = await tasks[job.do](job);
  } catch (e) {
    out = {error: e.message || String(e)};
  }
  process.stdout.write(JSON.stringify({id: job.id, ...out}) + '\n');
}
