/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - which API server, whom to trust, who we are: of a kubeconfig, or of the
 * service account of a pod.
 *
 * Files that it names (tokens, certificates, keys) are not read here but anew for each
 * request: they are replaced while we run.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "kube/http.h"
#include "kube/secret.h"

/**
 * struct vc_kube_config - where and as whom
 * @arena:	holds the texts
 * @origin:	where this is from, for messages: "FILE: context 'NAME'"
 * @server:	URL without a slash at the end
 * @namespace:	of the context, or of our pod; "default" when nothing says
 * @ca_file:	NULL none
 * @ca:		certificates given in place; win over @ca_file
 * @server_name, @proxy, @insecure: see struct vc_http_peer
 * @token_file:	wins over @token; NULL none
 * @certificate_file, @key_file: NULL none
 * @certificate, @key: given in place; win over the files
 * @username:	with @password; NULL none
 */
struct vc_kube_config {
	struct vc_arena arena;
	char *origin;
	char *server;
	char *namespace;
	char *ca_file;
	struct vc_secret ca;
	char *server_name, *proxy;
	bool insecure;
	char *token_file;
	struct vc_secret token;
	char *certificate_file, *key_file;
	struct vc_secret certificate, key;
	char *username;
	struct vc_secret password;
};

#define VC_KUBE_CONFIG_INIT             \
	{                               \
		.arena = VC_ARENA_INIT, \
	}
#define VC_AUTO_KUBE_CONFIG VC_CLEANUP(vc_kube_config_release)

/**
 * struct vc_kube_choice - what the user said
 * @kubeconfig:	--kubeconfig; NULL: $KUBECONFIG, else ~/.kube/config, else our pod
 * @context:	--context; NULL the current one
 * @service_account: directory of our pod's account; NULL where it always is
 */
struct vc_kube_choice {
	const char *kubeconfig;
	const char *context;
	const char *service_account;
};

int vc_kube_config_find(const struct vc_kube_choice *choice,
                        struct vc_kube_config *config, struct vc_err *err) VC_MUST_CHECK;
int vc_kube_config_in_cluster(const struct vc_kube_choice *choice,
                              struct vc_kube_config *config, struct vc_err *err)
	VC_MUST_CHECK;
int vc_kube_config_check(const struct vc_kube_config *config, struct vc_err *err)
	VC_MUST_CHECK;
int vc_kube_config_peer(const struct vc_kube_config *config, struct vc_http_peer *peer,
                        struct vc_err *err) VC_MUST_CHECK;
void vc_kube_config_release(struct vc_kube_config *config);

#define VC_AUTO_PEER VC_CLEANUP(vc_kube_peer_release)
void vc_kube_peer_release(struct vc_http_peer *peer);
