using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>The streams over buffers on another node.</summary>
public sealed class StreamsOverAWireTests : IAsyncLifetime
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    readonly List<ActorSystem> systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(systems.Select(s => s.Terminate()));

    ActorSystem Create(string name, int port)
    {
        systems.Add(
            ActorSystem.Create(
                name,
                ConfigurationFactory.ParseString(
                    $$"""
                    akka.loglevel = OFF
                    akka.stdout-loglevel = OFF
                    akka.actor.provider = remote
                    akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
                    akka.remote.retry-gate-closed-for = 50 ms
                    conveyor.stop-deadline = 100 ms
                    conveyor.wire.resend-interval = 100 ms
                    """
                )
            )
        );
        return systems[^1];
    }

    Address Serve(int port = 0)
    {
        var server = Create("node", port);
        ConveyorSystem.Get(server);
        return ((ExtendedActorSystem)server).Provider.DefaultAddress;
    }

    static ConveyorRecord[] Records(int from, int count, int bytes) =>
        [.. Enumerable.Range(from, count).Select(i => new ConveyorRecord($"r{i}", new byte[bytes]))];

    [Fact]
    public async Task A_sink_and_a_source_of_default_settings_carry_records_of_any_size_that_fits()
    {
        var address = Serve();
        var caller = Create("caller", 0);
        await using var port = ActorBufferService.ForPath(caller, $"{address}/user/conveyor/pipelines");
        var materializer = caller.Materializer();
        var offering = Source
            .From(Records(1, 3_000, 600))
            .RunWith(BufferSink.ForStage(port, "shop", "c", "s"), materializer);
        var seen = BufferSource
            .FromStage(port, "shop", "c")
            .Take(3_000)
            .SelectAsync(
                4,
                static async element =>
                {
                    await element.Complete();
                    return element.Record.Id;
                }
            )
            .RunWith(Sink.Seq<string>(), materializer);
        Assert.Equal(3_000, (await offering.WaitAsync(Bound)).Accepted);
        Assert.Equal(Enumerable.Range(1, 3_000).Select(i => $"r{i}"), await seen.WaitAsync(Bound));
    }

    [Fact]
    public async Task A_record_too_large_for_the_wire_fails_a_sink_or_is_skipped()
    {
        var address = Serve();
        var caller = Create("caller", 0);
        await using var port = ActorBufferService.ForPath(caller, $"{address}/user/conveyor/pipelines");
        ConveyorRecord[] records = [.. Records(1, 3, 10), new("large", new byte[200_000]), .. Records(4, 3, 10)];
        var fails = Source.From(records).RunWith(BufferSink.ForStage(port, "shop", "a", "s"), caller.Materializer());
        // which one depends on whether it was the first of its batch
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => fails.WaitAsync(Bound));
        Assert.True(failed is WireLimitException or RecordTooLargeException, failed.ToString());
        Assert.StartsWith("Record 'large' ", failed.Message, StringComparison.Ordinal);
        Assert.Contains("conveyor.wire.max-batch-bytes", failed.Message, StringComparison.Ordinal);
        var skips = Source
            .From(records)
            .RunWith(BufferSink.ForStage(port, "shop", "b", "s", new() { SkipTooLarge = true }), caller.Materializer());
        var counts = await skips.WaitAsync(Bound);
        Assert.Equal((6L, 1L), (counts.Accepted, counts.TooLarge));
    }

    [Fact]
    public async Task A_stream_whose_server_ends_fails_and_a_restarted_one_continues()
    {
        var address = Serve();
        var caller = Create("caller", 0);
        await using var port = ActorBufferService.ForPath(caller, $"{address}/user/conveyor/pipelines");
        var materializer = caller.Materializer();
        await port.ConfigureAsync("shop", new() { MaxPerStage = 1 });
        await port.BufferForStageAsync("shop", "full", "s", new("first", new byte[1]));
        var sinkFails = Source
            .Single(new ConveyorRecord("second", new byte[1]))
            .RunWith(BufferSink.ForStage(port, "shop", "full", "s"), materializer);
        var sourceFails = BufferSource.FromStage(port, "shop", "c").RunWith(Sink.Ignore<LeasedRecord>(), materializer);
        var seen = RestartSource
            .OnFailuresWithBackoff(
                () => BufferSource.CompletingFromStage(port, "shop", "c"),
                RestartSettings.Create(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200), 0)
            )
            .RunWith(Sink.First<ConveyorRecord>(), materializer);
        for (var waiting = 0; waiting < 2; )
            waiting =
                (await port.GetSnapshotAsync("shop")).Stages.FirstOrDefault(s => s.Stage == "c")?.WaitingConsumers ?? 0;

        await systems[0].Terminate();
        await Assert.ThrowsAsync<BufferServiceException>(() => sourceFails.WaitAsync(Bound));
        // which one depends on what it hears first
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => sinkFails.WaitAsync(Bound));
        Assert.True(failed is BufferServiceException or BufferDrainingException, failed.ToString());
        Serve(address.Port!.Value);
        await port.BufferForStageAsync("shop", "c", "s", new("again", new byte[1])).AsTask().WaitAsync(Bound);
        Assert.Equal("again", (await seen.WaitAsync(Bound)).Id);
    }
}
