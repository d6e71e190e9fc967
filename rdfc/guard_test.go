package rdfc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

// The expected forms are those that npm jsonld 9.0.0 with rdf-canonize 5.0.0
// writes in safe mode, with the same contexts.
func TestGolden(t *testing.T) {
	for _, name := range []string{"badge", "record", "presentation"} {
		got, err := Canonical(read(t, name+".json"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := os.ReadFile("testdata/" + name + ".nq")
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// Data Integrity EdDSA Cryptosuites 1.0, appendix B.1: the hashes of the document
// and of the proof options.
func TestPublishedVector(t *testing.T) {
	for _, c := range []struct{ name, doc, sha256 string }{
		{"document", `{"@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
			"id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "type": ["VerifiableCredential", "AlumniCredential"],
			"name": "Alumni Credential", "description": "A minimum viable example of an Alumni Credential.",
			"issuer": "https://vc.example/issuers/5678", "validFrom": "2023-01-01T00:00:00Z",
			"credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"}}`,
			"sha256:517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017"},
		{"proof options", `{"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "created": "2023-02-24T23:36:38Z",
			"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
			"proofPurpose": "assertionMethod", "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]}`,
			"sha256:bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0"},
	} {
		got, err := Canonical(object(t, c.doc))
		if err != nil || jcs.Digest(got) != c.sha256 {
			t.Errorf("%s: %s, %v", c.name, jcs.Digest(got), err)
		}
	}
}

// inline is an @context with a context of the document's own at its end.
func inline(terms string) string {
	return `["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",{` + terms + `}]`
}

func manyTerms(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"t%d":"https://x.example/#t%d"`, i, i)
	}
	return b.String()
}

// A context of the document's own gives names to what is new. The canonical forms
// are those that npm jsonld writes.
func TestInlineContext(t *testing.T) {
	doc := func(contexts, members string) map[string]any {
		return object(t, `{"@context":["https://www.w3.org/ns/credentials/v2",`+contexts+`],"id":"urn:x","type":["VerifiableCredential","Permit"],"issuer":"urn:i","credentialSubject":{"id":"urn:s",`+members+`}}`)
	}
	const permit = `"Permit":"https://x.example/#Permit"`
	for name, c := range map[string]struct{ contexts, members, want string }{
		"term":        {`{` + permit + `,"width":"https://x.example/#width"}`, `"width":"3 m"`, `<urn:s> <https://x.example/#width> "3 m" .`},
		"prefix":      {`{` + permit + `,"x":"https://x.example/#","width":{"@id":"x:width"}}`, `"width":"3 m"`, `<urn:s> <https://x.example/#width> "3 m" .`},
		"identifier":  {`{` + permit + `,"road":{"@id":"https://x.example/#road","@type":"@id"}}`, `"road":"https://x.example/a1"`, `<urn:s> <https://x.example/#road> <https://x.example/a1> .`},
		"datatype":    {`{` + permit + `,"day":{"@id":"https://x.example/#day","@type":"http://www.w3.org/2001/XMLSchema#date"}}`, `"day":"2026-11-23"`, `<urn:s> <https://x.example/#day> "2026-11-23"^^<http://www.w3.org/2001/XMLSchema#date> .`},
		"scoped":      {`{` + permit + `,"road":{"@id":"https://x.example/#road","@context":{"lanes":"https://x.example/#lanes"}}}`, `"road":{"lanes":4}`, `_:c14n0 <https://x.example/#lanes> "4"^^<http://www.w3.org/2001/XMLSchema#integer> .`},
		"wrapped":     {`{"@context":{` + permit + `,"width":"https://x.example/#width"}}`, `"width":"3 m"`, `<urn:s> <https://x.example/#width> "3 m" .`},
		"vocabulary":  {`{"@vocab":"https://x.example/#"}`, `"width":"3 m"`, `<urn:s> <https://x.example/#width> "3 m" .`},
		"same again":  {`{` + permit + `},{` + permit + `,"width":"https://x.example/#width"}`, `"width":"3 m"`, `<urn:s> <https://x.example/#width> "3 m" .`},
		"a known one": {`{` + permit + `,"Ed25519Signature2020":"https://w3id.org/security#Ed25519Signature2020","w":"https://x.example/#w"}`, `"w":"y"`, `<urn:s> <https://x.example/#w> "y" .`},
	} {
		got, err := Canonical(doc(c.contexts, c.members))
		if err != nil || !strings.Contains(string(got), c.want+"\n") || !strings.Contains(string(got), "<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://x.example/#Permit> .") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		agrees(t, doc(c.contexts, c.members))
	}
}

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// The cases of SECURITY 6, group L. Each replaces one member of a valid badge, and
// stands in testdata/refused.json for other implementations.
func TestGuard(t *testing.T) {
	type refused struct {
		Name  string          `json:"name"`
		At    string          `json:"at"`
		Value json.RawMessage `json:"value"`
		Code  string          `json:"code"`
	}
	corpus := struct {
		About   string    `json:"about"`
		Refused []refused `json:"refused"`
	}{About: "Changes of badge.json, each of one member, named by a JSON pointer, after which the document has no canonical form. Codes are Cairn's."}
	const v2, ob = `"https://www.w3.org/ns/credentials/v2"`, `"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"`
	for _, c := range []struct{ name, at, value, code, field string }{
		{"L01 at the top", "/favouriteColour", `"red"`, "rdfc.dropped", "/favouriteColour"},
		{"L01 in the subject", "/credentialSubject/nickname", `"Z"`, "rdfc.dropped", "/credentialSubject/nickname"},
		{"L01 deep", "/credentialSubject/achievement/microcredential/credit/currency", `"x"`, "rdfc.dropped", "/credentialSubject/achievement/microcredential/credit/currency"},
		{"L01 term of another type", "/credentialSubject/validUntil", `"2026-01-01T00:00:00Z"`, "rdfc.dropped", "/credentialSubject/validUntil"},
		{"L02 relative id of the subject", "/credentialSubject/id", `"learner-7"`, "rdfc.relative-id", "/credentialSubject/id"},
		{"L02 relative id of the issuer", "/issuer/id", `"/issuers/1"`, "rdfc.relative-id", "/issuer/id"},
		{"L02 relative id of the achievement", "/credentialSubject/achievement/id", `"#soil"`, "rdfc.relative-id", "/credentialSubject/achievement/id"},
		{"L02 relative reference", "/credentialStatus/statusListCredential", `"status/1"`, "rdfc.relative-id", "/credentialStatus/statusListCredential"},
		{"L02 issuer as a relative text", "/issuer", `"college"`, "rdfc.relative-id", "/issuer"},
		{"L02 space in the id", "/id", `"urn:a b"`, "rdfc.relative-id", "/id"},
		{"L02 newline in the id", "/id", `"urn:a\nb"`, "rdfc.relative-id", "/id"},
		{"L02 quad in the id", "/id", `"urn:a> <urn:b> <urn:c> .\n<urn:d"`, "rdfc.relative-id", "/id"},
		{"L03 empty id", "/id", `""`, "rdfc.relative-id", "/id"},
		{"L03 id is not a text", "/id", `7`, "rdfc.malformed", "/id"},
		{"L04 null", "/credentialSubject/achievement/humanCode", `null`, "rdfc.dropped", "/credentialSubject/achievement/humanCode"},
		{"L04 null in a list", "/credentialSubject/achievement/tag", `["a",null]`, "rdfc.dropped", "/credentialSubject/achievement/tag/1"},
		{"L04 empty object", "/credentialSubject/achievement/criteria", `{}`, "rdfc.dropped", "/credentialSubject/achievement/criteria"},
		{"L04 empty list", "/evidence", `[]`, "rdfc.dropped", "/evidence"},
		{"L04 list in a list", "/evidence", `[["x"]]`, "rdfc.dropped", "/evidence/0"},
		{"L04 empty type", "/issuer/type", `[]`, "rdfc.dropped", "/issuer/type"},
		{"L04 the same twice", "/credentialSubject/achievement/tag", `["a","a"]`, "rdfc.dropped", "/credentialSubject/achievement/tag/1"},
		{"L04 the same number twice", "/credentialSubject/creditsEarned", `[2,2.0]`, "rdfc.dropped", "/credentialSubject/creditsEarned/1"},
		{"L04 the same type twice", "/issuer/type", `["Profile","Profile"]`, "rdfc.dropped", "/issuer/type"},
		{"L04 text instead of a proof", "/proof", `"urn:x"`, "rdfc.dropped", "/proof"},
		{"L04 proof that says nothing", "/proof", `{"id":"urn:x"}`, "rdfc.dropped", "/proof"},
		{"L05 bad language tag", "/name", `{"@value":"x","@language":"english language"}`, "rdfc.dropped", "/name/@language"},
		{"L05 bad tag in a map", "/credentialSubject/achievement/microcredential/nameIn", `{"e n":"x"}`, "rdfc.dropped", "/credentialSubject/achievement/microcredential/nameIn/e n"},
		{"L05 direction", "/name", `{"@value":"x","@language":"ar","@direction":"up"}`, "rdfc.dropped", "/name/@direction"},
		{"L05 direction is no text", "/name", `{"@value":"x","@language":"ar","@direction":1}`, "rdfc.dropped", "/name/@direction"},
		{"L06 unknown context", "/@context", `[` + v2 + `,"https://evil.example/v1"]`, "rdfc.unknown-context", "/@context/1"},
		{"L08 inline alias of a member", "/@context", inline(`"hidden":"https://www.w3.org/2018/credentials#credentialStatus"`), "rdfc.alias", "/@context"},
		{"L08 inline alias by an object", "/@context", inline(`"hidden":{"@id":"https://www.w3.org/2018/credentials#credentialStatus","@type":"@id"}`), "rdfc.alias", "/@context"},
		{"L08 inline alias by a prefix", "/@context", inline(`"c":"https://www.w3.org/2018/credentials#","hidden":"c:credentialStatus"`), "rdfc.alias", "/@context"},
		{"L08 inline alias by another term", "/@context", inline(`"hidden":"credentialStatus"`), "rdfc.malformed", "/@context"},
		{"L08 inline alias of a type", "/@context", inline(`"Thing":"https://www.w3.org/ns/credentials/status#BitstringStatusListEntry"`), "rdfc.alias", "/@context"},
		{"L08 inline alias of a keyword", "/@context", inline(`"kind":"@type"`), "rdfc.alias", "/@context"},
		{"L08 inline other meaning", "/@context", inline(`"name":"https://x.example/#name"`), "rdfc.alias", "/@context"},
		{"L08 inline other meaning inside", "/@context", inline(`"x":{"@id":"https://x.example/#x","@context":{"name":"https://x.example/#name"}}`), "", ""},
		{"L08 inline relative", "/@context", inline(`"x":"x"`), "rdfc.malformed", "/@context"},
		{"L08 inline not an IRI", "/@context", inline(`"x":"https ://x.example/"`), "rdfc.malformed", "/@context"},
		{"L08 inline cycle", "/@context", inline(`"x":"y:a","y":"x:b"`), "rdfc.malformed", "/@context"},
		{"L08 inline inside inline", "/@context", inline(`"x":{"@id":"https://x.example/#x","@context":"https://x.example/"}`), "", ""},
		{"L08 inline unused inside", "/@context", inline(`"x":{"@id":"https://x.example/#x","@context":{"y":{"@id":"https://x.example/#y","@context":{"type":null}}}}`), "rdfc.malformed", "/@context"},
		{"L08 inline path as a term", "/@context", inline(`"./x":"https://x.example/#x"`), "rdfc.malformed", "/@context"},
		{"L08 inline two datatypes", "/@context", inline(`"x":{"@id":"https://x.example/#x","@type":["https://x.example/#a","https://x.example/#b"]}`), "rdfc.malformed", "/@context"},
		{"L08 inline wrapped alias", "/@context", `[` + v2 + `,{"@context":{"hidden":"https://www.w3.org/2018/credentials#credentialStatus"}}]`, "rdfc.alias", "/@context"},
		{"L08 inline wrapped twice", "/@context", `[` + v2 + `,{"@context":{"@context":{"x":"https://x.example/#x"}}}]`, "rdfc.malformed", "/@context"},
		{"L08 inline wrapped URL", "/@context", `[` + v2 + `,{"@context":"https://x.example/v1"}]`, "rdfc.malformed", "/@context"},
		{"L08 inline many", "/@context", `[` + v2 + strings.Repeat(`,{"x":"https://x.example/#x"}`, 9) + `]`, "rdfc.work-limit", "/@context/9"},
		{"L08 inline large", "/@context", inline(`"y":"https://x.example/#y"` + manyTerms(300)), "rdfc.work-limit", "/@context/2"},
		{"L09 relative vocab", "/@context", inline(`"@vocab":"x#"`), "rdfc.malformed", "/@context"},
		{"L09 vocab of a blank node", "/@context", inline(`"@vocab":"_:x"`), "rdfc.malformed", "/@context"},
		{"L09 vocab for a known member", "/@context", `["https://www.w3.org/ns/credentials/v2",{"@vocab":"https://purl.imsglobal.org/spec/vc/ob/vocab.html#"}]`, "rdfc.alias", ""},
		{"L09 no vocab", "/@context", inline(`"@vocab":null`), "rdfc.malformed", "/@context"},
		{"L09 inline base", "/@context", inline(`"@base":"https://x.example/"`), "rdfc.malformed", "/@context"},
		{"L09 inline import", "/@context", inline(`"@import":"https://x.example/"`), "rdfc.malformed", "/@context"},
		{"L09 inline propagate", "/@context", inline(`"@propagate":false`), "rdfc.malformed", "/@context"},
		{"L09 inline language", "/@context", inline(`"@language":"en"`), "rdfc.malformed", "/@context"},
		{"L09 inline reverse", "/@context", inline(`"x":{"@reverse":"https://x.example/#x"}`), "rdfc.malformed", "/@context"},
		{"L09 protected then other", "/@context", `[` + v2 + `,{"@protected":true,"x":"https://x.example/#x"},{"x":"https://x.example/#y"}]`, "rdfc.malformed", "/@context"},
		{"L09 base", "/@base", `"https://x.example/"`, "rdfc.dropped", "/@base"},
		{"L10 other order", "/@context", `[` + ob + `,` + v2 + `]`, "rdfc.dropped", ""},
		{"L10 no context", "/@context", `[]`, "rdfc.malformed", "/@context"},
		{"L10 null context", "/@context", `null`, "rdfc.unknown-context", "/@context/0"},
		{"L10 many contexts", "/@context", `[` + strings.Repeat(v2+",", 20) + v2 + `]`, "rdfc.work-limit", "/@context"},
		{"L11 nested context", "/credentialSubject/@context", v2, "rdfc.nested-context", "/credentialSubject/@context"},
		{"L11 nested null context", "/credentialSubject/achievement/@context", `null`, "rdfc.nested-context", "/credentialSubject/achievement/@context"},
		{"L12 member as IRI", "/https:~1~1www.w3.org~12018~1credentials#credentialStatus", `{"id":"urn:s"}`, "rdfc.alias", "/https:~1~1www.w3.org~12018~1credentials#credentialStatus"},
		{"L12 member by prefix", "/credentialSubject/xsd:x", `"y"`, "rdfc.alias", "/credentialSubject/xsd:x"},
		{"L12 member by its class", "/credentialSubject/Achievement", `"y"`, "rdfc.alias", "/credentialSubject/Achievement"},
		{"L12 type as IRI", "/credentialStatus/type", `"https://www.w3.org/ns/credentials/status#BitstringStatusListEntry"`, "rdfc.alias", "/credentialStatus/type"},
		{"L12 type by a member's name", "/issuer/type", `"creator"`, "", "/issuer/type"},
		{"L12 purpose as IRI", "/proof", `{"type":"DataIntegrityProof","proofPurpose":"https://w3id.org/security#assertionMethod"}`, "rdfc.alias", "/proof/proofPurpose"},
		{"L12 the credential again", "/evidence", `[{"id":"urn:uuid:0b1f8a52-6f0e-4a3f-9d55-1c2f3a4b5c6d","type":["Evidence"],"name":"x"}]`, "rdfc.described-twice", "/evidence/0/name"},
		{"L12 the credential again by type", "/evidence", `[{"id":"urn:uuid:0b1f8a52-6f0e-4a3f-9d55-1c2f3a4b5c6d","type":["VerifiableCredential"]}]`, "rdfc.described-twice", "/evidence/0/type"},
		{"L13 reverse", "/@reverse", `{}`, "rdfc.dropped", "/@reverse"},
		{"L13 included", "/@included", `[{"id":"urn:x"}]`, "rdfc.dropped", "/@included"},
		{"L13 graph", "/@graph", `[{"id":"urn:x"}]`, "rdfc.dropped", "/@graph"},
		{"L13 nest", "/issuer/@nest", `{}`, "rdfc.dropped", "/issuer/@nest"},
		{"L13 id as keyword", "/issuer/@id", `"urn:x"`, "rdfc.dropped", "/issuer/@id"},
		{"L13 list", "/evidence", `{"@list":["urn:x"]}`, "rdfc.dropped", "/evidence/@list"},
		{"L13 json by hand", "/name", `{"@value":{"a":1},"@type":"@json"}`, "rdfc.dropped", "/name/@type"},
		{"L13 value object without language", "/name", `{"@value":"x"}`, "rdfc.dropped", "/name/@language"},
		{"L16 label of a blank node", "/credentialSubject/id", `"_:c14n0"`, "rdfc.relative-id", "/credentialSubject/id"},
		{"L16 type is a blank node", "/issuer/type", `["_:b"]`, "rdfc.relative-id", "/issuer/type"},
		{"L17 relative type", "/issuer/type", `["College"]`, "rdfc.dropped", "/issuer/type"},
		{"L17 empty type", "/issuer/type", `[""]`, "rdfc.relative-id", "/issuer/type"},
		{"L17 number as type", "/issuer/type", `[7]`, "rdfc.malformed", "/issuer/type"},
		{"L17 null type", "/issuer/type", `null`, "rdfc.malformed", "/issuer/type"},
		{"L18 http context", "/@context", `["http://www.w3.org/ns/credentials/v2"]`, "rdfc.unknown-context", "/@context/0"},
		{"L19 loopback context", "/@context", `["https://127.0.0.1/v2"]`, "rdfc.unknown-context", "/@context/0"},
		{"L19 metadata context", "/@context", `["http://169.254.169.254/latest"]`, "rdfc.unknown-context", "/@context/0"},
		{"L21 number as text", "/credentialSubject/creditsEarned", `"2.5"`, "rdfc.number-as-text", "/credentialSubject/creditsEarned"},
		{"L21 truth value as text", "/credentialSubject/identifier", `{"type":"IdentityObject","hashed":"true"}`, "rdfc.number-as-text", "/credentialSubject/identifier/hashed"},
		{"L21 text as number", "/validFrom", `2026`, "rdfc.number-as-text", "/validFrom"},
		{"L21 coordinate as text", "/issuer/address", `{"geo":{"type":"GeoCoordinates","latitude":"1"}}`, "", ""},
		{"more digits than signed", "/credentialSubject/creditsEarned", `0.30000000000000004`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"as close as a neighbour", "/credentialSubject/creditsEarned", `64.59999999999999`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"nearly whole", "/credentialSubject/creditsEarned", `4.0000000000000000001`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"nearly zero", "/credentialSubject/creditsEarned", `0.0000000000000000000000000000001e-300`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"more digits than held", "/credentialSubject/creditsEarned", `2.50000000000000000001`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"too small to be safe", "/credentialSubject/creditsEarned", `0.0000001`, "rdfc.number", "/credentialSubject/creditsEarned"},
		{"vanishing", "/credentialSubject/creditsEarned", `1e-400`, "rdfc.number", "/credentialSubject/creditsEarned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := read(t, "badge.json")
			set(t, doc, c.at, object(t, `{"v":`+c.value+`}`)["v"])
			got, err := Canonical(doc)
			if err == nil {
				t.Fatalf("was accepted:\n%s", got)
			}
			if code := cairn.CodeOf(err); !strings.HasPrefix(code, "rdfc.") || c.code != "" && code != c.code {
				t.Errorf("code %q, want %q: %v", code, c.code, err)
			}
			e, ok := err.(*cairn.Error)
			if !ok || c.field != "" && e.Field != c.field {
				t.Errorf("field %q, want %q", e.Field, c.field)
			}
			corpus.Refused = append(corpus.Refused, refused{c.name, c.at, json.RawMessage(c.value), cairn.CodeOf(err)})
		})
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	w.SetIndent("", " ")
	if err := w.Encode(corpus); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/refused.json"
	if os.Getenv("CAIRN_UPDATE") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, b.Bytes()) {
		t.Errorf("%s is not what the cases make (%v); run with CAIRN_UPDATE=1 and look at the difference", file, err)
	}
}

// set puts a value at a JSON pointer.
func set(t testing.TB, doc map[string]any, pointer string, v any) {
	t.Helper()
	names := strings.Split(pointer, "/")[1:]
	for i, name := range names {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if i == len(names)-1 {
			doc[name] = v
			return
		}
		inner, ok := doc[name].(map[string]any)
		if !ok {
			t.Fatalf("%s is not in the document", pointer)
		}
		doc = inner
	}
}

// What must stay accepted.
func TestGuardAccepts(t *testing.T) {
	for _, c := range []struct{ name, at, value string }{
		{"one text instead of a list", "/credentialSubject/achievement/tag", `"soil"`},
		{"issuer as text", "/issuer", `"did:web:college.example"`},
		{"type of an extension", "/issuer/type", `["Profile","https://ext.example/types#School"]`},
		{"both names of one type", "/type", `["VerifiableCredential","OpenBadgeCredential","AchievementCredential"]`},
		{"text in a language", "/name", `[{"@value":"Sol","@language":"fr"},{"@value":"Udongo","@language":"sw-KE"}]`},
		{"zero", "/credentialSubject/creditsEarned", `0`},
		{"a fraction that no double holds", "/credentialSubject/creditsEarned", `64.6`},
		{"fifteen digits", "/credentialSubject/creditsEarned", `1.23456789012345`},
		{"the largest integer", "/credentialSubject/creditsEarned", `9007199254740991`},
		{"picture as data", "/credentialSubject/achievement/image", `{"id":"data:image/png;base64,iVBORw0KGgo=","type":"Image"}`},
		{"identifier beyond ASCII", "/credentialSubject/achievement/id", `"https://college.example/مادة"`},
		{"endorsement of the credential", "/endorsement", `[{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],"id":"urn:e","type":["VerifiableCredential","EndorsementCredential"],"name":"E","issuer":{"id":"did:web:qa.example","type":["Profile"]},
			"validFrom":"2026-01-01T00:00:00Z","credentialSubject":{"id":"urn:uuid:0b1f8a52-6f0e-4a3f-9d55-1c2f3a4b5c6d","type":["EndorsementSubject"],"endorsementComment":"Good"}}]`},
		{"issuer named again", "/credentialSubject/achievement/creator", `{"id":"did:web:college.example","type":["Profile"],"name":"Lake College"}`},
		{"control characters", "/name", `"\u0001\u007f\u0085"`},
	} {
		doc := read(t, "badge.json")
		set(t, doc, c.at, object(t, `{"v":`+c.value+`}`)["v"])
		if _, err := Canonical(doc); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		agrees(t, doc)
	}
}

// The direction of a text is signed as npm jsonld 9.0.0 does with its option
// rdfDirection "i18n-datatype", which Digital Bazaar's cryptosuites set.
func TestDirection(t *testing.T) {
	doc := read(t, "badge.json")
	set(t, doc, "/name", object(t, `{"@value":"تربة","@language":"ar-EG","@direction":"rtl"}`))
	got, err := Canonical(doc)
	if want := "<https://schema.org/name> \"تربة\"^^<https://www.w3.org/ns/i18n#ar-eg_rtl> .\n"; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%v, without %s in\n%s", err, want, got)
	}
}

// Equal values have one form (SECURITY 6, P09).
func TestEqualNumbers(t *testing.T) {
	forms := map[string]string{}
	for _, c := range []struct{ value, class string }{{"100", "a"}, {"1e2", "a"}, {"100.0", "a"}, {"0", "b"}, {"-0", "b"}, {"-0.0", "b"}, {"2.5", "c"}, {"25e-1", "c"}, {"2.50", "c"}} {
		doc := read(t, "badge.json")
		set(t, doc, "/credentialSubject/creditsEarned", json.Number(c.value))
		got, err := Canonical(doc)
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
		}
		if forms[c.class] == "" {
			forms[c.class] = string(got)
		} else if forms[c.class] != string(got) {
			t.Errorf("%s is written in another way", c.value)
		}
	}
	if len(forms) != 3 || forms["a"] == forms["b"] || forms["b"] == forms["c"] {
		t.Error("different numbers have one form")
	}
}

