/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protect_net.c - from the default route and login sessions down to network cards.
 *
 * [PROC] net/route: interface destination gateway flags refcnt use metric mask ...;
 * net/ipv6_route: destination length source length gateway metric refcnt use flags
 * interface; net/tcp, net/tcp6: number local:port remote:port state ...;
 * net/if_inet6: address index length scope flags interface. Numbers are hexadecimal;
 * those of IPv4, and each quarter of those in tcp6, are words in the host's byte order.
 * [SYSFS] class/net/<name> leads to an interface; lower_<name> in it to what a bridge,
 * bond or VLAN is made of.
 *
 * The interface of an IPv4 session is the one of the route to its peer, that of an IPv6
 * session the one that has its local address.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/proc.h"
#include "host/protect.h"
#include "host/sysfs.h"

#define WORDS_MAX       12U
#define STACK_MAX       16U
#define VISITED_MAX     1024U
#define ROUTES_MAX      100000U
#define SESSIONS_MAX    256U
#define ROUTE_UP        0x0001U
#define ROUTE_REJECT    0x0200U
#define TCP_ESTABLISHED 1U
#define SSH_PORT        22U

/* [PROC] words in the host's byte order; @mask 0 is the default route */
struct route {
	const char *interface;
	uint32_t destination, mask, metric;
};

struct routes {
	struct route *v;
	size_t n, cap;
};

/* [PROC] an address of tcp6, as four words in the host's byte order */
struct address6 {
	uint32_t word[4];
};

struct session {
	bool is_ipv6;
	uint32_t remote;       /* of IPv4 */
	struct address6 local; /* of IPv6 */
};

struct sessions {
	struct session *v;
	size_t n, cap;
};

struct walk {
	struct vc_scan *scan;
	const char *why;
	struct vc_names visited;
};

static bool parse_word(const char *text, uint32_t *ret_value)
{
	return vc_parse_hex(&text, 1, 8, ret_value) && vc_parse_end(text);
}

static bool visit(struct walk *walk, const char *name, struct vc_err *err)
{
	for (size_t i = 0; i < walk->visited.n; i++)
		if (strcmp(walk->visited.v[i], name) == 0)
			return false;
	return walk->visited.n < VISITED_MAX &&
	       vc_names_add(walk->scan->arena, &walk->visited, name, err) == 0;
}

