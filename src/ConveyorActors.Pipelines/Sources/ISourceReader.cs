namespace ConveyorActors.Pipelines.Sources;

/// <summary>Reads one source and offers its lines to the first stage.</summary>
interface ISourceReader : IDisposable
{
    /// <summary>Gets the reading progress. Safe for use by many threads.</summary>
    SourceProgress Progress { get; }

    /// <summary>Gets, in words, what must happen before reading can start; null: nothing.</summary>
    string? WaitingFor { get; }

    /// <summary>Gets the number of lines that were too long for a buffer.</summary>
    long LinesTooLong { get; }

    /// <summary>Reads to the end, or until reading is stopped.</summary>
    Task RunAsync();
}
