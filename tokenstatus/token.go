package tokenstatus

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// The media types of a signed list (section 8.1).
const (
	MediaTypeJWT = "application/statuslist+jwt"
	MediaTypeCWT = "application/statuslist+cwt"
)

const (
	typeJWT = "statuslist+jwt"

	claimTTL  = int64(65534)
	claimList = int64(65533)

	maxTTL = 100 * 365 * 24 * time.Hour // beyond it, somebody made a mistake

	maxTime = 253402300799 // the end of the year 9999 in seconds since 1970
)

// Meta is what a signed list says of itself.
type Meta struct {
	URI            string // sub: its own address
	Issuer         string // iss; may be empty
	IssuedAt       time.Time
	Expires        time.Time     // zero when absent
	NotBefore      time.Time     // zero when absent
	TTL            time.Duration // how long it may be kept; zero when absent
	AggregationURI string        // where all lists of the issuer are named; may be empty
}

// Token is a signed list that was read and not yet verified. Its fields help to
// find the key; they are claims of whoever made it.
type Token struct {
	MediaType string
	KeyID     string   // kid; for a CWT its bytes
	Chain     [][]byte // x5c or x5chain: certificates in DER; may be empty
	Issuer    string   // iss; may be empty
	URI       string   // sub

	jwt  *jose.Token
	cwt  *cose.Message
	meta Meta
	bits int
	lst  []byte
}

// Verified is a list whose signature was found good.
type Verified struct {
	Meta
	List *List
}

// Parse reads a signed list of at most MaxToken bytes in either form, as the
// address of the list gives it. It checks the form and believes nothing, and
// unpacks nothing: Token.Verify does. Codes: tokenstatus.form, tokenstatus.claim,
// tokenstatus.bits, tokenstatus.too-large, and those of jose.Parse and cose.Parse.
func Parse(data []byte) (*Token, error) {
	if len(data) > MaxToken {
		return nil, tooLarge("", "the signed list is larger than 8 MiB")
	}
	if len(data) > 0 && data[0] >= 0x80 { // no base64url text begins so, and every COSE message does
		return parseCWT(data)
	}
	return parseJWT(string(bytes.TrimRight(data, "\r\n"))) // files and servers add line ends
}

func parseJWT(text string) (*Token, error) {
	jwt, err := jose.Parse(text, MaxToken)
	if err != nil {
		return nil, err
	}
	claims, err := strictjson.ParseObject(jwt.Payload, strictjson.Limits{Bytes: MaxToken, Depth: 16, Values: 1000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "tokenstatus.form", Message: "the content of the list can't be read", Err: err}
	}
	t := &Token{MediaType: MediaTypeJWT, KeyID: jwt.Header.KeyID, Chain: jwt.Header.Chain, jwt: jwt}
	m := &t.meta
	if m.Issuer, err = jose.Text(claims, "iss"); err != nil {
		return nil, err
	}
	if m.URI, err = jose.Text(claims, "sub"); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name string
		to   *time.Time
	}{{"iat", &m.IssuedAt}, {"exp", &m.Expires}, {"nbf", &m.NotBefore}} {
		if *c.to, _, err = jose.Time(claims, c.name); err != nil {
			return nil, err
		}
	}
	if v, ok := claims["ttl"]; ok {
		n, ok := v.(json.Number)
		seconds, err := n.Float64()
		if !ok || err != nil {
			return nil, badTTL()
		}
		if m.TTL, err = ttl(seconds); err != nil {
			return nil, err
		}
	}
	list, ok := claims["status_list"].(map[string]any)
	if !ok {
		return nil, bad("tokenstatus.claim", "status_list", "the list itself is missing")
	}
	n, _ := list["bits"].(json.Number)
	if t.bits, err = strconv.Atoi(n.String()); err != nil || strconv.Itoa(t.bits) != n.String() {
		return nil, checkBits(0)
	}
	packed, ok := list["lst"].(string)
	if !ok {
		return nil, bad("tokenstatus.claim", "status_list.lst", "the list itself is missing")
	}
	if t.lst, err = jose.DecodeBase64(packed); err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "tokenstatus.packing", Field: "lst", Message: "the list is not base64url", Err: err}
	}
	aggregation, present := list["aggregation_uri"]
	return t.finish(aggregation, present)
}

