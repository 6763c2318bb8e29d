/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [LV] formatdomain, "Host device assignment", "Network interfaces", "Hard drives", and
 * the news of the releases that brought an option. The target's grammar knows no more
 * than these say; an older libvirt drops what it does not know without a word.
 */
#include "model/options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "model/binding.h"

#define BIT(kind)    (1U << VC_KIND_##kind)
#define FUNCTIONS    (BIT(PCI) | BIT(NETWORK))
#define ANY_FUNCTION (FUNCTIONS | BIT(NVME))
#define ON_PCI       (ANY_FUNCTION | BIT(MDEV) | BIT(VDPA) | BIT(SCSI_HOST))

#define BOOT_MAX     65535
#define ACPI_MAX     16383 /* QEMU's limit of acpi-index */
#define VLAN_MAX     4094
#define MODEL_MAX    64
#define PATH_BYTES   4096
#define NODES_MAX    1024

#define SWITCH       "on or off"

/* What texts have to be */

static char *read_path(struct vc_arena *arena, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p >= 0x20 && *p != 0x7f)
		p++;
	if (text[0] != '/' || *p != '\0' || strlen(text) >= PATH_BYTES)
		return NULL;
	return vc_arena_strdup(arena, text);
}

/* [LV] basictypes.rng, the model of a host device's driver */
static char *read_module(struct vc_arena *arena, const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "0123456789_+-");

	if (len == 0 || len > MODEL_MAX || text[len] != '\0')
		return NULL;
	return vc_arena_strdup(arena, text);
}

static char *read_alias(struct vc_arena *arena, const char *text)
{
	const char *p = text;
	char *alias = vc_parse_literal(&p, VC_ALIAS_PREFIX)
	                      ? vc_arena_strdup(arena, text)
	                      : vc_arena_printf(arena, VC_ALIAS_PREFIX "%s", text);

	return alias && vc_alias_is_valid(alias) ? alias : NULL;
}

/**
 * vc_mac_canonical() - A MAC address as libvirt prints it
 * @arena:	holds the copy
 * @text:	"52:54:00:12:34:56", in either case
 *
 * Return: the address in lower case; NULL when @text is no unicast address, or when out
 * of memory
 */
