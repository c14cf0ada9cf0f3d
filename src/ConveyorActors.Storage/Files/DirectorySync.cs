using System.Runtime.InteropServices;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// Syncs a directory's entries. Without that, a power failure can lose a file that was synced, as long as the entry is
/// not on disk.
/// </summary>
static class DirectorySync
{
    const int Interrupted = 4,
        InputOutput = 5,
        NoSpace = 28;

    /// <summary>O_CLOEXEC: child processes that are started meanwhile do not inherit the descriptor.</summary>
    const int CloseOnExecLinux = 0x80000,
        CloseOnExecMac = 0x1000000;

    /// <remarks>
    /// A directory that may not be read cannot be synced, and some file systems do not support it. These cases are
    /// ignored, because the files themselves can still be stored. Windows has no such call.
    /// </remarks>
    /// <exception cref="IOException">The disk failed to store the entries.</exception>
    public static void Sync(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var directory = open(path, OperatingSystem.IsMacOS() ? CloseOnExecMac : CloseOnExecLinux);
        if (directory < 0)
            return;
        try
        {
            while (fsync(directory) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error is InputOutput or NoSpace)
                    throw new IOException(
                        $"the directory '{path}' cannot be synced: {Marshal.GetPInvokeErrorMessage(error)}"
                    );
                if (error != Interrupted)
                    return;
            }
        }
        finally
        {
            _ = close(directory);
        }
    }

#pragma warning disable IDE1006 // the names are those of the C library
    [DllImport("libc", SetLastError = true)]
    static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    static extern int fsync(int file);

    [DllImport("libc", SetLastError = true)]
    static extern int close(int file);
#pragma warning restore IDE1006
}
