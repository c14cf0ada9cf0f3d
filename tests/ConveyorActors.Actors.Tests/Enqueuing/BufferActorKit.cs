using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>
/// One buffer actor behind its door, with a probe in place of the pipelines and a scheduler that stands still.
/// </summary>
public abstract class BufferActorKit : TestKit
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    static readonly BackoffSettings NoChance = new()
    {
        First = Ms(10),
        Max = Ms(40),
        Jitter = 0,
    };

    readonly Lazy<BufferActorState> buffer;
    readonly Lazy<IActorRef> door;
    long sent;

    protected BufferActorKit()
        : base(
            """
            akka.loglevel = OFF
            akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
            """
        )
    {
        Pipelines = CreateTestProbe("pipelines");
        Losses = CreateTestProbe("losses");
        Sys.EventStream.Subscribe(Losses.Ref, typeof(Dropped));
        buffer = new(() =>
        {
            var made = new BufferActorState(0, Settings);
            Keep(made, Sys.ActorOf(Props.Create(() => new BufferActorKeeper(made, Pipelines.Ref))));
            return made;
        });
        door = new(() => Started(Sys.ActorOf(Props.Empty.WithRouter(new BufferActorRouter([Buffer])))));
    }

    protected static BufferTarget Target { get; } = new("shop", "enrich", "web-1");

    protected static BufferTarget Other { get; } = new("shop", "load", "web-1");

    /// <summary>
    /// Room for 16, batches of 4 or 50 ms, retries after 10, 20, 40, 40 ms. To be set before the buffer is used.
    /// </summary>
    private protected BufferActorSettings Settings { get; set; } =
        new()
        {
            Count = 1,
            Capacity = 16,
            Share = 1,
            BatchSize = 4,
            BatchAge = Ms(50),
            Retry = NoChance,
            Dispatcher = "akka.actor.default-dispatcher",
        };

    private protected BufferActorState Buffer => buffer.Value;

    protected IActorRef Door => door.Value;

    protected TestProbe Pipelines { get; }

    protected TestProbe Losses { get; }

    protected static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    protected static ConveyorRecord Make(string id) => new(id, new byte[1]);

    protected static ConveyorRecord[] MakeMany(params string[] ids) => [.. ids.Select(Make)];

    /// <summary>What a pass was when it arrived.</summary>
    protected sealed record Seen(long Number, BufferTarget Target, string[] Ids, int[] Parts);

    static void Keep(BufferActorState made, IActorRef keeper) =>
        made.Actor = keeper.Ask<IActorRef>("who", Patience).GetAwaiter().GetResult();

    /// <summary>What is sent to a router before it has started does not go the sender's way.</summary>
    protected static IActorRef Started(IActorRef router)
    {
        router.Ask<ActorIdentity>(new Identify(0), Patience).GetAwaiter().GetResult();
        return router;
    }

    protected void Send(IEnqueueCommand command, IActorRef? sender = null)
    {
        sent += command.Count;
        Door.Tell(command, sender ?? ActorRefs.NoSender);
    }

    /// <summary>Enqueues records one by one, fire and forget.</summary>
    protected void Send(params string[] ids)
    {
        foreach (var id in ids)
            Send(new Enqueue(Target, Make(id)));
    }

    /// <summary>Enqueues records one by one, each with an answer wanted.</summary>
    protected TestProbe SendAsked(params string[] ids)
    {
        var asker = CreateTestProbe();
        foreach (var id in ids)
            Send(new Enqueue(Target, Make(id), ExpectsReply: true), asker.Ref);
        return asker;
    }

    /// <summary>Waits until the actor has handled what it was sent.</summary>
    protected Task Rest() => Buffer.Actor.Ask<ActorIdentity>(new Identify(0), Patience);

    protected async Task Advance(int milliseconds)
    {
        await Rest();
        ((TestScheduler)Sys.Scheduler).Advance(Ms(milliseconds));
        await Rest();
    }

    protected async Task Kill()
    {
        Buffer.Actor.Tell(Akka.Actor.Kill.Instance);
        await Rest();
    }

    /// <summary>The pass that must be there.</summary>
    protected async Task<Seen> Pass(params string[] ids)
    {
        await Rest();
        Assert.True(Pipelines.HasMessages, "nothing was passed on");
        var pass = Pipelines.ExpectMsg<BufferPartsForStage>();
        Seen seen = new(
            pass.Pass,
            new(pass.Pipeline, pass.Stage, pass.Source),
            [.. pass.Records.ToArray().Select(r => r.Id)],
            [.. pass.Parts]
        );
        Assert.Equal(ids, seen.Ids);
        Assert.Equal(ids.Length, seen.Parts.Sum());
        return seen;
    }

    protected async Task NoPass()
    {
        await Rest();
        Assert.False(Pipelines.HasMessages, "something was passed on");
    }

    protected Task Answer(Seen pass, params OfferResult[] results) => Answer(pass, results, null);

    protected Task Answer(Seen pass, OfferResult[] results, Failed? failure)
    {
        Buffer.Actor.Tell(new PartsOffered(pass.Number, results, failure), Pipelines.Ref);
        return Rest();
    }

    protected static OfferResult Took(int records) =>
        new(OfferStatus.Accepted, records, records, 0, BackpressureSignal.None, 7);

    protected static OfferResult Stopped(OfferStatus by, int accepted = 0) =>
        new(by, accepted, accepted, 0, BackpressureSignal.SlowDown(Ms(10)), 3);

    protected async Task<EnqueueResult> Told(TestProbe asker)
    {
        await Rest();
        Assert.True(asker.HasMessages, "no answer");
        return asker.ExpectMsg<EnqueueResult>();
    }

    protected async Task Untold(TestProbe asker)
    {
        await Rest();
        Assert.False(asker.HasMessages, "an answer too many");
    }

    /// <summary>Checks the numbers, and that they add up.</summary>
    protected async Task Counts(int depth, int passedOn, int refused = 0, int lost = 0)
    {
        await Rest();
        var now = Buffer.GetSnapshot();
        Assert.Equal((depth, passedOn, refused, lost), (now.Depth, now.PassedOn, now.Refused, now.Lost));
        Assert.Equal(sent, now.Depth + now.PassedOn + now.Refused + now.Lost);
    }
}
