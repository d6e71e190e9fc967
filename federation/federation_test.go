package federation_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/federation"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// object is an object of JSON.
type object = map[string]any

const (
	college  = "https://college.example"
	district = "https://district.example/federation"
	ministry = "https://ministry.example"
	other    = "https://other.example"
)

// key returns the key of an entity in the federation; role has keys of its own.
func key(t testing.TB, entity, role string) *jose.PrivateKey {
	t.Helper()
	seed := make([]byte, 0, 32)
	for len(seed) < 32 {
		seed = append(seed, entity+role...)
	}
	k, err := jose.NewPrivateKey(ed25519.NewKeyFromSeed(seed[len(seed)-32:]), entity+role)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func jwks(t testing.TB, keys ...*jose.PrivateKey) object {
	t.Helper()
	list := []any{}
	for _, k := range keys {
		list = append(list, k.PublicKey().Tree())
	}
	return object{"keys": list}
}

func anchor(t testing.TB, entity string) federation.Anchor {
	t.Helper()
	return federation.Anchor{ID: entity, Keys: jose.KeySet{key(t, entity, "").PublicKey()}}
}

// claims are those that every statement has.
func claims(t testing.TB, iss, sub string) object {
	t.Helper()
	seconds := func(d time.Duration) json.Number { return json.Number(fmt.Sprint(now.Add(d).Unix())) }
	c := object{"iss": iss, "sub": sub, "iat": seconds(-time.Hour), "exp": seconds(24 * time.Hour), "jwks": jwks(t, key(t, sub, ""))}
	if iss == sub && sub != college {
		c["metadata"] = object{"federation_entity": object{"federation_fetch_endpoint": sub + "/fetch"}}
	}
	if iss == sub && sub == college {
		c["metadata"] = object{federation.CredentialIssuer: object{"display": "College", "jwks": jwks(t, key(t, sub, "vc"))}}
	}
	switch {
	case iss != sub:
	case sub == college:
		c["authority_hints"] = []any{district}
	case sub == district:
		c["authority_hints"] = []any{ministry}
	}
	return c
}

// signed writes a statement as a token of its issuer.
func signed(t testing.TB, c object, by *jose.PrivateKey, typ string) string {
	t.Helper()
	payload, err := jcs.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jose.Sign(t.Context(), jose.Header{Type: typ, KeyID: by.PublicKey().KeyID()}, payload, by)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A link is a statement by one entity about another or itself, as it may be changed.
type link struct {
	iss, sub string
	change   func(object)
	by       string // who signs instead of iss
	typ      string
}

func (l link) text(t testing.TB) string {
	t.Helper()
	c := claims(t, l.iss, l.sub)
	if l.change != nil {
		l.change(c)
	}
	by, typ := key(t, l.iss, ""), "entity-statement+jwt"
	if l.by != "" {
		by = key(t, l.by, "")
	}
	if l.typ != "" {
		typ = l.typ
	}
	return signed(t, c, by, typ)
}

// verify parses and verifies a chain.
func verify(t testing.TB, links ...link) (*federation.Resolved, error) {
	t.Helper()
	var chain []*federation.Statement
	for _, l := range links {
		s, err := federation.Parse(l.text(t))
		if err != nil {
			return nil, err
		}
		chain = append(chain, s)
	}
	return federation.Verify(chain, college, []federation.Anchor{anchor(t, "https://unused.example"), anchor(t, ministry)}, now)
}

// with returns the usual chain with changes: of the college, of the district about
// it, of the ministry about the district.
func with(leaf, middle, top func(object)) []link {
	return []link{{iss: college, sub: college, change: leaf}, {iss: district, sub: college, change: middle}, {iss: ministry, sub: district, change: top}}
}

func TestVerify(t *testing.T) {
	short := []link{{iss: college, sub: college, change: func(c object) { c["authority_hints"] = []any{other, ministry} }}, {iss: ministry, sub: college}}
	early := func(c object) { c["exp"] = json.Number(fmt.Sprint(now.Add(time.Hour).Unix())) }
	for name, links := range map[string][]link{
		"two steps":                      with(nil, nil, early),
		"with the anchor's own":          append(with(nil, early, nil), link{iss: ministry, sub: ministry}),
		"one step":                       {short[0], {iss: ministry, sub: college, change: early}},
		"one step, with the anchor's":    {short[0], {iss: ministry, sub: college, change: early}, {iss: ministry, sub: ministry}},
		"claims that nobody understands": with(early, func(c object) { c["x"] = "y" }, nil),
	} {
		r, err := verify(t, links...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keys, err := r.Keys(federation.CredentialIssuer)
		if err != nil || len(keys) != 1 || !keys[0].Equal(key(t, college, "vc").PublicKey()) || r.Entity != college || r.Anchor != ministry || !r.Expires.Equal(now.Add(time.Hour)) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if _, err := r.Keys("openid_provider"); cairn.CodeOf(err) != "federation.role" {
			t.Errorf("%s: the keys of a role that it has not: %v", name, err)
		}
	}
	r, err := verify(t, with(func(c object) {
		c["metadata"] = object{federation.CredentialIssuer: object{"jwks_uri": "https://college.example/keys"}}
	}, nil, nil)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Keys(federation.CredentialIssuer); cairn.CodeOf(err) != "federation.no-keys" {
		t.Errorf("keys that are elsewhere: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	set := func(name string, v any) func(object) { return func(c object) { c[name] = v } }
	unset := func(name string) func(object) { return func(c object) { delete(c, name) } }
	at := func(name string, d time.Duration) func(object) {
		return set(name, json.Number(fmt.Sprint(now.Add(d).Unix())))
	}
	good := with(nil, nil, nil)
	signedBy := func(i int, by string) []link {
		links := with(nil, nil, nil)
		links[i].by = by
		return links
	}
	longer := []link{{iss: college, sub: college, change: set("authority_hints", []any{"https://e1.example"})}, {iss: "https://e1.example", sub: college}}
	for i := 1; i < 8; i++ {
		longer = append(longer, link{iss: fmt.Sprintf("https://e%d.example", i+1), sub: fmt.Sprintf("https://e%d.example", i)})
	}
	longer[len(longer)-1].iss = ministry
	naming := func(permitted, excluded []any) func(object) {
		n := object{}
		if permitted != nil {
			n["permitted"] = permitted
		}
		if excluded != nil {
			n["excluded"] = excluded
		}
		return set("constraints", object{"naming_constraints": n})
	}
	policy := func(rules object) func(object) {
		return set("metadata_policy", object{federation.CredentialIssuer: object{"display": rules}})
	}
	for _, c := range []struct {
		name, code string
		links      []link
	}{
		{"nothing", "federation.chain", nil},
		{"the leaf alone", "federation.chain", good[:1]},
		{"without the leaf", "federation.chain", good[1:]},
		{"without the middle", "federation.chain", []link{good[0], good[2]}},
		{"without the top", "federation.no-anchor", good[:2]},
		{"in another order", "federation.chain", []link{good[1], good[0], good[2]}},
		{"too long", "federation.chain", longer},
		{"anchor of nobody", "federation.no-anchor", []link{good[0], good[1], {iss: other, sub: district}}},
		{"anchor of nobody, with its own", "federation.no-anchor", []link{good[0], good[1], {iss: other, sub: district}, {iss: other, sub: other}}},
		{"another anchor's own at the end", "federation.chain", append(slices.Clone(good), link{iss: other, sub: other})},
		{"the anchor's own by another", "federation.key", append(slices.Clone(good), link{iss: ministry, sub: ministry, by: other})},
		{"the anchor's own ended", "federation.expired", append(slices.Clone(good), link{iss: ministry, sub: ministry, change: at("exp", 0)})},
		{"leaf is about another", "federation.chain", []link{{iss: district, sub: district}, {iss: ministry, sub: district}}},
		{"leaf is by another", "federation.chain", []link{good[1], good[1], good[2]}},
		{"middle is about another", "federation.chain", []link{good[0], {iss: district, sub: other}, good[2]}},
		{"top is about another", "federation.key", []link{good[0], good[1], {iss: ministry, sub: other}}},
		{"superior that the leaf does not know", "federation.chain", with(set("authority_hints", []any{other}), nil, nil)},
		{"leaf without superiors", "federation.chain", with(unset("authority_hints"), nil, nil)},
		{"a loop", "federation.chain", []link{good[0], {iss: district, sub: college}, {iss: other, sub: district}, {iss: district, sub: other}, {iss: ministry, sub: district}}},
		{"a loop through the anchor", "federation.chain", []link{{iss: college, sub: college, change: set("authority_hints", []any{ministry})}, {iss: ministry, sub: college}, {iss: other, sub: ministry}, {iss: ministry, sub: other}}},
		{"leaf signed by another", "federation.key", signedBy(0, other)},
		{"middle signed by another", "federation.key", signedBy(1, other)},
		{"middle signed by the leaf", "federation.key", signedBy(1, college)},
		{"top signed by another", "federation.key", signedBy(2, other)},
		{"top signed by the middle", "federation.key", signedBy(2, district)},
		{"leaf with keys of its own", "federation.key", []link{{iss: college, sub: college, by: other, change: set("jwks", jwks(t, key(t, other, "")))}, good[1], good[2]}},
		{"middle with keys of its own", "federation.key", []link{good[0], {iss: district, sub: college, by: other}, {iss: ministry, sub: district}}},
		{"leaf ended", "federation.expired", with(at("exp", 0), nil, nil)},
		{"middle ended", "federation.expired", with(nil, at("exp", -time.Second), nil)},
		{"top ended", "federation.expired", with(nil, nil, at("exp", -time.Hour))},
		{"top from the future", "federation.from-the-future", with(nil, nil, at("iat", 2*time.Minute))},
		{"no exp", "federation.claim", with(nil, unset("exp"), nil)},
		{"no iat", "federation.claim", with(nil, unset("iat"), nil)},
		{"exp as text", "jose.time", with(nil, set("exp", "tomorrow"), nil)},
		{"no jwks", "federation.claim", with(nil, unset("jwks"), nil)},
		{"key without kid", "federation.claim", with(nil, func(c object) { delete(c["jwks"].(object)["keys"].([]any)[0].(object), "kid") }, nil)},
		{"a secret in jwks", "jose.private-key", with(nil, func(c object) { c["jwks"].(object)["keys"].([]any)[0].(object)["d"] = "AA" }, nil)},
		{"iss is no address", "federation.entity", with(nil, set("iss", "college"), nil)},
		{"iss is a DID", "federation.entity", with(nil, set("iss", "did:web:college.example"), nil)},
		{"sub over http", "federation.entity", with(nil, set("sub", "http://college.example"), nil)},
		{"critical claim", "federation.critical", with(nil, set("crit", []any{"x"}), nil)},
		{"critical operator", "federation.critical", with(nil, nil, set("metadata_policy_crit", []any{"regexp"}))},
		{"for an audience", "federation.claim", with(set("aud", college), nil, nil)},
		{"answer to a registration", "federation.claim", with(nil, set("trust_anchor", ministry), nil)},
		{"policy about itself", "federation.claim", with(set("metadata_policy", object{}), nil, nil)},
		{"constraints on itself", "federation.claim", with(set("constraints", object{}), nil, nil)},
		{"superiors in a superior's", "federation.claim", with(nil, set("authority_hints", []any{ministry}), nil)},
		{"trust marks in a superior's", "federation.claim", with(nil, nil, set("trust_marks", []any{}))},
		{"empty list of superiors", "federation.claim", with(set("authority_hints", []any{}), nil, nil)},
		{"metadata is null inside", "federation.metadata", with(set("metadata", object{federation.CredentialIssuer: object{"x": nil}}), nil, nil)},
		{"metadata is a list", "federation.metadata", with(nil, set("metadata", []any{}), nil)},
		{"metadata of a type is a text", "federation.metadata", with(set("metadata", object{federation.CredentialIssuer: "x"}), nil, nil)},
		{"another type of token", "federation.type", []link{{iss: college, sub: college, typ: "jwt"}, good[1], good[2]}},

		{"no intermediates allowed", "federation.constraint", with(nil, nil, set("constraints", object{"max_path_length": json.Number("0")}))},
		{"bound as text", "federation.constraint", with(nil, nil, set("constraints", object{"max_path_length": "1"}))},
		{"bound below zero", "federation.constraint", with(nil, nil, set("constraints", object{"max_path_length": json.Number("-1")}))},
		{"broken bound", "federation.constraint", with(nil, nil, set("constraints", object{"max_path_length": json.Number("1.5")}))},
		{"constraints as a list", "federation.constraint", with(nil, nil, set("constraints", []any{}))},
		{"not among the permitted", "federation.constraint", with(nil, nil, naming([]any{".district.example"}, nil))},
		{"the intermediate is not permitted", "federation.constraint", with(nil, nil, naming([]any{"college.example"}, nil))},
		{"none permitted", "federation.constraint", with(nil, nil, naming([]any{}, nil))},
		{"excluded", "federation.constraint", with(nil, naming(nil, []any{"College.example"}), nil)},
		{"excluded though permitted", "federation.constraint", with(nil, naming([]any{"college.example"}, []any{".example"}), nil)},
		{"names as a text", "federation.claim", with(nil, set("constraints", object{"naming_constraints": object{"permitted": "x"}}), nil)},
		{"types with the usual one", "federation.constraint", with(nil, nil, set("constraints", object{"allowed_entity_types": []any{"federation_entity"}}))},

		{"policy is a list", "federation.policy", with(nil, nil, set("metadata_policy", []any{}))},
		{"policy of a type is a list", "federation.policy", with(nil, nil, set("metadata_policy", object{"x": []any{}}))},
		{"rules are a text", "federation.policy", with(nil, nil, set("metadata_policy", object{"x": object{"y": "z"}}))},
		{"two values", "federation.policy", with(nil, policy(object{"value": "a"}), policy(object{"value": "b"}))},
		{"subordinate widens", "federation.policy", with(nil, policy(object{"value": "b"}), policy(object{"one_of": []any{"a"}}))},
		{"essential in the middle", "federation.policy", with(func(c object) { delete(c["metadata"].(object)[federation.CredentialIssuer].(object), "display") }, policy(object{"essential": true}), policy(object{"essential": false}))},
		{"policy that does not allow the value", "federation.policy", with(nil, nil, policy(object{"one_of": []any{"a", "b"}}))},
		{"policy of an intermediate about others does not help", "federation.policy", with(nil, policy(object{"default": "x"}), policy(object{"one_of": []any{"x"}}))},
	} {
		if r, err := verify(t, c.links...); r != nil || cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	// The anchor's own statement, signed with a key that has the name of a good one.
	forged := claims(t, ministry, ministry)
	k, err := jose.NewPrivateKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), ministry)
	if err != nil {
		t.Fatal(err)
	}
	s, err := federation.Parse(signed(t, forged, k, "entity-statement+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	chain := []*federation.Statement{}
	for _, l := range good {
		st, err := federation.Parse(l.text(t))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, st)
	}
	if _, err := federation.Verify(append(chain, s), college, []federation.Anchor{anchor(t, ministry)}, now); cairn.CodeOf(err) != "federation.signature" {
		t.Errorf("forged: %v", err)
	}
}

func TestConstraintsThatHold(t *testing.T) {
	for name, constraints := range map[string]object{
		"length":            {"max_path_length": json.Number("1")},
		"names":             {"naming_constraints": object{"permitted": []any{"college.example", ".example"}, "excluded": []any{".college.example", "example"}}},
		"type":              {"allowed_entity_types": []any{federation.CredentialIssuer}},
		"unknown ones":      {"colour": "green"},
		"length from below": {"max_path_length": json.Number("9")},
	} {
		r, err := verify(t, with(nil, nil, func(c object) { c["constraints"] = constraints })...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if _, err := r.Keys(federation.CredentialIssuer); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := verify(t, with(func(c object) { c["metadata"].(object)["federation_entity"] = object{"a": "b"} }, nil,
		func(c object) { c["constraints"] = object{"allowed_entity_types": []any{}} })...)
	if err != nil || !slices.Equal(slices.Collect(maps.Keys(r.Metadata)), []string{"federation_entity"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

// world answers as the entities of a federation do.
type world struct {
	texts map[string]string
	asked []string
}

func (w *world) fetch(_ context.Context, address string) (string, error) {
	w.asked = append(w.asked, address)
	text, ok := w.texts[address]
	if !ok {
		return "", &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.failed", Message: "nobody answers"}
	}
	return text, nil
}

func newWorld(t testing.TB, links ...link) *world {
	w := &world{texts: map[string]string{}}
	for _, l := range links {
		address := l.iss + "/.well-known/openid-federation"
		if l.iss != l.sub {
			address = l.iss + "/fetch?sub=" + url.QueryEscape(l.sub)
		}
		w.texts[address] = l.text(t) + "\n"
	}
	return w
}

func TestResolve(t *testing.T) {
	hints := func(to ...string) func(object) {
		return func(c object) {
			list := []any{}
			for _, h := range to {
				list = append(list, h)
			}
			c["authority_hints"] = list
		}
	}
	usual := append(with(nil, nil, nil), link{iss: district, sub: district}, link{iss: ministry, sub: ministry})
	detour := append(slices.Clone(usual), link{iss: other, sub: other, change: hints(district, college, other, "https://nobody.example")}, link{iss: other, sub: college})
	detour[0].change = hints(other, district)
	wide := []link{{iss: college, sub: college, change: hints("https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example")}}
	for _, e := range []string{"a", "b", "c", "d", "e"} {
		id := "https://" + e + ".example"
		wide = append(wide, link{iss: id, sub: college}, link{iss: id, sub: id, change: hints("https://"+e+"1.example", "https://"+e+"2.example", "https://"+e+"3.example")})
	}
	change := func(i int, f func(*link)) []link {
		out := slices.Clone(usual)
		f(&out[i])
		return out
	}
	for _, c := range []struct {
		name, code string
		kind       cairn.Kind
		asked      int
		links      []link
	}{
		{"usual", "", "", 5, usual},
		{"a detour that leads nowhere", "", "", 9, detour},
		{"an anchor is asked first", "", "", 3, []link{{iss: college, sub: college, change: hints(other, district, ministry)}, {iss: ministry, sub: ministry}, {iss: ministry, sub: college}}},
		{"nobody answers", "fetch.failed", cairn.Unavailable, 1, nil},
		{"the anchor does not answer", "fetch.failed", cairn.Unavailable, 4, usual[:4]},
		{"no way to the anchor", "federation.no-anchor", cairn.Unavailable, 3, []link{usual[0], usual[1], {iss: district, sub: district, change: hints(college)}}},
		{"a chain that does not hold", "federation.expired", cairn.Invalid, 5, change(2, func(l *link) { l.change = func(c object) { c["exp"] = json.Number("1700000000") } })},
		{"an answer about another", "federation.entity", cairn.Invalid, 3, change(1, func(l *link) { l.change = func(c object) { c["sub"] = "x" } })},
		{"an answer by another", "federation.chain", cairn.Invalid, 3, change(1, func(l *link) { l.change = func(c object) { c["iss"] = other } })},
		{"what is there is of another", "federation.chain", cairn.Invalid, 1, change(0, func(l *link) { l.change = func(c object) { c["iss"], c["sub"] = other, other } })},
		{"what is there is not signed by itself", "federation.key", cairn.Invalid, 1, change(0, func(l *link) { l.by = other })},
		{"a superior without an endpoint", "federation.endpoint", cairn.Invalid, 2, change(3, func(l *link) { l.change = func(c object) { delete(c, "metadata") } })},
		{"an endpoint without encryption", "federation.endpoint", cairn.Invalid, 2, change(3, func(l *link) {
			l.change = func(c object) {
				c["metadata"] = object{"federation_entity": object{"federation_fetch_endpoint": "http://district.example/fetch"}}
			}
		})},
		{"more than may be asked", "federation.no-chain", cairn.Unavailable, 20, wide},
	} {
		w := newWorld(t, c.links...)
		r, err := federation.Resolve(t.Context(), college, []federation.Anchor{anchor(t, ministry)}, now, w.fetch)
		if cairn.CodeOf(err) != c.code || cairn.KindOf(err) != c.kind || (r == nil) != (err != nil) {
			t.Errorf("%s: %+v, %v (%s)", c.name, r, err, cairn.KindOf(err))
		}
		if len(w.asked) != c.asked || len(slices.Compact(slices.Sorted(slices.Values(w.asked)))) != len(w.asked) {
			t.Errorf("%s: asked %d times, want %d, each once: %s", c.name, len(w.asked), c.asked, strings.Join(w.asked, "\n"))
		}
	}
	w := newWorld(t, usual...)
	if _, err := federation.Resolve(t.Context(), college, nil, now, w.fetch); cairn.CodeOf(err) != "federation.no-anchor" || len(w.asked) != 0 {
		t.Errorf("without anchors: %v, asked %s", err, w.asked)
	}
	for _, id := range []string{"", "did:web:college.example", "http://college.example", "https://college.example/?x"} {
		if _, err := federation.Resolve(t.Context(), id, []federation.Anchor{anchor(t, ministry)}, now, w.fetch); cairn.CodeOf(err) != "federation.entity" || len(w.asked) != 0 {
			t.Errorf("%q: %v, asked %s", id, err, w.asked)
		}
	}
	if u := federation.ConfigurationURL(district + "/"); u != district+"/.well-known/openid-federation" {
		t.Error(u)
	}
}

func TestParseAnchors(t *testing.T) {
	file := func(entries ...object) []byte {
		list := []any{}
		for _, e := range entries {
			list = append(list, e)
		}
		b, err := jcs.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a := object{"id": ministry, "jwks": jwks(t, key(t, ministry, ""))}
	got, err := federation.ParseAnchors(file(a, object{"id": other, "jwks": jwks(t, key(t, other, ""), key(t, other, "new"))}))
	if err != nil || len(got) != 2 || got[0].ID != ministry || !got[0].Keys[0].Equal(key(t, ministry, "").PublicKey()) || len(got[1].Keys) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := federation.ParseAnchors([]byte("[]")); err != nil || len(got) != 0 {
		t.Errorf("none: %v, %v", got, err)
	}
	nameless, secret := jwks(t, key(t, ministry, "")), jwks(t, key(t, ministry, ""))
	delete(nameless["keys"].([]any)[0].(object), "kid")
	secret["keys"].([]any)[0].(object)["d"] = "AA"
	var many []object
	for i := range 51 {
		many = append(many, object{"id": fmt.Sprintf("https://a%d.example", i), "jwks": a["jwks"]})
	}
	for code, data := range map[string][]byte{
		"federation.anchors": file(a, a), "jose.key-set": file(object{"id": ministry}), "jose.private-key": file(object{"id": ministry, "jwks": secret}),
	} {
		if _, err := federation.ParseAnchors(data); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", data, err, code)
		}
	}
	for _, data := range [][]byte{file(object{"id": "did:web:ministry.example", "jwks": a["jwks"]}), file(object{"id": "http://ministry.example", "jwks": a["jwks"]}),
		file(object{"id": ministry, "jwks": object{"keys": []any{}}}), file(object{"id": ministry, "jwks": nameless}), file(many...)} {
		if _, err := federation.ParseAnchors(data); cairn.CodeOf(err) != "federation.anchors" {
			t.Errorf("%.200s: %v", data, err)
		}
	}
	for _, data := range []string{"", "{}", `[{"id":"https://a.example","jwks":{"keys":[]},"x":1}]`, `["x"]`} {
		if _, err := federation.ParseAnchors([]byte(data)); err == nil {
			t.Errorf("%s was accepted", data)
		}
	}
}

func FuzzParseAnchors(f *testing.F) {
	f.Add([]byte(`[{"id":"https://ministry.example","jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"}]}}]`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		list, err := federation.ParseAnchors(data)
		if err != nil {
			return
		}
		for _, a := range list {
			if a.ID == "" || len(a.Keys) == 0 {
				t.Fatalf("an anchor without name or keys from %s", data)
			}
		}
	}))
}

func tree(t testing.TB, text string) object {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func FuzzParse(f *testing.F) {
	for _, l := range with(nil, nil, func(c object) {
		c["metadata_policy"] = object{"x": object{"y": object{"value": "z", "essential": true}}}
		c["constraints"] = object{"max_path_length": json.Number("1"), "naming_constraints": object{"permitted": []any{".example"}}}
	}) {
		payload := claims(f, l.iss, l.sub)
		if l.change != nil {
			l.change(payload)
		}
		b, err := jcs.Marshal(payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	top, err := federation.Parse(link{iss: ministry, sub: district}.text(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, payload string) {
		text, err := jose.Sign(t.Context(), jose.Header{Type: "entity-statement+jwt", KeyID: district}, []byte(payload), key(t, district, ""))
		if err != nil {
			return
		}
		s, err := federation.Parse(text)
		if err != nil {
			return
		}
		if r, err := federation.Verify([]*federation.Statement{s, s, top}, college, []federation.Anchor{anchor(t, ministry)}, now); err == nil {
			t.Fatalf("%+v from a chain that is none", r)
		}
	}))
}
