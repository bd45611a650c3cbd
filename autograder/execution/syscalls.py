"""A filter of system calls for runs: what no notebook needs and walls are climbed with.

Namespaces give a run its own view of the system; the kernel behind it is everybody's. The filter
takes away what reaches deep into it, what holds memory that belongs to no process, and what would
open new namespaces, where a run would have capabilities again.
"""

import base64
import platform
import struct
import sys
from pathlib import Path

_ACTIONS = Path("/proc/sys/kernel/seccomp/actions_avail")
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
# Classic BPF: load a word, jump if equal, jump if at least, jump if any bit is set, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
# Unix, IPv4, IPv6 and netlink, by which a process asks for its own interfaces. Others, such as
# vsock, reach around network namespaces.
_FAMILIES = (1, 2, 10, 16)
_NEW_NAMESPACES = 0x7E020000
_X32 = 0x40000000

# Name: numbers on x86-64 and on 64-bit ARM.
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def filter_program() -> str | None:
    """Return the filter as base64 of BPF instructions, or None where this system takes none."""
    known = _MACHINES.get(platform.machine())
    if not sys.platform.startswith("linux") or known is None or not _ACTIONS.is_file():
        return None
    return base64.b64encode(_assemble(*known)).decode()


def _assemble(column: int, machine: int) -> bytes:
    steps = [_step(_LOAD, _MACHINE_AT), *_unless(_EQUAL, machine, _fail(_ENOSYS))]
    steps.append(_step(_LOAD, _NUMBER_AT))
    if column == 0:
        steps += _when(_AT_LEAST, _X32, _fail(_ENOSYS))
    for numbers in sorted(_REFUSED.values()):
        steps += _when(_EQUAL, numbers[column], _fail(_EPERM))
    # Its flags lie in memory, where a filter cannot look; libraries fall back to `clone`.
    steps += _when(_EQUAL, _CLONE3[column], _fail(_ENOSYS))
    steps += _block(_CLONE[column], [*_when(_ANY_BIT, _NEW_NAMESPACES, _fail(_EPERM)), _allow()])
    families = [step for family in _FAMILIES for step in _when(_EQUAL, family, _allow())]
    steps += _block(_SOCKET[column], [*families, _fail(_EAFNOSUPPORT)])
    return b"".join([*steps, _allow()])


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _allow() -> bytes:
    return _step(_RETURN, _ALLOW)


def _fail(number: int) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _when(test: int, value: int, action: bytes) -> list[bytes]:
    return [_step(test, value, 0, 1), action]


def _unless(test: int, value: int, action: bytes) -> list[bytes]:
    return [_step(test, value, 1, 0), action]


def _block(number: int, steps: list[bytes]) -> list[bytes]:
    """Run `steps` on the first argument of the call `number`; they all end in a return."""
    inside = [_step(_LOAD, _FIRST_ARGUMENT_AT), *steps]
    return [_step(_EQUAL, number, 0, len(inside)), *inside]
