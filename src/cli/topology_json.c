/* SPDX-License-Identifier: GPL-2.0-or-later */
/* schemas/topology.schema.json says what comes out. */
#include <stdio.h>

#include "claim/json_writer.h"
#include "cli/topology_print.h"

#define ID_SIZE 32

static void add_id(struct vc_json_writer *w, const char *key, char letter, size_t number)
{
	char id[ID_SIZE];

	(void)snprintf(id, sizeof(id), "%c%zu", letter, number);
	vc_json_string(w, key, id);
}

static void add_number(struct vc_json_writer *w, const struct vc_topology_node *n)
{
	static const char *const keys[] = {
		[VC_TOPOLOGY_NUMA_NODE] = "numaNode",
		[VC_TOPOLOGY_GROUP] = "iommuGroup",
		[VC_TOPOLOGY_DEVICE] = "iommuGroup",
		[VC_TOPOLOGY_BUS] = "bus",
		[VC_TOPOLOGY_FREE] = NULL,
	};

	if (n->number >= 0 && keys[n->type])
		vc_json_int(w, keys[n->type], n->number);
	if (n->type == VC_TOPOLOGY_BUS && n->cell >= 0)
		vc_json_int(w, "guestCell", n->cell);
	if (n->type == VC_TOPOLOGY_DEVICE && n->cell >= 0)
		vc_json_int(w, "numaNode", n->cell);
}

/* Opens the object of a node; what is inside it goes into its children. */
static void open_node(struct vc_json_writer *w, const struct vc_topology_node *n,
                      char letter, size_t number)
{
	vc_json_object(w, NULL);
	add_id(w, "id", letter, number);
	vc_json_string(w, "type", vc_topology_type_name(n->type));
	vc_json_string(w, "label", n->label);
	vc_json_string_if(w, "detail", n->detail);
	add_number(w, n);
	vc_json_string_if(w, "address", n->address);
	vc_json_string_if(w, n->type == VC_TOPOLOGY_BUS ? "model" : "kind", n->kind);
	vc_json_string_if(w, "driver", n->driver);
	vc_json_string_if(w, "claim", n->claim);
	vc_json_string_if(w, "alias", n->alias);
	vc_json_string_if(w, "problem", n->problem);
	if (n->type == VC_TOPOLOGY_DEVICE)
		vc_json_bool(w, "fromHost", n->host);
	if (n->peer > 0)
		add_id(w, "peer", letter == 'h' ? 'g' : 'h', n->peer);
	if (vc_topology_is_container(n))
		vc_json_array(w, "children");
}

static void close_node(struct vc_json_writer *w, const struct vc_topology_node *n)
{
	if (vc_topology_is_container(n))
		vc_json_close(w);
	vc_json_close(w);
}

static void add_side(struct vc_json_writer *w, const char *key,
                     const struct vc_topology_side *side)
{
	size_t open[VC_TOPOLOGY_DEPTH_MAX + 1];
	size_t n_open = 0;

	vc_json_array(w, key);
	for (size_t i = 0; i < side->n; i++) {
		while (n_open > 0 && side->v[open[n_open - 1]].depth >= side->v[i].depth)
			close_node(w, &side->v[open[--n_open]]);
		open_node(w, &side->v[i], key[0], i + 1);
		open[n_open++] = i;
	}
	while (n_open > 0)
		close_node(w, &side->v[open[--n_open]]);
	vc_json_close(w);
}

/* What programs ask first: which alias is which device. */
static void add_links(struct vc_json_writer *w, const struct vc_topology *topology)
{
	vc_json_array(w, "links");
	for (size_t i = 0; i < topology->guest.n; i++) {
		const struct vc_topology_node *n = &topology->guest.v[i];

		if (n->peer == 0)
			continue;
		vc_json_object(w, NULL);
		vc_json_string_if(w, "alias", n->alias);
		add_id(w, "guest", 'g', i + 1);
		add_id(w, "host", 'h', n->peer);
		vc_json_string_if(w, "hostAddress",
		                  topology->host.v[n->peer - 1].address);
		vc_json_close(w);
	}
	vc_json_close(w);
}

/**
 * vc_topology_json() - The picture for programs
 * @topology:	picture
 * @buf:	gets the text
 */
void vc_topology_json(const struct vc_topology *topology, struct vc_buf *buf)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_string_if(&w, "domain", topology->name);
	vc_json_bool(&w, "hostLookedUp", topology->have_host);
	vc_json_bool(&w, "hasDomain", topology->have_guest);
	add_side(&w, "host", &topology->host);
	add_side(&w, "guest", &topology->guest);
	add_links(&w, topology);
	vc_json_close(&w);
}
