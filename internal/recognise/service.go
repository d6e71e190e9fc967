package recognise

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/programme"
	"cairn.example/strictjson"
)

// Limits of an application.
const (
	maxItems    = 300
	maxDocument = 1 << 20
	maxTotal    = 8 << 20 // bytes of all documents of an application
	maxOpen     = 10      // applications of a learner that are not at their end
	maxEver     = 200     // applications of a learner at one institution, withdrawn ones too
	maxReason   = 2000    // bytes of a reason
	maxPage     = 100
)

// Config is what a Service works with.
type Config struct {
	Tx     func(ctx context.Context, f func(Tx) error) error
	View   func(ctx context.Context, f func(Tx) error) error
	Issue  *issue.Service
	Verify *verify.Engine
	Now    cairn.Clock
	Rand   io.Reader
	// Domain is whom presentations must be made for: the server's own address.
	Domain string
	// Trace is told each step when it is done; it may be nil.
	Trace func(step string)
}

// Service runs the process. It is safe for concurrent use.
type Service struct {
	Config
	mu    sync.Mutex
	known map[string]*programme.Programme // editions that were read, by digest
}

// maxKnown bounds the editions that are kept read.
const maxKnown = 500

// read parses an edition, once: that takes longer than to evaluate it. Nobody
// changes what it returns.
func (s *Service) read(ctx context.Context, e Edition) (p *programme.Programme, err error) {
	s.mu.Lock()
	p = s.known[e.Digest]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	if err = s.View(ctx, func(tx Tx) (err error) {
		p, err = Whole(ctx, tx, e)
		return err
	}); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown || s.known == nil {
		s.known = map[string]*programme.Programme{}
	}
	s.known[e.Digest] = p
	return p, nil
}

// New returns a Service.
func New(c Config) *Service {
	if c.Trace == nil {
		c.Trace = func(string) {}
	}
	return &Service{Config: c}
}

func invalid(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

func (s *Service) random() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "recognise.random", Message: "no randomness could be had", Err: err}
	}
	return hex.EncodeToString(b), nil
}

// Publish is PublishBy for whoever has the data folder.
func (s *Service) Publish(ctx context.Context, inst cairn.InstitutionID, document []byte) (*programme.Programme, error) {
	return s.PublishBy(ctx, inst, document, "officer")
}

// PublishBy makes an edition of a programme the one that new applications follow.
// Applications that were begun under an earlier edition keep it.
func (s *Service) PublishBy(ctx context.Context, inst cairn.InstitutionID, document []byte, by string) (*programme.Programme, error) {
	p, err := programme.Parse(document)
	if err != nil {
		return nil, err
	}
	if _, err := s.publishable(ctx, inst, p); err != nil {
		return nil, err
	}
	institution, err := s.Issue.Institution(ctx, inst)
	if err != nil {
		return nil, err
	}
	if p.Institution != institution.DID {
		return nil, invalid("programme.institution", "institution", "the programme is of %s, and this institution is %s", p.Institution, institution.DID)
	}
	a, err := s.Issue.Achievement(ctx, inst, p.Award.Achievement, "")
	if err != nil {
		return nil, err
	}
	if a.Type != p.Award.Type {
		return nil, invalid("programme.award", "award.type", "the programme awards a %s, and the achievement is a %s", p.Award.Type, a.Type)
	}
	e := Edition{Institution: inst, ID: p.ID, Edition: p.Edition, Digest: p.Digest(), Document: document, Published: s.now()}
	err = s.Tx(ctx, func(tx Tx) error {
		if _, err := tx.Edition(ctx, inst, e.Digest); err == nil {
			return nil
		}
		if err := Backed(ctx, tx, inst, p); err != nil {
			return err
		}
		if err := tx.InsertEdition(ctx, e); err != nil {
			if cairn.KindOf(err) == cairn.Conflict {
				return &cairn.Error{Kind: cairn.Conflict, Code: "programme.edition-used", Field: "edition", Object: string(p.ID),
					Message: "edition " + p.Edition + " is already published with other rules", Hint: "give the new rules a new edition"}
			}
			return err
		}
		return tx.AppendEvent(ctx, issue.Event{Institution: inst, At: e.Published, Kind: "programme.published", Object: string(p.ID), Actor: by, Detail: map[string]string{"digest": e.Digest}})
	})
	return p, err
}

