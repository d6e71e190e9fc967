package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

// seal is the answer on the envelope that a document came out of.
type seal struct {
	proof    Finding
	how      signing
	securing Securing
	// holder is the answer on a proof of possession, when one was asked for.
	holder *Finding
	// status is the status claim of the token itself; nil when it has none.
	status any
}

// envelope is an envelope of any form that was read and not yet verified.
type envelope struct {
	form, algorithm, keyID string
	presentation           bool
	signer                 string         // issuer or holder
	document               map[string]any // not verified
	// key finds the signer's key in the signer's document.
	key func(*did.Document) (*jose.PublicKey, did.Method, error)
	// keyURL is where the key is when its name says so (Open Badges); empty otherwise.
	keyURL     string
	keyFromURL func([]byte) (*jose.PublicKey, error)
	open       func(*jose.PublicKey) (opened, error)
	selective  *vcjwt.Secured // for a proof of possession; nil for other forms
}

// opened is what the signature of an envelope was found to cover.
type opened struct {
	document map[string]any
	part     bool
	issued   time.Time                            // zero when it does not say
	period   func(time.Time, time.Duration) error // nil when the period is that of the document
	audience []string
	nonce    string
	status   any // a reference to a Token Status List, as JSON or CBOR; nil when there is none
}

// token judges a compact token: a credential or presentation in an envelope, or an
// SD-JWT VC.
func (c *check) token(ctx context.Context, text string) Report {
	if sdjwt.Is(text) {
		t, err := sdjwt.Parse(text)
		if err != nil {
			return c.unreadable(err)
		}
		if isSDJWTVC(t) {
			return c.typed(ctx, t)
		}
	}
	s, err := vcjwt.Read(text)
	if err != nil {
		return c.unreadable(err)
	}
	return c.enveloped(ctx, fromJOSE(s), 0)
}

// message judges an envelope in CBOR.
func (c *check) message(ctx context.Context, data []byte) Report {
	s, err := vccose.Read(data)
	if err != nil {
		return c.unreadable(err)
	}
	return c.enveloped(ctx, fromCOSE(s), 0)
}

// isEnveloped reports whether a document is one that carries an envelope.
func isEnveloped(tree map[string]any) bool {
	return hasType(tree, vcjwt.EnvelopedCredential) || hasType(tree, vcjwt.EnvelopedPresentation)
}

// carrier judges what is in the envelope that an object carries. Nothing of the
// object itself counts, and it may have nothing else in it (D23).
func (c *check) carrier(ctx context.Context, tree map[string]any, depth int) Report {
	e, err := carried(tree)
	if err != nil {
		return c.unreadable(err)
	}
	return c.enveloped(ctx, e, depth)
}

// carried reads the envelope that an object carries.
func carried(tree map[string]any) (envelope, error) {
	e, err := vcjwt.ReadEnvelope(tree)
	if err != nil {
		return envelope{}, err
	}
	if e.Bytes != nil {
		s, err := vccose.FromEnvelope(e)
		if err != nil {
			return envelope{}, err
		}
		return fromCOSE(s), nil
	}
	s, err := e.Read()
	if err != nil {
		return envelope{}, err
	}
	return fromJOSE(s), nil
}

func fromJOSE(s *vcjwt.Secured) envelope {
	e := envelope{form: string(s.Form), algorithm: string(s.Algorithm), keyID: s.KeyID, presentation: s.Form.IsPresentation(), signer: s.Issuer,
		document: s.Unverified(), key: s.KeyFromDocument, keyFromURL: s.KeyFromURL}
	if s.Form == vcjwt.OpenBadge {
		if u, err := s.KeyURL(); err == nil && u != s.Issuer {
			e.keyURL = u
		}
	}
	if s.Form == vcjwt.SelectiveCredential {
		e.selective = s
	}
	e.open = func(k *jose.PublicKey) (opened, error) {
		v, err := s.Verify(k)
		if err != nil {
			return opened{}, err
		}
		o := opened{document: v.Document, part: v.Withheld > 0, period: v.Period}
		if s.Form == vcjwt.OpenBadge {
			o.period = nil // exp and nbf are those of the badge (Open Badges 3.0, 8.2.5.1)
		}
		// Some issuers write a date as text into iat (see DIVERGENCES); it counts as absent.
		if t, ok, err := jose.Time(v.Claims, "iat"); err == nil && ok {
			o.issued = t
		}
		if o.audience, err = jose.Audience(v.Claims); err != nil {
			return opened{}, err
		}
		o.nonce, _ = v.Claims["nonce"].(string)
		// Other members of that name belong to the document.
		if status, ok := v.Document["status"].(map[string]any); ok && status["status_list"] != nil {
			o.status = status
		}
		return o, nil
	}
	return e
}

