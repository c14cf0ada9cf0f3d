using Akka.Streams;
using Akka.TestKit.Xunit2;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Streams.Probes.Tests;

/// <summary>
/// What a spec with probes needs: an actor system, a materializer without slack between stages, and a service on a
/// clock that stands still.
/// </summary>
public abstract class ProbeTest : TestKit
{
    protected const string Pipeline = "orders";
    protected const string Stage = "filter";

    protected ProbeTest()
        : base("akka.loglevel = ERROR\nakka.stdout-loglevel = OFF\nakka.test.single-expect-default = 10s")
    {
        Materializer = ActorMaterializer.Create(Sys, ActorMaterializerSettings.Create(Sys).WithInputBuffer(1, 1));
        Service = new(Clock);
    }

    protected FakeClock Clock { get; } = new();

    protected EmbeddedBufferService Service { get; }

    protected ActorMaterializer Materializer { get; }

    protected static TimeSpan Bound => TimeSpan.FromSeconds(10);

    protected static ConveyorRecord Make(int number) => new($"r{number}", default);

    /// <summary>Offers r1, r2, ... without a stream.</summary>
    protected async Task Offer(int count)
    {
        for (var i = 1; i <= count; i++)
            Assert.True((await Service.BufferForStageAsync(Pipeline, Stage, "test", Make(i))).IsAccepted);
    }

    /// <summary>Takes one record out of the stage for good, without a stream.</summary>
    protected async Task<string> TakeOne()
    {
        var batch = await Service.GetBatchAsync(Pipeline, Stage, new(1) { Wait = true }).AsTask().WaitAsync(Bound);
        await Service.CompleteAsync(Pipeline, Stage, batch.Id);
        return batch.Records[0].Record.Id;
    }

    protected LevelSnapshot Total => Service.GetManager(Pipeline).GetSnapshot().Total;

    /// <summary>Nothing more happens for a while that is long heldLease what a stage takes to act.</summary>
    protected static TimeSpan AWhile => TimeSpan.FromMilliseconds(100);

    protected override void AfterAll()
    {
        Assert.True(Service.GetManager(Pipeline).GetSnapshot().IsConserved);
        Service.DisposeAsync().AsTask().Wait();
        base.AfterAll();
    }
}
