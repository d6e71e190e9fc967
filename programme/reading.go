package programme

import "cairn.example"

// CapLimit is what a cap comes to, in credits of the programme's unit.
func (p *Programme) CapLimit(c *Cap) cairn.Credits {
	if limit := p.capLimit(c); limit != nil {
		return *limit
	}
	return cairn.Credits{}
}

// BoundLimit is what a cap or a floor in credits, or in percent of the programme's
// total, comes to in credits of the programme's unit.
func (p *Programme) BoundLimit(b *Bound) cairn.Credits { return p.boundLimit(b) }

// Amount is what credit of another unit comes to in the programme's, by its table of
// units and its rounding.
func (p *Programme) Amount(c cairn.CreditValue) cairn.Credits {
	in := p.inFrame(Held{Credit: &c}).Credit
	return in.Amount.Mul(in.HoursPerCredit).Div(p.Credit.HoursPerCredit)
}
