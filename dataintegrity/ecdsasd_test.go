package dataintegrity_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

// The keys, the pointers and the proof values of ECDSA Cryptosuites v1.0,
// appendices A.7 and A.8, "Representation: ecdsa-sd-2023" (the second document as its
// signed form has it; the unsigned one is printed with another description).
const (
	sdHMACKey  = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
	sdProofKey = "z42tqvNGyzyXRzotAYn43UhcFtzDUVdxJ7461fwrfhBPLmfY"
	employBase = "u2V0AhVhAuNxVr-tkJ6mQ6dYMDTY7ZUMG2ScD5QNiEMopYZ2O0gQZS6PYbjHNvJn07p1fJfDMHB9E9fo5q-yaUM31GbRX4FgjgCQCKnLOGbY_FuM-ASpSkkOxsIR2E8n7M" +
		"l2q1UQ6tEwzi5NYIAARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7_lFhA_ZHsSLNSSWX3oUU-n_oGcFTspvfWM4qEUl6zKIuwyvepZR8C_uFNbTPuFnmqiCg0jMx" +
		"XThlNf1f8qL41TBsw91hAyS5upfZTQ8cErJRQ2k1V-HNCgpubrXr6zoMAoIebyZcuxIee67qv_ZrZ4_kdKRlxyP_l12hJfWL6JyVqfgO_mVhAXZj32ACuKqYpJ6ZeA0Wlr" +
		"gLfBByc0m3hUlpjQxuTYMJCFnN9I3TQeJ1OQKzdC_dbB3wGU0ptJYCErYvrFJmA1lhAyNcO3meGSzIZ3LPDgxQBygaaxfjbnicU1fV_Nnx2Mg0eCp-kkXVRrdgRpBXhm8w" +
		"ywBfvW6Augf7WcscnESMLEFhAOmJjWQq3-8Tl73vGw_a5zdipbHxNmh8SBhIhPKOaUPOde1bWNl6tYFS9vkuXGydp1hhBo_cjanQ05fGw9uLo_FhA9fH-KZCvWTYczUhjN" +
		"ZQFFkzmoIB9_t0tGXKCbmt57gUd8W9d_EPVftDVd0O5TE9X3VeE-7BKm_K2tyWPXFlVJFhARLaDMNGxLO7GwH7VYFh7a_1JyDH6kMGoclpBo-MkfylQvP5RoLJr9CLpT4E" +
		"QAdwXsbk7P4JCNFesxcGfIU2l4VhAwpdEub-2iiUOsXqvSUFqinel7tAb4YwyeKN4Tbj2cxvaPalWhVvCfzvJHj-DMTceEAci_CI77LRwcqRbdlO-CFhAK2bSlvLQn_KA1" +
		"M3sHQK2w4Bl7TbJm220CpqAD0-upGGHx7QsbLIytRA7yIRF9eHzLIlpIHFUbzFqg2zTGpefjVhAAW_fJBia3vp3PCatLgSCrr90p7uNWhQnI9Q9GK3AScQI-q_c74uxHNy" +
		"cco2PdGrjLgMZd2e7Gqkf1hqPxJk6vlhA5-5CCqAnukZxuSbCnixXT5RGFmCgs9bIKMzlAxTZ4eTDRu0Rk1Kt9hQcZuL85KLLdIbD-BzELjiKX5IShWd9lFhA_1FuHFme8" +
		"jd5zdWmrjSn2xodJEUU0yMIqAl1LmwtES5ae0czYMC4yvJ5SaoWHRCHbRnHe1DnYWBzbx6kz976olhAyFNzACx3-yXniAwbLfLi-mwl3s9WOwqIMy5GVHc7CLkoa2Xv_gD" +
		"4aJ3wPfbi381Fde_yOgjJK9Ng4oXCK_orXVhACekfid_QolL3mpcMrsVYFM1XCo5B7CrCXDO9iv5HmnC450TTY7x9qjE2JdDLTB6oxkyHV3g16bdBa0YVu4Le-VhAsYGYb" +
		"vLPt3tx8nz7Q2W4hgeZ2ehMPfYrOGMxklDVepHUKcsVEnEiw2_TSpLqB0W0pkFFTFYcVcN3Qe4keoZiZFhAE9AqnK8Nlrn77Dl9T6rZDnjFbQy9kzIk1YtcgWI-NXGyKqF" +
		"bxK0gHDZONWZ5PJ3anJg-mWX0fHzl_24bQkhN1FhAkcyVJLSqNG_G5AnpSyi4qYkUka5ifkfmDwzTbZADTrl6hZX8s1oH0_ql_CE-dZsL6gPLgsWKNxHJ3imbfneQS1hAI" +
		"tlRwgLNLb-Spf0gSD9hgXfxbAiqeY_W6KBjH7ptBZ4wTB7ZajeFqhviU56x-sIsqs4fRQtaOkhgLH-0xo8te1hA0PvPUY7BXD8Q2NKydZY4BwMK1-SwPmx6bKDmtz1h8Vq" +
		"U12CX_JHhqCjH2ScrF4uM7WQi2zbpoahc4qGOORFVQlhAvmNmrOxVc3anGkUPhil59g5kK47a_BBOr0aReEu0gkXz158JPNH2MdVSF64vnzDxfZuhuYquReAkYeHbm94SH" +
		"4FnL2lzc3Vlcg"
	employShown = "u2V0BhVhAuNxVr-tkJ6mQ6dYMDTY7ZUMG2ScD5QNiEMopYZ2O0gQZS6PYbjHNvJn07p1fJfDMHB9E9fo5q-yaUM31GbRX4FgjgCQCKnLOGbY_FuM-ASpSkkOxsIR2E8n7M" +
		"l2q1UQ6tEwzi5OGWED9kexIs1JJZfehRT6f-gZwVOym99YzioRSXrMoi7DK96llHwL-4U1tM-4WeaqIKDSMzFdOGU1_V_yovjVMGzD3WEDJLm6l9lNDxwSslFDaTVX4c0K" +
		"Cm5utevrOgwCgh5vJly7Eh57ruq_9mtnj-R0pGXHI_-XXaEl9YvonJWp-A7-ZWEArZtKW8tCf8oDUzewdArbDgGXtNsmbbbQKmoAPT66kYYfHtCxssjK1EDvIhEX14fMsi" +
		"WkgcVRvMWqDbNMal5-NWEAJ6R-J39CiUvealwyuxVgUzVcKjkHsKsJcM72K_keacLjnRNNjvH2qMTYl0MtMHqjGTIdXeDXpt0FrRhW7gt75WECxgZhu8s-3e3HyfPtDZbi" +
		"GB5nZ6Ew99is4YzGSUNV6kdQpyxUScSLDb9NKkuoHRbSmQUVMVhxVw3dB7iR6hmJkWEAT0Cqcrw2WufvsOX1PqtkOeMVtDL2TMiTVi1yBYj41cbIqoVvErSAcNk41Znk8n" +
		"dqcmD6ZZfR8fOX_bhtCSE3UogBYINy79kKRYKPmAHoHNXEECliRVtrBI0BehX7mdFRKDCh4AVgg4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC3-EAAQFBw"
	residentSD = `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],"type":["VerifiableCredential","PermanentResidentCardCredential"],
"issuer":{"id":"did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz64QAAAABJRU5ErkJggg=="},
"name":"Permanent Resident Card","description":"Permanent Resident Card from Government of Utopia.",
"credentialSubject":{"type":["PermanentResident","Person"],"givenName":"JANE","familyName":"SMITH","gender":"Female","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4v43hPwAHIgK1v4tX6wAAAABJRU5ErkJggg==",
"residentSince":"2015-01-01","commuterClassification":"C1","birthCountry":"Arcadia","birthDate":"1978-07-17","permanentResidentCard":{"type":["PermanentResidentCard"],"identifier":"83627465","lprCategory":"C09","lprNumber":"999-999-999"}},
"validFrom":"2024-12-16T00:00:00Z","validUntil":"2025-12-16T23:59:59Z"}`
	residentSDBase = "u2V0AhVhAHADSALdqTIftV6rg8JpqBetOJUiYhCp1jTsAaVF-qJd_mhGLTcwXvsM-n570G4Pc3glX3AhkP1RsjKI2DRsfL1gjgCQCKnLOGbY_FuM-ASpSkkOxsIR2E8n7M" +
		"l2q1UQ6tEwzi5NYIAARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7_lFhA_ZHsSLNSSWX3oUU-n_oGcFTspvfWM4qEUl6zKIuwyvepZR8C_uFNbTPuFnmqiCg0jMx" +
		"XThlNf1f8qL41TBsw91hANWjhQCr2cssaTDYO1wMMqLGnRO7TxFcndOltI-OokNsUjejb0GWUJEooP0YkelQOeNFHieDgxk7pa25ThjcHvFhAAI-ytGfXsqRvFnJ1Mq4y5" +
		"AJ_x3RtR4gVwzLQpcRgIQMb9ysgsINRZuIdDTtQptFddfMN8U65scoQr1IWRFZIN1hAOmJjWQq3-8Tl73vGw_a5zdipbHxNmh8SBhIhPKOaUPOde1bWNl6tYFS9vkuXGyd" +
		"p1hhBo_cjanQ05fGw9uLo_FhAG5IuqZeRZJRkhJE3MIS8cd8f4JGGZQIfUwgptKOH7MtIYw92AV2jagebOIL2_3Cj-HrLznhgjmaGflsvwx34L1hAJw-DE5_iHqbLIXbmh" +
		"VWA99w_ZpTwqz77cj7ceETDdtLjVmte4WdINKjmnRl6rnk-E6ijVUI0MaONqkQra0QK2lhAAQaJTlhQpT1DBusjf1KxFXniWRaqqXrk-R_SWL04BqbiRENgnUaXklmLF71" +
		"U2hWVuCZu-iCqruJxzhrqt8dAQlhA3chDChv4zbu26MHi3LQ03A21mrDFUBvX2s7p4sAjTiOZ7ZV2XWLvTKvw_oEX7jLyS4-MZNGVXd1DYiadlJMDXlhAoWubJ2Gom3lCi" +
		"hyLvxkhbk0HJxAiv5hn0RoAVajxmqlYMZbQEjStY6OQspce694K50glhZNQAnepDw10_SFk8VhAxrirWhOXcO7y_avMJK5j-9-TolAjjffyniyQVZHmYOj8h_dKxT66GP4" +
		"Eh8bv_uu_jJ5NB11a6Rsu14QsZ-C0KVhA5-5CCqAnukZxuSbCnixXT5RGFmCgs9bIKMzlAxTZ4eTDRu0Rk1Kt9hQcZuL85KLLdIbD-BzELjiKX5IShWd9lFhAjMYXlVg4v" +
		"JX4ScingpVTdLrxUXJ-jRLltNCiALQG3Ng52-XV92DMOwK9ZQgdkVE4y_FIRrBuiYkW2OMMclqqX1hA4Q-EnQUsbeeqJFnZNVKsXqLr9S0uTsYlexBlRzQGZVOgnkGL7xF" +
		"U9K-flCxLXMCtWjbqN1jIWNYMrWiXE5jtf1hArMCwuJE9qQQ_3xtbGawIox3ICeEoEov5_eBVjToFypGYxJwVKjpV5sOmqwvVlzbL4eDFtDr4PBp6dTpFKgJBtVhAKq38O" +
		"_ZlZ0xZU3mIQTzD_ZRVNlAapvpUG7Arw5j1DRJSK1J3XTmSGh7TuMF7TJx_QYlzubCPb-4dYOnkiQThwlhA5B_LA6AQOYwaCokQPbqmH2BugVSOcjeiayCKxA1Xh2ZL127" +
		"EpotryXqtDncaXohEk1AcWqUqrddP4Rgb7W1NblhAuWONE7xMGuy5h-D3E-9eCpKQz2nLGC9IwnYVMKXWCV259BlucGg1vzVJLSMhW5tQYyJWrGBfdN8BxVFEhjvyAlhA1" +
		"U0AVrJ5oXxZG9hYABT4nIzaviDIDYT3wTfEo2-XhQ3QgD_W8dcIFKC1jc6dUPMBksmA1bxFHeqaZWn5DrXYuFhApnisYsVBbQ6TudvT76mt1MHhp55nB7o9gx_8EZ9oN8G" +
		"Ep2UjQMuKYgBPRZyQUGe5zAP0OzxnegIu6rHX1yQ8BVhAY3MMQgEKysMjkdctT3VbCFiOHCiauT4qLC2aXYWm09Bv3rOZOfYU77SzGRlmuub1AO5EJnrkSZDzC0TmySlDt" +
		"IFnL2lzc3Vlcg"
	residentSDShown = "u2V0BhVhAHADSALdqTIftV6rg8JpqBetOJUiYhCp1jTsAaVF-qJd_mhGLTcwXvsM-n570G4Pc3glX3AhkP1RsjKI2DRsfL1gjgCQCKnLOGbY_FuM-ASpSkkOxsIR2E8n7M" +
		"l2q1UQ6tEwzi5OGWED9kexIs1JJZfehRT6f-gZwVOym99YzioRSXrMoi7DK96llHwL-4U1tM-4WeaqIKDSMzFdOGU1_V_yovjVMGzD3WEA1aOFAKvZyyxpMNg7XAwyosad" +
		"E7tPEVyd06W0j46iQ2xSN6NvQZZQkSig_RiR6VA540UeJ4ODGTulrblOGNwe8WEDdyEMKG_jNu7boweLctDTcDbWasMVQG9fazuniwCNOI5ntlXZdYu9Mq_D-gRfuMvJLj" +
		"4xk0ZVd3UNiJp2UkwNeWEDVTQBWsnmhfFkb2FgAFPicjNq-IMgNhPfBN8Sjb5eFDdCAP9bx1wgUoLWNzp1Q8wGSyYDVvEUd6pplafkOtdi4WECmeKxixUFtDpO529Pvqa3" +
		"UweGnnmcHuj2DH_wRn2g3wYSnZSNAy4piAE9FnJBQZ7nMA_Q7PGd6Ai7qsdfXJDwFWEBjcwxCAQrKwyOR1y1PdVsIWI4cKJq5PiosLZpdhabT0G_es5k59hTvtLMZGWa65" +
		"vUA7kQmeuRJkPMLRObJKUO0ogBYINy79kKRYKPmAHoHNXEECliRVtrBI0BehX7mdFRKDCh4AVggVkUuBrlOaELGVQWJD4M_qW5bcKEHWGNbOrPA_qAOKKyEAAQFBw"
)