char *vc_mac_canonical(struct vc_arena *arena, const char *text)
{
	const char *p = text;
	uint32_t octet, first = 0, all = 0;
	char *copy;

	for (int i = 0; i < 6; i++) {
		if ((i > 0 && !vc_parse_literal(&p, ":")) ||
		    !vc_parse_hex(&p, 2, 2, &octet))
			return NULL;
		first = i == 0 ? octet : first;
		all |= octet;
	}
	if (!vc_parse_end(p) || (first & 1) || all == 0)
		return NULL;
	copy = vc_arena_strdup(arena, text);
	for (char *c = copy; c && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* "4" or "1-3"; sets what it names. */
static bool read_nodes(const char **cursor, bool nodes[static NODES_MAX])
{
	uint64_t first, last;

	if (!vc_parse_decimal(cursor, NODES_MAX - 1, &first))
		return false;
	last = first;
	if (vc_parse_literal(cursor, "-") &&
	    !vc_parse_decimal(cursor, NODES_MAX - 1, &last))
		return false;
	if (last < first)
		return false;
	for (uint64_t i = first; i <= last; i++)
		nodes[i] = true;
	return true;
}

/* Adds "1" or "1-3" to a text; NULL when out of memory. */
static char *add_nodes(struct vc_arena *arena, const char *text, size_t first,
                       size_t last)
{
	const char *comma = text[0] != '\0' ? "," : "";

	if (first == last)
		return vc_arena_printf(arena, "%s%s%zu", text, comma, first);
	return vc_arena_printf(arena, "%s%s%zu-%zu", text, comma, first, last);
}

/**
 * vc_nodeset_canonical() - A set of NUMA nodes as libvirt prints it
 * @arena:	holds the text
 * @text:	numbers and ranges, separated by commas: "1,2,4-7"
 *
 * Return: the same set in order, "1-2,4-7"; NULL when @text is none, or when out of
 * memory
 */
char *vc_nodeset_canonical(struct vc_arena *arena, const char *text)
{
	bool nodes[NODES_MAX + 1] = { false };
	char *canonical = vc_arena_strdup(arena, "");
	size_t first = 0;

	do {
		if (!read_nodes(&text, nodes))
			return NULL;
	} while (vc_parse_literal(&text, ","));
	if (!vc_parse_end(text))
		return NULL;
	for (size_t i = 0; canonical && i < NODES_MAX; i++) {
		if (!nodes[i])
			continue;
		if (i == 0 || !nodes[i - 1])
			first = i;
		if (!nodes[i + 1])
			canonical = add_nodes(arena, canonical, first, i);
	}
	return canonical;
}

/* clang-format off */

#define AT(member) offsetof(struct vc_options, member)

const struct vc_opt_rule vc_opt_rules[VC_OPTS] = {
	[VC_OPT_KIND] = {
		.key = "kind", .type = VC_OPT_IS_KIND, .offset = AT(kind),
		.kinds = ANY_FUNCTION, .expected = "pci, network or nvme",
		.meaning = "what to make of a PCI function: a host device, a network "
		           "interface, or a disk without the host's driver" },
	[VC_OPT_GUEST_ADDRESS] = {
		.key = "guestAddress", .type = VC_OPT_IS_ADDRESS, .offset = AT(address),
		.kinds = ON_PCI, .single = true,
		.expected = "a guest PCI address like '05:00.0'",
		.meaning = "PCI address in the guest" },
	[VC_OPT_MULTIFUNCTION] = {
		.key = "multifunction", .type = VC_OPT_IS_SWITCH,
		.offset = AT(address.multifunction), .kinds = ON_PCI, .expected = SWITCH,
		.meaning = "whether further functions of that guest slot are used" },
	[VC_OPT_UNASSIGNED] = {
		.key = "unassigned", .type = VC_OPT_IS_SWITCH, .offset = AT(unassigned),
		.kinds = BIT(PCI), .standard = VC_NO, .expected = SWITCH,
		.meaning = "the domain takes the device and the guest does not get it: for "
		           "functions that share an IOMMU group with another one" },
	[VC_OPT_BOOT_ORDER] = {
		.key = "bootOrder", .type = VC_OPT_IS_NUMBER, .offset = AT(boot_order),
		.max = BOOT_MAX, .single = true, .expected = "a number from 1 to 65535",
		.kinds = ANY_FUNCTION | BIT(MDEV) | BIT(USB) | BIT(VDPA) | BIT(SCSI),
		.meaning = "place in the order in which the guest tries to boot" },
	[VC_OPT_ROM_BAR] = {
		.key = "rom.bar", .type = VC_OPT_IS_SWITCH, .offset = AT(rom_bar),
		.kinds = FUNCTIONS, .expected = SWITCH,
		.meaning = "whether the guest sees the ROM" },
	[VC_OPT_ROM_FILE] = {
		.key = "rom.file", .type = VC_OPT_IS_TEXT, .offset = AT(rom_file),
		.read = read_path, .kinds = FUNCTIONS, .expected = "an absolute path",
		.meaning = "file with the ROM, where QEMU runs" },
	[VC_OPT_DISPLAY] = {
		.key = "display", .type = VC_OPT_IS_SWITCH, .offset = AT(display),
		.kinds = BIT(PCI) | BIT(MDEV), .standard = VC_NO, .since = 10003000,
		.since_kinds = BIT(PCI), .expected = SWITCH,
		.meaning = "whether a virtual GPU is a display" },
	[VC_OPT_RAMFB] = {
		.key = "ramfb", .type = VC_OPT_IS_SWITCH, .offset = AT(ramfb),
		.kinds = BIT(PCI) | BIT(MDEV), .standard = VC_NO, .since = 10003000,
		.since_kinds = BIT(PCI), .expected = SWITCH,
		.meaning = "whether a virtual GPU shows the firmware's picture" },
	[VC_OPT_MANAGED] = {
		.key = "managed", .type = VC_OPT_IS_SWITCH, .offset = AT(managed),
		.kinds = ANY_FUNCTION, .standard = VC_NO, .expected = SWITCH,
		.meaning = "whether libvirt binds the VFIO driver and takes it back" },
	[VC_OPT_DRIVER_MODEL] = {
		.key = "driver.model", .type = VC_OPT_IS_TEXT, .offset = AT(driver_model),
		.read = read_module, .kinds = FUNCTIONS, .since = 10000000,
		.since_kinds = FUNCTIONS, .expected = "the name of a kernel module",
		.meaning = "variant of vfio-pci that the host binds" },
	[VC_OPT_IOMMUFD] = {
		.key = "driver.iommufd", .type = VC_OPT_IS_SWITCH, .offset = AT(iommufd),
		.kinds = FUNCTIONS, .standard = VC_NO, .since = 12001000, .since_kinds = FUNCTIONS,
		.expected = SWITCH,
		.meaning = "whether QEMU gets the device through iommufd" },
	[VC_OPT_ACPI_INDEX] = {
		.key = "acpi.index", .type = VC_OPT_IS_NUMBER, .offset = AT(acpi_index),
		.max = ACPI_MAX, .kinds = FUNCTIONS | BIT(MDEV) | BIT(VDPA),
		.single = true, .expected = "a number from 1 to 16383",
		.meaning = "number of the device in the firmware's tables; systemd calls "
		           "a network device with 3 eno3" },
	[VC_OPT_ACPI_NODESET] = {
		.key = "acpi.nodeset", .type = VC_OPT_IS_TEXT, .offset = AT(acpi_nodeset),
		.read = vc_nodeset_canonical, .kinds = BIT(PCI), .since = 11008000,
		.since_kinds = BIT(PCI), .expected = "guest NUMA cells like '1-8'",
		.meaning = "NUMA cells of the guest that are the device's memory" },
	[VC_OPT_TEAMING] = {
		.key = "teaming", .type = VC_OPT_IS_TEXT, .offset = AT(teaming),
		.read = read_alias, .kinds = FUNCTIONS, .expected = "the alias of an interface",
		.meaning = "interface that takes over while the device is away" },
	[VC_OPT_READONLY] = {
		.key = "readonly", .type = VC_OPT_IS_SWITCH, .offset = AT(readonly),
		.kinds = BIT(NVME) | BIT(SCSI), .standard = VC_NO, .expected = SWITCH,
		.meaning = "whether the guest can only read" },
	[VC_OPT_SHAREABLE] = {
		.key = "shareable", .type = VC_OPT_IS_SWITCH, .offset = AT(shareable),
		.kinds = BIT(NVME) | BIT(SCSI), .standard = VC_NO, .expected = SWITCH,
		.meaning = "whether other guests may have it too" },
	[VC_OPT_MAC] = {
		.key = "mac", .type = VC_OPT_IS_TEXT, .offset = AT(mac),
		.read = vc_mac_canonical, .kinds = BIT(NETWORK) | BIT(VDPA),
		.expected = "a unicast MAC address like '52:54:00:12:34:56'",
		.meaning = "MAC address of a network device" },
	[VC_OPT_VLAN] = {
		.key = "vlan", .type = VC_OPT_IS_NUMBER, .offset = AT(vlan),
		.max = VLAN_MAX, .kinds = BIT(NETWORK), .expected = "a number from 1 to 4094",
		.meaning = "VLAN of a network device" },
};

/* clang-format on */

/**
 * vc_opt_parse() - Find an option by its key
 * @key:	"rom.bar"
 * @ret_opt:	option, when there is one
 *
 * Return: whether there is
 */
bool vc_opt_parse(const char *key, enum vc_opt *ret_opt)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		if (strcmp(key, vc_opt_rules[opt].key) == 0) {
			*ret_opt = opt;
			return true;
		}
	}
	return false;
}

