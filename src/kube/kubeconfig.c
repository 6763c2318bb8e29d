/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [K8S] client-go clientcmd/api/v1 Config. What would give us other rights than it says
 * when we left it out (impersonation), or needs programs to be run (exec, auth-provider)
 * is refused.
 */
#include "kube/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

#include "claim/tree.h"
#include "kube/base64.h"

struct reader {
	struct vc_arena *arena;
	struct vc_err *err;
	const char *directory; /* of the file that the node is from */
};

static void free_treep(struct vc_tree **tree)
{
	vc_tree_free(*tree);
}

/* "/a/b" for "/a/b/config", "" for "config" */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup("");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/**
 * vc_kubeconfig_add() - Add the text of a file, behind those that are there
 * @files:	files
 * @text:	text
 * @len:	its length
 * @path:	where it is from: for messages, and for relative paths in it
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_kubeconfig_add(struct vc_kubeconfig *files, const char *text, size_t len,
                      const char *path, struct vc_err *err)
{
	VC_CLEANUP(free_treep) struct vc_tree *tree = NULL;
	VC_AUTOFREE char *directory = directory_of(path);
	struct vc_node root;

	if (!directory)
		return vc_fail_oom(err);
	if (files->n == VC_KUBECONFIG_MAX_FILES)
		return vc_fail(err, VC_ERR_INPUT, "%s: more than %d kubeconfig files",
		               path, VC_KUBECONFIG_MAX_FILES);
	if (vc_tree_parse(text, len, path, &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	if (vc_tree_documents(tree) != 1 || vc_node_type(&root) != VC_NODE_OBJECT)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: expected one object of kind Config", path);
	files->directories[files->n] = vc_steal(&directory);
	files->trees[files->n++] = vc_steal(&tree);
	return 0;
}

/**
 * vc_kubeconfig_add_file() - Read a file
 * @files:	files; the new one comes last
 * @path:	file
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_kubeconfig_add_file(struct vc_kubeconfig *files, const char *path,
                           struct vc_err *err)
{
	VC_AUTO_SECRET struct vc_secret text = VC_SECRET_INIT;

	if (vc_secret_read(&text, path, err) < 0)
		return -(int)err->kind;
	return vc_kubeconfig_add(files, text.data, text.len, path, err);
}

/* The texts of members */

static int read_text(const struct reader *r, const struct vc_node *node, const char *key,
                     char **text)
{
	char *value = NULL;

	if (vc_node_string(r->arena, node, key, VC_OPTIONAL, &value, r->err) < 0)
		return -(int)r->err->kind;
	if (value && *value)
		*text = value;
	return 0;
}

/* As text, and as a path relative to the file that says it. */
static int read_path(const struct reader *r, const struct vc_node *node, const char *key,
                     char **path)
{
	char *value = NULL;

	if (read_text(r, node, key, &value) < 0)
		return -(int)r->err->kind;
	if (!value)
		return 0;
	if (*value != '/' && *r->directory)
		value = vc_arena_printf(r->arena, "%s/%s", r->directory, value);
	if (!value)
		return vc_fail_oom(r->err);
	*path = value;
	return 0;
}

/* A text that is a secret: without a copy in the arena. */
static int read_secret(const struct reader *r, const struct vc_node *node,
                       const char *key, struct vc_secret *secret)
{
	struct vc_node member;
	const char *text;

	if (!vc_node_member(node, key, &member) || vc_node_type(&member) == VC_NODE_NULL)
		return 0;
	text = vc_node_text(&member);
	if (!text)
		return vc_node_fail(&member, r->err, VC_ERR_INPUT, "expected a string");
	if (*text == '\0')
		return 0;
	return vc_secret_set(secret, "", text, strlen(text), r->err);
}

static int read_data(const struct reader *r, const struct vc_node *node, const char *key,
                     struct vc_secret *secret)
{
	VC_AUTO_SECRET struct vc_secret text = VC_SECRET_INIT;
	struct vc_node member;
	bool valid = false;

