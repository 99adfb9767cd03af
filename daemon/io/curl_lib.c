/* SPDX-License-Identifier: MIT */
/* libcurl, loaded with its first use: the functions of curl.h that we call, each going on to the
 * library. The type checks of curl.h stay as they are. */
#include "daemon/io/curl_lib.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/io/late_lib.h"

/* The interface since 2006; the name of the build with OpenSSL, whose context we fill. */
#define LIBRARY "libcurl.so.4"

#define FUNCTIONS(X)                \
	X(curl_easy_cleanup)        \
	X(curl_easy_escape)         \
	X(curl_easy_getinfo)        \
	X(curl_easy_init)           \
	X(curl_easy_perform)        \
	X(curl_easy_reset)          \
	X(curl_easy_setopt)         \
	X(curl_easy_strerror)       \
	X(curl_free)                \
	X(curl_global_init)         \
	X(curl_multi_add_handle)    \
	X(curl_multi_assign)        \
	X(curl_multi_cleanup)       \
	X(curl_multi_info_read)     \
	X(curl_multi_init)          \
	X(curl_multi_remove_handle) \
	X(curl_multi_setopt)        \
	X(curl_multi_socket_action) \
	X(curl_slist_append)        \
	X(curl_slist_free_all)      \
	X(curl_url)                 \
	X(curl_url_cleanup)         \
	X(curl_url_get)             \
	X(curl_url_set)

struct api {
	FUNCTIONS(LATE_MEMBER)
};

static const struct late_function rows[] = {FUNCTIONS(LATE_ROW)};

static struct api api;
static bool loaded, complained;

int curl_lib_load(struct err *e)
{
	char why[LATE_WHY_BYTES] = "its start failed";
	int r;

	if (loaded) {
		return 0;
	}
	r = late_load(LIBRARY, rows, ARRAY_SIZE(rows), &api, why);
	loaded = r == 0 && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	if (loaded) {
		return 0;
	}
	err_set(e, ERR_UNSUPPORTED, "%s cannot be loaded: %s", LIBRARY, why);
	err_hint(e, "install libcurl (Debian: libcurl4)");
	if (!complained) {
		complained = true;
		log_err("%s; neither the cloud nor files can be used without it", e->message);
	}
	return -ELIBACC;
}

/* ---- what curl.h declares; in brackets where it has macros of that name ---- */

CURL *curl_easy_init(void)
{
	return api.curl_easy_init();
}

void curl_easy_cleanup(CURL *easy)
{
	api.curl_easy_cleanup(easy);
}

void curl_easy_reset(CURL *easy)
{
	api.curl_easy_reset(easy);
}

CURLcode curl_easy_perform(CURL *easy)
{
	return api.curl_easy_perform(easy);
}

/* The number of an option says of which kind its argument is. */
CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...)
{
	CURLcode code;
	va_list ap;

	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT) {
		code = (api.curl_easy_setopt)(easy, option, va_arg(ap, long));
	} else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
		code = (api.curl_easy_setopt)(easy, option, va_arg(ap, curl_off_t));
	} else {
		code = (api.curl_easy_setopt)(easy, option, va_arg(ap, void *));
	}
	va_end(ap);
	return code;
}

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...)
{
	CURLcode code;
	va_list ap;

	va_start(ap, info);
	code = (api.curl_easy_getinfo)(easy, info, va_arg(ap, void *));
	va_end(ap);
	return code;
}

const char *curl_easy_strerror(CURLcode code)
{
	return api.curl_easy_strerror(code);
}

char *curl_easy_escape(CURL *easy, const char *text, int len)
{
	return api.curl_easy_escape(easy, text, len);
}

void curl_free(void *p)
{
	api.curl_free(p);
}

CURLcode curl_global_init(long flags)
{
	return api.curl_global_init(flags);
}

CURLM *curl_multi_init(void)
{
	return api.curl_multi_init();
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
	return api.curl_multi_cleanup(multi);
}

CURLMcode(curl_multi_setopt)(CURLM *multi, CURLMoption option, ...)
{
	CURLMcode code;
	va_list ap;

	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT) {
		code = (api.curl_multi_setopt)(multi, option, va_arg(ap, long));
	} else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
		code = (api.curl_multi_setopt)(multi, option, va_arg(ap, curl_off_t));
	} else {
		code = (api.curl_multi_setopt)(multi, option, va_arg(ap, void *));
	}
	va_end(ap);
	return code;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return api.curl_multi_add_handle(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return api.curl_multi_remove_handle(multi, easy);
}

CURLMcode curl_multi_assign(CURLM *multi, curl_socket_t fd, void *arg)
{
	return api.curl_multi_assign(multi, fd, arg);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int what, int *ret_running)
{
	return api.curl_multi_socket_action(multi, fd, what, ret_running);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *ret_left)
{
	return api.curl_multi_info_read(multi, ret_left);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	return api.curl_slist_append(list, text);
}

void curl_slist_free_all(struct curl_slist *list)
{
	api.curl_slist_free_all(list);
}

CURLU *curl_url(void)
{
	return api.curl_url();
}

void curl_url_cleanup(CURLU *url)
{
	api.curl_url_cleanup(url);
}

#if LIBCURL_VERSION_NUM < 0x080000
#define CURLU_READ CURLU
#else
#define CURLU_READ const CURLU
#endif

CURLUcode curl_url_get(CURLU_READ *url, CURLUPart part, char **ret, unsigned flags)
{
	return api.curl_url_get(url, part, ret, flags);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags)
{
	return api.curl_url_set(url, part, text, flags);
}
