/*
 * hostname.h - host names, in ASCII (RFC 1123) and international (RFC 5890).
 *
 * A label beginning "xn--" must be the Punycode (RFC 3492) of a valid U-label.
 * U-labels follow RFC 5891 and 5892: normalised, of letters, marks and digits,
 * with the contextual rules of RFC 5892 appendix A.
 */
#ifndef ENGINE_FORM_HOSTNAME_H
#define ENGINE_FORM_HOSTNAME_H

#include "base/str.h"

#define HOSTNAME_MAX_BYTES 253
#define HOSTNAME_MAX_LABEL 63

bool hostname_valid(str s, arena *scratch);
bool hostname_valid_idn(str s, arena *scratch);

#endif
