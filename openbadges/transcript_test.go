package openbadges_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
)

const learner = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

// transcript carries three signed badges: two from elsewhere, one of the same
// achievement twice, and a certificate of the university itself.
func transcript(t testing.TB) openbadges.Transcript {
	t.Helper()
	var signed []map[string]any
	var lines []openbadges.TranscriptLine
	for i := range 3 {
		b := award(t)
		b.ID = cairn.CredentialID(fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i))
		k := newKey(byte(i/2 + 1))
		b.Issuer.DID = k.Controller()
		b.Status.Index = i
		if i == 2 {
			b.Achievement.ID = "https://ngo.example/achievements/water"
		}
		doc, err := b.Document()
		if err != nil {
			t.Fatal(err)
		}
		signed = append(signed, sign(t, doc, k))
		lines = append(lines, openbadges.TranscriptLine{CredentialID: b.ID, Title: "Udongo", RequirementID: "core-1", RequirementTitle: "Soil science",
			Clause: "3.2: one course of soil science", Credits: credits("10/3"), SourceDID: b.Issuer.DID, SourceName: "College (as listed)", Route: openbadges.RouteTransfer})
	}
	diploma := cairn.Achievement{ID: "https://university.example/achievements/diploma", Type: "Diploma", Language: "en", Name: cairn.Text{"en": "Diploma"},
		Description: cairn.Text{"en": "Diploma in agriculture"}, Criteria: cairn.Text{"en": "60 credits"}}
	return openbadges.Transcript{
		ID: "urn:uuid:7777", Issuer: openbadges.Issuer{DID: "did:web:university.example", Name: "University"},
		Subject: openbadges.Subject{DID: learner, Identities: []openbadges.Identity{{Type: "name", Value: "Amina wa Juma"}}},
		Name:    "Transcript of records", Description: "All of it", Language: "en", AwardedOn: at("2026-06-01T00:00:00Z"), Partial: true,
		Credentials: signed, Achievements: []cairn.Achievement{diploma}, Lines: lines,
		Associations: []openbadges.Association{
			{Type: openbadges.IsPartOf, Source: "https://college.example/achievements/soil-1", Target: diploma.ID},
			{Type: openbadges.IsParentOf, Source: diploma.ID, Target: "https://ngo.example/achievements/water"},
		},
		Programme: openbadges.ProgrammeRef{ID: "dip-agri", Edition: "2026", Digest: "sha256:" + strings.Repeat("ab", 32), Title: "Diploma in agriculture",
			CreditUnit: "KCATS", CreditsRequired: credits("60"), CreditsCounted: credits("185/3")},
		Decision: "urn:uuid:8888",
		Status:   &statuslist.Entry{Purpose: "revocation", Index: 5, List: "https://university.example/status/1"},
	}
}