func fromCOSE(s *vccose.Secured) envelope {
	e := envelope{form: string(s.Form), algorithm: string(s.Algorithm), keyID: s.KeyID, presentation: s.Form == vccose.Presentation, signer: s.Issuer,
		document: s.Unverified(), key: s.KeyFromDocument}
	e.open = func(k *jose.PublicKey) (opened, error) {
		v, err := s.Verify(k)
		if err != nil {
			return opened{}, err
		}
		return opened{document: v.Document, period: v.Period, issued: v.Claims.IssuedAt, audience: v.Claims.Audience, nonce: v.Nonce(), status: v.Claims.Others[tokenstatus.ClaimStatus]}, nil
	}
	return e
}

// enveloped opens an envelope and judges the document in it.
func (c *check) enveloped(ctx context.Context, e envelope, depth int) Report {
	s := &seal{securing: Securing{Form: e.form, Algorithm: e.algorithm, Method: brief(e.keyID), Legacy: vc.IsVersion1(e.document)}}
	var o opened
	if kindOf(e.document) == KindPresentation != e.presentation {
		// A document of two kinds would be read as another than the one that was signed.
		return c.unreadable(&cairn.Error{Kind: cairn.Invalid, Code: "verify.two-kinds", Message: "a presentation stands in an envelope for a credential, or the other way round"})
	}
	var key *jose.PublicKey
	s.proof, o, key = c.open(ctx, e)
	s.how, s.status = signing{part: o.part}, o.status
	if e.selective != nil && depth == 0 {
		s.holder = c.possession(e.selective, key, s.proof.Outcome == Yes)
	}
	document := e.document
	if o.document != nil {
		document = o.document
	}
	return c.document(ctx, document, depth, s)
}

// open answers whether the signer of an envelope made it.
func (c *check) open(ctx context.Context, e envelope) (Finding, opened, *jose.PublicKey) {
	f := Finding{Axis: AxisProof, Outcome: No}
	fail := func(outcome Outcome, code string, err error) (Finding, opened, *jose.PublicKey) {
		f.Outcome, f.Code, f.Args = outcome, code, because(err, "signer", e.signer)
		return f, opened{}, nil
	}
	if e.signer == "" { // of a presentation; Read refuses a credential without issuer
		f.Code = "proof.no-holder"
		return f, opened{}, nil
	}
	key, m, outcome, code, err := c.envelopeKey(ctx, e, &f)
	if outcome != Yes {
		return fail(outcome, code, err)
	}
	o, err := e.open(key)
	if err != nil {
		return fail(No, tokenCode(err), err)
	}
	if outcome, code, err := c.tokenTimes(o, m); outcome != Yes {
		return fail(outcome, code, err)
	}
	if e.presentation {
		if c.options.Challenge != "" && o.nonce != c.options.Challenge {
			return fail(No, "proof.challenge", fmt.Errorf("it answers %.80q", o.nonce))
		}
		if c.options.Domain != "" && !slices.Equal(o.audience, []string{c.options.Domain}) {
			return fail(No, "proof.domain", fmt.Errorf("it is meant for %.80q", o.audience))
		}
	}
	f.Outcome, f.Code, f.Args = Yes, "proof.good", map[string]string{"signer": e.signer}
	return f, o, key
}

// envelopeKey finds the key that an envelope names, where its signer says it is.
func (c *check) envelopeKey(ctx context.Context, e envelope, f *Finding) (*jose.PublicKey, did.Method, Outcome, string, error) {
	if e.keyURL != "" {
		data, asOf, outcome, code, err := c.address(ctx, e.keyURL)
		f.AsOf, f.Source = asOf, e.keyURL
		if outcome != Yes {
			return nil, did.Method{}, outcome, code, err
		}
		key, err := e.keyFromURL(data)
		if err != nil {
			return nil, did.Method{}, Unknown, "proof.key-unavailable", err // what is there is no key, which says nothing of the signer
		}
		return key, did.Method{}, Yes, "", nil
	}
	r, outcome, code, err := c.signer(ctx, cairn.DID(e.signer))
	f.AsOf, f.Source = r.AsOf, r.Source
	if outcome != Yes {
		return nil, did.Method{}, outcome, code, err
	}
	key, m, err := e.key(r.Document)
	if err != nil {
		return nil, did.Method{}, No, "proof.not-the-signers-key", err
	}
	return key, m, Yes, "", nil
}

