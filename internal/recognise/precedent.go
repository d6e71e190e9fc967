package recognise

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/programme"
)

// Limits of the register of precedents.
const (
	maxWording = 500 // bytes of the words that a registrar makes public
	// crowd is how many learners must have been decided on in a month, for the
	// programme, before an entry says the month; otherwise it says the year.
	crowd = 5
)

// Kinds of precedents.
const (
	PrecedentEquivalence = "equivalence" // learning from elsewhere counted as part of the programme
	PrecedentRefused     = "refused"     // learning from elsewhere did not count
)

// Categories are the reasons that the register knows.
var categories = []string{"content", "level", "workload", "currency", "assessment", "agreement", "individual"}

// Categories lists why something was decided, as the register says it.
func Categories() []string { return slices.Clone(categories) }

// Precedent is a decided case without the person. What is not in it can't get out:
// no name, no number, no application, no reason in the words of the decision, and no
// day. What was waived for somebody, and prior learning, name no achievement.
type Precedent struct {
	ID          string              `json:"id"`
	Kind        string              `json:"kind"` // equivalence, refused, or the type of an exception
	Programme   cairn.ProgrammeID   `json:"programme"`
	Edition     string              `json:"edition"`
	Digest      string              `json:"digest"` // of the programme document
	Title       cairn.Text          `json:"title"`  // of the programme
	Requirement string              `json:"requirement,omitempty"`
	Slot        string              `json:"slot,omitempty"`
	Place       cairn.Text          `json:"place,omitempty"` // title of the requirement
	Clause      string              `json:"clause,omitempty"`
	Achievement cairn.AchievementID `json:"achievement,omitempty"`
	Learning    string              `json:"learning,omitempty"` // title of the achievement
	Issuer      cairn.DID           `json:"issuer,omitempty"`
	IssuerName  string              `json:"issuerName,omitempty"`
	Agreement   string              `json:"agreement,omitempty"`
	Rule        string              `json:"rule,omitempty"` // code of the reason, where something did not count
	Category    string              `json:"category"`
	Wording     string              `json:"wording,omitempty"` // what the registrar made public of the reasons
	When        string              `json:"when"`              // a month, or a year where a month would tell too much
}

// PrecedentCandidate is a case of a decision that can be published.
type PrecedentCandidate struct {
	Precedent
	Item      string // names it inside the decision
	Published bool
}

// PrecedentRow is a precedent as the store has it.
type PrecedentRow struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	Item        string
	Withdrawn   time.Time
	Words       string
	Precedent
}

// PrecedentFilter selects entries of the register, the newest first.
type PrecedentFilter struct {
	Search    string // part of a title, a clause, an issuer or an achievement
	Programme cairn.ProgrammeID
	After     string // ID of the last entry of the page before
	Limit     int    // at most maxPage
}

// PrecedentTx is what the register needs of a store.
type PrecedentTx interface {
	// PutPrecedent stores a row, in the place of one of the same application and item.
	PutPrecedent(ctx context.Context, r PrecedentRow) error
	// PrecedentsOf returns what there is of an application, withdrawn ones too.
	PrecedentsOf(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) ([]PrecedentRow, error)
	// Precedents returns what is public. That there is no f.After is NotFound.
	Precedents(ctx context.Context, inst cairn.InstitutionID, f PrecedentFilter) ([]PrecedentRow, error)
	// DecidedLearners counts the learners whose applications for a programme were
	// decided and delivered, and last changed in a time.
	DecidedLearners(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID, from, to time.Time) (int, error)
}

// Precedents returns a page of the public register.
func (s *Service) Precedents(ctx context.Context, inst cairn.InstitutionID, f PrecedentFilter) (out []Precedent, err error) {
	f.Limit = min(max(f.Limit, 1), maxPage)
	var rows []PrecedentRow
	err = s.View(ctx, func(tx Tx) error {
		rows, err = tx.Precedents(ctx, inst, f)
		return err
	})
	for _, r := range rows {
		out = append(out, r.Precedent)
	}
	return out, err
}

// final says why a decision is not final yet; nil when it is: nobody can appeal it any
// more, and nobody has.
func (a Application) final(p *programme.Programme, all []Application, today time.Time) error {
	why := ""
	switch {
	case a.State != Delivered || a.Decision == nil || a.Evaluation == nil:
		why = "it is not decided and delivered"
	case a.Superseded != "":
		why = "another decision has taken its place"
	case a.Appeal == nil && a.CanAppeal(p, today) == nil:
		why = "it can still be appealed, until " + AppealUntil(p, *a.Decision)
	case slices.ContainsFunc(all, func(o Application) bool { return o.Appeal != nil && o.Appeal.Of == a.ID && !o.State.Final() }):
		why = "an appeal against it is not decided"
	}
	if why == "" {
		return nil
	}
	return &cairn.Error{Kind: cairn.Conflict, Code: "precedent.not-final", Object: string(a.ID), Message: "the decision is not final: " + why, Hint: "publish it once it is"}
}

