using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>
/// However a service or its actors end, or only crash: nobody who calls it waits for ever, and it leaves nothing
/// behind.
/// </summary>
public class ServiceEndTests : ConveyorTestKit
{
    [Fact]
    public async Task A_service_over_dead_actors_reports_it()
    {
        for (var round = 0; round < 50; round++)
        {
            var dead = CreateTestProbe().Ref;
            Sys.Stop(dead);
            if (round % 2 == 0)
                await ExpectTerminated(dead);
            var service = new ActorBufferService(Sys, dead);
            var waiting = WaitForBatchAsync(service);
            await AssertEnded(() => waiting.WaitAsync(Patience));
        }

        static async Task WaitForBatchAsync(IBufferService service) =>
            await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true });
    }

    [Fact]
    public async Task A_client_that_crashes_continues_with_its_leases_waits_and_signals()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Offer(Make("r1"));
        var lease = await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
        var waits = Service.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        var client = await Find("service");
        client.Tell(Kill.Instance);
        await client.Ask<ActorIdentity>(new Identify(1), Patience); // it is there again
        Assert.True((await Service.CompleteAsync(Pipeline, Stage, lease.Id)).IsOk);
        await Ask<Offered>(new BufferForStage(Pipeline, "other", Source, Make("x")));
        Assert.Equal(1, (await waits.WaitAsync(Patience)).Count);
        await Offer(MakeMany("r", 2));
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.True(signals.Current.IsHeld, signals.Current.ToString());
    }

    [Fact]
    public async Task The_death_of_a_client_returns_its_leases_and_ends_its_waits_and_signals()
    {
        var own = new ActorBufferService(Sys, Pipelines);
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(Make("r1"));
        Assert.Equal(1, (await own.GetBatchAsync(Pipeline, Stage, new BatchRequest(1))).Count);
        var waits = own.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        var reads = ReadAllAsync(own.SubscribeSignalsAsync(Pipeline, Source));
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        own.Client.Tell(PoisonPill.Instance);
        await AssertEnded(() => waits.WaitAsync(Patience));
        await reads.WaitAsync(Patience);
        await AwaitAssertAsync(
            async () =>
            {
                var now = (await Ask<SnapshotTaken>(new GetSnapshot(Pipeline))).Snapshot;
                Assert.True(now.Total is { InFlight: 0, Buffered: 1 } && now.Stages.All(s => s.WaitingConsumers == 0));
            },
            Patience
        );
        await AssertEnded(() => own.GetSnapshotAsync(Pipeline).AsTask());
    }

    [Fact]
    public async Task A_signal_reader_cancelled_at_any_moment_leaves_no_actor_behind()
    {
        for (var round = 0; round < 200; round++)
        {
            using var end = new CancellationTokenSource();
            if (round % 2 == 0)
                await end.CancelAsync();
            var reads = ReadAllAsync(Service.SubscribeSignalsAsync(Pipeline, Source, end.Token));
            await end.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reads.WaitAsync(Patience));
        }
        var client = await Find("service");
        await AwaitAssertAsync(() => Assert.Empty(((ActorRefWithCell)client).Children), Patience);
    }

    [Fact]
    public async Task A_reader_that_starts_after_the_service_ended_is_notified()
    {
        var service = new ActorBufferService(Sys, Pipelines);
        var signals = service.SubscribeSignalsAsync(Pipeline, Source);
        await service.DisposeAsync();
        await service.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadAllAsync(signals).WaitAsync(Patience));
    }

    [Fact]
    public async Task Calls_that_overlap_a_disposal_end()
    {
        await Configure(
            new()
            {
                Stage = new() { Backoff = BackoffSettings.None, MaxRetries = 1_000_000 },
            }
        );
        await Offer(MakeMany("r", 20));
        for (var round = 0; round < 100; round++)
        {
            var service = new ActorBufferService(Sys, Pipelines);
            var calls = Enumerable
                .Range(0, 4)
                .Select(i =>
                    Task.Run(async () =>
                        await service.GetBatchAsync(
                            Pipeline,
                            i < 2 ? Stage : "other",
                            new BatchRequest(3) { Wait = true }
                        )
                    )
                )
                .ToArray();
            if (round % 3 > 0)
                await Task.WhenAny(calls);
            await service.DisposeAsync();
            foreach (var call in calls)
            {
                try
                {
                    await call.WaitAsync(Patience);
                }
                catch (Exception e) when (e is BufferServiceException or ObjectDisposedException) { }
            }
        }
        var now = await Eventually(s => s.Total.InFlight == 0 && s.Stages.All(x => x.WaitingConsumers == 0));
        Assert.True(now.IsConserved);
        Assert.Equal(20, now.Total.Buffered);
    }

    [Fact]
    public void Wrong_arguments_start_nothing()
    {
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ActorBufferService(Sys, Pipelines, TimeSpan.Zero)
        );
        Assert.Contains("askTimeout is 00:00:00; it must be from 1 ms", thrown.Message);
        Assert.Contains(
            "pipelines is null",
            Assert.Throws<ArgumentNullException>(() => new ActorBufferService(Sys, null!)).Message
        );
        Assert.Contains(
            "system is null",
            Assert.Throws<ArgumentNullException>(() => new ActorBufferService(null!, Pipelines)).Message
        );
    }

    static async Task AssertEnded(Func<Task> call)
    {
        var thrown = await Assert.ThrowsAnyAsync<Exception>(call);
        Assert.True(thrown is BufferServiceException or ObjectDisposedException, thrown.ToString());
    }

    static async Task ReadAllAsync(IAsyncEnumerable<BackpressureSignal> signals)
    {
        await foreach (var _ in signals) { }
    }
}
