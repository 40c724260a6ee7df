/*
 * pdf.h - objects of a PDF file, written one after another. Private to document.
 *
 * Numbers are handed out first (pdf_new) and written later, so that objects may
 * name one another in any order. Objects that are no streams are gathered and packed
 * together (object streams, ISO 32000-1 7.5.7), unless `plain` is set.
 */
#ifndef ENGINE_DOCUMENT_PDF_H
#define ENGINE_DOCUMENT_PDF_H

#include "base/buf.h"

#define PDF_MAX_OBJECTS 200000

struct pdf_place {
	size_t at;      /* in the file; 0 = not written, or packed: */
	uint32_t pack;  /* number of the object stream, or 0 */
	uint32_t index; /* within it */
};

struct pdf {
	arena *a;
	buf out;
	struct pdf_place *place; /* by object number */
	uint32_t n, cap;
	buf gathered, heads; /* of the object stream that fills up */
	uint32_t pack, n_packed, open;
	size_t begun; /* where the open object's text begins in `out` */
	bool plain;
};

struct pdf pdf_make(arena *a, size_t max_bytes);
uint32_t pdf_new(struct pdf *p);
/* Begins object `id`; what follows goes to p->out until pdf_end. */
void pdf_begin(struct pdf *p, uint32_t id);
void pdf_end(struct pdf *p);
/* A whole stream object; `dict` is what else its dictionary says ("/Type /X"). */
void pdf_stream(struct pdf *p, uint32_t id, str dict, str bytes, bool compress);
/* (literal) or <hex> string; text strings go to UTF-16 when they are not ASCII. */
void pdf_text(buf *b, str utf8);
/* A number with at most three decimals, as short as it can be. */
void pdf_number(buf *b, double v);
/* Cross-references and what a trailer says. */
void pdf_finish(struct pdf *p, uint32_t root, uint32_t info, str id_hex);

#endif
