using System.Runtime.InteropServices;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Limits the records in one buffer actor. The sender's thread reserves the room, so records in the actor's mailbox
/// count like records that the actor has gathered.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Exact: a message is admitted whole or not at all, and no message is admitted once the
/// gate is closed.
/// </remarks>
sealed class BufferActorGate(int capacity)
{
    // More than any capacity: adding it closes the gate in one step, also for every thread that is about to reserve
    // room.
    const int Closing = 1 << 30;

    Padded used;
    long refused;

    // The value has a cache line of its own, because every sender on this core writes it.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    struct Padded
    {
        [FieldOffset(64)]
        public int Value;
    }

    public int Capacity { get; } = capacity;

    public int Used => Volatile.Read(ref used.Value) & (Closing - 1);

    public bool IsClosed => Volatile.Read(ref used.Value) >= Closing;

    public long Refused => Interlocked.Read(ref refused);

    public bool TryTake(int records)
    {
        var now = Volatile.Read(ref used.Value);
        while (records <= Capacity - now)
        {
            var seen = Interlocked.CompareExchange(ref used.Value, now + records, now);
            if (seen == now)
                return true;
            now = seen;
        }
        Interlocked.Add(ref refused, records);
        return false;
    }

    /// <summary>Counts records that were refused for another reason than a full gate.</summary>
    public void CountRefused(int records) => Interlocked.Add(ref refused, records);

    public void Release(int records) => Interlocked.Add(ref used.Value, -records);

    public void Close()
    {
        int now;
        do now = Volatile.Read(ref used.Value);
        while (now < Closing && Interlocked.CompareExchange(ref used.Value, now + Closing, now) != now);
    }
}
