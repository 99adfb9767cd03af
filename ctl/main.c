/* SPDX-License-Identifier: MIT */
/* bambuctl: one verb, one call to the daemon, its answer printed. */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/complete.h"
#include "ctl/help.h"
#include "ctl/verbs.h"

#define STATUS_BROKEN_PIPE 141 /* what the shell reports for a program that SIGPIPE ended */

static int run(struct ctl *c)
{
	struct err e = {0};

	verb_order(c->args.words, c->args.word_count);
	if (c->args.given[OPT_VERSION]) {
		fprintf(c->out.f, "bambuctl %s\n", BAMBUD_VERSION);
		return 0;
	}
	if (c->args.given[OPT_HELP]) {
		return help_show(c, c->args.words, c->args.word_count);
	}
	if (verb_find(c, c->args.words, c->args.word_count, &e) < 0) {
		return out_fail(&c->out, c->args.err.type != ERR_NONE ? &c->args.err : &e);
	}
	return verb_run(c);
}

/* Output that did not arrive is a failure, except that a reader who left wants no word about it. */
static int finish_output(struct ctl *c, int status)
{
	struct err e = {0};

	out_release(&c->out);
	if (!c->out.write_error && fflush(c->out.f) != 0) {
		c->out.write_error = errno;
	}
	if (!c->out.write_error && !ferror(c->out.f)) {
		return status;
	}
	if (c->out.write_error == EPIPE) {
		return STATUS_BROKEN_PIPE;
	}
	c->out.json = OUT_TEXT;
	err_set(&e, ERR_INTERNAL, "cannot write the output: %s",
	    strerror(c->out.write_error ? c->out.write_error : EIO));
	return out_fail(&c->out, &e);
}

int main(int argc, char **argv)
{
	struct ctl c = {0};
	int status, hidden = complete_wanted(argc, argv);

	if (hidden) {
		/* Options before it count as if they stood on the line to be completed. */
		memmove(&argv[hidden], &argv[hidden + 1], (size_t)(argc - hidden) * sizeof(*argv));
		return complete_run(stdout, (const char *const *)argv + 1, argc - 2);
	}
	args_parse(&c.args, argc, argv);
	out_init(&c.out, &c.args);
	client_init(&c.client);
	status = finish_output(&c, run(&c));
	client_finish(&c.client);
	args_finish(&c.args);
	free(c.joined);
	return status;
}
