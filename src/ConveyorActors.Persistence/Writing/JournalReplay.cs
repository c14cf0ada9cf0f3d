using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// Builds a <see cref="PipelineModel"/> from a snapshot and the events after it. Missing events are refused here,
/// because a journal does not report them.
/// </summary>
/// <remarks>Used by one actor.</remarks>
sealed class JournalReplay(string persistenceId, string pipeline)
{
    readonly List<ReadOnlyMemory<byte>> parts = []; // the parts of a unit that is too large for an event
    readonly Dictionary<Guid, long> lastUnits = [];
    long last;

    public PipelineModel Model { get; } = new(pipeline);

    /// <summary>Gets the bytes of the events after the snapshot.</summary>
    public long BytesSinceSnapshot { get; private set; }

    /// <summary>Starts from a snapshot.</summary>
    /// <exception cref="JournalException">The snapshot is damaged.</exception>
    public void Restore(long sequenceNr, PipelineSnapshotBytes snapshot)
    {
        try
        {
            Model.Restore(ImageCodec.Read(snapshot.Image.Span, Model.Pipeline));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException)
        {
            throw new JournalException(
                $"The snapshot of '{persistenceId}' at sequence number {sequenceNr} cannot be read: {damaged.Message}.",
                damaged
            );
        }
        last = sequenceNr;
    }

    /// <summary>Applies the next event.</summary>
    /// <exception cref="JournalException">The event does not follow the one before, or is damaged.</exception>
    public void Apply(long sequenceNr, IPipelineEvent written)
    {
        if (sequenceNr != last + 1)
            throw CreateHoleError(sequenceNr - 1);
        last = sequenceNr;
        switch (written)
        {
            case EpochClaimed { Claim: var claim }:
                if (Model.Claim is { } before)
                {
                    if (claim.Epoch <= before.Epoch)
                        throw CreateError(
                            $"claims epoch {claim.Epoch}, and epoch {before.Epoch} was claimed before it"
                        );
                    lastUnits[before.Incarnation] = Model.LastUnit;
                }
                Model.Claim = claim;
                parts.Clear();
                break;
            case UnitsWritten units:
                if (units.Epoch != Model.Claim?.Epoch)
                    throw CreateError(
                        $"was written by epoch {units.Epoch}, and epoch {Model.Claim?.Epoch ?? 0} is in force"
                    );
                Apply(units);
                break;
        }
    }

    /// <summary>Checks that the last event has the journal's highest sequence number.</summary>
    /// <exception cref="JournalException">The numbers differ: the last events are missing.</exception>
    public void Complete(long highest)
    {
        if (highest != last)
            throw CreateHoleError(highest);
    }

    /// <summary>
    /// Returns the last unit that an incarnation wrote before another claim; null: it is no longer known, or the
    /// incarnation has the current claim.
    /// </summary>
    public long? FindLastUnit(Guid incarnation) => lastUnits.TryGetValue(incarnation, out var unit) ? unit : null;

    void Apply(UnitsWritten units)
    {
        if (units.FirstUnit != Model.LastUnit + 1)
            throw CreateError(
                $"begins with unit {units.FirstUnit}, and unit {Model.LastUnit} is the last one before it"
            );
        if (units.Part == 0)
            parts.Clear();
        if (units.Part != parts.Count)
            throw CreateError($"is part {units.Part} of unit {units.FirstUnit}, and part {parts.Count} was expected");
        BytesSinceSnapshot += units.Body.Length;
        if (units.Count == 0)
        {
            parts.Add(units.Body);
            return;
        }
        try
        {
            if (units.Part == 0)
                ApplyUnits(units.Body.Span, units.Count);
            else
                ApplyUnits((byte[])[.. parts.Append(units.Body).SelectMany(static p => p.ToArray())], units.Count);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException)
        {
            throw new JournalException(
                $"The event of '{persistenceId}' with sequence number {last} cannot be read: {damaged.Message}.",
                damaged
            );
        }
        parts.Clear();
    }

    void ApplyUnits(ReadOnlySpan<byte> body, int count)
    {
        var from = new ByteReader(body);
        var names = new NameReader(Model.Pipeline);
        var version = from.ReadByte();
        if (version != UnitCodec.Version)
            throw new InvalidDataException(
                $"it is of version {version}, and this program reads version {UnitCodec.Version}"
            );
        for (; count > 0; count--)
            Model.Apply(UnitCodec.Read(ref from, names), 0);
        if (!from.IsAtEnd)
            throw new InvalidDataException("there is more in it than its units");
    }

    JournalException CreateHoleError(long upTo) =>
        new(
            $"The journal has a hole: of '{persistenceId}' the event with sequence number {last} is followed by {upTo + 1}"
                + $" (events {last + 1} to {upTo} are missing). It is not opened; where another process was deleting at the time, the next attempt succeeds."
        );

    JournalException CreateError(string what) =>
        new(
            $"The event of '{persistenceId}' with sequence number {last} {what}. Two processes wrote at once; the journal must refuse a sequence number that it has."
        );
}
