/*
 * journal_index.h - what statements say to be read from an index of the journal.
 *
 * Both indices hold only a part of the records, for each entry costs the writer. SQLite
 * takes such an index only for a statement that has the index's own condition: so a room
 * that looks for records by their kind says JOURNAL_COUNTED, one that looks for those of a
 * person JOURNAL_SHOWN, of the journal or of an alias of it ("", "d."). A kind that is to be
 * counted from now on needs a migration that makes the index anew; test_db_prepare holds
 * every statement to reading an index.
 */
#ifndef KERNEL_JOURNAL_INDEX_H
#define KERNEL_JOURNAL_INDEX_H

/* journal_kind (kind, seq) */
#define JOURNAL_COUNTED(of)                                                                        \
	" AND (" of "kind = 'case.submitted' OR " of "kind = 'case.approved' OR " of                   \
	"kind = 'case.rejected' OR " of "kind = 'case.withdrawn' OR " of "kind = 'case.rated' OR " of  \
	"kind = 'document.issued' OR " of "kind = 'payment.captured')"

/* journal_subject (subject, seq): all but what the process does by itself */
#define JOURNAL_SHOWN                                                                              \
	" AND subject <> 0 AND kind <> 'case.advanced' AND kind <> 'task.opened'"                      \
	" AND kind <> 'task.closed' AND kind <> 'task.claimed'"

#endif
