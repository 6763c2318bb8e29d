/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/check.h"
#include "domain_util.h"

#define NS "xmlns:vc=\"urn:virt-claim:domain:1\""

static char scsi[] = "scsi", pci[] = "pci";
static char virtio[] = "virtio-scsi", expander[] = "pcie-expander-bus";

static struct vc_plan_controller *rig_controller(struct rig *rig,
                                                 enum vc_plan_action action, size_t at)
{
	struct vc_plan_controller *c = vc_list_push(&rig->arena, &rig->plan.controllers);

	assert_non_null(c);
	*c = (struct vc_plan_controller){
		.action = action,
		.type = scsi,
		.model = virtio,
		.node = -1,
		.at = at,
		.recorded = action != VC_PLAN_REMOVE,
	};
	return c;
}

static void test_add(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_plan_controller *c;

	rig_controller(&rig, VC_PLAN_ADD, 0);
	c = rig_controller(&rig, VC_PLAN_ADD, 0);
	c->type = pci;
	c->model = expander;
	c->index = 1;
	c->bus_nr = 200;
	c->node = 0;
	c->address = (struct vc_guest_address){ .set = true, .slot = 3 };
	rig_expect(
		&rig,
		"<domain>\n"
		"  <metadata>\n"
		"    <vc:claims " NS "/>\n"
		"  </metadata>\n"
		"  <devices>\n"
		"    <controller type=\"usb\"/>\n"
		"    <controller type=\"sata\"/>\n"
		"    <disk/>\n"
		"    <hostdev/>\n"
		"  </devices>\n"
		"</domain>\n",
		"<domain>\n"
		"  <metadata>\n"
		"    <vc:claims " NS ">\n"
		"      <vc:controller type=\"scsi\" index=\"0\" model=\"virtio-scsi\"/>\n"
		"      <vc:controller type=\"pci\" index=\"1\" "
		"model=\"pcie-expander-bus\"/>\n"
		"    </vc:claims>\n"
		"  </metadata>\n"
		"  <devices>\n"
		"    <controller type=\"usb\"/>\n"
		"    <controller type=\"sata\"/>\n"
		"    <controller type=\"scsi\" index=\"0\" model=\"virtio-scsi\"/>\n"
		"    <controller type=\"pci\" index=\"1\" model=\"pcie-expander-bus\">\n"
		"      <target busNr=\"200\"><node>0</node></target>\n"
		"      <address type=\"pci\" domain=\"0x0000\" bus=\"0x00\" "
		"slot=\"0x03\" function=\"0x0\"/>\n"
		"    </controller>\n"
		"    <disk/>\n"
		"    <hostdev/>\n"
		"  </devices>\n"
		"</domain>\n");
	rig_release(&rig);
}

/* Without other controllers they stand in front of the new devices. */
static void test_add_first(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_controller(&rig, VC_PLAN_ADD, 0);
	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:01:00.0");
	for (int i = 0; i < 3; i++) {
		static const char *const inputs[] = {
			"<domain><devices><hostdev/></devices></domain>\n",
			"<domain><devices/></domain>\n",
			"<domain/>\n",
		};
		const char *controller, *hostdev;

		assert_int_equal(rig_apply(&rig, inputs[i], NULL), 0);
		controller = strstr(rig.result.text, "<controller ");
		hostdev = strstr(rig.result.text, "<hostdev mode=");
		assert_non_null(controller);
		assert_non_null(hostdev);
		assert_true(controller < hostdev);
	}
	rig_release(&rig);
}

