package verify_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/papercode"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Group B: status entries and lists.
func statusCases(t testing.TB) []negative {
	good := sign(t, badge(t, nil), college, dataintegrity.Options{})
	entry := func(change func(map[string]any)) map[string]any {
		m := statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: listURL}.Tree()
		if change != nil {
			change(m)
		}
		return m
	}
	has := func(status any) []byte {
		return signedTree(t, badge(t, nil), func(m map[string]any) { m["credentialStatus"] = status })
	}
	with := func(name string, v any) []byte { return has(entry(func(m map[string]any) { m[name] = v })) }
	bits := make([]byte, statuslist.MinEntries/8)
	packed := gzipped(t, bits)
	wrongSum := slices.Clone(packed)
	wrongSum[len(wrongSum)-5] ^= 1
	first, last := slices.Clone(bits), slices.Clone(bits)
	first[94567/8], last[94567/8] = 1<<(7-94567%8), 1<<(94567%8)
	text := func(b []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(b) }
	encoded := func(s string) []byte {
		tree := listTree(t)
		tree["credentialSubject"].(map[string]any)["encodedList"] = s
		return sign(t, tree, college, dataintegrity.Options{})
	}
	tree := func(change func(map[string]any)) []byte { return signedTree(t, listTree(t), change) }
	set := func(name string, v any) []byte { return tree(func(m map[string]any) { m[name] = v }) }
	subject := func(name string, v any) []byte {
		return tree(func(m map[string]any) { m["credentialSubject"].(map[string]any)[name] = v })
	}
	meta := func(change func(*world)) []byte { return statusList(t, change) }
	revoked := meta(func(w *world) { w.revoked = []int{94567} })
	suspended := sign(t, badge(t, func(b *openbadges.Badge) { b.Status.Purpose = statuslist.Suspension }), college, dataintegrity.Options{})
	// Open Badges have one entry; credentials of other kinds can have several.
	plain := func(entries ...any) []byte {
		return signedTree(t, map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": string(college.Controller()), "validFrom": "2026-05-20T00:00:00Z",
			"credentialSubject": map[string]any{"id": string(amina.Controller())}, "credentialStatus": entries}, nil)
	}
	two := func(first, second map[string]any) []byte { return plain(first, second) }
	oldMeta := newWorld().meta
	oldMeta.ValidFrom, oldMeta.ValidUntil = today.AddDate(0, 0, -61), time.Time{}
	old, err := statuslist.Credential(oldMeta, statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	const past = listURL + "?timestamp=2026-05-01T00:00:00Z"
	fifth := entry(func(m map[string]any) { m["statusListIndex"] = "5" })
	out := []negative{
		{id: "B00", name: "nothing is wrong", data: good, verdict: "valid", code: "proof.good"},
		{id: "B01", name: "nobody answers", data: good, list: []byte{}, verdict: "undetermined", code: "status.unavailable"},
		{id: "B02", name: "a page", data: good, list: []byte("<html>"), verdict: "undetermined", code: "status.unreadable", cause: "json.syntax"},
		{id: "B02", name: "an error in JSON", data: good, list: []byte(`{"error":"maintenance"}`), verdict: "undetermined", code: "status.unreadable"},
		{id: "B03", name: "list is not signed", data: good, list: write(t, listTree(t)), verdict: "undetermined", code: "status.list-not-signed", cause: "proof.missing"},
		{id: "B04", name: "list of another issuer", data: good, list: meta(func(w *world) { w.meta.Issuer, w.signer = string(stranger.Controller()), stranger }), verdict: "invalid", code: "status.other-issuer"},
		{id: "B04", name: "list signed by another", data: good, list: meta(func(w *world) { w.signer = stranger }), verdict: "undetermined", code: "status.list-not-signed", cause: "proof.not-the-signers-key"},
		{id: "B05", name: "list of the ministry that stands above the issuer", data: good, list: meta(func(w *world) { w.meta.Issuer, w.signer = string(ministry.Controller()), ministry }), verdict: "invalid", code: "status.other-issuer"},
		{id: "B06", name: "list of another address", data: good, list: meta(func(w *world) { w.meta.ID = "https://college.example/other" }), verdict: "invalid", code: "status.other-address"},
		{id: "B07", name: "list for another purpose", data: good, list: meta(func(w *world) { w.meta.Purpose = statuslist.Suspension }), verdict: "invalid", code: "status.purpose"},
		{id: "B08", name: "list of another type", data: good, list: subject("type", "RevocationList2020"), verdict: "undetermined", code: "status.unreadable", cause: "status.credential"},
		{id: "B10", name: "gzip bomb", data: good, list: encoded(text(gzipped(t, make([]byte, 64<<20)))), verdict: "undetermined", code: "status.unreadable", cause: "status.too-large"},
		{id: "B10", name: "gzip of gzip", data: good, list: encoded(text(gzipped(t, packed))), verdict: "undetermined", code: "status.unreadable", cause: "status.length"},
		{id: "B10", name: "a byte behind", data: good, list: encoded(text(append(slices.Clone(packed), 0))), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B10", name: "two members", data: good, list: encoded(text(append(slices.Clone(packed), packed...))), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B10", name: "cut", data: good, list: encoded(text(packed[:len(packed)-1])), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B10", name: "wrong sum", data: good, list: encoded(text(wrongSum)), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B11", name: "not packed", data: good, list: encoded(text(bits)), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B11", name: "no base", data: good, list: encoded(base64.RawURLEncoding.EncodeToString(packed)), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B11", name: "another base", data: good, list: encoded("m" + base64.RawStdEncoding.EncodeToString(packed)), verdict: "undetermined", code: "status.unreadable", cause: "status.encoding"},
		{id: "B12", name: "too short", data: good, list: encoded(text(gzipped(t, bits[1:]))), verdict: "undetermined", code: "status.unreadable", cause: "status.length"},
		{id: "B13", name: "left-most bit first", data: good, list: encoded(text(gzipped(t, first))), verdict: "invalid", code: "status.revoked"},
		{id: "B13", name: "right-most bit first", data: good, list: encoded(text(gzipped(t, last))), verdict: "valid", code: "proof.good"},
		{id: "B14", name: "size 0", data: with("statusSize", json.Number("0")), verdict: "invalid", code: "status.entry"},
		{id: "B14", name: "size 3 without messages", data: with("statusSize", json.Number("3")), verdict: "invalid", code: "status.entry"},
		{id: "B15", name: "list has ended", data: good, list: meta(func(w *world) { w.meta.ValidUntil = today.Add(-time.Second) }), verdict: "undetermined", code: "status.list-ended"},
		{id: "B15", name: "list is not valid yet", data: good, list: set("validFrom", vc.FormatTime(today.Add(time.Hour))), verdict: "undetermined", code: "status.list-not-yet"},
		{id: "B16", name: "list is 61 days old", data: good, list: meta(func(w *world) { w.meta.ValidFrom, w.meta.ValidUntil = today.AddDate(0, 0, -61), time.Time{} }), verdict: "undetermined", code: "status.too-old"},
		{id: "B18", name: "withdrawn", data: good, list: revoked, verdict: "invalid", code: "status.revoked"},
		{id: "B18", name: "the second of two is withdrawn", data: two(fifth, entry(nil)), list: revoked, verdict: "invalid", code: "status.revoked"},
		{id: "B18", name: "the first of two is withdrawn", data: two(entry(nil), fifth), list: revoked, verdict: "invalid", code: "status.revoked"},
		{id: "B18", name: "an unknown purpose before a withdrawal", data: two(entry(func(m map[string]any) { m["statusPurpose"] = "refresh" }), entry(nil)), list: revoked, verdict: "invalid", code: "status.revoked"},
		{id: "B19", name: "suspended", data: suspended, list: meta(func(w *world) { w.meta.Purpose, w.revoked = statuslist.Suspension, []int{94567} }), verdict: "invalid", code: "status.suspended"},
		{id: "B20", name: "unknown type", data: with("type", "OracleStatus"), verdict: "undetermined", code: "status.unknown-type"},
		{id: "B22", name: "six entries", data: plain(slices.Repeat([]any{entry(nil)}, 6)...), verdict: "undetermined", code: "status.too-many"},
		{id: "B24", name: "a copy may be used for ten years, the list is 61 days old", data: good, list: signedTree(t, old, func(m map[string]any) {
			m["credentialSubject"].(map[string]any)["ttl"] = json.Number("315360000000")
		}), verdict: "undetermined", code: "status.too-old"},
		{id: "B27", name: "list on this machine", data: with("statusListCredential", "https://127.0.0.1/list"), verdict: "undetermined", code: "status.unavailable"},
		{id: "B28", name: "list has a status itself", data: good, list: set("credentialStatus", statuslist.Entry{Purpose: statuslist.Revocation, Index: 1, List: listURL}.Tree()), verdict: "undetermined", code: "status.list-with-status"},
	}
	for _, index := range []any{"abc", "1e3", "-1", "01", "+1", " 1", "1.5", "9223372036854775808", "١", "131072", json.Number("94567")} {
		name, code := "index "+string(write(t, index)), "status.entry"
		if index == "131072" {
			code = "status.range"
		}
		if index == "١" {
			name = "index in other digits"
		}
		if index == "01" || index == " 1" || index == "+1" {
			name = map[any]string{"01": "index with a zero before", " 1": "index with a blank before", "+1": "index with a plus before"}[index]
		}
		if _, number := index.(json.Number); number {
			name = "index is a number"
		}
		out = append(out, negative{id: "B09", name: name, data: with("statusListIndex", index), verdict: "invalid", code: code})
	}
	out = append(out, negative{id: "B29", name: "list as it was at another time", data: with("statusListCredential", past), lists: map[string][]byte{past: statusList(t, nil)}, verdict: "invalid", code: "status.other-address"})
	return append(out, tokenStatusCases(t)...)
}

