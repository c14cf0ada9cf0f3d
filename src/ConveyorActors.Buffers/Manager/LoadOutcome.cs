namespace ConveyorActors.Buffers.Manager;

/// <summary>The outcome of one load of records that are only in the store.</summary>
enum LoadOutcome
{
    /// <summary>Records were loaded, or were found to be missing; there may be more.</summary>
    Loaded,

    /// <summary>No queue has records in the store that there is room for.</summary>
    NothingToLoad,

    /// <summary>
    /// The store cannot be written or read now, a record that was read found no room, or the manager has stopped.
    /// </summary>
    NotPossible,
}
