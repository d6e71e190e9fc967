// Package paper makes and reads the paper side of a credential: certificates,
// transcripts, decisions and cards as PDF documents in which the signed credential
// travels as an attachment and as a QR code, pictures of QR codes, and the way
// back from a PDF document or a photograph to the bytes that can be verified.
//
// Most callers need CertificatePDF, TranscriptPDF, DecisionPDF and CardPDF to
// write, and Unwrap to read. Names are shaped with the rules of their script and must have
// a glyph for every character, else the page is refused rather than printed
// with boxes. The same input gives the same bytes.
//
// The package signs and verifies nothing: what Unwrap returns is a claim, and
// the printed words on a page never count as evidence.
package paper

import (
	"time"

	"cairn.example"
)

// Limits of what is printed and read.
const (
	maxField       = 300      // characters of any text on a page
	maxLines       = 2000     // lines of a transcript
	maxAttachments = 8        // per document
	maxAttachment  = 16 << 20 // bytes of one attachment
	maxDocument    = 24 << 20 // bytes of a PDF that is read
	maxPicture     = 10 << 20 // bytes of a picture that is read
	maxPixels      = 40 << 20 // pixels of a picture that is read
)

// Translate returns the sentence that belongs to a key of paper.json in a
// language, with {name} replaced by args[name]. It must return text for every
// key; internal/i18n does.
type Translate func(lang, key string, args map[string]string) string

// Attachment is a file that travels inside a PDF document.
type Attachment struct {
	Name        string // a plain file name
	MediaType   string // application/vc for a signed credential
	Description string
	Data        []byte
}

// Sheet is what every document of this package has.
type Sheet struct {
	Lang        cairn.Lang // language of the fixed sentences, and the direction of the page
	Institution string     // name of the issuing institution
	Place       string     // town and country, under the name; may be empty
	Learner     string     // as the person writes it
	Credential  cairn.CredentialID
	QR          string // text of the paper code, "CRN1:…"
	CheckAt     string // where to check without an app, such as verify.example; may be empty
	Created     time.Time
	Attachments []Attachment
}

// Certificate is one achievement on one page.
type Certificate struct {
	Sheet
	Title          string
	Description    string // one or two lines; may be empty
	LevelFramework string
	Level          string
	Credits        cairn.Credits // zero: not shown
	Unit           string
	Grade          string
	AwardedOn      cairn.PartialDate
	ValidUntil     time.Time // zero: without end
	SignatoryName  string
	SignatoryRole  string
}

// Transcript is a list of what was earned and where it counted.
type Transcript struct {
	Sheet
	Programme     string
	AwardedOn     cairn.PartialDate
	Unit          string
	Earned        cairn.Credits
	Counted       cairn.Credits
	Required      cairn.Credits // zero: not shown
	Lines         []Line
	SignatoryName string
	SignatoryRole string
}

// Line is one line of a transcript.
type Line struct {
	Title       string
	Source      string // who taught and assessed it
	Route       string // how it was recognised; may be empty
	Date        cairn.PartialDate
	Level       string
	Grade       string
	Earned      cairn.Credits
	Counted     cairn.Credits
	Requirement string // the requirement that it meets; lines are grouped by it
}

// Card is one achievement on a card of the size of a bank card, to be cut out
// and folded.
type Card struct {
	Sheet
	Title          string
	LevelFramework string
	Level          string
	Credits        cairn.Credits
	Unit           string
	AwardedOn      cairn.PartialDate
}

// Unwrapped is what Unwrap found: the bytes to verify. It has not been verified.
type Unwrapped struct {
	Kind    string // one of the Kind constants
	Payload []byte
	Name    string // of the attachment, when there was one
}

// The kinds of what Unwrap found.
const (
	KindDocument = "document" // JSON as it was given or as it was attached to a PDF, or an envelope
	KindCode     = "code"     // the text of a paper code
)
