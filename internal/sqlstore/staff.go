package sqlstore

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/internal/staff"
)

// InsertStaff implements staff.Tx.
func (t *Tx) InsertStaff(ctx context.Context, a staff.Account) error {
	if _, err := t.Institution(ctx, a.Institution); err != nil {
		return err
	}
	roles, err := jsonText(a.Roles)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO staff (institution, id, name, roles, hash, created, changed, disabled) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Institution, a.ID, a.Name, roles, a.Hash, timeText(a.Created), timeText(a.Changed), timeText(a.Disabled))
	return err
}

// UpdateStaff implements staff.Tx.
func (t *Tx) UpdateStaff(ctx context.Context, a staff.Account) error {
	roles, err := jsonText(a.Roles)
	if err != nil {
		return err
	}
	return t.one(ctx, notFound("staff", a.ID), `UPDATE staff SET name = ?, roles = ?, hash = ?, changed = ?, disabled = ? WHERE institution = ? AND id = ?`,
		a.Name, roles, a.Hash, timeText(a.Changed), timeText(a.Disabled), a.Institution, a.ID)
}

const staffColumns = `SELECT institution, id, name, roles, hash, created, changed, disabled FROM staff`

func scanStaff(s scanner) (a staff.Account, err error) {
	err = s.Scan(&a.Institution, &a.ID, &a.Name, jsonColumn{&a.Roles}, &a.Hash, timeColumn{&a.Created}, timeColumn{&a.Changed}, timeColumn{&a.Disabled})
	return a, err
}

// Staff implements staff.Tx.
func (t *Tx) Staff(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) (staff.Account, error) {
	return get(ctx, t, notFound("staff", id), scanStaff, staffColumns+` WHERE institution = ? AND id = ?`, inst, id)
}

// AllStaff implements staff.Tx.
func (t *Tx) AllStaff(ctx context.Context, inst cairn.InstitutionID) ([]staff.Account, error) {
	return list(ctx, t, scanStaff, staffColumns+` WHERE institution = ? ORDER BY id`, inst)
}

// InsertSession implements staff.Tx.
func (t *Tx) InsertSession(ctx context.Context, s staff.Session) error {
	_, err := t.exec(ctx, `INSERT INTO session (institution, staff, hash, created, seen) VALUES (?, ?, ?, ?, ?)`,
		s.Institution, s.Staff, s.Hash, timeText(s.Created), timeText(s.Seen))
	return err
}

const sessionColumns = `SELECT institution, staff, hash, created, seen FROM session`

func scanSession(s scanner) (v staff.Session, err error) {
	err = s.Scan(&v.Institution, &v.Staff, &v.Hash, timeColumn{&v.Created}, timeColumn{&v.Seen})
	return v, err
}

// Session implements staff.Tx.
func (t *Tx) Session(ctx context.Context, hash string) (staff.Session, error) {
	return get(ctx, t, notFound("session", ""), scanSession, sessionColumns+` WHERE hash = ?`, hash)
}

// Sessions implements staff.Tx.
func (t *Tx) Sessions(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) ([]staff.Session, error) {
	return list(ctx, t, scanSession, sessionColumns+` WHERE institution = ? AND staff = ? ORDER BY created DESC, hash`, inst, id)
}

// TouchSession implements staff.Tx.
func (t *Tx) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	_, err := t.exec(ctx, `UPDATE session SET seen = ? WHERE hash = ? AND seen < ?`, timeText(seen), hash, timeText(seen))
	return err
}

// DeleteSession implements staff.Tx.
func (t *Tx) DeleteSession(ctx context.Context, hash string) error {
	_, err := t.exec(ctx, `DELETE FROM session WHERE hash = ?`, hash)
	return err
}

// DeleteSessions implements staff.Tx.
func (t *Tx) DeleteSessions(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) error {
	_, err := t.exec(ctx, `DELETE FROM session WHERE institution = ? AND staff = ?`, inst, id)
	return err
}

// ExpireSessions implements staff.Tx.
func (t *Tx) ExpireSessions(ctx context.Context, created, seen time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM session WHERE created <= ? OR seen <= ?`, timeText(created), timeText(seen))
	return err
}