// Numbers that are accepted have different forms, however close they are.
func TestNumbersDiffer(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 15))
	for range 20_000 {
		// a number of fifteen digits and its neighbours
		base, power := 100_000_000_000_000+random.Int64N(900_000_000_000_000), random.IntN(20)-18
		forms := map[string]int64{}
		for n := base - 2; n <= base+2; n++ {
			text := fmt.Sprintf("%de%d", n, power)
			f, err := number(text, "")
			if err != nil {
				continue // seven digits more than a whole number may have, or too small
			}
			form := canonicalDouble(f)
			if other, taken := forms[form]; taken {
				t.Fatalf("%de%d and %s are both written %s", other, power, text, form)
			}
			forms[form] = n
		}
	}
}

// Changing, adding or removing anything in a signed document changes its
// canonical form or is refused (SECURITY 6, L20).
func TestEveryChangeShows(t *testing.T) {
	for _, file := range []string{"badge.json", "record.json", "presentation.json"} {
		doc := read(t, file)
		want, err := Canonical(doc)
		if err != nil {
			t.Fatal(err)
		}
		before, err := jcs.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		tried := 0
		changes(doc, doc, "", func(what string) {
			tried++
			if got, err := Canonical(doc); err == nil && string(got) == string(want) && !excused(file, what) {
				t.Errorf("%s: %s does not show", file, what)
			}
		})
		if after, err := jcs.Marshal(doc); err != nil || string(after) != string(before) {
			t.Fatalf("%s: the sweep did not put everything back, or Canonical changes its input", file)
		}
		if tried < 200 {
			t.Errorf("%s: only %d changes were tried", file, tried)
		}
		t.Logf("%s: %d changes", file, tried)
	}
}

