using System.Globalization;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// The lines that a producer or consumer writes to standard output, with the microseconds of a clock that all processes
/// of a machine share:
/// <code>
/// persisted MICROSECONDS PIPELINE SOURCE NUMBER
/// unknown MICROSECONDS PIPELINE SOURCE NUMBER
/// processed MICROSECONDS PIPELINE SOURCE ID
/// settled MICROSECONDS PIPELINE COUNT
/// </code>
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class Reports(TextWriter output, TimeProvider clock)
{
    readonly Lock gate = new();

    public void WritePersisted(string pipeline, string source, int number) =>
        WriteLine($"persisted {Now} {pipeline} {source} {number}");

    public void WriteUnknown(string pipeline, string source, int number) =>
        WriteLine($"unknown {Now} {pipeline} {source} {number}");

    public void WriteProcessed(string pipeline, string source, string id) =>
        WriteLine($"processed {Now} {pipeline} {source} {id[(source.Length + 1)..]}");

    public void WriteSettled(string pipeline, int count) => WriteLine($"settled {Now} {pipeline} {count}");

    /// <summary>Writes that the program has joined the cluster.</summary>
    public void WriteJoined() => WriteLine("joined");

    /// <summary>Waits, or returns early when the token is cancelled.</summary>
    public async Task DelayAsync(TimeSpan time, CancellationToken stop)
    {
        if (time > TimeSpan.Zero)
            await Task.Delay(time, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Returns the time of such a line, in microseconds.</summary>
    public static long GetMicroseconds(TimeProvider clock) =>
        clock.GetTimestamp() / (clock.TimestampFrequency / 1_000_000);

    string Now => GetMicroseconds(clock).ToString(CultureInfo.InvariantCulture);

    void WriteLine(string line)
    {
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