/* The interfaces that a virtual one is made of go onto the list. */
static int add_lower(struct walk *walk, const char *path, struct vc_names *list,
                     struct vc_err *err)
{
	struct vc_arena *arena = walk->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = walk->scan->root };
	struct vc_names names;

	if (vc_at_list(&at, path, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		const char *cursor = names.v[i];

		if (vc_parse_literal(&cursor, "lower_") &&
		    vc_names_add(arena, list, cursor, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int protect_one(struct walk *walk, const char *name, struct vc_names *list,
                       struct vc_err *err)
{
	struct vc_scan *scan = walk->scan;
	char *link = vc_arena_printf(scan->arena, "class/net/%s", name);
	char *path;
	bool any;

	if (!link)
		return vc_fail_oom(err);
	if (vc_sysfs_link_path(scan->arena, scan->root, link, &path, err) < 0) {
		if (err->kind == VC_ERR_INTERNAL)
			return -(int)err->kind;
		vc_scan_note(scan, "host protection: %s", err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	if (vc_protect_path(scan, path, walk->why, &any, err) < 0)
		return -(int)err->kind;
	return any ? 0 : add_lower(walk, path, list, err);
}

/* An interface, and whatever it is made of. */
static int protect_interface(struct vc_scan *scan, const char *name, const char *what,
                             struct vc_err *err)
{
	struct walk walk = { .scan = scan };
	struct vc_names list = { 0 };

	walk.why = vc_arena_printf(scan->arena, "carries %s ('%.32s')", what, name);
	if (!walk.why)
		return vc_fail_oom(err);
	if (vc_names_add(scan->arena, &list, name, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < list.n; i++) {
		/* a name of an interface has neither slash nor a leading dot */
		if (strchr(list.v[i], '/') || list.v[i][0] == '.')
			continue;
		if (!visit(&walk, list.v[i], err)) {
			if (err->kind == VC_ERR_INTERNAL)
				return -(int)err->kind;
			continue;
		}
		if (protect_one(&walk, list.v[i], &list, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static bool parse_route(char *line, struct route *ret_route)
{
	struct route route = { 0 };
	char *words[WORDS_MAX];
	uint32_t flags;
	uint64_t metric;

	if (vc_proc_words(line, words, WORDS_MAX) < 8 ||
	    !parse_word(words[1], &route.destination) || !parse_word(words[3], &flags) ||
	    !vc_parse_number(words[6], UINT32_MAX, &metric) ||
	    !parse_word(words[7], &route.mask))
		return false;
	if (!(flags & ROUTE_UP) || (flags & ROUTE_REJECT))
		return false;
	route.interface = words[0];
	route.metric = (uint32_t)metric;
	*ret_route = route;
	return true;
}

/* The first line is a heading, which is no route. */
static int read_routes(struct vc_scan *scan, int proc, struct routes *routes,
                       struct vc_err *err)
{
	char *text, *line;

	if (vc_proc_read(scan->arena, proc, "net/route", &text, err) < 0)
		return -(int)err->kind;
	while (text && (line = vc_proc_line(&text))) {
		struct route route, *slot;

		if (!parse_route(line, &route) || routes->n == ROUTES_MAX)
			continue;
		slot = vc_list_push(scan->arena, routes);
		if (!slot)
			return vc_fail_oom(err);
		*slot = route;
	}
	return 0;
}

/* [PROC] ipv6_route: all zeros, length 0, and not the route that says "none". */
static int protect_default6(struct vc_scan *scan, int proc, struct vc_err *err)
{
	char *text, *line, *words[WORDS_MAX];
	struct vc_names names = { 0 };
	uint32_t flags;

	if (vc_proc_read(scan->arena, proc, "net/ipv6_route", &text, err) < 0)
		return -(int)err->kind;
	while (text && (line = vc_proc_line(&text))) {
		if (vc_proc_words(line, words, WORDS_MAX) < 10 ||
		    strspn(words[0], "0") != 32 || strcmp(words[1], "00") != 0 ||
		    !parse_word(words[8], &flags) || !(flags & ROUTE_UP) ||
		    (flags & ROUTE_REJECT) || strcmp(words[9], "lo") == 0)
			continue;
		if (vc_names_add(scan->arena, &names, words[9], err) < 0)
			return -(int)err->kind;
	}
	vc_names_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		if (protect_interface(scan, names.v[i], "the default route", err) < 0)
			return -(int)err->kind;
	return 0;
}

static int protect_default(struct vc_scan *scan, const struct routes *routes,
                           struct vc_err *err)
{
	struct vc_names names = { 0 };

	for (size_t i = 0; i < routes->n; i++)
		if (routes->v[i].destination == 0 && routes->v[i].mask == 0 &&
		    vc_names_add(scan->arena, &names, routes->v[i].interface, err) < 0)
			return -(int)err->kind;
	vc_names_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		if (protect_interface(scan, names.v[i], "the default route", err) < 0)
			return -(int)err->kind;
	return 0;
}

/* "0100007F:0016", or four such words and a port */
static bool parse_endpoint(const char *text, size_t n_words, uint32_t *words,
                           uint32_t *ret_port)
{
	for (size_t i = 0; i < n_words; i++) {
		char digits[9];

		if (strnlen(text, 8) < 8)
			return false;
		memcpy(digits, text, 8);
		digits[8] = '\0';
		if (!parse_word(digits, &words[i]))
			return false;
		text += 8;
	}
	return vc_parse_literal(&text, ":") && vc_parse_hex(&text, 4, 4, ret_port) &&
	       vc_parse_end(text);
}

/* ::ffff:192.0.2.1 */
static bool is_mapped(const struct address6 *address)
{
	return address->word[0] == 0 && address->word[1] == 0 &&
	       ntohl(address->word[2]) == 0xffff;
}

/* Whether the line is an ssh session from another machine. */
static bool parse_session(char *line, bool is_ipv6, struct session *ret_session)
{
	struct address6 local = { 0 }, remote = { 0 };
	struct session session = { .is_ipv6 = is_ipv6 };
	uint32_t state, port, remote_port;
	size_t n_words = is_ipv6 ? 4 : 1;
	char *words[4];

	if (vc_proc_words(line, words, 4) < 4 ||
	    !parse_endpoint(words[1], n_words, local.word, &port) ||
	    !parse_endpoint(words[2], n_words, remote.word, &remote_port) ||
	    !parse_word(words[3], &state) || state != TCP_ESTABLISHED || port != SSH_PORT)
		return false;
	session.local = local;
	session.remote = remote.word[0];
	if (is_ipv6 && is_mapped(&remote)) {
		session.is_ipv6 = false;
		session.remote = remote.word[3];
	}
	*ret_session = session;
	return session.is_ipv6 || ntohl(session.remote) >> 24 != 127;
}

static int read_sessions(struct vc_scan *scan, int proc, bool is_ipv6,
                         struct sessions *sessions, struct vc_err *err)
{
	char *text, *line;

	if (vc_proc_read(scan->arena, proc, is_ipv6 ? "net/tcp6" : "net/tcp", &text,
	                 err) < 0)
		return -(int)err->kind;
	while (text && (line = vc_proc_line(&text))) {
		struct session session, *slot;

		if (!parse_session(line, is_ipv6, &session) ||
		    sessions->n == SESSIONS_MAX)
			continue;
		slot = vc_list_push(scan->arena, sessions);
		if (!slot)
			return vc_fail_oom(err);
		*slot = session;
	}
	return 0;
}

/* The narrowest route wins, then the one with the lowest metric. */
static const char *route_to(const struct routes *routes, uint32_t address)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < routes->n; i++) {
		const struct route *r = &routes->v[i];

		if ((address & r->mask) != r->destination)
			continue;
		if (!best || ntohl(r->mask) > ntohl(best->mask) ||
		    (r->mask == best->mask && r->metric < best->metric))
			best = r;
	}
	return best ? best->interface : NULL;
}

/* [PROC] if_inet6 prints the bytes in their order. */
static const char *owner_of(const struct address6 *address, char *text)
{
	char *line, *words[6];

	while (text && (line = vc_proc_line(&text))) {
		struct address6 here = { 0 };
		char digits[9] = "";
		bool same = true;

		if (vc_proc_words(line, words, 6) < 6 || strlen(words[0]) != 32)
			continue;
		for (size_t i = 0; i < 4; i++) {
			memcpy(digits, words[0] + 8 * i, 8);
			same = same && parse_word(digits, &here.word[i]) &&
			       htonl(here.word[i]) == address->word[i];
		}
		if (same)
			return words[5];
	}
	return NULL;
}

/* NULL: its interface cannot be told. */
static int interface_of(struct vc_scan *scan, int proc, const struct session *session,
                        const struct routes *routes, const char **ret_name,
                        struct vc_err *err)
{
	char *text;

	if (!session->is_ipv6) {
		*ret_name = route_to(routes, session->remote);
		return 0;
	}
	if (vc_proc_read(scan->arena, proc, "net/if_inet6", &text, err) < 0)
		return -(int)err->kind;
	*ret_name = owner_of(&session->local, text);
	return 0;
}

static int protect_sessions(struct vc_scan *scan, int proc, const struct routes *routes,
                            struct vc_err *err)
{
	struct sessions sessions = { 0 };

	if (read_sessions(scan, proc, false, &sessions, err) < 0 ||
	    read_sessions(scan, proc, true, &sessions, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < sessions.n; i++) {
		const char *name = NULL;

		if (interface_of(scan, proc, &sessions.v[i], routes, &name, err) < 0)
			return -(int)err->kind;
		if (!name)
			vc_scan_note(scan, "host protection: the network card of a login "
			                   "session is unknown");
		else if (strcmp(name, "lo") != 0 &&
		         protect_interface(scan, name, "a login session", err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_protect_networks() - Protect the cards that the machine is reached by
 * @scan:	scan; PCI and USB devices are known
 * @proc:	directory like /proc
 * @err:	why it cannot be said
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_protect_networks(struct vc_scan *scan, int proc, struct vc_err *err)
{
	struct routes routes = { 0 };

	if (read_routes(scan, proc, &routes, err) < 0 ||
	    protect_default(scan, &routes, err) < 0 ||
	    protect_default6(scan, proc, err) < 0)
		return -(int)err->kind;
	return protect_sessions(scan, proc, &routes, err);
}
