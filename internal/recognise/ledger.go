package recognise

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// maxLedgerSearch bounds a search of the ledger, in bytes.
const maxLedgerSearch = 200

// LedgerFilter selects lines of the ledger, the newest first.
type LedgerFilter struct {
	Learner   cairn.LearnerID   // empty for all
	Programme cairn.ProgrammeID // empty for all
	Search    string            // part of a credential's id, a learner's name or number, or a programme's id
	After     string            // Spending.Key of the last line of the page before; empty for the first page
	Limit     int               // at most maxPage
}

// Spending is one line of the ledger: a credential whose credit was spent, on what,
// and by which decision.
type Spending struct {
	Issuer      cairn.DID           `json:"issuer"`
	Credential  cairn.CredentialID  `json:"credential"`
	Achievement cairn.AchievementID `json:"achievement,omitempty"`
	Title       string              `json:"title"`
	Learner     cairn.LearnerID     `json:"learner"`
	LearnerName string              `json:"learnerName"`
	Programme   cairn.ProgrammeID   `json:"programme"`
	// ProgrammeTitle and Edition are those that the application was decided by.
	ProgrammeTitle cairn.Text          `json:"programmeTitle"`
	Edition        string              `json:"edition"`
	Application    cairn.ApplicationID `json:"application"`
	// Credits is what was spent, in Unit, the programme's own. A part that only
	// satisfies a requirement, as its credit counts in another, adds nothing.
	Credits cairn.Credits  `json:"credits"`
	Unit    string         `json:"unit"`
	Lines   []SpendingLine `json:"lines"`
	// Decision is the signed decision; empty while it is not issued yet.
	Decision  cairn.CredentialID `json:"decision,omitempty"`
	DecidedBy cairn.StaffID      `json:"decidedBy"`
	DecidedAt time.Time          `json:"decidedAt"`
	At        time.Time          `json:"at"` // when it was spent
	Key       string             `json:"key"`
}

// SpendingLine is the place in a programme that a credential fills.
type SpendingLine struct {
	Requirement      string        `json:"requirement"`
	RequirementTitle cairn.Text    `json:"requirementTitle"`
	Slot             string        `json:"slot,omitempty"`
	SlotTitle        cairn.Text    `json:"slotTitle,omitempty"`
	Clause           string        `json:"clause"`
	Credits          cairn.Credits `json:"credits"`
	Shared           bool          `json:"shared,omitempty"`
}

// LedgerRow is a line of the ledger as the store has it.
type LedgerRow struct {
	CreditUse
	LearnerName        string
	ProgrammeDigest    string
	Evaluation         Evaluation
	Decision           Decision
	DecisionCredential cairn.CredentialID
}

// LedgerMark is where a page of the ledger ended. The zero value is its beginning.
type LedgerMark struct {
	At         time.Time          `json:"a"`
	Issuer     cairn.DID          `json:"i"`
	Credential cairn.CredentialID `json:"c"`
}

// LedgerTx is what the ledger needs of a store.
type LedgerTx interface {
	// LedgerRows returns what f selects after the mark, the newest first.
	LedgerRows(ctx context.Context, inst cairn.InstitutionID, f LedgerFilter, after LedgerMark) ([]LedgerRow, error)
}

func (m LedgerMark) key() (string, error) {
	b, err := json.Marshal(m)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func readMark(key string) (m LedgerMark, err error) {
	if key == "" {
		return m, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(key)
	if err == nil && len(key) <= maxReason {
		err = json.Unmarshal(b, &m)
	}
	if err != nil || m.At.IsZero() {
		return m, invalid("ledger.after", "after", "there is no such place in the ledger; begin with its first page")
	}
	return m, nil
}

// Ledger returns a page of what was spent at an institution, the newest first.
func (s *Service) Ledger(ctx context.Context, inst cairn.InstitutionID, f LedgerFilter) ([]Spending, error) {
	if f.Limit <= 0 || f.Limit > maxPage {
		f.Limit = maxPage
	}
	if len(f.Search) > maxLedgerSearch {
		return nil, invalid("ledger.search", "q", "a search has at most %d bytes", maxLedgerSearch)
	}
	mark, err := readMark(f.After)
	if err != nil {
		return nil, err
	}
	var rows []LedgerRow
	if err := s.View(ctx, func(tx Tx) (err error) {
		rows, err = tx.LedgerRows(ctx, inst, f, mark)
		return err
	}); err != nil {
		return nil, err
	}
	var out []Spending
	for _, r := range rows {
		p, _, err := s.Programme(ctx, inst, r.ProgrammeDigest)
		if err != nil {
			return nil, err
		}
		one, err := spending(r, p)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// spending tells a row in the words of the programme that it was decided by.
func spending(r LedgerRow, p *programme.Programme) (Spending, error) {
	s := Spending{Issuer: r.Issuer, Credential: r.Credential, Learner: r.Learner, LearnerName: r.LearnerName, Programme: r.CreditUse.Programme, ProgrammeTitle: p.Title, Edition: p.Edition,
		Application: r.Application, Unit: r.Evaluation.Result.Unit, Decision: r.DecisionCredential, DecidedBy: r.Decision.By, DecidedAt: r.Decision.At, At: r.At}
	var err error
	if s.Key, err = (LedgerMark{At: r.At, Issuer: r.Issuer, Credential: r.Credential}).key(); err != nil {
		return s, err
	}
	// Two documents of an application can have the same number; one of them counted.
	for _, l := range r.Evaluation.Result.Lines {
		i := slices.IndexFunc(r.Evaluation.Held, func(h programme.Held) bool { return h.Digest == l.Credential })
		if i < 0 || r.Evaluation.Held[i].Issuer != r.Issuer || r.Evaluation.Held[i].Credential != r.Credential {
			continue
		}
		s.Title, s.Achievement = r.Evaluation.Held[i].Title, r.Evaluation.Held[i].Achievement
		line := spendingLine(p, l)
		s.Lines = append(s.Lines, line)
		if !l.Shared {
			s.Credits = s.Credits.Add(l.Credits)
		}
	}
	return s, nil
}

func spendingLine(p *programme.Programme, l programme.Line) SpendingLine {
	line := SpendingLine{Requirement: l.Requirement, Slot: l.Slot, Clause: l.Clause, Credits: l.Credits, Shared: l.Shared}
	for _, r := range p.Requirements {
		if r.ID != l.Requirement {
			continue
		}
		line.RequirementTitle = r.Title
		for _, slot := range r.Slots() {
			if slot.ID == l.Slot {
				line.SlotTitle = slot.Title
			}
		}
	}
	return line
}
