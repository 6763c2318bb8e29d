/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/suggest.h"
#include "unit.h"

struct options {
	bool force;
	const char *file;
	struct vc_strings claims;
};

/* What run() got last. */
static struct {
	int calls;
	struct options options;
	char claims[64];
	int n_operands;
	char operand[64];
	enum vc_err_kind fail;
} seen;

static int run(struct vc_arena *arena VC_UNUSED, const void *options, int n_operands,
               char **operands, struct vc_err *err)
{
	const struct options *o = options;

	seen.calls++;
	seen.options = *o;
	seen.claims[0] = '\0';
	for (size_t i = 0; i < o->claims.n; i++) {
		size_t used = strlen(seen.claims);

		(void)snprintf(seen.claims + used, sizeof(seen.claims) - used, "%s;",
		               o->claims.v[i]);
	}
	seen.n_operands = n_operands;
	(void)snprintf(seen.operand, sizeof(seen.operand), "%s",
	               n_operands > 0 ? operands[0] : "");
	return seen.fail == VC_ERR_NONE ? 0 : vc_fail(err, seen.fail, "no luck");
}

static const struct vc_option own[] = {
	{ "force", 'f', VC_OPTION_FLAG, offsetof(struct options, force), NULL,
	  "do it anyway", VC_COMPLETES_NOTHING, NULL },
	{ "format", 0, VC_OPTION_STRING, offsetof(struct options, file), "FORMAT",
	  "a or b", VC_COMPLETES_WORDS, "a b" },
	{ 0 },
};

static const struct vc_option shared[] = {
	{ "claims", 'c', VC_OPTION_LIST, offsetof(struct options, claims), "PATH",
	  "read .claims from here; \\ and '", VC_COMPLETES_FILE, NULL },
	{ 0 },
};

static const struct vc_command one = {
	.name = "one",
	.operands = "FILE",
	.summary = "do one thing",
	.description = "First paragraph.\n\nSecond paragraph.\n\n    literal line\n",
	.examples = "one x\n\tdoes x\n",
	.min_operands = 1,
	.max_operands = 2,
	.operand_completes = VC_COMPLETES_FILE,
	.options = own,
	.shared = shared,
	.options_size = sizeof(struct options),
	.run = run,
};

static const struct vc_command hook_install = {
	.name = "hook install",
	.operands = "",
	.summary = "install it",
	.options = own,
	.options_size = sizeof(struct options),
	.run = run,
};

static const struct vc_command *const commands[] = { &one, &hook_install };

/* Runs "prog WORD..."; @line is split at blanks. */
static int dispatch(const char *line, struct vc_err *err)
{
	char copy[256] = "prog ";
	char *argv[16];
	int argc = 0;
	char *p = copy;

	(void)snprintf(copy, sizeof(copy), "prog%s%s", line[0] != '\0' ? " " : "", line);
	while (p) {
		argv[argc++] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
	}
	argv[argc] = NULL;
	*err = (struct vc_err)VC_ERR_INIT;
	seen.calls = 0;
	return vc_command_dispatch(commands, VC_ARRAY_SIZE(commands), argc, argv, err);
}

/* Options that belong to the one before them */

struct ordered {
	struct vc_givens things;
	bool force;
};

static char order[128];

static int run_ordered(struct vc_arena *arena VC_UNUSED, const void *values,
                       int n_operands VC_UNUSED, char **operands VC_UNUSED,
                       struct vc_err *err VC_UNUSED)
{
	const struct ordered *o = values;

	order[0] = '\0';
	for (size_t i = 0; i < o->things.n; i++) {
		size_t used = strlen(order);

		(void)snprintf(order + used, sizeof(order) - used, "%s=%s;",
		               o->things.v[i].option->name, o->things.v[i].argument);
	}
	return 0;
}