/**
 * vc_opt_fits() - Whether devices of a kind have an option
 * @opt:	option
 * @kind:	kind
 *
 * Return: whether they do
 */
bool vc_opt_fits(enum vc_opt opt, enum vc_kind kind)
{
	return (vc_opt_rules[opt].kinds & 1U << kind) != 0;
}

/**
 * vc_opt_known() - Whether a libvirt knows an option of a kind of device
 * @opt:	option
 * @kind:	kind
 * @libvirt:	version
 *
 * Return: whether it does
 */
bool vc_opt_known(enum vc_opt opt, enum vc_kind kind, unsigned long libvirt)
{
	const struct vc_opt_rule *rule = &vc_opt_rules[opt];

	return !(rule->since_kinds & 1U << kind) || libvirt >= rule->since;
}

/* Values, by the type of their row */

static void *at(struct vc_options *options, enum vc_opt opt)
{
	return (char *)options + vc_opt_rules[opt].offset;
}

static const void *at_const(const struct vc_options *options, enum vc_opt opt)
{
	return (const char *)options + vc_opt_rules[opt].offset;
}

static enum vc_tri switch_of(const struct vc_options *options, enum vc_opt opt)
{
	return *(const enum vc_tri *)at_const(options, opt);
}

static unsigned number_of(const struct vc_options *options, enum vc_opt opt)
{
	return *(const unsigned *)at_const(options, opt);
}