// Programmes returns the newest edition of each programme of an institution.
func (s *Service) Programmes(ctx context.Context, inst cairn.InstitutionID) ([]*programme.Programme, error) {
	var out []*programme.Programme
	var list []Edition
	err := s.View(ctx, func(tx Tx) (err error) {
		list, err = tx.Editions(ctx, inst)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		p, err := s.read(ctx, e)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Editions returns every edition of a programme, the newest first.
func (s *Service) Editions(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID) ([]Edition, error) {
	var out []Edition
	err := s.View(ctx, func(tx Tx) (err error) {
		out, err = tx.EditionsOf(ctx, inst, id)
		return err
	})
	return out, err
}

// Programme returns the edition with a digest, and its document.
func (s *Service) Programme(ctx context.Context, inst cairn.InstitutionID, digest string) (*programme.Programme, []byte, error) {
	var e Edition
	err := s.View(ctx, func(tx Tx) (err error) {
		e, err = tx.Edition(ctx, inst, digest)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	p, err := s.read(ctx, e)
	return p, e.Document, err
}

func (s *Service) newest(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID) (*programme.Programme, error) {
	var all []Edition
	err := s.View(ctx, func(tx Tx) (err error) {
		all, err = tx.Editions(ctx, inst)
		return err
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(e Edition) bool { return e.ID == id })
	if i < 0 {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "programme.not-found", Object: string(id), Message: "there is no such programme"}
	}
	return s.read(ctx, all[i])
}

// Draft begins an application under the newest edition of a programme. The same
// key again returns the same application. While another is open for the programme,
// application.open is returned.
func (s *Service) Draft(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID, id cairn.ProgrammeID, key string) (Application, error) {
	p, err := s.newest(ctx, inst, id)
	if err != nil {
		return Application{}, err
	}
	l, err := s.Issue.Learner(ctx, inst, learner)
	if err != nil {
		return Application{}, err
	}
	a, err := s.blank(inst, learner, p.ID, p.Digest(), key)
	if err != nil {
		return a, err
	}
	return s.begin(ctx, a, l.FullName)
}

// blank is an application with nothing in it.
func (s *Service) blank(inst cairn.InstitutionID, learner cairn.LearnerID, id cairn.ProgrammeID, digest, key string) (Application, error) {
	number, err := s.random()
	if err != nil {
		return Application{}, err
	}
	challenge, err := s.random()
	if err != nil {
		return Application{}, err
	}
	now := s.now()
	return Application{ID: cairn.ApplicationID(number), Key: key, Institution: inst, Learner: learner, Programme: id, ProgrammeDigest: digest,
		State: Draft, Challenge: challenge, Created: now, Updated: now}, nil
}

// begin stores a new draft, or returns the one that has its key.
func (s *Service) begin(ctx context.Context, a Application, learnerName string) (Application, error) {
	err := s.Tx(ctx, func(tx Tx) error {
		known, err := tx.ApplicationByKey(ctx, a.Institution, a.Key)
		if err == nil {
			if known.Learner != a.Learner || known.Programme != a.Programme || known.Continues != a.Continues {
				return &cairn.Error{Kind: cairn.Conflict, Code: "application.key-used", Object: a.Key, Message: "this key was already used for another application"}
			}
			a = known
			return nil
		}
		if cairn.KindOf(err) != cairn.NotFound {
			return err
		}
		open, all, err := tx.CountApplications(ctx, a.Institution, a.Learner)
		if err != nil {
			return err
		}
		// Whoever has the address of a learner's page can begin applications.
		if open >= maxOpen || all >= maxEver {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.too-many-open", Object: string(a.Learner),
				Message: fmt.Sprintf("a learner has at most %d open applications, and %d in all", maxOpen, maxEver), Hint: "withdraw one, or ask the institution"}
		}
		err = tx.InsertApplication(ctx, a, learnerName)
		if cairn.KindOf(err) == cairn.Conflict {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.open", Object: string(a.Programme), Message: "the learner has an open application for this programme",
				Hint: "go on with that one, or withdraw it", Err: err}
		}
		if err != nil {
			return err
		}
		return s.event(ctx, tx, a, "application.drafted", "learner", nil)
	})
	return a, err
}

func (s *Service) event(ctx context.Context, tx Tx, a Application, kind, actor string, detail map[string]string) error {
	return tx.AppendEvent(ctx, issue.Event{Institution: a.Institution, At: s.now(), Kind: kind, Object: string(a.ID), Actor: actor, Detail: detail})
}

// Application returns an application.
func (s *Service) Application(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (a Application, err error) {
	err = s.View(ctx, func(tx Tx) error {
		a, err = tx.Application(ctx, inst, id)
		return err
	})
	return a, err
}

// ApplicationsOf returns a learner's applications, the newest first.
func (s *Service) ApplicationsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (list []Application, err error) {
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.ApplicationsOf(ctx, inst, learner)
		return err
	})
	return list, err
}

// Queue returns a page of applications for a registrar, oldest first. That there
// is no application f.After is NotFound.
func (s *Service) Queue(ctx context.Context, inst cairn.InstitutionID, f Filter) (list []Summary, err error) {
	f.Limit = min(max(f.Limit, 1), maxPage)
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.Applications(ctx, inst, f)
		return err
	})
	return list, err
}

