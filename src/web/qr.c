#include "web/qr.h"

#include <qrencode.h>

#define QUIET 4 /* modules around it */

json *qr_view(arena *a, str text)
{
	QRcode *q = QRcode_encodeString(str_c(a, text), 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!q)
		return json_null(a);
	buf b = buf_make(a, (size_t)q->width * (size_t)q->width * 16 + 16);
	for (int y = 0; y < q->width; y++)
		for (int x = 0; x < q->width; x++)
			if (q->data[y * q->width + x] & 1)
				buf_fmt(&b, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
	json *o = json_object(a);
	json_set_str(a, o, "path", buf_str(&b));
	json_set_str(a, o, "box", str_fmt(a, "0 0 %d %d", q->width + 2 * QUIET, q->width + 2 * QUIET));
	QRcode_free(q);
	return o;
}
