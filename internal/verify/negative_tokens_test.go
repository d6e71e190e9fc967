package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/sdjwt"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

// rawToken signs any bytes as header and payload.
func rawToken(header string, payload []byte, p party) string {
	input := jose.EncodeBase64([]byte(header)) + "." + jose.EncodeBase64(payload)
	return input + "." + jose.EncodeBase64(ed25519.Sign(p.private, []byte(input)))
}

// Group J: signed tokens around a badge.
func tokenCases(t testing.TB) []negative {
	claims := func(change func(map[string]any)) []byte {
		doc := badge(t, nil)
		doc["iss"] = string(college.Controller())
		if change != nil {
			change(doc)
		}
		return write(t, doc)
	}
	payload, kid := claims(nil), string(college.KeyID())
	header := func(members string) string {
		return `{"alg":"EdDSA","typ":"vc+jwt","kid":"` + kid + `"` + members + `}`
	}
	with := func(members string) []byte { return []byte(rawToken(header(members), payload, college)) }
	headed := func(h string) []byte { return []byte(rawToken(h, payload, college)) }
	typed := func(typ string) []byte { return headed(strings.Replace(header(""), "vc+jwt", typ, 1)) }
	claimed := func(change func(map[string]any)) []byte {
		return []byte(rawToken(header(""), claims(change), college))
	}
	good := rawToken(header(""), payload, college)
	part := strings.Split(good, ".")
	signature, err := jose.DecodeBase64(part[2])
	if err != nil {
		t.Fatal(err)
	}
	resigned := func(b []byte) []byte { return []byte(part[0] + "." + part[1] + "." + jose.EncodeBase64(b)) }
	unsigned := func(alg string) []byte {
		return []byte(jose.EncodeBase64([]byte(`{`+alg+`"typ":"vc+jwt","kid":"`+kid+`"}`)) + "." + part[1] + ".")
	}
	secret := jose.EncodeBase64([]byte(strings.Replace(header(""), "EdDSA", "HS256", 1))) + "." + part[1]
	mac := hmac.New(sha256.New, college.PublicKey())
	mac.Write([]byte(secret))
	// S + L is the same number to who does not look: L is the order of the group (RFC 8032, section 5.1).
	order, ok := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	if !ok {
		t.Fatal("the order of the group")
	}
	number := func(b []byte) *big.Int {
		b = bytes.Clone(b)
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		return new(big.Int).SetBytes(b)
	}
	sum := new(big.Int).Add(number(signature[32:]), order).FillBytes(make([]byte, 32))
	for i, j := 0, 31; i < j; i, j = i+1, j-1 {
		sum[i], sum[j] = sum[j], sum[i]
	}
	key := func(p party, more string) string {
		return `{"kty":"OKP","crv":"Ed25519","x":"` + jose.EncodeBase64(p.PublicKey()) + `"` + more + `}`
	}
	badgePayload, err := jose.DecodeBase64(strings.Split(string(sealed(t, vcjwt.OpenBadge, badge(t, nil), vcjwt.Options{})), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	keyed := func(members string) []byte {
		return []byte(rawToken(`{"alg":"EdDSA","typ":"JWT",`+members+`}`, badgePayload, stranger))
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	trailing := good[:len(good)-1] + string(letters[strings.IndexByte(letters, good[len(good)-1])|1])
	general, err := json.Marshal(map[string]any{"payload": part[1], "signatures": []any{map[string]string{"protected": part[0], "signature": part[2]}, map[string]string{"protected": part[0], "signature": part[2][:len(part[2])-4] + "AAAA"}}})
	if err != nil {
		t.Fatal(err)
	}
	flat, err := json.Marshal(map[string]any{"payload": part[1], "protected": part[0], "signature": part[2], "header": map[string]string{"alg": "EdDSA"}})
	if err != nil {
		t.Fatal(err)
	}
	oddKey := []byte(fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":"%s","verificationMethod":[{"id":"%s#1","type":"JsonWebKey","controller":"%s","publicKeyJwk":%s}],"assertionMethod":["%s#1"]}`, webDID, webDID, webDID, key(college, `,"use":"enc"`), webDID))
	ops := bytes.Replace(oddKey, []byte(`"use":"enc"`), []byte(`"key_ops":["encrypt"]`), 1)
	offCurve := bytes.Replace(oddKey, []byte(key(college, `,"use":"enc"`)), []byte(`{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}`), 1)
	infinity := bytes.Replace(offCurve, []byte("AAE"), []byte("AAA"), 2)
	smallOrder := bytes.Replace(oddKey, []byte(key(college, `,"use":"enc"`)), []byte(`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`), 1)
	method := func(name string, p party) string {
		return fmt.Sprintf(`{"id":"%s#%s","type":"JsonWebKey","controller":"%s","publicKeyJwk":%s}`, webDID, name, webDID, key(p, ""))
	}
	twoKeys := []byte(fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":"%s","verificationMethod":[%s,%s],"assertionMethod":["%s#1","%s#2"]}`, webDID, method("1", college), method("2", stranger), webDID, webDID))
	inWeb := strings.Split(string(sealed(t, vcjwt.Credential, badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), vcjwt.Options{KeyID: string(webDID) + "#1"})), ".")
	webPayload, err := jose.DecodeBase64(inWeb[1])
	if err != nil {
		t.Fatal(err)
	}
	webHeaded := func(alg, kid string) string {
		return jose.EncodeBase64([]byte(`{"alg":"`+alg+`","typ":"vc+jwt"`+kid+`}`)) + "." + inWeb[1]
	}
	fits := webHeaded("EdDSA", `,"kid":"did:web:college.example#1"`) + "." + jose.EncodeBase64(anyMessage())
	curve := newCurved(t, 5)
	curveID, curveKey := curve.keys(t)
	curveDoc := badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = curveID, nil })
	curveDoc["iss"] = string(curveID)
	curveInput := jose.EncodeBase64([]byte(`{"alg":"ES256","typ":"vc+jwt","kid":"`+string(curveKey)+`"}`)) + "." + jose.EncodeBase64(write(t, curveDoc))
	low, high := curve.sign(t, []byte(curveInput))
	byCurve := func(b []byte) []byte { return []byte(curveInput + "." + jose.EncodeBase64(b)) }
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(low[:32]), new(big.Int).SetBytes(low[32:])})
	if err != nil {
		t.Fatal(err)
	}
	listsCurve := trustList(t, func(l *trust.List) { l.Issuers[0].DID = curveID })
	listsWeb := trustList(t, func(l *trust.List) { l.Issuers[0].DID = webDID })
	n := elliptic.P256().Params().N.Bytes()
	ask := verify.Options{Challenge: "n-1", Domain: "https://university.example"}
	answer := func(audience any) []byte {
		m := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(amina.Controller()), "verifiableCredential": []any{carried(t, "vc+jwt", []byte(good))},
			"iss": string(amina.Controller()), "nonce": ask.Challenge, "aud": audience}
		if audience == nil {
			delete(m, "aud")
		}
		return []byte(rawToken(`{"alg":"EdDSA","typ":"vp+jwt","kid":"`+string(amina.KeyID())+`"}`, write(t, m), amina))
	}
	web := sealed(t, vcjwt.Credential, badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), vcjwt.Options{KeyID: string(webDID) + "#1"})
	out := []negative{
		{id: "J00", name: "nothing is wrong", data: []byte(good), verdict: "valid", code: "proof.good"},
		{id: "J01", name: "alg none", data: unsigned(`"alg":"none",`), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J01", name: "alg none in letters of both sizes", data: unsigned(`"alg":"nOnE",`), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J01", name: "alg is empty text", data: unsigned(`"alg":"",`), verdict: "invalid", code: "model.unreadable", cause: "jose.header"},
		{id: "J01", name: "no alg", data: unsigned(``), verdict: "invalid", code: "model.unreadable", cause: "jose.algorithm"},
		{id: "J02", name: "HS256 with the public key as secret", data: []byte(secret + "." + jose.EncodeBase64(mac.Sum(nil))), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J03", name: "ES256 for an Ed25519 key", data: headed(strings.Replace(header(""), "EdDSA", "ES256", 1)), verdict: "invalid", code: "proof.method", cause: "jose.key-algorithm"},
		{id: "J04", name: "RS256 for an Ed25519 key", data: headed(strings.Replace(header(""), "EdDSA", "RS256", 1)), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J04", name: "PS256 for an Ed25519 key", data: headed(strings.Replace(header(""), "EdDSA", "PS256", 1)), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J05", name: "jwk of the attacker", data: keyed(`"jwk":` + key(stranger, "")), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.no-such-key"},
		{id: "J06", name: "jku of the attacker", data: keyed(`"jku":"https://evil.example/keys","kid":"a"`), verdict: "invalid", code: "model.unreadable", cause: "vcjwt.header"},
		{id: "J06", name: "x5u of the attacker", data: keyed(`"x5u":"https://evil.example/chain","kid":"a"`), verdict: "invalid", code: "model.unreadable", cause: "vcjwt.header"},
		{id: "J06", name: "jku of the attacker beside the right key", data: with(`,"jku":"https://evil.example/keys"`), verdict: "valid", code: "proof.good"},
		{id: "J08", name: "kid with a path", data: headed(`{"alg":"EdDSA","typ":"vc+jwt","kid":"../../etc/passwd"}`), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.key-id"},
		{id: "J08", name: "kid with a query in SQL", data: headed(`{"alg":"EdDSA","typ":"vc+jwt","kid":"x' OR '1'='1"}`), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.key-id"},
		{id: "J08", name: "kid with U+0000", data: headed(`{"alg":"EdDSA","typ":"vc+jwt","kid":"a\u0000b"}`), verdict: "invalid", code: "model.unreadable", cause: "json.nul"},
		{id: "J08", name: "kid of 10 kB", data: headed(`{"alg":"EdDSA","typ":"vc+jwt","kid":"` + strings.Repeat("k", 10_000) + `"}`), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.key-id"},
		{id: "J09", name: "kid of another issuer", data: []byte(rawToken(strings.Replace(header(""), kid, string(stranger.KeyID()), 1), payload, stranger)), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.document-id"},
		{id: "J10", name: "no kid, and two keys", data: []byte(rawToken(`{"alg":"EdDSA","typ":"vc+jwt"}`, webPayload, college)), keys: twoKeys, trust: listsWeb, verdict: "invalid", code: "model.unreadable", cause: "vcjwt.kid"},
		{id: "J10", name: "kid, and two keys", data: []byte(rawToken(`{"alg":"EdDSA","typ":"vc+jwt","kid":"did:web:college.example#1"}`, webPayload, college)), keys: twoKeys, trust: listsWeb, verdict: "valid", code: "proof.good"},
		{id: "J11", name: "crit with an unknown name", data: with(`,"crit":["exp-x"],"exp-x":1`), verdict: "invalid", code: "model.unreadable", cause: "jose.critical"},
		{id: "J11", name: "crit is empty", data: with(`,"crit":[]`), verdict: "invalid", code: "model.unreadable", cause: "jose.critical"},
		{id: "J12", name: "b64 false", data: with(`,"b64":false,"crit":["b64"]`), verdict: "invalid", code: "model.unreadable", cause: "jose.critical"},
		{id: "J13", name: "alg twice", data: with(`,"alg":"EdDSA"`), verdict: "invalid", code: "model.unreadable", cause: "json.duplicate-name"},
		{id: "J14", name: "a member in both headers", data: flat, verdict: "invalid", code: "proof.missing"},
		{id: "J15", name: "two signatures, one bad", data: general, verdict: "invalid", code: "proof.missing"},
		{id: "J16", name: "two parts", data: []byte(part[0] + "." + part[1]), verdict: "invalid", code: "model.unreadable", cause: "jose.token"},
		{id: "J16", name: "four parts", data: []byte(good + "." + part[1]), verdict: "invalid", code: "model.unreadable", cause: "jose.token"},
		{id: "J16", name: "a hundred thousand dots", data: []byte("ey" + strings.Repeat(".", 100_000)), verdict: "invalid", code: "model.unreadable", cause: "jose.token"},
		{id: "J17", name: "padding", data: []byte(good + "=="), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "J17", name: "a line break inside", data: []byte(part[0] + ".\n" + part[1] + "." + part[2]), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "J17", name: "a blank inside", data: []byte(part[0] + "." + part[1][:8] + " " + part[1][8:] + "." + part[2]), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "J18", name: "bits behind the last letter", data: []byte(trailing), verdict: "invalid", code: "model.unreadable", cause: "jose.base64"},
		{id: "J19", name: "short signature", data: resigned(signature[:63]), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "long signature", data: resigned(append(bytes.Clone(signature), 0)), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "signature of nothing but zeros", data: resigned(make([]byte, 64)), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "ECDSA with r and s one behind the other", data: byCurve(low), trust: listsCurve, verdict: "valid", code: "proof.good"},
		{id: "J19", name: "ECDSA in DER", data: byCurve(der), trust: listsCurve, verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "ECDSA with r zero", data: byCurve(append(make([]byte, 32), low[32:]...)), trust: listsCurve, verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "ECDSA with s zero", data: byCurve(append(bytes.Clone(low[:32]), make([]byte, 32)...)), trust: listsCurve, verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "ECDSA with r the order", data: byCurve(append(bytes.Clone(n), low[32:]...)), trust: listsCurve, verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J19", name: "ECDSA with s the order", data: byCurve(append(bytes.Clone(low[:32]), n...)), trust: listsCurve, verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J20", name: "the other s that fits", data: byCurve(high), trust: listsCurve, verdict: "valid", code: "proof.good"},
		{id: "J21", name: "S is above the order", data: resigned(append(bytes.Clone(signature[:32]), sum...)), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J21", name: "key of small order", data: []byte(fits), keys: smallOrder, trust: listsWeb, verdict: "invalid", code: "proof.key-unusable", cause: "did.key"},
		{id: "J22", name: "point beside the curve", data: []byte(webHeaded("ES256", `,"kid":"did:web:college.example#1"`) + "." + part[2]), keys: offCurve, trust: listsWeb, verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.no-such-key"},
		{id: "J22", name: "point at infinity", data: []byte(webHeaded("ES256", `,"kid":"did:web:college.example#1"`) + "." + part[2]), keys: infinity, trust: listsWeb, verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.no-such-key"},
		{id: "J23", name: "one letter cut", data: []byte(good[:len(good)-1]), verdict: "invalid", code: "model.unreadable", cause: "jose.base64"},
		{id: "J23", name: "two letters cut", data: []byte(good[:len(good)-2]), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J23", name: "ten letters cut", data: []byte(good[:len(good)-10]), verdict: "invalid", code: "proof.signature", cause: "jose.signature"},
		{id: "J24", name: "typ is an empty text", data: headed(`{"alg":"EdDSA","typ":"","kid":"` + kid + `"}`), verdict: "invalid", code: "model.unreadable", cause: "jose.header"},
		{id: "J27", name: "exp is a text", data: claimed(func(m map[string]any) { m["exp"] = "1900000000" }), verdict: "invalid", code: "proof.malformed", cause: "jose.time"},
		{id: "J27", name: "exp is negative", data: claimed(func(m map[string]any) { m["exp"] = json.Number("-1") }), verdict: "invalid", code: "proof.malformed", cause: "jose.time"},
		{id: "J27", name: "exp overflows", data: []byte(rawToken(header(""), append([]byte(`{"exp":1e400,`), payload[1:]...), college)), verdict: "invalid", code: "model.unreadable", cause: "json.number-range"},
		{id: "J27", name: "exp is past", data: claimed(func(m map[string]any) { m["exp"] = seconds(today) }), verdict: "invalid", code: "proof.ended", cause: "jose.expired"},
		{id: "J28", name: "nbf is to come", data: claimed(func(m map[string]any) { m["nbf"] = seconds(today.Add(time.Hour)) }), verdict: "invalid", code: "proof.not-yet", cause: "jose.not-yet"},
		{id: "J29", name: "aud is the verifier", data: answer(ask.Domain), ask: ask, verdict: "valid", code: "proof.good"},
		{id: "J29", name: "aud has a stranger, too", data: answer([]any{ask.Domain, "https://evil.example"}), ask: ask, verdict: "invalid", code: "proof.domain"},
		{id: "J29", name: "no aud", data: answer(nil), ask: ask, verdict: "invalid", code: "proof.domain"},
		{id: "J30", name: "encrypted", data: []byte("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"), verdict: "invalid", code: "model.unreadable", cause: "jose.token"},
		{id: "J31", name: "PBES2", data: headed(strings.Replace(header(`,"p2c":1000000000,"p2s":"AAAA"`), "EdDSA", "PBES2-HS256+A128KW", 1)), verdict: "invalid", code: "proof.method", cause: "jose.algorithm"},
		{id: "J31", name: "zip", data: with(`,"zip":"DEF"`), verdict: "invalid", code: "model.unreadable", cause: "jose.encrypted"},
		{id: "J33", name: "payload is not UTF-8", data: []byte(rawToken(header(""), bytes.Replace(payload, []byte("Amina"), []byte("Am\xffna"), 1), college)), verdict: "invalid", code: "model.unreadable", cause: "json.utf8"},
		{id: "J33", name: "payload is a list", data: []byte(rawToken(header(""), []byte("["+string(payload)+"]"), college)), verdict: "invalid", code: "model.unreadable", cause: "json.not-object"},
		{id: "J33", name: "payload with a byte order mark", data: []byte(rawToken(header(""), append([]byte("\xef\xbb\xbf"), payload...), college)), verdict: "invalid", code: "model.unreadable", cause: "json.bom"},
		{id: "J34", name: "private key in jwk", data: []byte(rawToken(`{"alg":"EdDSA","typ":"JWT","jwk":`+key(college, `,"d":"`+jose.EncodeBase64(college.private.Seed())+`"`)+`}`, badgePayload, college)), verdict: "invalid", code: "model.unreadable", cause: "jose.private-key"},
		{id: "J34", name: "public key in jwk", data: []byte(rawToken(`{"alg":"EdDSA","typ":"JWT","jwk":`+key(college, "")+`}`, badgePayload, college)), verdict: "valid", code: "proof.good"},
		{id: "J35", name: "key for encryption", data: web, keys: oddKey, verdict: "invalid", code: "proof.method", cause: "jose.key-use"},
		{id: "J35", name: "key with the operation encrypt", data: web, keys: ops, verdict: "invalid", code: "proof.method", cause: "jose.key-use"},
	}
	for _, typ := range []string{"at+jwt", "vp+jwt", "kb+jwt", "dpop+jwt", "dc+sd-jwt", "openid4vci-proof+jwt", "statuslist+jwt", "secevent+jwt"} {
		cause := "vcjwt.form"
		if typ == "vp+jwt" {
			cause = "vcjwt.document" // of a kind that is read, and of another document
		}
		out = append(out, negative{id: "J24", name: "typ " + typ, data: typed(typ), verdict: "invalid", code: "model.unreadable", cause: cause})
	}
	return out
}

// hidden makes a disclosure and its digest.
func hidden(text string) (disclosure, digest string) {
	d := jose.EncodeBase64([]byte(text))
	h := sha256.Sum256([]byte(d))
	return d, jose.EncodeBase64(h[:])
}

// Group S: SD-JWT VCs.
func disclosureCases(t testing.TB) []negative {
	kid := string(college.KeyID())
	issue := func(change func(map[string]any), disclosures ...string) []byte {
		claims := award(change)
		token := rawToken(`{"alg":"EdDSA","typ":"dc+sd-jwt","kid":"`+kid+`"}`, write(t, claims), college)
		return []byte(token + "~" + strings.Join(append(disclosures, ""), "~"))
	}
	sd := func(digests ...any) func(map[string]any) { return func(m map[string]any) { m["_sd"] = digests } }
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	d1, h1 := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","place","Kisumu"]`)
	d2, h2 := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","given_name","Joy"]`)
	two, hTwo := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","place"]`)
	four, hFour := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","place","Kisumu",1]`)
	named, hNamed := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","_sd",["x"]]`)
	dots, hDots := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","...","x"]`)
	dotted, hDotted := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","address.place","Kisumu"]`)
	alg, hAlg := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","_sd_alg","sha-256"]`)
	spaced := jose.EncodeBase64([]byte(`["c2FsdC1vZi0xNi1ieXRlcw", "place", "Kisumu"]`))
	escaped := jose.EncodeBase64([]byte(`["c2FsdC1vZi0xNi1ieXRlcw","place","\u004bisumu"]`))
	inner, hInner := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","street","Oginga"]`)
	_, hParent := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","address",{"_sd":["` + hInner + `"]}]`)
	nested := []byte(rawToken(`{"alg":"EdDSA","typ":"dc+sd-jwt","kid":"`+kid+`"}`, append([]byte(`{"deep":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`,`), write(t, award(nil))[1:]...), college) + "~")
	decoded := sha256.Sum256([]byte(`["c2FsdC1vZi0xNi1ieXRlcw","place","Kisumu"]`))
	out := []negative{
		{id: "S00", name: "nothing is wrong", data: issue(sd(h1), d1), verdict: "valid", code: "proof.good"},
		{id: "S01", name: "a disclosure that nothing refers to", data: issue(nil, d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.unreferenced"},
		{id: "S02", name: "a disclosure twice", data: issue(sd(h1), d1, d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.disclosed-twice"},
		{id: "S03", name: "a digest twice", data: issue(sd(h1, h1), d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.digest-twice"},
		{id: "S03", name: "a digest at two depths", data: issue(func(m map[string]any) {
			m["_sd"], m["home"] = []any{h1}, map[string]any{"_sd": []any{h1}}
		}, d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.digest-twice"},
		{id: "S04", name: "two elements under _sd", data: issue(sd(hTwo), two), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.disclosure"},
		{id: "S04", name: "four elements under _sd", data: issue(sd(hFour), four), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.disclosure"},
		{id: "S05", name: "three elements in a list", data: issue(set("places", []any{map[string]any{"...": h1}}), d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.disclosure"},
		{id: "S06", name: "a disclosure called _sd", data: issue(sd(hNamed), named), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.reserved-name"},
		{id: "S06", name: "a disclosure called by three dots", data: issue(sd(hDots), dots), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.reserved-name"},
		{id: "S06", name: "a disclosure called _sd_alg", data: issue(sd(hAlg), alg), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.reserved-name"},
		{id: "S07", name: "a claim that is there already", data: issue(sd(h2), d2), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.claim-twice"},
		{id: "S08", name: "three dots with another member", data: issue(set("places", []any{map[string]any{"...": h1, "x": "y"}})), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.digests"},
		{id: "S09", name: "_sd is a text", data: issue(set("_sd", h1)), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.digests"},
		{id: "S09", name: "_sd has a number", data: issue(sd(json.Number("1"))), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.digests"},
		{id: "S11", name: "digest of the decoded text", data: issue(sd(jose.EncodeBase64(decoded[:])), d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.unreferenced"},
		{id: "S12", name: "disclosure with blanks", data: issue(sd(h1), spaced), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.unreferenced"},
		{id: "S12", name: "disclosure with an escape", data: issue(sd(h1), escaped), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.unreferenced"},
		{id: "S15", name: "the parent is withheld", data: issue(sd(hParent), inner), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.unreferenced"},
		{id: "S16", name: "depth 200", data: nested, verdict: "invalid", code: "model.unreadable", cause: "json.too-deep"},
		{id: "S18", name: "no tilde at the end", data: bytes.TrimSuffix(issue(sd(h1), d1), []byte("~")), verdict: "invalid", code: "model.unreadable", cause: "jose.token"},
		{id: "S18", name: "two tildes at the end", data: append(issue(sd(h1), d1), '~'), verdict: "invalid", code: "model.unreadable", cause: "json.truncated"},
		{id: "S27", name: "no vct", data: issue(func(m map[string]any) { delete(m, "vct") }), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.vct"},
		{id: "S27", name: "type that nobody is listed for", data: issue(func(m map[string]any) { m["vct"] = "https://types.example/degree/1" }), trust: trustList(t, func(l *trust.List) { l.Issuers[0].Scopes[0].Types = []string{vct} }), verdict: "undetermined", code: "issuer.type-not-listed"},
		{id: "S31", name: "a dot in the name of a claim", data: issue(sd(hDotted), dotted), verdict: "valid", code: "proof.good"},
		{id: "S32", name: "decoys only", data: issue(sd(h1, h2)), verdict: "valid", code: "proof.good"},
	}
	for _, name := range []string{"md5", "sha-256-32", "sha-1", "SHA256"} {
		out = append(out, negative{id: "S10", name: "hash " + name, data: issue(func(m map[string]any) { m["_sd"], m["_sd_alg"] = []any{h1}, name }, d1), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.hash"})
	}
	out = append(out, negative{id: "S10", name: "_sd_alg inside", data: issue(set("home", map[string]any{"_sd_alg": "sha-256"})), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.reserved-name"})
	for name, value := range map[string]string{"iss": `"` + string(college.Controller()) + `"`, "exp": "1900000000", "nbf": "1700000000", "cnf": "{}", "vct": `"` + vct + `"`, "status": "{}"} {
		d, h := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","` + name + `",` + value + `]`)
		out = append(out, negative{id: "S14", name: name + " in a disclosure", data: issue(func(m map[string]any) { delete(m, name); m["_sd"] = []any{h} }, d), verdict: "invalid", code: "model.unreadable", cause: "sdjwt.always-shown"})
	}
	return append(out, bindingCases(t, issue)...)
}

// bindingCases are proofs of possession that prove nothing (S17 to S24, S30).
func bindingCases(t testing.TB, issue func(func(map[string]any), ...string) []byte) []negative {
	jwk, err := sdjwt.Confirm(tokenSigner(t, amina).PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	d, h := hidden(`["c2FsdC1vZi0xNi1ieXRlcw","place","Kisumu"]`)
	change := func(m map[string]any) { m["cnf"], m["_sd"] = jwk, []any{h} }
	shown, less := issue(change, d), issue(change)
	ask := verify.Options{Challenge: "n-1", Domain: "https://university.example"}
	bind := func(p party, typ string, change func(map[string]any)) []byte {
		sum := sha256.Sum256(shown)
		m := map[string]any{"aud": ask.Domain, "nonce": ask.Challenge, "iat": seconds(today), "sd_hash": jose.EncodeBase64(sum[:])}
		if change != nil {
			change(m)
		}
		return []byte(rawToken(`{"alg":"EdDSA","typ":"`+typ+`"}`, write(t, m), p))
	}
	with := func(name string, v any) []byte {
		return append(bytes.Clone(shown), bind(amina, "kb+jwt", func(m map[string]any) {
			if m[name] = v; v == nil {
				delete(m, name)
			}
		})...)
	}
	two := issue(func(m map[string]any) {
		change(m)
		m["cnf"] = map[string]any{"jwk": jwk["jwk"], "kid": string(stranger.KeyID())}
	}, d)
	sum := sha256.Sum256(two)
	twoKeys := append(bytes.Clone(two), bind(amina, "kb+jwt", func(m map[string]any) { m["sd_hash"] = jose.EncodeBase64(sum[:]) })...)
	long := sha256.Sum256(less)
	out := []negative{
		{id: "S17", name: "holder has proved it", data: append(bytes.Clone(shown), bind(amina, "kb+jwt", nil)...), verdict: "valid", code: "proof.good"},
		{id: "S17", name: "no proof of possession", data: shown, verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.not-bound"},
		{id: "S19", name: "by the issuer", data: append(bytes.Clone(shown), bind(college, "kb+jwt", nil)...), verdict: "invalid", code: "holder.not-bound", cause: "jose.signature"},
		{id: "S19", name: "by somebody else", data: append(bytes.Clone(shown), bind(stranger, "kb+jwt", nil)...), verdict: "invalid", code: "holder.not-bound", cause: "jose.signature"},
		{id: "S20", name: "typ JWT", data: append(bytes.Clone(shown), bind(amina, "JWT", nil)...), verdict: "invalid", code: "holder.not-bound", cause: "jose.type"},
		{id: "S21", name: "nonce of another session", data: with("nonce", "n-2"), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-nonce"},
		{id: "S21", name: "beginning of the nonce", data: with("nonce", "n-"), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-nonce"},
		{id: "S21", name: "nonce in another case", data: with("nonce", "N-1"), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-nonce"},
		{id: "S21", name: "no nonce", data: with("nonce", nil), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-nonce"},
		{id: "S22", name: "for another verifier", data: with("aud", "https://evil.example"), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-aud"},
		{id: "S22", name: "aud without its prefix", data: with("aud", "university.example"), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-aud"},
		{id: "S22", name: "aud is a list", data: with("aud", []any{ask.Domain}), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-aud"},
		{id: "S23", name: "no sd_hash", data: with("sd_hash", nil), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-sd_hash"},
		{id: "S23", name: "sd_hash over other disclosures", data: with("sd_hash", jose.EncodeBase64(long[:])), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-sd_hash"},
		{id: "S24", name: "ten minutes old", data: with("iat", seconds(today.Add(-10*time.Minute))), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-iat"},
		{id: "S24", name: "from the future", data: with("iat", seconds(today.Add(10*time.Minute))), verdict: "invalid", code: "holder.not-bound", cause: "sdjwt.binding-iat"},
		{id: "S30", name: "two keys in cnf", data: twoKeys, verdict: "invalid", code: "model.unreadable", cause: "sdjwt.holder-key"},
	}
	for i := range out {
		out[i].ask = ask
	}
	return out
}

// tokenStatusCases are of group B, with Token Status Lists.
func tokenStatusCases(t testing.TB) []negative {
	vc := func(status any) []byte {
		return []byte(rawToken(`{"alg":"EdDSA","typ":"dc+sd-jwt","kid":"`+string(college.KeyID())+`"}`, write(t, award(func(m map[string]any) { m["status"] = status })), college) + "~")
	}
	data := vc(tokenstatus.Reference{URI: tokenURL, Index: 7}.Tree())
	meta := tokenstatus.Meta{URI: tokenURL, IssuedAt: today.Add(-time.Hour)}
	list := func(m tokenstatus.Meta, p party, change func(*tokenstatus.List)) []byte {
		b, err := tokenList(t, m, p, change)()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	status := func(v tokenstatus.Status) func(*tokenstatus.List) {
		return func(l *tokenstatus.List) {
			if err := l.Set(7, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	elsewhere, ended := meta, meta
	elsewhere.URI += "0"
	ended.Expires = today
	return []negative{
		{id: "B00", name: "token list says nothing against it", data: data, verdict: "valid", code: "proof.good"},
		{id: "B18", name: "token list has it withdrawn", data: data, tokens: list(meta, college, status(tokenstatus.Invalid)), verdict: "invalid", code: "status.revoked"},
		{id: "B19", name: "token list has it suspended", data: data, tokens: list(meta, college, status(tokenstatus.Suspended)), verdict: "invalid", code: "status.suspended"},
		{id: "B04", name: "token list by a stranger", data: data, tokens: list(meta, stranger, nil), verdict: "undetermined", code: "status.list-not-signed", cause: "proof.not-the-signers-key"},
		{id: "B06", name: "token list of another address", data: data, tokens: list(elsewhere, college, nil), verdict: "invalid", code: "status.other-address"},
		{id: "B15", name: "token list has ended", data: data, tokens: list(ended, college, nil), verdict: "undetermined", code: "status.list-ended"},
		{id: "B02", name: "page instead of a token list", data: data, tokens: []byte("<html>"), verdict: "undetermined", code: "status.unreadable", cause: "json.syntax"},
		{id: "B09", name: "token index is negative", data: vc(map[string]any{"status_list": map[string]any{"idx": json.Number("-1"), "uri": tokenURL}}), verdict: "invalid", code: "status.entry", cause: "tokenstatus.reference"},
		{id: "B09", name: "token index is a text", data: vc(map[string]any{"status_list": map[string]any{"idx": "7", "uri": tokenURL}}), verdict: "invalid", code: "status.entry", cause: "tokenstatus.reference"},
		{id: "B09", name: "token index past the end", data: vc(tokenstatus.Reference{URI: tokenURL, Index: 1 << 20}.Tree()), verdict: "invalid", code: "status.range", cause: "tokenstatus.range"},
		{id: "B20", name: "status in an unknown way", data: vc(map[string]any{"oracle": "x"}), verdict: "undetermined", code: "status.unknown-type"},
	}
}
