package sqlstore

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// InsertEdition implements recognise.Tx.
func (t *Tx) InsertEdition(ctx context.Context, e recognise.Edition) error {
	_, err := t.exec(ctx, `INSERT INTO programme_edition (institution, id, edition, digest, document, published) VALUES (?, ?, ?, ?, ?, ?)`,
		e.Institution, e.ID, e.Edition, e.Digest, e.Document, timeText(e.Published))
	return err
}

const editionColumns = `SELECT institution, id, edition, digest, document, published FROM programme_edition e`

func scanEdition(s scanner) (e recognise.Edition, err error) {
	err = s.Scan(&e.Institution, &e.ID, &e.Edition, &e.Digest, &e.Document, timeColumn{&e.Published})
	return e, err
}

// Edition implements recognise.Tx.
func (t *Tx) Edition(ctx context.Context, inst cairn.InstitutionID, digest string) (recognise.Edition, error) {
	return get(ctx, t, notFound("programme", digest), scanEdition, editionColumns+` WHERE institution = ? AND digest = ?`, inst, digest)
}

// Editions implements recognise.Tx.
func (t *Tx) Editions(ctx context.Context, inst cairn.InstitutionID) ([]recognise.Edition, error) {
	return list(ctx, t, scanEdition, editionColumns+` WHERE institution = ? AND rowid =
		(SELECT rowid FROM programme_edition f WHERE f.institution = e.institution AND f.id = e.id ORDER BY published DESC, rowid DESC LIMIT 1) ORDER BY id`, inst)
}

// EditionsOf implements recognise.Tx.
func (t *Tx) EditionsOf(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID) ([]recognise.Edition, error) {
	return list(ctx, t, scanEdition, editionColumns+` WHERE institution = ? AND id = ? ORDER BY published DESC, rowid DESC`, inst, id)
}

// waiting counts the credentials whose identity a person must confirm.
func waiting(a recognise.Application) (n int) {
	if a.Evaluation == nil {
		return 0
	}
	for _, h := range a.Evaluation.Held {
		if h.Blocked == programme.BlockedIdentity {
			n++
		}
	}
	return n
}

func appealOf(a recognise.Application) cairn.ApplicationID {
	if a.Appeal == nil {
		return ""
	}
	return a.Appeal.Of
}

// due is the last day to decide on an appeal that is not decided.
func due(a recognise.Application) string {
	if a.Appeal == nil || a.Decision != nil || a.State.Final() {
		return ""
	}
	return a.Appeal.Due
}

// InsertApplication implements recognise.Tx.
func (t *Tx) InsertApplication(ctx context.Context, a recognise.Application, learnerName string) error {
	body, err := jsonText(a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO application (institution, id, key, learner, learner_name, programme, digest, state, revision, items, waiting, created, since, updated, appeal, due, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Institution, a.ID, a.Key, a.Learner, learnerName, a.Programme, a.ProgrammeDigest, a.State, a.Revision, len(a.Items), waiting(a), timeText(a.Created), timeText(a.Since()), timeText(a.Updated), appealOf(a), due(a), body)
	return err
}

// UpdateApplication implements recognise.Tx.
func (t *Tx) UpdateApplication(ctx context.Context, a recognise.Application) error {
	before := a.Revision
	a.Revision++
	body, err := jsonText(a)
	if err != nil {
		return err
	}
	changed := &cairn.Error{Kind: cairn.Conflict, Code: "application.changed", Object: string(a.ID), Message: "the application was changed by somebody else meanwhile", Hint: "look at it again"}
	return t.one(ctx, changed, `UPDATE application SET state = ?, revision = ?, items = ?, waiting = ?, since = ?, updated = ?, due = ?, body = ? WHERE institution = ? AND id = ? AND revision = ?`,
		a.State, a.Revision, len(a.Items), waiting(a), timeText(a.Since()), timeText(a.Updated), due(a), body, a.Institution, a.ID, before)
}

const applicationColumns = `SELECT body FROM application`

func scanApplication(s scanner) (a recognise.Application, err error) {
	err = s.Scan(jsonColumn{&a})
	return a, err
}

// Application implements recognise.Tx.
func (t *Tx) Application(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (recognise.Application, error) {
	return get(ctx, t, notFound("application", id), scanApplication, applicationColumns+` WHERE institution = ? AND id = ?`, inst, id)
}

// ApplicationByKey implements recognise.Tx.
func (t *Tx) ApplicationByKey(ctx context.Context, inst cairn.InstitutionID, key string) (recognise.Application, error) {
	return get(ctx, t, notFound("application", key), scanApplication, applicationColumns+` WHERE institution = ? AND key = ?`, inst, key)
}

// ApplicationsOf implements recognise.Tx.
func (t *Tx) ApplicationsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]recognise.Application, error) {
	return list(ctx, t, scanApplication, applicationColumns+` WHERE institution = ? AND learner = ? ORDER BY created DESC, id`, inst, learner)
}

