#include "base/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAPS 2

void heap_few(void)
{
	mallopt(M_ARENA_MAX, HEAPS);
}

void heap_give_back(void)
{
	malloc_trim(0);
}

/* Segments that are never written: what they hold is the file's. */
static int forget_segments(struct dl_phdr_info *of, size_t size, void *ctx)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	(void)size;
	(void)ctx;
	for (int i = 0; i < of->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &of->dlpi_phdr[i];
		uintptr_t from = (of->dlpi_addr + p->p_vaddr + page - 1) & ~(page - 1);
		uintptr_t to = (of->dlpi_addr + p->p_vaddr + p->p_filesz) & ~(page - 1);
		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W) && from < to)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void heap_forget_start(void)
{
	dl_iterate_phdr(forget_segments, NULL);
}

#else

void heap_few(void)
{
}

void heap_give_back(void)
{
}

void heap_forget_start(void)
{
}

#endif
