package conformance

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

const integrityContext = "https://w3id.org/security/data-integrity/v2"

// issue signs a credential as it is, if it is one.
func (s *Server) issue(r *http.Request) (reply, error) {
	i, err := s.issuer(r.PathValue("issuer"))
	if err != nil {
		return reply{}, err
	}
	doc, options, err := request(r, "credential")
	if err != nil {
		return reply{}, err
	}
	if i.name == "status" && doc["credentialStatus"] == nil {
		entry, err := s.entry()
		if err != nil {
			return reply{}, err
		}
		doc["credentialStatus"] = entry
	}
	if list, ok := doc["@context"].([]any); ok && vc.IsVersion1(doc) && !slices.Contains(list, any(integrityContext)) {
		// The context of version 2.0 defines the terms of proofs, that of 1.1 does not.
		doc["@context"] = append(list, integrityContext)
	}
	cred, err := credential(doc)
	if err != nil {
		return reply{}, err
	}
	if cred.Issuer != string(i.did) {
		return reply{}, invalid("conformance.issuer", "issuer", "the issuer must be %s, whose key signs", i.did)
	}
	pointers, err := texts(options, "mandatoryPointers")
	if err != nil {
		return reply{}, err
	}
	o := dataintegrity.Options{Cryptosuite: i.suite, Purpose: did.AssertionMethod, Created: s.now().UTC().Truncate(time.Second)}
	var signed map[string]any
	switch i.suite {
	case dataintegrity.BBS2023:
		o.Created = time.Time{}
		signed, err = dataintegrity.SignBBS(r.Context(), s.random, doc, o, pointers, bbsSigner{i})
	case dataintegrity.ECDSASD2023:
		signed, err = dataintegrity.SignSD(r.Context(), s.random, doc, o, pointers, i.key, i.sign)
	default:
		signed, err = dataintegrity.SignWith(r.Context(), doc, o, i.key, i.sign)
	}
	return reply{http.StatusCreated, map[string]any{"verifiableCredential": signed}}, err
}

// credential checks the form of a credential: the data model, and the entries of a
// status list, which are the only status that is known here.
func credential(doc map[string]any) (vc.Credential, error) {
	read := vc.ReadCredential
	if vc.IsVersion1(doc) {
		read = vc.ReadLegacy // some suites still send documents of version 1.1
	}
	cred, problems := read(doc)
	if len(problems) > 0 {
		return cred, invalid(problems[0].Code, problems[0].Path, "%s", problems[0].Message)
	}
	for _, status := range cred.Status {
		if status["type"] != statuslist.EntryType {
			continue
		}
		if _, err := statuslist.ReadEntry(status); err != nil {
			return cred, err
		}
	}
	if cred.HasType(statuslist.CredentialType) {
		if _, _, err := statuslist.ReadCredential(doc); err != nil {
			return cred, err
		}
	}
	for _, resource := range cred.Resources() {
		data, known := rdfc.ContextBytes(resource.ID)
		if !known {
			continue // nothing is fetched here
		}
		if err := resource.Check(data); err != nil {
			return cred, err
		}
	}
	return cred, nil
}

// verifyCredential answers whether every proof is good for the key that it names,
// and whether the document is a credential.
func (s *Server) verifyCredential(r *http.Request) (reply, error) {
	doc, _, err := request(r, "verifiableCredential")
	if err != nil {
		return reply{}, err
	}
	if err := s.checkCredential(doc); err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, map[string]any{"verified": true, "checks": []string{"proof"}}}, nil
}

func (s *Server) checkCredential(doc map[string]any) error {
	if _, err := credential(doc); err != nil {
		return err
	}
	return s.checkProofs(doc, did.AssertionMethod, "", "")
}