static char *text_of(const struct vc_options *options, enum vc_opt opt)
{
	return *(char *const *)at_const(options, opt);
}

/**
 * vc_options_has() - Whether an option is given
 * @options:	options
 * @opt:	option
 *
 * Return: whether it is
 */
bool vc_options_has(const struct vc_options *options, enum vc_opt opt)
{
	switch (vc_opt_rules[opt].type) {
	case VC_OPT_IS_SWITCH:
		return switch_of(options, opt) != VC_UNKNOWN;
	case VC_OPT_IS_NUMBER:
		return number_of(options, opt) > 0;
	case VC_OPT_IS_TEXT:
		return text_of(options, opt) != NULL;
	case VC_OPT_IS_ADDRESS:
		return options->address.set;
	case VC_OPT_IS_KIND:
		break;
	}
	return options->kind != VC_KIND_UNKNOWN;
}

/**
 * vc_options_any() - Whether any option is given
 * @options:	options
 *
 * Return: whether one is
 */
bool vc_options_any(const struct vc_options *options)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_options_has(options, opt))
			return true;
	return false;
}

static void set_address(struct vc_options *options,
                        const struct vc_guest_address *address)
{
	enum vc_tri multifunction = options->address.multifunction;

	options->address = *address;
	options->address.multifunction = multifunction;
}

/* Takes the value of @from, which has one. */
static void copy_value(struct vc_options *into, const struct vc_options *from,
                       enum vc_opt opt)
{
	switch (vc_opt_rules[opt].type) {
	case VC_OPT_IS_SWITCH:
		*(enum vc_tri *)at(into, opt) = switch_of(from, opt);
		break;
	case VC_OPT_IS_NUMBER:
		*(unsigned *)at(into, opt) = number_of(from, opt);
		break;
	case VC_OPT_IS_TEXT:
		*(char **)at(into, opt) = text_of(from, opt);
		break;
	case VC_OPT_IS_ADDRESS:
		set_address(into, &from->address);
		break;
	case VC_OPT_IS_KIND:
		into->kind = from->kind;
		break;
	}
	into->origins[opt] = from->origins[opt];
}

static bool read_switch(const char *text, enum vc_tri *ret_value)
{
	bool on = strcmp(text, "on") == 0 || strcmp(text, "yes") == 0;

	if (!on && strcmp(text, "off") != 0 && strcmp(text, "no") != 0)
		return false;
	*ret_value = on ? VC_YES : VC_NO;
	return true;
}

