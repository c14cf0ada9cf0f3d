namespace ConveyorActors.Node;

/// <summary>The exit codes of the program. docs/Cluster.md lists them.</summary>
static class ExitCodes
{
    /// <summary>The program stopped gracefully.</summary>
    public const int Done = 0;

    /// <summary>The program failed with an error that has no code of its own.</summary>
    public const int Failed = 1;

    /// <summary>A flag or an environment variable is wrong; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>The configuration is wrong: a file, a key or a certificate.</summary>
    public const int Configuration = 3;

    /// <summary>The port is in use, or the address is not one of this machine.</summary>
    public const int Address = 4;

    /// <summary>The journal's database cannot be reached or written.</summary>
    public const int JournalOutOfReach = 5;

    /// <summary>The journal was written by a newer version, or by another program.</summary>
    public const int JournalOfAnotherVersion = 6;

    /// <summary>No seed node admitted this node to the cluster in time.</summary>
    public const int SeedOutOfReach = 7;

    /// <summary>The cluster removed this node, or refused it.</summary>
    public const int Removed = 8;

    /// <summary>The graceful stop did not end in time.</summary>
    public const int StopIncomplete = 9;

    /// <summary>A second signal ended the program at once.</summary>
    public const int Interrupted = 130;
}
