package sqlstore

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
)

// InsertKey implements keys.Tx.
func (t *Tx) InsertKey(ctx context.Context, r keys.Record) error {
	_, err := t.exec(ctx, `INSERT INTO signing_key (institution, id, public, sealed, created, retired) VALUES (?, ?, ?, ?, ?, ?)`,
		r.Institution, r.ID, []byte(r.Public), r.Sealed, timeText(r.Created), timeText(r.Retired))
	return err
}

// Keys implements keys.Tx.
func (t *Tx) Keys(ctx context.Context, inst cairn.InstitutionID) ([]keys.Record, error) {
	return list(ctx, t, func(s scanner) (r keys.Record, err error) {
		var public []byte
		err = s.Scan(&r.Institution, &r.ID, &public, &r.Sealed, timeColumn{&r.Created}, timeColumn{&r.Retired})
		r.Public = ed25519.PublicKey(public)
		return r, err
	}, `SELECT institution, id, public, sealed, created, retired FROM signing_key WHERE institution = ? ORDER BY created DESC, id`, inst)
}

// InsertInstitution implements issue.Tx.
func (t *Tx) InsertInstitution(ctx context.Context, i cairn.Institution) error {
	name, err := jsonText(i.Name)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO institution (id, name, country, language, did, url) VALUES (?, ?, ?, ?, ?, ?)`, i.ID, name, i.Country, i.Language, i.DID, i.URL)
	return err
}

const institutionColumns = `SELECT id, name, country, language, did, url FROM institution`

func scanInstitution(s scanner) (i cairn.Institution, err error) {
	err = s.Scan(&i.ID, jsonColumn{&i.Name}, &i.Country, &i.Language, &i.DID, &i.URL)
	return i, err
}

// Institution implements issue.Tx.
func (t *Tx) Institution(ctx context.Context, id cairn.InstitutionID) (cairn.Institution, error) {
	return get(ctx, t, notFound("institution", id), scanInstitution, institutionColumns+` WHERE id = ?`, id)
}

// Institutions implements issue.Tx.
func (t *Tx) Institutions(ctx context.Context) ([]cairn.Institution, error) {
	return list(ctx, t, scanInstitution, institutionColumns+` ORDER BY id`)
}

// InsertAchievement implements issue.Tx.
func (t *Tx) InsertAchievement(ctx context.Context, a cairn.Achievement, now time.Time) error {
	definition, err := jsonText(a)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO achievement (institution, id, version, definition, created) VALUES (?, ?, ?, ?, ?)`, a.Institution, a.ID, a.Version, definition, timeText(now))
	return err
}

func scanAchievement(s scanner) (a cairn.Achievement, err error) {
	err = s.Scan(jsonColumn{&a})
	return a, err
}

// Achievement implements issue.Tx.
func (t *Tx) Achievement(ctx context.Context, inst cairn.InstitutionID, id cairn.AchievementID, version string) (cairn.Achievement, error) {
	return get(ctx, t, notFound("achievement", id), scanAchievement,
		`SELECT definition FROM achievement WHERE institution = ? AND id = ? AND (version = ? OR ? = '') ORDER BY created DESC, rowid DESC LIMIT 1`, inst, id, version, version)
}

// Achievements implements issue.Tx.
func (t *Tx) Achievements(ctx context.Context, inst cairn.InstitutionID) ([]cairn.Achievement, error) {
	return list(ctx, t, scanAchievement, `SELECT definition FROM achievement a WHERE institution = ? AND rowid =
		(SELECT rowid FROM achievement b WHERE b.institution = a.institution AND b.id = a.id ORDER BY created DESC, rowid DESC LIMIT 1) ORDER BY id`, inst)
}

// InsertLearner implements issue.Tx.
func (t *Tx) InsertLearner(ctx context.Context, l issue.LearnerRecord) error {
	others, err := jsonText(l.OtherNames)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO learner (institution, id, full_name, other_names, birth, did, number, salt, stack_hash, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.Institution, l.ID, l.FullName, others, l.Birth.String(), l.DID, l.Number, l.Salt, l.StackHash, timeText(l.Created))
	return err
}

