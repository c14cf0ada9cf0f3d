using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>
/// SQLite's file system with someone looking on: what happens in a directory that has a journal is written down there.
/// In others nothing waits for the disk, which makes thousands of openings quick.
/// </summary>
static unsafe class WatchedFileSystem
{
    sealed record Opened(string Directory, string Name, nint Methods)
    {
        /// <summary>SQLite syncs the directory with the first sync of a journal or log that it has made.</summary>
        public bool SyncsDirectory { get; set; }
    }

    static readonly ConcurrentDictionary<nint, Opened> files = [];
    static readonly ConcurrentDictionary<nint, nint> tables = [];
    static readonly ConcurrentDictionary<string, Journal> journals = [];
    static readonly Sqlite.Vfs* usual;

    /// <summary>It is registered once and stays: SQLite keeps a pointer to it.</summary>
    static WatchedFileSystem()
    {
        // The provider loads the library, and must be the first to: it sets it up.
        SQLitePCL.Batteries_V2.Init();
        usual = Sqlite.Find(null);
        var watched = (Sqlite.Vfs*)NativeMemory.Alloc((nuint)sizeof(Sqlite.Vfs));
        *watched = *usual;
        watched->Name = (byte*)Marshal.StringToCoTaskMemUTF8(Name);
        watched->Open = &Open;
        watched->Delete = &Delete;
        Assert.Equal(Sqlite.Ok, Sqlite.Register(watched, 0));
    }

    public static string Name { get; } = "watched";

    public static void Watch(string directory, Journal journal) => journals[directory] = journal;

    public static void Forget(string directory) => journals.TryRemove(directory, out _);

    static Journal? JournalOf(string directory) => journals.GetValueOrDefault(directory);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Open(Sqlite.Vfs* vfs, byte* path, Sqlite.File* file, int flags, int* outFlags)
    {
        var name = Marshal.PtrToStringUTF8((nint)path);
        var isNew = name is not null && !File.Exists(name);
        var result = usual->Open(usual, path, file, flags, outFlags);
        if (result != Sqlite.Ok || name is null)
            return result;
        var opened = new Opened(Path.GetDirectoryName(name)!, Path.GetFileName(name), (nint)file->Methods)
        {
            SyncsDirectory = isNew && (flags & Sqlite.OpenCreate) != 0 && (flags & Sqlite.JournalOrLog) != 0,
        };
        files[(nint)file] = opened;
        file->Methods = (Sqlite.Methods*)tables.GetOrAdd((nint)file->Methods, Watching);
        if (isNew)
            JournalOf(opened.Directory)?.Made(opened.Name);
        return result;
    }

    static nint Watching(nint methods)
    {
        var watching = (Sqlite.Methods*)NativeMemory.Alloc((nuint)sizeof(Sqlite.Methods));
        *watching = *(Sqlite.Methods*)methods;
        watching->Close = &Close;
        watching->Write = &Write;
        watching->Truncate = &Truncate;
        watching->Sync = &Sync;
        return (nint)watching;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Delete(Sqlite.Vfs* vfs, byte* path, int syncsDirectory)
    {
        var name = Marshal.PtrToStringUTF8((nint)path)!;
        var journal = JournalOf(Path.GetDirectoryName(name)!);
        var result = usual->Delete(usual, path, journal is null ? 0 : syncsDirectory);
        if (result != Sqlite.Ok)
            return result;
        journal?.Removed(Path.GetFileName(name));
        if (syncsDirectory != 0)
            journal?.EntriesSynced();
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Close(Sqlite.File* file)
    {
        files.TryRemove((nint)file, out var opened);
        return ((Sqlite.Methods*)opened!.Methods)->Close(file);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Write(Sqlite.File* file, byte* bytes, int count, long at)
    {
        var opened = files[(nint)file];
        JournalOf(opened.Directory)?.Wrote(opened.Name, at, new ReadOnlySpan<byte>(bytes, count).ToArray());
        return ((Sqlite.Methods*)opened.Methods)->Write(file, bytes, count, at);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Truncate(Sqlite.File* file, long size)
    {
        var opened = files[(nint)file];
        JournalOf(opened.Directory)?.Truncated(opened.Name, size);
        return ((Sqlite.Methods*)opened.Methods)->Truncate(file, size);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Sync(Sqlite.File* file, int flags)
    {
        var opened = files[(nint)file];
        if (JournalOf(opened.Directory) is not { } journal)
            return Sqlite.Ok;
        var result = ((Sqlite.Methods*)opened.Methods)->Sync(file, flags);
        if (result != Sqlite.Ok)
            return result;
        journal.Synced(opened.Name);
        if (opened.SyncsDirectory)
            journal.EntriesSynced();
        opened.SyncsDirectory = false;
        return result;
    }
}
