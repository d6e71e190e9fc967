package issue

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"cairn.example"
	"cairn.example/did"
)

var (
	slug    = regexp.MustCompile(`^[a-z][a-z0-9-]{1,38}[a-z0-9]$`)
	country = regexp.MustCompile(`^[A-Z]{2}$`)
)

// CreateInstitution makes a tenant and its first signing key. With a public host
// name its identifier is did:web on that host; without one it is did:key.
func (s *Service) CreateInstitution(ctx context.Context, i cairn.Institution, host string) (cairn.Institution, error) {
	if !slug.MatchString(string(i.ID)) {
		return i, invalid("institution.id", "id", "the short name %q must be 3 to 40 of a-z, 0-9 and -, starting with a letter", i.ID)
	}
	if len(i.Name) == 0 {
		return i, invalid("institution.name", "name", "the institution needs a name in at least one language")
	}
	for l, name := range i.Name {
		if err := checkName("name."+string(l), name); err != nil {
			return i, err
		}
		if err := checkLanguage("name", l); err != nil {
			return i, err
		}
	}
	if !country.MatchString(i.Country) {
		return i, invalid("institution.country", "country", "the country must be two capital letters (ISO 3166-1), such as KE")
	}
	if err := checkLanguage("language", i.Language); err != nil {
		return i, err
	}
	if i.URL != "" {
		if u, err := url.Parse(i.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return i, invalid("institution.url", "url", "%q is not a web address", i.URL)
		}
	}
	err := s.Tx(ctx, func(tx Tx) error {
		name := func(public ed25519.PublicKey) cairn.KeyID {
			d, id := did.KeyFromEd25519(public)
			i.DID = d
			return id
		}
		if host != "" {
			d, err := did.WebDID(host, "i", string(i.ID))
			if err != nil {
				return err
			}
			i.DID = d
			name = func(ed25519.PublicKey) cairn.KeyID { return cairn.KeyID(string(d) + "#key-1") }
		}
		if _, err := tx.Institution(ctx, i.ID); cairn.KindOf(err) != cairn.NotFound {
			if err == nil {
				err = &cairn.Error{Kind: cairn.Conflict, Code: "institution.exists", Object: string(i.ID), Message: "there is already an institution with this short name"}
			}
			return err
		}
		// The key row refers to the institution row, whose identifier may follow
		// from the key: so the key is made first, and stored second.
		deferred := &deferKey{Tx: tx}
		if _, err := s.Keys.Create(ctx, deferred, i.ID, s.Rand, s.now(), name); err != nil {
			return err
		}
		if err := tx.InsertInstitution(ctx, i); err != nil {
			return err
		}
		if err := tx.InsertKey(ctx, deferred.record); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: i.ID, At: s.now(), Kind: "institution.created", Object: string(i.DID), Actor: "operator",
			Detail: map[string]string{"key": string(deferred.record.ID), "publicKey": did.EncodeMultikey(deferred.record.Public)}})
	})
	return i, err
}

// Institution returns a tenant.
func (s *Service) Institution(ctx context.Context, id cairn.InstitutionID) (i cairn.Institution, err error) {
	err = s.View(ctx, func(tx Tx) error {
		i, err = tx.Institution(ctx, id)
		return err
	})
	return i, err
}

// Institutions returns all tenants, in the order of their short names.
func (s *Service) Institutions(ctx context.Context) (list []cairn.Institution, err error) {
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.Institutions(ctx)
		return err
	})
	return list, err
}

// Document returns the DID document of an institution: every key it ever signed
// with, since what they signed lives on.
func (s *Service) Document(ctx context.Context, id cairn.InstitutionID) (*did.Document, error) {
	var d *did.Document
	err := s.View(ctx, func(tx Tx) error {
		i, err := tx.Institution(ctx, id)
		if err != nil {
			return err
		}
		all, err := tx.Keys(ctx, id)
		if err != nil {
			return err
		}
		d = &did.Document{ID: i.DID}
		for _, k := range all {
			d.Methods = append(d.Methods, did.Method{ID: k.ID, Controller: i.DID, PublicKey: k.Public, Expires: k.Retired})
			d.Assertion = append(d.Assertion, k.ID)
		}
		return nil
	})
	return d, err
}

// checkName refuses names that can't be shown or printed safely.
func checkName(field, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return invalid("name.empty", field, "the name is empty")
	case strings.TrimSpace(name) != name:
		return invalid("name.space", field, "the name starts or ends with a space")
	case len(name) > maxName:
		return invalid("name.long", field, "the name is longer than %d bytes", maxName)
	case !utf8.ValidString(name):
		return invalid("name.utf8", field, "the name is not valid UTF-8")
	}
	for _, r := range name {
		if hidden(r) || r == unicode.ReplacementChar {
			return invalid("name.character", field, "the name has the invisible character %U", r)
		}
	}
	return nil
}

// hidden reports whether a character can't be seen. Joiners are part of several
// scripts; everything else that is invisible or turns the direction of writing
// could make a name look like another.
func hidden(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
}

