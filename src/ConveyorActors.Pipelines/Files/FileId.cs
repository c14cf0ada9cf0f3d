using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>Specifies the kind of file that a name or a descriptor leads to.</summary>
enum FileKind
{
    /// <summary>A regular file, which has a length, or a file of unknown kind.</summary>
    Regular,

    /// <summary>A pipe, named or not.</summary>
    Pipe,

    /// <summary>A character device, such as a terminal or /dev/null.</summary>
    Character,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A directory.</summary>
    Directory,
}

/// <summary>
/// The identity of a file independent of its names: its device and inode, or its path with all links followed if the
/// system does not report them.
/// </summary>
/// <param name="Device">The number of the device with the file system.</param>
/// <param name="Inode">The number of the file in the file system.</param>
/// <param name="RealPath">The path with all links followed; null if device and inode are known.</param>
/// <param name="Kind">The kind of the file.</param>
readonly record struct FileId(ulong Device, ulong Inode, string? RealPath, FileKind Kind)
{
    const uint Type = 1,
        Links = 4,
        InodeMask = 0x100,
        Birth = 0x800;
    const int AtCurrentDirectory = -100,
        EmptyPath = 0x1000;

    /// <summary>Returns the file that a path leads to; null: there is none.</summary>
    public static FileId? Find(string path)
    {
        Span<byte> buffer = stackalloc byte[256];
        if (QueryFile(AtCurrentDirectory, path, 0, buffer) is { } id)
            return id;
        if (Libc.IsUsable)
            return null;
        return File.Exists(path) ? FromPath(path, FileKind.Regular)
            : Directory.Exists(path) ? FromPath(path, FileKind.Directory)
            : null;
    }

    /// <summary>
    /// Returns the file that a descriptor leads to; null: it is closed, or the system does not report it.
    /// </summary>
    public static FileId? Find(int descriptor)
    {
        Span<byte> buffer = stackalloc byte[256];
        return QueryFile(descriptor, "", EmptyPath, buffer);
    }

    /// <summary>
    /// Returns the identity of an open file; made of its path if the system does not report device and inode.
    /// </summary>
    public static FileId Find(SafeFileHandle file, string path) =>
        Find((int)file.DangerousGetHandle()) ?? FromPath(path, FileKind.Regular);

    static FileId FromPath(string path, FileKind kind)
    {
        var real = Paths.ResolveLinks(path);
        return new(
            0,
            0,
            OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? real.ToUpperInvariant() : real,
            kind
        );
    }

    /// <summary>
    /// Returns the file's inode with the file's birth time, if the system reports it, since the inode of a deleted file
    /// is soon reused. Null if there is no inode.
    /// </summary>
    /// <remarks>
    /// The device is left out: many file systems get another device number after each start of the machine.
    /// </remarks>
    public static string? FindNumber(SafeFileHandle file) => FindNumber((int)file.DangerousGetHandle(), "", EmptyPath);

    /// <summary>Returns the same for a path.</summary>
    public static string? FindNumber(string path) => FindNumber(AtCurrentDirectory, path, 0);

    /// <summary>
    /// Returns whether an open file no longer has a name: it was deleted, or another file was put in its place. False
    /// if this cannot be determined.
    /// </summary>
    public static bool HasNoName(SafeFileHandle file)
    {
        Span<byte> buffer = stackalloc byte[256];
        return QueryFile((int)file.DangerousGetHandle(), "", EmptyPath, buffer) is not null
            && (MemoryMarshal.Read<uint>(buffer) & Links) != 0
            && MemoryMarshal.Read<uint>(buffer[16..]) == 0;
    }

    static string? FindNumber(int directory, string path, int flags)
    {
        Span<byte> buffer = stackalloc byte[256];
        if (QueryFile(directory, path, flags, buffer) is null)
            return null;
        var inode = MemoryMarshal.Read<ulong>(buffer[32..]);
        return (MemoryMarshal.Read<uint>(buffer) & Birth) == 0
            ? inode.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant(
                $"{inode}.{MemoryMarshal.Read<long>(buffer[80..])}.{MemoryMarshal.Read<uint>(buffer[88..])}"
            );
    }

    /// <summary>
    /// Calls statx. The struct has the same layout on every architecture: the number of links is at 16, the mode at 28,
    /// the inode at 32, the birth time at 80, the device at 136.
    /// </summary>
    static FileId? QueryFile(int directory, string path, int flags, Span<byte> buffer)
    {
        if (!Libc.IsUsable)
            return null;
        try
        {
            if (
                Libc.StatX(
                    directory,
                    path,
                    flags,
                    Type | Links | InodeMask | Birth,
                    ref MemoryMarshal.GetReference(buffer)
                ) != 0
            )
                return null;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
        var device = ((ulong)MemoryMarshal.Read<uint>(buffer[136..]) << 32) | MemoryMarshal.Read<uint>(buffer[140..]);
        return new(
            device,
            MemoryMarshal.Read<ulong>(buffer[32..]),
            null,
            GetKind(MemoryMarshal.Read<ushort>(buffer[28..]))
        );
    }

    static FileKind GetKind(int mode) =>
        (mode & 0xF000) switch
        {
            0x1000 => FileKind.Pipe,
            0x2000 => FileKind.Character,
            0x4000 => FileKind.Directory,
            0xC000 => FileKind.Socket,
            _ => FileKind.Regular,
        };
}