// UpdateLearner implements issue.Tx.
func (t *Tx) UpdateLearner(ctx context.Context, l issue.LearnerRecord) error {
	others, err := jsonText(l.OtherNames)
	if err != nil {
		return err
	}
	return t.one(ctx, notFound("learner", l.ID), `UPDATE learner SET full_name = ?, other_names = ?, birth = ?, did = ?, number = ?, stack_hash = ? WHERE institution = ? AND id = ?`,
		l.FullName, others, l.Birth.String(), l.DID, l.Number, l.StackHash, l.Institution, l.ID)
}

const learnerColumns = `SELECT institution, id, full_name, other_names, birth, did, number, salt, stack_hash, created FROM learner`

func scanLearner(s scanner) (l issue.LearnerRecord, err error) {
	var birth string
	err = s.Scan(&l.Institution, &l.ID, &l.FullName, jsonColumn{&l.OtherNames}, &birth, &l.DID, &l.Number, &l.Salt, &l.StackHash, timeColumn{&l.Created})
	if err != nil {
		return l, err
	}
	l.Birth, err = cairn.ParsePartialDate(birth)
	return l, err
}

// Learner implements issue.Tx.
func (t *Tx) Learner(ctx context.Context, inst cairn.InstitutionID, id cairn.LearnerID) (issue.LearnerRecord, error) {
	return get(ctx, t, notFound("learner", id), scanLearner, learnerColumns+` WHERE institution = ? AND id = ?`, inst, id)
}

// LearnerByNumber implements issue.Tx.
func (t *Tx) LearnerByNumber(ctx context.Context, inst cairn.InstitutionID, number string) (issue.LearnerRecord, error) {
	return get(ctx, t, notFound("learner", number), scanLearner, learnerColumns+` WHERE institution = ? AND number = ? AND number <> ''`, inst, number)
}

// LearnerByStack implements issue.Tx.
func (t *Tx) LearnerByStack(ctx context.Context, hash string) (issue.LearnerRecord, error) {
	return get(ctx, t, notFound("learner", "page"), scanLearner, learnerColumns+` WHERE stack_hash = ? AND stack_hash <> ''`, hash)
}

// Learners implements issue.Tx.
func (t *Tx) Learners(ctx context.Context, inst cairn.InstitutionID, search string, after cairn.LearnerID, limit int) ([]issue.LearnerRecord, error) {
	return list(ctx, t, scanLearner, learnerColumns+` WHERE institution = ? AND id > ? AND (full_name LIKE ? ESCAPE '\' OR other_names LIKE ? ESCAPE '\' OR number LIKE ? ESCAPE '\') ORDER BY id LIMIT ?`,
		inst, after, like(search), like(search), like(search), limit)
}