// checkProofs checks the proofs of a document with the keys that they name, which
// may be anybody's.
func (s *Server) checkProofs(doc map[string]any, purpose, challenge, domain string) error {
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return err
	}
	now := s.now()
	for _, p := range proofs {
		if p.Purpose != purpose {
			return invalid("proof.purpose", "proof.proofPurpose", "the purpose is %q and must be %q", p.Purpose, purpose)
		}
		controller, _, err := did.SplitKeyID(p.Method)
		if err != nil {
			return err
		}
		document, err := did.ResolveKey(controller)
		if err != nil {
			return err
		}
		method, err := document.Method(p.Method, purpose)
		if err != nil {
			return err
		}
		if err := dataintegrity.Verify(doc, p, method); err != nil {
			return err
		}
		switch {
		case !p.Expires.IsZero() && !now.Before(p.Expires):
			return invalid("proof.ended", "proof.expires", "the proof has ended")
		case challenge != "" && p.Challenge != challenge:
			return invalid("proof.challenge", "proof.challenge", "the proof answers another challenge")
		case domain != "" && !slices.Contains(p.Domains, domain):
			return invalid("proof.domain", "proof.domain", "the proof is for another domain")
		}
	}
	return nil
}

// verifyPresentation takes presentations with and without a proof, as the suites
// do. A credential inside that has a proof must have a good one.
func (s *Server) verifyPresentation(r *http.Request) (reply, error) {
	doc, options, err := request(r, "verifiablePresentation")
	if err != nil {
		return reply{}, err
	}
	p, problems := vc.ReadPresentation(doc)
	if len(problems) > 0 {
		return reply{}, invalid(problems[0].Code, problems[0].Path, "%s", problems[0].Message)
	}
	if _, signed := doc["proof"]; signed {
		challenge, _ := options["challenge"].(string)
		domain, _ := options["domain"].(string)
		if err := s.checkProofs(doc, did.Authentication, challenge, domain); err != nil {
			return reply{}, err
		}
	}
	for _, c := range p.Credentials {
		if _, err := vcjwt.ReadEnvelope(c); err == nil {
			continue // its form is checked with that; what is in it, package vcjwt tests
		}
		if err := s.checkCredential(c); err != nil {
			return reply{}, err
		}
	}
	return reply{http.StatusOK, map[string]any{"verified": true, "checks": []string{"proof"}}}, nil
}

// derive shows a part of a credential with a base proof.
func (s *Server) derive(r *http.Request) (reply, error) {
	doc, options, err := request(r, "verifiableCredential")
	if err != nil {
		return reply{}, err
	}
	if _, err := credential(doc); err != nil {
		return reply{}, err
	}
	pointers, err := texts(options, "selectivePointers")
	if err != nil {
		return reply{}, err
	}
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return reply{}, err
	}
	if len(proofs) != 1 {
		return reply{}, invalid("conformance.derive", "proof", "there must be one proof to derive from")
	}
	controller, _, err := did.SplitKeyID(proofs[0].Method)
	if err != nil {
		return reply{}, err
	}
	document, err := did.ResolveKey(controller)
	if err != nil {
		return reply{}, err
	}
	method, err := document.Method(proofs[0].Method, did.AssertionMethod)
	if err != nil {
		return reply{}, err
	}
	header, err := presentationHeader(options)
	if err != nil {
		return reply{}, err
	}
	var derived map[string]any
	switch proofs[0].Cryptosuite {
	case dataintegrity.BBS2023:
		derived, err = dataintegrity.DeriveBBS(doc, proofs[0], method, dataintegrity.Disclosure{Pointers: pointers, PresentationHeader: header, Random: s.random})
	case dataintegrity.ECDSASD2023:
		derived, err = dataintegrity.DeriveSD(doc, proofs[0], method, pointers)
	default:
		err = invalid("conformance.derive", "proof.cryptosuite", "nothing is derived from proofs of %q", proofs[0].Cryptosuite)
	}
	return reply{http.StatusCreated, derived}, err
}

func presentationHeader(options map[string]any) ([]byte, error) {
	v, ok := options["presentationHeader"].(string)
	if !ok {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(v, "="))
	if err != nil {
		return nil, invalid("conformance.body", "options.presentationHeader", "the presentation header is not base64url")
	}
	return b, nil
}

// texts reads a list of texts from the options; it may be absent.
func texts(options map[string]any, name string) ([]string, error) {
	v, ok := options[name]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, invalid("conformance.body", "options."+name, "%s must be a list", name)
	}
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = e.(string); !ok {
			return nil, invalid("conformance.body", "options."+name, "%s must be a list of texts", name)
		}
	}
	return out, nil
}