static const struct vc_option ordered_options[] = {
	{ "thing", 't', VC_OPTION_ORDER, offsetof(struct ordered, things), "NAME",
	  "a thing", VC_COMPLETES_NOTHING, NULL },
	{ "colour", 0, VC_OPTION_ORDER, offsetof(struct ordered, things), "COLOUR",
	  "of the thing before it", VC_COMPLETES_NOTHING, NULL },
	{ "force", 'f', VC_OPTION_FLAG, offsetof(struct ordered, force), NULL, "anyway",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static const struct vc_command paint = {
	.name = "paint",
	.operands = "[ROOM]",
	.summary = "paint things",
	.max_operands = 1,
	.options = ordered_options,
	.options_size = sizeof(struct ordered),
	.run = run_ordered,
};

static void test_order(void **state VC_UNUSED)
{
	static const struct {
		const char *words[10];
		const char *order;
	} cases[] = {
		{ { "paint" }, "" },
		{ { "paint", "--thing", "a", "--colour", "red", "-tb" },
		  "thing=a;colour=red;thing=b;" },
		{ { "paint", "--colour=red", "hall", "-f", "--thing", "a", "-t", "a" },
		  "colour=red;thing=a;thing=a;" },
	};
	const struct vc_command *const table[] = { &paint };

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err = VC_ERR_INIT;
		char words[10][16];
		char *argv[12] = { words[9] };
		int argc = 1;

		for (size_t k = 0; cases[i].words[k]; k++) {
			(void)snprintf(words[k], sizeof(words[k]), "%s",
			               cases[i].words[k]);
			argv[argc++] = words[k];
		}
		assert_int_equal(vc_command_dispatch(table, 1, argc, argv, &err), 0);
		assert_string_equal(order, cases[i].order);
	}
}

static void test_runs(void **state VC_UNUSED)
{
	static const struct {
		const char *line, *format, *claims, *operand;
		int n;
		bool force;
	} cases[] = {
		{ "one x", NULL, "", "x", 1, false },
		{ "one -f x y", NULL, "", "x", 2, true },
		{ "one x --force", NULL, "", "x", 1, true },
		{ "one --format=a -", "a", "", "-", 1, false },
		{ "one --format a -c p -cq --claims r x", "a", "p;q;r;", "x", 1, false },
		{ "one -- --force", NULL, "", "--force", 1, false },
		{ "one --format a --format b x", "b", "", "x", 1, false },
		{ "hook install", NULL, "", "", 0, false },
		{ "hook install -f", NULL, "", "", 0, true },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err;

		assert_int_equal(dispatch(cases[i].line, &err), 0);
		assert_int_equal(seen.calls, 1);
		assert_int_equal(seen.options.force, cases[i].force);
		if (cases[i].format)
			assert_string_equal(seen.options.file, cases[i].format);
		else
			assert_null(seen.options.file);
		assert_string_equal(seen.claims, cases[i].claims);
		assert_int_equal(seen.n_operands, cases[i].n);
		assert_string_equal(seen.operand, cases[i].operand);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "", "no command" },
		{ "two", "unknown command 'two' (try" },
		{ "on", "unknown command 'on'; did you mean 'one'?" },
		{ "onee x", "did you mean 'one'?" },
		{ "hook", "hook: expected one of 'hook install'" },
		{ "hook instal", "hook: expected one of 'hook install'" },
		{ "--force", "unknown option '--force' (try" },
		{ "help two", "unknown command 'two'" },
		{ "one", "one: expected FILE (try 'virt-claim one --help')" },
		{ "one x y z", "one: too many operands; expected FILE" },
		{ "one -x x", "one: unknown option '-x'" },
		{ "one --farce x", "unknown option '--farce'; did you mean '--force'?" },
		{ "one --xyzzy x", "unknown option '--xyzzy' (try" },
		{ "one --xyzzy=5 x", "unknown option '--xyzzy' (try" },
		{ "one --force=1 x", "option '--force' takes no argument" },
		{ "one x --claims", "option '--claims' needs an argument: PATH" },
		{ "one x -c", "option '--claims' needs an argument: PATH" },
		{ "one --fo x", "unknown option '--fo'" },
		{ "hook install x", "hook install: expected no operands" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err;

		assert_int_equal(dispatch(cases[i].line, &err), -VC_ERR_USAGE);
		assert_int_equal(seen.calls, 0);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("'%s': '%s' lacks '%s'", cases[i].line, err.msg,
			         cases[i].message);
	}
}

static void test_command_fails(void **state VC_UNUSED)
{
	struct vc_err err;

	seen.fail = VC_ERR_REFUSED;
	assert_int_equal(dispatch("one x", &err), -VC_ERR_REFUSED);
	seen.fail = VC_ERR_NONE;
	assert_string_equal(err.msg, "one: no luck");
}

/* Help goes to stdout; a stdout that is full is an error of the machine. */
static void test_full_disk(void **state VC_UNUSED)
{
	static const char *const lines[] = { "--version", "help", "help one",
		                             "one --help", "hook install -h" };
	int saved = dup(STDOUT_FILENO);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct vc_err err;

	(void)fflush(stdout);
	for (size_t i = 0; i < VC_ARRAY_SIZE(lines); i++) {
		int to_full, to_null;

		(void)dup2(full, STDOUT_FILENO);
		to_full = dispatch(lines[i], &err);
		(void)dup2(null, STDOUT_FILENO);
		to_null = dispatch(lines[i], &err);
		(void)dup2(saved, STDOUT_FILENO);
		assert_int_equal(to_full, -VC_ERR_SYSTEM);
		assert_int_equal(to_null, 0);
		assert_int_equal(seen.calls, 0);
	}
	(void)close(saved);
	(void)close(full);
	(void)close(null);
}

static void expect(struct vc_buf *buf, const char *const needles[], size_t n)
{
	struct vc_err err = VC_ERR_INIT;
	VC_AUTOFREE char *text = NULL;

	assert_int_equal(vc_buf_take(buf, &text, NULL, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (!strstr(text, needles[i]))
			fail_msg("'%s' is missing in:\n%s", needles[i], text);
	assert_null(strstr(text, " \n"));
}

static void test_texts(void **state VC_UNUSED)
{
	static const char *const help[] = {
		"Usage: virt-claim one [OPTION]... FILE\n",
		"\n\nSecond paragraph.\n\n    literal line\n",
		"  -f, --force              do it anyway\n",
		"      --format FORMAT      a or b\n",
		"  -h, --help               print this help\n",
		"  one x\n      does x\n",
		"  3  refused",
	};
	static const char *const overview[] = { "  one                  do one thing\n",
		                                "  hook install         install it\n",
		                                "  7  a bug" };
	static const char *const man[] = {
		".TH VIRT\\-CLAIM\\-ONE 1 ",
		"virt\\-claim\\-one \\- do one thing\n",
		"\\fB\\-c\\fR, \\fB\\-\\-claims\\fR \\fIPATH\\fR\nread .claims",
		"\\e and \\(aq\n",
		".nf\n    literal line\n.fi\n",
		".TP\n.B one x\ndoes x\n",
	};
	static const char *const pages[] = {
		"\\fBvirt\\-claim\\-hook\\-install\\fR(1)\n"
	};
	static const char *const completion[] = {
		"'one hook help version --help --version'",
		"\t'one')\n\t\toptions='--force --format --claims --help' operands='file'\n",
		"--format) what='words' words='a b' ;;\n",
		"-c | --claims) what='file' ;;\n",
		"\t'hook install')\n",
	};
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(65536);

	vc_help_command(&buf, &one);
	expect(&buf, help, VC_ARRAY_SIZE(help));
	vc_help_overview(&buf, commands, VC_ARRAY_SIZE(commands));
	expect(&buf, overview, VC_ARRAY_SIZE(overview));
	vc_man_command(&buf, &one);
	expect(&buf, man, VC_ARRAY_SIZE(man));
	vc_man_overview(&buf, commands, VC_ARRAY_SIZE(commands));
	expect(&buf, pages, VC_ARRAY_SIZE(pages));
	vc_completion_bash(&buf, commands, VC_ARRAY_SIZE(commands));
	expect(&buf, completion, VC_ARRAY_SIZE(completion));
}

/* A program of its own: its name is the whole name, and its page is in section 8. */
static void test_program(void **state VC_UNUSED)
{
	static const struct vc_command daemon = {
		.name = "virt-oned",
		.operands = "",
		.summary = "do one thing all day",
		.options = own,
		.daemon = true,
		.options_size = sizeof(struct options),
		.run = run,
	};
	static const struct {
		const char *option, *message; /* NULL: it runs */
	} cases[] = {
		{ "-f", NULL },
		{ "--farce", "unknown option '--farce'; did you mean '--force'? (try "
		             "'virt-oned --help')" },
		{ "x", "expected no operands (try 'virt-oned --help')" },
	};
	static const char *const help[] = { "Usage: virt-oned [OPTION]...\n" };
	static const char *const man[] = {
		".TH VIRT\\-ONED 8 ",
		" \"System Administration\"\n",
		"\nvirt\\-oned \\- do one thing",
		".B virt\\-oned\n[\\fIOPTION\\fR]...\n",
	};
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(65536);
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char name[] = "virt-oned", option[16];
		char *argv[] = { name, option, NULL };
		bool runs = !cases[i].message;

		(void)snprintf(option, sizeof(option), "%s", cases[i].option);
		seen.calls = 0;
		assert_int_equal(vc_command_main(&daemon, 2, argv, &err),
		                 runs ? 0 : -VC_ERR_USAGE);
		assert_int_equal(seen.calls, runs);
		if (!runs)
			assert_string_equal(err.msg, cases[i].message);
	}
	vc_help_command(&buf, &daemon);
	expect(&buf, help, VC_ARRAY_SIZE(help));
	vc_man_command(&buf, &daemon);
	expect(&buf, man, VC_ARRAY_SIZE(man));
}

static void test_suggest(void **state VC_UNUSED)
{
	static const char *const words[] = { "rewrite", "preview", "verify",
		                             "show",    "claims",  "bind" };
	static const struct {
		const char *typed, *expected;
	} cases[] = {
		{ "rewirte", "rewrite" },
		{ "re-write", "rewrite" },
		{ "verfy", "verify" },
		{ "claim", "claims" },
		{ "shwo", "show" },
		{ "sho", "show" },
		{ "prev", "preview" },
		{ "x", NULL },
		{ "", NULL },
		{ "delete", NULL },
		{ "bnd", "bind" },
		{ "rewriterewriterewriterewriterewriterewriterewrite", NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_suggestion s = { .word = cases[i].typed };

		for (size_t j = 0; j < VC_ARRAY_SIZE(words); j++)
			vc_suggest(&s, words[j]);
		if (cases[i].expected)
			assert_string_equal(s.best, cases[i].expected);
		else
			assert_null(s.best);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),      cmocka_unit_test(test_order),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_command_fails),
		cmocka_unit_test(test_full_disk), cmocka_unit_test(test_texts),
		cmocka_unit_test(test_program),   cmocka_unit_test(test_suggest),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
