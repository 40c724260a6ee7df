/* qr.h - a QR code in a page. */
#ifndef WEB_QR_H
#define WEB_QR_H

#include "base/json.h"

/* {"path","box"}: the dark squares as the path of an SVG and its view box, with the
 * quiet zone; null when the text is too long for a code. */
json *qr_view(arena *a, str text);

#endif
