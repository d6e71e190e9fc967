package hold

import (
	"fmt"
	"testing"

	"cairn.example/openbadges"

	"cairn.example"
)

// listed signs a badge that is in a status list.
func listed(t *testing.T, n int, list string) []byte {
	t.Helper()
	s := issuer()
	b := openbadges.Badge{
		ID: cairn.CredentialID(fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", n)), Issuer: openbadges.Issuer{DID: s.did, Name: "College"},
		Achievement: cairn.Achievement{ID: cairn.AchievementID(fmt.Sprintf("https://college.example/a/%d", n)), Type: "MicroCredential", Language: "en",
			Name: cairn.Text{"en": fmt.Sprintf("Course %d", n)}, Description: cairn.Text{"en": "d"}, Criteria: cairn.Text{"en": "c"}},
		Subject: openbadges.Subject{Identities: []openbadges.Identity{{Type: "name", Value: "Amina"}}}, AwardedOn: now.AddDate(0, -1, 0),
	}
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	doc["credentialStatus"] = map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": fmt.Sprint(n), "statusListCredential": list}
	return sign(t, doc, s)
}

// B23: a list for one credential tells whoever serves it where the credential is
// shown. The wallet keeps the credential, and says so.
func TestTraces(t *testing.T) {
	for _, c := range []struct {
		name  string
		lists []string // of credentials 1, 2, …
		want  string   // code of the trace of the last; empty for none
	}{
		{"one list for all", []string{"https://college.example/s/1", "https://college.example/s/1", "https://college.example/s/1"}, ""},
		{"two credentials prove no habit", []string{"https://college.example/s/1", "https://college.example/s/2"}, ""},
		{"a list for each", []string{"https://college.example/s/1", "https://college.example/s/2", "https://college.example/s/3"}, TraceAlone},
		{"a full list and the next", []string{"https://college.example/s/1", "https://college.example/s/1", "https://college.example/s/2"}, ""},
		{"the credential in the address", []string{"https://college.example/s/urn:uuid:00000000-0000-4000-8000-000000000001"}, TraceNamed},
		{"a part of it that nobody else has", []string{"https://college.example/s?c=00000000-0000-4000-8000-000000000001"}, TraceNamed},
		{"the credential in the address, escaped", []string{"https://college.example/s/urn%3Auuid%3A00000000-0000-4000-8000-000000000001"}, TraceNamed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := create(t, 3)
			var last Received
			for i, list := range c.lists {
				last = receive(t, w, listed(t, i+1, list))
			}
			switch {
			case c.want == "" && len(last.Traces) > 0, c.want != "" && len(last.Traces) != 1:
				t.Fatalf("traces: %+v", last.Traces)
			case c.want != "" && (last.Traces[0].Code != c.want || last.Traces[0].Message == ""):
				t.Errorf("trace: %+v, want %s", last.Traces[0], c.want)
			}
			if len(w.List()) != len(c.lists) {
				t.Error("a credential was not kept")
			}
		})
	}
}
