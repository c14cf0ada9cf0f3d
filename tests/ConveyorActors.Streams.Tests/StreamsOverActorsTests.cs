using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>The streams know the port only; here there are actors behind it.</summary>
public sealed class StreamsOverActorsTests : IAsyncLifetime
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    readonly ActorSystem system = ActorSystem.Create(
        "streams-over-actors",
        ConfigurationFactory.ParseString(
            """
            akka.loglevel = ERROR
            akka.stdout-loglevel = OFF
            conveyor.coordinated-shutdown = off
            conveyor.buffers { max-total-records = 300, max-per-stage = 100, max-per-source = 250 }
            """
        )
    );

    ConveyorSystem Conveyor => ConveyorSystem.Get(system);

    IBufferService Service => Conveyor.Service;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => system.Terminate();

    static ConveyorRecord[] Records(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new ConveyorRecord($"r{i}", new byte[] { 1 }))];

    [Fact]
    public async Task A_stream_in_and_a_stream_out_lose_repeat_and_reorder_nothing()
    {
        var materializer = system.Materializer();
        var records = Records(20_000);
        var offering = Source
            .From(records)
            .RunWith(BufferSink.ForStage(Service, "orders", "first", "reader"), materializer);
        var collecting = BufferSource
            .CompletingFromStage(Service, "orders", "first")
            .Take(records.Length)
            .Via(BufferFlow.Through(Service, "orders", "between", "first"))
            .RunWith(BufferSink.ForStage(Service, "orders", "last", "between"), materializer);
        var seen = BufferSource
            .FromStage(Service, "orders", "last")
            .Take(records.Length)
            .SelectAsync(
                8,
                static async element =>
                {
                    await element.Complete();
                    return element.Record.Id;
                }
            )
            .RunWith(Sink.Seq<string>(), materializer);

        Assert.Equal(records.Select(r => r.Id), await seen.WaitAsync(Bound));
        Assert.Equal(
            (records.Length, records.Length),
            ((await offering.WaitAsync(Bound)).Accepted, (await collecting.WaitAsync(Bound)).Accepted)
        );
        // Take finishes without asking beyond its last record: it goes back, because it might not have been looked at.
        // All others are done.
        var now = await Service.GetSnapshotAsync("orders");
        for (
            var began = Environment.TickCount64;
            now.Total is not { Completed: 59_999, Buffered: 1, Granted: 0 } && Environment.TickCount64 - began < 20_000;

        )
            now = await Service.GetSnapshotAsync("orders"); // the last answers are on their way
        Assert.True(now.IsConserved);
        Assert.Equal(
            (59_999L, 1L, 1L, 0L, 0L),
            (now.Total.Completed, now.Total.Pending, now.Total.Buffered, now.Total.Granted, now.Total.Refused)
        );
        Assert.Equal("r20000", (await Service.PeekAsync("orders", "first", 1)).Single().Record.Id);
    }

    [Fact]
    public async Task A_stream_loses_nothing_when_its_actors_are_killed()
    {
        var materializer = system.Materializer();
        var records = Records(50_000);
        var offering = Source
            .From(records)
            .RunWith(BufferSink.ForStage(Service, "orders", "stage", "reader"), materializer);
        var seen = BufferSource
            .CompletingFromStage(Service, "orders", "stage")
            .Take(records.Length)
            .Select(static r => r.Id)
            .RunWith(Sink.Seq<string>(), materializer);
        var random = new Random(11);
        string[] victims = ["", "/orders", "/orders/stage-stage", "/orders/source-reader"];
        while (!seen.IsCompleted)
        {
            system
                .ActorSelection("/user/conveyor/pipelines" + victims[random.Next(victims.Length)])
                .Tell(Kill.Instance);
            await Task.WhenAny(seen, Task.Delay(5));
        }
        Assert.Equal(records.Select(r => r.Id), await seen);
        Assert.Equal(records.Length, (await offering.WaitAsync(Bound)).Accepted);
    }

    [Fact]
    public async Task A_stop_of_the_actors_completes_the_source_and_fails_the_sink()
    {
        var materializer = system.Materializer();
        var (upstream, offering) = Source
            .Queue<ConveyorRecord>(4, OverflowStrategy.Backpressure)
            .ToMaterialized(BufferSink.ForStage(Service, "orders", "other", "reader"), Keep.Both)
            .Run(materializer);
        var seen = BufferSource
            .CompletingFromStage(Service, "orders", "stage")
            .RunWith(Sink.Ignore<ConveyorRecord>(), materializer);
        await Service.GetSnapshotAsync("orders");
        var report = await Conveyor.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, report.Remaining);
        await seen.WaitAsync(Bound);
        Assert.NotNull(upstream);
        await Assert.ThrowsAnyAsync<Exception>(() => offering.WaitAsync(Bound));
        Assert.False(offering.IsCompletedSuccessfully);
        Assert.True(offering.IsFaulted);
    }
}
