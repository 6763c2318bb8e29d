/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * promises.c - the promises of the translator, for every domain x every claim input.
 *
 *	promises [--results DIR | --dumps DIR] FIXTURES
 *
 * FIXTURES/domains/NAME.xml are the domains. Each line of FIXTURES/claims/NAME.args is
 * one claim input, as options of `virt-claim rewrite` with paths relative to
 * FIXTURES/claims.
 *
 * With --results the results are only written, as DIR/DOMAIN--INPUT.xml; with --dumps
 * what another tool made of them is read there and must not change when it is rewritten.
 *
 * What a promise means is decided here anew, from the XML alone: nothing of src/domain
 * is used to judge what src/domain did.
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "base/file.h"
#include "base/parse.h"
#include "model/binding.h"
#include "translate/translate.h"

#define NS_CLAIMS     "urn:virt-claim:domain:1"
#define DOMAIN_SCHEMA "/usr/share/libvirt/schemas/domain.rng"
#define TARGET        9000000

/* Elements that may have a device of the host, in XPath. */
#define DEVICE "*[self::hostdev or self::interface or self::disk]"

static const xmlChar *xs(const char *text)
{
	return (const xmlChar *)text;
}

static void free_doc(xmlDocPtr *doc)
{
	xmlFreeDoc(*doc);
}
static void free_xpath(xmlXPathObjectPtr *result)
{
	xmlXPathFreeObject(*result);
}
static void free_context(xmlXPathContextPtr *context)
{
	xmlXPathFreeContext(*context);
}
static void free_xml(xmlChar **text)
{
	xmlFree(*text);
}
static void free_vir_domain(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}

#define AUTO_DOC VC_CLEANUP(free_doc) xmlDocPtr
#define AUTO_XML VC_CLEANUP(free_xml) xmlChar *

/* One line of claims/NAME.args. */
struct claim_input {
	const char *name;
	const char *paths[16];
	size_t n_paths;
	struct vc_bindings bindings;
	char *vmi;
	size_t vmi_len;
	const char *vmi_name;
	const char *sysfs;
	bool managed;
	unsigned rewritten;
};

struct tally {
	unsigned pairs, rewritten, changed, refused;
	unsigned valid, defined, failures;
};

struct test {
	struct vc_arena arena; /* what lives as long as the run */
	xmlRelaxNGPtr schema;
	virConnectPtr connection;
	struct claim_input inputs[128];
	size_t n_inputs;
	struct tally tally;
	const char *results, *dumps; /* directories */
};

/* One domain with one claim input. */
struct pair {
	struct test *test;
	struct claim_input *input;
	const char *domain; /* name of the fixture */
	const char *xml;
	size_t len;
};

static void complain(const struct pair *pair, const char *promise, const char *detail)
{
	printf("%s x %s: %s: %.*s\n", pair->domain, pair->input->name, promise,
	       getenv("VC_VERBOSE") ? INT_MAX : 400, detail);
	pair->test->tally.failures++;
}

static void quiet(void *data VC_UNUSED, const char *fmt VC_UNUSED, ...)
{
}

static void quiet_libvirt(void *data VC_UNUSED, virErrorPtr error VC_UNUSED)
{
}

