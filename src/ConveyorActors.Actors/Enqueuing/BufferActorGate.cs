using System.Runtime.InteropServices;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The room of one buffer actor, taken by the sender's thread: what waits in the actor's mailbox is counted like what
/// the actor has gathered.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Exact: a message is let in whole or not at all, and none is let in once the gate is
/// closed.
/// </remarks>
sealed class BufferActorGate(int capacity)
{
    // More than any capacity: who adds it closes the gate in one step with everybody who is about to take.
    const int Closing = 1 << 30;

    Padded used;
    long refused;

    // A line of the cache for itself: every sender on this core writes it.
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

    /// <summary>Counts records that were refused for another reason than the gate's room.</summary>
    public void CountRefused(int records) => Interlocked.Add(ref refused, records);

    public void Release(int records) => Interlocked.Add(ref used.Value, -records);

    public void Close()
    {
        int now;
        do now = Volatile.Read(ref used.Value);
        while (now < Closing && Interlocked.CompareExchange(ref used.Value, now + Closing, now) != now);
    }
}
