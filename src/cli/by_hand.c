/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/by_hand.h"

#include <string.h>

#include "base/parse.h"
#include "cli/output.h"
#include "hook/hook.h"

#define MAX_TIMEOUT 86400U

static int parse_timeout(const char *text, unsigned fallback, unsigned *ret_ms,
                         struct vc_err *err)
{
	uint64_t seconds = fallback;

	if (text && (!vc_parse_number(text, MAX_TIMEOUT, &seconds) || seconds == 0))
		return vc_fail(
			err, VC_ERR_USAGE,
			"--timeout '%s': expected a number of seconds from 1 to %u", text,
			MAX_TIMEOUT);
	*ret_ms = (unsigned)seconds * 1000;
	return 0;
}

/* A definition that was edited meanwhile is translated again, and standard input can be
 * read once. */
static int check_claims(const struct vc_translator_options *o, struct vc_err *err)
{
	for (size_t i = 0; i < o->claims.n; i++)
		if (strcmp(o->claims.v[i], "-") == 0)
			return vc_fail(err, VC_ERR_USAGE,
			               "--claims: this command may have to read the "
			               "claims more than once, and cannot take them from "
			               "standard input");
	return 0;
}

/**
 * vc_by_hand_manage() - Make of options what src/manage/ wants
 * @arena:	holds what is read
 * @options:	filled options
 * @timeout:	--timeout; NULL
 * @default_timeout: seconds
 * @ret_manage:	with the configuration
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_USAGE, or as vc_translator_input() and vc_config_read()
 */
int vc_by_hand_manage(struct vc_arena *arena, const struct vc_translator_options *options,
                      const char *timeout, unsigned default_timeout,
                      struct vc_manage *ret_manage, struct vc_err *err)
{
	struct vc_manage manage = { .uri = options->connect };

	if (parse_timeout(timeout, default_timeout, &manage.timeout_ms, err) < 0 ||
	    check_claims(options, err) < 0 ||
	    vc_translator_input(arena, options, NULL, &manage.input, err) < 0 ||
	    vc_config_read(arena, vc_hook_config_path(), true, &manage.config, err) < 0)
		return -(int)err->kind;
	*ret_manage = manage;
	return 0;
}

/**
 * vc_by_hand_report() - Print a report
 * @report:	report
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_by_hand_report(const struct vc_manage_report *report, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	for (size_t i = 0; i < report->notes.n; i++)
		vc_output_warning("%s", report->notes.v[i]);
	for (size_t i = 0; i < report->lines.n; i++)
		vc_buf_printf(&buf, "%s\n", report->lines.v[i]);
	return vc_output_buf(&buf, err);
}
