/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A push-down automaton, one byte at a time. The stack has one bit for each open
 * container; for the outermost ones the key in which we are is known too, which says
 * where an object of interest begins and which texts of it to remember.
 */
#include "kube/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Levels whose keys are looked at: event, object, metadata; list, items, object, metadata */
#define KEY_LEVELS 6U
#define KEY_SIZE   20U
#define HEAD_SIZE  512U /* for kind and apiVersion, in front of an object */
#define FIRST_ROOM ((size_t)16 << 10)
#define LARGE_ROOM ((size_t)256 << 10) /* is not kept */

enum state {
	BETWEEN,      /* documents */
	VALUE,        /* a value has to come */
	VALUE_OR_END, /* after '[' */
	KEY_OR_END,   /* after '{' */
	KEY,          /* after ',' in an object */
	COLON,
	AFTER, /* a value: ',' or the end of the container */
	STRING,
	ESCAPE,
	SCALAR,
	BROKEN,
};

struct vc_scan {
	enum vc_scan_form form;
	enum state state;
	const char *kind, *api_version;
	uint64_t open[VC_SCAN_MAX_DEPTH / 64]; /* bit set: an object */
	unsigned depth;
	char keys[KEY_LEVELS][KEY_SIZE]; /* of the open objects; "?" one too long */
	bool in_key;                     /* the string is a key */
	char word[VC_SCAN_WORD_SIZE];    /* the string, when it is one to remember */
	size_t word_len;
	bool word_lost; /* has escapes, or is too long */
	char list_version[VC_SCAN_NAME_SIZE];
	char list_continue[VC_SCAN_WORD_SIZE];
	/* the object of interest */
	bool inside, complete, too_large, has_kind, has_version;
	char *text; /* HEAD_SIZE bytes of room, then the object */
	size_t len, room, max_object;
	struct vc_scan_object object;
};

/**
 * vc_scan_new() - A scanner for lists or for events
 * @form:	which
 * @kind:	of the objects, for those that do not say it; must outlive the scanner
 * @api_version: likewise
 * @max_object:	largest object that is given as a text, in bytes
 * @ret_scan:	scanner; the caller frees it
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_scan_new(enum vc_scan_form form, const char *kind, const char *api_version,
                size_t max_object, struct vc_scan **ret_scan, struct vc_err *err)
{
	struct vc_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return vc_fail_oom(err);
	scan->form = form;
	scan->kind = kind;
	scan->api_version = api_version;
	scan->max_object = max_object;
	vc_scan_restart(scan);
	*ret_scan = scan;
	return 0;
}

/**
 * vc_scan_restart() - Forget what came, for another answer
 * @scan:	scanner
 */
void vc_scan_restart(struct vc_scan *scan)
{
	scan->state = BETWEEN;
	scan->depth = 0;
	scan->inside = scan->complete = false;
	scan->list_version[0] = scan->list_continue[0] = '\0';
	scan->object.type[0] = '\0';
}

/**
 * vc_scan_free() - Free
 * @scan:	scanner or NULL
 */
void vc_scan_free(struct vc_scan *scan)
{
	if (!scan)
		return;
	free(scan->text);
	free(scan);
}

/**
 * vc_scan_list_version() - The resourceVersion of a list
 * @scan:	scanner that was fed with a whole list
 *
 * Return: version, or "" when the list has none
 */
const char *vc_scan_list_version(const struct vc_scan *scan)
{
	return scan->list_version;
}

/**
 * vc_scan_list_continue() - Where the next page of a list begins
 * @scan:	scanner that was fed with a whole list
 *
 * Return: token, or "" when this was the last page
 */
const char *vc_scan_list_continue(const struct vc_scan *scan)
{
	return scan->list_continue;
}

/* Where we are */

static bool in_object(const struct vc_scan *s)
{
	unsigned top = s->depth - 1;

	return s->depth > 0 && s->open[top / 64] >> (top % 64) & 1;
}