static void test_remove(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig_controller(&rig, VC_PLAN_REMOVE, 4);
	rig_controller(&rig, VC_PLAN_KEEP, 2)->index = 1;
	rig_expect(&rig,
	           "<domain><metadata><vc:claims " NS ">"
	           "<vc:controller type=\"scsi\" index=\"0\" model=\"virtio-scsi\"/>"
	           "<vc:controller type=\"scsi\" index=\"1\" model=\"virtio-scsi\"/>"
	           "</vc:claims></metadata><devices>\n"
	           "<controller type=\"scsi\" index=\"1\"/>\n"
	           "<controller type=\"scsi\"><address/></controller>\n"
	           "</devices></domain>\n",
	           "<domain><metadata><vc:claims " NS ">"
	           "<vc:controller type=\"scsi\" index=\"1\" model=\"virtio-scsi\"/>"
	           "</vc:claims></metadata><devices>\n"
	           "<controller type=\"scsi\" index=\"1\"/>\n"
	           "</devices></domain>\n");
	rig_release(&rig);
}

/* What the check says to a result that is not the planned one; NULL: it is. */
static const char *checked(struct rig *rig, const char *before, const char *after)
{
	struct vc_document *document = NULL;
	struct vc_check_input input = { .plan = &rig->plan };
	int r;

	vc_document_free(rig->document);
	rig->document = NULL;
	assert_int_equal(vc_document_parse(before, strlen(before), "d.xml",
	                                   &rig->document, &rig->err),
	                 0);
	assert_int_equal(
		vc_document_parse(after, strlen(after), "after", &document, &rig->err),
		0);
	input.before = rig->document;
	input.after = document->xml;
	r = vc_check_result(&rig->arena, &input, &rig->err);
	vc_document_free(document);
	return r < 0 ? rig->err.msg : NULL;
}

#define DEVICES(inner) "<domain><devices>" inner "</devices></domain>"
#define TARGET         "<target busNr='200'><node>0</node></target>"
#define ADDRESS \
	"<address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>"
#define HEAD "<controller type='pci' index='1' model='pcie-expander-bus'"
#define TAIL "</controller>"

static void test_check(void **state VC_UNUSED)
{
	static const char *const bad[] = {
		DEVICES(""),
		DEVICES(HEAD "/>"),
		DEVICES(HEAD ">" TARGET TAIL),
		DEVICES(HEAD ">" ADDRESS TAIL),
		DEVICES(HEAD ">" ADDRESS TARGET TAIL),
		DEVICES(HEAD ">" TARGET ADDRESS ADDRESS TAIL),
		DEVICES(HEAD ">" TARGET ADDRESS "<driver/>" TAIL),
		DEVICES(HEAD " ports='2'>" TARGET ADDRESS TAIL),
		DEVICES(HEAD " xmlns:x='u'>" TARGET ADDRESS TAIL),
		DEVICES(HEAD ">" TARGET ADDRESS TAIL HEAD ">" TARGET ADDRESS TAIL),
		DEVICES("<controller type='pci' index='2' model='pcie-expander-bus'>" TARGET
		                ADDRESS TAIL),
		DEVICES("<controller type='pci' index='1' model='pcie-root-port'>" TARGET
		                ADDRESS TAIL),
		DEVICES(HEAD "><target busNr='201'><node>0</node></target>" ADDRESS TAIL),
		DEVICES(HEAD "><target busNr='200'><node>1</node></target>" ADDRESS TAIL),
		DEVICES(HEAD "><target busNr='200'/>" ADDRESS TAIL),
		DEVICES(HEAD "><target><node>0</node></target>" ADDRESS TAIL),
		DEVICES(HEAD
		        "><target busNr='200'><node>0</node><hotplug/></target>" ADDRESS
		                TAIL),
		DEVICES(HEAD
		        "><target busNr='200'><node><a/></node></target>" ADDRESS TAIL),
		DEVICES(HEAD ">" TARGET
		             "<address type='pci' domain='0x0000' bus='0x00' slot='0x04' "
		             "function='0x0'/>" TAIL),
		DEVICES(HEAD ">" TARGET "<address type='pci' slot='0x03'/>" TAIL),
	};
	struct rig rig = RIG_INIT;
	struct vc_plan_controller *c = rig_controller(&rig, VC_PLAN_ADD, 0);

	rig.plan.metadata = false;
	c->type = pci;
	c->model = expander;
	c->index = 1;
	c->bus_nr = 200;
	c->node = 0;
	c->address = (struct vc_guest_address){ .set = true, .slot = 3 };
	assert_null(checked(&rig, DEVICES(""), DEVICES(HEAD ">" TARGET ADDRESS TAIL)));
	assert_null(checked(&rig, "<domain/>", DEVICES(HEAD ">" TARGET ADDRESS TAIL)));
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++)
		if (!checked(&rig, DEVICES(""), bad[i]))
			fail_msg("%s passes", bad[i]);
	rig_release(&rig);
}

