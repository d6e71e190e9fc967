package statuslist_test

import (
	"encoding/json"
	"maps"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

// Examples 1 and 2 of Status List 2021 (Working Draft of 27 April 2023), with a
// list whose entry 94567 is set.
const (
	legacyEntry = `{"id":"https://example.com/credentials/status/3#94567","type":"StatusList2021Entry","statusPurpose":"revocation",
"statusListIndex":"94567","statusListCredential":"https://example.com/credentials/status/3"}`
	legacyList = `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/vc/status-list/2021/v1"],
"id":"https://example.com/credentials/status/3","type":["VerifiableCredential","StatusList2021Credential"],"issuer":"did:example:12345",
"issuanceDate":"2021-04-05T14:27:40Z","expirationDate":"2031-04-05T14:27:40Z",
"credentialSubject":{"id":"https://example.com/status/3#list","type":"StatusList2021","statusPurpose":"revocation"}}`
)

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func legacyCredential(t testing.TB, prefix bool) map[string]any {
	t.Helper()
	l := statuslist.New(0)
	if err := l.Set(94567, true); err != nil {
		t.Fatal(err)
	}
	encoded, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !prefix {
		encoded = encoded[1:]
	}
	tree := object(t, legacyList)
	tree["credentialSubject"].(map[string]any)["encodedList"] = encoded
	return tree
}

func TestLegacy(t *testing.T) {
	e, err := statuslist.ReadLegacyEntry(object(t, legacyEntry))
	if err != nil || e.Index != 94567 || e.Purpose != statuslist.Revocation || e.List != "https://example.com/credentials/status/3" {
		t.Fatalf("%+v, %v", e, err)
	}
	number := object(t, legacyEntry)
	number["statusListIndex"] = json.Number("94567")
	if n, err := statuslist.ReadLegacyEntry(number); err != nil || n.Index != 94567 {
		t.Errorf("an index as a number: %+v, %v", n, err)
	}
	for _, prefix := range []bool{false, true} {
		tree := legacyCredential(t, prefix)
		l, m, err := statuslist.ReadLegacyCredential(tree)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := l.Lookup(e); err != nil || v != 1 {
			t.Errorf("%d, %v", v, err)
		}
		e := e
		e.Index--
		if v, err := l.Lookup(e); err != nil || v != 0 {
			t.Errorf("its neighbour: %d, %v", v, err)
		}
		if !m.HasPurpose(statuslist.Revocation) || m.HasPurpose(statuslist.Suspension) || m.Issuer != "did:example:12345" || m.ID != e.List ||
			m.ValidFrom.Year() != 2021 || m.ValidUntil.Year() != 2031 || m.TTL != 0 {
			t.Errorf("%+v", m)
		}
		if !statuslist.IsLegacyCredential(tree) {
			t.Error("not known as legacy")
		}
		// Neither form passes as the other.
		if _, _, err := statuslist.ReadCredential(tree); err == nil {
			t.Error("a list of 2021 passes as one of today")
		}
	}
	if _, err := statuslist.ReadEntry(object(t, legacyEntry)); cairn.CodeOf(err) != "status.unknown-type" {
		t.Errorf("an entry of 2021 passes as one of today: %v", err)
	}
	today := statuslist.Entry{Purpose: "revocation", Index: 1, List: "https://example.com/l"}.Tree()
	if _, err := statuslist.ReadLegacyEntry(today); cairn.CodeOf(err) != "status.unknown-type" || statuslist.IsLegacyEntry(today) {
		t.Errorf("an entry of today passes as one of 2021: %v", err)
	}
}

func TestLegacyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		member string
		value  any
		code   string
	}{
		"no purpose":        {"statusPurpose", "", "status.entry"},
		"negative":          {"statusListIndex", "-1", "status.entry"},
		"leading zero":      {"statusListIndex", "007", "status.entry"},
		"fraction":          {"statusListIndex", json.Number("1.5"), "status.entry"},
		"no list":           {"statusListCredential", "x", "status.entry"},
		"several bits":      {"statusSize", json.Number("2"), "status.entry"},
		"messages":          {"statusMessage", []any{}, "status.entry"},
		"2020":              {"type", "RevocationList2020Status", "status.unknown-type"},
		"two types":         {"type", []any{"StatusList2021Entry", "BitstringStatusListEntry"}, "status.unknown-type"},
		"id is the list's":  {"id", "https://example.com/credentials/status/3", "status.entry"},
		"index not written": {"statusListIndex", nil, "status.entry"},
	} {
		e := object(t, legacyEntry)
		e[c.member] = c.value
		if _, err := statuslist.ReadLegacyEntry(e); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for name, change := range map[string]func(tree, subject map[string]any){
		"other type":         func(tree, _ map[string]any) { tree["type"] = []any{"VerifiableCredential"} },
		"other list type":    func(_, s map[string]any) { s["type"] = "RevocationList2020" },
		"no purpose":         func(_, s map[string]any) { delete(s, "statusPurpose") },
		"purpose not a text": func(_, s map[string]any) { s["statusPurpose"] = []any{"revocation", "suspension"} },
		"no list":            func(_, s map[string]any) { delete(s, "encodedList") },
		"not packed":         func(_, s map[string]any) { s["encodedList"] = "AAAA" },
		"padding":            func(_, s map[string]any) { s["encodedList"] = s["encodedList"].(string) + "=" },
		"no issuanceDate":    func(tree, _ map[string]any) { delete(tree, "issuanceDate") },
		"no id":              func(tree, _ map[string]any) { delete(tree, "id") },
		"two subjects":       func(tree, s map[string]any) { tree["credentialSubject"] = []any{s, s} },
		"both versions":      func(tree, _ map[string]any) { tree["validUntil"] = "2050-01-01T00:00:00Z" },
	} {
		tree := legacyCredential(t, false)
		s := maps.Clone(tree["credentialSubject"].(map[string]any))
		tree["credentialSubject"] = s
		change(tree, s)
		if _, _, err := statuslist.ReadLegacyCredential(tree); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzLegacy(f *testing.F) {
	f.Add([]byte(legacyEntry), []byte(legacyList))
	f.Fuzz(bounds.Pair(func(t *testing.T, entry, list []byte) {
		if m, err := strictjson.ParseObject(entry, strictjson.Default); err == nil {
			if e, err := statuslist.ReadLegacyEntry(m); err == nil && (e.Index < 0 || e.List == "") {
				t.Fatalf("%+v", e)
			}
		}
		if m, err := strictjson.ParseObject(list, strictjson.Default); err == nil {
			if l, _, err := statuslist.ReadLegacyCredential(m); err == nil && l.Len() < statuslist.MinEntries {
				t.Fatalf("%d entries", l.Len())
			}
		}
	}))
}
