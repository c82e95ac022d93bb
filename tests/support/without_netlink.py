#!/usr/bin/env python3
"""Runs a command that is not told how the machine's network changes: `COMMAND=… without_netlink.py ARGUMENT…`.

Chromium breaks off each request that waits for a connection when an interface gets or loses an address
(ERR_NETWORK_CHANGED), although the interface is none that it uses. Beside tests that start containers this happens many
times a minute. The kernel tells it through netlink sockets. Here they are refused by a filter of system calls, and
Chromium does without them. Elsewhere than on Linux, and on a processor that is not listed, the command runs unfiltered.

The filter: https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

PROCESSORS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Each one's number in <linux/audit.h>, and that of the call `socket`."""

NO_NEW_PRIVILEGES, SET_FILTER, MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
CALL_OFFSET, PROCESSOR_OFFSET, FIRST_ARGUMENT_OFFSET = 0, 4, 16


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def instructions(processor: int, call: int) -> bytes:
    """The filter as `struct sock_filter`s: code, instructions to skip if true and if false, value."""
    steps = (
        (LOAD, 0, 0, PROCESSOR_OFFSET),
        (JUMP_IF_EQUAL, 0, 5, processor),
        (LOAD, 0, 0, CALL_OFFSET),
        (JUMP_IF_EQUAL, 0, 3, call),
        (LOAD, 0, 0, FIRST_ARGUMENT_OFFSET),
        (JUMP_IF_EQUAL, 0, 1, socket.AF_NETLINK),
        (RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def refuse_netlink() -> None:
    """For this process and all that it starts. Raises OSError."""
    if sys.platform != "linux" or platform.machine() not in PROCESSORS:
        return
    code = instructions(*PROCESSORS[platform.machine()])
    program = Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SET_FILTER, MODE_FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


if __name__ == "__main__":
    refuse_netlink()
    os.execvp(os.environ["COMMAND"], [os.environ["COMMAND"], *sys.argv[1:]])