	if (read_secret(r, node, key, &text) < 0)
		return -(int)r->err->kind;
	if (!text.data)
		return 0;
	if (vc_base64_decode(text.data, secret, &valid, r->err) < 0)
		return -(int)r->err->kind;
	(void)vc_node_member(node, key, &member);
	return valid ? 0
	             : vc_node_fail(&member, r->err, VC_ERR_INPUT,
	                            "expected base64 (RFC 4648, with padding)");
}

/* The parts */

static int read_cluster(const struct reader *r, const struct vc_node *node,
                        struct vc_kube_config *config)
{
	size_t len;

	if (vc_node_string(r->arena, node, "server", VC_REQUIRED, &config->server,
	                   r->err) < 0 ||
	    read_path(r, node, "certificate-authority", &config->ca_file) < 0 ||
	    read_data(r, node, "certificate-authority-data", &config->ca) < 0 ||
	    vc_node_bool(node, "insecure-skip-tls-verify", VC_OPTIONAL, &config->insecure,
	                 r->err) < 0 ||
	    read_text(r, node, "tls-server-name", &config->server_name) < 0 ||
	    read_text(r, node, "proxy-url", &config->proxy) < 0)
		return -(int)r->err->kind;
	len = strlen(config->server);
	while (len > 0 && config->server[len - 1] == '/')
		config->server[--len] = '\0';
	if (config->insecure && (config->ca_file || config->ca.data))
		return vc_node_fail(
			node, r->err, VC_ERR_INPUT,
			"insecure-skip-tls-verify and a certificate authority "
			"contradict each other; remove one of them");
	return 0;
}

static int refuse_plugins(const struct reader *r, const struct vc_node *node)
{
	static const char *const plugins[] = { "exec", "auth-provider" };
	static const char *const impersonation[] = { "as", "as-uid", "as-groups",
		                                     "as-user-extra" };
	struct vc_node member;

	for (size_t i = 0; i < VC_ARRAY_SIZE(plugins); i++)
		if (vc_node_member(node, plugins[i], &member) &&
		    vc_node_type(&member) != VC_NODE_NULL)
			return vc_node_fail(
				&member, r->err, VC_ERR_REFUSED,
				"programs that fetch credentials are not run; give this "
				"user a token ('kubectl create token'), a tokenFile or a "
				"client certificate");
	for (size_t i = 0; i < VC_ARRAY_SIZE(impersonation); i++)
		if (vc_node_member(node, impersonation[i], &member) &&
		    vc_node_type(&member) != VC_NODE_NULL)
			return vc_node_fail(&member, r->err, VC_ERR_REFUSED,
			                    "impersonation is not known here; use "
			                    "credentials of the account itself");
	return 0;
}

static int read_user(const struct reader *r, const struct vc_node *node,
                     struct vc_kube_config *config)
{
	if (refuse_plugins(r, node) < 0 ||
	    read_secret(r, node, "token", &config->token) < 0 ||
	    read_path(r, node, "tokenFile", &config->token_file) < 0 ||
	    read_path(r, node, "client-certificate", &config->certificate_file) < 0 ||
	    read_data(r, node, "client-certificate-data", &config->certificate) < 0 ||
	    read_path(r, node, "client-key", &config->key_file) < 0 ||
	    read_data(r, node, "client-key-data", &config->key) < 0 ||
	    read_text(r, node, "username", &config->username) < 0 ||
	    read_secret(r, node, "password", &config->password) < 0)
		return -(int)r->err->kind;
	return 0;
}

/* Finding them */

struct place {
	struct vc_node root, list, entry, node; /* each the parent of the next */
	const char *directory;
};

static int find_in_file(const struct vc_tree *tree, const char *list, const char *name,
                        struct place *place, struct vc_err *err)
{
	bool found = false;

