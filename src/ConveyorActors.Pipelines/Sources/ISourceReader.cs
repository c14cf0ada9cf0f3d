namespace ConveyorActors.Pipelines.Sources;

/// <summary>Reads one source and offers its lines to the first stage.</summary>
interface ISourceReader : IDisposable
{
    /// <summary>Gets how far it has been read. From any thread.</summary>
    SourceProgress Progress { get; }

    /// <summary>Gets what it waits for before it can read at all, in words; null: nothing.</summary>
    string? WaitingFor { get; }

    /// <summary>Lines that never got into a buffer because of their length.</summary>
    long LinesTooLong { get; }

    /// <summary>Reads to the end, or until no more lines are to be read.</summary>
    Task RunAsync();
}
