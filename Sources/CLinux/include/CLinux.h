// What the Glibc module of Swift hides: batched datagrams and thread settings are declared only
// under _GNU_SOURCE, which that module does not define. Defining it here would give some types two
// definitions in two modules, so this header declares functions of its own and CLinux.c, which is
// compiled with _GNU_SOURCE, forwards them.
#ifndef ROOST_CLINUX_H
#define ROOST_CLINUX_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

// Laid out as `struct mmsghdr`; CLinux.c asserts it.
struct clinux_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};

// recvmmsg(2) without a time-out; flags may hold CLINUX_MSG_WAITFORONE.
int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags);
// sendmmsg(2).
int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count, int flags);
// MSG_WAITFORONE: block for the first datagram only.
extern const int CLINUX_MSG_WAITFORONE;

// Several datagrams of one length to or from one address as one message: the kernel cuts it
// (UDP_SEGMENT) or has put it together (UDP_GRO); only the last datagram may be shorter.

// Room for the control message that says so.
enum { CLINUX_RUN_ROOM = CMSG_SPACE(sizeof(int)) };
// Has a message cut into datagrams of that many bytes; `room` stays with the message.
void clinux_set_run(struct msghdr *message, void *room, unsigned short bytes);
// How many bytes each of a message's datagrams has, sent or received; 0 when it is one.
int clinux_run_bytes(const struct msghdr *message);
// Lets the kernel hand over datagrams that it has together; kernels before 5.0 refuse.
int clinux_merge_runs(int fd);

// Names the calling thread (at most 15 bytes are kept), for `top -H` and core.psx.
void clinux_name_thread(const char *name);
// Number of the calling thread, as ps and /proc have it.
int clinux_thread_id(void);
// Lowers the priority of the calling thread: 0 (normal) to 19.
int clinux_nice_thread(int nice);
// Runs `body` on a new thread of that name and priority and waits for its end; in this thread when
// none can be made. Threads that `body` starts inherit the priority.
void clinux_run_thread(const char *name, int nice, void (*body)(void *), void *argument);
// A small number of the calling thread, from 1 on, for what is kept once for each thread. It is
// here because Swift has no thread-local variables that cost nothing.
extern _Thread_local unsigned int clinux_lane_number;
// Gives the calling thread its number; clinux_lane calls it once.
unsigned int clinux_take_lane(void);
static inline unsigned int clinux_lane(void) {
    unsigned int lane = clinux_lane_number;
    return lane != 0 ? lane : clinux_take_lane();
}

// What the allocator counts, in bytes and pieces; mallinfo2(3) is hidden too.
struct clinux_memory {
    unsigned long used;
    unsigned long heap;
    unsigned long free_pieces;
    unsigned long releasable;
};
void clinux_read_memory(struct clinux_memory *memory);

// Binds the calling thread to one processor.
int clinux_pin_thread(int processor);

#endif
