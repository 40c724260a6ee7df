#include "web/aside.h"

#include <pthread.h>

struct aside {
	pthread_t thread[ASIDE_THREADS];
	int threads;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	void (*run)(void *what);
	void *waiting[ASIDE_WAITING_MAX]; /* a ring */
	unsigned first, n;
	bool stopping;
};

static void *work(void *ctx)
{
	struct aside *s = ctx;
	pthread_mutex_lock(&s->lock);
	while (s->n || !s->stopping) {
		if (!s->n) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		void *what = s->waiting[s->first];
		s->first = (s->first + 1) % ASIDE_WAITING_MAX;
		s->n--;
		pthread_mutex_unlock(&s->lock);
		s->run(what);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct aside *aside_start(arena *a, void (*run)(void *what))
{
	struct aside *s = NEW(a, struct aside);
	s->run = run;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	for (int i = 0; i < ASIDE_THREADS; i++)
		if (pthread_create(&s->thread[s->threads], NULL, work, s) == 0)
			s->threads++;
	return s->threads ? s : NULL;
}

bool aside_put(struct aside *s, void *what)
{
	pthread_mutex_lock(&s->lock);
	bool room = s->n < ASIDE_WAITING_MAX && !s->stopping;
	if (room)
		s->waiting[(s->first + s->n++) % ASIDE_WAITING_MAX] = what;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return room;
}

void aside_stop(struct aside *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
}
