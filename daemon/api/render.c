/* SPDX-License-Identifier: MIT */
/* The status object as a whole and its small sections. */
#include "daemon/api/render.h"

#include "common/util.h"
#include "daemon/api/render_internal.h"
#include "daemon/model/raw.h"

static void render_tags(struct jw *w, const struct printer_view *v)
{
	jw_array(w, "tags");
	for (const char *const *tag = v->tags; tag != NULL && *tag != NULL; tag++) {
		jw_str(w, NULL, *tag);
	}
	jw_array_end(w);
}

/* Who it is: the members at the top of the object. */
static void render_identity(struct jw *w, const struct printer_view *v)
{
	const struct state_info *info = &v->state->info;
	const struct caps *caps = info->caps;

	jw_str(w, "name", v->name);
	jw_str(w, "serial", v->serial);
	put_str(w, "model", caps->model != NULL ? caps->model : info->code);
	put_str(w, "product", info->product[0] != '\0' ? info->product : caps->product);
	put_str(w, "firmware", info->firmware);
	render_tags(w, v);
	put_str(w, "instance", v->instance);
}

static void render_section_link(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct link_view *link = &v->link;

	jw_object(w, key);
	jw_str(w, "state", link_state_word(link->state));
	jw_str(w, "plane", plane_word(link->plane));
	put_str(w, "address", link->address);
	put_str(w, "address_source", link->address_source);
	jw_time(w, "since", link->since_wall_ms);
	put_age(w, "age_ms", v->now_mono_ms, link->last_message_mono_ms);
	put_age(w, "full_age_ms", v->now_mono_ms, v->state->full_mono_ms);
	jw_str(w, "tls", tls_word(link->tls));
	jw_int(w, "reconnects", (int64_t)link->reconnects);
	put_str(w, "last_error", link->last_error);
	put_str(w, "last_error_hint", link->last_error_hint);
	jw_object_end(w);
}

static void render_section_control(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state *s = v->state;

	jw_object(w, key);
	jw_str(w, "state", control_state_word(s->control));
	put_str(w, "evidence", s->control_evidence);
	jw_time(w, "since", s->control_since_wall_ms);
	jw_object_end(w);
}

static void render_section_fans(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state_fans *fans = &v->state->fans;

	jw_object(w, key);
	put_int(w, "part_pct", fans->part_pct);
	put_int(w, "aux_pct", fans->aux_pct);
	put_int(w, "chamber_pct", fans->chamber_pct);
	put_int(w, "heatbreak_pct", fans->heatbreak_pct);
	jw_object_end(w);
}

static void render_section_lights(struct jw *w, const char *key, const struct printer_view *v)
{
	jw_object(w, key);
	for (int node = 0; node < LIGHT_NODE_COUNT; node++) {
		jw_str(w, light_node_word((enum light_node)node),
		    light_mode_word(v->state->lights[node]));
	}
	jw_object_end(w);
}

static void render_section_camera(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct camera_summary *camera = &v->camera;
	const struct caps *caps = v->state->info.caps;

	jw_object(w, key);
	/* A model nobody knows may well have a camera: no row is not "none". */
	jw_str(w, "kind", caps->model != NULL ? camera_kind_word(caps->camera) : NULL);
	put_str(w, "state", camera->state);
	put_age(w, "frame_age_ms", v->now_mono_ms, camera->frame_mono_ms);
	put_int(w, "width", camera->width);
	put_int(w, "height", camera->height);
	put_str(w, "why", camera->why);
	jw_object_end(w);
}

static const char *door_word(const struct state *s)
{
	const struct caps *caps = s->info.caps;

	if (s->device.door_open == TRI_UNKNOWN ||
	    (caps->model != NULL && caps->door == DOOR_NONE)) {
		return NULL;
	}
	return s->device.door_open == TRI_YES ? "open" : "closed";
}

static void render_section_device(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state *s = v->state;
	const struct state_device *device = &s->device;
	int nozzles = s->info.caps->nozzles > 0 ? s->info.caps->nozzles : (int)s->temp.nozzle_count;

	jw_object(w, key);
	put_int(w, "wifi_dbm", device->wifi_dbm);
	put_tri(w, "wired", device->wired);
	jw_str(w, "sdcard", sdcard_word(device->sdcard));
	jw_str(w, "door", door_word(s));
	put_int(w, "nozzle_count", nozzles > 0 ? nozzles : UNKNOWN_INT);
	put_str(w, "firmware_new", device->firmware_new);
	put_tri(w, "timelapse", device->timelapse);
	put_tri(w, "recording", device->recording);
	jw_object_end(w);
}