// InsertCredential implements issue.Tx.
func (t *Tx) InsertCredential(ctx context.Context, r issue.Record) error {
	var list, index any
	if r.List != "" {
		list, index = r.List, r.Index
	}
	_, err := t.exec(ctx, `INSERT INTO credential (institution, id, key, fingerprint, kind, learner, title, state, list, list_index, key_id, unsigned, unsigned_digest, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Institution, r.ID, r.Key, r.Fingerprint, r.Kind, r.Learner, r.Title, r.State, list, index, r.KeyID, r.Unsigned, r.UnsignedDigest, timeText(r.Created))
	return err
}

const credentialColumns = `SELECT institution, id, key, fingerprint, kind, learner, title, state, list, list_index, key_id, unsigned, unsigned_digest, created,
	signed, signed_digest, issued, void_reason, revoked, revoked_by, revoked_reason FROM credential`

func scanCredential(s scanner) (r issue.Record, err error) {
	var list sql.NullString
	var index sql.NullInt64
	err = s.Scan(&r.Institution, &r.ID, &r.Key, &r.Fingerprint, &r.Kind, &r.Learner, &r.Title, &r.State, &list, &index, &r.KeyID, &r.Unsigned, &r.UnsignedDigest,
		timeColumn{&r.Created}, &r.Signed, &r.SignedDigest, timeColumn{&r.Issued}, &r.VoidReason, timeColumn{&r.Revoked}, &r.RevokedBy, &r.RevokedReason)
	r.List, r.Index = list.String, int(index.Int64)
	return r, err
}

// Credential implements issue.Tx.
func (t *Tx) Credential(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) (issue.Record, error) {
	return get(ctx, t, notFound("credential", id), scanCredential, credentialColumns+` WHERE institution = ? AND id = ?`, inst, id)
}

// CredentialByKey implements issue.Tx.
func (t *Tx) CredentialByKey(ctx context.Context, inst cairn.InstitutionID, key string) (issue.Record, error) {
	return get(ctx, t, notFound("credential", key), scanCredential, credentialColumns+` WHERE institution = ? AND key = ?`, inst, key)
}

// CredentialsOf implements issue.Tx.
func (t *Tx) CredentialsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]issue.Record, error) {
	return list(ctx, t, scanCredential, credentialColumns+` WHERE institution = ? AND learner = ? ORDER BY created DESC, id`, inst, learner)
}

// Credentials implements issue.Tx.
func (t *Tx) Credentials(ctx context.Context, inst cairn.InstitutionID, search string, after cairn.CredentialID, limit int) ([]issue.Record, error) {
	return list(ctx, t, scanCredential, credentialColumns+` WHERE institution = ? AND id > ? AND (title LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\' OR key LIKE ? ESCAPE '\') ORDER BY id LIMIT ?`,
		inst, after, like(search), like(search), like(search), limit)
}

// PreparedCredentials implements issue.Tx.
func (t *Tx) PreparedCredentials(ctx context.Context, limit int) ([]issue.Record, error) {
	return list(ctx, t, scanCredential, credentialColumns+` WHERE state = 'prepared' ORDER BY created, id LIMIT ?`, limit)
}

func changed(id any) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "store.changed", Object: string(toText(id)), Message: "this was changed by somebody else meanwhile", Hint: "look at it again"}
}

func toText(id any) string {
	if s, ok := id.(cairn.CredentialID); ok {
		return string(s)
	}
	if s, ok := id.(string); ok {
		return s
	}
	return ""
}

// FinaliseCredential implements issue.Tx.
func (t *Tx) FinaliseCredential(ctx context.Context, r issue.Record) error {
	return t.one(ctx, changed(r.ID), `UPDATE credential SET state = 'issued', signed = ?, signed_digest = ?, issued = ? WHERE institution = ? AND id = ? AND state = 'prepared'`,
		r.Signed, r.SignedDigest, timeText(r.Issued), r.Institution, r.ID)
}

// VoidCredential implements issue.Tx.
func (t *Tx) VoidCredential(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID, reason string) error {
	return t.one(ctx, changed(id), `UPDATE credential SET state = 'void', void_reason = ? WHERE institution = ? AND id = ? AND state = 'prepared'`, reason, inst, id)
}

// RevokeCredential implements issue.Tx.
func (t *Tx) RevokeCredential(ctx context.Context, r issue.Record) error {
	return t.one(ctx, &cairn.Error{Kind: cairn.Conflict, Code: "revoke.again", Object: string(r.ID), Message: "this credential is revoked already"},
		`UPDATE credential SET revoked = ?, revoked_by = ?, revoked_reason = ? WHERE institution = ? AND id = ? AND state = 'issued' AND revoked = ''`,
		timeText(r.Revoked), r.RevokedBy, r.RevokedReason, r.Institution, r.ID)
}

// InsertStatusList implements issue.Tx.
func (t *Tx) InsertStatusList(ctx context.Context, l issue.StatusList) error {
	_, err := t.exec(ctx, `INSERT INTO status_list (institution, id, purpose, secret, used) VALUES (?, ?, ?, ?, ?)`, l.Institution, l.ID, l.Purpose, l.Secret, l.Used)
	return err
}

const statusListColumns = `SELECT institution, id, purpose, secret, used, closed, revision, published, published_revision, published_at FROM status_list`

func scanStatusList(s scanner) (l issue.StatusList, err error) {
	err = s.Scan(&l.Institution, &l.ID, &l.Purpose, &l.Secret, &l.Used, &l.Closed, &l.Revision, &l.Published, &l.PublishedRevision, timeColumn{&l.PublishedAt})
	return l, err
}

// OpenStatusList implements issue.Tx.
func (t *Tx) OpenStatusList(ctx context.Context, inst cairn.InstitutionID, purpose string, limit int) (issue.StatusList, error) {
	return get(ctx, t, notFound("status-list", inst), scanStatusList, statusListColumns+` WHERE institution = ? AND purpose = ? AND closed = 0 AND used < ? ORDER BY id LIMIT 1`, inst, purpose, limit)
}

