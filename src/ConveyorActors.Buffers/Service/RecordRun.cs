namespace ConveyorActors.Buffers.Service;

/// <summary>
/// Consecutive records of a leased batch that have everything in common but the record itself and its sequence, which
/// grows by one.
/// </summary>
/// <param name="First">The first record of the run with its description.</param>
/// <param name="Start">The index of the first record in the batch, from 0.</param>
/// <param name="Count">The number of records, from 1.</param>
public readonly record struct RecordRun(BufferedRecord<ConveyorRecord> First, int Start, int Count);
