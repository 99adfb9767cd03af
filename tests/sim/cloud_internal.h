/* SPDX-License-Identifier: MIT */
/* Between the files of the cloud: its state, its routes, and how a route answers. */
#pragma once

#include <json-c/json.h>

#include "tests/sim/cloud.h"
#include "tests/sim/cloud_cert.h"
#include "tests/sim/cloud_fault.h"
#include "tests/sim/cloud_http.h"
#include "tests/sim/cloud_items.h"

enum cloud_host {
	CLOUD_HOST_API,
	CLOUD_HOST_WEB,
	CLOUD_HOST_STORE, /* S3-like */
	CLOUD_HOST_TEXT,
	CLOUD_HOST_OTHER, /* where redirects lead; no token has business there */
	CLOUD_HOST_COUNT
};

#define CLOUD_STORE_FILE "/or-cloud-upload-sim/users/filename/"
#define CLOUD_STORE_SIZE "/or-cloud-upload-sim/users/size/"
#define CLOUD_TOKENS_MAX 64
#define CLOUD_TOKEN_BYTES 1024
#define CLOUD_CSRF_MAX 16
#define CLOUD_LOG_MAX 256

struct cloud_token {
	char text[CLOUD_TOKEN_BYTES]; /* "" = free */
	int64_t until_ms;	      /* monotonic; INT64_MAX = for ever */
	bool dead;
};

/* A one-time code that was sent; text "" = none. */
struct cloud_code {
	char text[8];
	int64_t until_ms;
};

/* Where the authenticator's answer holds the token. */
enum cloud_tfa {
	CLOUD_TFA_USUAL, /* accessToken over the API host, a cookie over the web host */
	CLOUD_TFA_COOKIE,
	CLOUD_TFA_ACCESS_TOKEN,
	CLOUD_TFA_TOKEN,
	CLOUD_TFA_COUNT
};

enum cloud_sign { CLOUD_SIGN_NONE, CLOUD_SIGN_GOOD, CLOUD_SIGN_BAD, CLOUD_SIGN_COUNT };

/* What `cloud set` changes. */
struct cloud_settings {
	enum cloud_login login;
	enum cloud_tfa tfa;
	int64_t expires_s; /* told as expiresIn, and meant; -1 = not told, no end */
	int64_t code_s;	   /* how long a code is good */
	bool jwt, data_shape, tasks_shape, tfa_api, upload, url_typed, sign_required;
	int64_t url_s; /* how long an upload address is good */
	int64_t text_version;
};

struct cloud_entry {
	int64_t at_ms;
	enum cloud_host host;
	int status;
	const char *route, *auth; /* auth: none, good, dead */
	enum cloud_sign sign;
	char method[8], target[200], agent[120];
};

struct cloud {
	struct sim *sim;
	char *dir, *account, *phone, *password;
	enum cloud_region region;
	struct web_pki *pki;
	EVP_PKEY *sign_key;
	struct http_server server[CLOUD_HOST_COUNT];
	uint16_t mqtt_port;
	int64_t uid;
	cloud_death_fn death;
	void *death_arg;
	struct cloud_settings set;
	struct cloud_faults faults;
	struct cloud_token token[CLOUD_TOKENS_MAX];
	struct event *token_clock; /* rings when the next token ends */
	struct cloud_code mail, sms, tfa;
	char tfa_key[40];
	char csrf[CLOUD_CSRF_MAX][40];
	unsigned next_csrf;
	struct cloud_items items;
	/* counters */
	uint64_t requests, bad_requests, tokens_issued, tokens_dead, logins_refused, codes_sent;
	uint64_t unauthorized, abroad; /* abroad: Authorization on a host that it is not for */
	uint64_t sign_good, sign_bad, uploads, upload_bytes, uploads_refused;
	uint64_t *route_count; /* one per row of the table, then one for the rest */
	struct cloud_entry log[CLOUD_LOG_MAX];
	uint64_t logged;
	char *last; /* the last request as JSON */
};

/* One exchange on its way through a route. */
struct cloud_call {
	struct cloud *cloud;
	struct http_exchange *x;
	enum cloud_host host;
	json_object *body; /* NULL unless the route takes one */
	char *part;	   /* what the last * in the route's path stands for */
	bool wrapped;	   /* the payload stands in `data` */
};

/* cloud_answer.c: the shapes of answers. */
struct jw *cloud_begin(struct cloud_call *call);      /* message, code, error, then payload */
struct jw *cloud_begin_bare(struct cloud_call *call); /* payload alone */
struct jw *cloud_begin_data(struct cloud_call *call); /* code, message, data{payload} */
void cloud_end(struct cloud_call *call);
void cloud_done(struct cloud_call *call, const char *message); /* code 0 and these words */
void cloud_error(struct cloud_call *call, int status, int code, const char *text);
void cloud_plain(struct http_exchange *x, int status, const char *type, const char *text);
/* A member of the request's body; NULL unless a string that is not empty. */
const char *cloud_word(const struct cloud_call *call, const char *key);
/* A number of the query within 0..max; the fallback when absent or wrong. */
int64_t cloud_number(const struct cloud_call *call, const char *key, int64_t max, int64_t fallback);
extern const char *const cloud_login_names[CLOUD_LOGIN_COUNT];
const char *cloud_host_name(enum cloud_host host);
const char *cloud_sign_name(enum cloud_sign sign);
char *cloud_url(const struct cloud *c, enum cloud_host host); /* caller frees */

/* cloud_token.c */
void cloud_token_init(struct cloud *c);
void cloud_token_finish(struct cloud *c);
const char *cloud_token_issue(struct cloud *c, const char *text); /* text NULL: a new one */
bool cloud_token_lives(struct cloud *c, const char *text);
void cloud_token_kill(struct cloud *c, const char *text); /* NULL: all */
void cloud_random_hex(char *buf, size_t size);		  /* size - 1 digits */
void cloud_random_code(struct cloud_code *code, int64_t life_s);
enum cloud_sign cloud_check_sign(const struct cloud *c, const struct http_exchange *x);
