/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kube/base64.h"
#include "kube/kubeconfig.h"
#include "unit.h"

#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://h:6443'}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
#define CURRENT "current-context: x\n"
#define BEGIN   CURRENT CLUSTER CONTEXT

/* The context of a list of texts, which are /etc/k0/config, /etc/k1/config ... */
static int resolve(const char *const *texts, const char *context,
                   struct vc_kube_config *config, struct vc_err *err)
{
	VC_AUTO_KUBECONFIG struct vc_kubeconfig files = VC_KUBECONFIG_INIT;
	char path[] = "/etc/k0/config";

	for (; *texts; texts++) {
		if (vc_kubeconfig_add(&files, *texts, strlen(*texts), path, err) < 0)
			return -(int)err->kind;
		path[6]++;
	}
	return vc_kubeconfig_resolve(&files, context, config, err);
}

static int resolve_one(const char *text, struct vc_kube_config *config,
                       struct vc_err *err)
{
	const char *const texts[] = { text, NULL };

	return resolve(texts, NULL, config, err);
}

static void test_what_a_context_says(void **state)
{
	VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
	struct vc_err err = VC_ERR_INIT;

	(void)state;
	assert_int_equal(resolve_one("apiVersion: v1\n"
	                             "kind: Config\n"
	                             "preferences: {colors: true}\n"
	                             "current-context: x\n"
	                             "clusters:\n"
	                             "- name: other\n"
	                             "  cluster: {server: 'https://other'}\n"
	                             "- name: c\n"
	                             "  cluster:\n"
	                             "    server: https://[::1]:6443/k8s/clusters/c-1//\n"
	                             "    certificate-authority: pki/ca.crt\n"
	                             "    tls-server-name: api\n"
	                             "    proxy-url: socks5://p:1080\n"
	                             "contexts:\n"
	                             "- context: {cluster: c, user: u, namespace: lab}\n"
	                             "  name: x\n"
	                             "users:\n"
	                             "- name: u\n"
	                             "  user:\n"
	                             "    client-certificate: /abs/me.crt\n"
	                             "    client-key-data: a2V5\n"
	                             "    token: t0ken\n"
	                             "    tokenFile: ../token\n"
	                             "    username: me\n"
	                             "    password: pass\n",
	                             &config, &err),
	                 0);
	assert_string_equal(config.origin, "/etc/k0/config: context 'x'");
	assert_string_equal(config.server, "https://[::1]:6443/k8s/clusters/c-1");
	assert_string_equal(config.namespace, "lab");
	assert_string_equal(config.ca_file, "/etc/k0/pki/ca.crt");
	assert_string_equal(config.server_name, "api");
	assert_string_equal(config.proxy, "socks5://p:1080");
	assert_string_equal(config.certificate_file, "/abs/me.crt");
	assert_null(config.key_file);
	assert_string_equal(config.key.data, "key");
	assert_string_equal(config.token.data, "t0ken");
	assert_string_equal(config.token_file, "/etc/k0/../token");
	assert_string_equal(config.username, "me");
	assert_string_equal(config.password.data, "pass");
	assert_false(config.insecure);
}

static void test_what_need_not_be_there(void **state)
{
	static const char *const texts[] = {
		CURRENT CLUSTER "contexts: [{name: x, context: {cluster: c}}]\n",
		BEGIN "users: [{name: u, user: {}}]\n",
		BEGIN "users: [{name: u, user: {token: '', tokenFile: null}}]\n",
		BEGIN "users: [{name: u, user: {exec: null}}]\n",
		"{\"current-context\": \"x\", \"clusters\": [{\"name\": \"c\", \"cluster\": "
		"{\"server\": \"https://h:6443/\"}}], \"contexts\": [{\"name\": \"x\", "
		"\"context\": {\"cluster\": \"c\"}}]}",
	};

	(void)state;
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(resolve_one(texts[i], &config, &err), 0);
		assert_string_equal(config.server, "https://h:6443");
		assert_string_equal(config.namespace, "default");
		assert_null(config.token.data);
		assert_null(config.token_file);
		assert_null(config.ca_file);
	}
}

#define USER(text) BEGIN "users: [{name: u, user: {" text "}}]\n"
#define SERVER(url)                                                             \
	CURRENT "clusters: [{name: c, cluster: {server: '" url "'}}]\n" CONTEXT \
		"users: [{name: u, user: {}}]\n"
