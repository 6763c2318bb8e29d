/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/topology.h"

#include <string.h>

#include "base/attr.h"

/* Heights of the picture, in steps. The stylesheet knows how large a step is. */
#define HEADING_STEPS 7
#define DEVICE_STEPS  11
#define LINE_STEPS    6
#define GAP_STEPS     2

/**
 * vc_topology_type_name() - The word of JSON and XML for a type
 * @type:	type
 *
 * Return: a static text
 */
const char *vc_topology_type_name(enum vc_topology_type type)
{
	static const char *const names[] = {
		[VC_TOPOLOGY_NUMA_NODE] = "numa-node",
		[VC_TOPOLOGY_ROOT_PORT] = "root-port",
		[VC_TOPOLOGY_GROUP] = "iommu-group",
		[VC_TOPOLOGY_BUS] = "bus",
		[VC_TOPOLOGY_PLACE] = "place",
		[VC_TOPOLOGY_DEVICE] = "device",
		[VC_TOPOLOGY_FREE] = "free",
	};

	return names[type];
}

/**
 * vc_topology_is_container() - Whether other nodes may be inside a node
 * @node:	node
 *
 * Return: true for everything but devices and free ports
 */
bool vc_topology_is_container(const struct vc_topology_node *node)
{
	return node->type != VC_TOPOLOGY_DEVICE && node->type != VC_TOPOLOGY_FREE;
}

/* One character of UTF-8, shortest form: its bytes and its number; 0 when it is none. */
static size_t decode(const unsigned char *p, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80   ? 1
	           : p[0] < 0xc2 ? 0
	           : p[0] < 0xe0 ? 2
	           : p[0] < 0xf0 ? 3
	                         : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	if (n == 0 || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_c = c;
	return n;
}

/* Neither a control character, nor one that turns the writing direction, nor one that
 * XML 1.0 (production 2) cannot hold. */
static bool is_harmless(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/**
 * vc_topology_clean() - A copy of a text that is safe to show
 * @arena:	holds the copy
 * @text:	any bytes up to the NUL; NULL gives NULL
 *
 * What is no UTF-8, and characters that control terminals or the writing direction,
 * become '?'.
 *
 * Return: the copy, NULL when @text is, or when out of memory
 */
char *vc_topology_clean(struct vc_arena *arena, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char *copy = text ? vc_arena_alloc(arena, strlen(text) + 1, 1) : NULL;
	char *end = copy;

	while (copy && *p != '\0') {
		uint32_t c = 0;
		size_t n = decode(p, &c);

		if (n == 0 || !is_harmless(c)) {
			*end++ = '?';
			p += n == 0 ? 1 : n;
			continue;
		}
		memcpy(end, p, n);
		end += n;
		p += n;
	}
	return copy;
}

static size_t own_height(const struct vc_topology_node *node)
{
	if (vc_topology_is_container(node))
		return HEADING_STEPS;
	return node->type == VC_TOPOLOGY_DEVICE ? DEVICE_STEPS : LINE_STEPS;
}

/**
 * vc_topology_layout() - Where each node of a side is drawn
 * @side:	side; depths grow by one at most, and not over VC_TOPOLOGY_DEPTH_MAX
 * @places:	one for each node, filled
 *
 * Nodes stand below each other; a container reaches around what is inside it.
 *
 * Return: height of the side
 */
size_t vc_topology_layout(const struct vc_topology_side *side,
                          struct vc_topology_place *places)
{
	size_t open[VC_TOPOLOGY_DEPTH_MAX + 1] = { 0 };
	size_t n_open = 0, y = 0;

	for (size_t i = 0; i <= side->n; i++) {
		size_t depth = i < side->n ? side->v[i].depth : 0;

		while (n_open > 0 && side->v[open[n_open - 1]].depth >= depth) {
			struct vc_topology_place *p = &places[open[--n_open]];

			p->height = y - p->y;
			y += GAP_STEPS; /* of the last inside: room below it */
		}
		if (i == side->n)
			break;
		places[i].y = y;
		y += own_height(&side->v[i]);
		open[n_open++] = i;
	}
	return y;
}
