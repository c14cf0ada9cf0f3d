namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Tracks, during one pass over the waiting hops from the deepest stage up, the room at source and manager that each
/// hop must leave to the hops before it.
/// </summary>
/// <remarks>
/// Room taken by a shallower hop may never become free while its consumer waits for a deeper one. Therefore every hop
/// that still waits when its turn is over, for whatever reason, keeps the room for its next result: one result at a
/// time is enough, since its room becomes free when it is settled. Used by the one thread that serves waiters.
/// </remarks>
sealed class HopPass(long parkings)
{
    readonly Dictionary<SourceState, (int Records, long Bytes)> bySource = [];
    int records;
    long bytes;

    /// <summary>Gets how many hops had been parked when the pass began.</summary>
    public long Parkings { get; } = parkings;

    /// <summary>Gets the room of the manager that must be left.</summary>
    public (int Records, long Bytes) Kept => (records, bytes);

    /// <summary>Returns the room of a source that must be left.</summary>
    public (int Records, long Bytes) GetKept(SourceState source) => bySource.GetValueOrDefault(source);

    public void Keep<T>(ParkedHop<T> hop)
    {
        var (more, moreBytes) = (hop.Retained > 0 ? 0 : 1, hop.ReservedBytes);
        records += more;
        bytes += moreBytes;
        var (keptRecords, keptBytes) = GetKept(hop.Source);
        bySource[hop.Source] = (keptRecords + more, keptBytes + moreBytes);
    }
}