/* One that is removed is removed, one that is kept is untouched. */
static void test_check_old(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig_controller(&rig, VC_PLAN_REMOVE, 1);
	rig_controller(&rig, VC_PLAN_KEEP, 2)->index = 1;
	assert_null(checked(&rig, DEVICES("<controller/><controller a='1'/>"),
	                    DEVICES("<controller a='1'/>")));
	assert_non_null(checked(&rig, DEVICES("<controller/><controller a='1'/>"),
	                        DEVICES("<controller/><controller a='1'/>")));
	assert_non_null(checked(&rig, DEVICES("<controller/><controller a='1'/>"),
	                        DEVICES("<controller a='2'/>")));
	assert_non_null(
		checked(&rig, DEVICES("<controller/><controller a='1'/>"), DEVICES("")));
	rig_release(&rig);
}

/* The metadata that the check accepts is exactly the planned one. */
static void test_records(void **state VC_UNUSED)
{
#define CLAIMS(inner) \
	"<domain><metadata><vc:claims " NS ">" inner "</vc:claims></metadata></domain>"
	static const char *const bad[] = {
		CLAIMS(""),
		CLAIMS("<vc:controller type='scsi' index='1' model='virtio-scsi'/>"),
		CLAIMS("<vc:controller type='scsi' index='0' model='lsilogic'/>"),
		CLAIMS("<vc:controller type='scsi' index='0' model='virtio-scsi' a='b'/>"),
		CLAIMS("<vc:controller type='scsi' index='0' model='virtio-scsi'>x"
		       "</vc:controller>"),
		CLAIMS("<vc:controller type='scsi' index='0' model='virtio-scsi'/>"
		       "<vc:controller type='scsi' index='0' model='virtio-scsi'/>"),
		"<domain/>",
	};
	const char *good =
		CLAIMS("<vc:controller type='scsi' index='0' model='virtio-scsi'/>");
	struct rig rig = RIG_INIT;
	struct vc_check_input input = { .plan = &rig.plan, .metadata = true };

	rig_controller(&rig, VC_PLAN_KEEP, 0);
	assert_int_equal(
		vc_document_parse("<domain/>", 9, "d.xml", &rig.document, &rig.err), 0);
	input.before = rig.document;
	for (size_t i = 0; i <= VC_ARRAY_SIZE(bad); i++) {
		const char *text = i < VC_ARRAY_SIZE(bad) ? bad[i] : good;
		struct vc_document *after = NULL;
		int r;

		assert_int_equal(
			vc_document_parse(text, strlen(text), "after", &after, &rig.err),
			0);
		input.after = after->xml;
		r = vc_check_result(&rig.arena, &input, &rig.err);
		vc_document_free(after);
		if (r == 0 && text != good)
			fail_msg("%s passes", text);
		if (r < 0 && text == good)
			fail_msg("%s", rig.err.msg);
	}
	rig_release(&rig);
}

