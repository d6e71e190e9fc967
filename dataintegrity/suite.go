package dataintegrity

import (
	"crypto"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/rdfc"
)

// The names that a proof carries.
const (
	ProofType     = "DataIntegrityProof"
	EdDSARDFC2022 = "eddsa-rdfc-2022"
	EdDSAJCS2022  = "eddsa-jcs-2022"
	ECDSARDFC2019 = "ecdsa-rdfc-2019"
	ECDSAJCS2019  = "ecdsa-jcs-2019"
	BBS2023       = "bbs-2023"
	ECDSASD2023   = "ecdsa-sd-2023"
)

// Ed25519Signature2020 is the type of the proofs that came before cryptosuites had
// names (vc-di-eddsa, appendix A): eddsa-rdfc-2022 but for the name. They are
// checked and not made. The document needs the context that defines the type.
const Ed25519Signature2020 = "Ed25519Signature2020"

// A suite is one way to make and check proofs.
type suite struct {
	proofType, name string
	// ownContext says that a proof may have an @context. In the JCS suites it says
	// under which contexts the document was signed.
	ownContext bool
	// chained says that a proof may have previous ones.
	chained bool
	// partial says that the holder may show a part of what was signed.
	partial bool
	// legacy says that the suite is only read, for what people hold already.
	legacy bool
	// verify checks a proof of the suite.
	verify func(in signed) error
	// sign makes the value of a proof; nil when proofs are not made so, or not here.
	sign func(in unsigned) ([]byte, error)
}

// suites is the table of what we know. A proof of another kind is unsupported,
// never good.
var suites = []suite{
	{proofType: ProofType, name: EdDSARDFC2022, chained: true, verify: eddsaRDFC.verify, sign: eddsaRDFC.sign},
	{proofType: ProofType, name: EdDSAJCS2022, chained: true, ownContext: true, verify: eddsaJCS.verify, sign: eddsaJCS.sign},
	{proofType: ProofType, name: ECDSARDFC2019, chained: true, verify: ecdsaRDFC.verify, sign: ecdsaRDFC.sign},
	{proofType: ProofType, name: ECDSAJCS2019, chained: true, ownContext: true, verify: ecdsaJCS.verify, sign: ecdsaJCS.sign},
	{proofType: ProofType, name: BBS2023, partial: true, verify: verifyBBS},
	{proofType: ProofType, name: ECDSASD2023, partial: true, verify: verifySD},
	{proofType: Ed25519Signature2020, legacy: true, ownContext: true, verify: verifyLegacy},
}

func suiteOf(proofType, name string) (suite, error) {
	for _, s := range suites {
		if s.proofType == proofType && s.name == name {
			return s, nil
		}
	}
	return suite{}, bad("proof.unsupported", "proof.cryptosuite", "proofs of type %.60q with %.60q are not supported", proofType, name)
}

// Supported says whether Verify can check proofs of this type and cryptosuite.
func Supported(p Proof) bool {
	_, err := suiteOf(p.Type, p.Cryptosuite)
	return err == nil
}

// Partial says whether the document may be a part of what was signed: then nothing
// can be concluded from what it does not say.
func (p Proof) Partial() bool {
	s, err := suiteOf(p.Type, p.Cryptosuite)
	return err == nil && s.partial
}

// Legacy says whether the proof is of a suite that is only read: the report should
// name it so, since issuers should move on.
func (p Proof) Legacy() bool {
	s, err := suiteOf(p.Type, p.Cryptosuite)
	return err == nil && s.legacy
}

// unsigned is what a suite signs.
type unsigned struct {
	doc, options map[string]any
	key          *jose.PublicKey
}

// hashed is a suite that signs the hash of the options and the hash of the
// document, each in a canonical form. The hash goes with the key.
type hashed struct {
	keys []jose.Algorithm
	json bool // the form is that of JSON, not of RDF
}

var (
	eddsaRDFC = hashed{keys: []jose.Algorithm{jose.EdDSA}}
	eddsaJCS  = hashed{keys: []jose.Algorithm{jose.EdDSA}, json: true}
	ecdsaRDFC = hashed{keys: []jose.Algorithm{jose.ES256, jose.ES384}}
	ecdsaJCS  = hashed{keys: []jose.Algorithm{jose.ES256, jose.ES384}, json: true}
)

// legacyContext defines the words of Ed25519Signature2020.
const legacyContext = "https://w3id.org/security/suites/ed25519-2020/v1"

// verifyLegacy checks a proof with Ed25519Signature2020. The libraries of Spruce,
// which LearnCard uses, put its context into the proof instead of the document, and
// read the options under the contexts of both. No other context is taken there.
func verifyLegacy(in signed) error {
	c, own := in.options["@context"]
	if !own {
		return eddsaRDFC.verify(in)
	}
	around := listOf(in.doc["@context"])
	if list := listOf(c); len(list) != 1 || list[0] != legacyContext || slices.Contains(around, any(legacyContext)) {
		return bad("proof.context", "proof.@context", "a proof of this kind has no context but %s, and that only where the document lacks it", legacyContext)
	}
	in.optionsContext = append(slices.Clone(around), legacyContext)
	return eddsaRDFC.verify(in)
}

func formRDF(doc map[string]any, h crypto.Hash) ([]byte, error) {
	if h == crypto.SHA384 {
		return rdfc.Canonical384(doc)
	}
	return rdfc.Canonical(doc)
}

