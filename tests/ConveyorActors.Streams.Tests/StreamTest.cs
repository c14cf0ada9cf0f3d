using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Streams.Tests;

/// <summary>One actor system for all tests: what they share is threads, nothing else.</summary>
public sealed class ActorSystemFixture : IAsyncLifetime
{
    /// <summary>The actor system.</summary>
    public ActorSystem System { get; } =
        ActorSystem.Create(
            "streams",
            ConfigurationFactory.ParseString(
                """
                akka.loglevel = ERROR
                akka.stdout-loglevel = OFF
                akka.log-dead-letters = off
                """
            )
        );

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => System.Terminate();
}

[CollectionDefinition(Name)]
public sealed class StreamsCollection : ICollectionFixture<ActorSystemFixture>
{
    public const string Name = "Streams";
}

/// <summary>
/// What a test of the streams needs: a service on a clock that stands still, and a materializer of its own.
/// </summary>
[Collection(StreamsCollection.Name)]
public abstract class StreamTest(ActorSystemFixture fixture) : IAsyncLifetime
{
    protected const string Pipeline = "orders";
    protected const string Stage = "filter";
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    protected FakeClock Clock { get; } = new();

    protected EmbeddedBufferService Service { get; private set; } = null!;

    protected ActorMaterializer Materializer { get; } = NewMaterializer(fixture.System);

    /// <summary>Not the actor system's own, which is one for all.</summary>
    protected static ActorMaterializer NewMaterializer(ActorSystem system) =>
        ActorMaterializer.Create(system, ActorMaterializerSettings.Create(system));

    protected ActorSystem System => fixture.System;

    protected BufferSourceSettings ByClock => new() { Clock = Clock };

    public virtual Task InitializeAsync()
    {
        Service = new(Clock);
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync()
    {
        Materializer.Dispose();
        await Service.DisposeAsync();
    }

    protected static ConveyorRecord[] Records(int count, string prefix = "r") =>
        [.. Enumerable.Range(1, count).Select(i => new ConveyorRecord($"{prefix}{i}", new byte[] { 1 }))];

    protected static string[] Ids(IEnumerable<ConveyorRecord> records) => [.. records.Select(r => r.Id)];

    protected async Task Offer(params ConveyorRecord[] records)
    {
        var answer = await Service.BufferBatchForStageAsync(Pipeline, Stage, "test", records);
        Assert.Equal((OfferStatus.Accepted, records.Length), (answer.Status, answer.Accepted));
    }

    /// <summary>All ids that wait in the stage, in order, taken out of it.</summary>
    protected async Task<string[]> TakeAll(string stage = Stage)
    {
        var taken = new List<string>();
        while (await Service.GetBatchAsync(Pipeline, stage, new(100_000)) is { Count: > 0 } batch)
        {
            taken.AddRange(batch.Records.Select(r => r.Record.Id));
            await Service.CompleteAsync(Pipeline, stage, batch.Id);
        }
        return [.. taken];
    }

    /// <summary>The stage's numbers, as soon as it exists.</summary>
    protected async Task<StageSnapshot> StageNow(string stage = Stage)
    {
        StageSnapshot? found = null;
        await Eventually(
            async () =>
                (found = (await Service.GetSnapshotAsync(Pipeline)).Stages.FirstOrDefault(s => s.Stage == stage))
                    is not null,
            $"there is a stage {stage}"
        );
        return found!;
    }

    /// <summary>Looks until it is so; fails when that takes too long.</summary>
    protected static async Task Eventually(Func<Task<bool>> isSo, string what)
    {
        using var patience = new CancellationTokenSource(Bound);
        while (!await isSo())
        {
            Assert.False(patience.IsCancellationRequested, $"never: {what}");
            await Task.Delay(1);
        }
    }

    /// <summary>Everything adds up, and neither credits nor leases are out.</summary>
    protected Task NothingIsOut() =>
        Eventually(
            async () =>
            {
                var snapshot = await Service.GetSnapshotAsync(Pipeline);
                Assert.True(snapshot.IsConserved, snapshot.ToString());
                return snapshot.Total.Granted == 0
                    && snapshot.Total.InFlight == 0
                    && snapshot.Stages.All(s => s.Leases.Count == 0);
            },
            "no lease and no credit is out"
        );
}
