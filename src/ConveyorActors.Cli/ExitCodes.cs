namespace ConveyorActors.Cli;

/// <summary>What the program tells the shell.</summary>
static class ExitCodes
{
    /// <summary>Everything is settled, or the reader of the output had enough.</summary>
    public const int Done = 0;

    /// <summary>It could not go on.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage; nothing was run.</summary>
    public const int Usage = 2;

    /// <summary>Everything is settled, but some lines are dead letters or were dropped.</summary>
    public const int SomeLost = 3;

    /// <summary>The user stopped it.</summary>
    public const int Interrupted = 130;
}