func parseCWT(data []byte) (*Token, error) {
	cwt, err := cose.Parse(data, MaxToken)
	if err != nil {
		return nil, err
	}
	if !cwt.Tagged || cwt.CWT { // section 5.2
		return nil, bad("tokenstatus.form", "", "a list in CBOR has the tag of COSE_Sign1 and not that of a CWT")
	}
	claims, err := strictcbor.ParseMap(cwt.Payload, strictcbor.Limits{Bytes: MaxToken, Depth: 16, Values: 1000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "tokenstatus.form", Message: "the content of the list can't be read", Err: err}
	}
	c, err := cose.ClaimsFromMap(claims)
	if err != nil {
		return nil, err
	}
	t := &Token{MediaType: MediaTypeCWT, KeyID: string(cwt.Header.KeyID), Chain: cwt.Header.Chain, cwt: cwt}
	t.meta = Meta{URI: c.Subject, Issuer: c.Issuer, IssuedAt: c.IssuedAt, Expires: c.Expires, NotBefore: c.NotBefore}
	if v, ok := claims[claimTTL]; ok {
		n, ok := v.(int64)
		if !ok {
			return nil, badTTL()
		}
		if t.meta.TTL, err = ttl(float64(n)); err != nil {
			return nil, err
		}
	}
	list, ok := claims[claimList].(strictcbor.Map)
	if !ok {
		return nil, bad("tokenstatus.claim", "status_list", "the list itself is missing")
	}
	bits, ok := list["bits"].(int64)
	if !ok || bits < 1 || bits > 8 {
		return nil, checkBits(0)
	}
	t.bits = int(bits)
	if t.lst, ok = list["lst"].([]byte); !ok {
		return nil, bad("tokenstatus.claim", "status_list.lst", "the list itself is missing")
	}
	aggregation, present := list["aggregation_uri"]
	return t.finish(aggregation, present)
}

// finish checks what both forms have in common.
func (t *Token) finish(aggregation any, present bool) (*Token, error) {
	if err := checkBits(t.bits); err != nil {
		return nil, err
	}
	if !vc.IsURL(t.meta.URI) || len(t.meta.URI) > maxURI {
		return nil, bad("tokenstatus.claim", "sub", "the list does not name its own address")
	}
	if t.meta.IssuedAt.IsZero() {
		return nil, bad("tokenstatus.claim", "iat", "the list does not say when it was issued")
	}
	if present {
		s, ok := aggregation.(string)
		if !ok || !vc.IsURL(s) || len(s) > maxURI {
			return nil, bad("tokenstatus.claim", "status_list.aggregation_uri", "aggregation_uri must be a URI")
		}
		t.meta.AggregationURI = s
	}
	t.Issuer, t.URI = t.meta.Issuer, t.meta.URI
	return t, nil
}

func badTTL() error {
	return bad("tokenstatus.claim", "ttl", "ttl must be a positive number of seconds")
}

