namespace ConveyorActors.Buffers.Inspection;

/// <summary>What a command printed.</summary>
/// <param name="ExitCode">0: done; 1: it could not be done; 2: the command itself is wrong.</param>
/// <param name="Text">A table, JSON, or one sentence that says what is wrong. Lines end with LF; the last has no end.</param>
public sealed record InspectionReply(int ExitCode, string Text)
{
    /// <summary>True when the text says what is wrong.</summary>
    public bool IsError => ExitCode != 0;
}
