namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// One pass over the hops that wait, from the deepest stage up: what each of them leaves at source and manager for
/// those before it.
/// </summary>
/// <remarks>
/// Room taken by a shallower hop may never come back while its consumer waits for a deeper one. So every hop that still
/// waits when its turn is over, whatever stopped it, keeps what its next result needs: one result at a time is enough,
/// since its room comes back when it is settled. Used by the one thread that pumps.
/// </remarks>
sealed class HopPass(long parkings)
{
    readonly Dictionary<SourceState, (int Records, long Bytes)> bySource = [];
    int records;
    long bytes;

    /// <summary>How many hops had ever been parked when the pass began.</summary>
    public long Parkings { get; } = parkings;

    /// <summary>What must be left of the manager's room.</summary>
    public (int Records, long Bytes) Kept => (records, bytes);

    /// <summary>What must be left of a source's room.</summary>
    public (int Records, long Bytes) KeptOf(SourceState source) => bySource.GetValueOrDefault(source);

    public void Keep<T>(ParkedHop<T> hop)
    {
        var (more, moreBytes) = (hop.Retained > 0 ? 0 : 1, hop.ReservedBytes);
        records += more;
        bytes += moreBytes;
        var (keptRecords, keptBytes) = KeptOf(hop.Source);
        bySource[hop.Source] = (keptRecords + more, keptBytes + moreBytes);
    }
}
