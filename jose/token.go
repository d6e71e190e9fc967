package jose

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

// Header is what a token says of itself (RFC 7515, section 4). Of a token that
// was read it is a claim by whoever made the token.
type Header struct {
	Algorithm   Algorithm // set by Sign
	Type        string    // typ; which kind of token this is
	ContentType string    // cty
	KeyID       string    // kid
	// Key is the jwk member. Whoever made the token chose it: use it only for
	// what it proves, that the sender holds the key, or after comparing it.
	Key *PublicKey
	// Chain is x5c: certificates in DER, the signer's first. VerifyChain judges it.
	Chain [][]byte
	// Members holds every member as read. Sign writes those that have no field.
	Members map[string]any
}

// Token is a token that was read and not yet verified.
type Token struct {
	Header  Header
	Payload []byte

	signed    string // header and payload, encoded, as they were signed
	signature []byte
}

// Policy is what the caller knows of the tokens it expects, before it sees one.
type Policy struct {
	// Types are the accepted values of typ, without "application/"; "" stands for
	// a token without typ. An empty list accepts nothing: the kind of a token is
	// never left open, so that one kind can't pass for another (RFC 8725, 3.11).
	Types []string
	// RSA accepts RS256. It is for formats whose specification demands it.
	RSA bool
}

// Parse reads a compact JWS of at most limit bytes, MaxToken or MaxCredential for
// most. It checks the form and believes nothing: Token.Verify does. Refused are
// the forms of JWE, extensions (crit), an unencoded payload (b64), duplicate
// members and every second way of writing the same bytes.
func Parse(compact string, limit int) (*Token, error) {
	if len(compact) > limit {
		return nil, tooLarge("", len(compact), limit)
	}
	first := strings.IndexByte(compact, '.')
	if first < 0 {
		return nil, bad("jose.token", "", "this is not a signed token: it has three parts with dots between them")
	}
	second := strings.IndexByte(compact[first+1:], '.')
	if second < 0 || strings.IndexByte(compact[first+1+second+1:], '.') >= 0 {
		return nil, bad("jose.token", "", "this is not a signed token: it has three parts with dots between them")
	}
	second += first + 1
	header, err := DecodeBase64(compact[:first])
	if err != nil {
		return nil, err
	}
	t := &Token{signed: compact[:second]}
	if t.Header, err = readHeader(header); err != nil {
		return nil, err
	}
	if t.Payload, err = DecodeBase64(compact[first+1 : second]); err != nil {
		return nil, err
	}
	if t.signature, err = DecodeBase64(compact[second+1:]); err != nil {
		return nil, err
	}
	return t, nil
}

func readHeader(data []byte) (Header, error) {
	if len(data) > maxHeader {
		return Header{}, tooLarge("header", len(data), maxHeader)
	}
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxHeader, Depth: 10, Values: 1000})
	if err != nil {
		return Header{}, &cairn.Error{Kind: cairn.Invalid, Code: "jose.header", Message: "the header of the token can't be read", Err: err}
	}
	h := Header{Members: tree}
	var fault error
	text := func(name string) string {
		v, ok := tree[name]
		s, isText := v.(string)
		if ok && (!isText || s == "") && fault == nil {
			fault = bad("jose.header", name, "%s must be a text", name)
		}
		return s
	}
	h.Algorithm, h.Type, h.ContentType, h.KeyID = Algorithm(text("alg")), text("typ"), text("cty"), text("kid")
	if fault != nil {
		return Header{}, fault
	}
	if _, ok := tree["enc"]; ok {
		return Header{}, bad("jose.encrypted", "enc", "encrypted tokens are not read")
	}
	if _, ok := tree["zip"]; ok {
		return Header{}, bad("jose.encrypted", "zip", "compressed tokens are not read")
	}
	// Whoever writes crit demands that it is understood or the token refused
	// (RFC 7515, 4.1.11); we understand no extension.
	if _, ok := tree["crit"]; ok {
		return Header{}, bad("jose.critical", "crit", "the token demands an extension that is not understood")
	}
	if v, ok := tree["b64"]; ok && v != true { // RFC 7797, section 3: true is the default
		return Header{}, bad("jose.critical", "b64", "tokens with an unencoded payload are not read")
	}
	if h.Algorithm == "" {
		return Header{}, bad("jose.algorithm", "alg", "the token names no algorithm")
	}
	if v, ok := tree["jwk"]; ok {
		m, ok := v.(map[string]any)
		if !ok {
			return Header{}, bad("jose.header", "jwk", "jwk must be an object")
		}
		if h.Key, err = PublicKeyFromTree(m); err != nil && cairn.CodeOf(err) != "jose.key-type" {
			return Header{}, err
		}
	}
	if h.Chain, err = readChain(tree); err != nil {
		return Header{}, err
	}
	return h, nil
}

