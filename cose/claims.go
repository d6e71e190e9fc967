package cose

import (
	"maps"
	"math"
	"time"

	"cairn.example/strictcbor"
)

// maxTime is the end of the year 9999 in seconds since 1970.
const maxTime = 253402300799

// The registered claims (RFC 8392, section 4).
const (
	claimIssuer    = int64(1)
	claimSubject   = int64(2)
	claimAudience  = int64(3)
	claimExpires   = int64(4)
	claimNotBefore = int64(5)
	claimIssuedAt  = int64(6)
	claimID        = int64(7)
)

// Claims are those of a CWT (RFC 8392, section 3.1). Every field may be empty.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string
	Expires   time.Time // exp; zero when absent
	NotBefore time.Time // nbf
	IssuedAt  time.Time // iat
	ID        []byte    // cti
	Others    strictcbor.Map
}

// ReadClaims reads the payload of a CWT, within strictcbor.Default. It looks at no
// clock: Period does.
func ReadClaims(payload []byte) (Claims, error) {
	m, err := strictcbor.ParseMap(payload, strictcbor.Default)
	if err != nil {
		return Claims{}, wrap("cose.claims", "the content of the message can't be read as claims", err)
	}
	return ClaimsFromMap(m)
}

// ClaimsFromMap reads claims that stand in a map. An empty text, a time that is no
// number, negative or after the year 9999 is refused with the code cose.claims.
func ClaimsFromMap(m strictcbor.Map) (Claims, error) {
	c := Claims{Others: maps.Clone(m)}
	for k := claimIssuer; k <= claimID; k++ { // in order, so that one mistake always gives one error
		v, ok := m[k]
		if !ok {
			continue
		}
		delete(c.Others, k)
		var name string
		switch k {
		case claimIssuer:
			name = "iss"
			c.Issuer, ok = v.(string)
			ok = ok && c.Issuer != ""
		case claimSubject:
			name = "sub"
			c.Subject, ok = v.(string)
			ok = ok && c.Subject != ""
		case claimAudience:
			name = "aud"
			c.Audience, ok = texts(v)
		case claimExpires:
			name = "exp"
			c.Expires, ok = numericDate(v)
		case claimNotBefore:
			name = "nbf"
			c.NotBefore, ok = numericDate(v)
		case claimIssuedAt:
			name = "iat"
			c.IssuedAt, ok = numericDate(v)
		case claimID:
			name = "cti"
			c.ID, ok = v.([]byte)
			ok = ok && len(c.ID) > 0
		}
		if !ok {
			return Claims{}, bad("cose.claims", name, "%s is not of the form that it must have", name)
		}
	}
	return c, nil
}

// texts reads a text or a list of texts (RFC 8392, section 3.1.3).
func texts(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || s == "" {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}

// numericDate reads seconds since 1970, with a fraction if need be (RFC 8392,
// section 2).
func numericDate(v any) (time.Time, bool) {
	switch n := v.(type) {
	case int64:
		return time.Unix(n, 0).UTC(), n >= 0 && n <= maxTime
	case float64:
		whole, fraction := math.Modf(n)
		return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), n >= 0 && n <= maxTime
	}
	return time.Time{}, false
}

// Map returns the claims as a map, times in whole seconds. It refuses a claim in
// Others that has a field.
func (c Claims) Map() (strictcbor.Map, error) {
	m := maps.Clone(c.Others)
	if m == nil {
		m = strictcbor.Map{}
	}
	for k := claimIssuer; k <= claimID; k++ {
		if _, ok := m[k]; ok {
			return nil, bad("cose.claims", "", "the claim %d has a field of its own", k)
		}
	}
	for k, s := range map[int64]string{claimIssuer: c.Issuer, claimSubject: c.Subject} {
		if s != "" {
			m[k] = s
		}
	}
	switch len(c.Audience) {
	case 0:
	case 1:
		m[claimAudience] = c.Audience[0]
	default:
		list := []any{}
		for _, a := range c.Audience {
			list = append(list, a)
		}
		m[claimAudience] = list
	}
	for k, t := range map[int64]time.Time{claimExpires: c.Expires, claimNotBefore: c.NotBefore, claimIssuedAt: c.IssuedAt} {
		if !t.IsZero() {
			m[k] = t.Unix()
		}
	}
	if len(c.ID) > 0 {
		m[claimID] = c.ID
	}
	if _, err := ClaimsFromMap(m); err != nil {
		return nil, err
	}
	return m, nil
}

// Marshal writes the claims as the payload of a CWT.
func (c Claims) Marshal() ([]byte, error) {
	m, err := c.Map()
	if err != nil {
		return nil, err
	}
	return strictcbor.Marshal(m)
}

// Period checks exp and nbf at a time, with an allowance for clocks that differ.
// Codes: cose.expired and cose.not-yet. Claims without them are always good.
func (c Claims) Period(at time.Time, leeway time.Duration) error {
	if !c.NotBefore.IsZero() && at.Add(leeway).Before(c.NotBefore) {
		return bad("cose.not-yet", "nbf", "it is not valid before %s", c.NotBefore.Format(time.RFC3339))
	}
	if !c.Expires.IsZero() && !at.Add(-leeway).Before(c.Expires) { // RFC 7519, 4.1.4: on or after
		return bad("cose.expired", "exp", "it was valid until %s", c.Expires.Format(time.RFC3339))
	}
	return nil
}
