package vc_test

import (
	"encoding/json"
	"testing"
	"time"

	"cairn.example/internal/bounds"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2026-03-01T09:30:00Z":          "2026-03-01T09:30:00Z",
		"2026-03-01T09:30:00.5Z":        "2026-03-01T09:30:00Z",
		"2026-03-01T09:30:00+05:30":     "2026-03-01T04:00:00Z",
		"2026-02-28T24:00:00Z":          "2026-03-01T00:00:00Z",
		"2026-02-28T24:00:00.000-01:00": "2026-03-01T01:00:00Z",
	} {
		got, err := vc.ParseTime(in)
		if err != nil || vc.FormatTime(got) != want {
			t.Errorf("%s: %s, %v", in, vc.FormatTime(got), err)
		}
	}
	for _, in := range []string{"", "2026-03-01", "2026-03-01T09:30:00", "2026-03-01T09:30Z", "2026-03-01T09:30:00,5Z", "2026-03-01t09:30:00z",
		"2026-03-01 09:30:00Z", "2026-13-01T09:30:00Z", "2026-02-30T09:30:00Z", "2026-03-01T24:00:01Z", "2026-03-01T24:30:00Z", "2026-03-01T09:30:60Z",
		"10000-03-01T09:30:00Z", "-0001-03-01T09:30:00Z", "0000-03-01T09:30:00Z", "1899-12-31T23:59:59Z", "2026-03-01T09:30:00+25:00", "2026-3-1T9:30:00Z",
		"9999-12-31T23:59:59-14:00", "9999-12-31T24:00:00Z", "1900-01-01T00:00:00+14:00"} {
		if got, err := vc.ParseTime(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-02-28T24:00:00Z")
	f.Add("9999-12-31T23:59:59-14:00")
	f.Add("1900-01-01T00:00:00+14:00")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		got, err := vc.ParseTime(s)
		if err != nil {
			return
		}
		again, err := vc.ParseTime(vc.FormatTime(got))
		if err != nil || again.Sub(got.Truncate(time.Second)) != 0 {
			t.Fatalf("%q: %v then %v (%v)", s, got, again, err)
		}
	}))
}

