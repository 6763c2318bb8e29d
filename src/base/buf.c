/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAP 512

/* Makes room for @more bytes and a terminator, or sets .failed. */
static bool reserve(struct vc_buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : FIRST_CAP;
	char *grown;

	if (buf->failed || more > buf->max_len || buf->len > buf->max_len - more) {
		buf->failed = true;
		return false;
	}
	if (buf->cap > buf->len + more)
		return true;
	while (cap <= buf->len + more)
		cap *= 2;
	grown = realloc(buf->data, cap);
	if (!grown) {
		buf->failed = true;
		return false;
	}
	buf->data = grown;
	buf->cap = cap;
	return true;
}

/**
 * vc_buf_add() - Append bytes
 * @buf:	buffer
 * @bytes:	what to append; may be anything when @len is 0
 * @len:	how many
 */
void vc_buf_add(struct vc_buf *buf, const char *bytes, size_t len)
{
	if (!reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

/**
 * vc_buf_puts() - Append a string
 * @buf:	buffer
 * @text:	string
 */
void vc_buf_puts(struct vc_buf *buf, const char *text)
{
	vc_buf_add(buf, text, strlen(text));
}

/**
 * vc_buf_printf() - Append formatted text
 * @buf:	buffer
 * @fmt:	format
 */
void vc_buf_printf(struct vc_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !reserve(buf, (size_t)len)) {
		buf->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

/**
 * vc_buf_take() - Hand the text out and leave the buffer empty
 * @buf:	buffer
 * @ret_text:	the text, NUL-terminated; the caller frees it
 * @ret_len:	its length, or NULL
 * @err:	why there is none
 *
 * Return: 0, or -VC_ERR_INTERNAL when an addition had failed
 */
int vc_buf_take(struct vc_buf *buf, char **ret_text, size_t *ret_len, struct vc_err *err)
{
	vc_buf_add(buf, "", 0);
	if (buf->failed)
		return vc_fail(err, VC_ERR_INTERNAL,
		               "a text would exceed %zu bytes, or memory is out",
		               buf->max_len);
	*ret_text = vc_steal(&buf->data);
	if (ret_len)
		*ret_len = buf->len;
	buf->len = 0;
	buf->cap = 0;
	return 0;
}

/**
 * vc_buf_release() - Free what the buffer holds
 * @buf:	buffer
 */
void vc_buf_release(struct vc_buf *buf)
{
	free(buf->data);
	*buf = (struct vc_buf){ .max_len = buf->max_len };
}
