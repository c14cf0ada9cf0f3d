namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>Specifies how an exchange of lines with a persistent command ended.</summary>
enum ExchangeEnd
{
    /// <summary>The command wrote exactly one line for each line.</summary>
    Exact,

    /// <summary>The command wrote more lines than it was given.</summary>
    TooMany,

    /// <summary>The command had written something before it read the first line of the exchange.</summary>
    OutOfStep,

    /// <summary>The command exited before it had replied to all lines.</summary>
    Ended,

    /// <summary>The command closed its input before it had read all lines.</summary>
    ClosedInput,

    /// <summary>The command closed its output but did not exit.</summary>
    ClosedOutput,

    /// <summary>No reply came within the timeout.</summary>
    TimedOut,

    /// <summary>The command wrote more bytes than may be held.</summary>
    Flooded,

    /// <summary>The exchange was stopped.</summary>
    Stopped,
}
