/* SPDX-License-Identifier: MIT */
/* H.264 pictures to JPEG with libavcodec, in the thread that asks. */
#include "daemon/video/convert.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "common/util.h"

_Static_assert(CONVERT_PADDING >= AV_INPUT_BUFFER_PADDING_SIZE, "room behind a unit");

enum {
	PIXELS_MAX = 4096 * 2304,
	QUALITY = 5, /* 2 best .. 31: about 150 kB for 1080p */
};

struct convert {
	int (*picture)(void *arg, const uint8_t *jpeg, size_t len);
	void *arg;
	AVCodecContext *decoder, *encoder; /* the encoder of the size there is */
	struct SwsContext *scale;
	AVPacket *in, *out;
	AVFrame *raw, *full; /* as decoded; in the range of a JPEG */
	int64_t count;	     /* of pictures encoded */
};

void convert_destroy(struct convert *c)
{
	if (!c) {
		return;
	}
	avcodec_free_context(&c->decoder);
	avcodec_free_context(&c->encoder);
	sws_freeContext(c->scale);
	av_packet_free(&c->in);
	av_packet_free(&c->out);
	av_frame_free(&c->raw);
	av_frame_free(&c->full);
	free(c);
}

static bool open_decoder(struct convert *c)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);

	c->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!c->decoder) {
		return false;
	}
	c->decoder->thread_count = 1;
	c->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
	c->decoder->max_pixels = PIXELS_MAX;
	return avcodec_open2(c->decoder, codec, NULL) == 0;
}

struct convert *convert_create(
    int (*picture)(void *arg, const uint8_t *jpeg, size_t len), void *arg)
{
	struct convert *c = xcalloc(1, sizeof(*c));

	av_log_set_level(AV_LOG_QUIET);
	c->picture = picture;
	c->arg = arg;
	c->in = av_packet_alloc();
	c->out = av_packet_alloc();
	c->raw = av_frame_alloc();
	c->full = av_frame_alloc();
	if (!c->in || !c->out || !c->raw || !c->full || !open_decoder(c)) {
		convert_destroy(c);
		return NULL;
	}
	return c;
}

/* ---- out ---- */

static bool open_encoder(struct convert *c, int width, int height)
{
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);

	if (c->encoder && c->encoder->width == width && c->encoder->height == height) {
		return true;
	}
	avcodec_free_context(&c->encoder);
	av_frame_unref(c->full);
	c->encoder = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!c->encoder) {
		return false;
	}
	c->encoder->width = width;
	c->encoder->height = height;
	c->encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
	c->encoder->color_range = AVCOL_RANGE_JPEG;
	c->encoder->time_base = (AVRational){1, 1};
	c->encoder->thread_count = 1;
	c->encoder->flags |= AV_CODEC_FLAG_QSCALE;
	c->encoder->global_quality = QUALITY * FF_QP2LAMBDA;
	c->full->width = width;
	c->full->height = height;
	c->full->format = AV_PIX_FMT_YUVJ420P;
	c->full->color_range = AVCOL_RANGE_JPEG;
	if (avcodec_open2(c->encoder, codec, NULL) < 0 || av_frame_get_buffer(c->full, 0) < 0) {
		avcodec_free_context(&c->encoder);
		return false;
	}
	return true;
}

/* A JPEG has the full range, a video seldom. */
static bool stretch(struct convert *c)
{
	const AVFrame *raw = c->raw;
	bool full = raw->color_range == AVCOL_RANGE_JPEG || raw->format == AV_PIX_FMT_YUVJ420P;
	int space = raw->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;

	c->scale =
	    sws_getCachedContext(c->scale, raw->width, raw->height, (enum AVPixelFormat)raw->format,
		raw->width, raw->height, AV_PIX_FMT_YUVJ420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!c->scale || av_frame_make_writable(c->full) < 0) {
		return false;
	}
	sws_setColorspaceDetails(c->scale, sws_getCoefficients(space), full,
	    sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16, 1 << 16);
	return sws_scale(c->scale, (const uint8_t *const *)raw->data, raw->linesize, 0, raw->height,
		   c->full->data, c->full->linesize) == raw->height;
}

static int encode(struct convert *c)
{
	int rc = 0;

	if (!open_encoder(c, c->raw->width, c->raw->height) || !stretch(c)) {
		return 0;
	}
	c->full->pts = c->count++; /* the encoder refuses one twice */
	c->full->quality = c->encoder->global_quality;
	if (avcodec_send_frame(c->encoder, c->full) < 0) {
		return 0;
	}
	while (rc == 0 && avcodec_receive_packet(c->encoder, c->out) == 0) {
		rc = c->picture(c->arg, c->out->data, (size_t)c->out->size);
		av_packet_unref(c->out);
	}
	return rc;
}

/* ---- in ---- */

static int drain(struct convert *c)
{
	int rc = 0;

	while (rc == 0 && avcodec_receive_frame(c->decoder, c->raw) == 0) {
		rc = encode(c);
		av_frame_unref(c->raw);
	}
	return rc;
}

int convert_take(struct convert *c, uint8_t *unit, size_t len, bool alone)
{
	int rc, sent;

	memset(unit + len, 0, CONVERT_PADDING);
	c->in->data = unit;
	c->in->size = (int)len;
	sent = avcodec_send_packet(c->decoder, c->in);
	c->in->data = NULL;
	c->in->size = 0;
	if (sent == AVERROR(ENOMEM)) {
		return -ENOMEM;
	}
	rc = drain(c);
	if (alone && rc == 0) {
		avcodec_send_packet(c->decoder, NULL);
		rc = drain(c);
		avcodec_flush_buffers(c->decoder);
	}
	return rc;
}
