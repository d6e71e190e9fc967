package openbadges

import (
	"crypto/md5" // only to compare with md5$ hashes of others (Open Badges 3.0); none is written
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Identity is one way to recognise the learner (Open Badges 3.0,
// IdentityObject): a plain value, such as a name, or the salted hash of one,
// such as a national number, that is not meant to be readable.
type Identity struct {
	Type   string // name, emailAddress, nationalIdentityNumber, …, or ext:…
	Value  string // the value itself, or sha256$… when Hashed
	Salt   string // random; required for hashes that are written
	Hashed bool
}

// minSalt keeps two badges of one person from having the same hash, and a list
// of all national numbers from being hashed once for all badges.
const minSalt = 16

// HashIdentity returns the identityHash of value: "sha256$" and the hexadecimal
// hash of value followed by salt (Open Badges 3.0, IdentityHash).
func HashIdentity(value, salt string) string {
	sum := sha256.Sum256([]byte(value + salt))
	return "sha256$" + hex.EncodeToString(sum[:])
}

// Matches reports whether the identity is that of value, which the caller knows
// from elsewhere. E-mail addresses are compared without regard to case, as the
// standard asks.
func (i Identity) Matches(value string) bool {
	if value == "" || i.Value == "" {
		return false
	}
	candidates := []string{value}
	if i.Type == "emailAddress" {
		candidates = append(candidates, strings.ToLower(value))
	}
	return slices.ContainsFunc(candidates, func(v string) bool {
		if !i.Hashed {
			return same(i.Value, v) || i.Type == "emailAddress" && strings.EqualFold(i.Value, v)
		}
		algorithm, hash, ok := strings.Cut(i.Value, "$")
		if !ok {
			return false
		}
		switch algorithm {
		case "sha256":
			return same(strings.ToLower(hash), strings.TrimPrefix(HashIdentity(v, i.Salt), "sha256$"))
		case "md5":
			sum := md5.Sum([]byte(v + i.Salt))
			return same(strings.ToLower(hash), hex.EncodeToString(sum[:]))
		}
		return false
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// tree writes the IdentityObject; no other members than these are allowed in it.
func (i Identity) tree(field string) (map[string]any, error) {
	if err := checkEnum(field+".type", i.Type, identityTypes); err != nil {
		return nil, err
	}
	if err := checkName(field+".value", i.Value); err != nil {
		return nil, err
	}
	m := map[string]any{"type": "IdentityObject", "hashed": i.Hashed, "identityHash": i.Value, "identityType": i.Type}
	if i.Hashed {
		if hash, ok := strings.CutPrefix(i.Value, "sha256$"); !ok || len(hash) != sha256.Size*2 || strings.Trim(hash, "0123456789abcdef") != "" {
			return nil, refuse(codeMalformed, field+".value", "a hashed identity is sha256$ and 64 hexadecimal digits")
		}
		if len(i.Salt) < minSalt {
			return nil, refuse(codeMissing, field+".salt", "a hashed identity needs a random salt of at least %d characters", minSalt)
		}
	} else if i.Salt != "" {
		return nil, refuse(codeContradiction, field+".salt", "an identity that is not hashed has no salt")
	}
	if i.Salt != "" {
		if err := checkName(field+".salt", i.Salt); err != nil {
			return nil, err
		}
		m["salt"] = i.Salt
	}
	return m, nil
}

// identityTrees writes the identities of a subject.
func identityTrees(field string, ids []Identity) ([]any, error) {
	var list []any
	for n, id := range ids {
		m, err := id.tree(fmt.Sprintf("%s[%d]", field, n))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, checkDistinct(field, list)
}