static bool read_kind(const char *text, enum vc_kind *ret_kind)
{
	enum vc_kind kind;

	if (!vc_kind_parse(text, &kind) || !vc_opt_fits(VC_OPT_KIND, kind))
		return false;
	*ret_kind = kind;
	return true;
}

static bool read_address(const char *text, struct vc_options *options)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_guest_address address;

	if (vc_guest_address_parse(text, &address, &why) < 0)
		return false;
	set_address(options, &address);
	return true;
}

static bool read_value(struct vc_arena *arena, struct vc_options *options,
                       enum vc_opt opt, const char *text)
{
	const struct vc_opt_rule *rule = &vc_opt_rules[opt];
	uint64_t number;
	char *kept;

	switch (rule->type) {
	case VC_OPT_IS_SWITCH:
		return read_switch(text, at(options, opt));
	case VC_OPT_IS_NUMBER:
		if (!vc_parse_number(text, rule->max, &number) || number == 0)
			return false;
		*(unsigned *)at(options, opt) = (unsigned)number;
		return true;
	case VC_OPT_IS_TEXT:
		kept = rule->read(arena, text);
		if (kept)
			*(char **)at(options, opt) = kept;
		return kept != NULL;
	case VC_OPT_IS_ADDRESS:
		return read_address(text, options);
	case VC_OPT_IS_KIND:
		break;
	}
	return read_kind(text, &options->kind);
}

/**
 * vc_options_set() - Give an option a value as people write it
 * @arena:	holds texts
 * @options:	options
 * @opt:	option
 * @text:	value; a switch is on, off, yes or no
 * @origin:	who says so, in the arena
 * @err:	what is expected
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_options_set(struct vc_arena *arena, struct vc_options *options, enum vc_opt opt,
                   const char *text, const char *origin, struct vc_err *err)
{
	if (!read_value(arena, options, opt, text))
		return vc_fail(err, VC_ERR_INPUT, "expected %s, not '%.128s'",
		               vc_opt_rules[opt].expected, text);
	options->origins[opt] = origin;
	return 0;
}

/**
 * vc_options_set_switch() - Turn a switch on or off
 * @options:	options
 * @opt:	a switch
 * @value:	whether it is on
 * @origin:	who says so; NULL
 */
void vc_options_set_switch(struct vc_options *options, enum vc_opt opt, bool value,
                           const char *origin)
{
	*(enum vc_tri *)at(options, opt) = value ? VC_YES : VC_NO;
	options->origins[opt] = origin;
}

/**
 * vc_options_clear() - Forget an option
 * @options:	options
 * @opt:	option
 */
void vc_options_clear(struct vc_options *options, enum vc_opt opt)
{
	static const struct vc_options none;

	copy_value(options, &none, opt);
}

/**
 * vc_options_merge() - Add what is not given yet
 * @into:	options; what they have stays
 * @from:	options
 */
void vc_options_merge(struct vc_options *into, const struct vc_options *from)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (!vc_options_has(into, opt) && vc_options_has(from, opt))
			copy_value(into, from, opt);
}

/**
 * vc_options_same() - Whether two devices have the same value of an option
 * @a:		options
 * @b:		options
 * @opt:	option
 *
 * Return: whether both have one, and it is the same
 */
bool vc_options_same(const struct vc_options *a, const struct vc_options *b,
                     enum vc_opt opt)
{
	if (!vc_options_has(a, opt) || !vc_options_has(b, opt))
		return false;
	switch (vc_opt_rules[opt].type) {
	case VC_OPT_IS_SWITCH:
		return switch_of(a, opt) == switch_of(b, opt);
	case VC_OPT_IS_NUMBER:
		return number_of(a, opt) == number_of(b, opt);
	case VC_OPT_IS_TEXT:
		return strcmp(text_of(a, opt), text_of(b, opt)) == 0;
	case VC_OPT_IS_ADDRESS:
		return a->address.bus == b->address.bus &&
		       a->address.slot == b->address.slot &&
		       a->address.function == b->address.function;
	case VC_OPT_IS_KIND:
		break;
	}
	return a->kind == b->kind;
}

