/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "version.h"

#define OPTIONS_MAX     48
#define FIRST_LONG_ONLY 256

static const struct vc_option help_option = { .name = "help", .letter = 'h' };

/* getopt_long() tables made from the tables of a command. */
struct getopt_tables {
	const struct vc_option *options[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 2];
	size_t n, shorts_len;
};

static bool takes_argument(const struct vc_option *option)
{
	return option->metavar != NULL;
}

/* Whether there was room for it. */
static bool add_option(struct getopt_tables *t, const struct vc_option *option)
{
	if (t->n == OPTIONS_MAX)
		return false;
	t->longs[t->n] = (struct option){
		.name = option->name,
		.has_arg = takes_argument(option) ? required_argument : no_argument,
		.val = FIRST_LONG_ONLY + (int)t->n,
	};
	t->options[t->n++] = option;
	if (option->letter == 0)
		return true;
	t->shorts[t->shorts_len++] = option->letter;
	if (takes_argument(option))
		t->shorts[t->shorts_len++] = ':';
	return true;
}

static bool make_tables(const struct vc_command *command, struct getopt_tables *t)
{
	bool fits = true;

	*t = (struct getopt_tables){ .shorts = ":", .shorts_len = 1 };
	for (const struct vc_option *o = command->options; o && o->name; o++)
		fits = fits && add_option(t, o);
	for (const struct vc_option *o = command->shared; o && o->name; o++)
		fits = fits && add_option(t, o);
	return fits && add_option(t, &help_option);
}

static const struct vc_option *find_option(const struct getopt_tables *t, int val)
{
	if (val >= FIRST_LONG_ONLY)
		return t->options[val - FIRST_LONG_ONLY];
	for (size_t i = 0; i < t->n; i++)
		if (t->options[i]->letter == val)
			return t->options[i];
	return NULL;
}

static int add_string(struct vc_arena *arena, uint8_t *slot, const char *argument,
                      struct vc_err *err)
{
	struct vc_strings list;
	const char **item;

	memcpy(&list, slot, sizeof(list));
	item = vc_list_push(arena, &list);
	if (!item)
		return vc_fail_oom(err);
	*item = argument;
	memcpy(slot, &list, sizeof(list));
	return 0;
}

static int add_given(struct vc_arena *arena, uint8_t *slot,
                     const struct vc_option *option, const char *argument,
                     struct vc_err *err)
{
	struct vc_givens list;
	struct vc_given *item;

	memcpy(&list, slot, sizeof(list));
	item = vc_list_push(arena, &list);
	if (!item)
		return vc_fail_oom(err);
	*item = (struct vc_given){ option, argument };
	memcpy(slot, &list, sizeof(list));
	return 0;
}

static int set_option(struct vc_arena *arena, const struct vc_option *option,
                      void *values, struct vc_err *err)
{
	uint8_t *slot = (uint8_t *)values + option->offset;
	const char *argument = optarg;

	switch (option->type) {
	case VC_OPTION_FLAG:
		memcpy(slot, &(bool){ true }, sizeof(bool));
		return 0;
	case VC_OPTION_STRING:
		memcpy(slot, &argument, sizeof(argument));
		return 0;
	case VC_OPTION_LIST:
		return add_string(arena, slot, argument, err);
	case VC_OPTION_ORDER:
		break;
	}
	return add_given(arena, slot, option, argument, err);
}

static int unknown_option(const struct getopt_tables *t, const char *argument,
                          struct vc_err *err)
{
	char name[64] = "";
	struct vc_suggestion s = { .word = name };

	if (strncmp(argument, "--", 2) != 0)
		return vc_fail(err, VC_ERR_USAGE, "unknown option '-%c'", optopt);
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument + 2, "="),
	               argument + 2);
	for (const struct option *o = t->longs; o->name; o++)
		vc_suggest(&s, o->name);
	if (!s.best)
		return vc_fail(err, VC_ERR_USAGE, "unknown option '--%s'", name);
	return vc_fail(err, VC_ERR_USAGE, "unknown option '--%s'; did you mean '--%s'?",
	               name, s.best);
}