// formJSON refuses numbers that are not exact, because a reader who keeps all
// digits would see what nobody signed.
func formJSON(doc map[string]any) ([]byte, error) {
	if err := jcs.Exact(doc); err != nil {
		return nil, err
	}
	return jcs.Marshal(doc)
}

// algorithm finds what to do with a key of one of the kinds that keys allow.
func algorithm(k *jose.PublicKey, keys []jose.Algorithm) (jose.Algorithm, error) {
	alg := k.Algorithm()
	if alg == jose.Ed25519 {
		alg = jose.EdDSA // another name of the same
	}
	if !slices.Contains(keys, alg) {
		return "", bad("proof.method", "proof.verificationMethod", "the key is not of a kind that this cryptosuite signs with")
	}
	return alg, nil
}

func hashOf(alg jose.Algorithm) crypto.Hash {
	if alg == jose.ES384 {
		return crypto.SHA384
	}
	return crypto.SHA256
}

func (s hashed) verify(in signed) error {
	k, alg, err := keyOf(in.method, s.keys)
	if err != nil {
		return err
	}
	signature, err := decodeSignature(in.value, alg)
	if err != nil {
		return err
	}
	around := in.doc["@context"]
	if in.optionsContext != nil {
		around = in.optionsContext
	}
	message, err := s.message(in.doc, in.options, around, hashOf(alg), in.hashRDF)
	if err != nil {
		return err
	}
	return verifySignature(k, alg, message, signature)
}

func (s hashed) sign(in unsigned) ([]byte, error) {
	alg, err := algorithm(in.key, s.keys)
	if err != nil {
		return nil, err
	}
	once := signed{doc: in.doc, checker: NewChecker(in.doc)}
	return s.message(in.doc, in.options, in.doc["@context"], hashOf(alg), once.hashRDF)
}

// message is the transformation and hashing of these suites (vc-di-eddsa, sections
// 3.2.3 to 3.2.5 and 3.3.3 to 3.3.5; vc-di-ecdsa, the same of 3.2 and 3.3). For RDF
// the options take the contexts around them, usually the document's, and hashRDF
// hashes the document. For JSON the document takes the @context of the options, which must be its own or
// the beginning of it.
func (s hashed) message(doc, options map[string]any, around any, h crypto.Hash, hashRDF func(crypto.Hash) ([]byte, error)) ([]byte, error) {
	if !s.json {
		config, err := formRDF(withContext(around, options), h)
		if err != nil {
			return nil, err
		}
		document, err := hashRDF(h)
		return append(sum(h, config), document...), err
	}
	if c, ok := options["@context"]; ok {
		if !begins(doc["@context"], c) {
			return nil, bad("proof.context", "proof.@context", "the document does not begin with the contexts under which it was signed")
		}
		doc = maps.Clone(doc)
		doc["@context"] = c
	}
	config, err := formJSON(options)
	if err != nil {
		return nil, err
	}
	document, err := formJSON(doc)
	return append(sum(h, config), sum(h, document)...), err
}

// withContext gives the options of a proof their contexts, such as those of the
// document; nil stands for none.
func withContext(contexts any, options map[string]any) map[string]any {
	out := maps.Clone(options)
	if contexts != nil {
		out["@context"] = contexts
	}
	return out
}

func sum(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}

// begins says whether the contexts in all begin with those in first, in order.
func begins(all, first any) bool {
	a, f := listOf(all), listOf(first)
	return len(f) > 0 && len(f) <= len(a) && reflect.DeepEqual(a[:len(f)], f)
}

func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// keyOf returns the key of a method, if the suite can use it.
func keyOf(m did.Method, keys []jose.Algorithm) (*jose.PublicKey, jose.Algorithm, error) {
	k, err := m.JOSE()
	if err != nil {
		return nil, "", &cairn.Error{Kind: cairn.Invalid, Code: "proof.method", Field: "proof.verificationMethod", Message: "the key can't be used", Err: err}
	}
	alg, err := algorithm(k, keys)
	return k, alg, err
}

// signatureSize is the length of a signature: for ECDSA r and s side by side.
func signatureSize(alg jose.Algorithm) int {
	if alg == jose.ES384 {
		return 96
	}
	return 64
}

// maxSignature bounds the text of a signature; 96 bytes make 133 characters.
const maxSignature = 140

// decodeSignature reads a signature in base58btc multibase, in its only form.
func decodeSignature(value string, alg jose.Algorithm) ([]byte, error) {
	encoded, ok := strings.CutPrefix(value, "z")
	if !ok || len(value) > maxSignature {
		return nil, bad("proof.value", "proof.proofValue", "the signature is not in base58btc multibase form")
	}
	signature, err := base58.Decode(encoded)
	if err != nil || len(signature) != signatureSize(alg) || "z"+base58.Encode(signature) != value {
		return nil, bad("proof.value", "proof.proofValue", "this is not a signature of the kind of its key (%s)", alg)
	}
	return signature, nil
}

func verifySignature(k *jose.PublicKey, alg jose.Algorithm, message, signature []byte) error {
	err := k.Verify(alg, message, signature)
	switch cairn.CodeOf(err) {
	case "":
		return err
	case "jose.signature":
		return bad("proof.signature", "proof.proofValue", "the signature does not fit: the document was changed after it was signed, or another key signed it")
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "proof.method", Field: "proof.verificationMethod", Message: "the key is not meant for this", Err: err}
}