func TestTranscriptDocument(t *testing.T) {
	tr := transcript(t)
	doc, err := tr.Document()
	if err != nil {
		t.Fatal(err)
	}
	tree := conforms(t, doc)
	if got := tree["@context"]; !reflect.DeepEqual(got, []any{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
		"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", "https://cairn.example/ns/v1"}) {
		t.Errorf("contexts %v", got)
	}
	subject := tree["credentialSubject"].(map[string]any)
	for _, member := range []string{"identifier", "partial"} {
		if _, ok := subject[member]; ok || jsonHas(tree, "partial") {
			t.Errorf("%s is used, and its meaning depends on the version of the context", member)
		}
	}
	k := newKey(9)
	signed := sign(t, doc, k)
	f, err := openbadges.ReadTranscript(signed)
	if err != nil {
		t.Fatal(err)
	}
	want := openbadges.TranscriptFacts{
		CredentialID: "urn:uuid:7777", Name: tr.Name, Description: tr.Description, Issuer: "did:web:university.example", IssuerName: "University",
		Language: "en", SubjectID: learner, Identities: tr.Subject.Identities, AwardedOn: cairn.PartialDate{Year: 2026, Month: 6, Day: 1},
		ValidFrom: tr.AwardedOn, Partial: true, Credentials: tr.Credentials, Associations: tr.Associations, Lines: tr.Lines,
		Programme: tr.Programme, Decision: tr.Decision, Achievements: f.Achievements,
	}
	equalFacts(t, f, want)
	if len(f.Achievements) != 1 {
		t.Fatalf("%d achievements", len(f.Achievements))
	}
	equalFacts(t, f.Achievements[0].Achievement(), tr.Achievements[0])

	// The credentials inside still verify on their own, after a trip through the
	// signed transcript.
	for i, c := range f.Credentials {
		inner := newKey(byte(i/2 + 1))
		proofs, err := dataintegrity.Proofs(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := dataintegrity.Verify(c, proofs[0], did.Method{ID: inner.KeyID(), Controller: inner.Controller(), PublicKey: inner.PublicKey()}); err != nil {
			t.Errorf("credential %d: %v", i, err)
		}
		if _, err := openbadges.Read(c); err != nil {
			t.Errorf("credential %d: %v", i, err)
		}
	}

	// Every fact of the recognition is under the proof.
	proofs, err := dataintegrity.Proofs(signed)
	if err != nil {
		t.Fatal(err)
	}
	method := did.Method{ID: k.KeyID(), Controller: k.Controller(), PublicKey: k.PublicKey()}
	if err := dataintegrity.Verify(signed, proofs[0], method); err != nil {
		t.Fatal(err)
	}
	recognition := signed["credentialSubject"].(map[string]any)["recognition"].(map[string]any)
	line := recognition["line"].([]any)[1].(map[string]any)
	for member, value := range line {
		if s, ok := value.(string); ok {
			line[member] = s + "1"
			if dataintegrity.Verify(signed, proofs[0], method) == nil {
				t.Errorf("%s of a line can be changed", member)
			}
			line[member] = s
		}
	}
	for member, value := range recognition {
		if s, ok := value.(string); ok {
			recognition[member] = s + "1"
			if dataintegrity.Verify(signed, proofs[0], method) == nil {
				t.Errorf("%s can be changed", member)
			}
			recognition[member] = s
		}
	}
	// The order of a list is not under the proof; the facts come out the same.
	slices.Reverse(recognition["line"].([]any))
	if err := dataintegrity.Verify(signed, proofs[0], method); err != nil {
		t.Fatal(err)
	}
	again, err := openbadges.ReadTranscript(signed)
	if err != nil {
		t.Fatal(err)
	}
	equalFacts(t, again.Lines, tr.Lines)
}

// A long record, and a learner who takes the same course again and again: the
// graph then has many equal unnamed objects, which must not make the canonical
// form expensive or refused.
func TestLongTranscripts(t *testing.T) {
	for _, c := range []struct {
		n    int
		same bool
	}{{100, false}, {30, true}} {
		tr := transcript(t)
		tr.Associations, tr.Lines, tr.Credentials = nil, nil, nil
		for i := range c.n {
			b := award(t)
			b.ID = cairn.CredentialID(fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i))
			b.Issuer.DID, b.Status.Index = newKey(1).Controller(), i
			if !c.same {
				b.Achievement.ID += cairn.AchievementID(fmt.Sprint(i))
				b.Subject.Identities = b.Subject.Identities[:1] // a real salt differs in every badge
			}
			doc, err := b.Document()
			if err != nil {
				t.Fatal(err)
			}
			doc["proof"] = map[string]any{"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod",
				"verificationMethod": string(newKey(1).KeyID()), "proofValue": fmt.Sprintf("z%d", i+2)}
			tr.Credentials = append(tr.Credentials, doc)
			tr.Lines = append(tr.Lines, openbadges.TranscriptLine{CredentialID: b.ID, RequirementID: "elective", Credits: credits("1/3"),
				SourceDID: b.Issuer.DID, Route: openbadges.RouteRPL})
		}
		doc, err := tr.Document()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := rdfc.Canonical(reread(t, doc)); err != nil {
			t.Errorf("%d badges, same %t: %v", c.n, c.same, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d badges, same %t: the canonical form took %s", c.n, c.same, took)
		}
	}
}

func TestTranscriptWithoutDID(t *testing.T) {
	tr := transcript(t)
	tr.Subject.DID, tr.Partial = "", false
	doc, err := tr.Document()
	if err != nil {
		t.Fatal(err)
	}
	f, err := openbadges.ReadTranscript(conforms(t, doc))
	if err != nil || f.SubjectID != "" || !slices.Equal(f.Identities, tr.Subject.Identities) || f.Partial {
		t.Errorf("%+v, %v", f.Identities, err)
	}
}

func TestTranscriptRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		change func(*openbadges.Transcript)
	}{
		"no id":                 {"id", func(tr *openbadges.Transcript) { tr.ID = "" }},
		"no name":               {"name", func(tr *openbadges.Transcript) { tr.Name = "" }},
		"no date":               {"awardedOn", func(tr *openbadges.Transcript) { tr.AwardedOn = time.Time{} }},
		"ends before":           {"validUntil", func(tr *openbadges.Transcript) { tr.ValidUntil = tr.AwardedOn.Add(-time.Hour) }},
		"no issuer":             {"issuer.did", func(tr *openbadges.Transcript) { tr.Issuer = openbadges.Issuer{} }},
		"nobody":                {"subject", func(tr *openbadges.Transcript) { tr.Subject = openbadges.Subject{} }},
		"language":              {"language", func(tr *openbadges.Transcript) { tr.Language = "xx!" }},
		"no credential":         {"credentials", func(tr *openbadges.Transcript) { tr.Credentials = nil }},
		"too many":              {"credentials", func(tr *openbadges.Transcript) { tr.Credentials = make([]map[string]any, 201) }},
		"unsigned":              {"credentials[1].proof", func(tr *openbadges.Transcript) { delete(tr.Credentials[1], "proof") }},
		"not a credential":      {"credentials[0].type", func(tr *openbadges.Transcript) { tr.Credentials[0]["type"] = "x" }},
		"credential without id": {"credentials[2].id", func(tr *openbadges.Transcript) { delete(tr.Credentials[2], "id") }},
		"credential twice":      {"credentials[1].id", func(tr *openbadges.Transcript) { tr.Credentials[1] = tr.Credentials[0] }},
		"version 1.1": {"credentials[0].@context", func(tr *openbadges.Transcript) {
			tr.Credentials[0]["@context"] = []any{"https://www.w3.org/2018/credentials/v1"}
		}},
		"another Open Badges": {"credentials[0].@context", func(tr *openbadges.Transcript) {
			tr.Credentials[0]["@context"] = []any{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"}
		}},
		"achievement twice":        {"achievements[1].id", func(tr *openbadges.Transcript) { tr.Achievements = append(tr.Achievements, tr.Achievements[0]) }},
		"achievement without name": {"achievements[0].name", func(tr *openbadges.Transcript) { tr.Achievements[0].Name = nil }},
		"association type":         {"associations[0].type", func(tr *openbadges.Transcript) { tr.Associations[0].Type = "partOf" }},
		"association to nowhere":   {"associations[0].target", func(tr *openbadges.Transcript) { tr.Associations[0].Target = "https://x.example/" }},
		"association to itself":    {"associations[0].target", func(tr *openbadges.Transcript) { tr.Associations[0].Target = tr.Associations[0].Source }},
		"association twice":        {"associations[1]", func(tr *openbadges.Transcript) { tr.Associations[1] = tr.Associations[0] }},
		"line of another":          {"lines[0].credentialId", func(tr *openbadges.Transcript) { tr.Lines[0].CredentialID = "urn:uuid:0" }},
		"line twice":               {"lines[1]", func(tr *openbadges.Transcript) { tr.Lines[1] = tr.Lines[0] }},
		"no requirement":           {"lines[0].requirementId", func(tr *openbadges.Transcript) { tr.Lines[0].RequirementID = "" }},
		"no route":                 {"lines[0].route", func(tr *openbadges.Transcript) { tr.Lines[0].Route = "" }},
		"route":                    {"lines[0].route", func(tr *openbadges.Transcript) { tr.Lines[0].Route = "post" }},
		"source":                   {"lines[0].sourceDid", func(tr *openbadges.Transcript) { tr.Lines[0].SourceDID = "x" }},
		"credits below zero":       {"lines[0].credits", func(tr *openbadges.Transcript) { tr.Lines[0].Credits = cairn.NewCredits(-1, 1) }},
		"credits without unit":     {"programme.creditUnit", func(tr *openbadges.Transcript) { tr.Programme.CreditUnit = "" }},
		"digest":                   {"programme.digest", func(tr *openbadges.Transcript) { tr.Programme.Digest = "abc" }},
		"programme without id":     {"programme.id", func(tr *openbadges.Transcript) { tr.Programme.ID = "" }},
		"decision":                 {"decision", func(tr *openbadges.Transcript) { tr.Decision = "8888" }},
	} {
		tr := transcript(t)
		c.change(&tr)
		_, err := tr.Document()
		var e *cairn.Error
		if !errors.As(err, &e) || e.Field != c.field {
			t.Errorf("%s: got %v, want field %s", name, err, c.field)
		}
	}
}