	place->root = vc_tree_root(tree, 0);
	if (vc_node_array(&place->root, list, VC_OPTIONAL, &place->list, &found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; found && i < vc_node_count(&place->list); i++) {
		struct vc_node key;
		const char *text;

		place->entry = vc_node_element(&place->list, i);
		text = vc_node_member(&place->entry, "name", &key) ? vc_node_text(&key)
		                                                   : NULL;
		if (text && strcmp(text, name) == 0)
			return 1;
	}
	return 0;
}

/* The member @kind of the entry @name of the first file that has one in @list */
static int find(const struct vc_kubeconfig *files, const char *list, const char *kind,
                const char *name, struct place *place, struct vc_err *err)
{
	bool found = false;

	for (size_t i = 0; i < files->n; i++) {
		int r = find_in_file(files->trees[i], list, name, place, err);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		place->directory = files->directories[i];
		return vc_node_object(&place->entry, kind, VC_REQUIRED, &place->node,
		                      &found, err);
	}
	place->root = vc_tree_root(files->trees[0], 0);
	return vc_node_fail(&place->root, err, VC_ERR_ABSENT,
	                    "there is no %s '%.128s' in 'kubectl config view'", kind,
	                    name);
}

/* The name of the context that is meant; NULL none */
static int current_context(const struct vc_kubeconfig *files, const struct reader *r,
                           char **ret_name)
{
	char *name = NULL;

	for (size_t i = 0; i < files->n && !name; i++) {
		struct vc_node root = vc_tree_root(files->trees[i], 0);

		if (read_text(r, &root, "current-context", &name) < 0)
			return -(int)r->err->kind;
	}
	*ret_name = name;
	return 0;
}

static int read_parts(const struct vc_kubeconfig *files, struct reader *r,
                      const struct vc_node *context, struct vc_kube_config *config)
{
	char *cluster = NULL, *user = NULL;
	struct place place;

	if (vc_node_string(r->arena, context, "cluster", VC_REQUIRED, &cluster, r->err) <
	            0 ||
	    read_text(r, context, "user", &user) < 0 ||
	    read_text(r, context, "namespace", &config->namespace) < 0 ||
	    find(files, "clusters", "cluster", cluster, &place, r->err) < 0)
		return -(int)r->err->kind;
	r->directory = place.directory;
	if (read_cluster(r, &place.node, config) < 0)
		return -(int)r->err->kind;
	if (!user)
		return 0;
	if (find(files, "users", "user", user, &place, r->err) < 0)
		return -(int)r->err->kind;
	r->directory = place.directory;
	return read_user(r, &place.node, config);
}

/**
 * vc_kubeconfig_resolve() - What a context says, with its cluster and its user
 * @files:	at least one
 * @context:	name; NULL the current one
 * @config:	initialised, filled
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (no such context, cluster or user), -VC_ERR_INPUT,
 * -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_kubeconfig_resolve(const struct vc_kubeconfig *files, const char *context,
                          struct vc_kube_config *config, struct vc_err *err)
{
	struct reader r = { .arena = &config->arena, .err = err, .directory = "" };
	char *name = NULL;
	struct place place;

	if (context)
		name = vc_arena_strdup(r.arena, context);
	else if (current_context(files, &r, &name) < 0)
		return -(int)err->kind;
	place.root = vc_tree_root(files->trees[0], 0);
	if (!name)
		return vc_node_fail(&place.root, err, VC_ERR_ABSENT,
		                    "no current-context; say --context, or run 'kubectl "
		                    "config use-context'");
	if (find(files, "contexts", "context", name, &place, err) < 0)
		return -(int)err->kind;
	config->namespace = vc_arena_strdup(r.arena, "default");
	config->origin =
		vc_arena_printf(r.arena, "%s: context '%s'", place.node.file, name);
	if (!config->namespace || !config->origin)
		return vc_fail_oom(err);
	if (read_parts(files, &r, &place.node, config) < 0)
		return -(int)err->kind;
	return vc_kube_config_check(config, err);
}

/**
 * vc_kubeconfig_release() - Free
 * @files:	files; none afterwards
 */
void vc_kubeconfig_release(struct vc_kubeconfig *files)
{
	for (size_t i = 0; i < files->n; i++) {
		vc_tree_free(files->trees[i]);
		free(files->directories[i]);
	}
	files->n = 0;
}
