/*
 * schema_format.h - the formats of JSON Schema 2020-12, section 7.3.
 *
 * Each follows the grammar its standard gives: date-time, date, time (RFC 3339),
 * duration (RFC 3339 appendix A), email (RFC 5321), hostname (RFC 1123 with
 * A-labels checked), idn-hostname (RFC 5890 and the contextual rules of RFC 5892),
 * ipv4 and ipv6 (RFC 2673, 4291), uri and iri (RFC 3986, 3987), uri-template
 * (RFC 6570), json-pointer (RFC 6901), uuid (RFC 9562), regex (ECMA-262).
 */
#ifndef ENGINE_FORM_SCHEMA_FORMAT_H
#define ENGINE_FORM_SCHEMA_FORMAT_H

#include "base/str.h"

enum format {
	FORMAT_UNKNOWN,
	FORMAT_DATE_TIME,
	FORMAT_DATE,
	FORMAT_TIME,
	FORMAT_DURATION,
	FORMAT_EMAIL,
	FORMAT_IDN_EMAIL,
	FORMAT_HOSTNAME,
	FORMAT_IDN_HOSTNAME,
	FORMAT_IPV4,
	FORMAT_IPV6,
	FORMAT_URI,
	FORMAT_URI_REFERENCE,
	FORMAT_IRI,
	FORMAT_IRI_REFERENCE,
	FORMAT_URI_TEMPLATE,
	FORMAT_JSON_POINTER,
	FORMAT_RELATIVE_JSON_POINTER,
	FORMAT_REGEX,
	FORMAT_UUID,
};

enum format format_find(str name);
/* `scratch` is only used for FORMAT_REGEX and the host names. */
bool format_check(enum format f, str text, arena *scratch);

#endif
