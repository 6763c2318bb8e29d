/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script needs nothing but bash: no function of the bash-completion package. Words
 * of the tables go into it unquoted, so the tables use plain words only.
 */
#include "cli/completion.h"

#include <string.h>

static const char head[] =
	"# bash completion for virt-claim; made by the build from its command tables\n"
	"\n"
	"_virt_claim()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal cmd=${COMP_WORDS[1]} options='' operands='' words='' what=''\n"
	"\n"
	"\tCOMPREPLY=()\n";

static const char tail[] =
	"\n"
	"\tif [[ $cur == -* && -z $what ]]; then\n"
	"\t\twhat='words' words=$options\n"
	"\tfi\n"
	"\tcase ${what:-$operands} in\n"
	"\twords) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
	"\tfile) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	"\tdirectory)\n"
	"\t\tcompopt -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"complete -F _virt_claim virt-claim\n";

static const char *what(enum vc_completes completes)
{
	switch (completes) {
	case VC_COMPLETES_NOTHING:
		return "nothing";
	case VC_COMPLETES_FILE:
		return "file";
	case VC_COMPLETES_DIRECTORY:
		return "directory";
	case VC_COMPLETES_WORDS:
		return "words";
	}
	return "nothing";
}

static bool is_group(const char *name)
{
	return strchr(name, ' ') != NULL;
}

/* Whether commands[@i] is the first of its group, "hook ...". */
static bool starts_group(const struct vc_command *const commands[], size_t i)
{
	size_t len = strcspn(commands[i]->name, " ") + 1;

	return i == 0 || strncmp(commands[i - 1]->name, commands[i]->name, len) != 0;
}

/* The first words of all commands, each once. */
static void add_first_words(struct vc_buf *buf, const struct vc_command *const commands[],
                            size_t n_commands)
{
	for (size_t i = 0; i < n_commands; i++) {
		const char *name = commands[i]->name;

		if (!is_group(name) || starts_group(commands, i))
			vc_buf_printf(buf, "%.*s ", (int)strcspn(name, " "), name);
	}
	vc_buf_puts(buf, "help version");
}

static void add_second_words(struct vc_buf *buf,
                             const struct vc_command *const commands[], size_t n_commands,
                             const char *name)
{
	size_t len = strcspn(name, " ") + 1;
	const char *separator = "";

	for (size_t i = 0; i < n_commands; i++) {
		if (strncmp(commands[i]->name, name, len) != 0)
			continue;
		vc_buf_printf(buf, "%s%s", separator, commands[i]->name + len);
		separator = " ";
	}
}

static void add_words(struct vc_buf *buf, const char *indent, const char *pattern)
{
	vc_buf_printf(buf, "%s%s) what='words' words='", indent, pattern);
}

static void add_option_names(struct vc_buf *buf, const struct vc_option *options)
{
	for (; options && options->name; options++)
		vc_buf_printf(buf, "--%s ", options->name);
}

static void add_option_arguments(struct vc_buf *buf, const struct vc_option *options)
{
	for (; options && options->name; options++) {
		if (!options->metavar)
			continue;
		vc_buf_puts(buf, "\t\t");
		if (options->letter != 0)
			vc_buf_printf(buf, "-%c | ", options->letter);
		vc_buf_printf(buf, "--%s) what='%s'", options->name,
		              what(options->completes));
		if (options->completes == VC_COMPLETES_WORDS)
			vc_buf_printf(buf, " words='%s'", options->words);
		vc_buf_puts(buf, " ;;\n");
	}
}

static void add_command(struct vc_buf *buf, const struct vc_command *command)
{
	vc_buf_printf(buf, "\t'%s')\n\t\toptions='", command->name);
	add_option_names(buf, command->options);
	add_option_names(buf, command->shared);
	vc_buf_printf(buf, "--help' operands='%s'\n\t\tcase $prev in\n",
	              command->max_operands > 0 ? what(command->operand_completes)
	                                        : "nothing");
	add_option_arguments(buf, command->options);
	add_option_arguments(buf, command->shared);
	vc_buf_puts(buf, "\t\tesac\n\t\t;;\n");
}

/**
 * vc_completion_bash() - Append the completion script
 * @buf:	buffer
 * @commands:	command table; commands of one group stand together
 * @n_commands:	its length
 */
void vc_completion_bash(struct vc_buf *buf, const struct vc_command *const commands[],
                        size_t n_commands)
{
	vc_buf_puts(buf, head);
	vc_buf_puts(buf, "\tif ((COMP_CWORD == 1)); then\n"
	                 "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	add_first_words(buf, commands, n_commands);
	vc_buf_puts(buf, " --help --version' -- \"$cur\")\n\t\treturn\n\tfi\n");
	vc_buf_puts(buf, "\tcase $cmd in\n");
	for (size_t i = 0; i < n_commands; i++) {
		const char *name = commands[i]->name;

		if (!is_group(name) || !starts_group(commands, i))
			continue;
		vc_buf_printf(buf, "\t%.*s)\n\t\tif ((COMP_CWORD == 2)); then\n",
		              (int)strcspn(name, " "), name);
		vc_buf_puts(buf, "\t\t\tmapfile -t COMPREPLY < <(compgen -W '");
		add_second_words(buf, commands, n_commands, name);
		vc_buf_puts(buf, "' -- \"$cur\")\n\t\t\treturn\n\t\tfi\n"
		                 "\t\tcmd+=\" ${COMP_WORDS[2]}\"\n\t\t;;\n");
	}
	vc_buf_puts(buf, "\tesac\n\n\tcase $cmd in\n");
	add_words(buf, "\t", "help");
	add_first_words(buf, commands, n_commands);
	vc_buf_puts(buf, "' ;;\n");
	for (size_t i = 0; i < n_commands; i++)
		add_command(buf, commands[i]);
	vc_buf_puts(buf, "\tesac\n");
	vc_buf_puts(buf, tail);
}
