-- +goose Up
CREATE TABLE staff (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL, -- the sign-in name
  name        TEXT NOT NULL,
  roles       TEXT NOT NULL, -- JSON list
  hash        TEXT NOT NULL, -- Argon2id of the password, in PHC form
  created     TEXT NOT NULL,
  changed     TEXT NOT NULL,
  disabled    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (institution, id)
) STRICT;

CREATE TABLE session (
  institution TEXT NOT NULL,
  staff       TEXT NOT NULL,
  hash        TEXT NOT NULL UNIQUE, -- SHA-256 of the token
  created     TEXT NOT NULL,
  seen        TEXT NOT NULL,
  PRIMARY KEY (institution, staff, hash),
  FOREIGN KEY (institution, staff) REFERENCES staff (institution, id)
) STRICT;

-- +goose Down
DROP TABLE session; DROP TABLE staff;