// change loads an application, lets f change it, and stores it, in one
// transaction.
func (s *Service) change(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, kind, actor string, f func(*Application) error) (Application, error) {
	var a Application
	err := s.Tx(ctx, func(tx Tx) (err error) {
		if a, err = tx.Application(ctx, inst, id); err != nil {
			return err
		}
		if err := f(&a); err != nil {
			return err
		}
		return s.store(ctx, tx, &a, kind, actor)
	})
	return a, err
}

func (s *Service) store(ctx context.Context, tx Tx, a *Application, kind, actor string) error {
	a.Updated = s.now()
	if err := tx.UpdateApplication(ctx, *a); err != nil {
		return err
	}
	a.Revision++
	return s.event(ctx, tx, *a, kind, actor, map[string]string{"state": string(a.State)})
}

func wrongState(a Application, want string) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "application.state", Object: string(a.ID), Message: fmt.Sprintf("the application is %s; this can be done only while it is %s", a.State, want)}
}

// Add puts a credential into a draft as a plain document. Whether it is about the
// learner is judged from what it says.
func (s *Service) Add(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, document []byte) (Application, error) {
	_, learner, err := s.applicant(ctx, inst, id)
	if err != nil {
		return Application{}, err
	}
	item, _, err := s.identified(ctx, document, learner)
	if err != nil {
		return Application{}, err
	}
	return s.change(ctx, inst, id, "application.credential-added", "learner", func(a *Application) error { return a.add(item) })
}

// AddOwn puts everything into a draft that the institution itself issued to the
// learner and did not revoke.
func (s *Service) AddOwn(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, error) {
	current, err := s.Application(ctx, inst, id)
	if err != nil {
		return Application{}, err
	}
	items, err := s.ownItems(ctx, inst, current.Learner)
	if err != nil {
		return Application{}, err
	}
	return s.change(ctx, inst, id, "application.own-added", "learner", func(a *Application) error {
		for _, item := range items {
			if err := a.add(item); err != nil {
				return err
			}
		}
		return nil
	})
}

