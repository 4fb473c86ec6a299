// System calls of a program answered by another (seccomp's user notification), and its memory and descriptors.
//
// Everything returns a count, a descriptor or 0, and -errno on failure.
#pragma once
#include <stddef.h>
#include <stdint.h>

// One instruction of a filter, as the kernel has it.
struct linuxio_instruction {
    uint16_t code;
    uint8_t if_true;
    uint8_t if_false;
    uint32_t operand;
};

// Codes of the instructions that filters consist of here.
enum {
    linuxio_load_word = 0x20,
    linuxio_jump_if_equal = 0x15,
    linuxio_jump_if_at_least = 0x35,
    linuxio_jump_if_any_bit = 0x45,
    linuxio_return = 0x06,
};
// What a filter returns: the call is made, or somebody is asked.
static const uint32_t linuxio_allow = 0x7fff0000u, linuxio_ask = 0x7fc00000u;
// Where a filter finds the number, the architecture, and the lower half of argument 0 (others 8 octets on each).
enum { linuxio_number_place = 0, linuxio_architecture_place = 4, linuxio_argument_place = 16 };

// This architecture's number for filters.
uint32_t linuxio_trap_architecture(void);

// Numbers of the system calls that can be trapped.
enum linuxio_call {
    linuxio_call_socket, linuxio_call_sendto, linuxio_call_sendmsg, linuxio_call_sendmmsg, linuxio_call_write,
    linuxio_call_writev, linuxio_call_recvfrom, linuxio_call_recvmsg, linuxio_call_setsockopt,
    linuxio_call_getsockopt, linuxio_call_getsockname, linuxio_call_getpeername, linuxio_call_bind,
    linuxio_call_connect, linuxio_call_listen, linuxio_call_accept, linuxio_call_accept4, linuxio_call_shutdown, linuxio_call_dup, linuxio_call_fcntl,
    linuxio_calls
};
int32_t linuxio_call_number(unsigned call);

// A call that waits for its answer.
struct linuxio_trapped_call {
    uint64_t id;
    uint64_t arguments[6];
    int32_t thread;
    int32_t number;
};

// Puts this thread, and what it starts, under a filter; returns the descriptor on which calls are taken.
int linuxio_trap_install(const struct linuxio_instruction *instructions, uint16_t count);
// Takes a call; -ENOENT if its thread has gone.
int linuxio_trap_take(int descriptor, struct linuxio_trapped_call *call);
// Whether the thread of a call still waits for the answer.
int linuxio_trap_is_waiting(int descriptor, uint64_t id);
// Lets a call return a value, or -errno.
int linuxio_trap_answer(int descriptor, uint64_t id, int64_t value);
// Lets the kernel perform a call.
int linuxio_trap_let_through(int descriptor, uint64_t id);
// Puts a descriptor into the program at a number, and lets the call return that number.
int linuxio_trap_give(int descriptor, uint64_t id, int given, int number, int close_on_exec);

// A descriptor for a process.
int linuxio_process_open(int32_t process);
// A duplicate of a descriptor of a process.
int linuxio_process_descriptor(int process_descriptor, int number);
// Copies from and to the memory of a thread's process; returns how many octets.
long linuxio_process_read(int32_t thread, uint64_t address, void *bytes, size_t count);
long linuxio_process_write(int32_t thread, uint64_t address, const void *bytes, size_t count);
// The limit of descriptor numbers of a process.
long linuxio_process_descriptor_limit(int32_t process);

// Forks this process, which must have one thread, into itself (returns 1) and one that belongs to nobody, in a session of
// its own (returns 0).
int linuxio_fork_detached(void);
// Sends and receives one descriptor over a Unix socket.
int linuxio_pass_descriptor(int channel, int descriptor);
int linuxio_take_descriptor(int channel);
// Makes the calling thread enter the namespace behind a descriptor.
int linuxio_enter_namespace(int descriptor);
