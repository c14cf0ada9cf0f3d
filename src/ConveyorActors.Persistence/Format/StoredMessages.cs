using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Format;

/// <summary>A message in the journal or the snapshot store, with a serializer of its own.</summary>
interface IStoredMessage : IHasOwnSerializer;

/// <summary>An event of a pipeline's journal.</summary>
interface IPipelineEvent : IStoredMessage
{
    /// <summary>Gets the epoch that wrote the event.</summary>
    long Epoch { get; }
}

/// <summary>
/// The event with which a new incarnation claims the pipeline: the events after it are those of this incarnation.
/// </summary>
[Serializable]
sealed record EpochClaimed(Claim Claim) : IPipelineEvent
{
    /// <inheritdoc/>
    public long Epoch => Claim.Epoch;
}

/// <summary>
/// Units gathered while the previous event was being written, or a part of one unit that is too large for an event.
/// </summary>
/// <param name="Epoch">The epoch that wrote the event.</param>
/// <param name="FirstUnit">The number of the first unit.</param>
/// <param name="Count">The number of units that the event completes: 0 if its unit continues in the next event.</param>
/// <param name="Part">The number of the part, from 0; 0 also if all units are whole.</param>
/// <param name="Body">The units; see <see cref="UnitCodec"/>.</param>
[Serializable]
sealed record UnitsWritten(long Epoch, long FirstUnit, int Count, int Part, ReadOnlyMemory<byte> Body) : IPipelineEvent;

/// <summary>A snapshot with the pipeline's durable image; see <see cref="ImageCodec"/>.</summary>
[Serializable]
sealed record PipelineSnapshotBytes(ReadOnlyMemory<byte> Image) : IStoredMessage;

/// <summary>The first event of a journal's identity; see <see cref="JournalIdentity"/>.</summary>
[Serializable]
sealed record JournalNamed(Guid Identity) : IStoredMessage;
