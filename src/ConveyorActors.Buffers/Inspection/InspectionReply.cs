namespace ConveyorActors.Buffers.Inspection;

/// <summary>The output of a command.</summary>
/// <param name="ExitCode">
/// 0: success; 1: the command could not be carried out; 2: the command itself is invalid.
/// </param>
/// <param name="Text">A table, JSON, or one sentence that names the error. Lines end with LF, except the last.</param>
public sealed record InspectionReply(int ExitCode, string Text)
{
    /// <summary>Gets whether the text is an error.</summary>
    public bool IsError => ExitCode != 0;

    /// <summary>Gets whether the text is the command's report; otherwise it is the help or an error.</summary>
    public bool IsReport { get; init; }

    /// <summary>Gets whether the error is the name of something that does not exist.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Gets whether the text is JSON; the help never is.</summary>
    internal bool IsJson { get; init; }

    /// <summary>
    /// Gets the exception with which the buffer service failed; null: it did not fail. The text has its message.
    /// </summary>
    internal Exception? Failure { get; init; }
}
