using System.Globalization;
using System.Runtime.InteropServices;

namespace ConveyorActors.Pipelines.Running;

/// <summary>What the file system knows of a file beside its bytes.</summary>
static class FileFacts
{
    const uint Type = 1, Inode = 0x100, Birth = 0x800;
    const int TypeMask = 0xF000, Regular = 0x8000, Pipe = 0x1000;

    /// <summary>Its inode, and where it is known when that was given to it: the inode of a file that was deleted is soon another's. Null where there is none.</summary>
    /// <remarks>Not its device: many a file system has another number after each start of the machine.</remarks>
    public static string? Number(string path)
    {
        Span<byte> answer = stackalloc byte[256];
        if (!Ask(path, Inode | Birth, answer)) return null;
        var inode = MemoryMarshal.Read<ulong>(answer[32..]);
        return (MemoryMarshal.Read<uint>(answer) & Birth) == 0
            ? inode.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant($"{inode}.{MemoryMarshal.Read<long>(answer[80..])}.{MemoryMarshal.Read<uint>(answer[88..])}");
    }

    /// <summary>False for a pipe, a device and the like; true where that cannot be told.</summary>
    public static bool IsRegular(string path)
    {
        Span<byte> answer = stackalloc byte[256];
        return !Ask(path, Type, answer) || (MemoryMarshal.Read<ushort>(answer[28..]) & TypeMask) == Regular;
    }

    /// <summary>True for a named pipe, where that can be told.</summary>
    public static bool IsPipe(string path)
    {
        Span<byte> answer = stackalloc byte[256];
        return Ask(path, Type, answer) && (MemoryMarshal.Read<ushort>(answer[28..]) & TypeMask) == Pipe;
    }

    /// <summary>False when this user may not read it.</summary>
    public static bool MayRead(string path)
    {
        const int read = 4;
        return !OperatingSystem.IsLinux() || Access(path, read) == 0;
    }

    /// <summary>Fills in a struct statx, which is the same on every architecture: the mode is at 28, the inode at 32, the birth at 80.</summary>
    static bool Ask(string path, uint what, Span<byte> answer)
    {
        const int atCurrentDirectory = -100;
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return StatX(atCurrentDirectory, path, 0, what, ref MemoryMarshal.GetReference(answer)) == 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "access", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int StatX(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, ref byte answer);
}