func credential(t *testing.T, change func(m map[string]any)) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:1","type":["VerifiableCredential"],
"name":"n","issuer":{"id":"did:key:z6Mk","name":[{"@value":"College","@language":"en"}]},"validFrom":"2026-01-01T00:00:00Z","validUntil":"2027-01-01T00:00:00Z",
"credentialSubject":{"id":"did:key:z6Mk","x":1},"credentialStatus":{"type":"T"},"evidence":[{"type":"E"}],"credentialSchema":{"id":"https://x.example","type":"S"},
"relatedResource":[{"id":"https://x.example","digestSRI":"sha384-x"}]}`), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	return m
}

func TestReadCredential(t *testing.T) {
	c, problems := vc.ReadCredential(credential(t, func(map[string]any) {}))
	if len(problems) != 0 {
		t.Fatalf("%v", problems)
	}
	if c.Issuer != "did:key:z6Mk" || c.SubjectID != "did:key:z6Mk" || c.Name != "n" || len(c.Status) != 1 || c.ValidUntil.Year() != 2027 || !c.HasType("VerifiableCredential") {
		t.Errorf("%+v", c)
	}
}

func TestReadCredentialFinds(t *testing.T) {
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	drop := func(name string) func(map[string]any) { return func(m map[string]any) { delete(m, name) } }
	obj := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		code   string
	}{
		{"no context", drop("@context"), "vc.context"},
		{"other first context", set("@context", []any{"https://x.example", vc.ContextV2}), "vc.context"},
		{"version 1.1", set("@context", []any{vc.ContextV1}), "vc.version-1"},
		{"number as context", set("@context", []any{vc.ContextV2, 7}), "vc.context"},
		{"context twice", set("@context", []any{vc.ContextV2, vc.ContextV2}), "vc.context"},
		{"no type", drop("type"), "vc.type"},
		{"wrong type", set("type", []any{"X"}), "vc.type"},
		{"type not a text", set("type", []any{"VerifiableCredential", json.Number("1")}), "vc.type"},
		{"id not a URL", set("id", "x"), "vc.url"},
		{"id null", set("id", nil), "vc.url"},
		{"two ids", set("id", []any{"urn:a:1", "urn:a:2"}), "vc.url"},
		{"no issuer", drop("issuer"), "vc.issuer"},
		{"issuer without id", set("issuer", obj("name", "x")), "vc.issuer"},
		{"issuer not a URL", set("issuer", "College"), "vc.issuer"},
		{"two issuers", set("issuer", []any{"urn:a:1", "urn:a:2"}), "vc.issuer"},
		{"no subject", drop("credentialSubject"), "vc.subject"},
		{"empty subject", set("credentialSubject", obj()), "vc.subject"},
		{"no subjects", set("credentialSubject", []any{}), "vc.subject"},
		{"subject a text", set("credentialSubject", "x"), "vc.subject"},
		{"subject id", set("credentialSubject", obj("id", "x y")), "vc.url"},
		{"time without zone", set("validFrom", "2026-01-01T00:00:00"), "vc.time"},
		{"time a number", set("validFrom", json.Number("1")), "vc.time"},
		{"D26 ends before it starts", set("validUntil", "2025-01-01T00:00:00Z"), "vc.period"},
		{"D25 old members", set("issuanceDate", "2025-01-01T00:00:00Z"), "vc.version-1"},
		{"status without type", set("credentialStatus", obj("id", "urn:a:1")), "vc.type"},
		{"status a text", set("credentialStatus", "x"), "vc.credentialStatus"},
		{"evidence without type", set("evidence", []any{obj("name", "x")}), "vc.type"},
		{"schema without id", set("credentialSchema", obj("type", "x")), "vc.schema-id"},
		{"terms without type", set("termsOfUse", obj("id", "urn:a:1")), "vc.type"},
		{"name a number", set("name", json.Number("1")), "vc.text"},
		{"name with bad language", set("name", obj("@value", "x", "@language", "not a tag")), "vc.text"},
		{"name with member", set("name", obj("@value", "x", "x", "y")), "vc.text"},
		{"resource without digest", set("relatedResource", obj("id", "https://x.example")), "vc.related-resource"},
		{"resource twice", set("relatedResource", []any{obj("id", "https://x.example", "digestSRI", "x"), obj("id", "https://x.example", "digestSRI", "x")}), "vc.related-resource"},
	} {
		_, problems := vc.ReadCredential(credential(t, c.change))
		found := false
		for _, p := range problems {
			found = found || p.Code == c.code
		}
		if !found {
			t.Errorf("%s: %v, want %s", c.name, problems, c.code)
		}
	}
}

func TestReadPresentation(t *testing.T) {
	m := map[string]any{"@context": []any{vc.ContextV2}, "type": "VerifiablePresentation", "holder": "did:key:z6Mk", "verifiableCredential": []any{map[string]any{"type": "x"}}}
	if p, problems := vc.ReadPresentation(m); len(problems) != 0 || p.Holder != "did:key:z6Mk" || len(p.Credentials) != 1 {
		t.Errorf("%+v %v", p, problems)
	}
	m["verifiableCredential"] = []any{"https://x.example"}
	if _, problems := vc.ReadPresentation(m); len(problems) != 1 || problems[0].Code != "vc.presentation" {
		t.Errorf("%v", problems)
	}
	m["type"], m["holder"] = "X", "y"
	if _, problems := vc.ReadPresentation(m); len(problems) != 3 {
		t.Errorf("%v", problems)
	}
}

func FuzzReadCredential(f *testing.F) {
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":{"id":"did:key:z"},"credentialSubject":[{"id":"urn:x:1"}],"name":{"@value":"x"}}`))
	f.Add([]byte(`{"@context":[],"type":["VerifiableCredential"],"issuer":{"id":"A:0"},"credentialSubject":{"":"0"}}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		d, err := vc.Parse(data)
		if err != nil {
			return
		}
		c, problems := vc.ReadCredential(d.Tree())
		if len(problems) == 0 && (c.Issuer == "" || len(c.Subjects) == 0 || len(c.Contexts) == 0) {
			t.Fatalf("no problem found, but there is no issuer, subject or context: %s", data)
		}
		vc.ReadPresentation(d.Tree())
	}))
}