// CountApplications implements recognise.Tx.
func (t *Tx) CountApplications(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (open, all int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state NOT IN ('delivered', 'withdrawn')), count(*) FROM application WHERE institution = ? AND learner = ?`, inst, learner).Scan(&open, &all)
	return open, all, err
}

// DueApplications implements recognise.Tx.
func (t *Tx) DueApplications(ctx context.Context, limit int) ([]recognise.Application, error) {
	return list(ctx, t, scanApplication, applicationColumns+` WHERE state IN ('submitted', 'decided', 'reserved', 'awarded') ORDER BY tried, updated, id LIMIT ?`, limit)
}

// TriedApplication implements recognise.Tx. It changes nothing of the application
// itself, so its revision stays.
func (t *Tx) TriedApplication(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, at time.Time) error {
	return t.one(ctx, notFound("application", id), `UPDATE application SET tried = ? WHERE institution = ? AND id = ?`, timeText(at), inst, id)
}

// Applications implements recognise.Tx.
func (t *Tx) Applications(ctx context.Context, inst cairn.InstitutionID, f recognise.Filter) ([]recognise.Summary, error) {
	var since string
	if f.After != "" {
		var err error
		since, err = get(ctx, t, notFound("application", f.After), func(s scanner) (since string, err error) { return since, s.Scan(&since) },
			`SELECT since FROM application WHERE institution = ? AND id = ?`, inst, f.After)
		if err != nil {
			return nil, err
		}
	}
	return list(ctx, t, func(s scanner) (r recognise.Summary, err error) {
		err = s.Scan(&r.ID, &r.Learner, &r.LearnerName, &r.Programme, &r.State, timeColumn{&r.Since}, timeColumn{&r.Updated}, &r.Items, &r.Waiting, &r.Appeal, &r.Due)
		return r, err
	}, `SELECT id, learner, learner_name, programme, state, since, updated, items, waiting, appeal, due FROM application
		WHERE institution = ? AND (since, id) > (?, ?) AND (state = ? OR ? = '') AND (learner_name LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\') ORDER BY since, id LIMIT ?`,
		inst, since, f.After, f.State, f.State, like(f.Search), like(f.Search), f.Limit)
}

// ReserveCredit implements recognise.Tx. For the credential and for the learning one
// statement each decides: the row is new, or it is of the same learner and
// programme already.
func (t *Tx) ReserveCredit(ctx context.Context, u recognise.CreditUse) error {
	spent := &cairn.Error{Kind: cairn.Conflict, Code: "credit.spent", Object: string(u.Credential), Message: "this credential was used for another award already"}
	if u.Achievement != "" {
		err := t.one(ctx, spent, `INSERT INTO learning_use (institution, issuer, achievement, learner, programme, application, at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (institution, issuer, achievement, learner) DO UPDATE SET application = excluded.application, at = excluded.at
			WHERE learning_use.programme = excluded.programme`,
			u.Institution, u.Issuer, u.Achievement, u.Learner, u.Programme, u.Application, timeText(u.At))
		if err != nil {
			return err
		}
	}
	return t.one(ctx, spent, `INSERT INTO credit_use (institution, issuer, credential, learner, programme, application, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (institution, issuer, credential) DO UPDATE SET application = excluded.application, at = excluded.at
		WHERE credit_use.learner = excluded.learner AND credit_use.programme = excluded.programme`,
		u.Institution, u.Issuer, u.Credential, u.Learner, u.Programme, u.Application, timeText(u.At))
}

// ReleaseCredit implements recognise.Tx. What another application spends by now, for
// the same learner and programme, stays.
func (t *Tx) ReleaseCredit(ctx context.Context, u recognise.CreditUse) error {
	if _, err := t.exec(ctx, `DELETE FROM credit_use WHERE institution = ? AND issuer = ? AND credential = ? AND application = ?`, u.Institution, u.Issuer, u.Credential, u.Application); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM learning_use WHERE institution = ? AND issuer = ? AND achievement = ? AND learner = ? AND application = ?`, u.Institution, u.Issuer, u.Achievement, u.Learner, u.Application)
	return err
}

// CreditUse implements recognise.Tx.
func (t *Tx) CreditUse(ctx context.Context, inst cairn.InstitutionID, issuer cairn.DID, id cairn.CredentialID) (recognise.CreditUse, error) {
	return get(ctx, t, notFound("credit-use", id), func(s scanner) (u recognise.CreditUse, err error) {
		err = s.Scan(&u.Institution, &u.Issuer, &u.Credential, &u.Learner, &u.Programme, &u.Application, timeColumn{&u.At})
		return u, err
	}, `SELECT institution, issuer, credential, learner, programme, application, at FROM credit_use WHERE institution = ? AND issuer = ? AND credential = ?`, inst, issuer, id)
}

// LearningUse implements recognise.Tx.
func (t *Tx) LearningUse(ctx context.Context, inst cairn.InstitutionID, issuer cairn.DID, a cairn.AchievementID, l cairn.LearnerID) (recognise.CreditUse, error) {
	return get(ctx, t, notFound("credit-use", a), func(s scanner) (u recognise.CreditUse, err error) {
		err = s.Scan(&u.Institution, &u.Issuer, &u.Achievement, &u.Learner, &u.Programme, &u.Application, timeColumn{&u.At})
		return u, err
	}, `SELECT institution, issuer, achievement, learner, programme, application, at FROM learning_use WHERE institution = ? AND issuer = ? AND achievement = ? AND learner = ?`, inst, issuer, a, l)
}
