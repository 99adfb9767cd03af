/* SPDX-License-Identifier: MIT */
/* The commands of the file server, and what a printer answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tests/sim/ftp_internal.h"

typedef void (*verb_fn)(struct ftp_session *s, const char *arg);

/* Newer models say sdcard false and keep files inside. */
static bool has_card(const struct ftp_session *s)
{
	return !ftp_fault(s, FAULT_FTP_NO_CARD) &&
	       (s->printer->state.sdcard || s->printer->model->family == SIM_FAMILY_NEW);
}

/* Where files can be reached at all. */
static bool is_open(const struct ftp_session *s)
{
	return has_card(s) && !ftp_fault(s, FAULT_FTP_EMMC);
}

/* The path that is meant; refused with code when it is none. */
static bool resolve(
    struct ftp_session *s, const char *arg, int code, char ret[static STORE_PATH_MAX])
{
	if (arg[0] != '\0' && store_path(s->cwd, arg, ret) == 0) {
		return true;
	}
	ftp_reply(s, "%d Bad file name.", code);
	return false;
}

static void run_user(struct ftp_session *s, const char *arg)
{
	s->logged_in = false;
	str_copy(s->user, sizeof(s->user), arg);
	ftp_reply(s, "331 Please specify the password.");
}

static void run_pass(struct ftp_session *s, const char *arg)
{
	if (s->user[0] == '\0') {
		ftp_reply(s, "503 Login with USER first.");
		return;
	}
	if (strcmp(s->user, "bblp") != 0 || strcmp(arg, s->printer->code) != 0 ||
	    ftp_fault(s, FAULT_FTP_REFUSE_LOGIN)) {
		s->printer->counters.ftp_refused++;
		ftp_reply(s, "530 Login incorrect.");
		return;
	}
	s->logged_in = true;
	s->printer->counters.ftp_logins++;
	ftp_reply(s, "230 Login successful.");
	s->mute = ftp_fault(s, FAULT_FTP_HANG_LOGIN);
}

static void run_quit(struct ftp_session *s, const char *arg)
{
	ftp_reply(s, "221 Goodbye.");
	s->leaving = true;
}

static void run_noop(struct ftp_session *s, const char *arg)
{
	ftp_reply(s, "200 NOOP ok.");
}

static void run_syst(struct ftp_session *s, const char *arg)
{
	ftp_reply(s, "215 UNIX Type: L8");
}

static void run_pbsz(struct ftp_session *s, const char *arg)
{
	ftp_reply(s, "200 PBSZ set to 0.");
}

static void run_prot(struct ftp_session *s, const char *arg)
{
	if (strcasecmp(arg, "P") != 0 && strcasecmp(arg, "C") != 0) {
		ftp_reply(s, "504 PROT not supported.");
		return;
	}
	s->prot_set = true;
	s->prot_clear = strcasecmp(arg, "C") == 0;
	ftp_reply(s, s->prot_clear ? "200 PROT now Clear." : "200 PROT now Private.");
}

static void run_type(struct ftp_session *s, const char *arg)
{
	if (strchr("AaIi", arg[0]) == NULL || arg[0] == '\0') {
		ftp_reply(s, "500 Unrecognised TYPE command.");
		return;
	}
	ftp_reply(
	    s, "200 Switching to %s mode.", arg[0] == 'I' || arg[0] == 'i' ? "Binary" : "ASCII");
}

static void run_pwd(struct ftp_session *s, const char *arg)
{
	ftp_reply(s, "257 \"%s\" is the current directory", s->cwd);
}

static void run_cwd(struct ftp_session *s, const char *arg)
{
	char path[STORE_PATH_MAX];
	const struct store_file *f;

	if (!resolve(s, arg, 550, path)) {
		return;
	}
	f = store_find(s->printer->store, path);
	if (!f || !f->folder || (!is_open(s) && strcmp(path, "/") != 0)) {
		ftp_reply(s, "550 Failed to change directory.");
		return;
	}
	str_copy(s->cwd, sizeof(s->cwd), path);
	ftp_reply(s, "250 Directory successfully changed.");
}

static void run_cdup(struct ftp_session *s, const char *arg)
{
	char *slash = strrchr(s->cwd, '/');

	slash[slash == s->cwd] = '\0';
	ftp_reply(s, "250 Directory successfully changed.");
}

static void run_pasv(struct ftp_session *s, const char *arg)
{
	const char *host = inet_ntoa(s->printer->endpoint.address.sin_addr);
	char text[INET_ADDRSTRLEN];
	uint16_t port;

	if (ftp_data_listen(s, &port) < 0) {
		ftp_reply(s, "425 No port for a data connection.");
		return;
	}
	str_copy(text, sizeof(text), ftp_fault(s, FAULT_FTP_THIRD_HOST) ? "192.0.2.1" : host);
	for (char *c = text; *c; c++) {
		*c = *c == '.' ? ',' : *c;
	}
	ftp_reply(s, "227 Entering Passive Mode (%s,%d,%d).", text, port >> 8, port & 0xff);
}

static void run_epsv(struct ftp_session *s, const char *arg)
{
	uint16_t port;

	if (ftp_fault(s, FAULT_FTP_THIRD_HOST)) {
		ftp_reply(s, "502 Command not implemented.");
	} else if (ftp_data_listen(s, &port) < 0) {
		ftp_reply(s, "425 No port for a data connection.");
	} else {
		ftp_reply(s, "229 Entering Extended Passive Mode (|||%d|)", port);
	}
}