// publishedRandom gives the HMAC key and the key of the statements that the
// specification has: a random number and one more, modulo the order.
func publishedRandom(t testing.TB) *bytes.Reader {
	t.Helper()
	mac, err := hex.DecodeString(sdHMACKey)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base58.Decode(sdProofKey[1:])
	if err != nil {
		t.Fatal(err)
	}
	d := slices.Concat(make([]byte, 8), secret[2:])
	d[len(d)-1]--
	return bytes.NewReader(append(mac, d...))
}

var sdMade = time.Date(2023, 8, 15, 23, 36, 38, 0, time.UTC)

// sdSigned signs a document with the published keys.
func sdSigned(t testing.TB, doc string, mandatory []string) (map[string]any, dataintegrity.Proof, did.Method) {
	t.Helper()
	id, key := keyOf(t, p256Secret)
	signed, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, doc), dataintegrity.Options{Purpose: did.AssertionMethod, Created: sdMade}, mandatory, id, key)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(signed)
	if err != nil {
		t.Fatal(err)
	}
	return signed, proofs[0], did.Method{ID: id, Key: key.PublicKey()}
}

func sdValueOf(doc map[string]any) string {
	return doc["proof"].(map[string]any)["proofValue"].(string)
}

// withValue returns a copy of a signed document with another proof value.
func withValue(doc map[string]any, value string) map[string]any {
	out := maps.Clone(doc)
	p := maps.Clone(doc["proof"].(map[string]any))
	p["proofValue"] = value
	out["proof"] = p
	return out
}