static xmlDocPtr parse(const char *xml, size_t len)
{
	return xmlReadMemory(xml, (int)len, "domain.xml", NULL,
	                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

/* Nodes of an XPath expression, in which "vc" is our namespace. */
static xmlXPathObjectPtr find(xmlDocPtr doc, const char *expression)
{
	VC_CLEANUP(free_context) xmlXPathContextPtr context = xmlXPathNewContext(doc);

	if (!context || xmlXPathRegisterNs(context, xs("vc"), xs(NS_CLAIMS)))
		abort();
	xmlXPathObjectPtr result = xmlXPathEvalExpression(xs(expression), context);
	if (!result)
		abort();
	return result;
}

static int count(xmlDocPtr doc, const char *expression)
{
	VC_CLEANUP(free_xpath) xmlXPathObjectPtr found = find(doc, expression);

	return found->nodesetval ? found->nodesetval->nodeNr : 0;
}

static void drop(xmlNodePtr node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static bool is_blank(xmlNodePtr node)
{
	return node->type == XML_TEXT_NODE && xmlIsBlankNode(node);
}

/* Removes the whitespace-only text directly inside @element. */
static void drop_blanks(xmlNodePtr element)
{
	xmlNodePtr next;

	for (xmlNodePtr child = element->children; child; child = next) {
		next = child->next;
		if (is_blank(child))
			drop(child);
	}
}

/* KubeVirt's own aliases for claimed devices; they are ours without a record. */
static bool is_kubevirt_alias(const char *name)
{
	return strncmp(name, "ua-dra-", strlen("ua-dra-")) == 0 ||
	       strncmp(name, "ua-sriov-", strlen("ua-sriov-")) == 0;
}

/* Is there a device in our metadata, of either document, with this alias? */
static bool is_ours(xmlNodePtr device, xmlDocPtr a, xmlDocPtr b)
{
	char expression[512];
	AUTO_XML name = NULL;

	for (xmlNodePtr child = device->children; child; child = child->next) {
		if (child->type == XML_ELEMENT_NODE &&
		    !strcmp((const char *)child->name, "alias"))
			name = xmlGetNoNsProp(child, xs("name"));
		if (name)
			break;
	}
	if (!name || strchr((char *)name, '\''))
		return false;
	if (is_kubevirt_alias((char *)name))
		return true;
	(void)snprintf(expression, sizeof(expression),
	               "/domain/metadata/vc:claims/vc:device[@alias='%s']", (char *)name);
	return count(a, expression) > 0 || count(b, expression) > 0;
}

/* Is this a controller that our metadata, of either document, says we made? */
static bool is_made(xmlNodePtr controller, xmlDocPtr a, xmlDocPtr b)
{
	AUTO_XML type = xmlGetNoNsProp(controller, xs("type"));
	AUTO_XML index = xmlGetNoNsProp(controller, xs("index"));
	AUTO_XML model = xmlGetNoNsProp(controller, xs("model"));
	char expression[512];

	if (!type || !index || !model)
		return false;
	(void)snprintf(expression, sizeof(expression),
	               "/domain/metadata/vc:claims/vc:controller[@type='%s' and "
	               "@index='%s' and @model='%s']",
	               (char *)type, (char *)index, (char *)model);
	return count(a, expression) > 0 || count(b, expression) > 0;
}

/* The document without what is ours: canonical text for a comparison. */
static xmlChar *without_ours(xmlDocPtr doc, xmlDocPtr other)
{
	AUTO_DOC copy = xmlCopyDoc(doc, 1);
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr devices = find(copy, "/domain/devices/" DEVICE);
	xmlChar *text = NULL;

	for (int i = 0; devices->nodesetval && i < devices->nodesetval->nodeNr; i++) {
		if (is_ours(devices->nodesetval->nodeTab[i], doc, other))
			drop(devices->nodesetval->nodeTab[i]);
	}
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr controllers = find(copy, "/domain/devices/controller");
	for (int i = 0; controllers->nodesetval && i < controllers->nodesetval->nodeNr;
	     i++) {
		if (is_made(controllers->nodesetval->nodeTab[i], doc, other))
			drop(controllers->nodesetval->nodeTab[i]);
	}
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr ours = find(copy, "/domain/metadata/vc:claims");
	for (int i = 0; ours->nodesetval && i < ours->nodesetval->nodeNr; i++)
		drop(ours->nodesetval->nodeTab[i]);
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr loose =
		find(copy, "/domain | /domain/devices | /domain/metadata");
	for (int i = 0; loose->nodesetval && i < loose->nodesetval->nodeNr; i++)
		drop_blanks(loose->nodesetval->nodeTab[i]);
	/* a container that was made for us, or emptied of us, says nothing */
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr empty =
		find(copy, "/domain/*[self::metadata or self::devices][not(node())]");
	for (int i = 0; empty->nodesetval && i < empty->nodesetval->nodeNr; i++)
		drop(empty->nodesetval->nodeTab[i]);
	if (xmlC14NDocDumpMemory(copy, NULL, XML_C14N_1_0, NULL, 1, &text) < 0)
		abort();
	return text;
}

static int translate(struct vc_arena *arena, const struct claim_input *in,
                     const char *xml, size_t len, struct vc_translation *ret_translation,
                     struct vc_err *err)
{
	const struct vc_translate_input input = {
		.xml = xml,
		.xml_len = len,
		.xml_name = "domain.xml",
		.vmi = in->vmi,
		.vmi_len = in->vmi_len,
		.vmi_name = in->vmi_name,
		.claims = in->paths,
		.n_claims = in->n_paths,
		.bindings = &in->bindings,
		.mode = VC_MODE_REWRITE,
		.attach_all = true,
		.sysfs = in->sysfs,
		.managed = in->managed,
		.target_libvirt = TARGET,
		.stdin_fd = -1,
	};
	return vc_translate(arena, &input, ret_translation, err);
}

/* Rewriting @xml again, with the same input, gives the same bytes. */
static void check_no_op(const struct pair *pair, const char *promise, const char *xml,
                        size_t len)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_translation again = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (translate(&arena, pair->input, xml, len, &again, &err) < 0)
		complain(pair, promise, err.msg);
	else if (again.len != len || memcmp(again.xml, xml, len) != 0)
		complain(pair, promise, again.xml);
	else if (again.changed)
		complain(pair, promise, "same bytes, but called a change");
}

static void check_only_ours(const struct pair *pair, xmlDocPtr before, xmlDocPtr after)
{
	AUTO_XML a = without_ours(before, after);
	AUTO_XML b = without_ours(after, before);

	if (strcmp((char *)a, (char *)b) != 0)
		complain(pair, "only ours changes", (char *)b);
}

static xmlChar *canonical_child(xmlNodePtr device, const char *name)
{
	for (xmlNodePtr child = device->children; child; child = child->next) {
		if (child->type != XML_ELEMENT_NODE ||
		    strcmp((const char *)child->name, name) != 0)
			continue;
		AUTO_DOC doc = xmlNewDoc(xs("1.0"));
		xmlChar *text = NULL;

		(void)xmlDocSetRootElement(doc, xmlDocCopyNode(child, doc, 1));
		if (xmlC14NDocDumpMemory(doc, NULL, XML_C14N_1_0, NULL, 1, &text) < 0)
			abort();
		return text;
	}
	return NULL;
}

/* An element that exists keeps what the guest sees of it. */
static void check_in_place(const struct pair *pair, xmlDocPtr before, xmlDocPtr after)
{
	static const char *const kept[] = { "address", "boot", "rom", "driver",
		                            "teaming" };
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr devices = find(before, "/domain/devices/" DEVICE
	                                         "[starts-with(alias/@name,'ua-')]");

	for (int i = 0; devices->nodesetval && i < devices->nodesetval->nodeNr; i++) {
		char expression[512];
		xmlNodePtr device = devices->nodesetval->nodeTab[i];
		AUTO_XML alias = canonical_child(device, "alias");
		AUTO_XML name = xmlStrdup(alias + strlen("<alias name=\""));

		name[strcspn((char *)name, "\"")] = '\0';
		(void)snprintf(expression, sizeof(expression),
		               "/domain/devices/" DEVICE "[alias/@name='%s']",
		               (char *)name);
		VC_CLEANUP(free_xpath) xmlXPathObjectPtr now = find(after, expression);
		if (!now->nodesetval || now->nodesetval->nodeNr == 0)
			continue;
		for (size_t k = 0; k < VC_ARRAY_SIZE(kept); k++) {
			AUTO_XML a = canonical_child(device, kept[k]);
			AUTO_XML b =
				canonical_child(now->nodesetval->nodeTab[0], kept[k]);

			if (a && (!b || strcmp((char *)a, (char *)b) != 0))
				complain(pair, "in place", (char *)a);
		}
	}
}

/* What our metadata does not call made by us stays, whatever the claims say. */
static void check_nothing_lost(const struct pair *pair, xmlDocPtr before, xmlDocPtr after)
{
	static const char foreign[] =
		"/domain/devices/" DEVICE "[not(alias/@name=/domain/metadata/vc:claims/"
		"vc:device[@made='yes']/@alias)]";
	static const char all[] = "/domain/devices/" DEVICE;

	if (count(after, all) < count(before, foreign))
		complain(pair, "nothing of others is removed", "a device is gone");
}

/* A number as libvirt reads it, 0 when there is none. */
static uint32_t number_of(xmlNodePtr element, const char *name)
{
	AUTO_XML text = xmlGetNoNsProp(element, xs(name));
	const char *cursor = (const char *)text;
	uint64_t decimal = 0;
	uint32_t hex = 0;

	if (!cursor)
		return 0;
	if (vc_parse_literal(&cursor, "0x"))
		return vc_parse_hex(&cursor, 1, 8, &hex) ? hex : 0;
	return vc_parse_decimal(&cursor, UINT32_MAX, &decimal) ? (uint32_t)decimal : 0;
}

/* The host address of every PCI function, as a host device, interface or disk. */
static size_t host_addresses(xmlDocPtr doc, struct vc_pci_address list[], size_t max)
{
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr found =
		find(doc, "/domain/devices/hostdev[@type='pci']/source/address"
	                  " | /domain/devices/interface[@type='hostdev']/source/address"
	                  " | /domain/devices/disk[@type='nvme']/source/address");
	size_t n = 0;

	for (int i = 0; found->nodesetval && i < found->nodesetval->nodeNr; i++) {
		xmlNodePtr address = found->nodesetval->nodeTab[i];

		if (n == max)
			abort(); /* a fixture has more: raise the limit */
		list[n++] = (struct vc_pci_address){
			.domain = number_of(address, "domain"),
			.bus = (uint8_t)number_of(address, "bus"),
			.slot = (uint8_t)number_of(address, "slot"),
			.function = (uint8_t)number_of(address, "function"),
		};
	}
	return n;
}

static bool is_among(const struct vc_pci_address *address,
                     const struct vc_pci_address list[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (vc_pci_address_compare(address, &list[i]) == 0)
			return true;
	}
	return false;
}

static bool is_claimed(const struct vc_pci_address *address,
                       const struct vc_claims *claims)
{
	for (size_t c = 0; c < claims->n; c++) {
		for (size_t d = 0; d < claims->v[c].devices.n; d++) {
			const struct vc_device *device = &claims->v[c].devices.v[d];

			if (device->host.has_pci &&
			    vc_pci_address_compare(address, &device->host.pci) == 0)
				return true;
		}
	}
	return false;
}

/* A host side that is no PCI function, as one text: the attributes below <source>. */
static char *text_of(struct vc_arena *arena, xmlNodePtr source)
{
	AUTO_XML dev = xmlGetNoNsProp(source, xs("dev"));
	AUTO_XML wwpn = xmlGetNoNsProp(source, xs("wwpn"));
	char *text = vc_arena_printf(arena, "%s%s", dev ? (char *)dev : "",
	                             wwpn ? (char *)wwpn : "");

	for (xmlNodePtr child = source->children; child; child = child->next) {
		for (xmlAttrPtr a = child->type == XML_ELEMENT_NODE ? child->properties
		                                                    : NULL;
		     a && text; a = a->next) {
			AUTO_XML value = xmlNodeGetContent(a->children);

			text = vc_arena_printf(arena, "%s %s=%s", text,
			                       (const char *)a->name, (char *)value);
		}
	}
	if (!text)
		abort();
	return text;
}

static const char *usb_text(struct vc_arena *arena, const struct vc_usb_device *usb)
{
	const char *text = "";

	if (usb->has_ids)
		text = vc_arena_printf(arena, " id=0x%04x id=0x%04x", usb->vendor,
		                       usb->product);
	if (usb->bus > 0)
		text = vc_arena_printf(arena, "%s bus=%u device=%u", text, usb->bus,
		                       usb->device);
	return text;
}

/* The same of a claim's device; "" when it is something else. */
static const char *claimed_text(struct vc_arena *arena, const struct vc_host_side *host)
{
	if (host->kind == VC_KIND_USB)
		return usb_text(arena, &host->usb);
	if (host->kind == VC_KIND_VDPA)
		return host->vdpa;
	if (host->kind == VC_KIND_SCSI_HOST)
		return host->wwpn;
	if (host->kind == VC_KIND_SCSI)
		return vc_arena_printf(
			arena, " name=scsi_host%u bus=%u target=%u unit=%llu",
			host->scsi.host, host->scsi.channel, host->scsi.target,
			(unsigned long long)host->scsi.lun);
	return "";
}

static bool is_claimed_text(struct vc_arena *arena, const char *text,
                            const struct vc_claims *claims)
{
	for (size_t c = 0; c < claims->n; c++) {
		for (size_t d = 0; d < claims->v[c].devices.n; d++) {
			if (!strcmp(text,
			            claimed_text(arena, &claims->v[c].devices.v[d].host)))
				return true;
		}
	}
	return false;
}

static bool was_there(struct vc_arena *arena, const char *text, xmlDocPtr before)
{
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr found = find(before, "/domain/devices/*/source");

	for (int i = 0; found->nodesetval && i < found->nodesetval->nodeNr; i++) {
		if (!strcmp(text, text_of(arena, found->nodesetval->nodeTab[i])))
			return true;
	}
	return false;
}

/* The same for what is no PCI function. */
static void check_right_others(const struct pair *pair, xmlDocPtr before, xmlDocPtr after,
                               const struct vc_claims *claims)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_CLEANUP(free_xpath)
	xmlXPathObjectPtr found =
		find(after, "/domain/devices/hostdev[@type='usb' or @type='scsi' or "
	                    "@type='scsi_host']/source"
	                    " | /domain/devices/interface[@type='vdpa']/source");

	for (int i = 0; found->nodesetval && i < found->nodesetval->nodeNr; i++) {
		const char *text = text_of(&arena, found->nodesetval->nodeTab[i]);

		if (!was_there(&arena, text, before) &&
		    !is_claimed_text(&arena, text, claims))
			complain(pair, "never the wrong device: not claimed", text);
	}
}

static void check_right_device(const struct pair *pair, xmlDocPtr before, xmlDocPtr after,
                               const struct vc_claims *claims)
{
	static struct vc_pci_address old[1024], new[1024];
	size_t n_old = host_addresses(before, old, VC_ARRAY_SIZE(old));
	size_t n_new = host_addresses(after, new, VC_ARRAY_SIZE(new));

	for (size_t i = 0; i < n_new; i++) {
		char text[VC_PCI_ADDRESS_SIZE];

		vc_pci_address_format(&new[i], text);
		if (!is_among(&new[i], old, n_old) && !is_claimed(&new[i], claims))
			complain(pair, "never the wrong device: not claimed", text);
		if (is_among(&new[i], new, i))
			complain(pair, "never the wrong device: used twice", text);
	}
}

static bool is_valid(const struct test *test, xmlDocPtr doc)
{
	xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(test->schema);

	if (!context)
		abort();
	xmlRelaxNGSetValidErrors(context, quiet, quiet, NULL);
	int r = xmlRelaxNGValidateDoc(context, doc);
	xmlRelaxNGFreeValidCtxt(context);
	return r == 0;
}

static void check_still_valid(const struct pair *pair, xmlDocPtr before, xmlDocPtr after)
{
	if (!is_valid(pair->test, before))
		return;
	pair->test->tally.valid++;
	if (!is_valid(pair->test, after))
		complain(pair, "still valid under libvirt's schema", "it is not");
}

/* As libvirt's test driver takes it: of its own type and architecture. The caller frees
 * the text. NULL when libvirt does not take it. */
static char *define_and_dump(const struct test *test, xmlDocPtr doc)
{
	AUTO_DOC copy = xmlCopyDoc(doc, 1);
	AUTO_XML text = NULL;
	int len = 0;

	(void)xmlSetProp(xmlDocGetRootElement(copy), xs("type"), xs("test"));
	VC_CLEANUP(free_xpath) xmlXPathObjectPtr os = find(copy, "/domain/os/type/@*");
	for (int i = 0; os->nodesetval && i < os->nodesetval->nodeNr; i++) {
		(void)xmlRemoveProp((xmlAttrPtr)os->nodesetval->nodeTab[i]);
		os->nodesetval->nodeTab[i] = NULL;
	}
	xmlDocDumpMemoryEnc(copy, &text, &len, "UTF-8");
	VC_CLEANUP(free_vir_domain)
	virDomainPtr domain = virDomainDefineXML(test->connection, (char *)text);
	if (!domain)
		return NULL;
	char *dump = virDomainGetXMLDesc(domain,
	                                 VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	(void)virDomainUndefine(domain);
	return dump;
}

static void check_defined(const struct pair *pair, xmlDocPtr before, xmlDocPtr after)
{
	VC_AUTOFREE char *plain = define_and_dump(pair->test, before);
	VC_AUTOFREE char *dump = define_and_dump(pair->test, after);

	if (!plain)
		return; /* libvirt's test driver does not take this domain at all */
	if (!dump) {
		complain(pair, "libvirt takes the result", virGetLastErrorMessage());
		return;
	}
	pair->test->tally.defined++;
	check_no_op(pair, "no-op after define and dumpxml", dump, strlen(dump));
}

static void check_result(const struct pair *pair, const struct vc_translation *result)
{
	AUTO_DOC before = parse(pair->xml, pair->len);
	AUTO_DOC after = parse(result->xml, result->len);

	if (!before || !after) {
		complain(pair, "well-formed", result->xml);
		return;
	}
	if (!result->changed &&
	    (result->len != pair->len || memcmp(result->xml, pair->xml, pair->len) != 0))
		complain(pair, "nothing to do is the input's own bytes", result->xml);
	check_no_op(pair, "idempotent", result->xml, result->len);
	check_only_ours(pair, before, after);
	check_in_place(pair, before, after);
	check_nothing_lost(pair, before, after);
	check_right_device(pair, before, after, &result->claims);
	check_right_others(pair, before, after, &result->claims);
	check_still_valid(pair, before, after);
	check_defined(pair, before, after);
}

/* A failure says why, with a kind of the documented ones, and writes no result. */
static void check_refusal(const struct pair *pair, const struct vc_translation *result,
                          const struct vc_err *err)
{
	if (result->xml || result->len || result->changed || result->claims.n ||
	    result->plan.devices.n)
		complain(pair, "all or nothing", "a result was written");
	if (err->kind != VC_ERR_REFUSED && err->kind != VC_ERR_INPUT &&
	    err->kind != VC_ERR_ABSENT)
		complain(pair, "kind of error", err->msg);
	if (err->msg[0] == '\0' || strchr(err->msg, '\n'))
		complain(pair, "one line of message", err->msg);
}

/* DIRECTORY/DOMAIN--INPUT.xml, without the suffixes of the two. */
static char *pair_path(const struct pair *pair, struct vc_arena *arena,
                       const char *directory)
{
	char *path = vc_arena_printf(
		arena, "%s/%.*s--%.*s.xml", directory, (int)strcspn(pair->domain, "."),
		pair->domain, (int)strcspn(pair->input->name, "."), pair->input->name);

	if (!path)
		abort();
	return path;
}

static void write_result(const struct pair *pair, struct vc_arena *arena,
                         const struct vc_translation *result)
{
	FILE *file = fopen(pair_path(pair, arena, pair->test->results), "we");

	if (!file || fwrite(result->xml, 1, result->len, file) != result->len ||
	    fclose(file) != 0) {
		perror("promises: --results");
		exit(2);
	}
}

/* Results that the other tool did not take have no dump. */
static void check_dump(const struct pair *pair)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *dump = NULL;
	size_t len = 0;

	if (vc_file_read(&arena, AT_FDCWD, pair_path(pair, &arena, pair->test->dumps), 0,
	                 &dump, &len, &err) < 0)
		return;
	pair->test->tally.defined++;
	check_no_op(pair, "no-op after the dump", dump, len);
}

static void check_pair(const struct pair *pair)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_translation result = { 0 };
	struct vc_err err = VC_ERR_INIT;
	struct tally *tally = &pair->test->tally;

	tally->pairs++;
	if (translate(&arena, pair->input, pair->xml, pair->len, &result, &err) < 0) {
		tally->refused++;
		if (getenv("VC_VERBOSE"))
			printf("%s x %s: %s\n", pair->domain, pair->input->name, err.msg);
		check_refusal(pair, &result, &err);
		return;
	}
	tally->rewritten++;
	tally->changed += result.changed;
	pair->input->rewritten++;
	if (pair->test->results)
		write_result(pair, &arena, &result);
	else if (pair->test->dumps)
		check_dump(pair);
	else
		check_result(pair, &result);
}

