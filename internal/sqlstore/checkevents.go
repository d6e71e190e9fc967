package sqlstore

import (
	"context"
	"crypto/ed25519"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/strictjson"
)

// history is what the record of events says of one credential.
type history struct {
	issued, void, revoked bool
	offered, claimed      int
	unsigned, signed      string
	keyID                 string
}

type publicKey struct {
	institution string
	key         ed25519.PublicKey
}

// chain reads the events in order: consecutive numbers, each hash over the one
// before (C7). It collects what they say for the checks that follow.
func (c *checker) chain(ctx context.Context) error {
	c.history, c.happened = map[string]*history{}, map[string]int{}
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT seq, institution, at, kind, object, actor, detail, prev, hash FROM event ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var last int64
	var head string
	for rows.Next() {
		var seq int64
		var institution, at, kind, object, actor, detail, prev, hash string
		if err := rows.Scan(&seq, &institution, &at, &kind, &object, &actor, &detail, &prev, &hash); err != nil {
			return err
		}
		if seq != last+1 {
			c.wrong("C7", number("event", seq), "events are missing after number %d", last)
		}
		if prev != head {
			c.wrong("C7", number("event", seq), "it does not follow the event before it")
		}
		want, err := eventHash(seq, prev, institution, at, kind, object, actor, detail)
		if err != nil {
			return err
		}
		if hash != want {
			c.wrong("C7", number("event", seq), "it was changed after it was written")
		}
		last, head = seq, hash
		c.happened[kind]++
		c.event(institution, kind, object, detail)
	}
	c.report.Counts["events"] = int(last)
	return rows.Err()
}

// event notes what one event says about a credential. Events that do not make
// sense in their order break C3.
func (c *checker) event(institution, kind, object, detail string) {
	id := institution + "\x00" + object
	h := c.history[id]
	text := func(name string) string {
		tree, err := strictjson.ParseObject([]byte(detail), strictjson.Default)
		if err != nil {
			c.wrong("C7", object, "the detail of its event %s can't be read", kind)
		}
		s, _ := tree[name].(string)
		return s
	}
	if kind == "credential.prepared" {
		if h != nil {
			c.wrong("C2", object, "it was prepared twice")
			return
		}
		c.history[id] = &history{unsigned: text("digest"), keyID: text("keyId")}
		return
	}
	if h == nil {
		switch kind {
		case "credential.issued", "credential.void", "credential.revoked", "credential.offered", "credential.claimed":
			c.wrong("C3", object, "the record has %s without an earlier credential.prepared", kind)
		}
		return
	}
	switch kind {
	case "credential.issued":
		if h.issued || h.void {
			c.wrong("C3", object, "it was issued after it was issued or given up already")
		}
		h.issued, h.signed = true, text("digest")
	case "credential.void":
		if h.issued {
			c.wrong("C4", object, "it was given up after it was issued")
		}
		h.void = true
	case "credential.revoked":
		if !h.issued || h.revoked {
			c.wrong("C6", object, "it was revoked before it was issued, or twice")
		}
		h.revoked = true
	case "credential.offered", "credential.claimed":
		if !h.issued {
			c.wrong("C1", object, "it was delivered before it was issued")
		}
		if kind == "credential.offered" {
			h.offered++
		} else {
			h.claimed++
		}
	}
}

