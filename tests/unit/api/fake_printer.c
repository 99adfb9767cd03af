/* SPDX-License-Identifier: MIT */
/* Stands in for fleet/printer, so that registry, selectors and the API run without a network. */
#include "tests/unit/api/fake_printer.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/fleet/door.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/fleet/start.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

struct printer {
	struct fleet *fleet;
	struct printer_config config;
	struct state state;
	struct hub_slot slot;
	enum link_state link;
	struct printer_counters counters;
	enum err_type refuse;
	unsigned refreshed;
	struct command_request asked;
	command_fn told;
	void *told_arg;
	struct op *op;
};

struct printer *printer_create(struct fleet *f, const struct printer_config *config)
{
	struct printer *p = xcalloc(1, sizeof(*p));

	p->fleet = f;
	printer_config_copy(config, &p->config);
	state_init(&p->state, config->serial, config->model);
	hub_slot_init(&p->slot, p);
	p->link = LINK_ONLINE;
	p->counters.messages = 3;
	return p;
}

void printer_destroy(struct printer *p)
{
	hub_slot_finish(p->fleet->hub, &p->slot);
	state_finish(&p->state);
	printer_config_finish(&p->config);
	free(p);
}

void printer_set_config(struct printer *p, const struct printer_config *config)
{
	printer_config_finish(&p->config);
	memset(&p->config, 0, sizeof(p->config));
	printer_config_copy(config, &p->config);
}

const char *printer_name(const struct printer *p)
{
	return p->config.name;
}

const char *printer_serial(const struct printer *p)
{
	return p->config.serial;
}

const struct printer_config *printer_config(const struct printer *p)
{
	return &p->config;
}

enum link_state printer_link_state(const struct printer *p)
{
	return p->link;
}

const struct state *printer_state(const struct printer *p)
{
	return &p->state;
}

const struct printer_counters *printer_counters(const struct printer *p)
{
	return &p->counters;
}

bool printer_has_problem(const struct printer *p)
{
	return p->link != LINK_ONLINE;
}

void printer_view(const struct printer *p, struct printer_view *ret)
{
	*ret = (struct printer_view){
	    .name = p->config.name,
	    .serial = p->config.serial,
	    .instance = "bench",
	    .state = &p->state,
	    .link = {.state = p->link, .last_message_mono_ms = -1},
	    .camera = {.state = "off",
		.frame_mono_ms = -1,
		.width = UNKNOWN_INT,
		.height = UNKNOWN_INT},
	    .now_mono_ms = loop_now_ms(p->fleet->loop),
	    .now_wall_ms = loop_wall_ms(p->fleet->loop),
	};
}

int printer_refresh(struct printer *p, const char **ret_stage, struct err *e)
{
	if (p->refuse != ERR_NONE) {
		err_set(e, p->refuse, "%s will not", p->config.name);
		err_printer(e, p->config.name);
		return -EBUSY;
	}
	p->refreshed++;
	*ret_stage = "sent";
	return 0;
}

static void mark(struct printer *p, enum section s)
{
	hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(s));
}

void fake_printer_percent(struct printer *p, int percent)
{
	p->state.print.state = PRINT_PRINTING;
	p->state.print.percent = percent;
	mark(p, SECTION_PRINT);
}

void fake_printer_link(struct printer *p, enum link_state state)
{
	p->link = state;
	mark(p, SECTION_LINK);
}

void fake_printer_print_state(struct printer *p, enum print_state state)
{
	p->state.print.state = state;
	mark(p, SECTION_PRINT);
}

int start_check(const struct printer *p, struct err *e)
{
	if (p->link != LINK_ONLINE) {
		err_set(e, ERR_STALE, "not known");
		return -EAGAIN;
	}
	if (p->state.print.state != PRINT_IDLE) {
		err_set(e, ERR_BUSY, "a job");
		return -EBUSY;
	}
	return 0;
}

void fake_printer_file(struct printer *p, const char *file)
{
	free(p->state.print.file);
	p->state.print.file = xstrdup(file);
}

int printer_door(const struct printer *p, struct printer_door *ret, struct err *e)
{
	if (p->link != LINK_ONLINE) {
		err_set(e, ERR_PRINTER_OFFLINE, "%s is away", p->config.name);
		return -ENOTCONN;
	}
	*ret = (struct printer_door){.address = "192.0.2.7", .verify = TLS_VERIFY_INSECURE};
	return 0;
}

void fake_printer_hms(struct printer *p, uint32_t attr, uint32_t code)
{
	struct state_hms *h = &p->state.hms;

	h->entries = xrealloc(h->entries, (h->count + 1) * sizeof(*h->entries));
	h->entries[h->count++] = (struct hms_entry){attr, code, 1000};
	h->known = true;
	mark(p, SECTION_HMS);
}

void fake_printer_job(struct printer *p, size_t bytes)
{
	free(p->state.print.job);
	p->state.print.job = xcalloc(bytes + 1, 1);
	memset(p->state.print.job, 'j', bytes);
	mark(p, SECTION_PRINT);
}

void fake_printer_refuse(struct printer *p, enum err_type type)
{
	p->refuse = type;
}

unsigned fake_printer_refreshed(const struct printer *p)
{
	return p->refreshed;
}

int printer_command(struct printer *p, const struct command_request *r, command_fn fn, void *arg,
    struct op **ret_op, struct err *e)
{
	if (p->refuse != ERR_NONE) {
		err_set(e, p->refuse, "%s will not", p->config.name);
		err_printer(e, p->config.name);
		return -EBUSY;
	}
	p->asked = *r;
	p->told = fn;
	p->told_arg = arg;
	p->op = *ret_op = ops_begin(p->fleet->ops, r->method, p->config.name);
	return 0;
}

int printer_command_preview(
    struct printer *p, const struct command_request *r, struct encode_result *ret, struct err *e)
{
	struct encode_request request = {
	    .method = r->method, .params = r->params, .state = &p->state, .sequence = 40001};

	return encode_command(&request, ret, e);
}

void printer_command_forget(struct printer *p, const struct op *op)
{
	p->told = NULL;
}

const struct op *fake_printer_op(const struct printer *p)
{
	return p->told ? p->op : NULL;
}

void fake_printer_tell(struct printer *p, enum op_stage stage, enum err_type fault)
{
	p->op->stage = stage;
	if (fault != ERR_NONE) {
		err_set(&p->op->error, fault, "%s did not", p->config.name);
	}
	op_end(p->op);
	TAKE(p->told)(p->told_arg, p->op);
}

const struct command_request *fake_printer_asked(const struct printer *p)
{
	return &p->asked;
}

void printer_ask_whole(struct printer *p)
{
	/* Nobody is there to answer. */
}