static char *read_file(struct test *test, const char *path, size_t *ret_len)
{
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;

	if (vc_file_read(&test->arena, AT_FDCWD, path, 0, &text, ret_len, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		exit(2);
	}
	return text;
}

static const char *below(struct test *test, const char *directory, const char *path)
{
	return vc_arena_printf(&test->arena, "%s/%s", directory, path);
}

/* One option of an .args line; @value is the word after it. Returns how many words. */
static int read_option(struct test *test, const char *directory, struct claim_input *in,
                       const char *option, const char *value)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_binding *binding = NULL;

	if (strcmp(option, "--managed") == 0) {
		in->managed = true;
		return 1;
	}
	if (!value) {
		(void)fprintf(stderr, "%s: %s needs a value\n", in->name, option);
		exit(2);
	}
	if (strcmp(option, "--claims") == 0) {
		in->paths[in->n_paths++] = below(test, directory, value);
	} else if (strcmp(option, "--sysfs") == 0) {
		in->sysfs = below(test, directory, value);
	} else if (strcmp(option, "--vmi") == 0) {
		in->vmi_name = below(test, directory, value);
		in->vmi = read_file(test, in->vmi_name, &in->vmi_len);
	} else if (strcmp(option, "--bind") == 0) {
		binding = vc_list_push(&test->arena, &in->bindings);
		if (!binding ||
		    vc_binding_parse(&test->arena, value, binding, &err) < 0) {
			(void)fprintf(stderr, "%s: %s\n", in->name, err.msg);
			exit(2);
		}
	} else {
		(void)fprintf(stderr, "%s: unknown option '%s'\n", in->name, option);
		exit(2);
	}
	return 2;
}

