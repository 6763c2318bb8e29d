/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each side becomes lines, a line a few pieces in one colour each; then the lines are
 * printed, cut to the width that they have. Only what is printed is coloured, so a cut
 * never goes through an escape sequence.
 */
#include <string.h>

#include "cli/topology_print.h"

#define PIECES_MAX 8
#define GAP        3 /* between the sides */

enum colour { PLAIN, DIM, BOLD, GREEN, CYAN, RED };

struct piece {
	const char *text;
	enum colour colour;
};

struct line {
	struct piece pieces[PIECES_MAX];
	size_t n;
};

struct lines {
	struct line *v;
	size_t n, cap;
};

struct printer {
	struct vc_arena *arena;
	const struct vc_topology *topology;
	const struct vc_topology_style *style;
	struct vc_buf *buf;
	struct vc_err *err;
};

/* One column for each character of UTF-8, as in tables. */
static size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t fitting_bytes(const char *text, size_t width)
{
	size_t bytes = 0;

	for (; text[bytes] != '\0'; bytes++)
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && width-- == 0)
			break;
	return bytes;
}

static size_t line_width(const struct line *line)
{
	size_t width = 0;

	for (size_t i = 0; i < line->n; i++)
		width += text_width(line->pieces[i].text);
	return width;
}

static void put(struct line *line, enum colour colour, const char *text)
{
	if (text && line->n < PIECES_MAX)
		line->pieces[line->n++] = (struct piece){ text, colour };
}

static void put_with(struct printer *p, struct line *line, enum colour colour,
                     const char *before, const char *text)
{
	if (text)
		put(line, colour, vc_arena_printf(p->arena, "%s%s", before, text));
}

/* The branches in front of a node. @last says of each depth whether no sibling follows. */
static const char *branches(struct printer *p, unsigned depth, const bool *last)
{
	const bool ascii = p->style->ascii;
	const char *text = "";

	for (unsigned i = 1; i <= depth && text; i++) {
		const char *piece;

		if (i < depth)
			piece = last[i] ? "   " : ascii ? "|  " : "│  ";
		else if (ascii)
			piece = last[i] ? "`- " : "|- ";
		else
			piece = last[i] ? "└─ " : "├─ ";
		text = vc_arena_printf(p->arena, "%s%s", text, piece);
	}
	return text;
}

static const char *arrow(const struct printer *p, bool to_guest)
{
	if (p->style->ascii)
		return to_guest ? " -> " : " <- ";
	return to_guest ? " → " : " ← ";
}

/* "0000:65:00.0 → ua-gpu  lab/vm7-dev:gpu  vfio-pci  NVIDIA AD102" */
static void put_host_device(struct printer *p, struct line *line,
                            const struct vc_topology_node *n)
{
	put(line, n->peer > 0 || n->claim ? BOLD : PLAIN, n->label);
	if (n->peer > 0)
		put_with(p, line, CYAN, arrow(p, true),
		         p->topology->guest.v[n->peer - 1].label);
	put_with(p, line, RED, "  ! ", n->problem);
	put_with(p, line, GREEN, "  claim ", n->claim);
	put_with(p, line, PLAIN, "  ", n->driver);
	put_with(p, line, DIM, "  ", n->detail);
}

/* "01:00.0 ua-gpu ← 0000:65:00.0  lab/vm7-dev:gpu" */
static void put_guest_device(struct printer *p, struct line *line,
                             const struct vc_topology_node *n)
{
	if (n->address)
		put(line, n->host ? PLAIN : DIM,
		    vc_arena_printf(p->arena, "%s ", n->address));
	put(line, n->host ? BOLD : DIM, n->label);
	if (n->peer > 0)
		put_with(p, line, CYAN, arrow(p, false),
		         p->topology->host.v[n->peer - 1].label);
	put_with(p, line, RED, "  ! ", n->problem);
	put_with(p, line, GREEN, "  claim ", n->claim);
	put_with(p, line, DIM, "  ", n->detail);
}

static void put_node(struct printer *p, struct line *line, bool host,
                     const struct vc_topology_node *n)
{
	if (n->type == VC_TOPOLOGY_DEVICE) {
		if (host)
			put_host_device(p, line, n);
		else
			put_guest_device(p, line, n);
		return;
	}
	put(line,
	    n->depth == 0                 ? BOLD
	    : n->type == VC_TOPOLOGY_FREE ? DIM
	                                  : PLAIN,
	    n->label);
	put_with(p, line, DIM, "  ", n->detail);
	put_with(p, line, RED, "  ! ", n->problem);
}

/* Whether each node is the last one of its parent. */
static bool *find_last(struct vc_arena *arena, const struct vc_topology_side *side)
{
	bool *last = vc_arena_alloc(arena, side->n + 1, sizeof(*last));
	bool follows[VC_TOPOLOGY_DEPTH_MAX + 1] = { false };

	for (size_t i = side->n; last && i-- > 0;) {
		unsigned depth = side->v[i].depth;

		last[i] = !follows[depth];
		follows[depth] = true;
		for (unsigned d = depth + 1; d <= VC_TOPOLOGY_DEPTH_MAX; d++)
			follows[d] = false;
	}
	return last;
}

static int add_line(struct printer *p, struct lines *lines, const struct line *line)
{
	struct line *slot = vc_list_push(p->arena, lines);

	if (!slot)
		return vc_fail_oom(p->err);
	*slot = *line;
	return 0;
}

