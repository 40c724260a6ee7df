/* dmn_replay.h - `diwan dmn replay`: another version of a decision over past cases. */
#ifndef APP_DMN_REPLAY_H
#define APP_DMN_REPLAY_H

/* Returns an exit code. */
int dmn_replay(int argc, char **argv);

#endif