// StatusList implements issue.Tx.
func (t *Tx) StatusList(ctx context.Context, inst cairn.InstitutionID, id string) (issue.StatusList, error) {
	return get(ctx, t, notFound("status-list", id), scanStatusList, statusListColumns+` WHERE institution = ? AND id = ?`, inst, id)
}

// StatusLists implements issue.Tx.
func (t *Tx) StatusLists(ctx context.Context, inst cairn.InstitutionID) ([]issue.StatusList, error) {
	return list(ctx, t, scanStatusList, statusListColumns+` WHERE institution = ? ORDER BY id`, inst)
}

// TakeIndex implements issue.Tx.
func (t *Tx) TakeIndex(ctx context.Context, inst cairn.InstitutionID, id string) (int, error) {
	return get(ctx, t, notFound("status-list", id), func(s scanner) (n int, err error) { err = s.Scan(&n); return n, err },
		`UPDATE status_list SET used = used + 1 WHERE institution = ? AND id = ? RETURNING used - 1`, inst, id)
}

// BumpStatusList implements issue.Tx.
func (t *Tx) BumpStatusList(ctx context.Context, inst cairn.InstitutionID, id string) error {
	return t.one(ctx, notFound("status-list", id), `UPDATE status_list SET revision = revision + 1 WHERE institution = ? AND id = ?`, inst, id)
}

// PublishStatusList implements issue.Tx. A list that is older than the published
// one is passed over.
func (t *Tx) PublishStatusList(ctx context.Context, l issue.StatusList) error {
	_, err := t.exec(ctx, `UPDATE status_list SET published = ?, published_revision = ?, published_at = ? WHERE institution = ? AND id = ? AND published_revision <= ?`,
		l.Published, l.PublishedRevision, timeText(l.PublishedAt), l.Institution, l.ID, l.PublishedRevision)
	return err
}

// RevokedIndexes implements issue.Tx.
func (t *Tx) RevokedIndexes(ctx context.Context, inst cairn.InstitutionID, listID string) ([]int, error) {
	return list(ctx, t, func(s scanner) (n int, err error) { err = s.Scan(&n); return n, err },
		`SELECT list_index FROM credential WHERE institution = ? AND list = ? AND revoked <> '' ORDER BY list_index`, inst, listID)
}

// InsertClaim implements issue.Tx.
func (t *Tx) InsertClaim(ctx context.Context, c issue.ClaimRecord) error {
	_, err := t.exec(ctx, `INSERT INTO claim (institution, code_hash, credential, created, expires) VALUES (?, ?, ?, ?, ?)`,
		c.Institution, c.CodeHash, c.Credential, timeText(c.Created), timeText(c.Expires))
	return err
}

// ReplaceClaims implements issue.Tx.
func (t *Tx) ReplaceClaims(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) error {
	_, err := t.exec(ctx, `UPDATE claim SET replaced = 1 WHERE institution = ? AND credential = ?`, inst, id)
	return err
}

// Claim implements issue.Tx.
func (t *Tx) Claim(ctx context.Context, codeHash string) (issue.ClaimRecord, error) {
	return get(ctx, t, notFound("claim", "code"), func(s scanner) (c issue.ClaimRecord, err error) {
		err = s.Scan(&c.Institution, &c.CodeHash, &c.Credential, timeColumn{&c.Created}, timeColumn{&c.Expires}, &c.Replaced, &c.Claims, timeColumn{&c.LastClaim})
		return c, err
	}, `SELECT institution, code_hash, credential, created, expires, replaced, claims, last_claim FROM claim WHERE code_hash = ?`, codeHash)
}

// CountClaim implements issue.Tx.
func (t *Tx) CountClaim(ctx context.Context, c issue.ClaimRecord) error {
	return t.one(ctx, changed("claim"), `UPDATE claim SET claims = claims + 1, last_claim = ? WHERE institution = ? AND code_hash = ? AND claims = ? AND replaced = 0`,
		timeText(c.LastClaim), c.Institution, c.CodeHash, c.Claims)
}