static bool key_is(const struct vc_scan *s, unsigned level, const char *key)
{
	return level < KEY_LEVELS && strcmp(s->keys[level], key) == 0;
}

/* Open containers around the object: the event; the list and its items. */
static unsigned object_depth(const struct vc_scan *s)
{
	return s->form == VC_SCAN_LIST ? 2 : 1;
}

static bool object_begins(const struct vc_scan *s)
{
	return s->depth == object_depth(s) &&
	       key_is(s, 0, s->form == VC_SCAN_LIST ? "items" : "object");
}

/* The text */

static void add(struct vc_scan *s, const char *bytes, size_t len)
{
	size_t room = s->room ? s->room : FIRST_ROOM;
	char *grown;

	if (s->too_large)
		return;
	if (len > s->max_object || s->len > s->max_object - len) {
		s->too_large = true;
		return;
	}
	while (room < HEAD_SIZE + s->len + len + 1)
		room *= 2;
	if (room > s->room) {
		grown = realloc(s->text, room);
		s->too_large = !grown;
		if (!grown)
			return;
		s->text = grown;
		s->room = room;
	}
	memcpy(s->text + HEAD_SIZE + s->len, bytes, len);
	s->len += len;
}

static void begin_object(struct vc_scan *s)
{
	s->inside = true;
	s->too_large = s->has_kind = s->has_version = false;
	s->len = 0;
	s->object.namespace[0] = s->object.name[0] = '\0';
	s->object.uid[0] = s->object.resource_version[0] = '\0';
}

/* Puts what a list leaves out in front of the first member. */
static void complete_text(struct vc_scan *s)
{
	char head[HEAD_SIZE];
	char *text = s->text + HEAD_SIZE;
	int n;

	text[s->len] = '\0';
	s->object.text = text;
	s->object.len = s->len;
	if (s->has_kind || s->has_version || s->len < 2 || text[0] != '{')
		return;
	n = snprintf(head, sizeof(head), "{\"kind\":\"%s\",\"apiVersion\":\"%s\"%s",
	             s->kind, s->api_version,
	             text[1 + strspn(text + 1, " \t\r\n")] == '}' ? "" : ",");
	if (n < 0 || (size_t)n >= sizeof(head))
		return;
	s->object.text = text + 1 - n;
	s->object.len = s->len - 1 + (size_t)n;
	memcpy(s->object.text, head, (size_t)n);
}

/* A bookmark has only a version, an error is a Status. */
static bool needs_name(const struct vc_scan *s)
{
	return strcmp(s->object.type, "BOOKMARK") != 0 &&
	       strcmp(s->object.type, "ERROR") != 0;
}

static int give_object(struct vc_scan *s, vc_scan_fn *fn, void *arg, struct vc_err *err)
{
	int r;

	if (*s->object.name == '\0' && needs_name(s))
		return vc_fail(err, VC_ERR_REMOTE,
		               "the answer is not what an API server sends: an object "
		               "without a name");
	s->object.text = NULL;
	s->object.len = 0;
	if (!s->too_large && s->text)
		complete_text(s);
	r = fn(arg, &s->object, err);
	if (s->room > LARGE_ROOM) {
		free(vc_steal(&s->text));
		s->room = 0;
	}
	return r;
}

/* Strings */

static void keep(const struct vc_scan *s, char *into, size_t size)
{
	if (s->word_lost || s->word_len >= size)
		return;
	memcpy(into, s->word, s->word_len);
	into[s->word_len] = '\0';
}