// Present puts the credentials of a presentation into a draft. The presentation
// must answer the application's challenge and be made for this server. With it a
// new challenge is set, so that it can't be used twice.
func (s *Service) Present(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, presentation []byte) (Application, error) {
	current, learner, err := s.applicant(ctx, inst, id)
	if err != nil {
		return Application{}, err
	}
	report := s.Verify.Verify(ctx, presentation, verify.Options{Challenge: current.Challenge, Domain: s.Domain})
	holder := report.Finding(verify.AxisHolder)
	if report.Kind != verify.KindPresentation || holder.Outcome != verify.Yes {
		f := report.Finding(verify.AxisProof)
		return Application{}, &cairn.Error{Kind: cairn.Invalid, Code: "application.presentation", Object: string(id),
			Message: fmt.Sprintf("this is not a presentation by its holder for this application (%s, %s)", f.Code, holder.Code), Hint: "present again, with the challenge that the application shows"}
	}
	tree, err := strictjson.ParseObject(presentation, strictjson.Transcript)
	if err != nil {
		return Application{}, err
	}
	list, ok := tree["verifiableCredential"].([]any)
	if !ok {
		list = []any{tree["verifiableCredential"]}
	}
	var items []Item
	for _, e := range list {
		b, err := jcs.Marshal(e)
		if err != nil {
			return Application{}, err
		}
		item, inner, err := s.identified(ctx, b, learner)
		if err != nil {
			return Application{}, err
		}
		if item.Identity == IdentityMatched && holder.Args["holder"] == string(learner.DID) && subjectOf(inner) == string(learner.DID) {
			item.Identity = IdentityProven
		}
		items = append(items, item)
	}
	fresh, err := s.random()
	if err != nil {
		return Application{}, err
	}
	return s.change(ctx, inst, id, "application.presented", "learner", func(a *Application) error {
		if a.Challenge != current.Challenge {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.challenge-used", Object: string(id), Message: "this challenge was answered already", Hint: "present again with the new one"}
		}
		a.Challenge = fresh
		for _, item := range items {
			if err := a.add(item); err != nil {
				return err
			}
		}
		return nil
	})
}

// applicant returns an application and the record of whoever made it.
func (s *Service) applicant(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, issue.LearnerRecord, error) {
	a, err := s.Application(ctx, inst, id)
	if err != nil {
		return a, issue.LearnerRecord{}, err
	}
	l, err := s.Issue.Learner(ctx, inst, a.Learner)
	return a, l, err
}

// ownItems returns what the institution itself issued to a learner and did not
// revoke. It is the learner's, since it was issued to this very record.
func (s *Service) ownItems(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Item, error) {
	own, err := s.Issue.CredentialsOf(ctx, inst, learner)
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, c := range own {
		if c.Kind() != issue.KindBadge || !c.Revoked().IsZero() {
			continue
		}
		item, _, err := s.item(c.Document())
		if err != nil {
			return nil, err
		}
		item.Identity = IdentityMatched
		items = append(items, item)
	}
	return items, nil
}

// identified is item, with what the document itself says of whose it is.
func (s *Service) identified(ctx context.Context, document []byte, l issue.LearnerRecord) (Item, map[string]any, error) {
	item, tree, err := s.item(document)
	if err == nil {
		item.Identity, err = s.identify(ctx, tree, l)
	}
	return item, tree, err
}

func (s *Service) item(document []byte) (Item, map[string]any, error) {
	if len(document) > maxDocument {
		return Item{}, nil, &cairn.Error{Kind: cairn.TooLarge, Code: "application.document", Message: fmt.Sprintf("the credential is larger than %d bytes", maxDocument)}
	}
	tree, err := strictjson.ParseObject(document, strictjson.Default)
	if err != nil {
		return Item{}, nil, err
	}
	canonical, err := jcs.Marshal(tree)
	if err != nil {
		return Item{}, nil, err
	}
	return Item{Digest: jcs.Digest(canonical), Document: canonical, Added: s.now()}, tree, nil
}

// add adds an item; one that is there already is kept once, with the stronger tie
// to the learner.
func (a *Application) add(item Item) error {
	if a.State != Draft {
		return wrongState(*a, string(Draft))
	}
	total := len(item.Document)
	for i, known := range a.Items {
		total += len(known.Document)
		if known.Digest == item.Digest {
			if item.Identity == IdentityProven {
				a.Items[i].Identity = IdentityProven
			}
			return nil
		}
	}
	if len(a.Items) >= maxItems {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "application.too-many", Object: string(a.ID), Message: fmt.Sprintf("an application holds at most %d credentials", maxItems)}
	}
	if total > maxTotal {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "application.too-many", Object: string(a.ID), Message: fmt.Sprintf("the credentials of an application have at most %d bytes together", maxTotal)}
	}
	a.Items = append(a.Items, item)
	return nil
}

