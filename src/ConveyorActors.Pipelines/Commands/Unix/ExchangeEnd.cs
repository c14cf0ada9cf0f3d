namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>How an exchange of lines with a command that stays ended.</summary>
enum ExchangeEnd
{
    /// <summary>One line for each line, and nothing after them.</summary>
    Exact,

    /// <summary>More lines than it was given.</summary>
    TooMany,

    /// <summary>The command had written something before it was given the first line.</summary>
    OutOfStep,

    /// <summary>The command exited with lines to reply to.</summary>
    Ended,

    /// <summary>The command closed its input with lines to read.</summary>
    ClosedInput,

    /// <summary>The command closed its output and did not exit.</summary>
    ClosedOutput,

    /// <summary>No reply within the time allowed.</summary>
    TimedOut,

    /// <summary>More bytes than may be held.</summary>
    Flooded,

    /// <summary>It was told to stop.</summary>
    Stopped,
}
