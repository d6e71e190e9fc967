package paper

import (
	"fmt"
	"unicode/utf8"

	"cairn.example"
)

// Decision is a decision on recognition: the words of what was signed. Sentences
// come in the language of the sheet; amounts are in the programme's unit.
type Decision struct {
	Sheet
	Programme     string
	Edition       string
	Outcome       string // accepted, refused
	Summary       string // such as 48 of 60 credits
	DecidedOn     cairn.PartialDate
	DecidedBy     string // the account that decided, and its role
	Reason        string // in the words of whoever decided
	Requirements  []DecidedRequirement
	Credentials   []DecidedCredential
	Limits        []string // how far each cap is used
	AppealUntil   cairn.PartialDate
	AppealTo      string
	Facts         []string // what somebody needs who works the decision out again: engine, digests
	SignatoryName string
	SignatoryRole string
}

// DecidedRequirement is a requirement of the programme and how far it is met.
type DecidedRequirement struct {
	Title  string
	Clause string
	Status string
	Have   string   // such as 4 of 10
	By     []string // what counts there, each with its credit
}

// DecidedCredential is what became of one credential, and why.
type DecidedCredential struct {
	Title   string
	Source  string // who taught and assessed it, and how it came in
	Date    cairn.PartialDate
	Status  string
	Have    string // such as 6 of 8
	Reasons []DecidedReason
	Notes   []string // such as whose it is, and who confirmed that
}

// DecidedReason is a sentence and the rule that it rests on.
type DecidedReason struct {
	Sentence string
	Clause   string
}

// The columns of a decision, as shares of the width.
const (
	decisionTitle  = 0.62 * tableWidth
	decisionFigure = 0.16 * tableWidth
	decisionStatus = 0.22 * tableWidth
)

// Limits of a decision.
const (
	maxSentence = 2500 // characters of a reason
	maxDecided  = 500  // requirements or credentials
	maxReasons  = 200  // of one credential, and parts of one requirement
	maxFlow     = 400  // lines of one text
	maxTitle    = 50   // lines of a title
)

// DecisionPDF returns a decision on A4 pages: what was decided and by whom, every
// requirement, every credential with every reason and its rule, how to appeal,
// and what is needed to work it out again.
func DecisionPDF(c Decision, t Translate) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	w := words{string(c.Lang), t}
	d, err := open(c.Sheet, w.say("paper.decision.document", "learner", c.Learner))
	if err != nil {
		return nil, err
	}
	p := decisionPages{newPages(c.Sheet, w, d)}
	p.masthead(w.say("paper.decision.heading"), c.Programme, dated(w.say("paper.decision.edition"), c.Edition))
	p.outcome(c)
	p.heading(w.say("paper.decision.requirements"))
	for _, r := range c.Requirements {
		p.row(r.Title, r.Clause, r.Have, r.Status)
		for _, by := range r.By {
			p.under(by, "")
		}
		p.close()
	}
	for _, l := range c.Limits {
		p.under(l, "")
	}
	p.heading(w.say("paper.decision.credentials"))
	for _, r := range c.Credentials {
		p.credential(r)
	}
	p.heading(w.say("paper.decision.appeal"))
	p.flow(c.appeal(w), margin, tableWidth, spec{style: sans, size: 9.5, colour: ink})
	p.heading(w.say("paper.decision.again"))
	for _, f := range c.Facts {
		p.flow(f, margin, tableWidth, spec{style: sans, size: 7.5, colour: muted})
	}
	p.sign(c.SignatoryName, c.SignatoryRole)
	return p.finish()
}

func (c Decision) check() error {
	if len(c.Requirements) > maxDecided || len(c.Credentials) > maxDecided || len(c.Limits) > maxDecided || len(c.Facts) > maxReasons {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.field", Field: "credentials", Message: fmt.Sprintf("there are more than %d requirements or credentials", maxDecided)}
	}
	short := map[string]string{"institution": c.Institution, "place": c.Place, "learner": c.Learner, "programme": c.Programme, "edition": c.Edition, "outcome": c.Outcome + c.Summary,
		"decidedBy": c.DecidedBy, "signatory": c.SignatoryName + c.SignatoryRole, "credential": string(c.Credential), "checkAt": c.CheckAt}
	long := map[string][]string{"reason": {c.Reason}, "appealTo": {c.AppealTo}, "limits": c.Limits, "facts": c.Facts}
	for i, r := range c.Requirements {
		field := fmt.Sprintf("requirements[%d]", i)
		short[field], long[field] = r.Status+r.Have, append([]string{r.Title + r.Clause}, r.By...)
	}
	for i, r := range c.Credentials {
		field := fmt.Sprintf("credentials[%d]", i)
		short[field], long[field] = r.Status+r.Have, append([]string{r.Title, r.Source}, r.Notes...)
		for _, reason := range r.Reasons {
			long[field] = append(long[field], reason.Sentence+reason.Clause)
		}
	}
	for field, texts := range long {
		if len(texts) > maxReasons {
			return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.field", Field: field, Message: fmt.Sprintf("there are more than %d texts", maxReasons)}
		}
		for _, text := range texts {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxSentence {
				return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.field", Field: field, Message: fmt.Sprintf("the text has more than %d characters or is malformed", maxSentence)}
			}
		}
	}
	return checkTexts(short)
}

