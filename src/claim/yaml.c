/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that includes libyaml.
 *
 * CDI files come in three dialects, all plain block style [CDI cdi-and-peers]; people
 * write more. Where YAML 1.1 and 1.2 readers disagree about a plain scalar (yes, 010,
 * "<<" as a key) it is refused: a device must not depend on who reads the file.
 */
#include "claim/yaml.h"

#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "claim/json.h"

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	const char *file;
	struct vc_tree_builder *builder;
	struct vc_err *err;
};

static void release_reader(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

/* Messages */

static int place(const struct reader *r, const yaml_mark_t *mark)
{
	return vc_err_context(r->err, "%s:%zu:%zu", r->file, mark->line + 1,
	                      mark->column + 1);
}

static int fail(const struct reader *r, const yaml_mark_t *mark, const char *message)
{
	(void)vc_fail(r->err, VC_ERR_INPUT, "%s", message);
	return place(r, mark);
}

static size_t line_of(const struct reader *r, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < r->len; i++)
		line += r->text[i] == '\n';
	return line;
}

/* libyaml's own verdict */
static int fail_syntax(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return vc_fail_oom(r->err);
	if (p->error == YAML_READER_ERROR)
		return vc_fail(r->err, VC_ERR_INPUT, "%s:%zu: %s", r->file,
		               line_of(r, p->problem_offset), problem);
	if (p->problem_mark.index >= r->len)
		(void)vc_fail(r->err, VC_ERR_INPUT,
		              "the file ends in the middle of a document: %s", problem);
	else
		(void)vc_fail(r->err, VC_ERR_INPUT, "not YAML: %s", problem);
	return place(r, &p->problem_mark);
}

/* Scalars */

enum plain {
	PLAIN_STRING,
	PLAIN_NULL,
	PLAIN_TRUE,
	PLAIN_FALSE,
	PLAIN_INT,
	PLAIN_HEX,
	PLAIN_OCTAL,
	PLAIN_FLOAT,
	PLAIN_NOT_A_NUMBER,
	PLAIN_AMBIGUOUS,
};

static const struct {
	const char *text;
	enum plain plain;
} words[] = {
	{ "", PLAIN_NULL },
	{ "~", PLAIN_NULL },
	{ "null", PLAIN_NULL },
	{ "Null", PLAIN_NULL },
	{ "NULL", PLAIN_NULL },
	{ "true", PLAIN_TRUE },
	{ "True", PLAIN_TRUE },
	{ "TRUE", PLAIN_TRUE },
	{ "false", PLAIN_FALSE },
	{ "False", PLAIN_FALSE },
	{ "FALSE", PLAIN_FALSE },
	{ ".nan", PLAIN_NOT_A_NUMBER },
	{ ".NaN", PLAIN_NOT_A_NUMBER },
	{ ".NAN", PLAIN_NOT_A_NUMBER },
};

static bool is_ambiguous_word(const char *s)
{
	return strcasecmp(s, "yes") == 0 || strcasecmp(s, "no") == 0 ||
	       strcasecmp(s, "on") == 0 || strcasecmp(s, "off") == 0;
}

static bool is_infinity(const char *s)
{
	s += *s == '-' || *s == '+';
	return strcmp(s, ".inf") == 0 || strcmp(s, ".Inf") == 0 || strcmp(s, ".INF") == 0;
}

static size_t count_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* [YAML 1.2] 10.3.2: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static enum plain classify_number(const char *s)
{
	size_t whole, fraction = 0;

	s += *s == '-' || *s == '+';
	whole = count_digits(s);
	if (s[whole] == '\0' && whole > 0)
		return whole > 1 && s[0] == '0' ? PLAIN_AMBIGUOUS : PLAIN_INT;
	s += whole;
	if (*s == '.') {
		fraction = count_digits(++s);
		s += fraction;
	}
	if (whole + fraction == 0)
		return PLAIN_STRING;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (count_digits(s) == 0)
			return PLAIN_STRING;
		s += count_digits(s);
	}
	return *s == '\0' ? PLAIN_FLOAT : PLAIN_STRING;
}

static enum plain classify(const char *s)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(words); i++)
		if (strcmp(s, words[i].text) == 0)
			return words[i].plain;
	if (is_ambiguous_word(s))
		return PLAIN_AMBIGUOUS;
	if (is_infinity(s))
		return PLAIN_NOT_A_NUMBER;
	if (strncmp(s, "0x", 2) == 0 && s[2] &&
	    !s[2 + strspn(s + 2, "0123456789abcdef"
	                         "ABCDEF")])
		return PLAIN_HEX;
	if (strncmp(s, "0o", 2) == 0 && s[2] && !s[2 + strspn(s + 2, "01234567")])
		return PLAIN_OCTAL;
	return classify_number(s);
}

static int build_int(struct reader *r, const char *digits, unsigned base)
{
	int64_t value;

	if (!vc_json_int64(digits, base, &value))
		return vc_fail(r->err, VC_ERR_INPUT,
		               "integer '%.40s' does not fit in 64 bits", digits);
	return vc_build_int(r->builder, value, r->err);
}

