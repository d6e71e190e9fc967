package tokenstatus_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/inflate"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictcbor"
	"cairn.example/tokenstatus"
)

// Tokens that are signed well and say something wrong, in both forms.
func TestParseRefuses(t *testing.T) {
	signer := generate(t, jose.ES256)
	asJWT := func(typ string, change func(claims, list map[string]any)) []byte {
		list := map[string]any{"bits": json.Number("1"), "lst": "eNrbuRgAAhcBXQ"}
		claims := map[string]any{"sub": "https://x.example/s/1", "iat": json.Number("1686920170"), "status_list": list}
		change(claims, list)
		payload, err := jcs.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		text, err := jose.Sign(t.Context(), jose.Header{Type: typ}, payload, signer)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	asCWT := func(typ string, change func(claims, list strictcbor.Map)) []byte {
		list := strictcbor.Map{"bits": int64(1), "lst": unhex(t, "78dadbb918000217015d")}
		claims := strictcbor.Map{int64(2): "https://x.example/s/1", int64(6): int64(1686920170), int64(65533): list}
		change(claims, list)
		payload, err := strictcbor.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		b, err := cose.Sign(t.Context(), cose.Header{Type: typ}, payload, signer)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	outcome := func(data []byte) string {
		token, err := tokenstatus.Parse(data)
		if err == nil {
			_, err = token.Verify(signer.PublicKey())
		}
		return cairn.CodeOf(err)
	}
	const jwtType, cwtType = "statuslist+jwt", "application/statuslist+cwt"
	if got := outcome(asJWT(jwtType, func(_, _ map[string]any) {})); got != "" {
		t.Fatalf("the JWT itself: %s", got)
	}
	if got := outcome(asCWT(cwtType, func(_, _ strictcbor.Map) {})); got != "" {
		t.Fatalf("the CWT itself: %s", got)
	}
	if got := outcome(asJWT("jwt", func(_, _ map[string]any) {})); got != "jose.type" {
		t.Errorf("JWT of another kind: %s", got)
	}
	if got := outcome(asJWT("statuslist+cwt", func(_, _ map[string]any) {})); got != "jose.type" {
		t.Errorf("JWT with the type of a CWT: %s", got)
	}
	if got := outcome(asCWT("application/cwt", func(_, _ strictcbor.Map) {})); got != "cose.type" {
		t.Errorf("CWT of another kind: %s", got)
	}
	if got := outcome(asCWT("", func(_, _ strictcbor.Map) {})); got != "cose.type" {
		t.Errorf("CWT of no kind: %s", got)
	}
	untagged := asCWT(cwtType, func(_, _ strictcbor.Map) {})[1:]
	if got := outcome(untagged); got != "tokenstatus.form" {
		t.Errorf("CWT without tag: %s", got)
	}
	if got := outcome(append([]byte{0xd8, 61, 0xd2}, untagged...)); got != "tokenstatus.form" {
		t.Errorf("CWT with the tag of a CWT: %s", got)
	}
	bomb, err := inflate.Pack(make([]byte, tokenstatus.MaxUnpacked+1))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		inList bool
		member string
		key    int64
		values map[string]any // by the code that they give; a missing one is nil
	}{
		"sub":             {member: "sub", key: 2, values: map[string]any{"tokenstatus.claim": nil, "tokenstatus.claim 2": "x"}},
		"iat":             {member: "iat", key: 6, values: map[string]any{"tokenstatus.claim": nil}},
		"ttl":             {member: "ttl", key: 65534, values: map[string]any{"tokenstatus.claim": int64(0), "tokenstatus.claim 2": "60", "tokenstatus.claim 3": int64(-5), "tokenstatus.claim 4": int64(4e9)}},
		"status_list":     {member: "status_list", key: 65533, values: map[string]any{"tokenstatus.claim": nil, "tokenstatus.claim 2": "x"}},
		"bits":            {inList: true, member: "bits", values: map[string]any{"tokenstatus.bits": nil, "tokenstatus.bits 2": int64(3), "tokenstatus.bits 3": "1", "tokenstatus.bits 4": int64(16)}},
		"lst":             {inList: true, member: "lst", values: map[string]any{"tokenstatus.claim": nil, "tokenstatus.claim 2": int64(5), "tokenstatus.packing": []byte{1, 2}, "tokenstatus.too-large": bomb}},
		"aggregation_uri": {inList: true, member: "aggregation_uri", values: map[string]any{"tokenstatus.claim": "x", "tokenstatus.claim 2": int64(1)}},
	} {
		for want, value := range c.values {
			want, _, _ := strings.Cut(want, " ")
			inJSON := value
			switch v := value.(type) {
			case int64:
				inJSON = json.Number(strconv.FormatInt(v, 10))
			case []byte:
				inJSON = jose.EncodeBase64(v)
			}
			got := outcome(asJWT(jwtType, func(claims, list map[string]any) {
				to := map[bool]map[string]any{true: list, false: claims}[c.inList]
				if to[c.member] = inJSON; value == nil {
					delete(to, c.member)
				}
			}))
			if got != want {
				t.Errorf("JWT, %s = %.60v: %s, want %s", name, value, got, want)
			}
			got = outcome(asCWT(cwtType, func(claims, list strictcbor.Map) {
				to, k := claims, any(c.key)
				if c.inList {
					to, k = list, c.member
				}
				if to[k] = value; value == nil {
					delete(to, k)
				}
			}))
			if got != want {
				t.Errorf("CWT, %s = %.60v: %s, want %s", name, value, got, want)
			}
		}
	}
	if got := outcome(asJWT(jwtType, func(_, list map[string]any) { list["lst"] = "eNrbuRgAAhcBXQ==" })); got != "tokenstatus.packing" {
		t.Errorf("padding: %s", got)
	}
	if got := outcome(asJWT(jwtType, func(claims, _ map[string]any) { claims["ttl"] = json.Number("1.5") })); got != "" {
		t.Errorf("ttl with a fraction: %s", got)
	}
	if _, err := tokenstatus.Parse(make([]byte, tokenstatus.MaxToken+1)); cairn.CodeOf(err) != "tokenstatus.too-large" {
		t.Error(err)
	}
}
