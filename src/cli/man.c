/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/man.h"

#include <ctype.h>
#include <string.h>

#include "cli/help.h"
#include "cli/output.h"
#include "model/options.h"
#include "version.h"

/* Text as roff reads it literally; @line_start: a control character may not lead. */
static void add_text(struct vc_buf *buf, const char *text, size_t len, bool line_start)
{
	if (line_start && len > 0 && (text[0] == '.' || text[0] == '\''))
		vc_buf_puts(buf, "\\&");
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '\\':
			vc_buf_puts(buf, "\\e");
			break;
		case '-':
			vc_buf_puts(buf, "\\-");
			break;
		case '\'':
			vc_buf_puts(buf, "\\(aq");
			break;
		default:
			vc_buf_add(buf, &text[i], 1);
		}
	}
}

static void add_string(struct vc_buf *buf, const char *text)
{
	add_text(buf, text, strlen(text), false);
}

/* The words of a command joined by '-', as its page is called; NULL: virt-claim itself */
static void add_page_name(struct vc_buf *buf, const struct vc_command *command,
                          bool upper)
{
	const char *name = command ? command->name : "";

	if (!command || !command->daemon)
		vc_buf_puts(buf, upper ? "VIRT\\-CLAIM" : "virt\\-claim");
	if (command && !command->daemon)
		vc_buf_puts(buf, "\\-");
	for (; *name != '\0'; name++) {
		int c = (unsigned char)*name;

		if (c == ' ' || c == '-')
			vc_buf_puts(buf, "\\-");
		else
			vc_buf_printf(buf, "%c", upper ? toupper(c) : c);
	}
}

static void add_head(struct vc_buf *buf, const struct vc_command *command,
                     const char *summary)
{
	vc_buf_puts(buf, ".TH ");
	add_page_name(buf, command, true);
	vc_buf_puts(buf, command && command->daemon ? " 8" : " 1");
	vc_buf_puts(buf, " \"\" \"" VC_PROGRAM " " VC_VERSION "\" \"");
	vc_buf_puts(buf, command && command->daemon ? "System Administration"
	                                            : "User Commands");
	vc_buf_puts(buf, "\"\n.SH NAME\n");
	add_page_name(buf, command, false);
	vc_buf_puts(buf, " \\- ");
	add_string(buf, summary);
	vc_buf_puts(buf, "\n");
}

/* Paragraphs are separated by blank lines; an indented line stays as it is. */
static void add_paragraphs(struct vc_buf *buf, const char *text)
{
	bool literal = false;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		bool indented = text[0] == ' ';

		if (indented != literal)
			vc_buf_puts(buf, indented ? ".PP\n.nf\n" : ".fi\n");
		literal = indented;
		if (len == 0)
			vc_buf_puts(buf, ".PP");
		add_text(buf, text, len, true);
		vc_buf_puts(buf, "\n");
		text += len;
		text += *text == '\n';
	}
	if (literal)
		vc_buf_puts(buf, ".fi\n");
}

static void add_option(struct vc_buf *buf, const struct vc_option *o)
{
	vc_buf_puts(buf, ".TP\n");
	if (o->letter != 0)
		vc_buf_printf(buf, "\\fB\\-%c\\fR, ", o->letter);
	vc_buf_puts(buf, "\\fB\\-\\-");
	add_string(buf, o->name);
	vc_buf_puts(buf, "\\fR");
	if (o->metavar) {
		vc_buf_puts(buf, " \\fI");
		add_string(buf, o->metavar);
		vc_buf_puts(buf, "\\fR");
	}
	vc_buf_puts(buf, "\n");
	add_text(buf, o->help, strlen(o->help), true);
	vc_buf_puts(buf, "\n");
}

static void add_options(struct vc_buf *buf, const struct vc_command *command)
{
	static const struct vc_option help = { .name = "help",
		                               .letter = 'h',
		                               .help = "print the help and exit" };

	vc_buf_puts(buf, ".SH OPTIONS\n");
	for (const struct vc_option *o = command->options; o && o->name; o++)
		add_option(buf, o);
	for (const struct vc_option *o = command->shared; o && o->name; o++)
		add_option(buf, o);
	add_option(buf, &help);
}

static void add_device_options(struct vc_buf *buf)
{
	vc_buf_puts(buf, ".SH KEYS OF \\-\\-option\n");
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		vc_buf_puts(buf, ".TP\n.B ");
		add_string(buf, vc_opt_rules[opt].key);
		vc_buf_puts(buf, "\n");
		add_string(buf, vc_opt_rules[opt].meaning);
		vc_buf_puts(buf, " (");
		add_string(buf, vc_opt_rules[opt].expected);
		vc_buf_puts(buf, ")\n");
	}
}

static void add_examples(struct vc_buf *buf, const char *text)
{
	vc_buf_puts(buf, ".SH EXAMPLES\n");
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		bool detail = *text == '\t';

		if (!detail)
			vc_buf_puts(buf, ".TP\n.B ");
		add_text(buf, text + detail, len - detail, detail);
		vc_buf_puts(buf, "\n");
		text += len;
		text += *text == '\n';
	}
}

static void add_exit_status(struct vc_buf *buf)
{
	vc_buf_puts(buf, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < vc_n_exit_lines; i++) {
		vc_buf_printf(buf, ".TP\n.B %d\n", vc_exit_lines[i].status);
		add_string(buf, vc_exit_lines[i].meaning);
		vc_buf_puts(buf, "\n");
	}
}

/**
 * vc_man_overview() - Append virt-claim(1)
 * @buf:	buffer
 * @commands:	command table
 * @n_commands:	its length
 */
void vc_man_overview(struct vc_buf *buf, const struct vc_command *const commands[],
                     size_t n_commands)
{
	add_head(buf, NULL, vc_help_title);
	vc_buf_puts(buf, ".SH SYNOPSIS\n.B virt\\-claim\n.I COMMAND\n"
	                 "[\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...\n.SH DESCRIPTION\n");
	add_paragraphs(buf, vc_help_description);
	vc_buf_puts(buf, ".SH COMMANDS\n");
	for (size_t i = 0; i < n_commands; i++) {
		vc_buf_puts(buf, ".TP\n\\fB");
		add_page_name(buf, commands[i], false);
		vc_buf_puts(buf, "\\fR(1)\n");
		add_string(buf, commands[i]->summary);
		vc_buf_puts(buf, "\n");
	}
	add_exit_status(buf);
}

/**
 * vc_man_command() - Append virt-claim-COMMAND(1), or COMMAND(8) of a daemon
 * @buf:	buffer
 * @command:	command
 */
void vc_man_command(struct vc_buf *buf, const struct vc_command *command)
{
	add_head(buf, command, command->summary);
	vc_buf_puts(buf, ".SH SYNOPSIS\n.B ");
	vc_buf_puts(buf, command->daemon ? "" : "virt\\-claim ");
	add_string(buf, command->name);
	vc_buf_puts(buf, "\n[\\fIOPTION\\fR]...");
	if (command->operands[0] != '\0') {
		vc_buf_puts(buf, " \\fI");
		add_string(buf, command->operands);
		vc_buf_puts(buf, "\\fR");
	}
	vc_buf_puts(buf, "\n.SH DESCRIPTION\n");
	add_paragraphs(buf,
	               command->description ? command->description : command->summary);
	add_options(buf, command);
	if (command->device_options)
		add_device_options(buf);
	if (command->examples)
		add_examples(buf, command->examples);
	add_exit_status(buf);
	vc_buf_puts(buf, ".SH SEE ALSO\n.BR virt\\-claim (1)\n");
}
