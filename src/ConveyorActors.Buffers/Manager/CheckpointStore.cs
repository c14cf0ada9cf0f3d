using System.Collections.Concurrent;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Reads and writes checkpoints and sources' positions, which the store keeps with the records.</summary>
sealed class CheckpointStore<T>(ManagerParts<T> parts)
{
    readonly IBufferStore<T>? store = parts.Store;
    public readonly ConcurrentDictionary<string, string> Values = new(StringComparer.Ordinal);
    public readonly Dictionary<string, SourcePosition> Positions = new(StringComparer.Ordinal);

    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences, Checkpoint checkpoint)
    {
        if (!LeaseManager<T>.IsEmpty(lease))
            return Complete(lease.StageId, lease.Id, sequences, checkpoint);
        SetCheckpoint(checkpoint);
        return LeaseManager<T>.NothingToSettle;
    }

    public SettleResult Complete(string stage, long leaseId, IReadOnlyList<long>? sequences, Checkpoint checkpoint)
    {
        checkpoint.Validate();
        sequences = LeaseManager<T>.Copy(sequences);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return LeaseManager<T>.UnknownLease;
        try
        {
            var result = from.Buffer.Complete(leaseId, sequences, from.Now);
            if (!result.IsOk)
                return result;
            Values[checkpoint.Key] = checkpoint.Value;
            if (store is not null)
                from.AddEvent(new StageEvent<T>.CheckpointSet(checkpoint));
            return result;
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public void SetCheckpoint(Checkpoint checkpoint)
    {
        checkpoint.Validate();
        Values[checkpoint.Key] = checkpoint.Value;
        store?.Append([new("", new StageEvent<T>.CheckpointSet(checkpoint))]);
    }

    public string? GetCheckpoint(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Values.GetValueOrDefault(key);
    }

    public SourcePosition? GetPosition(string source)
    {
        Names.Validate(source);
        return Positions.TryGetValue(source, out var position) ? position : null;
    }

    public void SetPosition(string source, SourcePosition position)
    {
        Names.Validate(source);
        if (position.Offset < 0 || position.Number < 0)
            throw new ArgumentOutOfRangeException(
                nameof(position),
                position,
                $"position is {position}; its offset and its number must be at least 0."
            );
        store?.Append([new("", new StageEvent<T>.Positioned(source, position))]);
    }
}
