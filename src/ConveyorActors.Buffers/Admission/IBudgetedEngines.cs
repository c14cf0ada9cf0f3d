namespace ConveyorActors.Buffers.Admission;

/// <summary>Grants the room of sources that have a budget over a cluster to the pipelines of one node.</summary>
/// <remarks>Safe for use by many threads.</remarks>
interface IBudgetedEngines
{
    /// <summary>A pipeline is being opened.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="epoch">The epoch that it has in its store: a later incarnation has a higher one.</param>
    /// <returns>The pipeline's part; null: no source has a budget.</returns>
    IBudgetedEngine? Open(string pipeline, long epoch);
}

/// <summary>The budgets' part of one incarnation of one pipeline.</summary>
interface IBudgetedEngine
{
    /// <summary>Gets the sources whose room is granted.</summary>
    IReadOnlyDictionary<string, SourceAllowance> Allowances { get; }

    /// <summary>The pipeline is open.</summary>
    /// <param name="manager">Its engine.</param>
    /// <param name="held">What it has recovered of each of the sources.</param>
    void Opened(BufferManager<ConveyorRecord> manager, IReadOnlyDictionary<string, long> held);

    /// <summary>The pipeline has ended here.</summary>
    /// <param name="held">What it holds of each of the sources; null: it is not written.</param>
    void Closed(IReadOnlyDictionary<string, long>? held);
}