// Verify returns nil when the key made the token, with an accepted algorithm that
// fits the key, and the token is of an expected kind. Codes: jose.algorithm,
// jose.type, jose.key-algorithm, jose.key-use, jose.signature. Times, audience and
// who the key belongs to are for the caller.
func (t *Token) Verify(k *PublicKey, p Policy) error {
	if t == nil || k == nil {
		return bad("jose.no-such-key", "kid", "there is no key to check the token with")
	}
	if _, ok := algorithmOf(t.Header.Algorithm); !ok {
		return bad("jose.algorithm", "alg", "the algorithm %.40q is not accepted", t.Header.Algorithm)
	}
	if t.Header.Algorithm == RS256 && !p.RSA {
		return bad("jose.algorithm", "alg", "the algorithm RS256 is not accepted here")
	}
	if !t.Is(p.Types...) {
		return bad("jose.type", "typ", "the token is of type %.60q, which is not accepted here", t.Header.Type)
	}
	return k.Verify(t.Header.Algorithm, []byte(t.signed), t.signature)
}

// Is reports whether typ is one of these types. The prefix "application/" may be
// left out and case does not count (RFC 7515, 4.1.9); "" stands for no typ.
func (t *Token) Is(types ...string) bool {
	got := mediaType(t.Header.Type)
	return slices.ContainsFunc(types, func(want string) bool { return mediaType(want) == got })
}

func mediaType(s string) string {
	s = strings.ToLower(s)
	if rest, ok := strings.CutPrefix(s, "application/"); ok && rest != "" && !strings.Contains(rest, "/") {
		return rest
	}
	return s
}

// Claims reads the payload as an object, within strictjson.Default.
func (t *Token) Claims() (map[string]any, error) {
	claims, err := strictjson.ParseObject(t.Payload, strictjson.Default)
	if err != nil {
		kind := cairn.Invalid
		if cairn.KindOf(err) == cairn.TooLarge {
			kind = cairn.TooLarge
		}
		return nil, &cairn.Error{Kind: kind, Code: "jose.payload", Message: "the content of the token can't be read", Err: err}
	}
	return claims, nil
}

// Sign makes a compact JWS. The algorithm comes from the signer; h says the rest.
// A token needs a typ, as ours are never of an open kind; Members may add what
// has no field, but no extension that would be critical. The signature is checked
// before the token is returned.
func Sign(ctx context.Context, h Header, payload []byte, s Signer) (string, error) {
	alg, ok := algorithmOf(s.Algorithm())
	if !ok || alg.name == RS256 {
		return "", bad("jose.algorithm", "alg", "nothing is signed with %.40q", s.Algorithm())
	}
	tree := maps.Clone(h.Members)
	if tree == nil {
		tree = map[string]any{}
	}
	for _, name := range []string{"crit", "b64", "zip", "enc"} {
		if _, ok := tree[name]; ok {
			return "", bad("jose.header", name, "%s is not written", name)
		}
	}
	if h.Type == "" {
		return "", bad("jose.type", "typ", "the type of the token is missing")
	}
	tree["alg"], tree["typ"] = string(alg.name), h.Type
	for name, v := range map[string]string{"cty": h.ContentType, "kid": h.KeyID} {
		if v != "" {
			tree[name] = v
		}
	}
	if h.Key != nil {
		tree["jwk"] = h.Key.Tree()
	}
	if len(h.Chain) > 0 {
		tree["x5c"] = writeChain(h.Chain)
	}
	header, err := jcs.Marshal(tree)
	if err != nil {
		return "", err
	}
	if _, err := readHeader(header); err != nil {
		return "", err
	}
	signed := EncodeBase64(header) + "." + EncodeBase64(payload)
	signature, err := s.Sign(ctx, []byte(signed))
	if err != nil {
		return "", err
	}
	if err := s.PublicKey().Verify(alg.name, []byte(signed), signature); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "jose.signer-fault", Object: s.PublicKey().KeyID(),
			Message: "the signer returned a signature that does not verify", Hint: "check the key store; nothing was signed", Err: err}
	}
	return signed + "." + EncodeBase64(signature), nil
}
