using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Descriptors that the process was started with: what names them, and how they are used without being opened anew.
/// </summary>
static class Descriptors
{
    public const int Input = 0,
        Output = 1,
        Error = 2;

    const int ReadWriteNull = 2,
        FirstFree = 3;

    static readonly bool[] closed = new bool[3];

    /// <summary>
    /// Fills the numbers 0, 1 and 2 where they are closed, so that no file that is opened later gets the messages that
    /// are meant for them. Before anything else is opened.
    /// </summary>
    public static void ClaimStandard()
    {
        if (!Libc.IsUsable)
            return;
        for (var n = Input; n <= Error; n++)
        {
            closed[n] = !IsInherited(n);
            // The lowest free number is this one. One that the runtime has already taken for itself must stay as it is.
            if (Libc.Control(n, Libc.GetDescriptorFlags, 0) < 0)
                _ = Libc.Open("/dev/null", ReadWriteNull);
        }
    }

    /// <summary>True when the process was started without this one of the three.</summary>
    public static bool WasClosed(int standard) => closed[standard];

    /// <summary>
    /// The number that "-" or a path such as /dev/stdout, /dev/fd/3 or /proc/self/fd/3 stands for, through links too;
    /// null: it is the path of a file.
    /// </summary>
    public static int? Named(string path, int standard)
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
                parent = Paths.Real(parent);
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
            // Opening it will say why.
        }
        return null;
    }

    /// <summary>
    /// Returns whether the process was started with it: what it has opened itself would have been closed at its start.
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

    /// <summary>Returns whether what is written goes to the end of the file, wherever that is by then.</summary>
    public static bool IsAppending(int number) =>
        Libc.IsUsable
        && Libc.Control(number, Libc.GetStatusFlags, 0) is >= 0 and var flags
        && (flags & Libc.Append) != 0;

    /// <summary>Makes what is written to an open file go to its end, wherever that is by then.</summary>
    public static void Append(SafeFileHandle file)
    {
        var number = (int)file.DangerousGetHandle();
        if (Libc.IsUsable && Libc.Control(number, Libc.GetStatusFlags, 0) is >= 0 and var flags)
            _ = Libc.Control(number, Libc.SetStatusFlags, flags | Libc.Append);
    }

    /// <summary>
    /// True when two descriptors of one file are one opening of it, as after 2>&amp;1: then neither writes over the
    /// other.
    /// </summary>
    public static bool AreOneOpening(int one, int other)
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

    /// <summary>The file that a descriptor leads to, as the system names it; null: it has no name.</summary>
    public static string? PathOf(int number)
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
    /// A stream over a descriptor that was there already. Its place in the file is shared with whoever else has it.
    /// </summary>
    /// <exception cref="IOException">It is closed, or was not opened for this.</exception>
    public static Stream Open(int number, FileAccess access)
    {
        if (!Libc.IsUsable)
            return (number, access) switch
            {
                (Input, FileAccess.Read) => Console.OpenStandardInput(),
                // The console's stream says nothing when the reader of a pipe is gone.
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
            throw new IOException(Libc.Message(Libc.LastError), Libc.LastError);
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