func checkLanguage(field string, l cairn.Lang) error {
	if _, err := language.Parse(string(l)); err != nil || l == "" {
		return invalid("language.tag", field, "%q is not a language tag, such as sw or fr-CI", l)
	}
	return nil
}

// RegisterLearner adds a learner, or returns the one who has this number
// already. Only the name is required.
func (s *Service) RegisterLearner(ctx context.Context, l cairn.Learner) (cairn.Learner, error) {
	if err := checkName("fullName", l.FullName); err != nil {
		return l, err
	}
	for i, n := range l.OtherNames {
		if err := checkName("otherNames."+strconv.Itoa(i), n); err != nil {
			return l, err
		}
	}
	if l.Number != "" {
		if err := checkName("number", l.Number); err != nil {
			return l, err
		}
	}
	if l.DID != "" {
		if _, err := did.Parse(string(l.DID)); err != nil {
			return l, err
		}
	}
	err := s.Tx(ctx, func(tx Tx) error {
		if l.Number != "" {
			known, err := tx.LearnerByNumber(ctx, l.Institution, l.Number)
			if err == nil {
				if known.FullName != l.FullName && !slices.Contains(known.OtherNames, l.FullName) {
					return &cairn.Error{Kind: cairn.Conflict, Code: "learner.other-name", Field: "number", Object: l.Number,
						Message: "this number belongs to " + strconv.Quote(known.FullName), Hint: "check the number, or add the name to the learner's other names"}
				}
				l = known.Learner
				return nil
			}
			if cairn.KindOf(err) != cairn.NotFound {
				return err
			}
		}
		if _, err := tx.Institution(ctx, l.Institution); err != nil {
			return err
		}
		id, err := s.newUUID()
		if err != nil {
			return err
		}
		salt, err := s.randomText(16)
		if err != nil {
			return err
		}
		l.ID = cairn.LearnerID(strings.TrimPrefix(string(id), "urn:uuid:"))
		if err := tx.InsertLearner(ctx, LearnerRecord{Learner: l, Salt: salt, Created: s.now()}); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: l.Institution, At: s.now(), Kind: "learner.registered", Object: string(l.ID), Actor: "officer"})
	})
	return l, err
}

func (s *Service) randomText(bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "issue.random", Message: "no randomness could be had", Err: err}
	}
	return hex.EncodeToString(b), nil
}

// Learner returns a learner.
func (s *Service) Learner(ctx context.Context, inst cairn.InstitutionID, id cairn.LearnerID) (LearnerRecord, error) {
	var l LearnerRecord
	err := s.View(ctx, func(tx Tx) (err error) {
		l, err = tx.Learner(ctx, inst, id)
		return err
	})
	return l, err
}

// Learners returns a page of learners whose name or number contains search. The
// next page starts after the last id of this one.
func (s *Service) Learners(ctx context.Context, inst cairn.InstitutionID, search string, after cairn.LearnerID, limit int) ([]LearnerRecord, error) {
	var out []LearnerRecord
	err := s.View(ctx, func(tx Tx) (err error) {
		out, err = tx.Learners(ctx, inst, search, after, min(max(limit, 1), maxPage))
		return err
	})
	return out, err
}

// SetLearnerDID records the identifier that a learner's wallet has. What is
// issued from now on is bound to it.
func (s *Service) SetLearnerDID(ctx context.Context, inst cairn.InstitutionID, id cairn.LearnerID, d cairn.DID) error {
	if _, err := did.Parse(string(d)); err != nil {
		return err
	}
	return s.Tx(ctx, func(tx Tx) error {
		l, err := tx.Learner(ctx, inst, id)
		if err != nil {
			return err
		}
		l.DID = d
		if err := tx.UpdateLearner(ctx, l); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: inst, At: s.now(), Kind: "learner.identifier", Object: string(id), Actor: "officer", Detail: map[string]string{"did": string(d)}})
	})
}

var stackEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewStackToken makes the secret of a learner's own page and forgets the one
// before. Only its hash is stored.
func (s *Service) NewStackToken(ctx context.Context, inst cairn.InstitutionID, id cairn.LearnerID) (string, error) {
	b := make([]byte, 20)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "issue.random", Message: "no randomness could be had", Err: err}
	}
	token := stackEncoding.EncodeToString(b)
	err := s.Tx(ctx, func(tx Tx) error {
		l, err := tx.Learner(ctx, inst, id)
		if err != nil {
			return err
		}
		l.StackHash = hashSecret(token)
		if err := tx.UpdateLearner(ctx, l); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: inst, At: s.now(), Kind: "learner.page", Object: string(id), Actor: "officer"})
	})
	return token, err
}

// LearnerByStack returns the learner whose page has this secret.
func (s *Service) LearnerByStack(ctx context.Context, token string) (LearnerRecord, error) {
	var l LearnerRecord
	err := s.View(ctx, func(tx Tx) (err error) {
		l, err = tx.LearnerByStack(ctx, hashSecret(token))
		return err
	})
	return l, err
}

// hashSecret is how secrets of at least 55 random bits are stored. They need no
// slow hash: nobody guesses them.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte("cairn/secret/1\x00" + secret))
	return hex.EncodeToString(sum[:])
}