func ttl(seconds float64) (time.Duration, error) {
	if math.IsNaN(seconds) || seconds <= 0 || seconds > maxTTL.Seconds() {
		return 0, badTTL()
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Verify returns the list when the key made it. Codes: those of jose.Token.Verify
// and cose.Message.Verify, and of Unpack.
func (t *Token) Verify(k *jose.PublicKey) (*Verified, error) {
	var err error
	if t.jwt != nil {
		err = t.jwt.Verify(k, jose.Policy{Types: []string{typeJWT}})
	} else {
		err = t.cwt.Verify(k, cose.Policy{Types: []string{MediaTypeCWT}})
	}
	if err != nil {
		return nil, err
	}
	l, err := Unpack(t.lst, t.bits)
	if err != nil {
		return nil, err
	}
	return &Verified{Meta: t.meta, List: l}, nil
}

// Lookup returns the status of a token at a time, when the list is the one that
// the token refers to and speaks of that time. Codes: tokenstatus.other-list,
// tokenstatus.expired, tokenstatus.not-yet and tokenstatus.range; with each of
// them the status is not known.
func (v *Verified) Lookup(r Reference, at time.Time, leeway time.Duration) (Status, error) {
	if r.URI != v.URI { // section 8.3, step 4a
		return 0, bad("tokenstatus.other-list", "sub", "the list is not the one that the token refers to")
	}
	if !v.Expires.IsZero() && !at.Add(-leeway).Before(v.Expires) {
		return 0, bad("tokenstatus.expired", "exp", "the list ended at %s", v.Expires.Format(time.RFC3339))
	}
	if at.Add(leeway).Before(v.IssuedAt) || at.Add(leeway).Before(v.NotBefore) {
		return 0, bad("tokenstatus.not-yet", "iat", "the list is of a later time, %s", v.IssuedAt.Format(time.RFC3339))
	}
	return v.List.Get(r.Index)
}

// check is for what is to be published.
func (m Meta) check() error {
	if !vc.IsURL(m.URI) || len(m.URI) > maxURI {
		return bad("tokenstatus.claim", "sub", "the list does not name its own address")
	}
	if m.IssuedAt.IsZero() {
		return bad("tokenstatus.claim", "iat", "the list does not say when it was issued")
	}
	for _, at := range []time.Time{m.IssuedAt, m.Expires, m.NotBefore} {
		if !at.IsZero() && (at.Unix() < 0 || at.Unix() > maxTime) {
			return bad("tokenstatus.claim", "", "a time of the list is out of range")
		}
	}
	if m.TTL < 0 || m.TTL > maxTTL || m.TTL%time.Second != 0 {
		return bad("tokenstatus.claim", "ttl", "ttl must be a positive number of whole seconds")
	}
	if m.AggregationURI != "" && !vc.IsURL(m.AggregationURI) {
		return bad("tokenstatus.claim", "status_list.aggregation_uri", "aggregation_uri must be a URI")
	}
	return nil
}

// SignJWT publishes a list as a JWT (section 5.1). The chain, the signer's
// certificate first, may be empty; profiles such as HAIP demand one.
func SignJWT(ctx context.Context, m Meta, l *List, chain [][]byte, s jose.Signer) (string, error) {
	if err := m.check(); err != nil {
		return "", err
	}
	packed, err := l.Pack()
	if err != nil {
		return "", err
	}
	list := map[string]any{"bits": number(int64(l.bits)), "lst": jose.EncodeBase64(packed)}
	if m.AggregationURI != "" {
		list["aggregation_uri"] = m.AggregationURI
	}
	claims := map[string]any{"sub": m.URI, "iat": number(m.IssuedAt.Unix()), "status_list": list}
	if m.Issuer != "" {
		claims["iss"] = m.Issuer
	}
	if !m.Expires.IsZero() {
		claims["exp"] = number(m.Expires.Unix())
	}
	if !m.NotBefore.IsZero() {
		claims["nbf"] = number(m.NotBefore.Unix())
	}
	if m.TTL > 0 {
		claims["ttl"] = number(int64(m.TTL / time.Second))
	}
	payload, err := jcs.Marshal(claims)
	if err != nil {
		return "", err
	}
	return jose.Sign(ctx, jose.Header{Type: typeJWT, KeyID: s.PublicKey().KeyID(), Chain: chain}, payload, s)
}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

// SignCWT is SignJWT in CBOR (section 5.2).
func SignCWT(ctx context.Context, m Meta, l *List, chain [][]byte, s jose.Signer) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	packed, err := l.Pack()
	if err != nil {
		return nil, err
	}
	list := strictcbor.Map{"bits": int64(l.bits), "lst": packed}
	if m.AggregationURI != "" {
		list["aggregation_uri"] = m.AggregationURI
	}
	claims := cose.Claims{Issuer: m.Issuer, Subject: m.URI, IssuedAt: m.IssuedAt, Expires: m.Expires, NotBefore: m.NotBefore,
		Others: strictcbor.Map{claimList: list}}
	if m.TTL > 0 {
		claims.Others[claimTTL] = int64(m.TTL / time.Second)
	}
	payload, err := claims.Marshal()
	if err != nil {
		return nil, err
	}
	return cose.Sign(ctx, cose.Header{Type: MediaTypeCWT, KeyID: []byte(s.PublicKey().KeyID()), Chain: chain}, payload, s)
}
