/* SPDX-License-Identifier: MIT */
/* Which printers there are: from a count, a farm file or the demo; and configurations for them. */
#include "tests/sim/farm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "tests/sim/ftp.h"
#include "tests/sim/printer.h"

#define FILE_MAX (4 * 1024 * 1024)

/* Same form as a farm file: NAME, then KEY=VALUE words. */
static const char demo[] =
    "rack1-01 model=H2D state=printing ams=pro2,ht tags=rack1,abs dry=128:70:6 again=600\n"
    "rack1-02 model=X1C state=finished ams=ams,ams tags=rack1\n"
    "rack2-03 model=P1S state=paused ams=ams tags=rack2,pla remove=1 tray=255\n"
    "rack2-04 model=P2S state=preparing ams=pro2 tags=rack2 again=600\n"
    "mini model=A1MINI state=idle ams=lite tags=desk\n"
    "shelf-1 model=A1 state=failed ams=none tags=shelf\n"
    "stranger model=P1P state=idle tags=shelf fault=wrong-cn\n"
    "attic model=X1E state=idle tags=attic fault=off:1\n";

static uint16_t next_port(const struct farm_options *o, uint16_t first, size_t index)
{
	return first == 0 || o->address_each ? first : (uint16_t)(first + index);
}

static void next_address(const struct farm_options *o, size_t index, struct sockaddr_in *ret)
{
	uint32_t host = ntohl(o->address.s_addr) + (o->address_each ? (uint32_t)index : 0);

	*ret = (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons(next_port(o, o->port, index)),
	    .sin_addr.s_addr = htonl(host)};
}

static const struct sim_model *next_model(const struct farm_options *o, size_t index)
{
	return o->models > 0 ? o->model[index % o->models]
			     : sim_model_at(index % sim_model_count());
}

static void set_model(struct printer_spec *spec, const struct sim_model *model, size_t index)
{
	spec->model = model;
	snprintf(spec->serial, sizeof(spec->serial), "%s00A%09zu", model->serial_prefix, index + 1);
}

static void default_spec(
    const struct farm_options *o, size_t index, const char *name, struct printer_spec *spec)
{
	uint64_t mix = (o->seed * 1000003 + index + 1) * 0x9e3779b97f4a7c15u;

	*spec = (struct printer_spec){.seed = o->seed * 1000003 + index + 1};
	str_copy(spec->name, sizeof(spec->name), name);
	snprintf(spec->code, sizeof(spec->code), "%08u", (unsigned)(mix >> 40) % 100000000u);
	if (o->code) {
		str_copy(spec->code, sizeof(spec->code), o->code);
	}
	if (o->ams) {
		spec->ams_given = str_copy(spec->ams, sizeof(spec->ams), o->ams);
	}
	next_address(o, index, &spec->address);
	spec->ftp_port = next_port(o, o->ftp_port, index);
	spec->camera_port = next_port(o, o->camera.port, index);
	set_model(spec, next_model(o, index), index);
}

static int add_printer(
    struct sim *sim, const struct printer_spec *spec, const char *mood, bool still)
{
	struct printer *p;
	int r;

	if (sim_find(sim, spec->name) || sim_find(sim, spec->serial)) {
		log_err("%s: this name or serial appears twice", spec->name);
		return -EEXIST;
	}
	r = printer_create(sim, spec, &p);
	if (r < 0) {
		log_err("%s: %s port %u: %s", spec->name, inet_ntoa(spec->address.sin_addr),
		    ntohs(spec->address.sin_port), strerror(-r));
		return r;
	}
	sim_state_enter(&p->state, (enum sim_mood)sim_mood_by_name(mood));
	p->state.hold = still;
	p->sent = p->state;
	sim->printers = xrealloc(sim->printers, (sim->count + 1) * sizeof(*sim->printers));
	sim->printers[sim->count++] = p;
	return 0;
}

static int create_count(struct sim *sim, const struct farm_options *o)
{
	static const char *const moods[] = {"printing", "idle", "printing", "preparing", "printing",
	    "finished", "paused", "printing", "failed"};
	struct printer_spec spec;
	char name[33];
	int r = 0;

	for (size_t i = 0; i < o->printers && r == 0; i++) {
		snprintf(name, sizeof(name), "sim-%04zu", i + 1);
		default_spec(o, i, name, &spec);
		r = add_printer(
		    sim, &spec, o->state ? o->state : moods[i % ARRAY_SIZE(moods)], o->still);
	}
	return r;
}

/* One KEY=VALUE word of a farm line; what concerns the running printer is done by the caller. */
static int read_word(
    struct printer_spec *spec, const char **mood, size_t index, const char *key, const char *value)
{
	if (strcmp(key, "model") == 0) {
		const struct sim_model *model = sim_model_find(value);

		if (!model) {
			return -EINVAL;
		}
		set_model(spec, model, index);
		return 0;
	}
	if (strcmp(key, "state") == 0) {
		*mood = value;
		return sim_mood_by_name(value) < 0 ? -EINVAL : 0;
	}
	if (strcmp(key, "ams") == 0) {
		spec->ams_given = true;
		return str_copy(spec->ams, sizeof(spec->ams), value) ? 0 : -EINVAL;
	}
	if (strcmp(key, "serial") == 0) {
		return value[0] && str_copy(spec->serial, sizeof(spec->serial), value) ? 0
										       : -EINVAL;
	}
	if (strcmp(key, "code") == 0) {
		return str_copy(spec->code, sizeof(spec->code), value) ? 0 : -EINVAL;
	}
	if (strcmp(key, "tags") == 0) {
		return str_copy(spec->tags, sizeof(spec->tags), value) ? 0 : -EINVAL;
	}
	return -ENOENT;
}

