using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Format;

/// <summary>What is written to the journal or the snapshot store. It has a serializer of its own.</summary>
interface IStoredMessage;

/// <summary>An event of a pipeline's journal.</summary>
interface IPipelineEvent : IStoredMessage
{
    /// <summary>The epoch that wrote it.</summary>
    long Epoch { get; }
}

/// <summary>From here on the events are those of a new incarnation.</summary>
sealed record EpochClaimed(Claim Claim) : IPipelineEvent
{
    /// <inheritdoc/>
    public long Epoch => Claim.Epoch;
}

/// <summary>Units that were gathered while the event before was being written, or a part of one unit that is too large for an event.</summary>
/// <param name="Epoch">The epoch that wrote it.</param>
/// <param name="FirstUnit">The number of its first unit.</param>
/// <param name="Count">How many units it completes: 0 where the unit goes on in the next event.</param>
/// <param name="Part">The number of the part, from 0; 0 also where all units are whole.</param>
/// <param name="Body">The units; see <see cref="UnitCodec"/>.</param>
sealed record UnitsWritten(long Epoch, long FirstUnit, int Count, int Part, ReadOnlyMemory<byte> Body) : IPipelineEvent;

/// <summary>A snapshot: the pipeline's durable image, see <see cref="ImageCodec"/>.</summary>
sealed record PipelineSnapshotBytes(ReadOnlyMemory<byte> Image) : IStoredMessage;
