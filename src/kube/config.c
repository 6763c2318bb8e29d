/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [K8S] run-application/access-api-from-pod: what a pod has; and the order in which
 * kubectl looks.
 */
#include "kube/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "kube/base64.h"
#include "kube/kubeconfig.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define PORT_MAX        65535U

/* The namespace file of a pod; without one the config keeps what it has. */
static int read_namespace(struct vc_kube_config *config, const char *directory,
                          struct vc_err *err)
{
	VC_AUTO_SECRET struct vc_secret text = VC_SECRET_INIT;
	char *path = vc_arena_printf(&config->arena, "%s/namespace", directory);

	if (!path)
		return vc_fail_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	if (vc_secret_read(&text, path, err) < 0)
		return -(int)err->kind;
	vc_secret_trim(&text);
	if (!vc_is_dns_label(text.data))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: expected the name of a namespace, not '%.64s'", path,
		               text.data);
	config->namespace = vc_arena_strdup(&config->arena, text.data);
	return config->namespace ? 0 : vc_fail_oom(err);
}

static bool is_port(const char *text)
{
	uint64_t port = 0;

	return vc_parse_number(text, PORT_MAX, &port) && port > 0;
}

static int fail_absent(struct vc_err *err)
{
	const char *list = getenv("KUBECONFIG");

	if (list && *list)
		return vc_fail(err, VC_ERR_ABSENT,
		               "KUBECONFIG names '%.256s', which is not there, and "
		               "KUBERNETES_SERVICE_HOST is not set: not in a pod",
		               list);
	return vc_fail(err, VC_ERR_ABSENT,
	               "no kubeconfig, and not in a pod: set KUBECONFIG, or run "
	               "where KUBERNETES_SERVICE_HOST is set");
}

/**
 * vc_kube_config_in_cluster() - What the pod that we run in is given
 * @choice:	.service_account
 * @config:	initialised, filled
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (we do not run in a pod), -VC_ERR_INPUT, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_kube_config_in_cluster(const struct vc_kube_choice *choice,
                              struct vc_kube_config *config, struct vc_err *err)
{
	const char *directory =
		choice->service_account ? choice->service_account : SERVICE_ACCOUNT;
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	struct vc_arena *arena = &config->arena;

	if (!host || !*host || !port || !*port)
		return fail_absent(err);
	if (!is_port(port))
		return vc_fail(err, VC_ERR_INPUT,
		               "KUBERNETES_SERVICE_PORT: expected a port, not '%.64s'",
		               port);
	config->server = vc_arena_printf(
		arena, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host,
		port);
	config->ca_file = vc_arena_printf(arena, "%s/ca.crt", directory);
	config->token_file = vc_arena_printf(arena, "%s/token", directory);
	config->origin = vc_arena_printf(arena, "service account in '%s'", directory);
	config->namespace = vc_arena_strdup(arena, "default");
	if (!config->server || !config->ca_file || !config->token_file ||
	    !config->origin || !config->namespace)
		return vc_fail_oom(err);
	if (read_namespace(config, directory, err) < 0)
		return -(int)err->kind;
	return vc_kube_config_check(config, err);
}

/* Files of a list with colons between them; those that do not exist are left out. */
static int add_list(struct vc_kubeconfig *files, struct vc_arena *arena, const char *list,
                    struct vc_err *err)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ":");
		char *path = vc_arena_strndup(arena, list, len);

		if (!path)
			return vc_fail_oom(err);
		if (len > 0 && access(path, F_OK) == 0 &&
		    vc_kubeconfig_add_file(files, path, err) < 0)
			return -(int)err->kind;
		list += len;
		list += *list == ':';
	}
	return 0;
}

static int add_files(struct vc_kubeconfig *files, struct vc_arena *arena,
                     const struct vc_kube_choice *choice, struct vc_err *err)
{
	const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
	char *path;

	if (choice->kubeconfig)
		return vc_kubeconfig_add_file(files, choice->kubeconfig, err);
	if (list && *list)
		return add_list(files, arena, list, err);
	if (!home || !*home)
		return 0;
	path = vc_arena_printf(arena, "%s/.kube/config", home);
	if (!path)
		return vc_fail_oom(err);
	return access(path, F_OK) == 0 ? vc_kubeconfig_add_file(files, path, err) : 0;
}