// excused lists the changes that cannot show, each with its reason.
func excused(file, what string) bool {
	path, change, _ := strings.Cut(what, ": ")
	switch {
	case strings.Contains(path, "@context"):
		// The list of contexts is not a statement. It matters by what it does to
		// the rest, and that shows: none of these changes hides or moves a term.
		return true
	case change == "letter case" && strings.HasSuffix(path, "/@language"), strings.HasPrefix(change, "named ") && strings.EqualFold(change[6:], path[strings.LastIndex(path, "/")+1:]):
		return true // language tags do not depend on it
	case change == "reversed" && !strings.HasSuffix(path, "allowedValue") && !strings.Contains(path, "/record"):
		return true // a set has no order
	case file == "record.json" && change == "removed":
		// The record repeats what its credentials say of the same things; each of
		// them has a proof of its own, for which this file's guard runs again.
		return strings.HasPrefix(path, "/credentialSubject/verifiableCredential/") || strings.HasPrefix(path, "/credentialSubject/achievement/") || path == "/credentialSubject/achievement"
	}
	return false
}

// changes makes every small change in v in turn, calls visit, and undoes it.
func changes(root map[string]any, v any, path string, visit func(string)) {
	each := func(at string, old any, put func(any), remove func()) {
		for _, c := range replacements(old) {
			if reflect.DeepEqual(c.value, old) {
				continue
			}
			put(c.value)
			visit(at + ": " + c.what)
		}
		remove()
		visit(at + ": removed")
		put(old)
		changes(root, old, at, visit)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			each(path+"/"+k, v[k], func(x any) { v[k] = x }, func() { delete(v, k) })
			for _, other := range []string{"@" + k, "x" + k, k + " ", strings.ToUpper(k), strings.ToUpper(k[:1]) + k[1:], "https://schema.org/" + k} {
				if _, taken := v[other]; !taken && other != k {
					v[other] = v[k]
					delete(v, k)
					visit(path + "/" + k + ": named " + other)
					v[k] = v[other]
					visit(path + "/" + k + ": also named " + other)
					delete(v, other)
				}
			}
		}
		for _, added := range []string{"id", "type", "name", "credentialStatus", "validUntil", "x", "@index", "narrative"} {
			if _, taken := v[added]; !taken {
				v[added] = "urn:added"
				visit(path + "/" + added + ": added")
				delete(v, added)
			}
		}
	case []any:
		for i := range v {
			each(path+"/"+strconv.Itoa(i), v[i], func(x any) { v[i] = x }, func() { v[i] = nil })
		}
		if len(v) > 1 {
			slices.Reverse(v)
			visit(path + ": reversed")
			slices.Reverse(v)
		}
	}
}

