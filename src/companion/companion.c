/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/companion.h"

static const struct {
	enum vc_config_source bit;
	const struct vc_companion_source *source;
} all[VC_COMPANION_SOURCES_MAX] = {
	{ VC_SOURCE_CDI, &vc_companion_cdi },
	{ VC_SOURCE_METADATA, &vc_companion_metadata },
	{ VC_SOURCE_KUBE, &vc_companion_kube },
};

/**
 * vc_companion_open() - Begin to listen
 * @companion:	no source is open
 * @config:	which sources, and where; outlives them
 * @err:	why not; "source NAME: ..."
 *
 * Return: 0, or what the source says; then no source is open
 */
int vc_companion_open(struct vc_companion *companion, const struct vc_config *config,
                      struct vc_err *err)
{
	*companion = (struct vc_companion){ .config = config };
	for (size_t i = 0; i < VC_ARRAY_SIZE(all); i++) {
		struct vc_companion_slot *slot = &companion->v[companion->n];

		if (!(config->sources & (unsigned)all[i].bit))
			continue;
		if (all[i].source->open(config, &slot->state, err) < 0) {
			vc_companion_close(companion);
			return vc_err_context(err, "source %s", all[i].source->name);
		}
		slot->source = all[i].source;
		companion->n++;
	}
	return 0;
}

/**
 * vc_companion_settled() - Whether all sources told everything that there is
 * @companion:	sources
 *
 * Return: whether they did
 */
bool vc_companion_settled(const struct vc_companion *companion)
{
	for (size_t i = 0; i < companion->n; i++)
		if (!companion->v[i].source->settled(companion->v[i].state))
			return false;
	return true;
}

/**
 * vc_companion_close() - Listen no longer
 * @companion:	none is open afterwards
 */
void vc_companion_close(struct vc_companion *companion)
{
	for (size_t i = 0; i < companion->n; i++)
		companion->v[i].source->close(companion->v[i].state);
	*companion = (struct vc_companion){ 0 };
}
