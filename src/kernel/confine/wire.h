/* Messages between the server and a confined process, and its walls. Private to confine. */
#ifndef KERNEL_CONFINE_WIRE_H
#define KERNEL_CONFINE_WIRE_H

#include "kernel/confine/confine.h"

/* A test build: see walls.c. gcc and clang tell it differently. */
#if defined(__SANITIZE_ADDRESS__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

#define CONFINE_FD      3                   /* the child's socket when it starts */
#define HELLO_MAX_BYTES ((size_t)16 * 1024) /* of what it says when it is ready, or refuses */

/* Both ends are the same program on the same machine: a message is this and n bytes. */
struct frame {
	uint32_t kind, n;
};

/* Kinds of the first message; a request's kind is its role's, the answer repeats it. */
enum { FRAME_READY = 1, FRAME_REFUSED = 2 };

/* ---- walls: what a process of a role gives up ---- */

struct walls {
	const struct confine_role *role;
	bool required; /* of seccomp: CONFINE_STRICT */
	uint64_t memory; /* limit of its address space */
	void *filter;  /* a cell's, made before it is forked; NULL if there is none */
	bool seccomp;
	int landlock;  /* the kernel's version of it; 0: none */
	bool network;  /* it has a network of its own, which is empty */
};

/* Raises all that a process can raise that still starts cells; or, of a CONFINE_ONE
 * role, all. False and *why: a required wall cannot stand. */
bool walls_raise(struct walls *w, arena *a, str *why);
/* In a fresh cell, whose socket is descriptor 0: the rest. */
bool walls_close(const struct walls *w);

#endif
