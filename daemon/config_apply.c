/* SPDX-License-Identifier: MIT */
/* Drafts judged: texts become values, printers usable or disabled with the reason. */
#include "daemon/config_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/un.h>

#include "common/paths.h"
#include "common/util.h"
#include "daemon/config_secret.h"
#include "daemon/config_value.h"

/* What went wrong with one value. */
struct refusal {
	const struct config_key *key;
	const struct config_draft_value *value;
	bool is_error;
	char *why; /* owned */
};

/* "Port=99999: want ..."; a secret's text is never repeated. */
static char *refusal_text(const struct refusal *r)
{
	return r->key->type == CONFIG_SECRET
		   ? xasprintf("%s: %s", r->key->name, r->why)
		   : xasprintf("%s=%s: %s", r->key->name, r->value->text, r->why);
}

/* The value that counts: what was said, unless it is empty; else the default. NULL for none. */
static const char *text_in_force(const struct config_key *k, const struct config_draft_value *v)
{
	const char *text = v->text && *v->text ? v->text : k->preset;

	return *text ? text : NULL;
}

static bool has_control(const char *s)
{
	while (*s == '\t' || ((unsigned char)*s >= 0x20 && *s != 0x7f)) {
		s++;
	}
	return *s != '\0';
}

/* 0, or negative with *r filled. */
static int apply_value(const struct config_loader *l, const struct config_key *k,
    const struct config_draft_value *v, void *base, struct config_origin *ret_origin,
    struct refusal *r)
{
	const char *text = text_in_force(k, v);
	bool is_said = text && text == v->text;
	int rc = 0;

	*r = (struct refusal){.key = k, .value = v, .is_error = true};
	if (text && has_control(text)) {
		r->why = xstrdup("control character in the value");
		rc = -EINVAL;
	} else if (text) {
		rc = config_value_set(
		    k, base, text, is_said ? config_origin_file(l, &v->origin) : NULL, &r->why);
		/* Run by hand a service's credentials are missing: the file is not to blame. */
		r->is_error = rc != -ENOKEY;
	}
	if (rc < 0 && *k->preset) {
		_cleanup_free_ char *why = NULL;

		/* A disabled printer is still shown, so its fields stay values. */
		config_value_set(k, base, k->preset, NULL, &why);
	}
	if (is_said) {
		*ret_origin = v->origin;
	}
	return rc;
}

static int refuse_daemon(
    const struct config_loader *l, const struct config_origin *o, const char *text, struct err *e)
{
	_cleanup_free_ char *where = config_origin_text(l->c, o);

	err_set(e, ERR_USAGE, "%s: %s", where, text);
	return -EINVAL;
}

static int check_place(const char *path, const char *what, const char *variable, struct err *e)
{
	if (path) {
		return 0;
	}
	err_set(e, ERR_USAGE, "%s is not set, so there is no default: set %s", variable, what);
	return -EINVAL;
}

static int default_places(struct config_daemon *d, struct err *e)
{
	char host[HOST_NAME_MAX + 1] = "";
	int rc;

	d->socket = d->socket ? d->socket : paths_socket();
	d->state_dir = d->state_dir ? d->state_dir : paths_state_dir();
	d->cache_dir = d->cache_dir ? d->cache_dir : paths_cache_dir();
	if (!d->instance) {
		gethostname(host, sizeof(host) - 1);
		d->instance = xstrdup(host);
	}
	rc = check_place(d->socket, "Socket= or --socket", "XDG_RUNTIME_DIR", e);
	if (rc == 0) {
		rc = check_place(
		    d->state_dir, "StateDirectory= or --state-dir", "HOME or XDG_STATE_HOME", e);
	}
	return rc < 0 ? rc
		      : check_place(d->cache_dir, "CacheDirectory=", "HOME or XDG_CACHE_HOME", e);
}

