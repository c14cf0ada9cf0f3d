namespace ConveyorActors.Buffers.Admission;

/// <summary>Grants the room of sources that have a budget over a cluster to the pipelines of one node.</summary>
/// <remarks>Safe for use by many threads.</remarks>
interface IBudgetedEngines
{
    /// <summary>Called when a pipeline is being opened.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="epoch">The pipeline's epoch in its store: a later incarnation has a higher one.</param>
    /// <returns>The budgets' part of the pipeline; null: no source has a budget.</returns>
    IBudgetedEngine? Open(string pipeline, long epoch);
}

/// <summary>The budgets' part of one incarnation of a pipeline.</summary>
interface IBudgetedEngine
{
    /// <summary>Gets the allowances by source, for the sources whose room is granted by a budget.</summary>
    IReadOnlyDictionary<string, SourceAllowance> Allowances { get; }

    /// <summary>Called when the pipeline is open.</summary>
    /// <param name="manager">The pipeline's manager.</param>
    /// <param name="held">The number of records recovered for each of the sources.</param>
    void OnOpened(BufferManager<ConveyorRecord> manager, IReadOnlyDictionary<string, long> held);

    /// <summary>Called when the pipeline has ended here.</summary>
    /// <param name="held">
    /// The number of records still held of each of the sources; null: the changes are not written.
    /// </param>
    void OnClosed(IReadOnlyDictionary<string, long>? held);
}