// tokenTimes judges when an envelope was made, until when it counts, and the life
// of its key.
func (c *check) tokenTimes(o opened, m did.Method) (Outcome, string, error) {
	if o.issued.After(c.now.Add(skew)) {
		return No, "proof.from-the-future", fmt.Errorf("made %s", vc.FormatTime(o.issued))
	}
	if o.period != nil {
		// The end is exact, as it is for proofs; the beginning may be early by a clock.
		err := o.period(c.now, 0)
		if isNotYet(err) {
			err = o.period(c.now.Add(skew), 0)
		}
		switch {
		case isNotYet(err):
			return No, "proof.not-yet", err
		case isEnd(err):
			return No, "proof.ended", err
		case err != nil:
			return No, "proof.malformed", err
		}
	}
	switch err := m.InLife(o.issued, c.latest); {
	case err == nil:
		return Yes, "", nil
	case cairn.CodeOf(err) == "did.key-ended":
		return No, "proof.key-ended", err
	default:
		return Unknown, "proof.key-revoked", err
	}
}

func isNotYet(err error) bool {
	code := cairn.CodeOf(err)
	return code == "jose.not-yet" || code == "cose.not-yet"
}

func isEnd(err error) bool {
	code := cairn.CodeOf(err)
	return code == "jose.expired" || code == "cose.expired"
}

// tokenCode says what is wrong with an envelope in the words of proofs.
func tokenCode(err error) string {
	switch cairn.CodeOf(err) {
	case "jose.signature", "cose.signature":
		return "proof.signature"
	case "jose.key-algorithm", "jose.key-use", "jose.algorithm", "cose.no-such-key":
		return "proof.method"
	}
	return "proof.malformed"
}

// possession answers whether whoever shows a selective credential holds the key
// that its issuer bound it to, when the caller asked for that. It returns nil when
// the caller did not ask.
func (c *check) possession(s *vcjwt.Secured, issuer *jose.PublicKey, genuine bool) *Finding {
	if c.options.Challenge == "" {
		return nil
	}
	key, kid, err := s.Confirmation()
	return c.bound(genuine, key, kid, err, func(q sdjwt.Challenge) error {
		_, err := s.VerifyBound(issuer, q)
		return err
	})
}

// maxBindingAge is how old a proof of possession may be: it is made when it is
// asked for. With the difference between two clocks added, one of ten minutes ago
// is too old.
const maxBindingAge = 4 * time.Minute

// bound answers the holder axis of a credential that is bound to a key.
func (c *check) bound(genuine bool, key *jose.PublicKey, kid string, err error, verify func(sdjwt.Challenge) error) *Finding {
	f := &Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-checked"}
	switch {
	case !genuine: // nobody is known to have signed whose it is
	case err == nil && key == nil && kid == "":
		f.Code = "holder.bearer"
	case c.options.Domain == "":
		f.Code = "holder.no-challenge" // a proof of possession is for one verifier (RFC 9901, section 4.3)
	default:
		q := sdjwt.Challenge{Audience: c.options.Domain, Nonce: c.options.Challenge, At: c.now, MaxAge: maxBindingAge, Leeway: skew}
		if key == nil && err == nil {
			if q.Holder, err = keyNamed(kid); q.Holder == nil {
				f.Code, f.Args = "holder.key-unknown", because(fmt.Errorf("%.80q: %w", kid, err))
				return f
			}
		}
		if err == nil {
			err = verify(q)
		}
		if err != nil {
			f.Outcome, f.Code, f.Args = No, "holder.not-bound", because(err)
			return f
		}
		f.Outcome, f.Code = Yes, "holder.bound"
	}
	return f
}

// keyNamed returns the key of a name that is a key itself.
func keyNamed(kid string) (*jose.PublicKey, error) {
	id, _, err := did.SplitKeyID(cairn.KeyID(kid))
	if err != nil {
		return nil, err
	}
	resolve := did.ResolveKey
	if did.MethodName(id) == "jwk" {
		resolve = did.ResolveJWK
	}
	doc, err := resolve(id)
	if err != nil {
		return nil, err
	}
	m, err := doc.Method(cairn.KeyID(kid), did.Authentication)
	if err != nil {
		return nil, err
	}
	return m.JOSE()
}
