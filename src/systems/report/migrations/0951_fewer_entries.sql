-- Only decided cases are looked for by day: one that is under way costs no entry.
DROP INDEX report_case_day;
CREATE INDEX report_case_day ON report_case (day, micros) WHERE micros >= 0;
