#define _GNU_SOURCE 1
#include "CLinux.h"

#include <malloc.h>
#include <assert.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static_assert(sizeof(struct clinux_mmsghdr) == sizeof(struct mmsghdr), "same size");
static_assert(offsetof(struct clinux_mmsghdr, msg_len) == offsetof(struct mmsghdr, msg_len),
              "same layout");

const int CLINUX_MSG_WAITFORONE = MSG_WAITFORONE;

int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags) {
    return recvmmsg(fd, (struct mmsghdr *)messages, count, flags, NULL);
}

int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags) {
    return sendmmsg(fd, (struct mmsghdr *)messages, count, flags);
}

void clinux_set_run(struct msghdr *message, void *room, unsigned short bytes) {
    message->msg_control = room;
    message->msg_controllen = CMSG_LEN(sizeof bytes);
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof bytes);
    memcpy(CMSG_DATA(control), &bytes, sizeof bytes);
}

int clinux_run_bytes(const struct msghdr *message) {
    // The system clears the length of what says nothing.
    if (message->msg_flags & MSG_CTRUNC) return 0;
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control == NULL || control->cmsg_level != IPPROTO_UDP) return 0;
    if (control->cmsg_type == UDP_SEGMENT && control->cmsg_len >= CMSG_LEN(sizeof(uint16_t))) {
        uint16_t bytes;
        memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
        return bytes;
    }
    if (control->cmsg_type == UDP_GRO && control->cmsg_len >= CMSG_LEN(sizeof(int))) {
        int bytes;
        memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
        return bytes > 0 ? bytes : 0;
    }
    return 0;
}

int clinux_merge_runs(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
}

void clinux_name_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

int clinux_thread_id(void) { return (int)syscall(SYS_gettid); }

int clinux_nice_thread(int nice) {
    return setpriority(PRIO_PROCESS, (id_t)clinux_thread_id(), nice);
}

struct clinux_work {
    const char *name;
    int nice;
    void (*body)(void *);
    void *argument;
};

static void *clinux_work_begin(void *argument) {
    struct clinux_work *work = argument;
    clinux_name_thread(work->name);
    clinux_nice_thread(work->nice);
    work->body(work->argument);
    return NULL;
}

void clinux_run_thread(const char *name, int nice, void (*body)(void *), void *argument) {
    struct clinux_work work = {name, nice, body, argument};
    pthread_t thread;
    if (pthread_create(&thread, NULL, clinux_work_begin, &work) != 0)
        body(argument);
    else
        pthread_join(thread, NULL);
}

int clinux_pin_thread(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

_Thread_local unsigned int clinux_lane_number = 0;

unsigned int clinux_take_lane(void) {
    static unsigned int last = 0;
    clinux_lane_number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    if (clinux_lane_number == 0) clinux_lane_number = 1;
    return clinux_lane_number;
}

void clinux_read_memory(struct clinux_memory *memory) {
    struct mallinfo2 info = mallinfo2();
    memory->used = info.uordblks + info.hblkhd;
    memory->heap = info.arena + info.hblkhd;
    memory->free_pieces = info.ordblks + info.smblks;
    memory->releasable = info.keepcost;
}
