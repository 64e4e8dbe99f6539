/* Preloaded, this lets the n-th call that writes to a disk fail, or that one and all that follow. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/types.h>
#include <unistd.h>

static long left = -1; /* calls until one fails; negative: none will */
static int error = 0;
static int lasting = 0; /* so do all after it */
static long failed = 0;

void fail_at(long nth, int with, int on) {
    error = with;
    lasting = on;
    if (nth > 0) failed = 0;
    left = nth;
}

long has_failed(void) { return failed; }

static int fails(int fd) {
    if (fd <= 2 || left < 0 || (left > 0 && --left > 0)) return 0;
    if (!lasting) left = -1;
    failed++;
    errno = error;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *from, size_t size) { return fails(fd) ? -1 : REAL(write)(fd, from, size); }
ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    return fails(fd) ? -1 : REAL(pwrite)(fd, from, size, at);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    return fails(fd) ? -1 : REAL(pwrite64)(fd, from, size, at);
}
int fsync(int fd) { return fails(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fails(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(fd) ? -1 : REAL(ftruncate64)(fd, size); }
