/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"

#include <string.h>

#include "cli/output.h"
#include "model/options.h"

#define WIDTH       79
#define HELP_COLUMN 27

const char vc_help_title[] = "persistent device claims for libvirt and KubeVirt";

const char vc_help_description[] =
	"Which host device belongs into this domain, today? Prepared device claims go in "
	"(CDI files, DRA device metadata, Kubernetes objects), a libvirt domain goes in, "
	"and the same domain comes out with the right host addresses.\n";

const struct vc_exit_line vc_exit_lines[] = {
	{ 0, "done" },
	{ 1, "an input is broken or missing" },
	{ 2, "the command line is wrong" },
	{ 3, "refused: the inputs are sound, but doing what they ask would be wrong" },
	{ 4, "something would change, and the question was whether it would" },
	{ 5, "the machine (kernel, file system, libvirt) said no" },
	{ 6, "the API server said no" },
	{ 7, "a bug of virt-claim, or out of memory" },
};
const size_t vc_n_exit_lines = VC_ARRAY_SIZE(vc_exit_lines);

static void add_spaces(struct vc_buf *buf, size_t n)
{
	vc_buf_printf(buf, "%*s", (int)n, "");
}

/* Where the line that starts at @text is to end: after the last word that fits. */
static size_t line_end(const char *text, size_t room)
{
	size_t len = strcspn(text, "\n");
	size_t end;

	if (len <= room)
		return len;
	for (end = room; end > 0 && text[end] != ' '; end--)
		;
	return end > 0 ? end : strcspn(text, " \n");
}

/**
 * vc_help_wrap() - Append text in lines of at most 79 columns
 * @buf:	buffer; its cursor stands at column @indent
 * @text:	paragraphs; a newline stays a newline
 * @indent:	columns in front of the second and later lines
 */
void vc_help_wrap(struct vc_buf *buf, const char *text, size_t indent)
{
	while (*text != '\0') {
		size_t len = line_end(text, WIDTH - indent);

		vc_buf_add(buf, text, len);
		vc_buf_puts(buf, "\n");
		text += len;
		if (*text == '\n' || *text == ' ')
			text++;
		if (*text != '\0' && *text != '\n')
			add_spaces(buf, indent);
	}
}

static void add_synopsis(struct vc_buf *buf, const struct vc_command *command)
{
	vc_buf_printf(buf, "Usage: %s%s [OPTION]...%s%s\n",
	              command->daemon ? "" : VC_PROGRAM " ", command->name,
	              command->operands[0] != '\0' ? " " : "", command->operands);
}

static void add_option(struct vc_buf *buf, const struct vc_option *o)
{
	size_t start = buf->len;
	size_t used;

	if (o->letter != 0)
		vc_buf_printf(buf, "  -%c, --%s", o->letter, o->name);
	else
		vc_buf_printf(buf, "      --%s", o->name);
	if (o->metavar)
		vc_buf_printf(buf, " %s", o->metavar);
	used = buf->len - start;
	if (used + 2 > HELP_COLUMN) {
		vc_buf_puts(buf, "\n");
		used = 0;
	}
	add_spaces(buf, HELP_COLUMN - used);
	vc_help_wrap(buf, o->help, HELP_COLUMN);
}

static void add_options(struct vc_buf *buf, const struct vc_command *command)
{
	static const struct vc_option help = { .name = "help",
		                               .letter = 'h',
		                               .help = "print this help" };

	vc_buf_puts(buf, "\nOptions:\n");
	for (const struct vc_option *o = command->options; o && o->name; o++)
		add_option(buf, o);
	add_option(buf, &help);
	if (!command->shared)
		return;
	vc_buf_puts(buf, "\nWhere claims, bindings and facts come from:\n");
	for (const struct vc_option *o = command->shared; o->name; o++)
		add_option(buf, o);
}

static void add_device_options(struct vc_buf *buf)
{
	vc_buf_puts(buf, "\nKeys of --option:\n");
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		size_t start = buf->len;

		vc_buf_printf(buf, "  %s", vc_opt_rules[opt].key);
		add_spaces(buf, HELP_COLUMN - (buf->len - start));
		vc_help_wrap(buf, vc_opt_rules[opt].meaning, HELP_COLUMN);
		add_spaces(buf, HELP_COLUMN);
		vc_buf_printf(buf, "(%s)\n", vc_opt_rules[opt].expected);
	}
}

static void add_exit_lines(struct vc_buf *buf)
{
	vc_buf_puts(buf, "\nExit status:\n");
	for (size_t i = 0; i < vc_n_exit_lines; i++)
		vc_buf_printf(buf, "  %d  %s\n", vc_exit_lines[i].status,
		              vc_exit_lines[i].meaning);
}

/**
 * vc_help_overview() - Append the help of the whole program
 * @buf:	buffer
 * @commands:	command table
 * @n_commands:	its length
 */
void vc_help_overview(struct vc_buf *buf, const struct vc_command *const commands[],
                      size_t n_commands)
{
	vc_buf_puts(buf, "Usage: " VC_PROGRAM
	                 " COMMAND [OPTION]... [OPERAND]...\n\n" VC_PROGRAM ": ");
	vc_buf_puts(buf, vc_help_title);
	vc_buf_puts(buf, "\n\n");
	vc_help_wrap(buf, vc_help_description, 0);
	vc_buf_puts(buf, "\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++)
		vc_buf_printf(buf, "  %-20s %s\n", commands[i]->name,
		              commands[i]->summary);
	vc_buf_printf(buf, "  %-20s %s\n", "help", "print the help of a command");
	vc_buf_printf(buf, "  %-20s %s\n", "version", "print the version");
	vc_buf_puts(buf, "\n'" VC_PROGRAM " COMMAND --help' describes a command.\n");
	add_exit_lines(buf);
}

/**
 * vc_help_command() - Append the help of one command
 * @buf:	buffer
 * @command:	command
 */
void vc_help_command(struct vc_buf *buf, const struct vc_command *command)
{
	add_synopsis(buf, command);
	vc_buf_puts(buf, "\n");
	if (command->description)
		vc_help_wrap(buf, command->description, 0);
	else
		vc_buf_printf(buf, "%s\n", command->summary);
	add_options(buf, command);
	if (command->device_options)
		add_device_options(buf);
	if (command->examples) {
		vc_buf_puts(buf, "\nExamples:\n");
		for (const char *p = command->examples; *p != '\0';) {
			int len = (int)strcspn(p, "\n");
			bool detail = *p == '\t';

			vc_buf_printf(buf, "%s%.*s\n", detail ? "      " : "  ",
			              detail ? len - 1 : len, detail ? p + 1 : p);
			p += len + (p[len] == '\n');
		}
	}
	add_exit_lines(buf);
}
