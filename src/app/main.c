#include <stdio.h>

int main(void)
{
	puts("diwan " DIWAN_VERSION);
	return 0;
}