/**
 * vc_kube_config_find() - The API server that the user, or the place where we run, means
 * @choice:	what the user said
 * @config:	initialised, filled
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (nothing says), -VC_ERR_INPUT, -VC_ERR_REFUSED (needs a
 * plugin, or would send credentials in the clear), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_kube_config_find(const struct vc_kube_choice *choice,
                        struct vc_kube_config *config, struct vc_err *err)
{
	VC_AUTO_KUBECONFIG struct vc_kubeconfig files = VC_KUBECONFIG_INIT;

	if (add_files(&files, &config->arena, choice, err) < 0)
		return -(int)err->kind;
	if (files.n == 0 && choice->context)
		return vc_fail(err, VC_ERR_ABSENT,
		               "no kubeconfig that could have a context '%.128s'",
		               choice->context);
	return files.n > 0 ? vc_kubeconfig_resolve(&files, choice->context, config, err)
	                   : vc_kube_config_in_cluster(choice, config, err);
}

static bool has_credentials(const struct vc_kube_config *config)
{
	return config->token_file || config->token.data || config->username ||
	       config->key_file || config->key.data;
}

/* What may stand in a URL, and no user, query or fragment */
static bool is_plain_url(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-_~:/[]%";

	return *text != '\0' && *text != '/' && text[strspn(text, allowed)] == '\0';
}

/**
 * vc_kube_config_check() - What holds for all of them
 * @config:	filled
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_REFUSED
 */
int vc_kube_config_check(const struct vc_kube_config *config, struct vc_err *err)
{
	const char *host = config->server;
	bool https = vc_parse_literal(&host, "https://");

	if (strchr(config->server, '@'))
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s: the server has a user in it; give credentials as those "
			"of a user of the kubeconfig",
			config->origin);
	if ((!https && !vc_parse_literal(&host, "http://")) || !is_plain_url(host))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: expected a server like 'https://HOST:PORT', not "
		               "'%.128s'",
		               config->origin, config->server);
	if (!https && has_credentials(config))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: credentials are not sent to '%.128s' in the clear; "
		               "use https",
		               config->origin, config->server);
	if ((config->certificate.data || config->certificate_file) !=
	    (config->key.data || config->key_file))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: a client certificate needs its key, and a key its "
		               "certificate",
		               config->origin);
	return 0;
}

/* @data when there is any, else what the file says now, if there is one. */
static int take(struct vc_secret *into, const struct vc_secret *data, const char *file,
                struct vc_err *err)
{
	if (data->data)
		return vc_secret_set(into, "", data->data, data->len, err);
	return file ? vc_secret_read(into, file, err) : 0;
}

static int add_authorization(const struct vc_kube_config *config,
                             struct vc_http_peer *peer, struct vc_err *err)
{
	VC_AUTO_SECRET struct vc_secret text = VC_SECRET_INIT, pair = VC_SECRET_INIT;

	if (config->token_file) {
		if (vc_secret_read(&text, config->token_file, err) < 0)
			return -(int)err->kind;
		vc_secret_trim(&text);
	} else if (config->token.data) {
		if (vc_secret_set(&text, "", config->token.data, config->token.len, err) <
		    0)
			return -(int)err->kind;
	}
	if (text.data && strcspn(text.data, "\r\n") < text.len)
		return vc_fail(err, VC_ERR_INPUT, "%s: the token has more than one line",
		               config->token_file ? config->token_file : config->origin);
	if (text.len > 0)
		return vc_secret_set(&peer->authorization, "Bearer ", text.data, text.len,
		                     err);
	if (!config->username)
		return 0;
	if (vc_secret_set(&text, config->username, ":", 1, err) < 0 ||
	    vc_secret_set(&pair, text.data,
	                  config->password.data ? config->password.data : "",
	                  config->password.len, err) < 0)
		return -(int)err->kind;
	return vc_base64_encode(&pair, "Basic ", &peer->authorization, err);
}

/**
 * vc_kube_config_peer() - Read what a request needs; files are read anew
 * @config:	config; must outlive the peer
 * @peer:	zeroed; filled, to be released also on failure
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_kube_config_peer(const struct vc_kube_config *config, struct vc_http_peer *peer,
                        struct vc_err *err)
{
	peer->server_name = config->server_name;
	peer->proxy = config->proxy;
	peer->insecure = config->insecure;
	if (take(&peer->ca, &config->ca, config->ca_file, err) < 0 ||
	    take(&peer->certificate, &config->certificate, config->certificate_file,
	         err) < 0 ||
	    take(&peer->key, &config->key, config->key_file, err) < 0 ||
	    add_authorization(config, peer, err) < 0)
		return vc_err_context(err, "%s", config->origin);
	return 0;
}

/**
 * vc_kube_peer_release() - Wipe what a request needed
 * @peer:	peer; none afterwards
 */
void vc_kube_peer_release(struct vc_http_peer *peer)
{
	vc_secret_release(&peer->ca);
	vc_secret_release(&peer->certificate);
	vc_secret_release(&peer->key);
	vc_secret_release(&peer->authorization);
}

/**
 * vc_kube_config_release() - Wipe and free
 * @config:	config; empty afterwards
 */
void vc_kube_config_release(struct vc_kube_config *config)
{
	vc_secret_release(&config->ca);
	vc_secret_release(&config->token);
	vc_secret_release(&config->certificate);
	vc_secret_release(&config->key);
	vc_secret_release(&config->password);
	vc_arena_release(&config->arena);
	*config = (struct vc_kube_config)VC_KUBE_CONFIG_INIT;
}
