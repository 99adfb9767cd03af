/* SPDX-License-Identifier: MIT */
/* The zip archive of a 3mf file: looked through once, its few small parts read within limits. */
#include "ctl/inspect/archive.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "common/text.h"
#include "common/util.h"

struct archive {
	zip_t *zip;
	size_t read_bytes;
};

static int refuse(struct err *e, const char *name, const char *why)
{
	char shown[80];

	err_set(e, ERR_FILE_REFUSED, "the entry \"%s\" %s",
	    text_escape_buf(name, shown, sizeof(shown)), why);
	return -EINVAL;
}

/* NULL, or what is wrong with it: programs that unpack it would write elsewhere or be misled. */
static const char *name_fault(const char *name)
{
	size_t len = strlen(name);

	if (len == 0) {
		return "has no name";
	}
	if (len > ARCHIVE_NAME_MAX) {
		return "has too long a name";
	}
	if (name[0] == '/' || strchr(name, '\\') ||
	    (isalpha((unsigned char)name[0]) && name[1] == ':')) {
		return "is no path inside the archive";
	}
	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			return "has control characters in its name";
		}
		if ((p == name || p[-1] == '/') && str_starts(p, "..") && (!p[2] || p[2] == '/')) {
			return "leads out of the archive";
		}
	}
	return NULL;
}

static const char *entry_fault(zip_t *zip, zip_uint64_t i, const zip_stat_t *st)
{
	zip_uint8_t system = 0;
	zip_uint32_t attributes = 0;
	const zip_uint64_t needed =
	    ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

	if ((st->valid & needed) != needed) {
		return "does not tell its size";
	}
	if (st->encryption_method != ZIP_EM_NONE) {
		return "is encrypted";
	}
	if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE) {
		return "is compressed in a way that no 3mf file may be";
	}
	if (st->size > ARCHIVE_RATIO_FROM && st->size / ARCHIVE_RATIO_MAX > st->comp_size) {
		return "inflates far too much";
	}
	if (zip_file_get_external_attributes(zip, i, 0, &system, &attributes) == 0 &&
	    system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16)) {
		return "is a link";
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* names: one for each entry, sorted here. */
static int check_twice(const char **names, size_t count, struct err *e)
{
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i - 1], names[i]) == 0) {
			return refuse(e, names[i], "is there twice");
		}
	}
	return 0;
}

static int check_entries(zip_t *zip, struct err *e)
{
	zip_int64_t count = zip_get_num_entries(zip, 0);
	_cleanup_free_ const char **names = NULL;
	zip_uint64_t total = 0;

	if (count < 1 || count > ARCHIVE_ENTRIES_MAX) {
		err_set(e, ERR_FILE_REFUSED,
		    count < 1 ? "the archive is empty" : "the archive has more than %d entries",
		    ARCHIVE_ENTRIES_MAX);
		return -EINVAL;
	}
	names = xcalloc((size_t)count, sizeof(*names));
	for (zip_uint64_t i = 0; i < (zip_uint64_t)count; i++) {
		const char *fault;
		zip_stat_t st;

		names[i] = zip_get_name(zip, i, ZIP_FL_ENC_RAW);
		if (!names[i] || zip_stat_index(zip, i, 0, &st) < 0) {
			err_set(e, ERR_FILE_REFUSED, "the archive's list of entries is broken");
			return -EINVAL;
		}
		fault = name_fault(names[i]);
		fault = fault ? fault : entry_fault(zip, i, &st);
		if (fault) {
			return refuse(e, names[i], fault);
		}
		total += st.size < ARCHIVE_TOTAL_MAX ? st.size : ARCHIVE_TOTAL_MAX + 1;
	}
	if (total > ARCHIVE_TOTAL_MAX) {
		err_set(e, ERR_FILE_REFUSED, "the archive inflates to more than any printer takes");
		return -EINVAL;
	}
	return check_twice(names, (size_t)count, e);
}

/* Takes f, also on failure. */
static zip_t *open_zip(FILE *f, struct err *e)
{
	zip_source_t *source;
	zip_error_t error;
	zip_t *zip = NULL;

	zip_error_init(&error);
	source = zip_source_filep_create(f, 0, -1, &error);
	if (!source) {
		fclose(f);
	} else {
		zip = zip_open_from_source(source, ZIP_RDONLY, &error);
		if (!zip) {
			zip_source_free(source);
		}
	}
	if (!zip && zip_error_code_zip(&error) == ZIP_ER_NOZIP) {
		err_set(e, ERR_FILE_REFUSED, "it is no 3mf file: not a zip archive, or cut off");
	} else if (!zip) {
		err_set(
		    e, ERR_FILE_REFUSED, "its archive is broken: %s", zip_error_strerror(&error));
	}
	zip_error_fini(&error);
	return zip;
}

int archive_open(FILE *f, struct archive **ret, struct err *e)
{
	zip_t *zip = open_zip(f, e);

	if (!zip) {
		return -EINVAL;
	}
	if (check_entries(zip, e) < 0) {
		zip_discard(zip);
		return -EINVAL;
	}
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->zip = zip;
	return 0;
}

void archive_close(struct archive *a)
{
	if (a) {
		zip_discard(a->zip);
		free(a);
	}
}

void archive_each(
    struct archive *a, void (*fn)(void *arg, const char *name, uint64_t size_bytes), void *arg)
{
	zip_int64_t count = zip_get_num_entries(a->zip, 0);

	for (zip_uint64_t i = 0; i < (zip_uint64_t)count; i++) {
		const char *name = zip_get_name(a->zip, i, ZIP_FL_ENC_RAW);
		zip_stat_t st;

		if (name && name[strlen(name) - 1] != '/' &&
		    zip_stat_index(a->zip, i, 0, &st) == 0) {
			fn(arg, name, st.size);
		}
	}
}

/* Bytes read up to size, which is one more than are expected; negative when it is broken. */
static zip_int64_t read_all(zip_file_t *file, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		zip_int64_t n = zip_fread(file, buf + used, size - used);

		if (n < 0) {
			return -1;
		}
		if (n == 0) {
			break;
		}
		used += (size_t)n;
	}
	return (zip_int64_t)used;
}

int archive_read(struct archive *a, const char *name, size_t max_bytes, char **ret, size_t *ret_len,
    struct err *e)
{
	zip_int64_t i = zip_name_locate(a->zip, name, ZIP_FL_ENC_RAW), n = -1;
	_cleanup_free_ char *buf = NULL;
	zip_file_t *file;
	zip_stat_t st;

	if (i < 0) {
		return ARCHIVE_E_ABSENT;
	}
	if (zip_stat_index(a->zip, (zip_uint64_t)i, 0, &st) < 0 || st.size > max_bytes ||
	    st.size > ARCHIVE_READ_MAX - a->read_bytes) {
		return refuse(e, name, "is too large");
	}
	buf = xmalloc(st.size + 1);
	file = zip_fopen_index(a->zip, (zip_uint64_t)i, 0);
	if (file) {
		n = read_all(file, buf, st.size + 1);
		/* The checksum is looked at in the end. */
		n = zip_fclose(file) == 0 ? n : -1;
	}
	if (n < 0 || (zip_uint64_t)n != st.size) {
		return refuse(e, name, "is broken");
	}
	a->read_bytes += (size_t)n;
	buf[n] = '\0';
	*ret = TAKE(buf);
	*ret_len = (size_t)n;
	return 0;
}
