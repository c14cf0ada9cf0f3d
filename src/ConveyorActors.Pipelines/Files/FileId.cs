using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>What kind of thing a name or a descriptor leads to.</summary>
enum FileKind
{
    /// <summary>A file with a length, or what cannot be told from one.</summary>
    Regular,

    /// <summary>A pipe, named or not.</summary>
    Pipe,

    /// <summary>A terminal, /dev/null and the like.</summary>
    Character,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A directory.</summary>
    Directory,
}

/// <summary>
/// Which file it is, whatever it is called: its device and inode; the path with all links followed where the system
/// tells no more.
/// </summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file in it.</param>
/// <param name="RealPath">Null where device and inode are known.</param>
/// <param name="Kind">What it is.</param>
readonly record struct FileId(ulong Device, ulong Inode, string? RealPath, FileKind Kind)
{
    const uint Type = 1,
        Links = 4,
        InodeMask = 0x100,
        Birth = 0x800;
    const int AtCurrentDirectory = -100,
        EmptyPath = 0x1000;

    /// <summary>What a path leads to; null: to nothing.</summary>
    public static FileId? Of(string path)
    {
        Span<byte> answer = stackalloc byte[256];
        if (Ask(AtCurrentDirectory, path, 0, answer) is { } id)
            return id;
        if (Libc.IsUsable)
            return null;
        return File.Exists(path) ? ByPath(path, FileKind.Regular)
            : Directory.Exists(path) ? ByPath(path, FileKind.Directory)
            : null;
    }

    /// <summary>What a descriptor leads to; null: it is closed, or the system does not tell.</summary>
    public static FileId? Of(int descriptor)
    {
        Span<byte> answer = stackalloc byte[256];
        return Ask(descriptor, "", EmptyPath, answer);
    }

    /// <summary>What an open file is; by its path where the system does not tell.</summary>
    public static FileId Of(SafeFileHandle file, string path) =>
        Of((int)file.DangerousGetHandle()) ?? ByPath(path, FileKind.Regular);

    static FileId ByPath(string path, FileKind kind)
    {
        var real = Paths.Real(path);
        return new(
            0,
            0,
            OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? real.ToUpperInvariant() : real,
            kind
        );
    }

    /// <summary>
    /// A file's inode, and where it is known when that was given to it: the inode of a file that was deleted is soon
    /// another's. Null where there is none.
    /// </summary>
    /// <remarks>Not its device: many a file system has another number after each start of the machine.</remarks>
    public static string? Number(SafeFileHandle file) => Number((int)file.DangerousGetHandle(), "", EmptyPath);

    /// <summary>Likewise for a path.</summary>
    public static string? Number(string path) => Number(AtCurrentDirectory, path, 0);

    /// <summary>
    /// Returns whether an open file no longer has a name: it was deleted, or another file was put in its place. False
    /// if this cannot be determined.
    /// </summary>
    public static bool HasNoName(SafeFileHandle file)
    {
        Span<byte> answer = stackalloc byte[256];
        return Ask((int)file.DangerousGetHandle(), "", EmptyPath, answer) is not null
            && (MemoryMarshal.Read<uint>(answer) & Links) != 0
            && MemoryMarshal.Read<uint>(answer[16..]) == 0;
    }

    static string? Number(int directory, string path, int flags)
    {
        Span<byte> answer = stackalloc byte[256];
        if (Ask(directory, path, flags, answer) is null)
            return null;
        var inode = MemoryMarshal.Read<ulong>(answer[32..]);
        return (MemoryMarshal.Read<uint>(answer) & Birth) == 0
            ? inode.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant(
                $"{inode}.{MemoryMarshal.Read<long>(answer[80..])}.{MemoryMarshal.Read<uint>(answer[88..])}"
            );
    }

    /// <summary>
    /// Fills in a struct statx, which is the same on every architecture: the number of links is at 16, the mode at 28,
    /// the inode at 32, the birth at 80, the device at 136.
    /// </summary>
    static FileId? Ask(int directory, string path, int flags, Span<byte> answer)
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
                    ref MemoryMarshal.GetReference(answer)
                ) != 0
            )
                return null;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
        var device = ((ulong)MemoryMarshal.Read<uint>(answer[136..]) << 32) | MemoryMarshal.Read<uint>(answer[140..]);
        return new(
            device,
            MemoryMarshal.Read<ulong>(answer[32..]),
            null,
            Kinds(MemoryMarshal.Read<ushort>(answer[28..]))
        );
    }

    static FileKind Kinds(int mode) =>
        (mode & 0xF000) switch
        {
            0x1000 => FileKind.Pipe,
            0x2000 => FileKind.Character,
            0x4000 => FileKind.Directory,
            0xC000 => FileKind.Socket,
            _ => FileKind.Regular,
        };
}
