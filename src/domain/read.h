/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read.h - the parts of vc_domain_read(): devices, and the records of our metadata.
 */
#pragma once

#include <stdint.h>

#include "domain/document.h"

/* What the readers of one document share. */
struct vc_reader {
	struct vc_arena *arena;
	const struct vc_document *document;
	struct vc_domain *domain;
};

int vc_read_devices(const struct vc_reader *reader, xmlNodePtr devices,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_read_machine(const struct vc_reader *reader, xmlNodePtr root, struct vc_err *err)
	VC_MUST_CHECK;
int vc_read_controller(const struct vc_reader *reader, xmlNodePtr element,
                       const struct vc_guest_device *guest, struct vc_err *err)
	VC_MUST_CHECK;
int vc_read_attachment(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                       struct vc_err *err) VC_MUST_CHECK;
/* "name='value'" of an address that is wrong, for a message. */
struct vc_bad_part {
	const char *name;
	char *value;
};

int vc_read_pci_address(const struct vc_reader *reader, xmlNodePtr element,
                        struct vc_pci_address *ret_address, struct vc_bad_part *ret_bad,
                        struct vc_err *err) VC_MUST_CHECK;
int vc_read_hostdev(const struct vc_reader *reader, xmlNodePtr element,
                    struct vc_hostdev *hostdev, struct vc_err *err) VC_MUST_CHECK;
int vc_read_metadata(const struct vc_reader *reader, xmlNodePtr metadata,
                     struct vc_err *err) VC_MUST_CHECK;

int vc_read_switch(const struct vc_reader *reader, xmlNodePtr element, const char *name,
                   const char *const words[2], enum vc_tri *ret_value, struct vc_err *err)
	VC_MUST_CHECK;
char *vc_lower(struct vc_arena *arena, const char *text) VC_MUST_CHECK;
bool vc_parse_auto(const char *text, uint32_t max, uint32_t *ret_value);
