package verify_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// curveParty is an institution with a key of any kind.
type curveParty struct {
	*jose.PrivateKey
	did cairn.DID
	id  cairn.KeyID
}

func newCurveParty(t testing.TB, alg jose.Algorithm) curveParty {
	t.Helper()
	k, err := jose.GenerateKey(alg, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d, id, err := did.KeyFromPublic(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return curveParty{k, d, id}
}

func (p curveParty) options(suite string) dataintegrity.Options {
	return dataintegrity.Options{Cryptosuite: suite, Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}
}

// world is one where p is recognised, and signs the status list with a suite.
func (p curveParty) world(t testing.TB, suite string, revoked ...int) *world {
	t.Helper()
	w := newWorld()
	w.list.Issuers[0].DID = p.did
	w.meta.Issuer = string(p.did)
	w.broken = func() ([]byte, error) {
		l := statuslist.New(0)
		for _, i := range revoked {
			if err := l.Set(i, true); err != nil {
				return nil, err
			}
		}
		tree, err := statuslist.Credential(w.meta, l)
		if err != nil {
			return nil, err
		}
		signed, err := dataintegrity.SignWith(context.Background(), tree, p.options(suite), p.id, p)
		return write(t, signed), err
	}
	return w
}

func (p curveParty) badge(t testing.TB, change func(*openbadges.Badge)) map[string]any {
	return badge(t, func(b *openbadges.Badge) {
		b.Issuer.DID = p.did
		if change != nil {
			change(b)
		}
	})
}

func notes(r verify.Report) []string {
	var out []string
	for _, n := range r.Notes {
		out = append(out, n.Code)
	}
	return out
}

// A credential and its status list, signed with each suite, are judged alike.
func TestEverySuiteIsJudgedAlike(t *testing.T) {
	for _, c := range []struct {
		suite string
		alg   jose.Algorithm
	}{
		{dataintegrity.EdDSARDFC2022, jose.EdDSA}, {dataintegrity.EdDSAJCS2022, jose.EdDSA},
		{dataintegrity.ECDSARDFC2019, jose.ES256}, {dataintegrity.ECDSARDFC2019, jose.ES384},
		{dataintegrity.ECDSAJCS2019, jose.ES256}, {dataintegrity.ECDSAJCS2019, jose.ES384},
	} {
		t.Run(c.suite+" "+string(c.alg), func(t *testing.T) {
			p, other := newCurveParty(t, c.alg), newCurveParty(t, c.alg)
			signed, err := dataintegrity.SignWith(t.Context(), p.badge(t, nil), p.options(c.suite), p.id, p)
			if err != nil {
				t.Fatal(err)
			}
			r := p.world(t, c.suite).engine().Verify(t.Context(), write(t, signed), verify.Options{})
			want(t, r, verify.Valid, verify.AxisProof, "proof.good")
			if len(r.Notes) > 0 {
				t.Errorf("%v", r.Notes)
			}
			want(t, p.world(t, c.suite, 94567).engine().Verify(t.Context(), write(t, signed), verify.Options{}), verify.Invalid, verify.AxisStatus, "status.revoked")
			// Binding: somebody else's key, in the name of the issuer.
			forged, err := dataintegrity.SignWith(t.Context(), p.badge(t, nil), other.options(c.suite), other.id, other)
			if err != nil {
				t.Fatal(err)
			}
			want(t, p.world(t, c.suite).engine().Verify(t.Context(), write(t, forged), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.not-the-signers-key")
			changed := copyOf(t, signed)
			changed["credentialSubject"].(map[string]any)["creditsEarned"] = json.Number("60")
			want(t, p.world(t, c.suite).engine().Verify(t.Context(), write(t, changed), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")
		})
	}
}

// What was added to a document after the signature is not covered by it.
func TestContextsAddedAfterwards(t *testing.T) {
	p := newCurveParty(t, jose.ES256)
	signed, err := dataintegrity.SignWith(t.Context(), p.badge(t, nil), p.options(dataintegrity.ECDSAJCS2019), p.id, p)
	if err != nil {
		t.Fatal(err)
	}
	contexts := signed["@context"].([]any)
	for name, c := range map[string]struct {
		contexts []any
		code     string
	}{
		"added":   {append(slices.Clone(contexts), "https://w3id.org/citizenship/v4rc1"), "proof.does-not-cover"},
		"removed": {contexts[:1], "proof.context"},
	} {
		changed := copyOf(t, signed)
		changed["@context"] = c.contexts
		r := p.world(t, dataintegrity.ECDSAJCS2019).engine().Verify(t.Context(), write(t, changed), verify.Options{})
		if f := r.Finding(verify.AxisProof); r.Verdict != verify.Invalid || f.Code != c.code {
			t.Errorf("%s: %s, %+v", name, r.Verdict, f)
		}
	}
}

// A ministry vouches for a college's proof. Its proof must hold as well, and the
// college's must be there.
func TestVouchedFor(t *testing.T) {
	signed := parse(t, sign(t, badge(t, nil), college, dataintegrity.Options{ID: "urn:x:college"}))
	vouch := func(by party, o dataintegrity.Options) map[string]any {
		t.Helper()
		key, err := jose.FromSigner(by)
		if err != nil {
			t.Fatal(err)
		}
		o.Purpose, o.Created = did.AssertionMethod, today.Add(-time.Hour)
		out, err := dataintegrity.Add(t.Context(), signed, o, by.KeyID(), key)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	proofs := func(doc map[string]any) []any { return doc["proof"].([]any) }
	both := vouch(ministry, dataintegrity.Options{Previous: []string{"urn:x:college"}})
	e := newWorld().engine()
	r := e.Verify(t.Context(), write(t, both), verify.Options{})
	want(t, r, verify.Valid, verify.AxisProof, "proof.good")
	if !slices.Equal(notes(r), []string{"note.vouched-for"}) || r.Notes[0].Args["by"] != string(ministry.Controller()) {
		t.Errorf("%v", r.Notes)
	}
	for name, c := range map[string]struct {
		doc  map[string]any
		code string
	}{
		"beside it, saying nothing of it": {vouch(ministry, dataintegrity.Options{}), "proof.not-the-signers-key"},
		"ended":                           {vouch(ministry, dataintegrity.Options{Previous: []string{"urn:x:college"}, Expires: today.Add(-time.Minute)}), "proof.ended"},
		"without the college": {func() map[string]any {
			d := copyOf(t, both)
			d["proof"] = proofs(d)[1:]
			return d
		}(), "proof.chain"},
		"the ministry alone, by the same key twice": {func() map[string]any {
			d := parse(t, sign(t, badge(t, nil), ministry, dataintegrity.Options{ID: "urn:x:1"}))
			key, err := jose.FromSigner(ministry)
			if err != nil {
				t.Fatal(err)
			}
			d, err = dataintegrity.Add(t.Context(), d, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour), Previous: []string{"urn:x:1"}}, ministry.KeyID(), key)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}(), "proof.not-the-signers-key"},
		"the ministry's is changed": {func() map[string]any {
			d := copyOf(t, both)
			proofs(d)[1].(map[string]any)["created"] = "2026-11-20T10:59:59Z"
			return d
		}(), "proof.signature"},
		"the college's is changed": {func() map[string]any {
			d := copyOf(t, both)
			proofs(d)[0].(map[string]any)["created"] = "2026-11-20T10:59:59Z"
			return d
		}(), "proof.signature"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, e.Verify(t.Context(), write(t, c.doc), verify.Options{}), verify.Invalid, verify.AxisProof, c.code)
		})
	}
}

// Of a credential of which a part is shown, nothing follows from what is missing.
func TestPartsAreSilent(t *testing.T) {
	p := newCurveParty(t, jose.ES256)
	show := func(doc map[string]any, mandatory, selective []string) []byte {
		t.Helper()
		signed, err := dataintegrity.SignSD(t.Context(), rand.Reader, doc, p.options(""), mandatory, p.id, p)
		if err != nil {
			t.Fatal(err)
		}
		proofs, err := dataintegrity.Proofs(signed)
		if err != nil {
			t.Fatal(err)
		}
		// The base proof itself is nothing for a verifier.
		want(t, p.world(t, dataintegrity.ECDSARDFC2019).engine().Verify(t.Context(), write(t, signed), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.value")
		part, err := dataintegrity.DeriveSD(signed, proofs[0], did.Method{ID: p.id, Key: p.PublicKey()}, selective)
		if err != nil {
			t.Fatal(err)
		}
		return write(t, part)
	}
	ended := func(b *openbadges.Badge) { b.ValidUntil = today.AddDate(1, 0, 0) }
	all := []string{"/id", "/issuer", "/name", "/awardedDate", "/validFrom", "/validUntil", "/credentialStatus", "/credentialSubject"}
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(names, s) })
	}
	for _, c := range []struct {
		name    string
		doc     map[string]any
		shown   []string
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{"everything", p.badge(t, ended), all, verify.Valid, verify.AxisStatus, "status.good"},
		{"status hidden", p.badge(t, ended), without("/credentialStatus"), verify.Undetermined, verify.AxisStatus, "status.not-shown"},
		{"end hidden", p.badge(t, ended), without("/validUntil"), verify.Undetermined, verify.AxisPeriod, "period.not-shown"},
		{"day of award hidden", p.badge(t, ended), without("/awardedDate"), verify.Undetermined, verify.AxisIssuer, "issuer.not-shown"},
		{"achievement hidden", p.badge(t, ended), append(without("/credentialSubject"), "/credentialSubject/id"), verify.Undetermined, verify.AxisIssuer, "issuer.not-shown"},
		{"start hidden", p.badge(t, ended), without("/validFrom"), verify.Undetermined, verify.AxisModel, "model.part"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := p.world(t, dataintegrity.ECDSARDFC2019).engine().Verify(t.Context(), show(c.doc, []string{"/issuer"}, c.shown), verify.Options{})
			want(t, r, c.verdict, c.axis, c.code)
			if !slices.Contains(notes(r), "note.part-shown") {
				t.Errorf("%v", r.Notes)
			}
		})
	}
	want(t, p.world(t, dataintegrity.ECDSARDFC2019, 94567).engine().Verify(t.Context(), show(p.badge(t, ended), []string{"/issuer"}, all), verify.Options{}),
		verify.Invalid, verify.AxisStatus, "status.revoked")

	// A list of withdrawals and a presentation are shown whole.
	w := p.world(t, dataintegrity.ECDSARDFC2019)
	w.broken = func() ([]byte, error) {
		tree, err := statuslist.Credential(w.meta, statuslist.New(0))
		if err != nil {
			return nil, err
		}
		return show(tree, []string{"/issuer"}, []string{"/id", "/validFrom", "/credentialSubject"}), nil
	}
	signed, err := dataintegrity.SignWith(t.Context(), p.badge(t, nil), p.options(dataintegrity.ECDSARDFC2019), p.id, p)
	if err != nil {
		t.Fatal(err)
	}
	want(t, w.engine().Verify(t.Context(), write(t, signed), verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.list-not-signed")

	holder := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(p.did), "verifiableCredential": []any{signed}}
	o := p.options("")
	o.Purpose, o.Challenge = did.Authentication, "c"
	shown, err := dataintegrity.SignSD(t.Context(), rand.Reader, holder, o, []string{"/holder"}, p.id, p)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(shown)
	if err != nil {
		t.Fatal(err)
	}
	part, err := dataintegrity.DeriveSD(shown, proofs[0], did.Method{ID: p.id, Key: p.PublicKey()}, []string{"/verifiableCredential"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, p.world(t, dataintegrity.ECDSARDFC2019).engine().Verify(t.Context(), write(t, part), verify.Options{Challenge: "c"}), verify.Invalid, verify.AxisProof, "proof.part-not-allowed")
}

// legacySigned makes what the package dataintegrity only reads.
func legacySigned(t testing.TB, doc map[string]any, p party) map[string]any {
	t.Helper()
	proof := map[string]any{"type": dataintegrity.Ed25519Signature2020, "created": vc.FormatTime(today.Add(-time.Hour)), "verificationMethod": string(p.KeyID()), "proofPurpose": "assertionMethod"}
	config := maps.Clone(proof)
	config["@context"] = doc["@context"]
	var message []byte
	for _, part := range []map[string]any{config, doc} {
		form, err := rdfc.Canonical(part)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(form)
		message = append(message, sum[:]...)
	}
	proof["proofValue"] = "z" + base58.Encode(ed25519.Sign(p.private, message))
	out := maps.Clone(doc)
	out["proof"] = proof
	return out
}

// outdated turns a document into one of version 1.1 of the data model.
func outdated(doc map[string]any) map[string]any {
	out := maps.Clone(doc)
	contexts := slices.Clone(doc["@context"].([]any))
	contexts[0] = vc.ContextV1
	out["@context"] = append(contexts, "https://w3id.org/security/suites/ed25519-2020/v1", "https://w3id.org/vc/status-list/2021/v1")
	for name, old := range map[string]string{"validFrom": "issuanceDate", "validUntil": "expirationDate"} {
		if v, ok := out[name]; ok {
			delete(out, name)
			out[old] = v
		}
	}
	return out
}

func TestLegacyIsReadAndNamed(t *testing.T) {
	entry := map[string]any{"id": listURL + "#94567", "type": statuslist.LegacyEntryType, "statusPurpose": "revocation", "statusListIndex": "94567", "statusListCredential": listURL}
	old := func(change func(map[string]any)) []byte {
		doc := outdated(badge(t, func(b *openbadges.Badge) { b.ValidUntil = today.AddDate(1, 0, 0) }))
		doc["credentialStatus"] = entry
		if change != nil {
			change(doc)
		}
		return write(t, legacySigned(t, doc, college))
	}
	list := func(revoked ...int) *world {
		w := newWorld()
		w.broken = func() ([]byte, error) {
			l := statuslist.New(0)
			for _, i := range revoked {
				if err := l.Set(i, true); err != nil {
					return nil, err
				}
			}
			tree, err := statuslist.Credential(w.meta, l)
			if err != nil {
				return nil, err
			}
			tree = outdated(tree)
			tree["type"] = []any{"VerifiableCredential", statuslist.LegacyCredentialType}
			subject := maps.Clone(tree["credentialSubject"].(map[string]any))
			subject["type"], subject["encodedList"] = "StatusList2021", strings.TrimPrefix(subject["encodedList"].(string), "u")
			tree["credentialSubject"] = subject
			return write(t, legacySigned(t, tree, college)), nil
		}
		return w
	}
	r := list().engine().Verify(t.Context(), old(nil), verify.Options{})
	want(t, r, verify.Valid, verify.AxisStatus, "status.good")
	if !slices.Equal(notes(r), []string{"note.legacy-proof", "note.legacy-model", "note.legacy-status"}) {
		t.Errorf("%v", r.Notes)
	}
	if r.Shown == nil || r.Shown.Learner != "Amina" || !r.Shown.ValidUntil.Equal(today.AddDate(1, 0, 0)) {
		t.Errorf("%+v", r.Shown)
	}
	want(t, list(94567).engine().Verify(t.Context(), old(nil), verify.Options{}), verify.Invalid, verify.AxisStatus, "status.revoked")
	want(t, newWorld().engine().Verify(t.Context(), old(nil), verify.Options{}), verify.Valid, verify.AxisStatus, "status.good") // the list has moved on
	want(t, list().engine().Verify(t.Context(), old(func(m map[string]any) { m["expirationDate"] = "2026-11-19T00:00:00Z" }), verify.Options{}), verify.Invalid, verify.AxisPeriod, "period.ended")
	want(t, list().engine().Verify(t.Context(), old(func(m map[string]any) { m["issuanceDate"] = "2027-11-19T00:00:00Z" }), verify.Options{}), verify.Invalid, verify.AxisPeriod, "period.not-yet")
	// D25: members and contexts of both versions.
	want(t, list().engine().Verify(t.Context(), old(func(m map[string]any) { m["validUntil"] = "2036-11-19T00:00:00Z" }), verify.Options{}), verify.Invalid, verify.AxisModel, "model.bad")
	// An entry of today does not take a list of 2021.
	want(t, list().engine().Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.unreadable")

	changed := parse(t, old(nil))
	changed["expirationDate"] = "2036-11-20T12:00:00Z"
	want(t, list().engine().Verify(t.Context(), write(t, changed), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")
	forged := outdated(badge(t, nil))
	forged["credentialStatus"] = entry
	want(t, list().engine().Verify(t.Context(), write(t, legacySigned(t, forged, stranger)), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.not-the-signers-key")
}
