/* Preloaded, this lets each sync of a file take SLOW_DISK_US microseconds longer. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void wait_first(void) {
    const char *told = getenv("SLOW_DISK_US");
    if (told) usleep(atoi(told));
}

int fsync(int fd) {
    wait_first();
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    wait_first();
    return REAL(fdatasync)(fd);
}