static int build_plain(struct reader *r, const char *s, size_t len)
{
	switch (classify(s)) {
	case PLAIN_NULL:
		return vc_build_null(r->builder, r->err);
	case PLAIN_TRUE:
		return vc_build_bool(r->builder, true, r->err);
	case PLAIN_FALSE:
		return vc_build_bool(r->builder, false, r->err);
	case PLAIN_INT:
		return build_int(r, s, 10);
	case PLAIN_HEX:
		return build_int(r, s + 2, 16);
	case PLAIN_OCTAL:
		return build_int(r, s + 2, 8);
	case PLAIN_FLOAT:
		return vc_build_float(r->builder, s, r->err);
	case PLAIN_NOT_A_NUMBER:
		return vc_fail(r->err, VC_ERR_INPUT, "number '%s' is out of range", s);
	case PLAIN_AMBIGUOUS:
		return vc_fail(r->err, VC_ERR_INPUT,
		               "'%.64s' means different things to different YAML "
		               "readers; put it in quotes",
		               s);
	case PLAIN_STRING:
		break;
	}
	return vc_build_string(r->builder, s, len, r->err);
}

static int build_key(struct reader *r, const char *s, size_t len, bool plain)
{
	if (plain && (strcmp(s, "<<") == 0 || classify(s) != PLAIN_STRING))
		return vc_fail(r->err, VC_ERR_INPUT,
		               "key '%.64s' is not a string; put it in quotes", s);
	return vc_build_key(r->builder, s, len, r->err);
}

/* An empty document, as between two "---" lines or after the last one */
static bool is_nothing(const struct reader *r, size_t len, bool plain)
{
	return r->builder->depth == 0 && plain && len == 0;
}

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *s = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	int ret;

	if (is_nothing(r, len, plain))
		return 0;
	if (r->builder->depth == 0)
		return fail(r, &event->start_mark,
		            "expected a mapping or a list, not plain text");
	if (vc_build_wants_key(r->builder))
		ret = build_key(r, s, len, plain);
	else if (plain)
		ret = build_plain(r, s, len);
	else
		ret = vc_build_string(r->builder, s, len, r->err);
	return ret < 0 ? place(r, &event->start_mark) : 0;
}

/* Events */

static int refuse_decorations(const struct reader *r, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail(r, &event->start_mark, "anchors are not accepted");
	if (tag)
		return fail(r, &event->start_mark, "tags are not accepted");
	return 0;
}

static int take_container(struct reader *r, const yaml_event_t *event, bool mapping)
{
	int ret;

	if (vc_build_wants_key(r->builder))
		return fail(r, &event->start_mark, "a key must be a string");
	ret = mapping ? vc_build_object(r->builder, r->err)
	              : vc_build_array(r->builder, r->err);
	return ret < 0 ? place(r, &event->start_mark) : 0;
}

static int take_document_start(const struct reader *r, const yaml_event_t *event)
{
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start !=
	            event->data.document_start.tag_directives.end)
		return fail(r, &event->start_mark, "directives are not accepted");
	return 0;
}

static int take_decorated(struct reader *r, const yaml_event_t *event)
{
	bool scalar = event->type == YAML_SCALAR_EVENT;
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor = scalar    ? event->data.scalar.anchor
	                            : mapping ? event->data.mapping_start.anchor
	                                      : event->data.sequence_start.anchor;
	const yaml_char_t *tag = scalar    ? event->data.scalar.tag
	                         : mapping ? event->data.mapping_start.tag
	                                   : event->data.sequence_start.tag;

	if (refuse_decorations(r, event, anchor, tag) < 0)
		return -(int)r->err->kind;
	return scalar ? take_scalar(r, event) : take_container(r, event, mapping);
}

static int take(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return take_document_start(r, event);
	case YAML_ALIAS_EVENT:
		return fail(r, &event->start_mark, "aliases are not accepted");
	case YAML_SCALAR_EVENT:
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return take_decorated(r, event);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		vc_build_end(r->builder);
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

/* Returns 1 after the last event. */
static int step(struct reader *r)
{
	yaml_event_t event;
	int ret;

	if (!yaml_parser_parse(&r->parser, &event))
		return fail_syntax(r);
	ret = event.type == YAML_STREAM_END_EVENT ? 1 : take(r, &event);
	yaml_event_delete(&event);
	return ret;
}

/**
 * vc_yaml_parse() - Read a stream of YAML documents
 * @text:	text
 * @len:	its length
 * @file:	for messages
 * @builder:	gets the documents; empty ones are left out
 * @err:	"FILE:LINE:COLUMN: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_yaml_parse(const char *text, size_t len, const char *file,
                  struct vc_tree_builder *builder, struct vc_err *err)
{
	VC_CLEANUP(release_reader)
	struct reader r = {
		.text = text,
		.len = len,
		.file = file,
		.builder = builder,
		.err = err,
	};
	int ret = 0;

	if (!yaml_parser_initialize(&r.parser))
		return vc_fail_oom(err);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	while (ret == 0)
		ret = step(&r);
	return ret < 0 ? ret : 0;
}