/**
 * vc_options_is_standard() - Whether an option says what is so anyway
 * @options:	options
 * @opt:	option
 *
 * Return: whether it is a switch with its standard value
 */
bool vc_options_is_standard(const struct vc_options *options, enum vc_opt opt)
{
	return vc_opt_rules[opt].type == VC_OPT_IS_SWITCH &&
	       vc_options_has(options, opt) &&
	       switch_of(options, opt) == vc_opt_rules[opt].standard;
}

/**
 * vc_options_satisfied() - Whether a device has what is asked for
 * @want:	what is asked for
 * @have:	what it has
 * @opt:	option
 *
 * Return: whether the option is not asked for, or is there; what is not there counts as
 * the switch's standard value
 */
bool vc_options_satisfied(const struct vc_options *want, const struct vc_options *have,
                          enum vc_opt opt)
{
	if (!vc_options_has(want, opt) || vc_options_same(want, have, opt))
		return true;
	return vc_options_is_standard(want, opt) && !vc_options_has(have, opt);
}

/**
 * vc_options_origin() - Who gave an option
 * @options:	options
 * @opt:	option
 * @binding:	origin of the binding
 *
 * Return: words for a message
 */
const char *vc_options_origin(const struct vc_options *options, enum vc_opt opt,
                              const char *binding)
{
	return options->origins[opt] ? options->origins[opt] : binding;
}

/**
 * vc_options_text() - The value of an option, as vc_options_set() reads it
 * @arena:	holds the text
 * @options:	options
 * @opt:	one that is given
 *
 * Return: the text; NULL when out of memory
 */
char *vc_options_text(struct vc_arena *arena, const struct vc_options *options,
                      enum vc_opt opt)
{
	const struct vc_guest_address *a = &options->address;

	switch (vc_opt_rules[opt].type) {
	case VC_OPT_IS_SWITCH:
		return vc_arena_strdup(arena,
		                       switch_of(options, opt) == VC_YES ? "on" : "off");
	case VC_OPT_IS_NUMBER:
		return vc_arena_printf(arena, "%u", number_of(options, opt));
	case VC_OPT_IS_TEXT:
		return text_of(options, opt);
	case VC_OPT_IS_ADDRESS:
		return vc_arena_printf(arena, "%02x:%02x.%x", a->bus, a->slot,
		                       a->function);
	case VC_OPT_IS_KIND:
		break;
	}
	return vc_arena_strdup(arena, vc_kind_name(options->kind));
}

/**
 * vc_guest_address_parse() - Read a guest PCI address, "BB:SS.F" or "0000:BB:SS.F"
 * @text:	text; hexadecimal, as lspci in the guest prints it
 * @ret_address:	address, .set and without .multifunction
 * @err:	what was wrong
 *
 * [LV] guests have PCI domain 0 only.
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_guest_address_parse(const char *text, struct vc_guest_address *ret_address,
                           struct vc_err *err)
{
	uint32_t bus, slot, function;
	const char *p = text;

	(void)vc_parse_literal(&p, "0000:");
	if (!vc_parse_hex(&p, 2, 2, &bus) || !vc_parse_literal(&p, ":") ||
	    !vc_parse_hex(&p, 2, 2, &slot) || !vc_parse_literal(&p, ".") ||
	    !vc_parse_hex(&p, 1, 1, &function) || !vc_parse_end(p) || slot > 0x1f ||
	    function > 7)
		return vc_fail(
			err, VC_ERR_INPUT,
			"'%.64s' is not a guest PCI address; write it like '05:00.0'",
			text);
	*ret_address = (struct vc_guest_address){
		.set = true,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	return 0;
}
