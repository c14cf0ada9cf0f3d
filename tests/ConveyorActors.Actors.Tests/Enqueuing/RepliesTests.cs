using Akka.Actor.Internal;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>A sender that continues at its reply finds the room that its records took.</summary>
public sealed class RepliesTests : BufferActorKit
{
    readonly SenderAtOnce sender;

    public RepliesTests()
    {
        Settings = Settings with { Capacity = 4, Share = 0.75 };
        sender = new(
            Sys,
            () => Buffer.FindOverfullRefusal(Target) is null || Buffer.Gate.IsClosed ? 4 - Buffer.Gate.Used : 0
        );
    }

    /// <summary>A sender that runs on the replying thread and notes the room that it could use then.</summary>
    sealed class SenderAtOnce(ActorSystem system, Func<int> room) : MinimalActorRef
    {
        public List<int> Room { get; } = [];

        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "sender-at-once";

        public override IActorRefProvider Provider => ((ActorSystemImpl)system).Provider;

        protected override void TellInternal(object message, IActorRef sender) => Room.Add(room());
    }

    void Enqueue(params string[] ids) => Send(new EnqueueBatch(Target, MakeMany(ids)) { ExpectsReply = true }, sender);

    [Fact]
    public async Task The_room_of_accepted_records_is_free_when_the_reply_arrives()
    {
        Enqueue("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Took(4));
        Assert.Equal([4], sender.Room);
    }

    [Fact]
    public async Task The_room_of_refused_records_is_free_when_the_reply_arrives()
    {
        Enqueue("1", "2", "3", "4");
        await Answer(await Pass("1", "2", "3", "4"), Stopped(OfferStatus.StageFull, accepted: 1));
        Assert.Equal([4], sender.Room);
    }

    [Fact]
    public async Task The_room_of_records_behind_a_refused_one_is_free_when_the_reply_arrives()
    {
        Send("1");
        await Advance(50);
        var pass = await Pass("1");
        Enqueue("2");
        await Answer(pass, Stopped(OfferStatus.StageFull));
        Assert.Equal([3], sender.Room);
        Enqueue("3");
        await Rest();
        Assert.Equal([3, 3], sender.Room);
    }

    [Fact]
    public async Task The_room_of_records_in_a_stopped_buffer_is_free_when_the_reply_arrives()
    {
        Enqueue("1", "2", "3", "4");
        await Pass("1", "2", "3", "4");
        await Kill();
        Buffer.Close(Sys);
        Assert.Equal([4], sender.Room);
    }

    [Fact]
    public async Task A_batch_that_can_never_fit_is_an_error_even_while_the_share_is_used_up()
    {
        Send("1", "2");
        await Advance(50);
        await Pass("1", "2");
        Assert.NotNull(Buffer.FindOverfullRefusal(Target));
        var probe = CreateTestProbe();
        Send(new EnqueueBatch(Target, MakeMany("1", "2", "3", "4", "5")) { ExpectsReply = true }, probe.Ref);
        var failed = probe.ExpectMsg<Failed>(Patience);
        Assert.Contains(
            "Records has 5 records; a buffer actor holds 4 at most",
            failed.Message,
            StringComparison.Ordinal
        );
    }
}
