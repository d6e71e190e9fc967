package dataintegrity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"strconv"
	"strings"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/did"
	"cairn.example/rdfc"
)

// With bbs-2023 the holder shows a part of what was signed, each time with another
// proof, so that two verifiers can't tell by the proofs that they saw the same
// credential (W3C vc-di-bbs, Candidate Recommendation of 4 April 2024).

// BBSSigner signs with a BBS key: cairn.Signer for keys of this kind.
type BBSSigner interface {
	KeyID() cairn.KeyID
	PublicKey() *bbs.PublicKey
	SignBBS(ctx context.Context, header []byte, messages [][]byte) ([]byte, error)
}

// SignBBS returns a copy of doc with a base proof, which is for the holder alone:
// it holds everything that Derive needs. The JSON pointers in mandatory select
// what the holder must always show, in the order in which the holder will see
// them; issuer, validity and status belong there. random is a source such as
// crypto/rand.Reader. o.Created may be zero, and should be, since the time of
// signing is shown always and tells credentials apart; o.Cryptosuite is not read.
func SignBBS(ctx context.Context, random io.Reader, doc map[string]any, o Options, mandatory []string, s BBSSigner) (map[string]any, error) {
	if _, ok := doc["proof"]; ok {
		return nil, bad("proof.already-signed", "proof", "the document already has a proof")
	}
	if len(o.Previous) > 0 {
		return nil, bad("proof.chain", "proof.previousProof", "a proof of this cryptosuite can't be part of a chain")
	}
	o.Cryptosuite = BBS2023
	proof, err := o.tree(s.KeyID())
	if err != nil {
		return nil, err
	}
	key := make([]byte, hmacKeySize)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.random", Message: "there is no randomness", Err: err}
	}
	_, header, messages, err := bbsMessages(doc, proof, key, mandatory, nil)
	if err != nil {
		return nil, err
	}
	signature, err := s.SignBBS(ctx, header, messages)
	if err != nil {
		return nil, err
	}
	if err := bbs.Verify(s.PublicKey(), signature, header, messages); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.signer-fault", Object: string(s.KeyID()), Err: err,
			Message: "the signer returned a signature that does not verify", Hint: "check the key store; nothing was signed"}
	}
	value := bbsBaseValue{signature: signature, header: header, publicKey: s.PublicKey().Bytes(), hmacKey: key, mandatory: mandatory}
	if proof["proofValue"], err = value.write(); err != nil {
		return nil, err
	}
	out := maps.Clone(doc)
	out["proof"] = proof
	return out, nil
}

// bbsMessages is the transformation and hashing of the suite (vc-di-bbs, sections
// 3.4.2 to 3.4.4). doc has no proof, and options no proofValue.
func bbsMessages(doc, options map[string]any, hmacKey []byte, mandatory, selective []string) (d *disclosure, header []byte, messages [][]byte, err error) {
	d, err = group(doc, func(canonical []string) map[string]string { return shuffledLabels(hmacKey, canonical) }, mandatory, selective)
	if err != nil {
		return nil, nil, nil, err
	}
	shown, rest := split(d.statements.Lines, d.mandatory)
	config, err := hashOptions(doc, options)
	if err != nil {
		return nil, nil, nil, err
	}
	return d, append(config, hashLines(shown)...), octets(rest), nil
}

// hashOptions hashes the canonical form of a proof without its value, which takes
// the document's @context.
func hashOptions(doc, options map[string]any) ([]byte, error) {
	canonical, err := rdfc.Canonical(withContext(doc["@context"], options))
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256(canonical)
	return h[:], nil
}

func octets(lines []string) [][]byte {
	out := make([][]byte, len(lines))
	for i, l := range lines {
		out[i] = []byte(l)
	}
	return out
}

// unsecured takes a document and one of its proofs apart.
func unsecured(doc map[string]any, p Proof) (plain, options map[string]any, value string) {
	plain, options = maps.Clone(doc), maps.Clone(p.tree)
	delete(plain, "proof")
	delete(options, "proofValue")
	value, _ = p.tree["proofValue"].(string)
	return plain, options, value
}

// Disclosure is what a holder wants to show, and how.
type Disclosure struct {
	// Pointers are the JSON pointers to what is shown beside what the issuer
	// wants shown always.
	Pointers []string
	// PresentationHeader binds the proof to its purpose, such as a verifier's
	// nonce. It is no secret. It may be empty.
	PresentationHeader []byte
	// Random is a source such as crypto/rand.Reader. What is hidden stays hidden
	// only if nobody can guess what it returns.
	Random io.Reader
}

// baseBBS is a base proof that was read, and the document as it covers it. The
// signature itself is not checked yet.
type baseBBS struct {
	value    *bbsBaseValue
	options  map[string]any
	groups   *disclosure
	messages [][]byte
}

func readBaseBBS(doc map[string]any, p Proof, m did.Method, pointers []string) (*baseBBS, error) {
	plain, options, text := unsecured(doc, p)
	if p.Type != ProofType || p.Cryptosuite != BBS2023 || p.Previous != nil {
		return nil, bad("proof.unsupported", "proof.cryptosuite", "this is not a proof with %s that stands alone", BBS2023)
	}
	if p.Method != m.ID {
		return nil, bad("proof.method", "proof.verificationMethod", "the proof names another key")
	}
	if m.BBS == nil {
		return nil, notBBSKey()
	}
	value, err := parseBBSBase(text)
	if err != nil {
		return nil, err
	}
	groups, header, messages, err := bbsMessages(plain, options, value.hmacKey, value.mandatory, pointers)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(header, value.header) || !bytes.Equal(value.publicKey, m.BBS.Bytes()) {
		return nil, notSigned()
	}
	return &baseBBS{value: value, options: options, groups: groups, messages: messages}, nil
}

