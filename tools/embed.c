/*
 * embed - turns files into one C source that holds their bytes.
 *
 *     embed OUT.c ROOT LIST
 *
 * LIST names files relative to ROOT, one glob pattern a line ('#' begins a
 * comment). The result defines the table of embed.h in src/base. The bytes are
 * taken in by the assembler (.incbin), so large files cost nothing to compile.
 * It runs in every build and leaves OUT.c alone when neither the list of files
 * nor one of them has changed, so that a new file is noticed and nothing else is
 * compiled again.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES 4096

static char *names[MAX_FILES];
static size_t count;

static void add_pattern(const char *root, const char *pattern)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", root, pattern);
	glob_t g;
	if (glob(path, GLOB_BRACE, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc && count < MAX_FILES; i++)
			names[count++] = strdup(g.gl_pathv[i]);
		globfree(&g);
	}
}

static int read_list(const char *root, const char *list)
{
	FILE *f = fopen(list, "r");
	if (!f) {
		perror(list);
		return 0;
	}
	char line[1024];
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "#\r\n")] = 0;
		size_t n = strlen(line);
		while (n && line[n - 1] == ' ')
			line[--n] = 0;
		if (n)
			add_pattern(root, line);
	}
	fclose(f);
	return 1;
}

static void write_source(FILE *out, size_t root_length)
{
	fprintf(out, "#include \"base/embed.h\"\n");
	for (size_t i = 0; i < count; i++)
		fprintf(out,
		        "__asm__(\".section .rodata\\n.balign 16\\nembed_%zu:\\n.incbin \\\"%s\\\"\\n"
		        "embed_%zu_end:\\n.byte 0\\n.previous\\n\");\n"
		        "extern const char embed_%zu[] __attribute__((visibility(\"hidden\")));\n"
		        "extern const char embed_%zu_end[] __attribute__((visibility(\"hidden\")));\n",
		        i, names[i], i, i, i);
	fprintf(out, "const struct embedded embedded_files[] = {\n");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "\t{\"%s\", embed_%zu, embed_%zu_end},\n", names[i] + root_length + 1, i, i);
	fprintf(out, "\t{0, 0, 0},\n};\nconst size_t embedded_count = %zu;\n", count);
}

/* Same text already there, and no file newer than it? */
static int current(const char *path, const char *text, size_t n)
{
	struct stat out, in;
	FILE *f = fopen(path, "r");
	if (!f || fstat(fileno(f), &out) != 0 || (size_t)out.st_size != n) {
		if (f)
			fclose(f);
		return 0;
	}
	char *old = malloc(n + 1);
	int same = old && fread(old, 1, n, f) == n && memcmp(old, text, n) == 0;
	free(old);
	fclose(f);
	for (size_t i = 0; same && i < count; i++)
		same = stat(names[i], &in) == 0 &&
		       (in.st_mtim.tv_sec < out.st_mtim.tv_sec ||
		        (in.st_mtim.tv_sec == out.st_mtim.tv_sec &&
		         in.st_mtim.tv_nsec <= out.st_mtim.tv_nsec));
	return same;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: embed OUT.c ROOT LIST\n");
		return 2;
	}
	if (!read_list(argv[2], argv[3]))
		return 1;
	char *text = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&text, &n);
	if (!memory)
		return 1;
	write_source(memory, strlen(argv[2]));
	if (fclose(memory) != 0)
		return 1;
	int failed = 0;
	if (!current(argv[1], text, n)) {
		FILE *out = fopen(argv[1], "w");
		failed = !out || fwrite(text, 1, n, out) != n || fclose(out) != 0;
		if (failed)
			perror(argv[1]);
	}
	free(text);
	return failed;
}
