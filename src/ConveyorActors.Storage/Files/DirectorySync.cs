using System.Runtime.InteropServices;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// Brings a directory's entries to the disk: a synced file is lost with a power cut all the same as long as its
/// directory does not know of it.
/// </summary>
static class DirectorySync
{
    const int Interrupted = 4,
        InputOutput = 5,
        NoSpace = 28;

    /// <summary>O_CLOEXEC: no process that is started meanwhile inherits the descriptor.</summary>
    const int CloseOnExecLinux = 0x80000,
        CloseOnExecMac = 0x1000000;

    /// <remarks>
    /// A directory that may not be read cannot be synced, and some file systems know no such thing: that is no
    /// reason to refuse what they can keep. Windows has no call for it.
    /// </remarks>
    /// <exception cref="IOException">The disk could not take them.</exception>
    public static void Of(string path)
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
