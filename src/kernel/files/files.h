/*
 * files.h - uploads and issued documents, found by the hash of their content.
 *
 * A file is written below DATA_DIR/files/ab/cdef..., encrypted under a key of its
 * own that is sealed under the key of the person it belongs to (or under the
 * platform's), and is durable before the event that names it commits: store first
 * (outside the transaction), then record with file_record in decide, with case_id
 * and entity filled in. What is stored and never recorded can be read by nobody
 * and is swept after FILE_ORPHAN_AGE. Erasing a person makes their files unreadable for ever.
 * Events carry the SHA-256 of the plain bytes, salted for personal files so that
 * the hash of a guessable file tells nothing.
 *
 * What is sent in is examined before it is kept, in a confined process (examine.h), and
 * shown to a virus scanner if the operator has one (scan.h).
 *
 * Thread safety: any thread.
 */
#ifndef KERNEL_FILES_H
#define KERNEL_FILES_H

#include "kernel/kernel.h"

#define FILE_MAX_BYTES  ((size_t)16 * 1024 * 1024)
#define FILE_ORPHAN_AGE (2 * DAY)

struct file_info {
	str id;   /* hex of the salted hash: what forms and events carry */
	str name; /* as uploaded, cleaned of paths and controls */
	str type; /* by its bytes, never as declared: "image/jpeg" */
	int64_t bytes, width, height;
	int64_t subject; /* person, 0 = public */
	int64_t case_id;
	str entity;
	instant at;
	/* Of a file that file_store did not take: */
	str refused; /* English, for the log */
	str reason;  /* for the reader, form.error.file.REASON: "type", "broken", "active",
	              * "hidden", "dimensions", "infected", "unexamined" */
	bool scanned, unscanned; /* by a virus scanner; or it should have been and was not */
	json *background; /* of a picture just stored: {red, green, blue, spread}; or NULL */
	str key;          /* private: from file_store to file_record, then only sealed */
};

/* What somebody sent: examined, then written durably; fills out (id, type, width,
 * height from the bytes themselves). ERR_file_refused: an active or unknown type, a
 * picture that does not decode, too large, infected (then event file.infected).
 * ERR_file_unexamined: nobody could look into it now; later somebody may. */
err file_store(struct kernel *k, arena *a, int64_t subject, str name, str bytes,
               struct file_info *out);
/* What the platform itself made: written durably, as of this type. */
err file_store_own(struct kernel *k, arena *a, int64_t subject, str name, const char *type,
                   str bytes, struct file_info *out);
/* Event file.added; for decide functions. Twice is once. */
err file_record(struct tx *tx, const struct file_info *f);
bool file_find(dbc *c, arena *a, str id, struct file_info *out);
/* ERR_file_missing, ERR_vault_erased, ERR_file_damaged (changed on the disk). */
err file_read(struct kernel *k, dbc *c, arena *a, str id, str *bytes);
/* {"file": id, "name", "bytes", "type", "width", "height", "background"}: an answer
 * of a form. The background is known only of what was just stored. What was not taken
 * has {"file": "refused", "refused": reason}. */
json *file_view(arena *a, const struct file_info *f);
/* Removes what nobody recorded, and what is left of the erased: the job
 * "files.sweep" does it once a day, from the first file on. */
err files_sweep(struct kernel *k, arena *a, int64_t *removed);

extern const struct organ files_organ;

#endif
