using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Locks a file against writing by other runs. The system releases the lock when the process ends in any way. Programs
/// that only read, and programs that do not use this lock, are not affected.
/// </summary>
/// <remarks>
/// The lock covers bytes far behind the end of any file and belongs to this open file description, so closing another
/// descriptor of the file does not release it. A second lock, which belongs to the process, identifies the holder. On
/// file systems without locks nothing is locked; Windows uses sharing modes instead.
/// </remarks>
sealed class WriteLock
{
    const long First = 1L << 62,
        Owners = First + Slots;

    /// <summary>Number of slots. A process that only appends takes one slot; any other takes all of them.</summary>
    const int Slots = 1024;

    const short Write = 1,
        Unlock = 2;

    readonly SafeFileHandle file;
    readonly int slot,
        count;

    WriteLock(SafeFileHandle file, int slot, int count) => (this.file, this.slot, this.count) = (file, slot, count);

    /// <summary>Takes the lock.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="appends">Whether the process only appends; others may then append as well.</param>
    /// <param name="holder">The holder of the lock; null: not locked by another.</param>
    /// <returns>The lock; null if another process holds it, or locks are not supported.</returns>
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
            holder = DescribeHolder(file);
        }
        return null;
    }

    /// <summary>Releases the lock explicitly, since other processes may keep the descriptor open.</summary>
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

    static string DescribeHolder(SafeFileHandle file)
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
