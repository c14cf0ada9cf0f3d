using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Demo;

/// <summary>What has happened, in sentences.</summary>
/// <remarks>Safe for many threads.</remarks>
sealed class DemoStory(TimeProvider clock, Action<string>? onLine)
{
    /// <summary>More than the demo has to tell.</summary>
    const int Kept = 100;

    readonly Lock gate = new();
    readonly Queue<string> told = new();
    readonly long start = clock.GetTimestamp();

    public TimeSpan Elapsed => clock.GetElapsedTime(start);

    public void Tell(string what)
    {
        var line = $"{DurationText.Show(Elapsed), 8}  {what}";
        lock (gate)
        {
            told.Enqueue(line);
            if (told.Count > Kept)
                told.Dequeue();
            onLine?.Invoke(line);
        }
    }

    /// <summary>All of it, oldest first.</summary>
    public IReadOnlyList<string> SoFar()
    {
        lock (gate)
            return [.. told];
    }
}
