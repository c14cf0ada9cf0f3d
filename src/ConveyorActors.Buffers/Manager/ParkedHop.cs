namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Results of a hop that wait for room in their target stage. The records they came from are settled already.
/// </summary>
/// <remarks>Guarded by the target stage's lock.</remarks>
sealed class ParkedHop<T>(SourceState source, ReadOnlyMemory<T> results, int[]? bytes, string?[]? ids)
{
    public SourceState Source { get; } = source;

    public ReadOnlyMemory<T> Results { get; } = results;

    public int[]? Bytes { get; } = bytes;

    public string?[]? Ids { get; set; } = ids;

    /// <summary>How many results are over.</summary>
    public int Next { get; set; }

    /// <summary>Room at source and manager taken over from the settled records, not used yet.</summary>
    public int Retained { get; set; }

    /// <summary>
    /// What outsiders must leave at each pool for the results that are not over: in records, by pool.
    /// </summary>
    public int ReservedAtStage { get; set; }

    /// <inheritdoc cref="ReservedAtStage"/>
    public int ReservedAbove { get; set; }

    /// <summary>Bytes of the next result, kept from outsiders too.</summary>
    public long ReservedBytes { get; set; }

    /// <summary>
    /// What the store calls the first of the results, whether it had to wait or not; meaningless while none has waited.
    /// </summary>
    public long Number { get; set; }

    /// <summary>True once the store has been told of it.</summary>
    public bool IsTold { get; set; }

    /// <summary>
    /// What its inputs' stage has to tell the store: told with the arrival of the results, so that both are there or
    /// neither.
    /// </summary>
    public Stores.StoreEntry<T>[]? Inputs { get; init; }

    public int Waiting => Results.Length - Next;

    public int BytesAt(int index) => Bytes?[index] ?? 0;

    /// <summary>Its place among all hops that were ever parked in the manager.</summary>
    public long Ticket { get; set; }

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