static void read_input(struct test *test, const char *directory, const char *path)
{
	struct claim_input *in = &test->inputs[test->n_inputs++];
	const char *words[64] = { NULL };
	size_t n = 0, len = 0;
	char *rest = read_file(test, path, &len);

	in->name = strrchr(path, '/') + 1;
	for (char *word; n < VC_ARRAY_SIZE(words) - 1 && (word = strsep(&rest, " \n"));) {
		if (*word)
			words[n++] = word;
	}
	for (size_t i = 0; i < n;)
		i += (size_t)read_option(test, directory, in, words[i], words[i + 1]);
}

static void open_tools(struct test *test)
{
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(DOMAIN_SCHEMA);

	test->schema = parser ? xmlRelaxNGParse(parser) : NULL;
	xmlRelaxNGFreeParserCtxt(parser);
	virSetErrorFunc(NULL, quiet_libvirt);
	test->connection = virConnectOpen("test:///default");
	if (!test->schema || !test->connection) {
		(void)fprintf(stderr, "promises: no libvirt schema, or no test driver\n");
		exit(2);
	}
}

static void close_tools(struct test *test)
{
	(void)virConnectClose(test->connection);
	xmlRelaxNGFree(test->schema);
	vc_arena_release(&test->arena);
	xmlCleanupParser();
}

