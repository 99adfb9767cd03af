/* SPDX-License-Identifier: MIT */
/* A JPEG as pixels, by libturbojpeg, which also makes it smaller on the way. */
#include "ctl/show/picture.h"

#include <errno.h>
#include <turbojpeg.h>

#include "common/util.h"

void picture_finish(struct picture *p)
{
	free(p->rgb);
	*p = (struct picture){0};
}

static int refuse(struct err *e, const char *why)
{
	err_set(e, ERR_FILE_REFUSED, "%s", why);
	return -EINVAL;
}

static int read_head(
    tjhandle decoder, const uint8_t *jpeg, size_t len, struct picture *p, struct err *e)
{
	int sampling, space;

	if (len < 4 || jpeg[0] != 0xff || jpeg[1] != 0xd8) {
		return refuse(e, "it is no JPEG");
	}
	if (tjDecompressHeader3(
		decoder, jpeg, len, &p->full_width, &p->full_height, &sampling, &space) < 0) {
		return refuse(e, tjGetErrorStr2(decoder));
	}
	if (p->full_width < 1 || p->full_height < 1 || p->full_width > PICTURE_SIDE_MAX ||
	    p->full_height > PICTURE_SIDE_MAX) {
		err_set(e, ERR_FILE_REFUSED, "%dx%d pixels are too many: a side may have %d",
		    p->full_width, p->full_height, PICTURE_SIDE_MAX);
		return -EINVAL;
	}
	return 0;
}

/* The least of the factors that leaves enough. */
static void choose_size(struct picture *p, int want_width)
{
	int count = 0;
	tjscalingfactor *factors = tjGetScalingFactors(&count);

	p->width = p->full_width;
	p->height = p->full_height;
	for (int i = 0; factors && i < count; i++) {
		int width = TJSCALED(p->full_width, factors[i]);

		if (width >= want_width && width < p->width) {
			p->width = width;
			p->height = TJSCALED(p->full_height, factors[i]);
		}
	}
}

static int decode(
    tjhandle decoder, const uint8_t *jpeg, size_t len, struct picture *p, struct err *e)
{
	p->rgb = xcalloc((size_t)p->width * (size_t)p->height, 3);
	if (tjDecompress2(decoder, jpeg, len, p->rgb, p->width, 0, p->height, TJPF_RGB, 0) == 0) {
		return 0;
	}
	refuse(e, tjGetErrorStr2(decoder));
	return tjGetErrorCode(decoder) == TJERR_WARNING ? 1 : -EINVAL;
}

int picture_decode(
    const uint8_t *jpeg, size_t len, int want_width, struct picture *ret, struct err *e)
{
	tjhandle decoder = tjInitDecompress();
	struct picture p = {0};
	int r = decoder ? read_head(decoder, jpeg, len, &p, e) : refuse(e, "no decoder");

	if (r == 0) {
		choose_size(&p, want_width);
		r = decode(decoder, jpeg, len, &p, e);
	}
	if (decoder) {
		tjDestroy(decoder);
	}
	if (r < 0) {
		picture_finish(&p);
		return r;
	}
	*ret = p;
	return r;
}
