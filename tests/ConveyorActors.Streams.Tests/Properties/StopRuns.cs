using System.Threading.Channels;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests.Properties;

/// <summary>A sink; what it puts in is taken out by a plain consumer until the stream has ended.</summary>
sealed class SinkRun(ActorSystem system, int seed)
    : StopRun(
        system,
        seed,
        Stop.UpstreamCompletes,
        Stop.UpstreamFails,
        Stop.ShutDown,
        Stop.Aborted,
        Stop.Terminated,
        Stop.PipelineStops
    )
{
    protected override async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var consuming = ConsumeAsync(end.Token);
        var (kill, counting) = Upstream()
            .ToMaterialized(BufferSink.ForStage(Service, Pipeline, Stage, Source, SinkSettings), Keep.Both)
            .Run(Materializer);
        var failure = await EndAsync(kill, counting);
        await end.CancelAsync();
        var inOrder = await consuming.WaitAsync(Bound);
        inOrder.AddRange((await AccountAsync()).Left);
        switch (Stop)
        {
            case Stop.UpstreamCompletes or Stop.ShutDown:
                Assert.Null(failure);
                Assert.Equal(new BufferSinkCounts(Given.Count, 0, 0, 0, 0), await counting);
                Assert.Equal(Given, inOrder);
                break;
            case Stop.UpstreamFails or Stop.Aborted when Given.Count < Records.Length || failure is not null:
                Assert.IsType<IOException>(failure);
                Assert.Equal(Given, inOrder);
                break;
            default:
                // What the sink had not come to take on, or could not place any more, is upstream's loss, and the sink
                // says what it could not place.
                Assert.Equal(Given.Take(inOrder.Count), inOrder);
                if (failure is StreamTerminatedException terminated)
                    Assert.Equal(inOrder.Count, terminated.Accepted);
                else if (failure is BufferDrainingException draining)
                    Assert.Equal(
                        (inOrder.Count, Given.Count),
                        (draining.Accepted, draining.Accepted + draining.NotAccepted)
                    );
                else if (failure is null)
                    Assert.Equal(Given, inOrder);
                else
                    // upstream's, from behind an asynchronous boundary
                    Assert.IsType<AbruptTerminationException>(failure);
                break;
        }
    }
}

/// <summary>A source whose elements are settled at random, on another thread.</summary>
sealed class SourceRun(ActorSystem system, int seed)
    : StopRun(
        system,
        seed,
        Stop.DownstreamCancels,
        Stop.DownstreamFails,
        Stop.ShutDown,
        Stop.Aborted,
        Stop.Terminated,
        Stop.PipelineStops
    )
{
    readonly Channel<LeasedRecord> handles = Channel.CreateUnbounded<LeasedRecord>();
    readonly HashSet<string> completed = [];

    protected override async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var producing = ProduceAsync(end.Token);
        var settling = SettleAsync(new Random(Random.Next()));
        var (kill, ending) = BufferSource
            .FromStage(Service, Pipeline, Stage, SourceSettings)
            .Select(element =>
            {
                Assert.True(handles.Writer.TryWrite(element));
                return element.Record;
            })
            .ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
            .ToMaterialized(Downstream(), Keep.Both)
            .Run(Materializer);
        await EndAsync(kill, ending);
        await end.CancelAsync();
        await producing.WaitAsync(Bound);
        handles.Writer.Complete();
        await settling.WaitAsync(Bound);
        await LetStrayExpireAsync();
        var (rest, _, _) = await AccountAsync();
        Assert.Equal(Given.Count, completed.Count + rest.Count);
        Assert.True(completed.Concat(rest).ToHashSet().SetEquals(Given));
    }

    async Task SettleAsync(Random random)
    {
        await foreach (var element in handles.Reader.ReadAllAsync())
        {
            if (random.Next(8) == 0)
                await Task.Yield();
            switch (random.Next(6))
            {
                case 0:
                    await element.Return("not now", charge: false);
                    break;
                case 1:
                    _ = element.Return("failed"); // the answer is not waited for
                    break;
                default:
                    // Once Ok, it never comes again.
                    if (await element.Complete().AsTask().WaitAsync(Bound) == SettleStatus.Ok)
                        Assert.True(completed.Add(element.Record.Id), "completed twice");
                    break;
            }
        }
    }

    /// <summary>
    /// Nobody has the handle of an element that was on its way downstream when downstream finished normally: it stays
    /// out until its lease ends.
    /// </summary>
    async Task LetStrayExpireAsync()
    {
        if (Stop is not (Stop.ShutDown or Stop.DownstreamCancels or Stop.PipelineStops))
            return;
        await NothingIsOutAsync(stray: 1);
        Clock.Advance(TimeSpan.FromHours(1));
    }
}

