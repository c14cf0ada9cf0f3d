using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>Messages that are lost, doubled, delayed and reordered change nothing of what a port does.</summary>
public sealed class LossTests()
    : ConveyorTestKit("conveyor.wire { resend-interval = 10 ms, give-up-after = 20 s, max-batch-bytes = 1 KiB }")
{
    ActorBufferService Port(int seed)
    {
        var relay = Sys.ActorOf(Props.Create(() => new LossyRelay(Pipelines, seed)));
        return ActorBufferService.ForPath(Sys, relay.Path.ToString(), Patience);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_record_arrives_once_and_in_order(int seed)
    {
        const int Records = 60;
        await Configure(
            new()
            {
                MaxPerStage = 40,
                Stage = new() { FullMode = FullMode.Wait, MaxRetries = 0 },
            }
        );
        await using var port = Port(seed);
        var offering = Task.Run(async () =>
        {
            for (var i = 0; i < Records; )
            {
                var batch = Enumerable
                    .Range(i, Math.Min(1 + i % 9, Records - i))
                    .Select(n => new ConveyorRecord($"{n}", new byte[n % 300]))
                    .ToArray();
                i += (await port.BufferBatchForStageAsync(Pipeline, Stage, Source, batch)).Consumed;
            }
        });
        List<string> seen = [];
        while (seen.Count < Records)
        {
            var lease = await port.GetBatchAsync(
                    Pipeline,
                    Stage,
                    new BatchRequest(20) { Wait = true, OneSource = true }
                )
                .AsTask()
                .WaitAsync(Patience);
            seen.AddRange(lease.Records.Select(r => r.Record.Id));
            var results = lease.Records.Select(r => new ConveyorRecord($"done {r.Record.Id}", new byte[100])).ToArray();
            Assert.Equal(lease.Count, (await port.HopAsync(Pipeline, Stage, lease.Id, null, "store", results)).Settled);
            var done = await port.GetBatchAsync(Pipeline, "store", new BatchRequest(100));
            Assert.Equal(done.Count, (await port.CompleteAsync(Pipeline, "store", done.Id)).Settled);
        }
        await offering.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(0, Records).Select(n => $"{n}"), seen);
        var now = await GetSnapshot();
        Assert.True(now.IsConserved);
        Assert.Equal((0, 0), (now.Total.InFlight, now.Total.Refused));
    }

    [Fact]
    public async Task Waits_that_are_cancelled_leave_nothing_behind()
    {
        await using var port = Port(7);
        for (var round = 0; round < 4; round++)
        {
            using var cancelling = new CancellationTokenSource();
            var waits = port.GetBatchAsync(Pipeline, Stage, new BatchRequest(5) { Wait = true }, cancelling.Token)
                .AsTask();
            if (round % 2 == 0)
                await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
            await cancelling.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits.WaitAsync(Patience));
        }
        await Eventually(s => s.Stages.All(x => x.WaitingConsumers == 0));
    }

    [Fact]
    public async Task The_latest_signal_is_never_missed()
    {
        await Configure(new() { MaxPerStage = 2 });
        await using var port = Port(3);
        await using var signals = port.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        for (var round = 0; round < 10; round++)
        {
            Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
            Assert.Equal(round % 2 == 0 ? BackpressureKind.None : BackpressureKind.Pause, signals.Current.Kind);
            if (round % 2 == 0)
                await Offer(MakeMany("r", 2));
            else
            {
                var lease = await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(2));
                await Service.CompleteAsync(Pipeline, Stage, lease.Id);
            }
        }
    }

    [Fact]
    public async Task Calls_of_one_caller_are_executed_in_order()
    {
        await using var port = Port(5);
        var offers = Enumerable
            .Range(0, 40)
            .Select(i => port.BufferForStageAsync(Pipeline, Stage, Source, Make($"{i}")).AsTask())
            .ToArray();
        await Task.WhenAll(offers).WaitAsync(Patience);
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => $"{i}"),
            (await Service.PeekAsync(Pipeline, Stage, 100)).Select(r => r.Record.Id)
        );
    }
}
