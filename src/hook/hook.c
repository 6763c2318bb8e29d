/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hook/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/write.h"

/**
 * vc_hook_config_path() - Where the configuration is
 *
 * Return: a path that lives as long as the environment
 */
const char *vc_hook_config_path(void)
{
	const char *path = secure_getenv("VIRT_CLAIM_CONFIG");

	return path && *path ? path : VC_CONFIG_FILE;
}

/**
 * vc_hook_begin() - Make the exit status ours alone
 *
 * A message that nobody reads must not end a hook with a signal: libvirt kills a guest
 * whose `started` hook ends so.
 */
void vc_hook_begin(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
}

static int write_all(const char *text, size_t len, struct vc_err *err)
{
	int r = vc_write_all(STDOUT_FILENO, text, len);

	return r < 0 ? vc_fail_sys(err, -r, "cannot write the result") : 0;
}

/**
 * vc_hook_finish() - The end of a hook's main()
 * @program:	name in front of the message
 * @r:		what the hook returned, 0 or -(int)kind
 * @answer:	what it answered
 * @err:	its error; only read when @r < 0
 *
 * Return: exit status
 */
int vc_hook_finish(const char *program, int r, const struct vc_hook_answer *answer,
                   const struct vc_err *err)
{
	struct vc_err final = *err;

	if (r == 0)
		r = write_all(answer->text, answer->len, &final);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "%s: %s\n", program, final.msg);
	return answer->harmless ? 0 : vc_exit_status(final.kind);
}