static void render_section_options(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state_options *o = &v->state->options;

	jw_object(w, key);
	for (int i = 0; i < OPTION_COUNT; i++) {
		put_tri(w, option_word((enum option_key)i), (enum tri)o->on[i]);
	}
	jw_object(w, "xcam");
	for (int i = 0; i < XCAM_COUNT; i++) {
		jw_object(w, xcam_word((enum xcam_module)i));
		put_tri(w, "on", (enum tri)o->xcam[i]);
		if (xcam_has_sensitivity((enum xcam_module)i)) {
			jw_str(w, "sensitivity", xcam_sensitivity_word(o->sensitivity[i]));
		}
		jw_object_end(w);
	}
	jw_object_end(w);
	jw_object_end(w);
}

/* How old the data of the sections is that printers send piece by piece. */
static void render_ages(struct jw *w, const struct printer_view *v)
{
	static const enum section aged[] = {SECTION_PRINT, SECTION_TEMP, SECTION_AMS, SECTION_HMS};

	jw_object(w, "age_ms");
	for (size_t i = 0; i < ARRAY_SIZE(aged); i++) {
		put_age(
		    w, section_name(aged[i]), v->now_mono_ms, v->state->section_mono_ms[aged[i]]);
	}
	jw_object_end(w);
}

typedef void (*section_writer)(struct jw *w, const char *key, const struct printer_view *v);

/* The members of the object in their order. The identity has no object of its own. */
static const section_writer section_writers[] = {
    [SECTION_INFO] = NULL,
    [SECTION_LINK] = render_section_link,
    [SECTION_CONTROL] = render_section_control,
    [SECTION_PRINT] = render_section_print,
    [SECTION_TEMP] = render_section_temp,
    [SECTION_FANS] = render_section_fans,
    [SECTION_LIGHTS] = render_section_lights,
    [SECTION_AMS] = render_section_ams,
    [SECTION_HMS] = render_section_hms,
    [SECTION_CAMERA] = render_section_camera,
    [SECTION_DEVICE] = render_section_device,
    [SECTION_OPTIONS] = render_section_options,
};
_Static_assert(ARRAY_SIZE(section_writers) == SECTION_COUNT, "a writer per section");

static void render_sections(
    struct jw *w, const struct printer_view *v, uint32_t sections, bool short_form)
{
	if (sections & SECTION_BIT(SECTION_INFO)) {
		render_identity(w, v);
	}
	for (int i = 0; i < SECTION_COUNT; i++) {
		section_writer write = section_writers[i];

		if (write == NULL || !(sections & SECTION_BIT(i))) {
			continue;
		}
		if (i == SECTION_AMS && short_form) {
			write = render_section_ams_short;
		}
		write(w, section_name((enum section)i), v);
	}
	render_ages(w, v);
}

void render_printer(struct jw *w, const char *key, const struct printer_view *v, uint32_t sections)
{
	uint32_t always = SECTION_BIT(SECTION_INFO) | SECTION_BIT(SECTION_LINK);

	jw_object(w, key);
	render_sections(w, v, sections | always, false);
	jw_object_end(w);
}

void render_printer_short(struct jw *w, const char *key, const struct printer_view *v)
{
	jw_object(w, key);
	/* What hardly ever changes would make the list of a farm longer by half. */
	render_sections(w, v, RENDER_ALL & ~SECTION_BIT(SECTION_OPTIONS), true);
	jw_object_end(w);
}

void render_changes(struct jw *w, const char *key, const struct printer_view *v, uint32_t sections)
{
	jw_object(w, key);
	render_sections(w, v, sections, false);
	jw_object_end(w);
}

void render_ams(struct jw *w, const char *key, const struct printer_view *v)
{
	render_section_ams(w, key, v);
}

void render_hms(struct jw *w, const char *key, const struct printer_view *v)
{
	render_section_hms(w, key, v);
}

void render_raw(struct jw *w, const char *key, const struct printer_view *v, const char *section)
{
	if (v->state->raw == NULL) {
		jw_null(w, key);
		return;
	}
	raw_write(v->state->raw, w, key, section);
}
