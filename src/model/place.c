/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/place.h"

#include <string.h>

static const struct {
	const char *word;
	unsigned flag;
} words[] = {
	{ "addresses", VC_PLACE_ADDRESSES },
	{ "functions", VC_PLACE_FUNCTIONS },
	{ "numa", VC_PLACE_NUMA },
};

/**
 * vc_place_parse() - One way of placing
 * @word:	"addresses", "functions" or "numa"
 * @ret_flag:	VC_PLACE_ flag
 *
 * Return: whether there is one of that name
 */
bool vc_place_parse(const char *word, unsigned *ret_flag)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		*ret_flag = words[i].flag;
		return true;
	}
	return false;
}

/**
 * vc_place_parse_list() - Several ways of placing, or "none"
 * @text:	"functions,numa"
 * @separator:	between them
 * @ret_what:	flags
 * @err:	which word is wrong
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_place_parse_list(const char *text, char separator, unsigned *ret_what,
                        struct vc_err *err)
{
	unsigned what = 0;

	for (const char *p = text; strcmp(text, "none") != 0;) {
		const char *end = strchrnul(p, separator);
		size_t len = (size_t)(end - p);
		unsigned flag = 0;

		for (size_t i = 0; i < VC_ARRAY_SIZE(words); i++)
			if (strlen(words[i].word) == len &&
			    strncmp(words[i].word, p, len) == 0)
				flag = words[i].flag;
		if (flag == 0)
			return vc_fail(err, VC_ERR_INPUT,
			               "'%.*s' is no way of placing devices; there are "
			               "none, " VC_PLACE_WORDS,
			               (int)(len < 64 ? len : 64), p);
		what |= flag;
		if (*end == '\0')
			break;
		p = end + 1;
	}
	*ret_what = what;
	return 0;
}

/**
 * vc_place_text() - Flags as they stand in our metadata
 * @what:	flags
 *
 * Return: "functions numa", a static string; "" for none
 */
const char *vc_place_text(unsigned what)
{
	static const char *const texts[] = {
		"",     "addresses",      "functions",      "addresses functions",
		"numa", "addresses numa", "functions numa", "addresses functions numa",
	};

	return texts[what % VC_ARRAY_SIZE(texts)];
}

/**
 * vc_guest_address_text() - A guest address as lspci prints it
 * @arena:	holds the text
 * @address:	address
 *
 * Return: "05:00.0"; NULL when out of memory
 */
char *vc_guest_address_text(struct vc_arena *arena,
                            const struct vc_guest_address *address)
{
	return vc_arena_printf(arena, "%02x:%02x.%x", (unsigned)address->bus,
	                       (unsigned)address->slot, (unsigned)address->function);
}
