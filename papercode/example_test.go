package papercode

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"cairn.example"
)

// TestSpecificationExample makes the example of docs/specs/paper-code.md and
// compares: the page is right for as long as this passes.
func TestSpecificationExample(t *testing.T) {
	s := webSigner(t)
	c := Card{
		Issuer: s.did, Key: s.kid, Credential: "urn:uuid:0a8e1f5e-3c0d-4b59-9d2e-6f1b8a7c5d43", Digest: sha256.Sum256([]byte("document")),
		Kind: KindBadge, Learner: "कविता शर्मा", Title: "Data Literacy", Credits: cairn.NewCredits(10, 3), Unit: "ECTS",
		LevelFramework: "EQF", Level: "5", AwardedOn: cairn.PartialDate{Year: 2026, Month: 5, Day: 20},
		ValidUntil: time.Date(2031, 5, 20, 0, 0, 0, 0, time.UTC), StatusList: "https://college.example/status/1", StatusIndex: 83112,
		AchievementType: "MicroCredential", Field: "0912", Language: "hi",
	}
	text := mustSign(t, c, s)
	claims, kid, err := claimsOf(c)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := encMode.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	protected, err := encMode.Marshal(protectedHeader{Algorithm: algEdDSA, KeyID: kid})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/specs/paper-code.md")
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.ReplaceAll(string(page), "\n", "")
	for name, want := range map[string]string{"public key": hex.EncodeToString(s.PublicKey()), "protected header": hex.EncodeToString(protected),
		"payload": hex.EncodeToString(payload), "code": text} {
		if !strings.Contains(flat, want) {
			t.Errorf("the page does not have the %s\n%s", name, want)
		}
	}
}
