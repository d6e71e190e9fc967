// Command vcjosecose drives packages vcjwt and vccose through the command line that the W3C
// test suite for VC-JOSE-COSE runs (w3c/vc-jose-cose-test-suite, README):
//
//	vcjosecose issue|verify --input F --key F --feature X [--sd '["a.b[0]"]'] --output F
//
// It answers what the suite asks: is the proof good, is the document a good one, is
// the key the issuer's. Times are no part of that, as some of the suite's good
// tokens ended in 2024; and nothing that is not signed or checked is ever reported
// as success. COSE messages are in base64 without padding, as the suite has them.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

// forms are the features of the suite that we have.
var forms = map[string]vcjwt.Form{
	"credential_jose": vcjwt.Credential, "presentation_jose": vcjwt.Presentation,
	"credential_sdjwt": vcjwt.SelectiveCredential, "presentation_sdjwt": vcjwt.SelectivePresentation,
}

var coseForms = map[string]vccose.Form{"credential_cose": vccose.Credential, "presentation_cose": vccose.Presentation}

// known are the members of VC Data Model 2.0 at the top of a credential or a
// presentation. As an issuer we sign nothing that we do not understand; the suite
// expects that (test 5), although the specification lets a verifier pass over it.
var known = []string{"@context", "id", "type", "name", "description", "issuer", "credentialSubject", "validFrom", "validUntil", "credentialStatus",
	"credentialSchema", "refreshService", "termsOfUse", "evidence", "relatedResource", "renderMethod", "confidenceMethod",
	"holder", "verifiableCredential"}

type result struct {
	Result string `json:"result"`
	Data   string `json:"data"`
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "issue" && args[0] != "verify" {
		return errors.New("say issue or verify")
	}
	f := flag.NewFlagSet("vcjosecose", flag.ContinueOnError)
	input, key, feature := f.String("input", "", "document or token"), f.String("key", "", "verification method"), f.String("feature", "", "what to do")
	sd, output := f.String("sd", "", "paths of selective claims, as a JSON list"), f.String("output", "", "where the result goes")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	r := answer(ctx, args[0], *input, *key, *feature, *sd)
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(*output, b, 0o644)
}

func answer(ctx context.Context, do, input, key, feature, sd string) result {
	form, isJOSE := forms[feature]
	coseForm, isCOSE := coseForms[feature]
	if !isJOSE && !isCOSE {
		return result{"indeterminate", "the feature " + feature + " is not offered"}
	}
	in, err := os.ReadFile(input)
	if err != nil {
		return result{"error", err.Error()}
	}
	method, err := readMethod(key)
	if err != nil {
		return result{"error", err.Error()}
	}
	data, text := "", strings.TrimSpace(string(in))
	switch {
	case do == "issue" && isCOSE:
		data, err = issueCOSE(ctx, coseForm, in, method)
	case do == "issue":
		data, err = issue(ctx, form, in, method, sd)
	case isCOSE:
		data, err = verifyCOSE(coseForm, text, method)
	default:
		data, err = verify(form, text, method)
	}
	if err != nil {
		return result{"failure", err.Error()}
	}
	return result{"success", data}
}

// method is the verification method of a key file.
type method struct{ tree map[string]any }

func readMethod(file string) (method, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return method{}, err
	}
	tree, err := strictjson.ParseObject(b, strictjson.Default)
	return method{tree}, err
}

func (m method) text(name string) string { s, _ := m.tree[name].(string); return s }

func (m method) object(name string) map[string]any { o, _ := m.tree[name].(map[string]any); return o }

// toSign reads the document and the key to sign it with.
func toSign(in []byte, m method) (map[string]any, *jose.PrivateKey, error) {
	document, err := strictjson.ParseObject(in, strictjson.Default)
	if err != nil {
		return nil, nil, err
	}
	for name := range document {
		if !slices.Contains(known, name) {
			return nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "suite.unknown-member", Field: name, Message: "nothing is signed that is not understood"}
		}
	}
	b, err := jcs.Marshal(m.object("secretKeyJwk"))
	if err != nil {
		return nil, nil, err
	}
	key, err := jose.ParsePrivateKey(b)
	return document, key, err
}

