namespace ConveyorActors.Buffers.Stores;

/// <summary>Stores that count the incarnations of a pipeline.</summary>
interface IStoreEpochs
{
    /// <summary>
    /// Returns the epoch of the incarnation that has opened a pipeline: higher than that of any earlier one.
    /// </summary>
    long GetEpoch(string pipeline);
}
