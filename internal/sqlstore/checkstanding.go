package sqlstore

import (
	"context"

	"cairn.example/internal/recognise"
)

// standings checks C13: a standing and the columns that it is found by say the same, a
// run counts the changes that it told, each of them of a learner of its institution,
// and nobody is at a run that is over.
func (c *checker) standings(ctx context.Context) error {
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT body, learner, programme, edition, complete, loses FROM standing`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s recognise.Standing
		var learner, programme, edition, loses string
		var complete bool
		if err := rows.Scan(jsonColumn{&s}, &learner, &programme, &edition, &complete, &loses); err != nil {
			return err
		}
		c.report.Counts["standings"]++
		if string(s.Learner) != learner || string(s.Programme) != programme || s.Edition != edition || s.Complete != complete || s.LosesOn != loses {
			c.wrong("C13", learner+"/"+programme, "the standing and its row tell different things")
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, q := range []struct{ message, query string }{
		{"a standing is of an edition that is not there, or of another programme", `SELECT s.learner || '/' || s.programme FROM standing s WHERE NOT EXISTS
			(SELECT 1 FROM programme_edition e WHERE e.institution = s.institution AND e.digest = s.edition AND e.id = s.programme)`},
		{"a standing is of a learner who is not there", `SELECT s.learner || '/' || s.programme FROM standing s WHERE NOT EXISTS (SELECT 1 FROM learner l WHERE l.institution = s.institution AND l.id = s.learner)`},
		{"the run counts other changes than it told", `SELECT r.id FROM standing_run r WHERE r.changed <> (SELECT count(*) FROM standing_change g WHERE g.run = r.id)`},
		{"the run and its row tell different things", `SELECT id FROM standing_run WHERE json_extract(body, '$.id') <> id OR json_extract(body, '$.changed') <> changed OR json_extract(body, '$.state') <> state`},
		{"somebody is at a run that is over", `SELECT id FROM standing_run WHERE state <> 'running' AND owner <> ''`},
		{"a change was told of a run, or a learner, of another institution", `SELECT g.run FROM standing_change g WHERE NOT EXISTS (SELECT 1 FROM standing_run r WHERE r.id = g.run AND r.institution = g.institution)
			OR NOT EXISTS (SELECT 1 FROM learner l WHERE l.institution = g.institution AND l.id = g.learner)`},
	} {
		if err := c.find(ctx, "C13", q.message, q.query); err != nil {
			return err
		}
	}
	return c.facts(ctx)
}

func (c *checker) facts(ctx context.Context) error {
	rows, err := c.tx.tx.QueryContext(ctx, `SELECT digest, body FROM fact`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var digest, body string
		if err := rows.Scan(&digest, &body); err != nil {
			return err
		}
		if f, err := recognise.ParseFact(body); err != nil {
			c.wrong("C13", digest, "the facts of a credential can't be read: %v", err)
		} else if f.Digest != digest {
			c.wrong("C13", digest, "the facts of a credential are under another digest")
		}
	}
	return rows.Err()
}