type replacement struct {
	what  string
	value any
}

func replacements(old any) []replacement {
	out := []replacement{{"null", nil}, {"empty object", map[string]any{}}, {"empty list", []any{}}, {"inside lists", []any{[]any{old}}}, {"twice", []any{old, old}}}
	switch v := old.(type) {
	case string:
		out = append(out, replacement{"longer", v + "x"}, replacement{"space", v + " "}, replacement{"space before", " " + v}, replacement{"number", json.Number("7")}, replacement{"true", true}, replacement{"empty", ""})
		if other := strings.ToUpper(v); other != v {
			out = append(out, replacement{"letter case", other})
		}
		if _, err := strconv.ParseFloat(v, 64); err == nil {
			out = append(out, replacement{"as number", json.Number(v)})
		}
	case json.Number:
		out = append(out, replacement{"as text", v.String()}, replacement{"one digit more", json.Number(v.String() + "7")}, replacement{"negative", json.Number("-" + strings.TrimPrefix(v.String(), "-") + "1")})
	case bool:
		out = append(out, replacement{"other", !v}, replacement{"as text", fmt.Sprint(v)})
	case []any:
		out = append(out, replacement{"one more", append(slices.Clone(v), "urn:more")}, replacement{"with nothing", append(slices.Clone(v), nil)})
		if len(v) > 1 {
			out = append(out, replacement{"only the first", v[0]}, replacement{"one less", v[1:]})
		}
	}
	return out
}

