using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Demo;

/// <summary>Collects sentences about the events of the demo.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class DemoStory(TimeProvider clock, Action<string>? onLine)
{
    /// <summary>Maximum number of sentences kept, which is more than the demo produces.</summary>
    const int Kept = 100;

    readonly Lock gate = new();
    readonly Queue<string> events = new();
    readonly long start = clock.GetTimestamp();

    public TimeSpan Elapsed => clock.GetElapsedTime(start);

    public void Add(string what)
    {
        var line = $"{DurationText.Format(Elapsed), 8}  {what}";
        lock (gate)
        {
            events.Enqueue(line);
            if (events.Count > Kept)
                events.Dequeue();
            onLine?.Invoke(line);
        }
    }

    /// <summary>Returns all sentences, oldest first.</summary>
    public IReadOnlyList<string> GetSentences()
    {
        lock (gate)
            return [.. events];
    }
}
