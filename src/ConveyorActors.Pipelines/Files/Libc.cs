using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Calls of the C library that .NET has no equivalent for. Only for Linux; callers check <see cref="IsUsable"/> first.
/// </summary>
static class Libc
{
    public const int Interrupted = 4,
        TryAgain = 11,
        AccessDenied = 13,
        BadDescriptor = 9;
    public const int GetDescriptorFlags = 1,
        GetStatusFlags = 3,
        SetStatusFlags = 4,
        GetLock = 5,
        SetLock = 6,
        SetOpenFileLock = 37,
        DuplicateCloseOnExec = 1030;
    public const int CloseOnExec = 1,
        AccessMode = 3,
        WriteOnly = 1,
        ReadWrite = 2,
        Append = 0x400;
    public const short PollIn = 1,
        PollOut = 4;

    /// <summary>Gets whether these calls and the layouts below are known to be right.</summary>
    public static bool IsUsable { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string GetMessage(int error) => Marshal.GetPInvokeErrorMessage(error);

    [StructLayout(LayoutKind.Sequential)]
    public struct RecordLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static extern int Control(int descriptor, int command, nint argument);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static extern int Control(int descriptor, int command, ref RecordLock argument);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    public static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static extern long Seek(int descriptor, long offset, int whence);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern nint Write(SafeFileHandle file, ref byte bytes, nint count);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern nint Read(SafeFileHandle file, ref byte bytes, nint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static extern int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    public static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "opendir", SetLastError = true)]
    public static extern nint OpenDirectory([MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport("libc", EntryPoint = "readdir", SetLastError = true)]
    public static extern nint ReadDirectory(nint directory);

    [DllImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static extern int CloseDirectory(nint directory);

    /// <summary>Gets how many files this process may have open; null if the system does not report it.</summary>
    public static ulong? OpenFileLimit
    {
        get
        {
            const int openFiles = 7;
            Span<ulong> limits = stackalloc ulong[2];
            return IsUsable && Limit(openFiles, ref MemoryMarshal.GetReference(limits)) == 0 ? limits[0] : null;
        }
    }

    [DllImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    static extern int Limit(int resource, ref ulong limits);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static extern int StatX(
        int directory,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string path,
        int flags,
        uint mask,
        ref byte buffer
    );
}
