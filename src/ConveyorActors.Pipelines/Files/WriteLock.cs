using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Keeps every other run from writing to a file for as long as this one does. The system lets go of it, however the
/// process ends. Programs that only read, and programs that know nothing of it, are not held up.
/// </summary>
/// <remarks>
/// The lock is on bytes far behind every file's end, and belongs to this opening of the file: closing another one does
/// not end it. A second lock, which belongs to the process, is there to be asked whose it is. File systems without
/// locks go without; Windows has sharing modes instead.
/// </remarks>
sealed class WriteLock
{
    const long First = 1L << 62,
        Owners = First + Slots;

    /// <summary>A process that only appends takes one slot; one that does more takes all.</summary>
    const int Slots = 1024;

    const short Write = 1,
        Unlock = 2;

    readonly SafeFileHandle file;
    readonly int slot,
        count;

    WriteLock(SafeFileHandle file, int slot, int count) => (this.file, this.slot, this.count) = (file, slot, count);

    /// <summary>Takes the lock.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="appends">True when all that is ever done is to append: then others may do so as well.</param>
    /// <param name="holder">Whoever has it already; null: nobody.</param>
    /// <returns>Null when another has it, or there are no locks here.</returns>
    public static WriteLock? Take(SafeFileHandle file, bool appends, out string? holder)
    {
        holder = null;
        if (!Libc.IsUsable)
            return null;
        var tries = appends ? 16 : 1;
        for (var i = 0; i < tries; i++)
        {
            var taken = appends
                ? new WriteLock(file, (Environment.ProcessId + i) % Slots, 1)
                : new WriteLock(file, 0, Slots);
            if (taken.Set(Libc.SetOpenFileLock, First, Write))
            {
                taken.Set(Libc.SetLock, Owners, Write);
                return taken;
            }
            if (Libc.LastError is not (Libc.TryAgain or Libc.AccessDenied))
                return null;
            holder = Holder(file);
        }
        return null;
    }

    /// <summary>Lets go of it: a descriptor that others have too may stay open.</summary>
    public void Release()
    {
        if (file.IsClosed)
            return;
        Set(Libc.SetOpenFileLock, First, Unlock);
        Set(Libc.SetLock, Owners, Unlock);
    }

    bool Set(int command, long first, short type)
    {
        var range = new Libc.RecordLock
        {
            Type = type,
            Start = first + slot,
            Length = count,
        };
        return Libc.Control((int)file.DangerousGetHandle(), command, ref range) == 0;
    }

    static string Holder(SafeFileHandle file)
    {
        var asked = new Libc.RecordLock
        {
            Type = Write,
            Start = Owners,
            Length = Slots,
        };
        var isKnown =
            Libc.Control((int)file.DangerousGetHandle(), Libc.GetLock, ref asked) == 0
            && asked.Type != Unlock
            && asked.Process > 0;
        return isKnown ? "process " + asked.Process.ToString(CultureInfo.InvariantCulture) : "another run";
    }
}
