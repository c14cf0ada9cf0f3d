using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>What of SQLite's C interface to file systems is needed here; the names are those of sqlite3.h.</summary>
static unsafe class Sqlite
{
    public const int Ok = 0,
        OpenCreate = 0x4,
        JournalOrLog = 0x800 | 0x4000 | 0x80000;

    [StructLayout(LayoutKind.Sequential)]
    public struct Vfs
    {
        public int Version,
            FileSize,
            MaxPath;
        public Vfs* Next;
        public byte* Name;
        public void* Data;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, File*, int, int*, int> Open;
        public delegate* unmanaged[Cdecl]<Vfs*, byte*, int, int> Delete;
        public Others Rest;
    }

    /// <summary>The functions that stay as they are.</summary>
    [InlineArray(14)]
    public struct Others
    {
        nint first;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct File
    {
        public Methods* Methods;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Methods
    {
        public int Version;
        public delegate* unmanaged[Cdecl]<File*, int> Close;
        public delegate* unmanaged[Cdecl]<File*, void*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<File*, byte*, int, long, int> Write;
        public delegate* unmanaged[Cdecl]<File*, long, int> Truncate;
        public delegate* unmanaged[Cdecl]<File*, int, int> Sync;
        public Others Rest;
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find", CallingConvention = CallingConvention.Cdecl)]
    public static extern Vfs* Find(byte* name);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_register", CallingConvention = CallingConvention.Cdecl)]
    public static extern int Register(Vfs* vfs, int isDefault);
}