static int add_title(struct printer *p, struct lines *lines, bool host)
{
	const char *name = p->topology->name ? p->topology->name : "without a name";
	struct line line = { 0 };

	put(&line, BOLD, host ? "Host" : vc_arena_printf(p->arena, "Guest %s", name));
	return line.n > 0 ? add_line(p, lines, &line) : vc_fail_oom(p->err);
}

static int make_lines(struct printer *p, bool host, struct lines *lines)
{
	const struct vc_topology_side *side =
		host ? &p->topology->host : &p->topology->guest;
	const bool *is_last = find_last(p->arena, side);
	bool last[VC_TOPOLOGY_DEPTH_MAX + 2] = { false };
	struct line nothing = { { { "no device", DIM } }, 1 };

	if (!is_last)
		return vc_fail_oom(p->err);
	if (add_title(p, lines, host) < 0)
		return -(int)p->err->kind;
	if (side->n == 0)
		return add_line(p, lines, &nothing);
	for (size_t i = 0; i < side->n; i++) {
		const struct vc_topology_node *n = &side->v[i];
		struct line line = { 0 };

		/* the title is the root of the tree */
		last[n->depth + 1] = is_last[i];
		put(&line, DIM, branches(p, n->depth + 1, last));
		put_node(p, &line, host, n);
		if (line.n < 2 || add_line(p, lines, &line) < 0)
			return vc_fail_oom(p->err);
	}
	return 0;
}

static void add_piece(struct printer *p, const char *text, size_t len, enum colour colour)
{
	static const char *const codes[] = {
		[PLAIN] = "",         [DIM] = "\x1b[2m",   [BOLD] = "\x1b[1m",
		[GREEN] = "\x1b[32m", [CYAN] = "\x1b[36m", [RED] = "\x1b[31m",
	};
	bool coloured = p->style->colour && colour != PLAIN;

	if (coloured)
		vc_buf_puts(p->buf, codes[colour]);
	vc_buf_add(p->buf, text, len);
	if (coloured)
		vc_buf_puts(p->buf, "\x1b[0m");
}

/* At most @width columns of a line, 0 all; returns how many were printed. */
static size_t print_line(struct printer *p, const struct line *line, size_t width)
{
	size_t room = width == 0 ? SIZE_MAX : width;
	size_t whole = line_width(line), printed = 0;
	const char *dots = p->style->ascii ? "~" : "…";

	if (whole > room)
		room--;
	for (size_t i = 0; i < line->n && printed < room; i++) {
		const char *text = line->pieces[i].text;
		size_t len = fitting_bytes(text, room - printed);
		size_t columns = text_width(text);

		add_piece(p, text, len, line->pieces[i].colour);
		printed += columns < room - printed ? columns : room - printed;
	}
	if (whole > printed)
		vc_buf_puts(p->buf, dots);
	return printed + (whole > printed);
}

static size_t widest(const struct lines *lines)
{
	size_t width = 0;

	for (size_t i = 0; i < lines->n; i++) {
		size_t w = line_width(&lines->v[i]);

		width = w > width ? w : width;
	}
	return width;
}

static void print_below(struct printer *p, const struct lines *lines)
{
	if (p->buf->len > 0)
		vc_buf_puts(p->buf, "\n");
	for (size_t i = 0; i < lines->n; i++) {
		(void)print_line(p, &lines->v[i], p->style->width);
		vc_buf_puts(p->buf, "\n");
	}
}

/* A side that needs less than half leaves the rest to the other. */
static void print_beside(struct printer *p, const struct lines *host,
                         const struct lines *guest)
{
	size_t left = widest(host), right = widest(guest);
	size_t n = host->n > guest->n ? host->n : guest->n;

	if (p->style->width > 0 && left + GAP + right > p->style->width) {
		size_t room = p->style->width - GAP;

		if (right < room / 2)
			left = room - right;
		else if (left > room / 2)
			left = room / 2;
		right = room - left;
	}
	for (size_t i = 0; i < n; i++) {
		size_t used = i < host->n ? print_line(p, &host->v[i], left) : 0;

		if (i < guest->n) {
			vc_buf_printf(p->buf, "%*s", (int)(left + GAP - used), "");
			(void)print_line(p, &guest->v[i], right);
		}
		vc_buf_puts(p->buf, "\n");
	}
}

/**
 * vc_topology_text() - The picture as a tree, for a person
 * @arena:	holds intermediate texts
 * @topology:	picture
 * @style:	how it looks
 * @buf:	gets the text
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_text(struct vc_arena *arena, const struct vc_topology *topology,
                     const struct vc_topology_style *style, struct vc_buf *buf,
                     struct vc_err *err)
{
	struct printer p = {
		.arena = arena,
		.topology = topology,
		.style = style,
		.buf = buf,
		.err = err,
	};
	struct lines host = { 0 }, guest = { 0 };

	if (make_lines(&p, true, &host) < 0 ||
	    (topology->have_guest && make_lines(&p, false, &guest) < 0))
		return -(int)err->kind;
	if (guest.n > 0 && style->beside) {
		print_beside(&p, &host, &guest);
		return 0;
	}
	print_below(&p, &host);
	if (guest.n > 0)
		print_below(&p, &guest);
	return 0;
}
