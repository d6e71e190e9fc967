package federation

import (
	"slices"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
)

// statementType is the typ of every statement (section 3).
const statementType = "entity-statement+jwt"

// A Statement is what one entity says of another, or of itself (section 3): read,
// and not verified.
type Statement struct {
	Issuer, Subject string
	Expires         time.Time
	Keys            jose.KeySet // of the subject, for statements
	Superiors       []string    // authority_hints; of a statement about itself only
	// FetchEndpoint is where the subject answers what it says of others; it may be
	// empty. Of a statement about itself only.
	FetchEndpoint string

	issued      time.Time
	token       *jose.Token
	metadata    map[string]map[string]any // by entity type
	policy      policy
	constraints constraints
}

// ownClaims and superiorClaims may stand only in statements about oneself, and in
// those about others; neverClaims belong to registrations, which are something else.
var (
	ownClaims      = []string{"authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners"}
	superiorClaims = []string{"constraints", "metadata_policy", "metadata_policy_crit", "source_endpoint"}
	neverClaims    = []string{"aud", "trust_anchor"}
)

// Parse reads a statement and checks its form (section 3.2). Whether it is true is
// for Verify.
func Parse(compact string) (*Statement, error) {
	token, err := jose.Parse(compact, jose.MaxToken)
	if err != nil {
		return nil, err
	}
	if !token.Is(statementType) {
		return nil, bad("federation.type", "", "the token is no statement of a federation")
	}
	claims, err := token.Claims()
	if err != nil {
		return nil, err
	}
	s := &Statement{token: token}
	for name, to := range map[string]*string{"iss": &s.Issuer, "sub": &s.Subject} {
		*to, _ = claims[name].(string)
		if id, err := did.ParseIdentifier(*to); err != nil || did.MethodName(id) != "https" {
			return nil, bad("federation.entity", *to, "%s is not an https address that names an entity", name)
		}
	}
	for name, to := range map[string]*time.Time{"iat": &s.issued, "exp": &s.Expires} {
		t, ok, err := jose.Time(claims, name)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, bad("federation.claim", s.Subject, "the statement has no %s", name)
		}
		*to = t
	}
	// No claims beside those of the specification are understood, which must not be
	// named here (section 13.4).
	if crit, ok := claims["crit"]; ok {
		return nil, bad("federation.critical", s.Subject, "the statement has claims that must be understood and are not: %.200q", crit)
	}
	misplaced := append(slices.Clone(neverClaims), superiorClaims...)
	if s.Issuer != s.Subject {
		misplaced = append(slices.Clone(neverClaims), ownClaims...)
	}
	for _, name := range misplaced {
		if _, ok := claims[name]; ok {
			return nil, bad("federation.claim", s.Subject, "a statement by %s has no claim %s", s.Issuer, name)
		}
	}
	return s, s.read(claims)
}

// read reads the claims that are objects and lists.
func (s *Statement) read(claims map[string]any) error {
	tree, ok := claims["jwks"].(map[string]any)
	if !ok {
		return bad("federation.claim", s.Subject, "the statement has no jwks")
	}
	var err error
	if s.Keys, err = jose.KeySetFromTree(tree); err != nil {
		return err
	}
	for _, k := range s.Keys { // that no two are equal was checked
		if k.KeyID() == "" {
			return bad("federation.claim", s.Subject, "a key in jwks has no kid")
		}
	}
	if v, ok := claims["authority_hints"]; ok {
		if s.Superiors, err = names(v, maxSuperiors); err != nil || len(s.Superiors) == 0 {
			return bad("federation.claim", s.Subject, "authority_hints is not a list of at most %d names", maxSuperiors)
		}
	}
	if s.metadata, err = readMetadata(claims["metadata"]); err != nil {
		return err
	}
	if s.Issuer == s.Subject {
		s.FetchEndpoint, _ = s.metadata["federation_entity"]["federation_fetch_endpoint"].(string)
	}
	if v, ok := claims["metadata_policy_crit"]; ok { // the standard operators must not be named
		return bad("federation.critical", s.Subject, "the policy has operators that must be understood and are not: %.200q", v)
	}
	if s.policy, err = readPolicy(claims["metadata_policy"]); err != nil {
		return err
	}
	s.constraints, err = readConstraints(claims["constraints"])
	return err
}

// names reads a list of different texts that are not empty.
func names(v any, limit int) ([]string, error) {
	list, ok := v.([]any)
	if !ok || len(list) > limit {
		return nil, bad("federation.claim", "", "this is not a list of at most %d names", limit)
	}
	out := []string{}
	for _, e := range list {
		s, _ := e.(string)
		if s == "" || slices.Contains(out, s) {
			return nil, bad("federation.claim", "", "this is not a list of different names")
		}
		out = append(out, s)
	}
	return out, nil
}

// readMetadata reads metadata: by entity type, parameters that are not null.
func readMetadata(v any) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	if v == nil {
		return out, nil
	}
	types, ok := v.(map[string]any)
	if !ok || len(types) > maxTypes {
		return nil, bad("federation.metadata", "", "metadata is not an object of at most %d entity types", maxTypes)
	}
	for name, v := range types {
		params, ok := v.(map[string]any)
		if !ok || len(params) > maxParameters {
			return nil, bad("federation.metadata", name, "the metadata of a type is not an object of at most %d parameters", maxParameters)
		}
		for p, v := range params {
			if v == nil {
				return nil, bad("federation.metadata", p, "a parameter is null")
			}
		}
		out[name] = params
	}
	return out, nil
}

// signedBy checks that one of the keys made the statement: the one that it names.
func (s *Statement) signedBy(keys jose.KeySet) error {
	kid := s.token.Header.KeyID
	if kid == "" {
		return bad("federation.key", s.Subject, "the statement by %s does not name its key", s.Issuer)
	}
	key, err := keys.Find(kid)
	if err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: "federation.key", Object: s.Subject, Message: "the statement by " + s.Issuer + " is signed with a key that it does not have", Err: err}
	}
	// RS256 because section 3 asks for it.
	if err := s.token.Verify(key, jose.Policy{Types: []string{statementType}, RSA: true}); err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: "federation.signature", Object: s.Subject, Message: "the statement by " + s.Issuer + " is not signed as it must be", Err: err}
	}
	return nil
}