/* A string inside the object: @level is that of the object itself */
static void object_string(struct vc_scan *s, unsigned level)
{
	struct vc_scan_object *o = &s->object;

	if (s->depth == level + 1) {
		s->has_kind = s->has_kind || key_is(s, level, "kind");
		s->has_version = s->has_version || key_is(s, level, "apiVersion");
	}
	if (s->depth != level + 2 || !key_is(s, level, "metadata"))
		return;
	if (key_is(s, level + 1, "namespace"))
		keep(s, o->namespace, sizeof(o->namespace));
	else if (key_is(s, level + 1, "name"))
		keep(s, o->name, sizeof(o->name));
	else if (key_is(s, level + 1, "uid"))
		keep(s, o->uid, sizeof(o->uid));
	else if (key_is(s, level + 1, "resourceVersion"))
		keep(s, o->resource_version, sizeof(o->resource_version));
}

static void list_string(struct vc_scan *s)
{
	if (s->depth != 2 || !key_is(s, 0, "metadata"))
		return;
	if (key_is(s, 1, "resourceVersion"))
		keep(s, s->list_version, sizeof(s->list_version));
	else if (key_is(s, 1, "continue"))
		keep(s, s->list_continue, sizeof(s->list_continue));
}

static void end_string(struct vc_scan *s)
{
	if (s->in_key) {
		char *key = s->depth <= KEY_LEVELS ? s->keys[s->depth - 1] : NULL;

		s->state = COLON;
		if (key) {
			memcpy(key, "?", 2);
			keep(s, key, KEY_SIZE);
		}
		return;
	}
	s->state = AFTER;
	if (s->inside)
		object_string(s, object_depth(s));
	else if (s->form == VC_SCAN_LIST)
		list_string(s);
	else if (s->depth == 1 && key_is(s, 0, "type"))
		keep(s, s->object.type, sizeof(s->object.type));
}

static void begin_string(struct vc_scan *s, bool key)
{
	s->state = STRING;
	s->in_key = key;
	s->word_len = 0;
	s->word_lost = s->depth > KEY_LEVELS;
}

static void string_byte(struct vc_scan *s, char c)
{
	if (c == '"') {
		end_string(s);
	} else if (c == '\\') {
		s->state = ESCAPE;
		s->word_lost = true;
	} else if (s->word_len < sizeof(s->word) - 1) {
		s->word[s->word_len++] = c;
	} else {
		s->word_lost = true;
	}
}

/* Structure */

static bool open_container(struct vc_scan *s, bool object)
{
	unsigned level = s->depth;

	if (level == VC_SCAN_MAX_DEPTH)
		return false;
	s->open[level / 64] &= ~((uint64_t)1 << (level % 64));
	s->open[level / 64] |= (uint64_t)object << (level % 64);
	if (level < KEY_LEVELS)
		s->keys[level][0] = '\0';
	s->depth++;
	s->state = object ? KEY_OR_END : VALUE_OR_END;
	return true;
}

static bool close_container(struct vc_scan *s, bool object)
{
	if (s->depth == 0 || in_object(s) != object)
		return false;
	s->depth--;
	s->state = s->depth > 0 ? AFTER : BETWEEN;
	return true;
}

static bool is_scalar(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' ||
	       c == '.' || c == 'E';
}

static bool begin_value(struct vc_scan *s, char c)
{
	if (c == '{' || c == '[')
		return open_container(s, c == '{');
	if (s->depth == 0)
		return false;
	if (c == '"')
		begin_string(s, false);
	else if (is_scalar(c))
		s->state = SCALAR;
	else
		return false;
	return true;
}

static bool after_value(struct vc_scan *s, char c)
{
	if (c == ',') {
		s->state = in_object(s) ? KEY : VALUE;
		return true;
	}
	return (c == '}' || c == ']') && close_container(s, c == '}');
}

