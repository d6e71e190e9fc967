package main

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn.example/jcs"
	"cairn.example/jose"
)

const (
	credential = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"https://issuer.example/1",
"validFrom":"2024-01-01T00:00:00Z","credentialSubject":{"id":"did:example:1","address":{"city":"Kisumu"},"phones":[{"n":1},{"n":2}]}}`
	envelope = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"https://issuer.example/1",
"verifiableCredential":[{"@context":"https://www.w3.org/ns/credentials/v2","type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,TOKEN"}]}`
)

// The command is run as the suite runs it, and read as the suite reads it.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	key := func(name, controller string) string {
		t.Helper()
		k, err := jose.GenerateKey(jose.ES384, "", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, err := k.Tree()
		if err != nil {
			t.Fatal(err)
		}
		b, err := jcs.Marshal(map[string]any{"id": controller + "#key", "type": "JsonWebKey", "controller": controller, "publicKeyJwk": k.PublicKey().Tree(), "secretKeyJwk": private})
		if err != nil {
			t.Fatal(err)
		}
		return write(name, string(b))
	}
	call := func(do, input, key, feature, sd, want string) string {
		t.Helper()
		out := filepath.Join(dir, "out.json")
		args := []string{do, "--input", write("in", input), "--key", key, "--feature", feature, "--output", out}
		if sd != "" {
			args = append(args, "--sd", sd)
		}
		if err := run(t.Context(), args); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var r result
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		if r.Result != want {
			t.Errorf("%s %s: %+v, want %s", do, feature, r, want)
		}
		return r.Data
	}
	good, other, stranger := key("good", "https://issuer.example/1"), key("other", "https://issuer.example/1"), key("stranger", "https://issuer.example/2")

	plain := call("issue", credential, good, "credential_jose", "", "success")
	selective := call("issue", credential, good, "credential_sdjwt", `["credentialSubject.address.city","credentialSubject.phones[1]"]`, "success")
	if strings.Count(selective, "~") != 3 {
		t.Errorf("the claims are not selective: %s", selective)
	}
	presentation := strings.Replace(envelope, "TOKEN", plain, 1)
	for feature, token := range map[string]string{"credential_jose": plain, "credential_sdjwt": selective,
		"presentation_jose":  call("issue", presentation, good, "presentation_jose", "", "success"),
		"presentation_sdjwt": call("issue", presentation, good, "presentation_sdjwt", `["verifiableCredential[0]"]`, "success"),
		"credential_cose":    call("issue", credential, good, "credential_cose", "", "success"),
		"presentation_cose":  call("issue", presentation, good, "presentation_cose", "", "success")} {
		call("verify", token, good, feature, "", "success")
		call("verify", token+"\n", good, feature, "", "success")
		call("verify", token, other, feature, "", "failure")
		call("verify", token, stranger, feature, "", "failure")
		call("verify", "e"+token, good, feature, "", "failure")
		for _, crossed := range []string{"credential_jose", "credential_sdjwt", "presentation_jose", "presentation_sdjwt", "credential_cose", "presentation_cose"} {
			if crossed != feature {
				call("verify", token, good, crossed, "", "failure")
			}
		}
	}
	broken := call("issue", strings.Replace(envelope, "TOKEN", "x", 1), good, "presentation_jose", "", "success")
	call("verify", broken, good, "presentation_jose", "", "failure")
	call("issue", strings.Replace(credential, `"type"`, `"huh":1,"type"`, 1), good, "credential_jose", "", "failure")
	call("issue", credential, good, "credential_sdjwt", `["nothing.here"]`, "failure")
	call("issue", credential, good, "credential_sdjwt", `["issuer"]`, "failure")
	call("issue", credential, good, "credential_mdoc", "", "indeterminate")
	call("verify", "d28443a10126", good, "credential_cose", "", "failure") // hex, as in test 30
	inCOSE := call("issue", credential, good, "credential_cose", "", "success")
	inside := strings.Replace(strings.Replace(envelope, "vc+jwt,", "vc+cose;base64,", 1), "TOKEN", inCOSE, 1)
	call("verify", call("issue", inside, good, "presentation_cose", "", "success"), good, "presentation_cose", "", "success")
	call("issue", strings.Replace(inside, inCOSE, "0oRA", 1), good, "presentation_cose", "", "failure")
	call("verify", credential, good, "credential_jose", "", "failure")
	call("verify", plain, filepath.Join(dir, "missing"), "credential_jose", "", "error")
	if err := run(t.Context(), []string{"sign"}); err == nil {
		t.Error("an unknown command was taken")
	}
}