static int bad_option(const struct getopt_tables *t, int c, const char *argument,
                      struct vc_err *err)
{
	const struct vc_option *option = optopt != 0 ? find_option(t, optopt) : NULL;

	if (!option)
		return unknown_option(t, argument, err);
	if (c == ':' && option->metavar)
		return vc_fail(err, VC_ERR_USAGE, "option '--%s' needs an argument: %s",
		               option->name, option->metavar);
	return vc_fail(err, VC_ERR_USAGE, "option '--%s' takes no argument",
	               option->name);
}

static int check_operands(const struct vc_command *command, int n, struct vc_err *err)
{
	if (n < command->min_operands)
		return vc_fail(err, VC_ERR_USAGE, "expected %s", command->operands);
	if (n <= command->max_operands)
		return 0;
	if (command->max_operands == 0)
		return vc_fail(err, VC_ERR_USAGE, "expected no operands");
	return vc_fail(err, VC_ERR_USAGE, "too many operands; expected %s",
	               command->operands);
}

/* A command line: @argv[0] is the last word of the command's name. */
struct invocation {
	const struct vc_command *command;
	int argc;
	char **argv;
	void *values; /* options struct of the command */
	bool help;    /* asked for */
};

/* Leaves optind at the first operand. */
static int parse_options(struct vc_arena *arena, struct invocation *in,
                         struct vc_err *err)
{
	struct getopt_tables t;
	int c;

	if (!make_tables(in->command, &t))
		return vc_fail(err, VC_ERR_INTERNAL, "more than %d options", OPTIONS_MAX);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((c = getopt_long(in->argc, in->argv, t.shorts, t.longs, NULL)) != -1) {
		const struct vc_option *option;

		if (c == '?' || c == ':')
			return bad_option(&t, c, in->argv[optind - 1], err);
		option = find_option(&t, c);
		if (option == &help_option) {
			in->help = true;
			return 0;
		}
		if (!option)
			return vc_fail(err, VC_ERR_INTERNAL, "option %d has no table", c);
		if (set_option(arena, option, in->values, err) < 0)
			return -(int)err->kind;
	}
	return check_operands(in->command, in->argc - optind, err);
}

static int print_command_help(const struct vc_command *command, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	vc_help_command(&buf, command);
	return vc_output_buf(&buf, err);
}

/* The reason, with the command in front and what helps behind. */
static int usage_error(const struct vc_command *command, struct vc_err *err)
{
	char reason[VC_ERR_MSG_SIZE];

	memcpy(reason, err->msg, sizeof(reason));
	if (command->daemon)
		return vc_fail(err, err->kind, "%.1500s (try '%s --help')", reason,
		               command->name);
	return vc_fail(err, err->kind, "%s: %.1500s (try '" VC_PROGRAM " %s --help')",
	               command->name, reason, command->name);
}

static int run_command(const struct vc_command *command, int argc, char **argv,
                       struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct invocation in = { .command = command, .argc = argc, .argv = argv };

	in.values = vc_arena_alloc(&arena, 1, command->options_size + 1);
	if (!in.values)
		return vc_fail_oom(err);
	if (parse_options(&arena, &in, err) < 0)
		return usage_error(command, err);
	if (in.help)
		return print_command_help(command, err);
	if (command->run(&arena, in.values, argc - optind, argv + optind, err) < 0)
		return command->daemon ? -(int)err->kind
		                       : vc_err_context(err, "%s", command->name);
	return 0;
}

/**
 * vc_command_main() - Run a command that is a program of its own
 * @command:	command
 * @argc:	count of @argv, program name included
 * @argv:	command line; getopt_long() may reorder it
 * @err:	usage error, or the command's own
 *
 * Return: as vc_command_dispatch()
 */
int vc_command_main(const struct vc_command *command, int argc, char **argv,
                    struct vc_err *err)
{
	if (argc < 1)
		return vc_fail(err, VC_ERR_USAGE, "the command line is empty");
	return run_command(command, argc, argv, err);
}

