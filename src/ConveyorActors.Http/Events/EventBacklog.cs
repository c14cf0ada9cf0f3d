namespace ConveyorActors.Http.Events;

/// <summary>
/// The events of the last minute, in order: fewer if they exceed a number of events or of bytes. The newest event is
/// always kept.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class EventBacklog(int maxEvents, long maxBytes, TimeProvider clock)
{
    static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    ServerEvent?[] ring = new ServerEvent?[16]; // the event of a number is at this number modulo the length
    long bytes;

    /// <summary>Gets the number of the oldest event that is kept.</summary>
    public long First { get; private set; } = 1;

    /// <summary>Gets the number of the newest event; 0: there was none yet.</summary>
    public long Last { get; private set; }

    public ServerEvent this[long number] => ring[number % ring.Length]!;

    /// <summary>Adds an event, and removes those that are no longer kept.</summary>
    public void Add(ReadOnlyMemory<byte> rendered)
    {
        var now = clock.GetTimestamp();
        while (
            First <= Last
            && (
                Last - First + 1 >= maxEvents
                || bytes + rendered.Length > maxBytes
                || clock.GetElapsedTime(this[First].AddedAt, now) > KeptFor
            )
        )
            RemoveFirst();
        if (Last - First + 1 == ring.Length)
            Grow();
        Last++;
        ring[Last % ring.Length] = new(Last, now, rendered);
        bytes += rendered.Length;
    }

    void RemoveFirst()
    {
        bytes -= this[First].Bytes.Length;
        ring[First % ring.Length] = null;
        First++;
    }

    void Grow()
    {
        var larger = new ServerEvent?[2 * ring.Length];
        for (var number = First; number <= Last; number++)
            larger[number % larger.Length] = this[number];
        ring = larger;
    }
}
