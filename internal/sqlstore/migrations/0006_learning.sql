-- +goose Up
-- What was learned is spent once, however many credentials say so: an achievement
-- that is awarded or issued again to the same learner is the same learning.
CREATE TABLE learning_use (
  institution TEXT NOT NULL REFERENCES institution (id),
  issuer      TEXT NOT NULL,
  achievement TEXT NOT NULL,
  learner     TEXT NOT NULL,
  programme   TEXT NOT NULL,
  application TEXT NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (institution, issuer, achievement, learner)
) STRICT;
INSERT OR IGNORE INTO learning_use
  SELECT u.institution, u.issuer, json_extract(h.value, '$.achievement'), u.learner, u.programme, u.application, u.at
  FROM credit_use u JOIN application a ON a.institution = u.institution AND a.id = u.application, json_each(a.body, '$.Evaluation.held') h
  WHERE json_extract(h.value, '$.credential') = u.credential AND json_extract(h.value, '$.issuer') = u.issuer AND json_extract(h.value, '$.achievement') <> ''
  ORDER BY u.at;

-- +goose Down
DROP TABLE learning_use;