/// <summary>A source that completes what downstream asks beyond.</summary>
sealed class CompletingRun(ActorSystem system, int seed)
    : StopRun(
        system,
        seed,
        Stop.DownstreamCancels,
        Stop.DownstreamFails,
        Stop.ShutDown,
        Stop.Aborted,
        Stop.Terminated,
        Stop.PipelineStops
    )
{
    protected override async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var producing = ProduceAsync(end.Token);
        var (kill, ending) = BufferSource
            .CompletingFromStage(Service, Pipeline, Stage, SourceSettings)
            .ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
            .ToMaterialized(Downstream(), Keep.Both)
            .Run(Materializer);
        var failure = await EndAsync(kill, ending);
        await end.CancelAsync();
        await producing.WaitAsync(Bound);
        var (rest, _, completed) = await AccountAsync();
        Accounts.AssertSeenIsCompletedButForTheLast(completed, rest, Given, Seen);
        if (Stop is Stop.DownstreamFails or Stop.Aborted && failure is not null)
            Assert.IsType<IOException>(failure);
    }
}

/// <summary>A flow; what is left in the buffer afterwards is what the next stream would get.</summary>
sealed class FlowRun(ActorSystem system, int seed) : StopRun(system, seed, Enum.GetValues<Stop>())
{
    protected override async Task RunAsync()
    {
        var settings = new BufferFlowSettings { In = SinkSettings, Out = SourceSettings };
        var (kill, ending) = Upstream()
            .Via(BufferFlow.Through(Service, Pipeline, Stage, Source, settings))
            .ToMaterialized(Downstream(), Keep.Both)
            .Run(Materializer);
        var failure = await EndAsync(kill, ending);
        var (rest, count, completed) = await AccountAsync();
        var accepted = Given.Take(count).ToList();
        // When downstream ends, one record may be on its way between upstream and the flow: whoever sent it has it.
        if (Stop is Stop.DownstreamCancels or Stop.DownstreamFails)
            Assert.InRange(accepted.Count, Given.Count - 1, Given.Count);
        else if (Stop is not (Stop.Terminated or Stop.PipelineStops))
            Assert.Equal(Given, accepted);
        Accounts.AssertSeenIsCompletedButForTheLast(completed, rest, accepted, Seen);
        if (Stop == Stop.PipelineStops && accepted.Count < Given.Count)
            Assert.IsType<BufferDrainingException>(failure);
        if (Stop is Stop.UpstreamCompletes or Stop.ShutDown)
        {
            Assert.Null(failure);
            Assert.Equal(Given, Seen);
        }
    }
}

static class Accounts
{
    /// <summary>
    /// The completed ones are the first that were given, downstream saw each once and in order, and only its last one
    /// may have come back.
    /// </summary>
    public static void AssertSeenIsCompletedButForTheLast(
        int completed,
        List<string> rest,
        List<string> given,
        List<string> seen
    )
    {
        Assert.Equal(given, [.. given.Take(completed), .. rest]);
        Assert.Equal(given.Take(seen.Count), seen);
        Assert.InRange(completed, seen.Count - 1, seen.Count);
    }
}
