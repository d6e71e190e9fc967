package sqlstore

import (
	"context"
	"strings"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// StandingInputs implements recognise.StandingTx. Each of its queries reads one range
// of an index, so a page costs the same wherever it is.
func (t *Tx) StandingInputs(ctx context.Context, inst cairn.InstitutionID, after cairn.LearnerID, limit int) ([]recognise.StandingInput, error) {
	return t.inputs(ctx, inst, `l.id > ? ORDER BY l.id LIMIT ?`, after, limit)
}

// StandingInput implements recognise.StandingTx.
func (t *Tx) StandingInput(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (recognise.StandingInput, error) {
	list, err := t.inputs(ctx, inst, `l.id = ?`, learner)
	if err == nil && len(list) == 0 {
		err = notFound("learner", learner)
	}
	if err != nil {
		return recognise.StandingInput{}, err
	}
	return list[0], nil
}

func (t *Tx) inputs(ctx context.Context, inst cairn.InstitutionID, which string, args ...any) ([]recognise.StandingInput, error) {
	all, err := list(ctx, t, func(s scanner) (i recognise.StandingInput, err error) {
		err = s.Scan(&i.Learner, &i.Watch.Inputs, timeColumn{&i.Watch.At}, timeColumn{&i.Watch.Due})
		return i, err
	}, `SELECT l.id, coalesce(w.inputs, ''), coalesce(w.at, ''), coalesce(w.due, '') FROM learner l LEFT JOIN watch w ON w.institution = l.institution AND w.learner = l.id
		WHERE l.institution = ? AND `+which, append([]any{inst}, args...)...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	at := map[cairn.LearnerID]*recognise.StandingInput{}
	for i := range all {
		at[all[i].Learner] = &all[i]
	}
	first, last := all[0].Learner, all[len(all)-1].Learner
	for _, part := range []struct {
		query string
		scan  func(scanner) error
	}{
		{`SELECT learner, id, signed_digest FROM credential INDEXED BY credential_standing WHERE institution = ? AND learner BETWEEN ? AND ? AND kind = 'badge' AND state = 'issued' AND revoked = '' ORDER BY learner, signed_digest`, func(s scanner) error {
			var l cairn.LearnerID
			var c recognise.OwnCredential
			err := s.Scan(&l, &c.ID, &c.Digest)
			if i := at[l]; err == nil && i != nil {
				i.Own = append(i.Own, c)
			}
			return err
		}},
		// The key of a certificate names its programme; see recognise.
		{`SELECT learner, key FROM credential INDEXED BY credential_certificate WHERE institution = ? AND learner BETWEEN ? AND ? AND kind = 'certificate' AND state = 'issued' AND revoked = '' ORDER BY learner, key`, func(s scanner) error {
			var l cairn.LearnerID
			var key string
			err := s.Scan(&l, &key)
			if i := at[l]; err == nil && i != nil {
				if programme, ok := recognise.CertificateOf(key, l); ok {
					i.Awarded = append(i.Awarded, programme)
				}
			}
			return err
		}},
		{`SELECT learner, id, revision, state, programme, digest FROM application WHERE institution = ? AND learner BETWEEN ? AND ? AND state <> 'withdrawn' ORDER BY learner, created DESC, id`, func(s scanner) error {
			var l cairn.LearnerID
			var a recognise.ApplicationVersion
			err := s.Scan(&l, &a.ID, &a.Revision, &a.State, &a.Programme, &a.Digest)
			if i := at[l]; err == nil && i != nil {
				i.Applications = append(i.Applications, a)
			}
			return err
		}},
		{`SELECT learner, issuer, credential, '', programme FROM credit_use WHERE institution = ?1 AND learner BETWEEN ?2 AND ?3
			UNION ALL SELECT learner, issuer, '', achievement, programme FROM learning_use WHERE institution = ?1 AND learner BETWEEN ?2 AND ?3 ORDER BY 1, 2, 3, 4`, func(s scanner) error {
			var u recognise.CreditUse
			err := s.Scan(&u.Learner, &u.Issuer, &u.Credential, &u.Achievement, &u.Programme)
			if i := at[u.Learner]; err == nil && i != nil {
				i.Uses = append(i.Uses, u)
			}
			return err
		}},
	} {
		if _, err := list(ctx, t, func(s scanner) (struct{}, error) { return struct{}{}, part.scan(s) }, part.query, inst, first, last); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// CountLearners implements recognise.StandingTx.
func (t *Tx) CountLearners(ctx context.Context, inst cairn.InstitutionID) (n int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT count(*) FROM learner WHERE institution = ?`, inst).Scan(&n)
	return n, err
}

// Facts implements recognise.StandingTx.
func (t *Tx) Facts(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]recognise.Fact, error) {
	return list(ctx, t, func(s scanner) (f recognise.Fact, err error) {
		var body string
		if err = s.Scan(&body); err == nil {
			f, err = recognise.ParseFact(body)
		}
		return f, err
	}, `SELECT body FROM fact WHERE institution = ? AND learner = ? ORDER BY digest`, inst, learner)
}

// StandingsOf implements recognise.StandingTx.
func (t *Tx) StandingsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]recognise.Standing, error) {
	return list(ctx, t, func(s scanner) (r recognise.Standing, err error) {
		err = s.Scan(&r.Institution, jsonColumn{&r})
		return r, err
	}, `SELECT institution, body FROM standing WHERE institution = ? AND learner = ? ORDER BY programme`, inst, learner)
}

// SignedDocument implements recognise.StandingTx.
func (t *Tx) SignedDocument(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) (b []byte, err error) {
	return get(ctx, t, notFound("credential", id), func(s scanner) (b []byte, err error) { err = s.Scan(&b); return b, err },
		`SELECT signed FROM credential WHERE institution = ? AND id = ? AND state = 'issued'`, inst, id)
}

// EvaluatedApplications implements recognise.StandingTx.
func (t *Tx) EvaluatedApplications(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID, after cairn.ApplicationID, limit int) ([]recognise.Application, []string, error) {
	var names []string
	all, err := list(ctx, t, func(s scanner) (a recognise.Application, err error) {
		var name string
		err = s.Scan(jsonColumn{&a}, &name)
		names = append(names, name)
		return a, err
	}, `SELECT json_remove(body, '$.Items'), learner_name FROM application WHERE institution = ? AND programme = ? AND id > ? AND json_type(body, '$.Evaluation') = 'object' ORDER BY id LIMIT ?`, inst, id, after, limit)
	return all, names, err
}

// SaveStanding implements recognise.StandingTx.
func (t *Tx) SaveStanding(ctx context.Context, run string, u recognise.StandingUpdate) (bool, error) {
	var inputs, at string
	err := t.tx.QueryRowContext(ctx, `SELECT coalesce(max(inputs), ''), coalesce(max(at), '') FROM watch WHERE institution = ? AND learner = ?`, u.Institution, u.Learner).Scan(&inputs, &at)
	if err != nil || inputs != u.Before.Inputs || at != timeText(u.Before.At) {
		return false, err
	}
	for _, f := range u.Facts {
		body, err := f.Text()
		if err != nil {
			return false, err
		}
		if _, err := t.exec(ctx, `INSERT INTO fact (institution, learner, digest, body) VALUES (?, ?, ?, ?) ON CONFLICT (institution, learner, digest) DO UPDATE SET body = excluded.body`,
			u.Institution, u.Learner, f.Digest, body); err != nil {
			return false, err
		}
	}
	for _, digest := range u.Gone {
		if _, err := t.exec(ctx, `DELETE FROM fact WHERE institution = ? AND learner = ? AND digest = ?`, u.Institution, u.Learner, digest); err != nil {
			return false, err
		}
	}
	for _, s := range u.Standings {
		body, err := jsonText(s)
		if err != nil {
			return false, err
		}
		if _, err := t.exec(ctx, `INSERT INTO standing (institution, learner, programme, edition, complete, loses, body) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (institution, learner, programme) DO UPDATE SET edition = excluded.edition, complete = excluded.complete, loses = excluded.loses, body = excluded.body`,
			u.Institution, u.Learner, s.Programme, s.Edition, s.Complete, s.LosesOn, body); err != nil {
			return false, err
		}
	}
	for _, id := range u.Dropped {
		if _, err := t.exec(ctx, `DELETE FROM standing WHERE institution = ? AND learner = ? AND programme = ?`, u.Institution, u.Learner, id); err != nil {
			return false, err
		}
	}
	for _, c := range u.Changes {
		body, err := jsonText(c)
		if err != nil {
			return false, err
		}
		if _, err := t.exec(ctx, `INSERT INTO standing_change (run, learner, programme, institution, effect, completes, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			run, u.Learner, c.Programme, u.Institution, c.Effect, c.After.Complete && !c.Before.Complete, body); err != nil {
			return false, err
		}
	}
	if u.After != nil {
		_, err = t.exec(ctx, `INSERT INTO watch (institution, learner, inputs, at, due) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (institution, learner) DO UPDATE SET inputs = excluded.inputs, at = excluded.at, due = excluded.due`,
			u.Institution, u.Learner, u.After.Inputs, timeText(u.After.At), timeText(u.After.Due))
	}
	return err == nil, err
}

// InsertRun implements recognise.StandingTx.
func (t *Tx) InsertRun(ctx context.Context, r recognise.StandingRun) error {
	body, err := jsonText(r)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO standing_run (institution, id, state, learner, owner, lease, changed, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Institution, r.ID, r.State, r.Learner, r.Owner, timeText(r.Lease), r.Changed, body)
	return err
}

// UpdateRun implements recognise.StandingTx.
func (t *Tx) UpdateRun(ctx context.Context, r recognise.StandingRun, before string) error {
	body, err := jsonText(r)
	if err != nil {
		return err
	}
	taken := &cairn.Error{Kind: cairn.Conflict, Code: "store.changed", Object: r.ID, Message: "this was changed by somebody else meanwhile", Hint: "look at it again"}
	return t.one(ctx, taken, `UPDATE standing_run SET state = ?, owner = ?, lease = ?, changed = ?, body = ? WHERE institution = ? AND id = ? AND owner = ? AND state = 'running'`,
		r.State, r.Owner, timeText(r.Lease), r.Changed, body, r.Institution, r.ID, before)
}

const runColumns = `SELECT body, owner, lease FROM standing_run`

func scanRun(s scanner) (r recognise.StandingRun, err error) {
	err = s.Scan(jsonColumn{&r}, &r.Owner, timeColumn{&r.Lease})
	return r, err
}

// OpenRun implements recognise.StandingTx.
func (t *Tx) OpenRun(ctx context.Context, inst cairn.InstitutionID) (recognise.StandingRun, error) {
	return get(ctx, t, notFound("run", inst), scanRun, runColumns+` WHERE institution = ? AND state = 'running'`, inst)
}

// FreeRuns implements recognise.StandingTx.
func (t *Tx) FreeRuns(ctx context.Context) error {
	_, err := t.exec(ctx, `UPDATE standing_run SET owner = '', lease = '' WHERE state = 'running' AND owner <> ''`)
	return err
}

// LastRun implements recognise.StandingTx.
func (t *Tx) LastRun(ctx context.Context, inst cairn.InstitutionID) (recognise.StandingRun, error) {
	return get(ctx, t, notFound("run", inst), scanRun, runColumns+` WHERE institution = ? AND learner = '' ORDER BY seq DESC LIMIT 1`, inst)
}

// ForgetRuns implements recognise.StandingTx.
func (t *Tx) ForgetRuns(ctx context.Context, inst cairn.InstitutionID, keep int) error {
	const old = `SELECT id FROM standing_run WHERE institution = ?1 AND state <> 'running' AND seq <
		(SELECT min(seq) FROM (SELECT seq FROM standing_run WHERE institution = ?1 AND learner = '' ORDER BY seq DESC LIMIT ?2))`
	if _, err := t.exec(ctx, `DELETE FROM standing_change WHERE run IN (`+old+`)`, inst, keep); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM standing_run WHERE id IN (`+old+`)`, inst, keep)
	return err
}

// conditions collects the conditions of a query whose filters may be absent.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) and(condition string, args ...any) {
	c.where, c.args = append(c.where, condition), append(c.args, args...)
}

func (c *conditions) page(after, search string, limit int) string {
	if after != "" {
		learner, programme, _ := strings.Cut(after, "/")
		c.and(`(s.learner, s.programme) > (?, ?)`, learner, programme)
	}
	if search != "" {
		c.and(`(l.full_name LIKE ? ESCAPE '\' OR l.other_names LIKE ? ESCAPE '\' OR s.learner LIKE ? ESCAPE '\')`, like(search), like(search), like(search))
	}
	c.args = append(c.args, limit)
	return ` JOIN learner l ON l.institution = s.institution AND l.id = s.learner WHERE ` + strings.Join(c.where, " AND ") + ` ORDER BY s.learner, s.programme LIMIT ?`
}

// Standings implements recognise.StandingTx.
func (t *Tx) Standings(ctx context.Context, inst cairn.InstitutionID, f recognise.StandingFilter) ([]recognise.NamedStanding, error) {
	var c conditions
	c.and(`s.institution = ?`, inst)
	if f.Programme != "" {
		c.and(`s.programme = ?`, f.Programme)
	}
	if f.Complete {
		c.and(`s.complete = 1`)
	}
	if f.Losing != "" {
		c.and(`s.loses <> '' AND s.loses <= ?`, f.Losing)
	}
	rest := c.page(f.After, f.Search, f.Limit)
	return list(ctx, t, func(s scanner) (r recognise.NamedStanding, err error) {
		err = s.Scan(&r.Institution, jsonColumn{&r.Standing}, &r.Name)
		r.Key = string(r.Learner) + "/" + string(r.Programme)
		return r, err
	}, `SELECT s.institution, s.body, l.full_name FROM standing s`+rest, c.args...)
}

// Changes implements recognise.StandingTx.
func (t *Tx) Changes(ctx context.Context, inst cairn.InstitutionID, run string, f recognise.ChangeFilter) ([]recognise.NamedChange, error) {
	var c conditions
	c.and(`s.run = ? AND s.institution = ?`, run, inst)
	if f.Programme != "" {
		c.and(`s.programme = ?`, f.Programme)
	}
	if f.Effect != "" {
		c.and(`s.effect = ?`, f.Effect)
	}
	if f.Completes {
		c.and(`s.completes = 1`)
	}
	rest := c.page(f.After, f.Search, f.Limit)
	return list(ctx, t, func(s scanner) (r recognise.NamedChange, err error) {
		err = s.Scan(jsonColumn{&r.StandingChange}, &r.Name)
		r.Key = string(r.Learner) + "/" + string(r.Programme)
		return r, err
	}, `SELECT s.body, l.full_name FROM standing_change s`+rest, c.args...)
}
