namespace ConveyorActors.Buffers.Manager;

/// <summary>One round of giving room to the hops that wait: what those that came first, and still wait, must be left by those that come after them.</summary>
/// <remarks>
/// Room that a hop's own records free must come back to that hop: taken by a hop into a shallower stage it may never be free again, when the
/// consumers there wait for the deeper hop. Used by one thread.
/// </remarks>
/// <param name="parkings">How many hops had been parked before the round looked who waits.</param>
sealed class HopTurn(int parkings)
{
    readonly Dictionary<SourceState, (long Records, long Bytes)> bySource = [];

    public int Parkings { get; } = parkings;

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    public (long Records, long Bytes) Of(SourceState source) => bySource.GetValueOrDefault(source);

    public void Passed(SourceState source, long owedRecords, long owedBytes)
    {
        Records += owedRecords;
        Bytes += owedBytes;
        var (records, bytes) = Of(source);
        bySource[source] = (records + owedRecords, bytes + owedBytes);
    }
}