// A transcript with sixty credentials passes, and quickly.
func TestLargeTranscript(t *testing.T) {
	doc := transcript(t, 60)
	start := processorTime()
	got, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	if took := processorTime() - start; took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("%d statements in %v", strings.Count(string(got), "\n"), processorTime()-start)
}

func transcript(t testing.TB, n int) map[string]any {
	t.Helper()
	doc := read(t, "record.json")
	var inside []any
	for i := range n {
		c := read(t, "badge.json")
		c["id"] = fmt.Sprintf("urn:uuid:badge-%d", i)
		set(t, c, "/credentialStatus/id", fmt.Sprintf("https://college.example/status/1#%d", i))
		c["proof"] = object(t, fmt.Sprintf(`{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","created":"2026-05-02T09:30:00Z",
			"verificationMethod":"did:web:college.example#key-1","proofPurpose":"assertionMethod","proofValue":"z%d"}`, i))
		inside = append(inside, c)
	}
	set(t, doc, "/credentialSubject/verifiableCredential", inside)
	return doc
}

// One credential several times in a presentation is foolish, but not an attack.
func TestSameCredentialTwice(t *testing.T) {
	c := read(t, "badge.json")
	doc := object(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation"}`)
	doc["verifiableCredential"] = []any{c, c, c}
	if _, err := Canonical(doc); err != nil {
		t.Error(err)
	}
	agreed, err := Canonical(object(t, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation"}`))
	if err != nil || len(agreed) == 0 {
		t.Errorf("a presentation of nothing: %v", err)
	}
}

// A document with more statements than are read.
func TestTooManyStatements(t *testing.T) {
	list := make([]any, maxQuads+1)
	for i := range list {
		list[i] = "tag " + strconv.Itoa(i)
	}
	doc := read(t, "badge.json")
	set(t, doc, "/credentialSubject/achievement/tag", list)
	if _, err := Canonical(doc); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("got %v", err)
	}
}

func BenchmarkBadge(b *testing.B) {
	doc := read(b, "badge.json")
	for b.Loop() {
		if _, err := Canonical(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTranscript60(b *testing.B) {
	doc := transcript(b, 60)
	for b.Loop() {
		if _, err := Canonical(doc); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever the text: no panic, no long work, and what is accepted is what the
// other implementation reads too.
func FuzzCanonical(f *testing.F) {
	for _, name := range []string{"badge.json", "record.json", "presentation.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"@context":"https://www.w3.org/ns/credentials/examples/v2","a":{"b":[1,2.5,true,{"@value":"x","@language":"en"}]}}`))
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/did/v1"],"id":"did:example:1","alsoKnownAs":["urn:x"]}`))
	limits := strictjson.Limits{Bytes: 16 << 10, Depth: 32, Values: 2000}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		doc, err := strictjson.ParseObject(data, limits)
		if err != nil {
			return
		}
		start := processorTime()
		_, err = Canonical(doc)
		if took := processorTime() - start; took > 2*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		agrees(t, doc)
	}))
}