#define CLUSTER_OF(text)                                                    \
	CURRENT "clusters: [{name: c, cluster: {server: 'https://h', " text \
		"}}]\n" CONTEXT "users: [{name: u, user: {}}]\n"

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
		const char *message; /* a part of it */
	} cases[] = {
		{ "[]", -VC_ERR_INPUT,
		  "/etc/k0/config: expected one object of kind Config" },
		{ "a: 1\n---\nb: 2\n", -VC_ERR_INPUT, "expected one object" },
		{ "", -VC_ERR_INPUT, "/etc/k0/config" },
		{ "a: [", -VC_ERR_INPUT, "/etc/k0/config:2" },
		{ "a: &x 1\nb: *x\n", -VC_ERR_INPUT, "/etc/k0/config:1" },
		{ "{}", -VC_ERR_ABSENT, "/etc/k0/config: no current-context" },
		{ CURRENT, -VC_ERR_ABSENT, "there is no context 'x'" },
		{ "current-context: 7\n", -VC_ERR_INPUT, "/current-context" },
		{ CURRENT "contexts: {}\n", -VC_ERR_INPUT, "/contexts" },
		{ CURRENT "contexts: [7, {name: x}]\n", -VC_ERR_INPUT,
		  "/contexts/1: 'context' is missing" },
		{ CURRENT CONTEXT, -VC_ERR_ABSENT, "there is no cluster 'c'" },
		{ BEGIN, -VC_ERR_ABSENT, "there is no user 'u'" },
		{ CURRENT CLUSTER "contexts: [{name: x, context: {user: u}}]\n",
		  -VC_ERR_INPUT, "'cluster' is missing" },
		{ CURRENT CONTEXT "clusters: [{name: c, cluster: {}}]\n", -VC_ERR_INPUT,
		  "'server' is missing" },
		{ SERVER("h:6443"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("ftp://h"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("https://"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("https:///path"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("https://me:pass@h"), -VC_ERR_INPUT,
		  "the server has a user in it" },
		{ SERVER("https://h?x=1"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("https://h#x"), -VC_ERR_INPUT, "expected a server like" },
		{ SERVER("https://h h"), -VC_ERR_INPUT, "expected a server like" },
		{ CLUSTER_OF("certificate-authority-data: '%%%%'"), -VC_ERR_INPUT,
		  "/clusters/0/cluster/certificate-authority-data: expected base64" },
		{ CLUSTER_OF("certificate-authority-data: YWJj="), -VC_ERR_INPUT,
		  "expected base64" },
		{ CLUSTER_OF("certificate-authority-data: YQ==YQ=="), -VC_ERR_INPUT,
		  "expected base64" },
		{ CLUSTER_OF("certificate-authority-data: [a]"), -VC_ERR_INPUT,
		  "expected a string" },
		{ CLUSTER_OF("insecure-skip-tls-verify: 'true'"), -VC_ERR_INPUT,
		  "insecure-skip-tls-verify" },
		{ CLUSTER_OF("insecure-skip-tls-verify: true, certificate-authority: ca"),
		  -VC_ERR_INPUT, "contradict each other" },
		{ USER("exec: {command: aws}"), -VC_ERR_REFUSED,
		  "/users/0/user/exec: programs that fetch credentials are not run" },
		{ USER("auth-provider: {name: oidc}"), -VC_ERR_REFUSED,
		  "/users/0/user/auth-provider: programs" },
		{ USER("token: t, exec: {}"), -VC_ERR_REFUSED, "programs" },
		{ USER("as: admin"), -VC_ERR_REFUSED, "/users/0/user/as: impersonation" },
		{ USER("as-groups: []"), -VC_ERR_REFUSED, "impersonation" },
		{ USER("token: 7"), -VC_ERR_INPUT,
		  "/users/0/user/token: expected a string" },
		{ USER("tokenFile: {}"), -VC_ERR_INPUT, "/users/0/user/tokenFile" },
		{ USER("client-key-data: a2V5"), -VC_ERR_INPUT, "needs its key" },
		{ USER("client-certificate: a.crt"), -VC_ERR_INPUT, "needs its key" },
		{ CURRENT "clusters: [{name: c, cluster: {server: 'http://h'}}]\n" CONTEXT
		          "users: [{name: u, user: {token: hidden}}]\n",
		  -VC_ERR_REFUSED, "in the clear" },
	};

	(void)state;
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
		struct vc_err err = VC_ERR_INIT;
		int r = resolve_one(cases[i].text, &config, &err);

		if (r != cases[i].r || !strstr(err.msg, cases[i].message))
			fail_msg("%s\n%d %s", cases[i].text, r, err.msg);
		assert_null(strstr(err.msg, "hidden"));
		assert_null(strstr(err.msg, "pass"));
	}
}

/* The first file that has an entry wins, as a whole. */
static void test_files_are_merged(void **state)
{
	static const char *const texts[] = {
		"users: [{name: u, user: {token: first}}]\n",
		"current-context: x\n"
		"users: [{name: u, user: {token: second, username: me}}, {name: v, user: "
		"{tokenFile: t}}]\n" CONTEXT,
		"current-context: y\n"
		"contexts: [{name: x, context: {cluster: d}}, {name: y, context: {cluster: "
		"d, user: v}}]\n"
		"clusters: [{name: c, cluster: {server: 'https://c', certificate-authority: "
		"ca}}, {name: d, cluster: {server: 'https://d'}}]\n",
		NULL,
	};
	VC_AUTO_KUBE_CONFIG struct vc_kube_config x = VC_KUBE_CONFIG_INIT;
	VC_AUTO_KUBE_CONFIG struct vc_kube_config y = VC_KUBE_CONFIG_INIT;
	VC_AUTO_KUBE_CONFIG struct vc_kube_config z = VC_KUBE_CONFIG_INIT;
	struct vc_err err = VC_ERR_INIT;

	(void)state;
	if (resolve(texts, NULL, &x, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(x.server, "https://c");
	assert_string_equal(x.ca_file, "/etc/k2/ca");
	assert_string_equal(x.token.data, "first");
	assert_null(x.username);
	assert_int_equal(resolve(texts, "y", &y, &err), 0);
	assert_string_equal(y.server, "https://d");
	assert_string_equal(y.token_file, "/etc/k1/t");
	assert_int_equal(resolve(texts, "z", &z, &err), -VC_ERR_ABSENT);
}

static void test_too_many_files(void **state)
{
	VC_AUTO_KUBECONFIG struct vc_kubeconfig files = VC_KUBECONFIG_INIT;
	struct vc_err err = VC_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < VC_KUBECONFIG_MAX_FILES; i++)
		assert_int_equal(vc_kubeconfig_add(&files, "{}", 2, "f", &err), 0);
	assert_int_equal(vc_kubeconfig_add(&files, "{}", 2, "f", &err), -VC_ERR_INPUT);
	assert_int_equal(files.n, VC_KUBECONFIG_MAX_FILES);
}

static void test_base64(void **state)
{
	static const struct {
		const char *text, *plain; /* NULL: it is none */
	} cases[] = {
		{ "YQ==", "a" },
		{ "YWI=", "ab" },
		{ "YWJj", "abc" },
		{ "YWJjZA==", "abcd" },
		{ " YW\nJj\r\n", "abc" },
		{ "+/+/", "\xfb\xff\xbf" },
		{ "", NULL },
		{ "=", NULL },
		{ "====", NULL },
		{ "Y===", NULL },
		{ "YQ=a", NULL },
		{ "YQ", NULL },
		{ "YQ==YQ==", NULL },
		{ "YW-_", NULL },
		{ "YWJjZ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_SECRET struct vc_secret plain = VC_SECRET_INIT;
		VC_AUTO_SECRET struct vc_secret back = VC_SECRET_INIT;
		struct vc_err err = VC_ERR_INIT;
		bool valid = !cases[i].plain;

		assert_int_equal(vc_base64_decode(cases[i].text, &plain, &valid, &err),
		                 0);
		assert_int_equal(valid, cases[i].plain != NULL);
		if (!valid)
			continue;
		assert_string_equal(plain.data, cases[i].plain);
		assert_int_equal(vc_base64_encode(&plain, ">", &back, &err), 0);
		assert_int_equal(back.data[0], '>');
		assert_int_equal(strcspn(cases[i].text, "=") > 0, 1);
	}
}

/* $KUBECONFIG, ~/.kube/config, the pod: in this order. */
static void test_where_it_is_looked_for(void **state)
{
	static const char text[] = BEGIN "users: [{name: u, user: {token: t}}]\n";
	const struct vc_kube_choice none = { .service_account = "/nonexistent" };
	const struct vc_kube_choice named = { .kubeconfig = "/nonexistent/file" };
	const struct vc_kube_choice context = { .context = "y" };
	VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
	VC_AUTO_KUBE_CONFIG struct vc_kube_config pod = VC_KUBE_CONFIG_INIT;
	char path[] = "/tmp/vc-kubeconfig-XXXXXX", list[128];
	struct vc_err err = VC_ERR_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	(void)close(fd);
	(void)snprintf(list, sizeof(list), ":/nonexistent:%s:", path);
	(void)setenv("HOME", "/nonexistent", 1);
	(void)setenv("KUBECONFIG", list, 1);
	assert_int_equal(vc_kube_config_find(&none, &config, &err), 0);
	assert_string_equal(config.server, "https://h:6443");
	assert_int_equal(vc_kube_config_find(&named, &pod, &err), -VC_ERR_ABSENT);
	(void)unlink(path);
	assert_int_equal(vc_kube_config_find(&none, &pod, &err), -VC_ERR_ABSENT);
	assert_non_null(strstr(err.msg, "KUBECONFIG names"));
	(void)unsetenv("KUBECONFIG");
	assert_int_equal(vc_kube_config_find(&none, &pod, &err), -VC_ERR_ABSENT);
	assert_non_null(strstr(err.msg, "not in a pod"));
	assert_int_equal(vc_kube_config_find(&context, &pod, &err), -VC_ERR_ABSENT);
	assert_non_null(strstr(err.msg, "context 'y'"));
	(void)setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	(void)setenv("KUBERNETES_SERVICE_PORT", "70000", 1);
	assert_int_equal(vc_kube_config_find(&none, &pod, &err), -VC_ERR_INPUT);
	(void)setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	assert_int_equal(vc_kube_config_find(&none, &pod, &err), 0);
	assert_string_equal(pod.server, "https://[fd00::1]:443");
	assert_string_equal(pod.token_file, "/nonexistent/token");
	assert_string_equal(pod.namespace, "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_context_says),
		cmocka_unit_test(test_what_need_not_be_there),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_files_are_merged),
		cmocka_unit_test(test_too_many_files),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_where_it_is_looked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