int config_apply_daemon(struct config_loader *l, struct err *e)
{
	const struct config_draft *d = &l->single[SECTION_DAEMON];
	struct config_daemon *to = &l->c->daemon;
	struct config_origin *origins = l->c->detail->single[SECTION_DAEMON];
	unsigned i;
	int rc;

	for (i = 0; i < l->key_counts[SECTION_DAEMON]; i++) {
		const struct config_key *k = &l->keys[SECTION_DAEMON][i];
		struct refusal r;

		rc = apply_value(l, k, &d->values[i], to, &origins[i], &r);
		if (rc < 0) {
			_cleanup_free_ char *text = refusal_text(&r);

			free(r.why);
			return refuse_daemon(l, &d->values[i].origin, text, e);
		}
	}
	rc = default_places(to, e);
	if (rc == 0 && strlen(to->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		err_set(e, ERR_USAGE, "socket path is %zu bytes, at most 107 are possible: %s",
		    strlen(to->socket), to->socket);
		rc = -EINVAL;
	}
	return rc;
}

static void apply_single(struct config_loader *l, enum config_section_id id, char **ret_why)
{
	const struct config_draft *d = &l->single[id];
	unsigned i;

	for (i = 0; i < l->key_counts[id]; i++) {
		const struct config_key *k = &l->keys[id][i];
		struct refusal r;

		if (k->offset == CONFIG_NO_FIELD ||
		    apply_value(l, k, &d->values[i], config_section_base(l->c, id),
			&l->c->detail->single[id][i], &r) == 0) {
			continue;
		}
		_cleanup_free_ char *text = refusal_text(&r);

		config_warn(l, &d->values[i].origin, r.is_error, "%s", text);
		if (ret_why && !*ret_why) {
			_cleanup_free_ char *where = config_origin_text(l->c, &d->values[i].origin);

			*ret_why = xasprintf("%s: %s", where, text);
		}
		free(r.why);
	}
}

/* https, a host, and no slash at the end that would double the one of the path. */
static bool is_base_url(const char *url)
{
	size_t len = strlen(url);

	return str_starts(url, "https://") && len > 8 && url[8] != '/' && url[len - 1] != '/';
}

static void check_cloud(struct config_loader *l)
{
	struct config_cloud *c = &l->c->cloud;
	const struct {
		const char *key, *url;
	} urls[] = {{"ApiUrl", c->api_url}, {"WebUrl", c->web_url}, {"TextUrl", c->text_url}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(urls) && !c->disabled; i++) {
		if (urls[i].url && !is_base_url(urls[i].url)) {
			c->disabled =
			    xasprintf("%s=%s: want https://HOST without a slash at the end",
				urls[i].key, urls[i].url);
		}
	}
	if (!c->disabled && c->region == REGION_CUSTOM && (!c->api_url || !c->mqtt_host)) {
		c->disabled = xstrdup("Region=custom needs ApiUrl= and MqttHost=");
	}
	if (!c->disabled && !c->sign_cert_id != !c->sign_key) {
		c->disabled =
		    xstrdup("SignCertId= and SignKey= belong together: give both or none");
	}
	if (c->disabled && !c->enabled && c->text_url) {
		config_warn(l, &l->single[SECTION_CLOUD].origin, true,
		    "texts of codes are not fetched: %s", c->disabled);
	}
	if (c->disabled && c->enabled) {
		config_warn(l, &l->single[SECTION_CLOUD].origin, true,
		    "the account is not used: %s", c->disabled);
	}
}

void config_apply_cloud(struct config_loader *l)
{
	apply_single(l, SECTION_CLOUD, &l->c->cloud.disabled);
	check_cloud(l);
}

static void check_metrics(struct config_loader *l)
{
	const char *path = l->c->metrics.textfile;
	size_t len = path ? strlen(path) : 0;

	if (path && (len < 5 || strcmp(path + len - 5, ".prom") != 0)) {
		config_warn(l, &l->single[SECTION_METRICS].origin, true,
		    "Textfile=%s: its reader takes names that end in .prom", path);
	}
}

void config_apply_singles(struct config_loader *l)
{
	static const enum config_section_id sections[] = {
	    SECTION_DISCOVERY, SECTION_ALERTS, SECTION_METRICS, SECTION_HISTORY};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		apply_single(l, sections[i], NULL);
	}
	check_metrics(l);
}