func issueCOSE(ctx context.Context, form vccose.Form, in []byte, m method) (string, error) {
	document, key, err := toSign(in, m)
	if err != nil {
		return "", err
	}
	b, err := vccose.Sign(ctx, form, document, vccose.Options{KeyID: m.text("id")}, key)
	return base64.RawStdEncoding.EncodeToString(b), err
}

func issue(ctx context.Context, form vcjwt.Form, in []byte, m method, sd string) (string, error) {
	document, key, err := toSign(in, m)
	if err != nil {
		return "", err
	}
	o := vcjwt.Options{KeyID: m.text("id"), Rand: rand.Reader}
	if o.Selective, err = paths(sd); err != nil {
		return "", err
	}
	return vcjwt.Sign(ctx, form, document, o, key)
}

var step = regexp.MustCompile(`^([^\[\]]+)((?:\[\d+\])*)$`)

// paths reads paths such as "credentialSubject.phoneNumbers[0]".
func paths(sd string) ([]sdjwt.Path, error) {
	if sd == "" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(sd), &list); err != nil {
		return nil, err
	}
	var out []sdjwt.Path
	for _, text := range list {
		var p sdjwt.Path
		for part := range strings.SplitSeq(text, ".") {
			m := step.FindStringSubmatch(part)
			if m == nil {
				return nil, fmt.Errorf("%q is no path", text)
			}
			p = append(p, m[1])
			for _, index := range strings.FieldsFunc(m[2], func(r rune) bool { return r == '[' || r == ']' }) {
				n, err := strconv.Atoi(index)
				if err != nil {
					return nil, err
				}
				p = append(p, n)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func verify(form vcjwt.Form, token string, m method) (string, error) {
	s, err := vcjwt.Read(token)
	if err != nil {
		return "", err
	}
	if s.Form != form {
		return "", fmt.Errorf("this is a token of type %s and not %s", s.Form, form)
	}
	if s.Issuer != m.text("controller") {
		return "", fmt.Errorf("the key is of %s, the document of %s", m.text("controller"), s.Issuer)
	}
	key, err := jose.PublicKeyFromTree(m.object("publicKeyJwk"))
	if err != nil {
		return "", err
	}
	v, err := s.Verify(key)
	if err != nil {
		return "", err
	}
	return judge(v.Document, form.IsPresentation())
}

func verifyCOSE(form vccose.Form, text string, m method) (string, error) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return "", err
	}
	s, err := vccose.Read(b)
	if err != nil {
		return "", err
	}
	if s.Form != form {
		return "", fmt.Errorf("this is a message of type %s and not %s", s.Form, form)
	}
	if s.Issuer != m.text("controller") {
		return "", fmt.Errorf("the key is of %s, the document of %s", m.text("controller"), s.Issuer)
	}
	key, err := jose.PublicKeyFromTree(m.object("publicKeyJwk"))
	if err != nil {
		return "", err
	}
	v, err := s.Verify(key)
	if err != nil {
		return "", err
	}
	return judge(v.Document, form == vccose.Presentation)
}

// judge says whether a document whose proof is good is a good one.
func judge(document map[string]any, presentation bool) (string, error) {
	var problems []vc.Problem
	if presentation {
		_, problems = vc.ReadPresentation(document)
		contents, err := vcjwt.Contents(document)
		if err != nil {
			return "", err
		}
		for _, c := range contents {
			if err := readInside(c.Envelope); err != nil {
				return "", err
			}
		}
	} else {
		_, problems = vc.ReadCredential(document)
	}
	if len(problems) > 0 {
		return "", errors.New(problems[0].String())
	}
	b, err := jcs.Marshal(document)
	return string(b), err
}

func readInside(e *vcjwt.Envelope) error {
	if e == nil {
		return nil
	}
	if e.Bytes != nil {
		_, err := vccose.FromEnvelope(*e)
		return err
	}
	_, err := e.Read()
	return err
}
