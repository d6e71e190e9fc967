-- +goose Up
-- What the public is told of decisions. A row names an application so that a case is
-- published once; nothing in body says whose it is.
CREATE TABLE precedent (
  number      INTEGER PRIMARY KEY, -- the order of publication
  institution TEXT NOT NULL,
  id          TEXT NOT NULL,
  application TEXT NOT NULL,
  item        TEXT NOT NULL, -- of the application's decision
  programme   TEXT NOT NULL,
  withdrawn   TEXT NOT NULL DEFAULT '', -- when; empty while it is public
  words       TEXT NOT NULL, -- what a search looks at
  body        TEXT NOT NULL, -- as recognise.Precedent writes it
  UNIQUE (institution, id),
  UNIQUE (institution, application, item),
  FOREIGN KEY (institution, application) REFERENCES application (institution, id)
) STRICT;
CREATE INDEX precedent_programme ON precedent (institution, programme, number) WHERE withdrawn = '';

-- +goose Down
DROP TABLE precedent;