var sdPointers = []string{"/validFrom", "/validUntil", "/credentialSubject/birthCountry"}

func TestPublishedSelectiveDisclosure(t *testing.T) {
	for name, c := range map[string]struct{ doc, base, shown, part string }{
		"employment": {employ, employBase, employShown, `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],"type":["VerifiableCredential","EmploymentAuthorizationDocumentCredential"],
"issuer":{"id":"did:key:zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2NgUPr/HwADaAIhG61j/AAAAABJRU5ErkJggg=="},
"validFrom":"2019-12-03T00:00:00Z","validUntil":"2029-12-03T00:00:00Z","credentialSubject":{"type":["Person","EmployablePerson"],"birthCountry":"Bahamas"}}`},
		"resident": {residentSD, residentSDBase, residentSDShown, `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],"type":["VerifiableCredential","PermanentResidentCardCredential"],
"issuer":{"id":"did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz64QAAAABJRU5ErkJggg=="},
"validFrom":"2024-12-16T00:00:00Z","validUntil":"2025-12-16T23:59:59Z","credentialSubject":{"type":["PermanentResident","Person"],"birthCountry":"Arcadia"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			signed, p, m := sdSigned(t, c.doc, []string{"/issuer"})
			if v := sdValueOf(signed); v != c.base {
				t.Errorf("the base proof is\n%s, not\n%s", v, c.base)
			}
			shown, err := dataintegrity.DeriveSD(signed, p, m, sdPointers)
			if err != nil {
				t.Fatal(err)
			}
			again, err := dataintegrity.DeriveSD(signed, p, did.Method{}, sdPointers) // the base proof was checked
			if err != nil || sdValueOf(again) != c.shown {
				t.Errorf("without the check: %v, %v", again, err)
			}
			if v := sdValueOf(shown); v != c.shown {
				t.Errorf("the derived proof is\n%s, not\n%s", v, c.shown)
			}
			if err := check(shown); err != nil {
				t.Errorf("what is shown does not verify: %v", err)
			}
			plain := maps.Clone(shown)
			delete(plain, "proof")
			got, err := jcs.Marshal(plain)
			if err != nil {
				t.Fatal(err)
			}
			want, err := jcs.Marshal(parse(t, c.part))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("shown is\n%s, not\n%s", got, want)
			}
		})
	}
}

func TestShowingNotices(t *testing.T) {
	signed, p, m := sdSigned(t, employ, []string{"/issuer", "/validUntil"})
	shown, err := dataintegrity.DeriveSD(signed, p, m, []string{"/credentialSubject/employmentAuthorizationDocument", "/credentialSubject/givenName"})
	if err != nil {
		t.Fatal(err)
	}
	if tried := everyMutation(t, shown, func(changed map[string]any) bool { return check(changed) == nil }); tried < 60 {
		t.Errorf("only %d mutations", tried)
	}
	// The same for the base proof, which only the holder checks.
	if tried := everyMutation(t, signed, func(changed map[string]any) bool {
		proofs, err := dataintegrity.Proofs(changed)
		return err == nil && dataintegrity.VerifyBaseSD(changed, proofs[0], m) == nil
	}); tried < 80 {
		t.Errorf("only %d mutations", tried)
	}
}

// Whatever is selected can be shown, and nothing else is in it.
func TestEveryPointer(t *testing.T) {
	signed, p, m := sdSigned(t, badge, []string{"/issuer", "/credentialStatus"})
	var pointers []string
	var walk func(v any, at string)
	walk = func(v any, at string) {
		if at != "" && at != "/proof" && at != "/@context" {
			pointers = append(pointers, at)
		}
		switch v := v.(type) {
		case map[string]any:
			for name, e := range v {
				if name != "proof" && name != "@context" {
					walk(e, at+"/"+name)
				}
			}
		case []any:
			for i, e := range v {
				walk(e, at+"/"+string(rune('0'+i)))
			}
		}
	}
	walk(signed, "")
	slices.Sort(pointers)
	shownCount := 0
	for i, pointer := range pointers {
		for _, selection := range [][]string{{pointer}, {pointer, pointers[(i*7+3)%len(pointers)]}, pointers[:i]} {
			shown, err := dataintegrity.DeriveSD(signed, p, m, selection)
			if cairn.CodeOf(err) == "rdfc.pointer" {
				continue // into a value that can only be shown whole
			}
			if err != nil {
				t.Fatalf("%v: %v", selection, err)
			}
			if err := check(shown); err != nil {
				t.Fatalf("%v: %v", selection, err)
			}
			shownCount++
			text, err := jcs.Marshal(shown)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "credentialStatus") || len(selection) == 1 && selection[0] == "/issuer" && strings.Contains(string(text), "creditsEarned") {
				t.Fatalf("%v shows %s", selection, text)
			}
		}
	}
	if shownCount < 100 {
		t.Errorf("only %d selections could be shown", shownCount)
	}
}

// components takes a proof value apart, and puts it together again.
func components(t testing.TB, value string) []any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(value[1:])
	if err != nil {
		t.Fatal(err)
	}
	v, err := strictcbor.Parse(b[3:], strictcbor.Default)
	if err != nil {
		t.Fatal(err)
	}
	return v.([]any)
}

func assembled(t testing.TB, kind byte, list []any) string {
	t.Helper()
	b, err := strictcbor.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(append([]byte{0xd9, 0x5d, kind}, b...))
}

func TestDerivedProofRefuses(t *testing.T) {
	signed, p, m := sdSigned(t, badge, []string{"/issuer"})
	shown, err := dataintegrity.DeriveSD(signed, p, m, []string{"/credentialSubject/achievement/alignment", "/credentialSubject/identifier"})
	if err != nil {
		t.Fatal(err)
	}
	good := sdValueOf(shown)
	id2, key2 := keyOf(t, sdProofKey)
	value := func(kind byte, change func(list []any) []any) string {
		return assembled(t, kind, change(slices.Clone(components(t, good))))
	}
	labels := func(list []any) strictcbor.Map { return maps.Clone(list[3].(strictcbor.Map)) }
	raw, err := base64.RawURLEncoding.DecodeString(good[1:])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, code string }{
		{"base proof at the verifier", sdValueOf(signed), "proof.value"},
		{"base58", "z" + base58.Encode(raw), "proof.value"},
		{"padding", good + "=", "proof.value"},
		{"line break", good[:9] + "\n" + good[9:], "proof.value"},
		{"cut", good[:len(good)-8], "proof.value"},
		{"more behind", "u" + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(raw), 0)), "proof.value"},
		{"other kind", value(0x03, func(l []any) []any { return l }), "proof.value"},
		{"tag", "u" + base64.RawURLEncoding.EncodeToString(slices.Concat(raw[:3], []byte{0xc1}, raw[3:])), "proof.value"},
		{"long number", "u" + base64.RawURLEncoding.EncodeToString(slices.Concat(raw[:3], []byte{0x98, 0x05}, raw[4:])), "proof.value"},
		{"indefinite", "u" + base64.RawURLEncoding.EncodeToString(slices.Concat(raw[:3], []byte{0x9f}, raw[4:], []byte{0xff})), "proof.value"},
		{"four parts", value(0x01, func(l []any) []any { return l[:4] }), "proof.value"},
		{"six parts", value(0x01, func(l []any) []any { return append(l, int64(0)) }), "proof.value"},
		{"short signature", value(0x01, func(l []any) []any { l[0] = l[0].([]byte)[:63]; return l }), "proof.value"},
		{"text for bytes", value(0x01, func(l []any) []any { l[0] = strings.Repeat("x", 64); return l }), "proof.value"},
		{"P-384 key inside", value(0x01, func(l []any) []any { l[1] = append([]byte{0x81, 0x24}, l[1].([]byte)[2:]...); return l }), "proof.signature"},
		{"key with 36 bytes", value(0x01, func(l []any) []any { l[1] = append(slices.Clone(l[1].([]byte)), 0); return l }), "proof.value"},
		{"one signature fewer", value(0x01, func(l []any) []any { l[2] = l[2].([]any)[1:]; return l }), "proof.signature"},
		{"one signature more", value(0x01, func(l []any) []any { l[2] = append(slices.Clone(l[2].([]any)), l[2].([]any)[0]); return l }), "proof.signature"},
		{"signatures in another order", value(0x01, func(l []any) []any { s := slices.Clone(l[2].([]any)); slices.Reverse(s); l[2] = s; return l }), "proof.signature"},
		{"no signatures", value(0x01, func(l []any) []any { l[2] = []any{}; return l }), "proof.signature"},
		{"everything mandatory", value(0x01, func(l []any) []any { l[2] = []any{}; l[4] = []any{int64(0), int64(1), int64(2)}; return l }), "proof.signature"},
		{"label missing", value(0x01, func(l []any) []any { m := labels(l); delete(m, int64(0)); l[3] = m; return l }), "proof.signature"},
		{"label for nothing", value(0x01, func(l []any) []any { m := labels(l); m[int64(99)] = make([]byte, 32); l[3] = m; return l }), "proof.signature"},
		{"two objects with one label", value(0x01, func(l []any) []any { m := labels(l); m[int64(0)] = m[int64(1)]; l[3] = m; return l }), "proof.signature"},
		{"labels exchanged", value(0x01, func(l []any) []any {
			m := labels(l)
			m[int64(0)], m[int64(1)] = m[int64(1)], m[int64(0)]
			l[3] = m
			return l
		}), "proof.signature"},
		{"label of 31 bytes", value(0x01, func(l []any) []any { m := labels(l); m[int64(0)] = make([]byte, 31); l[3] = m; return l }), "proof.value"},
		{"label below 0", value(0x01, func(l []any) []any { m := labels(l); m[int64(-1)] = make([]byte, 32); l[3] = m; return l }), "proof.value"},
		{"label a text", value(0x01, func(l []any) []any { m := labels(l); m["0"] = make([]byte, 32); l[3] = m; return l }), "proof.value"},
		{"index beyond the end", value(0x01, func(l []any) []any { l[4] = append(slices.Clone(l[4].([]any)), int64(5000)); return l }), "proof.signature"},
		{"index below 0", value(0x01, func(l []any) []any { l[4] = []any{int64(-1)}; return l }), "proof.value"},
		{"index twice", value(0x01, func(l []any) []any { i := l[4].([]any); l[4] = append([]any{i[0]}, i...); return l }), "proof.value"},
		{"no index", value(0x01, func(l []any) []any { l[4] = []any{}; return l }), "proof.signature"},
		{"index a text", value(0x01, func(l []any) []any { l[4] = []any{"0"}; return l }), "proof.value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := check(withValue(shown, c.value)); cairn.CodeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	// Read to the letter, the specification checks everything with the key inside
	// the proof, so anybody could sign. Here is such a forgery.
	t.Run("signed with the key inside", func(t *testing.T) {
		forged, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, badge), dataintegrity.Options{Purpose: did.AssertionMethod, Created: sdMade}, []string{"/issuer"}, id2, key2)
		if err != nil {
			t.Fatal(err)
		}
		proofs, err := dataintegrity.Proofs(forged)
		if err != nil {
			t.Fatal(err)
		}
		part, err := dataintegrity.DeriveSD(forged, proofs[0], did.Method{ID: id2, Key: key2.PublicKey()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		part["proof"].(map[string]any)["verificationMethod"] = string(m.ID)
		if err := check(part); cairn.CodeOf(err) != "proof.signature" {
			t.Errorf("accepted: %v", err)
		}
	})
}

func TestSignAndDeriveSDRefuse(t *testing.T) {
	id, key := keyOf(t, p256Secret)
	id384, key384 := keyOf(t, p384Secret)
	o := dataintegrity.Options{Purpose: did.AssertionMethod, Created: sdMade}
	signed, p, m := sdSigned(t, employ, []string{"/issuer"})
	for _, c := range []struct {
		name string
		err  func() error
		code string
	}{
		{"signed already", func() error {
			_, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), signed, o, nil, id, key)
			return err
		}, "proof.already-signed"},
		{"P-384", func() error {
			_, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, employ), o, nil, id384, key384)
			return err
		}, "proof.method"},
		{"in a chain", func() error {
			o := o
			o.Previous = []string{"urn:x:1"}
			_, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, employ), o, nil, id, key)
			return err
		}, "proof.chain"},
		{"no randomness", func() error {
			_, err := dataintegrity.SignSD(t.Context(), bytes.NewReader(nil), parse(t, employ), o, nil, id, key)
			return err
		}, "proof.random"},
		{"pointer to nothing", func() error {
			_, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, employ), o, []string{"/nothing"}, id, key)
			return err
		}, "rdfc.pointer"},
		{"no time", func() error {
			_, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, employ), dataintegrity.Options{Purpose: did.AssertionMethod}, nil, id, key)
			return err
		}, "proof.created"},
		{"as an ordinary suite", func() error {
			o := o
			o.Cryptosuite = dataintegrity.ECDSASD2023
			_, err := dataintegrity.SignWith(t.Context(), parse(t, employ), o, id, key)
			return err
		}, "proof.unsupported"},
		{"show what is not there", func() error {
			_, err := dataintegrity.DeriveSD(signed, p, m, []string{"/credentialSubject/salary"})
			return err
		}, "rdfc.pointer"},
		{"derive from derived", func() error {
			shown, err := dataintegrity.DeriveSD(signed, p, m, nil)
			if err != nil {
				return err
			}
			proofs, err := dataintegrity.Proofs(shown)
			if err != nil {
				return err
			}
			_, err = dataintegrity.DeriveSD(shown, proofs[0], m, nil)
			return err
		}, "proof.value"},
		{"derive with another's key", func() error {
			_, err := dataintegrity.DeriveSD(signed, p, did.Method{ID: id, Key: key384.PublicKey()}, nil)
			return err
		}, "proof.method"},
		{"derive by another method", func() error {
			_, err := dataintegrity.DeriveSD(signed, p, did.Method{ID: id384, Key: key.PublicKey()}, nil)
			return err
		}, "proof.method"},
		{"derive without statements that are signed", func() error {
			changed := maps.Clone(signed)
			delete(changed, "name")
			_, err := dataintegrity.DeriveSD(changed, p, did.Method{}, nil)
			return err
		}, "proof.signature"},
		{"derive after a change", func() error {
			changed := maps.Clone(signed)
			changed["name"] = "Another"
			_, err := dataintegrity.DeriveSD(changed, p, m, nil)
			return err
		}, "proof.signature"},
		{"derive from another suite", func() error {
			plain, err := dataintegrity.SignWith(t.Context(), parse(t, employ), dataintegrity.Options{Cryptosuite: dataintegrity.ECDSARDFC2019, Purpose: did.AssertionMethod, Created: sdMade}, id, key)
			if err != nil {
				return err
			}
			proofs, err := dataintegrity.Proofs(plain)
			if err != nil {
				return err
			}
			_, err = dataintegrity.DeriveSD(plain, proofs[0], m, nil)
			return err
		}, "proof.unsupported"},
		{"nothing is shown", func() error {
			none, p, m := sdSigned(t, employ, nil)
			_, err := dataintegrity.DeriveSD(none, p, m, nil)
			return err
		}, "proof.nothing-shown"},
	} {
		if err := c.err(); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	if _, err := dataintegrity.SignSD(t.Context(), publishedRandom(t), parse(t, employ), o, []string{"/issuer"}, id, jose.Signer(faulty{key})); cairn.CodeOf(err) != "proof.signer-fault" {
		t.Errorf("a faulty signer: %v", err)
	}
}

type faulty struct{ *jose.PrivateKey }

func (f faulty) Sign(ctx context.Context, m []byte) ([]byte, error) {
	return f.PrivateKey.Sign(ctx, append([]byte("x"), m...))
}

func FuzzDerivedSD(f *testing.F) {
	f.Add(employShown)
	f.Add(employBase)
	signed, p, m := sdSigned(f, employ, []string{"/issuer"})
	shown, err := dataintegrity.DeriveSD(signed, p, m, sdPointers)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, value string) {
		if err := check(withValue(shown, value)); err == nil && value != employShown {
			t.Fatalf("another proof value is accepted: %q", value)
		} else if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	}))
}
