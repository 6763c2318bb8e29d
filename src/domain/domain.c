/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain document says that concerns us. One walk over <devices>, one over the
 * children of <metadata>.
 *
 * [LV] formatdomain, and what libvirt's parser does with it: only the first <metadata>
 * and the first child of a namespace count.
 */
#include <string.h>

#include "domain/read.h"

/**
 * vc_lower() - A copy of a text in lower case (ASCII)
 * @arena:	holds it
 * @text:	text, not NULL
 *
 * Return: the copy, or NULL when out of memory
 */
char *vc_lower(struct vc_arena *arena, const char *text)
{
	char *copy = vc_arena_strdup(arena, text);

	for (char *p = copy; p && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/**
 * vc_read_switch() - Read an attribute that has two words
 * @reader:	reader
 * @element:	element, NULL has no attributes
 * @name:	attribute
 * @words:	the words for VC_NO and VC_YES
 * @ret_value:	value, VC_UNKNOWN when the attribute is absent
 * @err:	"FILE:LINE: ..."
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_read_switch(const struct vc_reader *reader, xmlNodePtr element, const char *name,
                   const char *const words[2], enum vc_tri *ret_value, struct vc_err *err)
{
	char *value = NULL;

	if (vc_xml_attribute(reader->arena, element, name, &value, err) < 0)
		return -(int)err->kind;
	if (value && strcmp(value, words[0]) != 0 && strcmp(value, words[1]) != 0)
		return vc_xml_fail(reader->document, element, err, VC_ERR_INPUT,
		                   "<%s %s='%s'>: expected '%s' or '%s'",
		                   (const char *)element->name, name, value, words[0],
		                   words[1]);
	if (!value)
		*ret_value = VC_UNKNOWN;
	else
		*ret_value = strcmp(value, words[1]) == 0 ? VC_YES : VC_NO;
	return 0;
}

/* Text of a child element, such as <name>; NULL when there is none. */
static int read_text(struct vc_arena *arena, xmlNodePtr element, char **ret_text,
                     struct vc_err *err)
{
	xmlChar *content = element ? xmlNodeGetContent(element) : NULL;
	char *copy = vc_arena_strdup(arena, (const char *)content);
	bool lost = element && !copy;

	xmlFree(content);
	if (lost)
		return vc_fail_oom(err);
	*ret_text = copy;
	return 0;
}

/**
 * vc_domain_read() - Read what concerns us from a domain document
 * @arena:	holds everything that is read
 * @document:	document; not needed afterwards
 * @ret_domain:	host devices, our records, aliases
 * @err:	"FILE:LINE: what is wrong, what was expected"
 *
 * A document without <devices> has no devices. Attributes that we do not know are
 * ignored: a newer version may have written them.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_domain_read(struct vc_arena *arena, const struct vc_document *document,
                   struct vc_domain *ret_domain, struct vc_err *err)
{
	xmlNodePtr root = xmlDocGetRootElement(document->xml);
	xmlNodePtr uuid = vc_xml_child(root, "uuid");
	struct vc_domain domain = { 0 };
	const struct vc_reader reader = {
		.arena = arena,
		.document = document,
		.domain = &domain,
	};

	if (read_text(arena, vc_xml_child(root, "name"), &domain.name, err) < 0 ||
	    read_text(arena, uuid, &domain.uuid, err) < 0)
		return -(int)err->kind;
	domain.os_boot = vc_xml_child(vc_xml_child(root, "os"), "boot") != NULL;
	if (vc_read_machine(&reader, root, err) < 0 ||
	    vc_read_devices(&reader, vc_xml_child(root, "devices"), err) < 0 ||
	    vc_read_metadata(&reader, vc_xml_child(root, "metadata"), err) < 0)
		return -(int)err->kind;
	*ret_domain = domain;
	return 0;
}
