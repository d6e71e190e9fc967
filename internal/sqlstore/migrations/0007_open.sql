-- +goose Up
-- A learner has one open application for a programme. Applications from before
-- that were open beside an older one keep their place, with a number of their own.
ALTER TABLE application ADD COLUMN twin INTEGER NOT NULL DEFAULT 0;
UPDATE application SET twin = rowid WHERE state NOT IN ('delivered', 'withdrawn') AND EXISTS
  (SELECT 1 FROM application o WHERE o.institution = application.institution AND o.learner = application.learner AND o.programme = application.programme
    AND o.state NOT IN ('delivered', 'withdrawn') AND o.rowid < application.rowid);
CREATE UNIQUE INDEX application_open ON application (institution, learner, programme, twin) WHERE state NOT IN ('delivered', 'withdrawn');

-- +goose Down
DROP INDEX application_open;
ALTER TABLE application DROP COLUMN twin;