func TestReadTranscriptRefuses(t *testing.T) {
	recognition := func(m map[string]any) map[string]any {
		return m["credentialSubject"].(map[string]any)["recognition"].(map[string]any)
	}
	line := func(m map[string]any) map[string]any { return recognition(m)["line"].([]any)[0].(map[string]any) }
	for name, c := range map[string]struct {
		field  string
		change func(map[string]any)
	}{
		"a badge":              {"/type", func(m map[string]any) { m["type"] = "OpenBadgeCredential" }},
		"nothing inside":       {"/credentialSubject/verifiableCredential", func(m map[string]any) { delete(m["credentialSubject"].(map[string]any), "verifiableCredential") }},
		"a text inside":        {"/credentialSubject/verifiableCredential/0", func(m map[string]any) { m["credentialSubject"].(map[string]any)["verifiableCredential"] = []any{"x"} }},
		"completeness":         {"/credentialSubject/recognition/completeness", func(m map[string]any) { recognition(m)["completeness"] = "nearly" }},
		"position taken":       {"/credentialSubject/recognition/line/1/position", func(m map[string]any) { line(m)["position"] = "2" }},
		"position outside":     {"/credentialSubject/recognition/line/0/position", func(m map[string]any) { line(m)["position"] = "9" }},
		"position is a number": {"/credentialSubject/recognition/line/0/position", func(m map[string]any) { line(m)["position"] = json.Number("1") }},
		"credits":              {"/credentialSubject/recognition/line/0/credits", func(m map[string]any) { line(m)["credits"] = "many" }},
		"line of another":      {"/credentialSubject/recognition/line/0/credential", func(m map[string]any) { line(m)["credential"] = "urn:uuid:0" }},
		"no source":            {"/credentialSubject/recognition/line/0/source", func(m map[string]any) { delete(line(m), "source") }},
	} {
		doc, err := transcript(t).Document()
		if err != nil {
			t.Fatal(err)
		}
		tree := reread(t, doc)
		c.change(tree)
		_, err = openbadges.ReadTranscript(tree)
		var e *cairn.Error
		if !errors.As(err, &e) || e.Field != c.field {
			t.Errorf("%s: got %v, want field %s", name, err, c.field)
		}
	}
}

func TestStrangers(t *testing.T) {
	tr := transcript(t)
	tr.Credentials[1]["credentialSubject"].(map[string]any)["id"] = "did:key:z6Other"
	delete(tr.Credentials[2]["credentialSubject"].(map[string]any), "id")
	doc, err := tr.Document()
	if err != nil {
		t.Fatal(err)
	}
	f, err := openbadges.ReadTranscript(reread(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Strangers(); !slices.Equal(got, []string{string(tr.Lines[1].CredentialID)}) {
		t.Errorf("strangers %v", got)
	}
	f.SubjectID = ""
	if got := f.Strangers(); got != nil {
		t.Errorf("strangers to nobody: %v", got)
	}
}
