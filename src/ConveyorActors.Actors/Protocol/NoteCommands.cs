namespace ConveyorActors.Actors.Protocol;

/// <summary>Stores a note with the pipeline's records. The reply is <see cref="Noted"/>.</summary>
/// <param name="Pipeline">The pipeline; it is created if there is none.</param>
/// <param name="Note">The note. It replaces the one with the same key.</param>
public sealed record SetNote(string Pipeline, Note Note) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for a note. The reply is <see cref="NoteIs"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Key">The note's key.</param>
public sealed record GetNote(string Pipeline, string Key) : ConveyorCommand, IPipelineCommand;

/// <summary>Stores how far a source has been read. The reply is <see cref="Noted"/>.</summary>
/// <remarks>Records bring their positions along; this command is for what was read and never offered.</remarks>
/// <param name="Pipeline">The pipeline; it is created if there is none.</param>
/// <param name="ReadSource">The source. It needs no actor, so the command goes to the pipeline.</param>
/// <param name="Position">How far it has been read.</param>
public sealed record SetPosition(string Pipeline, string ReadSource, SourcePosition Position) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks how far a source had been read when the pipeline was opened. The reply is <see cref="PositionIs"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="ReadSource">The source.</param>
public sealed record GetPosition(string Pipeline, string ReadSource) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Settles records of a lease as done and stores a note with them, as one step: after a crash both are there or neither. The reply is <see cref="Settled"/>; if the
/// lease is not open, nothing is noted.
/// </summary>
/// <remarks>A message of its own, because a node of an earlier version would settle the records and leave the note out.</remarks>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage that gave the lease.</param>
/// <param name="Lease">The lease's id.</param>
/// <param name="Sequences">Which of its records; null: all that are open.</param>
/// <param name="Note">The note.</param>
public sealed record CompleteWithNote(string Pipeline, string Stage, long Lease, IReadOnlyList<long>? Sequences, Note Note) : ConveyorCommand, IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(CompleteWithNote? other) => base.Equals(other) && Pipeline == other.Pipeline && Stage == other.Stage && Lease == other.Lease
        && ByValue.Same(Sequences, other.Sequences) && Note == other.Note;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Note);
}