/* A byte outside of strings and scalars that is no white space */
static bool structure_byte(struct vc_scan *s, char c)
{
	switch (s->state) {
	case BETWEEN:
		return c == '{' && begin_value(s, c);
	case VALUE:
		return begin_value(s, c);
	case VALUE_OR_END:
		return c == ']' ? close_container(s, false) : begin_value(s, c);
	case KEY_OR_END:
		if (c == '}')
			return close_container(s, true);
		begin_string(s, true);
		return c == '"';
	case KEY:
		begin_string(s, true);
		return c == '"';
	case COLON:
		s->state = VALUE;
		return c == ':';
	case AFTER:
		return after_value(s, c);
	case STRING:
	case ESCAPE:
	case SCALAR:
	case BROKEN:
		break;
	}
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* One byte; false when it cannot stand here. */
static bool take_byte(struct vc_scan *s, char c)
{
	if (s->state == STRING) {
		string_byte(s, c);
		return true;
	}
	if (s->state == ESCAPE) {
		s->state = STRING;
		return true;
	}
	if (s->state == SCALAR) {
		if (is_scalar(c))
			return true;
		s->state = AFTER;
	}
	return is_space(c) ? s->state != BROKEN : structure_byte(s, c);
}

static int fail_at(struct vc_scan *s, char c, struct vc_err *err)
{
	s->state = BROKEN;
	if (c > 0x20 && c < 0x7f)
		return vc_fail(err, VC_ERR_REMOTE,
		               "the answer is not what an API server sends: a '%c' where "
		               "JSON cannot have it",
		               c);
	return vc_fail(
		err, VC_ERR_REMOTE,
		"the answer is not what an API server sends: the byte 0x%02x where "
		"JSON cannot have it",
		(unsigned)(unsigned char)c);
}

static bool awaits_value(const struct vc_scan *s)
{
	return s->state == VALUE || s->state == VALUE_OR_END;
}

/* An event is over. */
static int end_event(struct vc_scan *s, vc_scan_fn *fn, void *arg, struct vc_err *err)
{
	int r = s->complete
	                ? give_object(s, fn, arg, err)
	                : vc_fail(err, VC_ERR_REMOTE,
	                          "the answer is not what an API server sends: a watch "
	                          "event without an object");

	s->complete = false;
	s->object.type[0] = '\0';
	return r;
}

/* After the byte @c: whether something is over, and its owner is to know. */
static int give_what_is_over(struct vc_scan *s, char c, vc_scan_fn *fn, void *arg,
                             struct vc_err *err)
{
	if (s->form == VC_SCAN_LIST && s->complete) {
		s->complete = false;
		return give_object(s, fn, arg, err);
	}
	if (s->form == VC_SCAN_EVENTS && s->state == BETWEEN && c == '}')
		return end_event(s, fn, arg, err);
	return 0;
}

/**
 * vc_scan_feed() - Take the next piece of an answer
 * @scan:	scanner
 * @bytes:	piece
 * @len:	its length
 * @fn:		called with each object that is complete
 * @arg:	for @fn
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_REMOTE (no JSON, or nested too deep) or what @fn returned
 */
int vc_scan_feed(struct vc_scan *scan, const char *bytes, size_t len, vc_scan_fn *fn,
                 void *arg, struct vc_err *err)
{
	size_t from = 0; /* where what is not yet added to the object begins */
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i++) {
		if (!scan->inside && bytes[i] == '{' && awaits_value(scan) &&
		    object_begins(scan)) {
			begin_object(scan);
			from = i;
		}
		if (!take_byte(scan, bytes[i]))
			return fail_at(scan, bytes[i], err);
		if (scan->inside && scan->depth == object_depth(scan)) {
			add(scan, bytes + from, i + 1 - from);
			scan->inside = false;
			scan->complete = true;
		}
		r = give_what_is_over(scan, bytes[i], fn, arg, err);
	}
	if (r == 0 && scan->inside)
		add(scan, bytes + from, len - from);
	return r;
}

/**
 * vc_scan_end() - The answer is over
 * @scan:	scanner
 * @err:	what is missing
 *
 * Return: 0 or -VC_ERR_REMOTE (it ends in the middle)
 */
int vc_scan_end(const struct vc_scan *scan, struct vc_err *err)
{
	return scan->state == BETWEEN
	               ? 0
	               : vc_fail(err, VC_ERR_REMOTE,
	                         "the answer ends in the middle of an object");
}