// Candidates lists the cases of a final decision that can be published.
func (s *Service) Candidates(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) ([]PrecedentCandidate, error) {
	a, err := s.Application(ctx, inst, id)
	if err != nil {
		return nil, err
	}
	p, _, err := s.Programme(ctx, inst, a.ProgrammeDigest)
	if err != nil {
		return nil, err
	}
	var out []PrecedentCandidate
	err = s.View(ctx, func(tx Tx) error {
		all, err := tx.ApplicationsOf(ctx, inst, a.Learner)
		if err != nil {
			return err
		}
		if err := a.final(p, all, s.now()); err != nil {
			return err
		}
		known, err := tx.PrecedentsOf(ctx, inst, id)
		if err != nil {
			return err
		}
		when, err := period(ctx, tx, a)
		if err != nil {
			return err
		}
		for _, c := range cases(a, p) {
			c.When = when
			for _, k := range known {
				if k.Item == c.Item && k.Withdrawn.IsZero() {
					c.Precedent, c.Published = k.Precedent, true
				}
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// period is the month of a decision where enough learners were decided on in it, and
// else its year.
func period(ctx context.Context, tx Tx, a Application) (string, error) {
	at := a.Decision.At.UTC()
	from := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	n, err := tx.DecidedLearners(ctx, a.Institution, a.Programme, from, from.AddDate(0, 1, 0))
	if err != nil || n < crowd {
		return at.Format("2006"), err
	}
	return at.Format("2006-01"), nil
}

// cases are what a decision says of learning from elsewhere and of exceptions.
func cases(a Application, p *programme.Programme) (out []PrecedentCandidate) {
	add := func(item string, one Precedent) {
		one.Programme, one.Edition, one.Digest, one.Title = p.ID, p.Edition, p.Digest(), p.Title
		for _, r := range p.Requirements {
			if r.ID == one.Requirement {
				one.Place, one.Clause = r.Title, r.Clause
			}
		}
		out = append(out, PrecedentCandidate{Precedent: one, Item: item})
	}
	held := map[string]programme.Held{}
	for _, h := range a.Evaluation.Held {
		held[h.Digest] = h
	}
	about := func(one *Precedent, digest string) {
		// Prior learning is somebody's own story, however its achievement is called.
		if h := held[digest]; h.Route != programme.RPL && h.Blocked == "" {
			one.Achievement, one.Learning, one.Issuer, one.IssuerName = h.Achievement, h.Title, h.Issuer, h.IssuerName
		}
	}
	if a.Decision.Outcome == Accept {
		for _, l := range a.Evaluation.Result.Lines {
			if h := held[l.Credential]; h.Issuer == p.Institution || h.Route == programme.RPL || l.Exception != "" {
				continue
			}
			one := Precedent{Kind: PrecedentEquivalence, Requirement: l.Requirement, Slot: l.Slot, Agreement: l.Agreement, Category: "content"}
			if l.Agreement != "" {
				one.Category = "agreement"
			}
			about(&one, l.Credential)
			add("line "+l.Requirement+" "+l.Slot+" "+l.Credential, one)
		}
		for _, r := range a.Evaluation.Result.Exceptions {
			e, ok := a.Exception(r.ID)
			if !ok || r.Effect != programme.EffectApplied {
				continue
			}
			one := Precedent{Kind: string(e.Type), Requirement: e.Requirement, Slot: e.Slot, Category: "individual"}
			about(&one, e.Credential)
			add("exception "+e.ID, one)
		}
	}
	for _, c := range a.Evaluation.Result.Credentials {
		h := held[c.Credential]
		if c.Status != programme.NotUsed || h.Issuer == p.Institution || h.Route == programme.RPL || h.Blocked != "" || len(c.Reasons) == 0 {
			continue
		}
		why := c.Reasons[0]
		category, ok := map[string]string{programme.ReasonNoMatch: "content", programme.ReasonLevelTooLow: "level", programme.ReasonTooOld: "currency", programme.ReasonTooFewCredits: "workload", programme.ReasonGradeTooLow: "assessment"}[why.Code]
		if !ok {
			continue // that a place was full, say, is no precedent
		}
		one := Precedent{Kind: PrecedentRefused, Requirement: why.Requirement, Rule: why.Code, Category: category}
		about(&one, c.Credential)
		add("refused "+c.Credential, one)
	}
	return out
}

// PublishPrecedentRequest makes one case of a decision public, or takes it back.
type PublishPrecedentRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	Item        string
	Category    string // one of Categories
	Wording     string // public words of the registrar; may be empty
	Withdraw    bool
	By          cairn.StaffID
}

// PublishPrecedent makes a case of a final decision public, or takes it back. The same
// again changes nothing.
func (s *Service) PublishPrecedent(ctx context.Context, r PublishPrecedentRequest) error {
	if r.By == "" {
		return invalid("application.reason", "by", "a name is needed")
	}
	if !r.Withdraw && !slices.Contains(categories, r.Category) {
		return invalid("precedent.category", "category", "there is no reason %q in the register", r.Category)
	}
	if len(r.Wording) > maxWording {
		return invalid("precedent.wording", "wording", "the public words have at most %d bytes", maxWording)
	}
	if r.Withdraw {
		return s.withdrawPrecedent(ctx, r)
	}
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return err
	}
	learner, err := s.Issue.Learner(ctx, r.Institution, a.Learner)
	if err != nil {
		return err
	}
	if names(r.Wording, learner) {
		return invalid("precedent.personal", "wording", "the public words name the learner")
	}
	all, err := s.Candidates(ctx, r.Institution, r.Application)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c PrecedentCandidate) bool { return c.Item == r.Item })
	if i < 0 {
		return noCase(r.Item)
	}
	c := all[i]
	if c.Published && c.Category == r.Category && c.Wording == r.Wording {
		return nil
	}
	number, err := s.random()
	if err != nil {
		return err
	}
	row := PrecedentRow{Institution: r.Institution, Application: r.Application, Item: r.Item, Precedent: c.Precedent}
	row.Category, row.Wording = r.Category, r.Wording
	if row.ID == "" {
		sum := sha256.Sum256([]byte(number)) // nothing of the application is in it
		row.ID = hex.EncodeToString(sum[:8])
	}
	words := []string{string(row.Programme), row.Clause, row.Learning, row.IssuerName, string(row.Issuer), string(row.Achievement), row.Wording, row.Kind, row.Category}
	for _, t := range []cairn.Text{row.Title, row.Place} {
		for _, text := range t {
			words = append(words, text)
		}
	}
	slices.Sort(words)
	row.Words = strings.Join(words, "\n")
	return s.Tx(ctx, func(tx Tx) error { return s.putPrecedent(ctx, tx, row, "precedent.published", r.By) })
}

func (s *Service) putPrecedent(ctx context.Context, tx Tx, row PrecedentRow, kind string, by cairn.StaffID) error {
	if err := tx.PutPrecedent(ctx, row); err != nil {
		return err
	}
	return tx.AppendEvent(ctx, issue.Event{Institution: row.Institution, At: s.now(), Kind: kind, Object: row.ID, Actor: string(by), Detail: map[string]string{"application": string(row.Application), "item": row.Item}})
}

func noCase(item string) error {
	return &cairn.Error{Kind: cairn.NotFound, Code: "precedent.no-such-case", Object: item, Message: "the decision has no such case"}
}

// withdrawPrecedent takes an entry out of the register, whatever became of its
// decision.
func (s *Service) withdrawPrecedent(ctx context.Context, r PublishPrecedentRequest) error {
	return s.Tx(ctx, func(tx Tx) error {
		rows, err := tx.PrecedentsOf(ctx, r.Institution, r.Application)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(k PrecedentRow) bool { return k.Item == r.Item })
		if i < 0 {
			return noCase(r.Item)
		}
		if !rows[i].Withdrawn.IsZero() {
			return nil
		}
		rows[i].Withdrawn = s.now()
		return s.putPrecedent(ctx, tx, rows[i], "precedent.withdrawn", r.By)
	})
}

// names reports whether words name a learner: a part of a name, or the number.
func names(words string, l issue.LearnerRecord) bool {
	text := strings.ToLower(words)
	for _, name := range append([]string{l.FullName, l.Number, string(l.DID)}, l.OtherNames...) {
		for _, part := range append(strings.Fields(name), name) {
			if len([]rune(part)) > 2 && strings.Contains(text, strings.ToLower(part)) {
				return true
			}
		}
	}
	return false
}