// Remove takes a credential out of a draft.
func (s *Service) Remove(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, digest string) (Application, error) {
	return s.change(ctx, inst, id, "application.credential-removed", "learner", func(a *Application) error {
		if a.State != Draft {
			return wrongState(*a, string(Draft))
		}
		a.Items = slices.DeleteFunc(a.Items, func(i Item) bool { return i.Digest == digest })
		return nil
	})
}

// Submit hands a draft in.
func (s *Service) Submit(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, error) {
	return s.change(ctx, inst, id, "application.submitted", "learner", func(a *Application) error {
		if a.State == Submitted {
			return nil
		}
		if a.State != Draft {
			return wrongState(*a, string(Draft))
		}
		if len(a.Items) == 0 {
			return invalid("application.empty", "items", "the application has no credential yet")
		}
		a.State, a.Note = Submitted, ""
		if a.Submitted.IsZero() {
			a.Submitted = s.now()
		}
		if p := a.Appeal; p != nil && p.Due == "" && p.Within > 0 {
			p.Due = s.now().AddDate(0, 0, p.Within).Format(dayLayout)
		}
		return nil
	})
}

// Withdraw takes an application back before a decision. Nobody needs its documents
// any more, so only their digests stay, with what tied them to the learner.
func (s *Service) Withdraw(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, error) {
	return s.change(ctx, inst, id, "application.withdrawn", "learner", func(a *Application) error {
		switch a.State {
		case Draft, Submitted, Evaluated:
			a.State, a.Evaluation = Withdrawn, nil
			for i := range a.Items {
				a.Items[i].Document, a.Items[i].Report = nil, nil
			}
			return nil
		}
		return wrongState(*a, "not decided")
	})
}

func subjectOf(tree map[string]any) string {
	subject, _ := tree["credentialSubject"].(map[string]any)
	id, _ := subject["id"].(string)
	return id
}

// identify judges from an unverified credential how it is tied to a learner. It
// counts only together with a good verification, which comes later. A hashed
// number is compared only in the institution's own credentials: the numbers of
// other institutions mean other people.
func (s *Service) identify(ctx context.Context, tree map[string]any, l issue.LearnerRecord) (Identity, error) {
	if id := subjectOf(tree); id != "" {
		if l.DID != "" && id == string(l.DID) {
			return IdentityMatched, nil
		}
		return IdentityOpen, nil // it names somebody, and not by an identifier that we know
	}
	f, err := openbadges.Read(tree)
	if err != nil || l.Number == "" {
		return IdentityOpen, nil
	}
	inst, err := s.Issue.Institution(ctx, l.Institution)
	if err != nil || f.Issuer != string(inst.DID) {
		return IdentityOpen, err
	}
	for _, id := range f.Identities {
		if id.Type != "name" && id.Hashed && id.Matches(l.Number) {
			return IdentityMatched, nil
		}
	}
	return IdentityOpen, nil
}

// ConfirmIdentity records that a registrar has satisfied themselves that a
// credential is about the learner, and has the application evaluated again.
func (s *Service) ConfirmIdentity(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, digest string, by cairn.StaffID, reason string) (Application, error) {
	if by == "" || reason == "" || len(reason) > maxReason {
		return Application{}, invalid("application.reason", "reason", "a reason of 1 to %d bytes and a name are needed", maxReason)
	}
	return s.change(ctx, inst, id, "application.identity-confirmed", string(by), func(a *Application) error {
		if a.State != Evaluated && a.State != Submitted {
			return wrongState(*a, "not decided")
		}
		i := slices.IndexFunc(a.Items, func(i Item) bool { return i.Digest == digest })
		if i < 0 {
			return &cairn.Error{Kind: cairn.NotFound, Code: "application.no-such-credential", Object: digest, Message: "the application has no such credential"}
		}
		if a.Items[i].Identity == IdentityOpen {
			a.Items[i].Identity, a.Items[i].IdentityBy, a.Items[i].IdentityReason = IdentityConfirmed, by, reason
		}
		a.State = Submitted
		return nil
	})
}
