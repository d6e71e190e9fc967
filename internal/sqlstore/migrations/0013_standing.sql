-- +goose Up
-- What is read of every learner every night, without opening a document.
CREATE INDEX credential_standing ON credential (institution, learner, signed_digest, id) WHERE kind = 'badge' AND state = 'issued' AND revoked = '';
CREATE INDEX credential_certificate ON credential (institution, learner, key) WHERE kind = 'certificate' AND state = 'issued' AND revoked = '';
CREATE INDEX credit_use_learner ON credit_use (institution, learner);
CREATE INDEX learning_use_learner ON learning_use (institution, learner);

-- What a learner's credentials say, as they were judged. All of this can be worked
-- out anew from the rows above; it is kept so that a night is long enough.
CREATE TABLE fact (
  institution TEXT NOT NULL,
  learner     TEXT NOT NULL,
  digest      TEXT NOT NULL, -- of the credential
  body        TEXT NOT NULL, -- as recognise.Fact writes it
  PRIMARY KEY (institution, learner, digest),
  FOREIGN KEY (institution, learner) REFERENCES learner (institution, id)
) STRICT, WITHOUT ROWID;

-- What was seen of a learner the last time, and when to look again.
CREATE TABLE watch (
  institution TEXT NOT NULL,
  learner     TEXT NOT NULL,
  inputs      TEXT NOT NULL,
  at          TEXT NOT NULL,
  due         TEXT NOT NULL,
  PRIMARY KEY (institution, learner),
  FOREIGN KEY (institution, learner) REFERENCES learner (institution, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE standing (
  institution TEXT NOT NULL,
  learner     TEXT NOT NULL,
  programme   TEXT NOT NULL,
  edition     TEXT NOT NULL, -- digest
  complete    INTEGER NOT NULL,
  loses       TEXT NOT NULL, -- day; empty when nothing will be lost soon
  body        TEXT NOT NULL, -- JSON
  PRIMARY KEY (institution, learner, programme),
  FOREIGN KEY (institution, learner) REFERENCES learner (institution, id),
  FOREIGN KEY (institution, edition) REFERENCES programme_edition (institution, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX standing_complete ON standing (institution, learner, programme) WHERE complete = 1;
CREATE INDEX standing_loses ON standing (institution, learner, programme, loses) WHERE loses <> '';

CREATE TABLE standing_run (
  seq         INTEGER PRIMARY KEY,
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL UNIQUE,
  state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'abandoned')),
  learner     TEXT NOT NULL, -- empty for a run over all
  owner       TEXT NOT NULL, -- who is at it; empty for nobody
  lease       TEXT NOT NULL, -- until when nobody else may be
  changed     INTEGER NOT NULL,
  body        TEXT NOT NULL  -- JSON
) STRICT;
CREATE UNIQUE INDEX standing_run_open ON standing_run (institution) WHERE state = 'running';
CREATE INDEX standing_run_last ON standing_run (institution, learner, seq);

CREATE TABLE standing_change (
  run         TEXT NOT NULL REFERENCES standing_run (id),
  learner     TEXT NOT NULL,
  programme   TEXT NOT NULL,
  institution TEXT NOT NULL,
  effect      TEXT NOT NULL,
  completes   INTEGER NOT NULL, -- was not complete, and is
  body        TEXT NOT NULL, -- JSON
  PRIMARY KEY (run, learner, programme),
  FOREIGN KEY (institution, learner) REFERENCES learner (institution, id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE standing_change; DROP TABLE standing_run; DROP TABLE standing; DROP TABLE watch; DROP TABLE fact;
DROP INDEX learning_use_learner; DROP INDEX credit_use_learner; DROP INDEX credential_certificate; DROP INDEX credential_standing;