// VerifyBaseBBS returns nil when the key of method m made base proof p of doc. A
// holder asks this when the credential comes; a verifier never gets a base proof,
// and Verify refuses them.
func VerifyBaseBBS(doc map[string]any, p Proof, m did.Method) error {
	b, err := readBaseBBS(doc, p, m, nil)
	if err != nil {
		return err
	}
	return signatureBBS(bbs.Verify(m.BBS, b.value.signature, b.value.header, b.messages))
}

// signatureBBS says of a proof what package bbs says of a signature.
func signatureBBS(err error) error {
	switch cairn.CodeOf(err) {
	case "bbs.signature", "bbs.malformed":
		return notSigned()
	}
	return err
}

// DeriveBBS returns the part of doc that d selects with a proof that the issuer
// signed it as a part. p is the base proof, one of those that Proofs returned for
// doc, and m the method that it names: the base proof is checked first. doc is not
// changed. Codes: those of Verify and of rdfc.Statements.
func DeriveBBS(doc map[string]any, p Proof, m did.Method, d Disclosure) (map[string]any, error) {
	if len(d.PresentationHeader) > maxPresentationHeader {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "proof.presentation-header", Message: "the presentation header is too long"}
	}
	base, err := readBaseBBS(doc, p, m, d.Pointers)
	if err != nil {
		return nil, err
	}
	groups, options := base.groups, base.options
	if groups.document == nil {
		return nil, bad("proof.nothing-shown", "", "nothing of the document is selected")
	}
	shown := positions(groups.selective, without(len(groups.statements.Lines), groups.mandatory))
	proof, err := bbs.ProofGen(d.Random, m.BBS, base.value.signature, base.value.header, d.PresentationHeader, base.messages, shown)
	if err != nil {
		return nil, signatureBBS(err)
	}
	derived := bbsDerivedValue{proof: proof, labels: map[int]int{}, mandatory: positions(groups.mandatory, groups.combined), selective: shown, presentationHeader: d.PresentationHeader}
	for label, name := range groups.labels {
		from, errFrom := strconv.Atoi(strings.TrimPrefix(label, "c14n"))
		to, errTo := strconv.Atoi(strings.TrimPrefix(name, "b"))
		if errFrom != nil || errTo != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.value", Message: "a label is not a number"}
		}
		derived.labels[from] = to
	}
	out := groups.document
	if options["proofValue"], err = derived.write(); err != nil {
		return nil, err
	}
	out["proof"] = options
	p.tree = options
	if err := Verify(out, p, m); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.derive", Message: "the derived proof does not verify; nothing is shown", Err: err}
	}
	return out, nil
}

// verifyBBS is createVerifyData and "Verify Derived Proof" of vc-di-bbs, sections
// 3.3.8 and 3.4.7.
func verifyBBS(in signed) error {
	if in.method.BBS == nil {
		return notBBSKey()
	}
	value, err := parseBBSDerived(in.value)
	if err != nil {
		return err
	}
	s, err := in.statementsOf()
	if err != nil {
		return err
	}
	canonical := s.Labels()
	names := make(map[string]string, len(canonical))
	for i, l := range canonical {
		if to, ok := value.labels[i]; ok {
			names[l] = "b" + strconv.Itoa(to)
		}
	}
	if len(names) != len(value.labels) {
		return notSigned()
	}
	sorted, err := s.Sort(names)
	if err != nil {
		return notSigned() // two objects with one name, or one without
	}
	if n := len(value.mandatory); n > 0 && value.mandatory[n-1] >= len(sorted.Lines) {
		return notSigned()
	}
	mandatory, shown := split(sorted.Lines, value.mandatory)
	header, err := hashOptions(in.doc, in.options)
	if err != nil {
		return err
	}
	err = bbs.ProofVerify(in.method.BBS, value.proof, append(header, hashLines(mandatory)...), value.presentationHeader, octets(shown), value.selective)
	switch {
	case cairn.CodeOf(err) == "bbs.malformed":
		return bad("proof.value", "proof.proofValue", "this is not a BBS proof")
	case cairn.KindOf(err) == cairn.TooLarge:
		return &cairn.Error{Kind: cairn.TooLarge, Code: "proof.value", Field: "proof.proofValue", Message: "the proof is too large", Err: err}
	case err != nil:
		return notSigned()
	}
	return nil
}

// PresentationHeader returns what a derived bbs-2023 proof was bound to by its
// holder. Verify covers it; whether it is what was asked for is for the caller.
func PresentationHeader(p Proof) ([]byte, error) {
	_, _, text := unsecured(nil, p)
	value, err := parseBBSDerived(text)
	if err != nil {
		return nil, err
	}
	return value.presentationHeader, nil
}

func notBBSKey() error {
	return bad("proof.method", "proof.verificationMethod", "the key is not a BBS key")
}

func notSigned() error {
	return bad("proof.signature", "proof.proofValue", "the signature does not fit: the document was changed after it was signed, or another key signed it")
}