/* What the reader makes of controllers and of our records of them. */
static void test_read(void **state VC_UNUSED)
{
	static const char text[] =
		"<domain><metadata><vc:claims " NS ">"
		"<vc:controller type='scsi' index='2' model='virtio-scsi' new='x'/>"
		"</vc:claims></metadata><devices>"
		"<controller type='scsi' index='0x2' model='virtio-scsi'><address/>"
		"<alias/></controller>"
		"<controller type='scsi' model='lsilogic'/>"
		"<controller type='scsi' index='1'><driver iothread='1'/></controller>"
		"<controller type='pci' index='z' ports='3'/>"
		"<disk><target dev='sda' bus='scsi'/></disk>"
		"<disk><target dev='sdb' bus='scsi'/><address type='drive'/></disk>"
		"<disk><target dev='sdc' bus='sata'/><address type='drive'/></disk>"
		"<hostdev type='scsi'><address type='drive' controller='2'/></hostdev>"
		"</devices></domain>";
	struct rig rig = RIG_INIT;
	const struct vc_controller *c;

	assert_int_equal(
		vc_document_parse(text, strlen(text), "d.xml", &rig.document, &rig.err),
		0);
	assert_int_equal(vc_domain_read(&rig.arena, rig.document, &rig.domain, &rig.err),
	                 0);
	c = rig.domain.controllers.v;
	assert_int_equal(rig.domain.controllers.n, 4);
	assert_true(c[0].plain && c[0].has_index && c[0].index == 2 && c[0].at == 1);
	assert_string_equal(c[0].type, "scsi");
	assert_string_equal(c[0].model, "virtio-scsi");
	assert_true(c[1].plain && !c[1].has_index);
	assert_true(!c[2].plain && c[2].has_index && !c[2].model);
	assert_true(!c[3].plain && !c[3].has_index);
	assert_int_equal(rig.domain.scsi_users.n, 3);
	assert_int_equal(rig.domain.scsi_users.v[0].controller, -1);
	assert_int_equal(rig.domain.scsi_users.v[1].controller, 0);
	assert_int_equal(rig.domain.scsi_users.v[2].controller, 2);
	assert_int_equal(rig.domain.scsi_users.v[2].at, 8);
	assert_int_equal(rig.domain.controller_records.n, 1);
	assert_string_equal(rig.domain.controller_records.v[0].type, "scsi");
	assert_string_equal(rig.domain.controller_records.v[0].model, "virtio-scsi");
	assert_int_equal(rig.domain.controller_records.v[0].index, 2);
	rig_release(&rig);
}

static void test_read_bad(void **state VC_UNUSED)
{
	static const struct {
		const char *records, *message;
	} cases[] = {
		{ "<vc:controller index='0' model='m'/>", "needs 'type'" },
		{ "<vc:controller type='scsi' index='0'/>", "needs 'type'" },
		{ "<vc:controller type='scsi' model='m'/>", "needs 'type'" },
		{ "<vc:controller type='scsi' model='m' index='-1'/>", "needs 'type'" },
		{ "<vc:controller type='scsi' model='m' index='4294967296'/>",
		  "needs 'type'" },
		{ "<vc:controller type='scsi' model='m' index='1'/>"
		  "<vc:controller type='pci' model='m' index='1'/>"
		  "<vc:controller type='scsi' model='n' index='1'/>",
		  "scsi controller 1 is in our metadata twice" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		char text[1024];

		(void)snprintf(text, sizeof(text),
		               "<domain><metadata><vc:claims " NS
		               ">%s</vc:claims></metadata></domain>",
		               cases[i].records);
		assert_int_equal(vc_document_parse(text, strlen(text), "d.xml",
		                                   &rig.document, &rig.err),
		                 0);
		rig.domain.name = text;
		assert_int_equal(
			vc_domain_read(&rig.arena, rig.document, &rig.domain, &rig.err),
			-VC_ERR_INPUT);
		assert_non_null(strstr(rig.err.msg, cases[i].message));
		assert_ptr_equal(rig.domain.name, text);
		rig_release(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),       cmocka_unit_test(test_add_first),
		cmocka_unit_test(test_remove),    cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_old), cmocka_unit_test(test_records),
		cmocka_unit_test(test_read),      cmocka_unit_test(test_read_bad),
	};

	return cmocka_run_group_tests_name("controllers", tests, NULL, NULL);
}