static void report(const struct test *test, size_t domains)
{
	const struct tally *t = &test->tally;

	printf("%zu domains x %zu claim inputs = %u pairs: %u rewritten (%u changed), %u "
	       "refused\n",
	       domains, test->n_inputs, t->pairs, t->rewritten, t->changed, t->refused);
	printf("%u results of valid domains validated, %u defined, dumped and rewritten\n",
	       t->valid, t->defined);
	printf("%u failures\n", t->failures);
}

/* A claim input that no domain takes would test nothing but its refusal. */
static void check_useful(struct test *test)
{
	for (size_t i = 0; i < test->n_inputs; i++) {
		if (test->inputs[i].rewritten)
			continue;
		printf("%s: no domain could be rewritten with it\n",
		       test->inputs[i].name);
		test->tally.failures++;
	}
}

/* Returns the directory of the fixtures; NULL: wrong usage. */
static const char *read_arguments(int argc, char **argv, struct test *test)
{
	if (argc == 4 && strcmp(argv[1], "--results") == 0)
		test->results = argv[2];
	else if (argc == 4 && strcmp(argv[1], "--dumps") == 0)
		test->dumps = argv[2];
	else if (argc != 2)
		return NULL;
	return argv[argc - 1];
}

int main(int argc, char **argv)
{
	static struct test test = { .arena = VC_ARENA_INIT };
	const char *fixtures = read_arguments(argc, argv, &test);
	glob_t domains = { 0 }, inputs = { 0 };
	char pattern[4096];

	if (!fixtures)
		return 2;
	open_tools(&test);
	(void)snprintf(pattern, sizeof(pattern), "%s/claims/*.args", fixtures);
	if (glob(pattern, 0, NULL, &inputs) != 0 ||
	    inputs.gl_pathc > VC_ARRAY_SIZE(test.inputs))
		return 2;
	(void)snprintf(pattern, sizeof(pattern), "%s/claims", fixtures);
	for (size_t i = 0; i < inputs.gl_pathc; i++)
		read_input(&test, pattern, inputs.gl_pathv[i]);
	(void)snprintf(pattern, sizeof(pattern), "%s/domains/*.xml", fixtures);
	if (glob(pattern, 0, NULL, &domains) != 0)
		return 2;
	for (size_t d = 0; d < domains.gl_pathc; d++) {
		struct pair pair = {
			.test = &test,
			.domain = strrchr(domains.gl_pathv[d], '/') + 1,
		};
		pair.xml = read_file(&test, domains.gl_pathv[d], &pair.len);
		for (size_t i = 0; i < test.n_inputs; i++) {
			pair.input = &test.inputs[i];
			check_pair(&pair);
		}
	}
	check_useful(&test);
	report(&test, domains.gl_pathc);
	globfree(&domains);
	globfree(&inputs);
	close_tools(&test);
	return test.tally.failures ? 1 : 0;
}