static void list(struct ftp_session *s, const char *arg, bool names_only)
{
	char path[STORE_PATH_MAX];

	if (arg[0] == '-') { /* options of ls */
		arg += strcspn(arg, " ");
		arg += strspn(arg, " ");
	}
	if (!resolve(s, arg[0] ? arg : s->cwd, 550, path)) {
		return;
	}
	if (!has_card(s)) {
		ftp_reply(s, "550 No storage.");
		return;
	}
	if (!store_find(s->printer->store, path)) {
		ftp_reply(s, "550 No such file or directory.");
		return;
	}
	ftp_list_write(s, path, names_only, &s->data.listing);
	ftp_data_start(s, FTP_LIST);
}

static void run_list(struct ftp_session *s, const char *arg)
{
	list(s, arg, false);
}

static void run_nlst(struct ftp_session *s, const char *arg)
{
	list(s, arg, true);
}

/* The file that is meant, or NULL after a 550. */
static const struct store_file *find_file(struct ftp_session *s, const char *arg)
{
	const struct store_file *f;
	char path[STORE_PATH_MAX];

	if (!resolve(s, arg, 550, path)) {
		return NULL;
	}
	f = is_open(s) ? store_find(s->printer->store, path) : NULL;
	if (!f || f->folder) {
		ftp_reply(s, "550 Failed to open file.");
		return NULL;
	}
	return f;
}

static void run_retr(struct ftp_session *s, const char *arg)
{
	const struct store_file *f = find_file(s, arg);

	if (!f) {
		return;
	}
	if (!f->data && !f->made && f->size > 0) {
		ftp_reply(s, "550 Its contents were not kept.");
		return;
	}
	str_copy(s->data.path, sizeof(s->data.path), f->path);
	s->data.length = f->size;
	ftp_data_start(s, FTP_SEND);
}

static void run_stor(struct ftp_session *s, const char *arg)
{
	bool full = ftp_fault(s, FAULT_FTP_FULL) && ftp_fault_arg(s, FAULT_FTP_FULL) == 0;
	char path[STORE_PATH_MAX];

	if (!resolve(s, arg, 553, path)) {
		return;
	}
	if (!is_open(s) || full || s->data.upload ||
	    store_upload_begin(s->printer->store, path, &s->data.upload) < 0) {
		ftp_reply(s, "553 Could not create file.");
		return;
	}
	ftp_data_start(s, FTP_RECEIVE);
}

static void run_size(struct ftp_session *s, const char *arg)
{
	const struct store_file *f = find_file(s, arg);

	if (f) {
		ftp_reply(s, "213 %lld",
		    (long long)(f->size - (ftp_fault(s, FAULT_FTP_WRONG_SIZE) && f->size > 0)));
	}
}

/* Without a cloud the printer does not know the time: what was sent to it is of 1980. */
static void run_mdtm(struct ftp_session *s, const char *arg)
{
	const struct store_file *f = find_file(s, arg);
	struct tm broken;
	char text[32];
	time_t when;

	if (!f) {
		return;
	}
	when = (time_t)(f->uploaded ? 315532800 : f->time_s);
	gmtime_r(&when, &broken);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &broken);
	ftp_reply(s, "213 %s", text);
}

static void run_dele(struct ftp_session *s, const char *arg)
{
	const struct store_file *f = find_file(s, arg);

	if (f) {
		store_remove(s->printer->store, f->path);
		ftp_reply(s, "250 Delete operation successful.");
	}
}

static void run_mkd(struct ftp_session *s, const char *arg)
{
	char path[STORE_PATH_MAX];

	if (!resolve(s, arg, 553, path)) {
		return;
	}
	if (!is_open(s) || ftp_fault(s, FAULT_FTP_FULL) ||
	    store_mkdir(s->printer->store, path) < 0) {
		ftp_reply(s, "550 Create directory operation failed.");
	} else {
		ftp_reply(s, "257 \"%s\" created", path);
	}
}

static const struct {
	const char *verb;
	verb_fn run;
	bool early; /* before the login too */
} verbs[] = {
    {"USER", run_user, true},
    {"PASS", run_pass, true},
    {"QUIT", run_quit, true},
    {"PBSZ", run_pbsz, true},
    {"PROT", run_prot, true},
    {"NOOP", run_noop, false},
    {"SYST", run_syst, false},
    {"TYPE", run_type, false},
    {"PWD", run_pwd, false},
    {"CWD", run_cwd, false},
    {"CDUP", run_cdup, false},
    {"PASV", run_pasv, false},
    {"EPSV", run_epsv, false},
    {"LIST", run_list, false},
    {"NLST", run_nlst, false},
    {"RETR", run_retr, false},
    {"STOR", run_stor, false},
    {"SIZE", run_size, false},
    {"MDTM", run_mdtm, false},
    {"DELE", run_dele, false},
    {"MKD", run_mkd, false},
};

void ftp_run(struct ftp_session *s, char *line)
{
	char *arg = line + strcspn(line, " ");

	if (*arg) {
		*arg++ = '\0';
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcasecmp(line, verbs[i].verb) == 0) {
			if (verbs[i].early || s->logged_in) {
				verbs[i].run(s, arg);
			} else {
				ftp_reply(s, "530 Please login with USER and PASS.");
			}
			return;
		}
	}
	ftp_reply(s,
	    s->logged_in ? "502 Command not implemented." : "530 Please login with USER and PASS.");
}