// keys checks C15: sealed, and each id with the public key it began with.
func (c *checker) keys(ctx context.Context) error {
	c.public = map[string]publicKey{}
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT institution, id, public, sealed FROM signing_key NOT INDEXED`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var institution, id string
		var public, sealed []byte
		if err := rows.Scan(&institution, &id, &public, &sealed); err != nil {
			return err
		}
		c.report.Counts["keys"]++
		if before, ok := c.public[id]; ok && !before.key.Equal(ed25519.PublicKey(public)) {
			c.wrong("C15", id, "this key id has two public keys")
		}
		c.public[id] = publicKey{institution, public}
		if len(public) != ed25519.PublicKeySize {
			c.wrong("C15", id, "its public key is not an Ed25519 key")
			continue
		}
		const header = "age-encryption.org/v1\n"
		if len(sealed) < len(header) || string(sealed[:len(header)]) != header {
			c.wrong("C15", id, "the key is not sealed")
		}
		if d, _, err := did.SplitKeyID(cairn.KeyID(id)); err != nil {
			c.wrong("C15", id, "this is not a key id")
		} else if did.MethodName(d) == "key" {
			if want, _ := did.KeyFromEd25519(public); want != d {
				c.wrong("C15", id, "the public key is not the one that its id names")
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return c.keyEvents(ctx)
}

// keyEvents compares the keys with what was recorded when they were made.
func (c *checker) keyEvents(ctx context.Context) error {
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT detail FROM event WHERE kind IN ('institution.created', 'key.created') ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var detail string
		if err := rows.Scan(&detail); err != nil {
			return err
		}
		tree, err := strictjson.ParseObject([]byte(detail), strictjson.Default)
		if err != nil {
			continue // reported with the chain
		}
		id, _ := tree["key"].(string)
		recorded, _ := tree["publicKey"].(string)
		switch k, ok := c.public[id]; {
		case !ok:
			c.wrong("C15", id, "a key that was made is not there any more")
		case did.EncodeMultikey(k.key) != recorded:
			c.wrong("C15", id, "the public key is not the one that was recorded when the key was made")
		}
	}
	return rows.Err()
}

// counts compares tables with the events that filled them (C7): a row that was
// put in or taken out by hand is noticed from either side.
func (c *checker) counts(ctx context.Context) error {
	for _, pair := range []struct{ kind, table string }{
		{"institution.created", "institution"}, {"achievement.defined", "achievement"}, {"learner.registered", "learner"},
		{"credential.prepared", "credential"}, {"credential.offered", "claim"},
	} {
		n, err := c.number(ctx, `SELECT count(*) FROM `+pair.table+` NOT INDEXED`)
		if err != nil {
			return err
		}
		c.report.Counts[pair.table+"s"] = n
		if n != c.happened[pair.kind] {
			c.wrong("C7", pair.table, "there are %d rows, and %d events %s", n, c.happened[pair.kind], pair.kind)
		}
	}
	return nil
}

// claims checks C9 and, with the events, that nothing unissued was delivered (C1).
func (c *checker) claims(ctx context.Context) error {
	if err := c.find(ctx, "C9", "two codes for this credential work", `SELECT credential FROM claim NOT INDEXED WHERE replaced = 0 GROUP BY institution, credential HAVING count(*) > 1`); err != nil {
		return err
	}
	if err := c.find(ctx, "C9", "this code is there twice", `SELECT code_hash FROM claim NOT INDEXED GROUP BY code_hash HAVING count(*) > 1`); err != nil {
		return err
	}
	if err := c.find(ctx, "C1", "it was delivered and is not issued", `SELECT c.credential FROM claim c WHERE NOT EXISTS
		(SELECT 1 FROM credential r WHERE r.institution = c.institution AND r.id = c.credential AND r.state = 'issued')`); err != nil {
		return err
	}
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT institution, credential, count(*), sum(claims) FROM claim NOT INDEXED GROUP BY institution, credential`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var institution, id string
		var offered, claimed int
		if err := rows.Scan(&institution, &id, &offered, &claimed); err != nil {
			return err
		}
		h := c.history[institution+"\x00"+id]
		if h == nil {
			h = &history{}
		}
		if h.claimed != claimed || h.offered != offered {
			c.wrong("C9", id, "%d codes and %d downloads are stored, %d and %d were recorded", offered, claimed, h.offered, h.claimed)
		}
	}
	return rows.Err()
}

// requests checks C2 without the index that should make it impossible.
func (c *checker) requests(ctx context.Context) error {
	return c.find(ctx, "C2", "this key has two credentials", `SELECT key FROM credential NOT INDEXED GROUP BY institution, key HAVING count(*) > 1`)
}

// tenants checks C12 in every table there is.
func (c *checker) tenants(ctx context.Context) error {
	tables, err := list(ctx, c.tx, func(s scanner) (name string, err error) { err = s.Scan(&name); return name, err },
		`SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' AND i.name = 'institution' ORDER BY m.name`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := c.find(ctx, "C12", "its rows belong to no institution", `SELECT DISTINCT '`+table+` ' || t.institution FROM "`+table+`" t
			WHERE NOT EXISTS (SELECT 1 FROM institution i WHERE i.id = t.institution)`); err != nil {
			return err
		}
	}
	rows, err := c.tx.tx.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, parent string
		var row, key any
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		c.wrong("C12", table, "row %v refers to a row of %s that is not there", row, parent)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := c.find(ctx, "C12", "its learner is not of its institution", `SELECT c.id FROM credential c WHERE c.learner <> '' AND NOT EXISTS
		(SELECT 1 FROM learner l WHERE l.institution = c.institution AND l.id = c.learner)`); err != nil {
		return err
	}
	return c.find(ctx, "C12", "its status list is not of its institution", `SELECT c.id FROM credential c WHERE c.list IS NOT NULL AND NOT EXISTS
		(SELECT 1 FROM status_list l WHERE l.institution = c.institution AND l.id = c.list)`)
}
