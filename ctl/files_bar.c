/* SPDX-License-Identifier: MIT */
/* The progress line of put and fetch. */
#include "ctl/files_bar.h"

#include "common/util.h"
#include "ctl/client.h"
#include "ctl/fmt.h"

#define DRAW_GAP_MS 250
#define BAR_WIDTH 24
#define NARROW 60 /* columns below which there is no room for the bar itself */

void files_bar_begin(struct files_bar *b, struct out *o, int64_t total)
{
	*b = (struct files_bar){
	    .out = o,
	    .shown = !o->quiet && o->json == OUT_TEXT && isatty(STDERR_FILENO),
	    .begun_ms = client_now_ms(),
	    .drawn_ms = -DRAW_GAP_MS,
	    .total = total,
	};
}

static void draw_bar(const struct files_bar *b, int64_t done)
{
	int filled = b->total > 0 ? (int)(done * BAR_WIDTH / b->total) : BAR_WIDTH;
	char bar[BAR_WIDTH + 1];

	for (int i = 0; i < BAR_WIDTH; i++) {
		bar[i] = i < filled ? '#' : '.';
	}
	bar[BAR_WIDTH] = '\0';
	fprintf(b->out->errors, "[%s] ", bar);
}

static void draw(const struct files_bar *b, int64_t done, int64_t passed_ms)
{
	int64_t per_s = passed_ms > 0 ? done * 1000 / passed_ms : 0;
	char now[FMT_SIZE], all[FMT_SIZE], speed[FMT_SIZE], left[FMT_SIZE];

	fputs("\r\033[K", b->out->errors);
	if (b->total >= 0 && (b->out->width == 0 || b->out->width >= NARROW)) {
		draw_bar(b, done);
	}
	fprintf(b->out->errors, "%s", fmt_bytes(done, now));
	if (b->total >= 0) {
		fprintf(b->out->errors, " of %s", fmt_bytes(b->total, all));
	}
	fprintf(b->out->errors, "  %s/s", fmt_bytes(per_s, speed));
	if (b->total >= 0 && per_s > 0) {
		fprintf(b->out->errors, "  %s", fmt_span((b->total - done) / per_s, left));
	}
	fflush(b->out->errors);
}

void files_bar_move(struct files_bar *b, int64_t done)
{
	int64_t now_ms = client_now_ms();

	if (b->shown && now_ms - b->drawn_ms >= DRAW_GAP_MS) {
		b->drawn_ms = now_ms;
		draw(b, done, now_ms - b->begun_ms);
	}
}

void files_bar_say(struct files_bar *b, const char *text)
{
	if (b->shown) {
		fprintf(b->out->errors, "\r\033[K%s", text);
		fflush(b->out->errors);
	}
}

void files_bar_end(struct files_bar *b)
{
	if (b->shown) {
		fputs("\r\033[K", b->out->errors);
		fflush(b->out->errors);
	}
	b->shown = false;
}
