# SPDX-License-Identifier: GPL-2.0-or-later
"""pgt inside your own gdb: source this file, attach to a stub as usual, and ask

    pgt walk --filter 'va in _text.._etext'
    pgt translate linux_banner
    pgt aliases 0x1000000
    pgt check --rule w-x --all

pgt runs beside gdb and reads the guest through the connection that gdb has: its packets for registers and memory are sent
by gdb (gdb.RemoteTargetConnection.send_packet, gdb 12 or newer). It gets no packet that lets the guest run, sets a
breakpoint, or writes memory. The guest has to be stopped. Which pgt is run: the parameter `pgt-program`.
"""

import codecs
import os
import select
import shlex
import shutil
import socket
import subprocess
import tempfile
import unicodedata

import gdb

# What only reads, or says which CPU and which kind of memory the next read means; both are put back at the end.
FORWARDED = (b"g", b"p", b"m", b"?", b"T", b"Hg", b"qSupported", b"qXfer:features:read:", b"qfThreadInfo",
             b"qsThreadInfo", b"qThreadExtraInfo", b"qC", b"qAttached", b"qqemu.", b"Qqemu.PhyMemMode:")
# What is answered here: the connection to gdb is no stub of its own.
ANSWERED = {b"QStartNoAckMode": b"OK", b"D": b"OK", b"Hc": b"OK", b"qSymbol::": b"OK"}
MONITOR_READS = ("info ", "x ", "x/", "xp ", "xp/", "print ", "p ", "gva2gpa ", "gpa2hva ", "gpa2hpa ")


def checksum(data):
    return b"%02x" % (sum(data) & 0xFF)


def unescaped(data):
    out = bytearray()
    escape = False
    for byte in data:
        if escape:
            out.append(byte ^ 0x20)
            escape = False
        elif byte == 0x7D:
            escape = True
        else:
            out.append(byte)
    return bytes(out)


def escaped(data):
    out = bytearray()
    for byte in data:
        if byte in b"#$}*":
            out += bytes((0x7D, byte ^ 0x20))
        else:
            out.append(byte)
    return bytes(out)


class Stub:
    """A stub for one client, whose packets go out over gdb's connection."""

    def __init__(self, connection):
        self.connection = connection
        self.received = b""
        self.acknowledges = True

    def answers(self, data):
        """What to send for bytes that came from the client."""
        self.received += data
        out = b""
        while True:
            begin = self.received.find(b"$")
            end = self.received.find(b"#", begin)
            if begin < 0 or end < 0 or len(self.received) < end + 3:
                return out
            packet = self.received[begin + 1 : end]
            self.received = self.received[end + 3 :]
            if self.acknowledges:
                out += b"+"
            for reply in self.replies(unescaped(packet)):
                out += b"$" + reply + b"#" + checksum(reply)
            if packet.startswith(b"QStartNoAckMode"):
                self.acknowledges = False

    def replies(self, packet):
        for name, reply in ANSWERED.items():
            if packet.startswith(name):
                return [reply]
        if packet.startswith(b"qRcmd,"):
            return self.monitor(bytes.fromhex(packet[6:].decode("ascii")).decode("utf-8", "replace"))
        if not packet.startswith(FORWARDED):
            return [b""]
        try:
            reply = self.connection.send_packet(packet)
        except gdb.error:
            return [b"E01"]
        return [escaped(reply or b"")]

    def monitor(self, line):
        if not line.startswith(MONITOR_READS):
            return [b"E01"]
        try:
            text = gdb.execute("monitor " + line, to_string=True)
        except gdb.error:
            return [b"E01"]
        return [b"O" + text.encode().hex().encode(), b"OK"]


def program():
    name = gdb.parameter("pgt-program") or "pgt"
    found = shutil.which(name)
    if found is None:
        raise gdb.GdbError(f"pgtscope: run {name}: there is no such program; set pgt-program to its path")
    return found


