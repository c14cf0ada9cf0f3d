namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The results of a hop that wait for room in their target stage. The records they came from are already settled.
/// </summary>
/// <remarks>Guarded by the target stage's lock.</remarks>
sealed class ParkedHop<T>(SourceState source, ReadOnlyMemory<T> results, int[]? bytes, string?[]? ids)
{
    public SourceState Source { get; } = source;

    public ReadOnlyMemory<T> Results { get; } = results;

    public int[]? Bytes { get; } = bytes;

    public string?[]? Ids { get; set; } = ids;

    /// <summary>Gets or sets the number of results that have moved.</summary>
    public int Next { get; set; }

    /// <summary>
    /// Gets or sets the room at source and manager that was taken over from the settled records and is not used yet, in
    /// records.
    /// </summary>
    public int Retained { get; set; }

    /// <summary>
    /// Gets or sets the room that outsiders must leave for the waiting results, in records: at the stage (this
    /// property), and at source and manager (<see cref="ReservedAbove"/>).
    /// </summary>
    public int ReservedAtStage { get; set; }

    /// <inheritdoc cref="ReservedAtStage"/>
    public int ReservedAbove { get; set; }

    /// <summary>Gets or sets the bytes reserved at each pool for the next result.</summary>
    public long ReservedBytes { get; set; }

    /// <summary>
    /// Gets or sets the store's number for the first of the results, whether that result had to wait or not; undefined
    /// while none has waited.
    /// </summary>
    public long Number { get; set; }

    /// <summary>Gets or sets whether the store has received the waiting results.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>
    /// Gets the changes of the stage of the inputs, which the store receives together with the arrival of the results,
    /// so that after a crash either both exist or neither.
    /// </summary>
    public Stores.StoreEntry<T>[]? Inputs { get; init; }

    public int Waiting => Results.Length - Next;

    public int GetBytes(int index) => Bytes?[index] ?? 0;

    /// <summary>Gets or sets the number of this hop among all hops parked in the manager.</summary>
    public long Ticket { get; set; }

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
