package demo

import (
	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/paper"
	"cairn.example/internal/verify"
)

// qrScale is the width of a module of the QR pictures, in pixels.
const qrScale = 6

// printed puts the diploma, the transcript and a card on paper, and reads them
// back as somebody would who was handed them.
func (p *player) printed() error {
	p.title("On paper")
	a, err := p.Recognise.Application(p.ctx, university, p.story.Application)
	if err != nil {
		return err
	}
	for _, d := range a.Deliveries {
		got, err := p.Issue.Credential(p.ctx, university, d.Credential)
		if err != nil {
			return err
		}
		if err := p.sheet(got, d.Kind, false, "en"); err != nil {
			return err
		}
		if d.Kind == issue.KindDecision {
			if err := p.sheet(got, "decision-ar", false, "ar"); err != nil {
				return err
			}
		}
	}
	if err := p.sheet(p.issued["digital-literacy"], "card-digital-literacy", true, "hi"); err != nil {
		return err
	}
	return p.sheet(p.issued["soil-and-water"], "card-soil-and-water", true, "sw")
}

func (p *player) sheet(i issue.Issued, name string, card bool, lang cairn.Lang) error {
	pdf, err := p.Print(p.ctx, i, card, lang)
	if err != nil {
		return err
	}
	if err := p.write(name+".pdf", pdf); err != nil {
		return err
	}
	code, err := p.PaperCode(p.ctx, i)
	if err != nil {
		return err
	}
	picture, err := paper.QRPNG(code, qrScale)
	if err != nil {
		return err
	}
	if err := p.write(name+"-qr.png", picture); err != nil {
		return err
	}
	for _, f := range []struct {
		what string
		data []byte
	}{{name + ".pdf", pdf}, {name + "-qr.png", picture}} {
		inside, err := paper.Unwrap(f.data)
		if err != nil {
			return err
		}
		if err := p.expect(f.what, inside.Payload, verify.Valid); err != nil {
			return err
		}
	}
	return nil
}