// Group K: keys, identifiers and trust lists.
func keyCases(t testing.TB) []negative {
	// by is a badge in the name of an identifier, signed with a key of its.
	by := func(issuer cairn.DID, name string) []byte {
		doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
		doc["issuer"].(map[string]any)["id"] = string(issuer)
		return forgery{doc: doc, by: under{college, issuer, cairn.KeyID(issuer) + cairn.KeyID("#"+name)}}.bytes(t)
	}
	// has is the document of an identifier with that key.
	has := func(d cairn.DID) []byte {
		return []byte(strings.ReplaceAll(string(keyDocument(t, nil)), string(webDID), string(d)))
	}
	lists := func(d cairn.DID) []byte { return trustList(t, func(l *trust.List) { l.Issuers[0].DID = d }) }
	web01 := func(name, d, verdict, code, cause string) negative {
		return negative{id: "K01", name: "issuer has " + name, data: by(cairn.DID(d), "1"), did: cairn.DID(d), keys: has(cairn.DID(d)), trust: listsAny(t, d), verdict: verify.Verdict(verdict), code: code, cause: cause}
	}
	signed, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }),
		dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	web := write(t, signed)
	keys := string(keyDocument(t, nil))
	good := sign(t, badge(t, nil), college, dataintegrity.Options{})
	as := func(change func(*openbadges.Badge)) []byte {
		return sign(t, badge(t, change), college, dataintegrity.Options{})
	}
	scope := func(change func(*trust.Scope)) []byte {
		return trustList(t, func(l *trust.List) { change(&l.Issuers[0].Scopes[0]) })
	}
	own := string(college.Controller())
	multikey, err := base58.Decode(own[len("did:key:z"):])
	if err != nil {
		t.Fatal(err)
	}
	inBase64 := cairn.DID("u" + base64.RawURLEncoding.EncodeToString(multikey))
	jwk := func(more string) cairn.DID {
		return cairn.DID("did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(`{"crv":"Ed25519",`+more+`"kty":"OKP","x":"`+base64.RawURLEncoding.EncodeToString(college.PublicKey())+`"}`)))
	}
	public, secret := jwk(""), jwk(`"d":"`+base64.RawURLEncoding.EncodeToString(college.private.Seed())+`",`)
	monthAgo, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }),
		dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.AddDate(0, -1, 0)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	unsigned := parse(t, trustList(t, nil))
	delete(unsigned, "proof")
	record := unsigned["credentialSubject"].(map[string]any)["record"].(map[string]any)
	issuers := record["issuers"].([]any)
	another := copyOf(t, issuers[0].(map[string]any))
	another["name"] = map[string]any{"en": "Other College"}
	record["issuers"] = append(issuers, another)
	twiceNamed := sign(t, unsigned, ministry, dataintegrity.Options{Cryptosuite: "eddsa-jcs-2022", Created: today.AddDate(0, 0, -1)})
	out := []negative{
		{id: "K04", name: "document of another identifier", data: web, keys: []byte(strings.Replace(keys, `"id":"did:web:college.example"`, `"id":"did:web:evil.example"`, 1)), trust: lists(webDID), verdict: "invalid", code: "proof.key-unusable", cause: "did.document-id"},
		{id: "K05", name: "page instead of a document", data: web, keys: []byte("<html>"), trust: lists(webDID), verdict: "undetermined", code: "proof.key-unavailable", cause: "json.syntax"},
		{id: "K05", name: "no document", data: web, trust: lists(webDID), verdict: "undetermined", code: "proof.key-unavailable", cause: "did.method"},
		{id: "K07", name: "key is cut", data: by(cairn.DID(own[:len(own)-2]), own[8:len(own)-2]), trust: listsAny(t, own[:len(own)-2]), verdict: "invalid", code: "proof.key-unusable", cause: "did.key-type"},
		{id: "K07", name: "key of an unknown kind", data: by("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"), verdict: "invalid", code: "proof.key-unusable", cause: "did.key-type"},
		{id: "K07", name: "key in another base", data: by("did:key:"+inBase64, string(inBase64)), trust: listsAny(t, "did:key:"+string(inBase64)), verdict: "invalid", code: "proof.key-unusable", cause: "did.key"},
		{id: "K08", name: "did:jwk with the private key", data: by(secret, "0"), trust: listsAny(t, string(secret)), verdict: "invalid", code: "proof.key-unusable", cause: "did.private-key"},
		{id: "K08", name: "did:jwk without it", data: by(public, "0"), trust: listsAny(t, string(public)), verdict: "valid", code: "proof.good"},
		{id: "K09", name: "unknown method", data: by("did:example:college", "1"), trust: lists("did:example:college"), verdict: "undetermined", code: "proof.key-unavailable", cause: "did.method"},
		{id: "K10", name: "calls itself a ministry and is listed nowhere", data: good, trust: trustList(t, func(l *trust.List) { l.Issuers[0].DID = stranger.Controller() }), verdict: "undetermined", code: "issuer.not-listed"},
		{id: "K11", name: "name of a listed institution with a letter of another alphabet", data: sign(t, badge(t, func(b *openbadges.Badge) {
			b.Issuer.DID, b.Issuer.Name, b.Status = stranger.Controller(), "L\u0430keside College", nil
		}), stranger, dataintegrity.Options{}), verdict: "undetermined", code: "issuer.not-listed"},
		{id: "K12", name: "logo of another institution", data: signedTree(t, badge(t, nil), func(m map[string]any) {
			m["issuer"].(map[string]any)["image"] = map[string]any{"id": "https://ministry.example/arms.png", "type": "Image"}
		}), verdict: "valid", code: "proof.good"},
		{id: "K13", name: "trust list has ended", data: good, trust: trustList(t, func(l *trust.List) { l.ValidUntil = today }), verdict: "undetermined", code: "issuer.list-ended"},
		{id: "K14", name: "another field", data: as(func(b *openbadges.Badge) { b.Achievement.FieldOfStudy = "LAW" }), trust: scope(func(s *trust.Scope) { s.Fields = []string{"AGRI"} }), verdict: "invalid", code: "issuer.outside-scope"},
		{id: "K14", name: "another type", data: as(func(b *openbadges.Badge) { b.Achievement.Type = "Diploma" }), trust: scope(func(s *trust.Scope) { s.Types = []string{"MicroCredential"} }), verdict: "invalid", code: "issuer.outside-scope"},
		{id: "K14", name: "a higher level", data: good, trust: scope(func(s *trust.Scope) {
			s.Levels = []trust.Range{{Framework: "EQF", Min: cairn.WholeCredits(3), Max: cairn.WholeCredits(4)}}
		}), verdict: "invalid", code: "issuer.outside-scope"},
		{id: "K15", name: "recognised later", data: good, trust: scope(func(s *trust.Scope) { s.From = day("2026-06-01") }), verdict: "invalid", code: "issuer.not-at-that-time"},
		{id: "K15", name: "not recognised any more", data: good, trust: scope(func(s *trust.Scope) { s.Until = day("2026-01-01") }), verdict: "invalid", code: "issuer.not-at-that-time"},
		{id: "K16", name: "trust list is not signed", data: good, trust: edited(t, trustList(t, nil), func(m map[string]any) { delete(m, "proof") }), verdict: "undetermined", code: "issuer.lists-unavailable", cause: "proof.missing"},
		{id: "K16", name: "trust list was changed", data: good, trust: edited(t, trustList(t, nil), func(m map[string]any) { m["validUntil"] = "2027-12-20T12:00:00Z" }), verdict: "undetermined", code: "issuer.lists-unavailable", cause: "proof.signature"},
		{id: "K18", name: "stolen since yesterday, signed a month ago", data: write(t, monthAgo), keys: keyDocument(t, func(m *did.Method, _ *did.Document) { m.Revoked = today.AddDate(0, 0, -1) }), trust: lists(webDID), verdict: "undetermined", code: "proof.key-revoked"},
		{id: "K22", name: "a list names an identifier twice", data: good, trust: twiceNamed, verdict: "undetermined", code: "issuer.lists-unavailable", cause: "trust.list"},
		{id: "K21", name: "the address has another key now", data: web, keys: func() []byte {
			b, err := did.MarshalDocument(document(stranger, nil))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}(), trust: lists(webDID), verdict: "invalid", code: "proof.signature"},
	}
	out = append(out,
		web01("nothing wrong in it", "did:web:university.example:science", "valid", "proof.good", ""),
		web01("no host", "did:web:", "undetermined", "proof.signer-kind", "did.syntax"),
		web01("an address in brackets", "did:web:[::1]", "undetermined", "proof.signer-kind", "did.syntax"),
		web01("address of a machine", "did:web:127.0.0.1", "invalid", "proof.key-unusable", "did.web-host"),
		web01("user before the host", "did:web:a%40college.example", "invalid", "proof.key-unusable", "did.web-host"),
		web01("slash in the host", "did:web:college.example%2F..", "invalid", "proof.key-unusable", "did.web-host"),
		web01("dots in the path", "did:web:college.example:..:x", "invalid", "proof.key-unusable", "did.web-path"),
		web01("dot at the end", "did:web:college.example.", "invalid", "proof.key-unusable", "did.web-host"),
		web01("capitals", "did:web:COLLEGE.example", "invalid", "proof.key-unusable", "did.web-host"))
	return out
}

