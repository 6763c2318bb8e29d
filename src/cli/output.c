/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/write.h"

#define NARROWEST 60
#define WIDEST    200

/**
 * vc_output_write() - Write a result to standard output
 * @text:	bytes
 * @len:	how many
 * @err:	why not all of them arrived
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_output_write(const char *text, size_t len, struct vc_err *err)
{
	int r = vc_write_all(STDOUT_FILENO, text, len);

	return r < 0 ? vc_fail_sys(err, -r, "cannot write to standard output") : 0;
}

/**
 * vc_output_buf() - Write a buffer to standard output, unless building it had failed
 * @buf:	result; left empty
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INTERNAL or -VC_ERR_SYSTEM
 */
int vc_output_buf(struct vc_buf *buf, struct vc_err *err)
{
	VC_AUTOFREE char *text = NULL;
	size_t len;

	if (vc_buf_take(buf, &text, &len, err) < 0)
		return -(int)err->kind;
	return vc_output_write(text, len, err);
}

/**
 * vc_output_warning() - Print "virt-claim: warning: ..." to standard error
 * @fmt:	warning: one line, lower case, no full stop
 */
void vc_output_warning(const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Notes quote input, and input does not talk to a terminal. */
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
	(void)fprintf(stderr, VC_PROGRAM ": warning: %s\n", text);
}

/**
 * vc_output_has_colour() - Whether standard output may be coloured
 *
 * Return: true on a terminal, unless NO_COLOR is set to something or TERM is "dumb"
 */
bool vc_output_has_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && no_color[0] != '\0')
		return false;
	if (!term || strcmp(term, "dumb") == 0)
		return false;
	return isatty(STDOUT_FILENO) == 1;
}

/**
 * vc_output_width() - Columns that a table may use
 *
 * Return: the width of the terminal within reason; 0 (no limit) when standard output is
 * none, so that programs see each row on one line
 */
size_t vc_output_width(void)
{
	struct winsize ws = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
		return 0;
	if (ws.ws_col < NARROWEST)
		return NARROWEST;
	return ws.ws_col > WIDEST ? WIDEST : ws.ws_col;
}