/* How many words of @argv, from @argv[0], are the command's name; 0: it is another. */
static int name_words(const struct vc_command *command, int argc, char **argv)
{
	const char *name = command->name;
	size_t first = strcspn(name, " ");

	if (strlen(argv[0]) != first || strncmp(argv[0], name, first) != 0)
		return 0;
	if (name[first] == '\0')
		return 1;
	return argc > 1 && strcmp(argv[1], name + first + 1) == 0 ? 2 : 0;
}

static const struct vc_command *find_command(const struct vc_command *const commands[],
                                             size_t n_commands, int argc, char **argv,
                                             int *ret_words)
{
	for (size_t i = 0; i < n_commands; i++) {
		int words = name_words(commands[i], argc, argv);

		if (words == 0)
			continue;
		*ret_words = words;
		return commands[i];
	}
	return NULL;
}

/* "hook" without its second word */
static bool is_group(const char *name, const char *word)
{
	size_t len = strlen(word);

	return strncmp(name, word, len) == 0 && name[len] == ' ';
}

static int unknown_command(const struct vc_command *const commands[], size_t n_commands,
                           const char *word, struct vc_err *err)
{
	struct vc_suggestion s = { .word = word };
	char group[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < n_commands; i++) {
		vc_suggest(&s, commands[i]->name);
		if (is_group(commands[i]->name, word) && used < sizeof(group))
			used += (size_t)snprintf(group + used, sizeof(group) - used,
			                         "%s'%s'", used > 0 ? ", " : "",
			                         commands[i]->name);
	}
	if (used > 0)
		return vc_fail(err, VC_ERR_USAGE, "%s: expected one of %s", word, group);
	if (word[0] == '-')
		return vc_fail(err, VC_ERR_USAGE,
		               "unknown option '%s' (try '" VC_PROGRAM " --help')", word);
	if (s.best)
		return vc_fail(err, VC_ERR_USAGE,
		               "unknown command '%s'; did you mean '%s'?", word, s.best);
	return vc_fail(err, VC_ERR_USAGE,
	               "unknown command '%s' (try '" VC_PROGRAM " --help')", word);
}

static int print_help(const struct vc_command *const commands[], size_t n_commands,
                      int argc, char **argv, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct vc_command *command;
	int words;

	if (argc > 0) {
		command = find_command(commands, n_commands, argc, argv, &words);
		if (!command)
			return unknown_command(commands, n_commands, argv[0], err);
		return print_command_help(command, err);
	}
	vc_help_overview(&buf, commands, n_commands);
	return vc_output_buf(&buf, err);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/**
 * vc_command_dispatch() - Run the subcommand that the command line names
 * @commands:	command table
 * @n_commands:	its length
 * @argc:	count of @argv, program name included
 * @argv:	command line; getopt_long() may reorder it
 * @err:	usage error, or the command's own with its name in front
 *
 * Knows "help [COMMAND]", "version" and their options by itself.
 *
 * Return: 0, -VC_ERR_USAGE, -VC_ERR_SYSTEM (stdout), -VC_ERR_INTERNAL or what the
 * command returned
 */
int vc_command_dispatch(const struct vc_command *const commands[], size_t n_commands,
                        int argc, char **argv, struct vc_err *err)
{
	static const char version[] = VC_PROGRAM " " VC_VERSION "\n";
	const struct vc_command *command;
	int words;

	if (argc < 2)
		return vc_fail(err, VC_ERR_USAGE,
		               "no command (try '" VC_PROGRAM " --help')");
	if (is_one_of(argv[1], "help", "--help", "-h"))
		return print_help(commands, n_commands, argc - 2, argv + 2, err);
	if (is_one_of(argv[1], "version", "--version", "-V"))
		return vc_output_write(version, strlen(version), err);
	command = find_command(commands, n_commands, argc - 1, argv + 1, &words);
	if (!command)
		return unknown_command(commands, n_commands, argv[1], err);
	return run_command(command, argc - words, argv + words, err);
}
