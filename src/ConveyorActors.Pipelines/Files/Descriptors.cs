using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>Resolves and opens the descriptors that the process was started with.</summary>
static class Descriptors
{
    public const int Input = 0,
        Output = 1,
        Error = 2;

    const int ReadWriteNull = 2,
        FirstFree = 3;

    static readonly bool[] closed = new bool[3];

    /// <summary>
    /// Opens the descriptors 0, 1 and 2 if they are closed, so that a file opened later does not get the messages meant
    /// for them. Must be called before anything is opened.
    /// </summary>
    public static void ClaimStandard()
    {
        if (!Libc.IsUsable)
            return;
        for (var n = Input; n <= Error; n++)
        {
            closed[n] = !IsInherited(n);
            // The lowest free number is this one. A number that the runtime has already used stays as it is.
            if (Libc.Control(n, Libc.GetDescriptorFlags, 0) < 0)
                _ = Libc.Open("/dev/null", ReadWriteNull);
        }
    }

    /// <summary>Returns whether the process was started with this standard descriptor closed.</summary>
    public static bool WasClosed(int standard) => closed[standard];

    /// <summary>
    /// Returns the number of the descriptor that "-" or a path such as /dev/stdout, /dev/fd/3 or /proc/self/fd/3 stands
    /// for, links included; null: the path is that of a file.
    /// </summary>
    public static int? FindDescriptor(string path, int standard)
    {
        if (path == "-")
            return standard;
        if (!Libc.IsUsable)
            return null;
        try
        {
            path = Path.GetFullPath(path);
            for (var links = 0; links < 40; links++)
            {
                var parent = Path.GetDirectoryName(path);
                if (parent is null)
                    return null;
                parent = Paths.ResolveLinks(parent);
                var name = Path.GetFileName(path);
                if (IsOwnDirectory(parent))
                    return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                        ? number
                        : null;
                if (new FileInfo(Path.Combine(parent, name)).LinkTarget is not { } target)
                    return null;
                path = Path.GetFullPath(target, parent);
            }
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            // Opening the path will report the reason.
        }
        return null;
    }

    /// <summary>
    /// Returns whether the process was started with this descriptor. Descriptors that the process opens itself are
    /// marked close-on-exec, so one without that mark was inherited.
    /// </summary>
    public static bool IsInherited(int number)
    {
        if (number is >= Input and <= Error && closed[number])
            return false;
        if (!Libc.IsUsable)
            return number <= Error;
        var flags = Libc.Control(number, Libc.GetDescriptorFlags, 0);
        return flags >= 0 && (flags & Libc.CloseOnExec) == 0;
    }

    /// <summary>Returns whether every write goes to the current end of the file.</summary>
    public static bool IsAppending(int number) =>
        Libc.IsUsable
        && Libc.Control(number, Libc.GetStatusFlags, 0) is >= 0 and var flags
        && (flags & Libc.Append) != 0;

    /// <summary>Makes every write to an open file go to its current end.</summary>
    public static void Append(SafeFileHandle file)
    {
        var number = (int)file.DangerousGetHandle();
        if (Libc.IsUsable && Libc.Control(number, Libc.GetStatusFlags, 0) is >= 0 and var flags)
            _ = Libc.Control(number, Libc.SetStatusFlags, flags | Libc.Append);
    }

    /// <summary>
    /// Returns whether two descriptors share one open file description, as after 2>&amp;1, so that neither overwrites
    /// what the other wrote.
    /// </summary>
    public static bool ShareOpenFile(int one, int other)
    {
        if (one == other)
            return true;
        const int set = 0,
            current = 1;
        var at = Libc.Seek(one, 0, current);
        if (at < 0 || Libc.Seek(other, 0, current) != at)
            return false;
        _ = Libc.Seek(one, at + 1, set);
        var moved = Libc.Seek(other, 0, current) == at + 1;
        _ = Libc.Seek(one, at, set);
        return moved;
    }

    /// <summary>
    /// Returns the path of the file that a descriptor leads to, as the system names it; null: it has no name.
    /// </summary>
    public static string? FindPath(int number)
    {
        try
        {
            return
                new FileInfo($"/proc/self/fd/{number.ToString(CultureInfo.InvariantCulture)}").LinkTarget
                    is ['/', ..] path
                ? path
                : null;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return null;
        }
    }

    /// <summary>
    /// Returns a stream over an existing descriptor. Its position in the file is shared with other users of the
    /// descriptor.
    /// </summary>
    /// <exception cref="IOException">The descriptor is closed, or was not opened for this access.</exception>
    public static Stream Open(int number, FileAccess access)
    {
        if (!Libc.IsUsable)
            return (number, access) switch
            {
                (Input, FileAccess.Read) => Console.OpenStandardInput(),
                // The console's stream reports no error when the reader of a pipe is gone.
                (Output or Error, _) when !OperatingSystem.IsWindows() => new FileStream(
                    new SafeFileHandle(number, ownsHandle: false),
                    FileAccess.Write,
                    bufferSize: 0
                ),
                (Output, _) => Console.OpenStandardOutput(),
                _ => Console.OpenStandardError(),
            };
        if (!IsInherited(number))
            throw new IOException("it is closed");
        var mode = Libc.Control(number, Libc.GetStatusFlags, 0) & Libc.AccessMode;
        if (access == FileAccess.Read ? mode == Libc.WriteOnly : mode == 0)
            throw new IOException($"it is not open for {(access == FileAccess.Read ? "reading" : "writing")}");
        var copy = Libc.Control(number, Libc.DuplicateCloseOnExec, FirstFree);
        if (copy < 0)
            throw new IOException(Libc.GetMessage(Libc.LastError), Libc.LastError);
        return new DescriptorStream(new SafeFileHandle(copy, ownsHandle: true), access);
    }

    static bool IsOwnDirectory(string directory) =>
        directory.StartsWith("/proc/", StringComparison.Ordinal)
        && directory.EndsWith("/fd", StringComparison.Ordinal)
        && directory.Split('/') is ["", "proc", var process, .., "fd"]
        && (
            process is "self" or "thread-self"
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        );
}