def connection():
    thread = gdb.selected_thread()
    if thread is None or thread.is_running():
        raise gdb.GdbError("pgtscope: read the guest: it is not attached or it runs; attach, or stop it first")
    found = gdb.selected_inferior().connection
    if not hasattr(found, "send_packet"):
        raise gdb.GdbError("pgtscope: read the guest: this is no remote target; use target remote")
    return found


def thread_name():
    """Of the selected thread as packets name it."""
    pid, lwp, tid = gdb.selected_thread().ptid
    return b"p%x.%x" % (pid, lwp or tid)


def kernel():
    """The file whose symbols gdb has, for pgt."""
    for objfile in gdb.objfiles():
        if objfile.filename and os.path.isfile(objfile.filename):
            return ["--kernel", objfile.filename]
    return []


def harmless(text):
    """Text that quotes a stub or a symbol, for a terminal: without escapes and other control characters."""
    return "".join(c if c in "\n\t" or not unicodedata.category(c).startswith("C") else "?" for c in text)


def serve(stub, listener, process):
    """Answers pgt's packets and prints what it says, until it has ended."""
    client = None
    output = process.stdout
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        waited = [output, client or listener]
        for ready in select.select(waited, [], [], 0.5)[0]:
            if ready is listener:
                client = listener.accept()[0]
            elif ready is output:
                data = os.read(output.fileno(), 65536)
                if not data:
                    return process.wait()
                gdb.write(harmless(decoder.decode(data)))
            else:
                try:
                    data = client.recv(65536)
                    client.sendall(stub.answers(data))
                except OSError:
                    data = b""  # it has gone before it read the answer
                if not data:
                    client.close()
                    client = None


def run(words):
    stub = Stub(connection())
    # From here on gdb and its stub agree on the thread that packets mean; see the end.
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.selected_frame().read_register("pc")
    thread = thread_name()
    with tempfile.TemporaryDirectory(prefix="pgtscope-gdb-") as directory:
        path = os.path.join(directory, "stub.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(path)
            listener.listen(1)
            command = [program(), words[0], *words[1:], "--connect", "unix:" + path]
            if "--channel" not in words:
                command += ["--channel", "rsp"]
            if "--kernel" not in words:
                command += kernel()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
            try:
                return serve(stub, listener, process)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                process.stdout.close()
                for packet in (b"Qqemu.PhyMemMode:0", b"Hg" + thread):
                    try:
                        stub.connection.send_packet(packet)
                    except gdb.error:
                        pass  # a stub without the packet, or a connection that has ended


class Pgt(gdb.Command):
    """Page tables of the guest that this gdb is attached to: pgt walk|translate|aliases|check [OPTION...].

`pgt walk --help` and the like list the options. $_exitcode of the command is in $_pgt_status."""

    COMMANDS = ("walk", "translate", "aliases", "check")

    def __init__(self):
        super().__init__("pgt", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = shlex.split(argument)
        if not words or words[0] not in self.COMMANDS:
            raise gdb.GdbError("pgtscope: usage: pgt " + "|".join(self.COMMANDS) + " [OPTION...]")
        if "--help" in words or "-h" in words:
            gdb.write(harmless(subprocess.run([program(), words[0], "--help"], stdout=subprocess.PIPE, check=False,
                                              text=True).stdout))
            return
        gdb.set_convenience_variable("_pgt_status", run(words))

    def complete(self, text, word):
        return [name for name in self.COMMANDS if name.startswith(word)] if " " not in text else gdb.COMPLETE_SYMBOL


class Program(gdb.Parameter):
    """The pgt that the command pgt runs: a name on PATH, or a path."""

    set_doc = "Set the program that the command pgt runs."
    show_doc = "Show the program that the command pgt runs."

    def __init__(self):
        super().__init__("pgt-program", gdb.COMMAND_DATA, gdb.PARAM_STRING)
        self.value = "pgt"

    def get_set_string(self):
        return ""

    def get_show_string(self, value):
        return f"The command pgt runs {value}."


Program()
Pgt()
