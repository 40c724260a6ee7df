-- Each index costs every record. Figures count and list few kinds of records, and what a
-- person is shown of theirs leaves out what the process does by itself: the statements that
-- read these indices say so in the same words (kernel/journal_index.h).
DROP INDEX journal_kind;
CREATE INDEX journal_kind ON journal (kind, seq)
  WHERE kind = 'case.submitted' OR kind = 'case.approved' OR kind = 'case.rejected'
     OR kind = 'case.withdrawn' OR kind = 'case.rated' OR kind = 'document.issued'
     OR kind = 'payment.captured';
DROP INDEX journal_subject;
CREATE INDEX journal_subject ON journal (subject, seq)
  WHERE subject <> 0 AND kind <> 'case.advanced' AND kind <> 'task.opened'
    AND kind <> 'task.closed' AND kind <> 'task.claimed';
