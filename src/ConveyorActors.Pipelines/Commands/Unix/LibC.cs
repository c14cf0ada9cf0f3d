using System.Runtime.InteropServices;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// The calls of the C library for starting, reading and ending commands. Pointers to opaque structs point to plain
/// memory of <see cref="OpaqueSize"/> bytes.
/// </summary>
static class LibC
{
    /// <summary>
    /// A size, in bytes, that is larger than posix_spawnattr_t, posix_spawn_file_actions_t, sigset_t and siginfo_t on
    /// every system.
    /// </summary>
    public const int OpaqueSize = 1024;

    public const int SigKill = 9;
    public const short PollIn = 1,
        PollOut = 4;
    public const int ExecuteAccess = 1;

    const int Interrupted = 4,
        WaitByPid = 1,
        NoHang = 1,
        Exited = 4,
        SetSigDefault = 4,
        SetSigMask = 8;
    const int BrokenPipe = 32,
        SetStatusFlags = 4,
        SetPipeSizeLinux = 1031;
    const nuint UnreadBytesLinux = 0x541B; // FIONREAD
    const int DuplicateFromLinux = 1030,
        CloseOnExecLinux = 0x80000,
        PidFdOpenCall = 434,
        MemFdCloseOnExec = 1;

    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Happened;
    }

    static bool IsMac => OperatingSystem.IsMacOS();

    /// <summary>
    /// Gets the flags for starting a command: every signal has its default and none is blocked, and the command gets a
    /// session of its own, so it has no terminal and its process group gets no signals from one. If pipes cannot be
    /// created close-on-exec, all descriptors that are not named are closed.
    /// </summary>
    public static short SpawnFlags =>
        IsMac ? (short)(SetSigDefault | SetSigMask | 0x400 | 0x4000) : (short)(SetSigDefault | SetSigMask | 0x80);

    static int TryAgain => IsMac ? 35 : 11;

    static int NonBlocking => IsMac ? 4 : 0x800;

    static int NoWaitToReap => IsMac ? 0x20 : 0x01000000;

    /// <summary>
    /// Creates a pipe and returns both ends. Neither is inherited by other commands, or replaces a closed standard
    /// stream.
    /// </summary>
    public static (int Read, int Write) CreatePipe()
    {
        var ends = new int[2];
        var failed = IsMac ? PipeOld(ends) : Pipe2(ends, CloseOnExecLinux);
        if (failed != 0)
            throw CreateError("a pipe cannot be created");
        return (MoveAbove2(ends[0]), MoveAbove2(ends[1]));
    }

    /// <summary>Creates a file in memory that is not inherited; returns -1 if the system has none.</summary>
    public static int CreateMemoryFile(string name)
    {
        if (!OperatingSystem.IsLinux())
            return -1;
        try
        {
            var fd = MemFdCreate(name, MemFdCloseOnExec);
            return fd < 0 ? -1 : MoveAbove2(fd);
        }
        catch (EntryPointNotFoundException)
        {
            return -1;
        }
    }

    /// <summary>
    /// Returns a descriptor that becomes readable when the process has ended; -1 if the kernel has none.
    /// </summary>
    public static int OpenPidFd(int pid) => OperatingSystem.IsLinux() ? (int)SystemCall(PidFdOpenCall, pid, 0) : -1;

    /// <summary>Returns whether a child has ended. The child is not reaped, so its number is not reused.</summary>
    public static bool HasEnded(int pid)
    {
        Span<byte> info = stackalloc byte[OpaqueSize];
        info.Clear();
        while (WaitId(WaitByPid, pid, ref MemoryMarshal.GetReference(info), Exited | NoHang | NoWaitToReap) != 0)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return true;
        return MemoryMarshal.Read<int>(info) != 0;
    }

    /// <summary>
    /// Waits for a child, reaps it and returns its exit code, or 128 plus its signal; null if it was reaped elsewhere.
    /// </summary>
    public static int? Reap(int pid)
    {
        int status;
        while (WaitPid(pid, out status, 0) < 0)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return null;
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    /// <summary>
    /// Waits for events of any of the descriptors. Returns the number of descriptors with events; 0 when the time is
    /// up.
    /// </summary>
    public static int Poll(Span<PollFd> fds, int milliseconds)
    {
        int count;
        while ((count = PollAny(ref MemoryMarshal.GetReference(fds), (nuint)fds.Length, milliseconds)) < 0)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                throw CreateError("a command cannot be waited for");
        return count;
    }

    /// <summary>Reads the available bytes and returns their number; 0 at the end.</summary>
    public static int Read(int fd, Span<byte> buffer)
    {
        nint count;
        while ((count = ReadAny(fd, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length)) < 0)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                throw CreateError("the output of a command cannot be read");
        return (int)count;
    }

    /// <summary>
    /// Writes as many bytes as fit into a non-blocking pipe. Returns 0 if it is full, -1 if its reader has closed it.
    /// </summary>
    public static int WriteSome(int fd, ReadOnlySpan<byte> bytes)
    {
        nint count;
        while ((count = WriteAny(fd, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length)) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == TryAgain)
                return 0;
            if (error == BrokenPipe)
                return -1;
            if (error != Interrupted)
                throw CreateError("a command's input cannot be written", error);
        }
        return (int)count;
    }

    /// <summary>Makes writes to a pipe return at once if it is full; the other end is not changed.</summary>
    public static void SetNonBlocking(int fd)
    {
        if (Control(fd, SetStatusFlags, NonBlocking) < 0)
            throw CreateError("a pipe cannot be set up");
    }

    /// <summary>
    /// Requests a larger buffer for a pipe. Returns the bytes that it can hold now; at most 0 if the system refuses or
    /// does not report it.
    /// </summary>
    public static int EnlargePipe(int fd, int bytes) =>
        OperatingSystem.IsLinux() ? Control(fd, SetPipeSizeLinux, bytes) : 0;

    /// <summary>
    /// Returns how many bytes of a pipe its reader has not read; null if the system does not report it.
    /// </summary>
    public static int? CountUnread(int fd) =>
        OperatingSystem.IsLinux() && GetNumber(fd, UnreadBytesLinux, out var unread) == 0 ? unread : null;

    public static IOException CreateError(string what) => CreateError(what, Marshal.GetLastPInvokeError());

    public static IOException CreateError(string what, int number) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(number)}");

    static int MoveAbove2(int fd)
    {
        if (fd > 2 || !OperatingSystem.IsLinux())
            return fd;
        var moved = Control(fd, DuplicateFromLinux, 3);
        _ = Close(fd);
        return moved >= 0 ? moved : throw CreateError("a descriptor cannot be created");
    }

    [DllImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    static extern int Pipe2(int[] ends, int flags);

    [DllImport("libc", EntryPoint = "pipe", SetLastError = true)]
    static extern int PipeOld(int[] ends);

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    static extern int MemFdCreate([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    static extern nint SystemCall(nint number, nint first, nint second);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    static extern int Control(int fd, int command, int argument);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    static extern int GetNumber(int fd, nuint request, out int number);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    public static extern int Close(int fd);

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static extern nint Seek(int fd, nint offset, int whence);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static extern int Kill(int pid, int signal);

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    public static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern nint Write(int fd, byte[] bytes, nuint count);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    static extern nint WriteAny(int fd, ref byte bytes, nuint count);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    static extern nint ReadAny(int fd, ref byte buffer, nuint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    static extern int PollAny(ref PollFd fds, nuint count, int milliseconds);

    [DllImport("libc", EntryPoint = "waitid", SetLastError = true)]
    static extern int WaitId(int by, int id, ref byte info, int options);

    [DllImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    static extern int WaitPid(int pid, out int status, int options);

    [DllImport("libc", EntryPoint = "posix_spawn")]
    public static extern int Spawn(
        out int pid,
        nint path,
        nint actions,
        nint attributes,
        nint arguments,
        nint environment
    );

    [DllImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static extern int AttributesInit(nint attributes);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static extern int AttributesSetFlags(nint attributes, short flags);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static extern int AttributesSetSigDefault(nint attributes, nint signals);

    [DllImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static extern int AttributesSetSigMask(nint attributes, nint signals);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static extern int ActionsInit(nint actions);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static extern int ActionsAddDup2(nint actions, int from, int to);

    [DllImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static extern int ActionsDestroy(nint actions);

    [DllImport("libc", EntryPoint = "sigfillset")]
    public static extern int SigFillSet(nint signals);

    [DllImport("libc", EntryPoint = "sigemptyset")]
    public static extern int SigEmptySet(nint signals);
}
