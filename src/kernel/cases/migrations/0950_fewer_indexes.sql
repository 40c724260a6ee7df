-- Each index costs every submission. The lists read these no more: an officer's own cases
-- are few enough to be sorted, what nobody has taken is found in the order of the list, a
-- person's cases by the key of case_file.
DROP INDEX case_desk_holder_submitted;
DROP INDEX case_desk_applicant;
-- Who holds how much: tasks that somebody took, with their day, from the index alone.
DROP INDEX case_task_holder;
CREATE INDEX case_task_held ON case_task (entity, holder, due) WHERE closed = 0 AND holder <> 0;
