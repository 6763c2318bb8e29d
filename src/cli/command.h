/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command.h - what a subcommand declares about itself. Parsing, --help, the man pages
 * and the bash completion are all made from these tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum vc_option_type {
	VC_OPTION_FLAG,   /* no argument; sets a bool */
	VC_OPTION_STRING, /* one argument; sets a const char * that points into argv */
	VC_OPTION_LIST,   /* repeatable; appends to a struct vc_strings */
	VC_OPTION_ORDER,  /* repeatable; appends to a struct vc_givens */
};

/* What completion offers for an argument. */
enum vc_completes {
	VC_COMPLETES_NOTHING,
	VC_COMPLETES_FILE,
	VC_COMPLETES_DIRECTORY,
	VC_COMPLETES_WORDS, /* .words, separated by spaces */
};

struct vc_strings {
	const char **v;
	size_t n, cap;
};

/* An option as it was given. */
struct vc_given {
	const struct vc_option *option;
	const char *argument;
};

/* In the order of the command line, for options that belong to the one before them: all of
 * them have this list at their offset. */
struct vc_givens {
	struct vc_given *v;
	size_t n, cap;
};

/**
 * struct vc_option - one option
 * @name:	long name without dashes; NULL ends the table
 * @letter:	short name, 0 none
 * @type:	what it takes and what @offset points to
 * @offset:	offsetof() into the command's options struct
 * @metavar:	argument in the help; NULL for a flag
 * @help:	one line, lower case, no full stop
 * @completes, @words: for completion
 */
struct vc_option {
	const char *name;
	char letter;
	enum vc_option_type type;
	size_t offset;
	const char *metavar;
	const char *help;
	enum vc_completes completes;
	const char *words;
};

/**
 * struct vc_command - one subcommand
 * @name:	name; two words for a subcommand of its own ("hook install")
 * @operands:	as in the synopsis, "" none
 * @summary:	one line, lower case, no full stop
 * @description: paragraphs for the man page and --help, separated by blank lines
 * @examples:	lines "COMMAND\n\twhat it does\n"; NULL none
 * @min_operands, @max_operands: limits
 * @options:	own options
 * @shared:	a second table with the same options struct, NULL none (translator options)
 * @device_options: whether the help lists what --option knows
 * @daemon:	it is a program of its own, called @name; its man page is in section 8
 * @options_size: sizeof the options struct
 * @run:	gets the filled struct and the operands; results go to stdout
 */
struct vc_command {
	const char *name;
	const char *operands;
	const char *summary;
	const char *description;
	const char *examples;
	int min_operands, max_operands;
	enum vc_completes operand_completes;
	const struct vc_option *options;
	const struct vc_option *shared;
	bool device_options;
	bool daemon;
	size_t options_size;
	int (*run)(struct vc_arena *arena, const void *options, int n_operands,
	           char **operands, struct vc_err *err);
};

int vc_command_dispatch(const struct vc_command *const commands[], size_t n_commands,
                        int argc, char **argv, struct vc_err *err) VC_MUST_CHECK;
/* Of a command that is a program of its own. */
int vc_command_main(const struct vc_command *command, int argc, char **argv,
                    struct vc_err *err) VC_MUST_CHECK;
