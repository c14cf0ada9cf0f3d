using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Actors.Tests;

/// <summary>
/// An actor system with the buffers in it and a clock that stands still, and short ways to speak to them as an actor.
/// </summary>
public abstract class ConveyorTestKit : TestKit
{
    protected const string Pipeline = "shop",
        Stage = "enrich",
        Source = "web-1";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected ConveyorTestKit(string configuration = "", Func<IBufferService, IBufferService>? around = null)
        : this(new(), configuration, around ?? (engine => engine)) { }

    ConveyorTestKit(FakeClock clock, string configuration, Func<IBufferService, IBufferService> around)
        : base(Setup(clock, configuration, around))
    {
        Clock = clock;
        Conveyor = ConveyorSystem.Get(Sys);
    }

    protected FakeClock Clock { get; }

    protected ConveyorSystem Conveyor { get; }

    protected IActorRef Pipelines => Conveyor.Pipelines;

    protected IBufferService Service => Conveyor.Service;

    static ActorSystemSetup Setup(FakeClock clock, string configuration, Func<IBufferService, IBufferService> around) =>
        BootstrapSetup
            .Create()
            .WithConfig(
                ConfigurationFactory
                    .ParseString("akka.loglevel = WARNING\nconveyor.coordinated-shutdown = off\n" + configuration)
                    .WithFallback(DefaultConfig)
            )
            .And(new ConveyorSetup { Clock = clock, Around = around });

    protected static ConveyorRecord Make(string id, int bytes = 1) => new(id, new byte[bytes]);

    protected static ConveyorRecord[] MakeMany(string prefix, int count) =>
        [.. Enumerable.Range(1, count).Select(i => Make($"{prefix}{i}"))];

    /// <summary>Sends a command as an actor would, and waits for the answer.</summary>
    protected async Task<T> Ask<T>(IConveyorMessage command)
        where T : IConveyorReply
    {
        var asker = CreateTestProbe();
        Pipelines.Tell(command, asker.Ref);
        return await asker.ExpectMsgAsync<T>(Patience);
    }

    protected Task Configure(BufferSettings settings) => Service.ConfigureAsync(Pipeline, settings).AsTask();

    protected async Task<OfferResult> Offer(params ConveyorRecord[] records) =>
        (await Ask<Offered>(new BufferBatchForStage(Pipeline, Stage, Source, records))).Result;

    protected async Task<PipelineSnapshot> GetSnapshot() => await Service.GetSnapshotAsync(Pipeline);

    protected async Task<PipelineSnapshot> Eventually(Func<PipelineSnapshot, bool> satisfied)
    {
        PipelineSnapshot? last = null;
        await AwaitAssertAsync(
            async () => Assert.True(satisfied(last = await GetSnapshot()), $"{last.Total}"),
            Patience,
            TimeSpan.FromMilliseconds(10)
        );
        return last!;
    }

    /// <summary>Waits until an actor is gone.</summary>
    protected async Task ExpectTerminated(IActorRef dead)
    {
        var watcher = CreateTestProbe();
        watcher.Watch(dead);
        await watcher.ExpectTerminatedAsync(dead, Patience);
    }

    /// <summary>The actor of a path below /user/conveyor.</summary>
    protected async Task<IActorRef> Find(string path) =>
        await Sys.ActorSelection($"/user/conveyor/{path}").ResolveOne(Patience);
}
