using System.Runtime.CompilerServices;
using Xunit.Abstractions;

namespace ConveyorActors.Streams.Tests.Properties;

/// <summary>
/// Whatever stops a stream, at whatever moment: no record is lost, none is doubled, and neither leases nor credits are
/// left out.
/// </summary>
[Collection(StreamsCollection.Name)]
public sealed class StopPropertyTests(ActorSystemFixture fixture, ITestOutputHelper output)
{
    static readonly int Sequences = Thoroughness.Count("CONVEYOR_STOP_SEQUENCES", sample: 1_500, whole: 2_500);
    const int AtATime = 4;

    [Fact]
    public Task A_sink_that_is_stopped_at_any_moment_loses_nothing() =>
        Check(seed => new SinkRun(fixture.System, seed));

    [Fact]
    public Task A_source_that_is_stopped_at_any_moment_loses_nothing() =>
        Check(seed => new SourceRun(fixture.System, seed));

    [Fact]
    public Task A_completing_source_that_is_stopped_at_any_moment_loses_nothing() =>
        Check(seed => new CompletingRun(fixture.System, seed));

    [Fact]
    public Task A_flow_that_is_stopped_at_any_moment_loses_nothing() =>
        Check(seed => new FlowRun(fixture.System, seed));

    async Task Check(Func<int, StopRun> draw, [CallerMemberName] string test = "")
    {
        // CONVEYOR_SEED repeats what a failed run drew; the threads' timing is not repeatable.
        var first = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Random.Shared.Next(1 << 30);
        output.WriteLine($"{Sequences:N0} sequences from CONVEYOR_SEED={first}");
        Console.WriteLine($"{test}: {Sequences:N0} sequences, CONVEYOR_SEED={first}");
        var next = -1;
        await Task.WhenAll(
            Enumerable
                .Range(0, AtATime)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        while (Interlocked.Increment(ref next) is var i && i < Sequences)
                        {
                            await using var run = draw(first + i);
                            try
                            {
                                await run.PlayAsync();
                            }
                            catch (Exception e)
                            {
                                Interlocked.Exchange(ref next, Sequences);
                                throw new InvalidOperationException(
                                    $"CONVEYOR_SEED={first + i}: {run}: {e.Message}",
                                    e
                                );
                            }
                        }
                    })
                )
        );
    }
}
