using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Recognizes files such as those in /proc. The kernel produces their bytes during the read, so they have no size and
/// no offset to continue from.
/// </summary>
static class KernelFile
{
    const long Proc = 0x9fa0,
        Sys = 0x62656572,
        Debug = 0x64626720,
        Trace = 0x74726163;

    public static bool Is(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> buffer = stackalloc byte[512];
        try
        {
            // The type of the file system is the first field of struct statfs.
            return FStatFs(file, ref MemoryMarshal.GetReference(buffer)) == 0
                && MemoryMarshal.Read<nint>(buffer) is (nint)Proc or (nint)Sys or (nint)Debug or (nint)Trace;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "fstatfs")]
    static extern int FStatFs(SafeFileHandle file, ref byte buffer);
}