void config_apply_kept(struct config_loader *l)
{
	struct config_detail *detail = l->c->detail;
	unsigned id, i;

	for (id = 0; id < SECTION_COUNT; id++) {
		for (i = 0; i < l->key_counts[id]; i++) {
			const struct config_key *k = &l->keys[id][i];
			const struct config_draft_value *v = &l->single[id].values[i];

			if (k->offset != CONFIG_NO_FIELD || !v->text || !*v->text) {
				continue;
			}
			detail->single[id][i] = v->origin;
			detail->kept[id][i] =
			    xstrdup(k->type == CONFIG_SECRET ? CONFIG_SECRET_MASK : v->text);
		}
	}
}

/* One sentence, with the place: the first reason stays. */
static void disable(struct config_loader *l, void *base, const struct config_origin *o,
    bool is_error, const char *text)
{
	struct printer_config *p = base;
	_cleanup_free_ char *where = config_origin_text(l->c, o);

	config_warn(l, o, is_error, "%s disabled: %s", p->name, text);
	if (!p->disabled) {
		p->disabled = xasprintf("%s: %s", where, text);
	}
}

void config_apply_values(struct config_loader *l, enum config_section_id id,
    const struct config_draft *d, void *base, struct config_origin *origins,
    config_refuse_fn refuse)
{
	unsigned i;

	for (i = 0; i < l->key_counts[id]; i++) {
		struct refusal r;

		if (apply_value(l, &l->keys[id][i], &d->values[i], base, &origins[i], &r) < 0) {
			_cleanup_free_ char *text = refusal_text(&r);

			free(r.why);
			refuse(l, base, &d->values[i].origin, r.is_error, text);
		}
	}
}

/* Where the key stands, or the section when it stands nowhere. */
static const struct config_origin *origin_of(
    const struct config_loader *l, const struct config_draft *d, const char *key)
{
	int i = config_key_find(l->keys[SECTION_PRINTER], l->key_counts[SECTION_PRINTER], key);

	return d->values[i].origin.line ? &d->values[i].origin : &d->origin;
}

/* The file last looked at: many printers share one. */
struct ca_cache {
	const char *path;
	int rc;
};

const char *config_why_no_address(const struct config *c, const struct printer_config *p)
{
	if (p->address) {
		return NULL;
	}
	if (p->verify == VERIFY_INSECURE) {
		return "no Address=: with Verify=insecure none is taken from the network, add it";
	}
	return c->discovery.ssdp ? NULL : "no Address=, and Ssdp=no: add it";
}

static int check_ca(struct ca_cache *cache, const char *path)
{
	if (!cache->path || strcmp(cache->path, path) != 0) {
		cache->path = path;
		cache->rc = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 ? -errno : 0;
	}
	return cache->rc;
}

/* What a printer needs before it can be connected to. */
static void check_printer(struct config_loader *l, const struct config_draft *d,
    struct printer_config *p, struct ca_cache *cache)
{
	static const uint8_t no_pin[sizeof(p->pin)];
	/* What the account knows of it may stand in for these. */
	bool account = config_uses_account(l->c);

