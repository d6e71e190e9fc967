package vc_test

import (
	"slices"
	"testing"
	"time"

	"cairn.example/strictjson"
	"cairn.example/vc"
)

// After example 1 of VC Data Model 1.1, section 3.2.
const degree = `{"@context":["https://www.w3.org/2018/credentials/v1","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"],
"id":"http://example.edu/credentials/1872","type":["VerifiableCredential","OpenBadgeCredential"],
"issuer":"https://example.edu/issuers/565049","issuanceDate":"2010-01-01T19:23:24Z","expirationDate":"2030-01-01T00:00:00Z",
"credentialSubject":{"id":"did:example:ebfeb1f712ebc6f1c276e12ec21","type":"AchievementSubject"}}`

func legacyDoc(t *testing.T, change func(map[string]any)) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(degree), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	return m
}

func TestReadLegacy(t *testing.T) {
	tree := legacyDoc(t, func(map[string]any) {})
	c, problems := vc.ReadLegacy(tree)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if !c.ValidFrom.Equal(time.Date(2010, 1, 1, 19, 23, 24, 0, time.UTC)) || !c.ValidUntil.Equal(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) ||
		c.Issuer != "https://example.edu/issuers/565049" || c.SubjectID != "did:example:ebfeb1f712ebc6f1c276e12ec21" || c.Contexts[0] != vc.ContextV1 {
		t.Errorf("%+v", c)
	}
	if tree["validFrom"] != nil || tree["@context"].([]any)[0] != vc.ContextV1 || tree["issuanceDate"] == nil {
		t.Error("the document was changed")
	}
	if _, problems := vc.ReadCredential(tree); !slices.ContainsFunc(problems, func(p vc.Problem) bool { return p.Code == "vc.version-1" }) {
		t.Error("version 1.1 passes as 2.0")
	}
}

func TestReadLegacyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]any)
		code   string
		path   string
	}{
		"no issuanceDate":    {func(m map[string]any) { delete(m, "issuanceDate") }, "vc.issuance-date", "/issuanceDate"},
		"a day":              {func(m map[string]any) { m["issuanceDate"] = "2010-01-01" }, "vc.time", "/issuanceDate"},
		"end is a day":       {func(m map[string]any) { m["expirationDate"] = "2010-01-01" }, "vc.time", "/expirationDate"},
		"end before start":   {func(m map[string]any) { m["expirationDate"] = "2009-01-01T00:00:00Z" }, "vc.period", "/expirationDate"},
		"D25 validFrom":      {func(m map[string]any) { m["validFrom"] = "2010-01-01T19:23:24Z" }, "vc.mixed", "/validFrom"},
		"D25 validUntil":     {func(m map[string]any) { m["validUntil"] = "2040-01-01T19:23:24Z" }, "vc.mixed", "/validUntil"},
		"D25 both contexts":  {func(m map[string]any) { m["@context"] = []any{vc.ContextV1, vc.ContextV2} }, "vc.mixed", "/@context"},
		"version 2.0":        {func(m map[string]any) { m["@context"] = []any{vc.ContextV2} }, "vc.context", "/@context/0"},
		"no context":         {func(m map[string]any) { delete(m, "@context") }, "vc.context", "/@context/0"},
		"no subject":         {func(m map[string]any) { delete(m, "credentialSubject") }, "vc.subject", "/credentialSubject"},
		"no type":            {func(m map[string]any) { m["type"] = "OpenBadgeCredential" }, "vc.type", "/type"},
		"status has no type": {func(m map[string]any) { m["credentialStatus"] = map[string]any{"id": "urn:x:1"} }, "vc.type", "/credentialStatus/0/type"},
	} {
		_, problems := vc.ReadLegacy(legacyDoc(t, c.change))
		if !slices.ContainsFunc(problems, func(p vc.Problem) bool { return p.Code == c.code && p.Path == c.path }) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