// appeal says until when and with whom, or that the programme names no way.
func (c Decision) appeal(w words) string {
	if c.AppealTo == "" || c.AppealUntil.IsZero() {
		return w.say("paper.decision.no-appeal")
	}
	return w.say("paper.decision.appeal-until", "date", w.date(c.AppealUntil), "to", c.AppealTo)
}

type decisionPages struct{ *pages }

// outcome is the decision itself, in the words of whoever decided.
func (p decisionPages) outcome(c Decision) {
	p.hline(margin, p.y, tableWidth, 0.8, slate)
	p.y += 2 * mm
	p.flow(c.Outcome, margin, tableWidth, spec{style: serifBold, size: 15, colour: slate})
	p.flow(c.Summary, margin, tableWidth, spec{style: sansBold, size: 10, colour: ink})
	p.y += 1 * mm
	p.flow(c.Reason, margin, tableWidth, spec{style: sans, size: 10, colour: ink})
	p.y += 1 * mm
	p.flow(p.w.say("paper.decision.by", "date", p.w.date(c.DecidedOn), "by", c.DecidedBy), margin, tableWidth, spec{style: sans, size: 9, colour: muted})
}

func (p decisionPages) heading(text string) {
	p.room(26 * mm)
	p.y += 4 * mm
	p.y = p.paragraph(text, margin, p.y, tableWidth, spec{style: sansBold, size: 11, least: 8, lines: 2, colour: slate})
	p.hline(margin, p.y+0.6*mm, tableWidth, 0.8, slate)
	p.y += 1.6 * mm
}

// row is the first line of a requirement or credential.
func (p decisionPages) row(title, clause, have, status string) {
	if clause = clean(clause); clause != "" {
		title = clean(title) + " (" + p.w.say("paper.decision.clause", "clause", clause) + ")"
	}
	value := spec{style: sans, size: 9, least: 6, lines: 3, leading: 1.25, colour: ink, align: end}
	// A title is somebody else's text, and no length of it may keep a decision
	// from being printed.
	name := spec{style: sansBold, size: 9.5, least: 7, lines: maxTitle, leading: 1.25, colour: ink}
	lines, size := p.fit(title, decisionTitle-1.6*mm, name)
	p.room(float64(len(lines))*size*leading(name) + 8*mm)
	top := p.y + 0.6*mm
	bottom := p.cell(title, margin, top, decisionTitle, name)
	bottom = max(bottom, p.cell(have, margin+decisionTitle, top, decisionFigure, value))
	value.style = sansBold
	bottom = max(bottom, p.cell(status, margin+decisionTitle+decisionFigure, top, decisionStatus, value))
	p.y = bottom
}

// under is a line that belongs to the row above it.
func (p decisionPages) under(text, clause string) {
	if clause = clean(clause); clause != "" {
		text = clean(text) + " (" + p.w.say("paper.decision.clause", "clause", clause) + ")"
	}
	p.flow(text, margin+4*mm, tableWidth-5*mm, spec{style: sans, size: 8.5, leading: 1.3, colour: ink})
}

func (p decisionPages) close() {
	p.y += 0.8 * mm
	p.hline(margin, p.y, tableWidth, 0.3, faint)
}

func (p decisionPages) credential(r DecidedCredential) {
	p.row(r.Title, "", r.Have, r.Status)
	source := clean(r.Source)
	if date := p.w.date(r.Date); date != "" {
		source += " · " + date
	}
	p.flow(source, margin+0.8*mm, tableWidth, spec{style: sans, size: 8, leading: 1.3, colour: muted})
	for _, reason := range r.Reasons {
		p.under(reason.Sentence, reason.Clause)
	}
	for _, n := range r.Notes {
		p.under(n, "")
	}
	p.close()
}