	if (p->disabled) {
		return;
	}
	if (!p->serial) {
		disable(l, p, &d->origin, true, "no Serial=: add it, it is on the printer's label");
	} else if (p->mode == MODE_CLOUD && !account) {
		disable(l, p, origin_of(l, d, "Mode"), true,
		    "Mode=cloud needs the account: Enabled=yes in [Cloud]");
	} else if (!p->access_code && !account) {
		disable(l, p, &d->origin, true,
		    "no AccessCode=: add the code from the printer's network menu");
	} else if (!account && config_why_no_address(l->c, p)) {
		disable(l, p, &d->origin, true, config_why_no_address(l->c, p));
	} else if (p->verify == VERIFY_PIN && memcmp(p->pin, no_pin, sizeof(no_pin)) == 0) {
		disable(l, p, origin_of(l, d, "Verify"), true, "Verify=pin needs Pin=");
	} else if (p->ca_file && check_ca(cache, p->ca_file) < 0) {
		_cleanup_free_ char *text =
		    xasprintf("CaFile=%s: %s", p->ca_file, strerror(-cache->rc));

		disable(l, p, origin_of(l, d, "CaFile"), true, text);
	} else if (p->verify == VERIFY_INSECURE) {
		config_warn(l, origin_of(l, d, "Verify"), false,
		    "%s: Verify=insecure, whoever answers at %s gets its access code", p->name,
		    p->address ? p->address : "its address");
	}
}

void config_printer_defaults(struct printer_config *ret)
{
	for (unsigned i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		_cleanup_free_ char *why = NULL;

		if (strcmp(k->section, "Printer") == 0 && *k->preset) {
			config_value_set(k, ret, k->preset, NULL, &why);
		}
	}
}

bool config_uses_account(const struct config *c)
{
	return c->cloud.enabled && !c->cloud.disabled;
}

static int compare_drafts(const void *a, const void *b)
{
	return strcmp(
	    (*(struct config_draft *const *)a)->name, (*(struct config_draft *const *)b)->name);
}

/* By serial; of one serial the section that came first. */
struct owner {
	struct printer_config *printer;
	const struct config_draft *draft;
};

static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	int order = strcmp(x->printer->serial, y->printer->serial);

	if (order == 0) {
		order = (x->draft->origin.file > y->draft->origin.file) -
			(x->draft->origin.file < y->draft->origin.file);
	}
	return order ? order
		     : (x->draft->origin.line > y->draft->origin.line) -
			   (x->draft->origin.line < y->draft->origin.line);
}

static void check_serials(struct config_loader *l)
{
	struct owner *owners = xcalloc(l->printer_count + 1, sizeof(*owners));
	size_t i, n = 0, first = 0;

	for (i = 0; i < l->printer_count; i++) {
		if (l->c->printers[i].serial) {
			owners[n++] = (struct owner){&l->c->printers[i], l->printers[i]};
		}
	}
	qsort(owners, n, sizeof(*owners), compare_owners);
	for (i = 1; i < n; i++) {
		struct printer_config *p = owners[i].printer, *of = owners[first].printer;

		if (strcmp(p->serial, of->serial) != 0) {
			first = i;
		} else {
			_cleanup_free_ char *text = xasprintf(
			    "Serial=%s is that of printer %s already", p->serial, of->name);

			disable(l, p, origin_of(l, owners[i].draft, "Serial"), true, text);
		}
	}
	free(owners);
}

void config_apply_printers(struct config_loader *l)
{
	struct config *c = l->c;
	struct ca_cache cache = {0};
	size_t i;

	if (l->printer_count > 1) {
		qsort(l->printers, l->printer_count, sizeof(struct config_draft *), compare_drafts);
	}
	c->printers = xcalloc(l->printer_count + 1, sizeof(*c->printers));
	c->detail->printers = xcalloc(l->printer_count + 1, sizeof(*c->detail->printers));
	for (i = 0; i < l->printer_count; i++) {
		struct printer_config *p = &c->printers[i];

		c->printer_count++;
		p->name = xstrdup(l->printers[i]->name);
		config_apply_values(
		    l, SECTION_PRINTER, l->printers[i], p, c->detail->printers[i], disable);
		check_printer(l, l->printers[i], p, &cache);
	}
	check_serials(l);
}