// listsAny is the trust list with any text for the identifier of the college.
func listsAny(t testing.TB, id string) []byte {
	t.Helper()
	m := parse(t, trustList(t, nil))
	delete(m, "proof")
	m["credentialSubject"].(map[string]any)["record"].(map[string]any)["issuers"].([]any)[0].(map[string]any)["did"] = id
	return sign(t, m, ministry, dataintegrity.Options{Cryptosuite: "eddsa-jcs-2022", Created: today.AddDate(0, 0, -1)})
}

// Group Q: paper codes.
func paperCases(t testing.TB) []negative {
	good := paper(t, card(nil), college)
	at := func(i int, b byte) []byte { x := []byte(good); x[i] = b; return x }
	with := func(change func(*papercode.Card)) []byte { return []byte(paper(t, card(change), college)) }
	return []negative{
		{id: "Q00", name: "nothing is wrong", data: []byte(good), verdict: "valid", code: "proof.good"},
		{id: "Q02", name: "triple that is too large", data: []byte(good[:5] + ":::" + good[8:]), verdict: "invalid", code: "model.unreadable", cause: "base45.form"},
		{id: "Q02", name: "one letter too many", data: []byte(good + "0"), verdict: "invalid", code: "model.unreadable", cause: "base45.form"},
		{id: "Q02", name: "in small letters", data: []byte(strings.ToLower(good)), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "Q02", name: "a letter of another alphabet", data: at(40, '"'), verdict: "invalid", code: "model.unreadable", cause: "base45.form"},
		{id: "Q02", name: "cut in the middle", data: []byte(good[:len(good)/2]), verdict: "invalid", code: "model.unreadable", cause: "papercode.cbor"},
		{id: "Q07", name: "ended", data: with(func(c *papercode.Card) { c.ValidUntil = today }), verdict: "invalid", code: "period.ended"},
		{id: "Q09", name: "a link", data: []byte("https://college-example.evil.example/badge"), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "Q10", name: "a script", data: []byte("javascript:alert(1)"), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "Q10", name: "a page as data", data: []byte("data:text/html,<script>alert(1)</script>"), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "Q10", name: "an intent", data: []byte("intent://x#Intent;scheme=http;end"), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "Q13", name: "a letter changed", data: at(len(good)-40, 'Q'), verdict: "invalid", code: "proof.signature", cause: "papercode.signature"},
		{id: "Q16", name: "list is 61 days old", data: []byte(good), list: statusList(t, func(w *world) { w.meta.ValidFrom, w.meta.ValidUntil = today.AddDate(0, 0, -61), time.Time{} }), verdict: "undetermined", code: "status.too-old"},
		{id: "Q16", name: "list can't be had", data: []byte(good), list: []byte{}, verdict: "undetermined", code: "status.unavailable"},
		{id: "Q18", name: "a later version", data: []byte("CRN2:" + good[5:]), verdict: "undetermined", code: "model.newer-version", cause: "papercode.version"},
		{id: "Q18", name: "no version", data: []byte("CRNX:" + good[5:]), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
	}
}