static int set_fault_word(struct printer *p, char *value)
{
	char *arg = strchr(value, ':');
	int which;

	if (arg) {
		*arg++ = '\0';
	}
	which = fault_by_name(value);
	return which < 0 ? which : printer_fault(p, (enum fault)which, true, arg);
}

/* Words that need the printer: faults, and the keys of `set`. */
static int apply_late_words(struct printer *p, char **words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *value = strchr(words[i], '=') + 1;
		int r;

		value[-1] = '\0';
		r = strcmp(words[i], "fault") == 0 ? set_fault_word(p, value)
						   : sim_state_set(&p->state, words[i], value);
		if (r < 0) {
			log_err("%s: %s=%s: %s", p->name, words[i], value, strerror(-r));
			return r;
		}
	}
	p->sent = p->state;
	return 0;
}

static int create_line(struct sim *sim, const struct farm_options *o, char *line)
{
	size_t index = sim->count, late = 0;
	const char *mood = o->state ? o->state : "idle";
	struct printer_spec spec;
	char *words[32], *word;
	int r;

	word = strsep(&line, " \t");
	default_spec(o, index, word, &spec);
	while ((word = strsep(&line, " \t"))) {
		char *value = strchr(word, '=');

		if (word[0] == '\0') {
			continue;
		}
		if (!value) {
			log_err("%s: \"%s\" is not KEY=VALUE", spec.name, word);
			return -EINVAL;
		}
		*value++ = '\0';
		r = read_word(&spec, &mood, index, word, value);
		if (r == -ENOENT && late < ARRAY_SIZE(words)) {
			value[-1] = '=';
			words[late++] = word;
		} else if (r < 0) {
			log_err("%s: %s=%s: %s", spec.name, word, value, strerror(-r));
			return r;
		}
	}
	r = add_printer(sim, &spec, mood, o->still);
	return r < 0 ? r : apply_late_words(sim->printers[index], words, late);
}

static int read_whole_file(const char *path, char **ret)
{
	_cleanup_free_ char *text = xmalloc(FILE_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f) {
		return -errno;
	}
	len = fread(text, 1, FILE_MAX + 1, f);
	fclose(f);
	if (len > FILE_MAX) {
		return -E2BIG;
	}
	text[len] = '\0';
	*ret = TAKE(text);
	return 0;
}

static int create_file(struct sim *sim, const struct farm_options *o)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = 0;

	if (strcmp(o->file, "demo") == 0) {
		text = xstrdup(demo);
	} else if ((r = read_whole_file(o->file, &text)) < 0) {
		log_err("%s: %s", o->file, strerror(-r));
		return r;
	}
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		if (line[0] != '\0' && line[0] != '#') {
			r = create_line(sim, o, line);
		}
	}
	return r;
}

int farm_create(struct sim *sim, const struct farm_options *o)
{
	return o->file ? create_file(sim, o) : create_count(sim, o);
}

void farm_start(struct sim *sim)
{
	for (size_t i = 0; i < sim->count; i++) {
		printer_start(sim->printers[i], (double)(i + 1) / (double)sim->count);
	}
}

void farm_destroy(struct sim *sim)
{
	for (size_t i = 0; i < sim->count; i++) {
		printer_destroy(sim->printers[i]);
	}
	free(sim->printers);
	sim->printers = NULL;
	sim->count = 0;
}

static void write_printer(FILE *f, const struct printer *p, const char *ca_path, const char *camera)
{
	const struct sockaddr_in *a = &p->endpoint.address;

	fprintf(f,
	    "\n[Printer %s]\nSerial=%s\nAddress=%s\nPort=%u\nFtpPort=%u\nAccessCode=%s\n"
	    "CaFile=%s\nCamera=%s\nCameraPort=%u\n",
	    p->name, p->serial, inet_ntoa(a->sin_addr), ntohs(a->sin_port), ftp_port(p->ftp),
	    p->code, ca_path, camera, camera_port(p->camera));
	if (p->tags[0]) {
		fputs("Tags=", f);
		for (const char *c = p->tags; *c; c++) {
			fputc(*c == ',' ? ' ' : *c, f);
		}
		fputc('\n', f);
	}
}

int farm_write_config(
    const struct sim *sim, const char *path, const char *ca_path, const char *camera, bool whole)
{
	_cleanup_free_ char *temporary = xasprintf("%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	int r = 0;

	if (!f) {
		return -errno;
	}
	fprintf(f, "# Made by bambu-sim for its simulated printers.\n");
	if (whole) {
		fprintf(f, "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\n"
			   "CacheDirectory=./cache\n");
		/* Nobody else's printers are to be heard. */
		if (sim->ssdp_port > 0) {
			fprintf(f, "[Discovery]\nSsdpPort=%u\n", sim->ssdp_port);
		} else {
			fprintf(f, "[Discovery]\nSsdp=no\n");
		}
	}
	for (size_t i = 0; i < sim->count; i++) {
		write_printer(f, sim->printers[i], ca_path, camera);
	}
	if (fchmod(fd, 0600) < 0 || fflush(f) != 0) {
		r = -errno;
	}
	if (fclose(f) != 0 && r == 0) {
		r = -errno;
	}
	if (r == 0 && rename(temporary, path) < 0) {
		r = -errno;
	}
	return r;
}
