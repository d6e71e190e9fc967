package sqlstore

import (
	"context"
	"slices"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// exchange checks C10: each credential is spent once, on one application of the
// same learner, each award has spent what it counted, and nobody gets the
// certificate of a programme twice.
func (c *checker) exchange(ctx context.Context) error {
	if err := c.find(ctx, "C10", "this credential was spent twice", `SELECT credential FROM credit_use NOT INDEXED GROUP BY institution, issuer, credential HAVING count(*) > 1`); err != nil {
		return err
	}
	if err := c.find(ctx, "C10", "this credential was spent on an application that is not there, or of another learner or programme", `SELECT u.credential FROM credit_use u
		WHERE NOT EXISTS (SELECT 1 FROM application a WHERE a.institution = u.institution AND a.id = u.application AND a.learner = u.learner AND a.programme = u.programme)`); err != nil {
		return err
	}
	if err := c.find(ctx, "C10", "this learning was spent twice", `SELECT achievement FROM learning_use NOT INDEXED GROUP BY institution, issuer, achievement, learner HAVING count(*) > 1`); err != nil {
		return err
	}
	if err := c.find(ctx, "C10", "this learning was spent on an application that is not there, or of another learner or programme", `SELECT u.achievement FROM learning_use u
		WHERE NOT EXISTS (SELECT 1 FROM application a WHERE a.institution = u.institution AND a.id = u.application AND a.learner = u.learner AND a.programme = u.programme)`); err != nil {
		return err
	}
	if err := c.find(ctx, "C12", "its learner has another open application for the programme", `SELECT max(id) FROM application NOT INDEXED
		WHERE state NOT IN ('delivered', 'withdrawn') GROUP BY institution, learner, programme, twin HAVING count(*) > 1`); err != nil {
		return err
	}
	if err := c.find(ctx, "C12", "its learner is not of its institution", `SELECT a.id FROM application a WHERE NOT EXISTS
		(SELECT 1 FROM learner l WHERE l.institution = a.institution AND l.id = a.learner)`); err != nil {
		return err
	}
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT body, institution, id, learner, programme, state, appeal FROM application`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var settled []recognise.Application
	for rows.Next() {
		var a recognise.Application
		var institution, id, learner, programme, state, appeal string
		if err := rows.Scan(jsonColumn{&a}, &institution, &id, &learner, &programme, &state, &appeal); err != nil {
			return err
		}
		c.report.Counts["applications"]++
		if (a.Appeal == nil) != (appeal == "") || a.Appeal != nil && string(a.Appeal.Of) != appeal || string(a.Institution) != institution || string(a.ID) != id || string(a.Learner) != learner || string(a.Programme) != programme || string(a.State) != state {
			c.wrong("C12", id, "the application and its row tell different things")
		}
		switch a.State {
		case recognise.Reserved, recognise.Awarded, recognise.Delivered:
			a.Items = nil // only what was counted is needed
			settled = append(settled, a)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := c.find(ctx, "C11", "it is an appeal about an application that is not there, or of another learner or programme", `SELECT a.id FROM application a WHERE a.appeal <> '' AND NOT EXISTS
		(SELECT 1 FROM application o WHERE o.institution = a.institution AND o.id = a.appeal AND o.learner = a.learner AND o.programme = a.programme AND o.state = 'delivered')`); err != nil {
		return err
	}
	c.appeals(settled)
	if err := c.find(ctx, "C14", "it tells the public of a decision that is not delivered, or that another one has superseded", `SELECT p.id FROM precedent p WHERE p.withdrawn = '' AND NOT EXISTS
		(SELECT 1 FROM application a WHERE a.institution = p.institution AND a.id = p.application AND a.state = 'delivered' AND json_extract(a.body, '$.Superseded') IS NULL)`); err != nil {
		return err
	}
	if err := c.find(ctx, "C14", "it names the learner", `SELECT p.id FROM precedent p JOIN application a ON a.institution = p.institution AND a.id = p.application
		WHERE p.withdrawn = '' AND (instr(p.body, a.learner) > 0 OR instr(p.body, a.id) > 0 OR instr(lower(p.body), lower(a.learner_name)) > 0)`); err != nil {
		return err
	}
	certificates := map[[3]string]recognise.Application{}
	for _, a := range settled {
		if a.CertificateCredential != "" {
			award := [3]string{string(a.Institution), string(a.Learner), string(a.Programme)}
			other, ok := certificates[award]
			// An appeal keeps the certificate that the decision before it awarded.
			kept := other.CertificateCredential == a.CertificateCredential && (a.Appeal != nil && a.Appeal.Of == other.ID || other.Appeal != nil && other.Appeal.Of == a.ID)
			if ok && !kept {
				c.wrong("C10", string(a.ID), "its learner has the certificate of this programme already, from %s", other.ID)
			}
			certificates[award] = a
		}
		if err := c.spent(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// spent checks one application whose credits are reserved.
func (c *checker) spent(ctx context.Context, a recognise.Application) error {
	id := string(a.ID)
	if a.Decision == nil || a.Evaluation == nil {
		c.wrong("C10", id, "it is %s without a decision on an evaluation", a.State)
		return nil
	}
	if err := c.signatures(ctx, a); err != nil {
		return err
	}
	if a.Decision.Outcome == recognise.Accept && a.Superseded == "" { // else the appeal has spent what still counts
		var counted []string
		for _, l := range a.Evaluation.Result.Lines {
			counted = append(counted, l.Credential)
		}
		for _, h := range a.Evaluation.Held {
			if !slices.Contains(counted, h.Digest) {
				continue
			}
			n, err := c.number(ctx, `SELECT count(*) FROM credit_use WHERE institution = ? AND issuer = ? AND credential = ? AND learner = ? AND programme = ?`,
				a.Institution, h.Issuer, h.Credential, a.Learner, a.Programme)
			if err != nil {
				return err
			}
			if n != 1 {
				c.wrong("C10", id, "it counted %s, which was not spent on it", h.Credential)
			}
			n, err = c.number(ctx, `SELECT count(*) FROM learning_use WHERE institution = ? AND issuer = ? AND achievement = ? AND learner = ? AND programme = ?`,
				a.Institution, h.Issuer, h.Achievement, a.Learner, a.Programme)
			if err != nil {
				return err
			}
			if n != 1 && h.Achievement != "" {
				c.wrong("C10", id, "it counted %s, and its learning was not spent on it", h.Credential)
			}
		}
	}
	if a.State == recognise.Reserved {
		return nil
	}
	n, err := c.number(ctx, `SELECT count(*) FROM credential WHERE institution = ? AND id = ? AND state = 'issued' AND learner = ?`, a.Institution, a.DecisionCredential, a.Learner)
	if err == nil && n != 1 {
		c.wrong("C10", id, "it is %s and its decision was not issued", a.State)
	}
	return err
}

// appeals checks that each decision whose place another one takes is appealed, once,
// and was varied.
func (c *checker) appeals(settled []recognise.Application) {
	byID := map[string]recognise.Application{}
	for _, a := range settled {
		byID[string(a.Institution)+" "+string(a.ID)] = a
	}
	for _, a := range settled {
		if a.Superseded != "" {
			by, ok := byID[string(a.Institution)+" "+string(a.Superseded)]
			if !ok || by.Appeal == nil || by.Appeal.Of != a.ID || by.Decision == nil || by.Decision.Outcome != recognise.Accept {
				c.wrong("C11", string(a.ID), "it was superseded by %s, which is no accepted appeal about it", a.Superseded)
			}
		}
		if a.Appeal != nil && a.Decision != nil && a.Decision.Outcome == recognise.Accept {
			if of := byID[string(a.Institution)+" "+string(a.Appeal.Of)]; of.Superseded != a.ID {
				c.wrong("C11", string(a.ID), "it is an accepted appeal, and the decision that it is against stands")
			}
		}
	}
}

// signatures checks C11: what two persons must sign was signed by two, and what was
// allowed against the rules is what the programme lets persons allow.
func (c *checker) signatures(ctx context.Context, a recognise.Application) error {
	e, err := c.tx.Edition(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return err
	}
	p, ok := c.programmes[e.Digest]
	if !ok {
		if p, err = recognise.Whole(ctx, c.tx, e); cairn.CodeOf(err) == "rules.unresolved" {
			return nil // C17 says so
		} else if err != nil {
			return err
		}
		c.programmes[e.Digest] = p
	}
	if why := a.Unsound(p); why != "" {
		c.wrong("C11", string(a.ID), "%s", why)
	}
	return nil
}
