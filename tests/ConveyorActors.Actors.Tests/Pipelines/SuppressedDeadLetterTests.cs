using Akka.Event;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>What may rightly find nobody is no dead letter in the log; what brings something is.</summary>
public class SuppressedDeadLetterTests : ConveyorTestKit
{
    public static TheoryData<string, bool> Replies =>
        new()
        {
            { nameof(Settled), true },
            { nameof(Peeked), true },
            { nameof(SnapshotTaken), true },
            { nameof(SignalChanged), true },
            { nameof(SignalsEnded), true },
            { nameof(WaitCancelled), true },
            { nameof(Count), true },
            { nameof(Configured), true },
            { nameof(Leased), false },
            { nameof(Granted), false },
            { nameof(Offered), false },
            { nameof(EnqueueResult), false },
            { nameof(Failed), false },
        };

    [Theory, MemberData(nameof(Replies))]
    public void Only_replies_with_records_become_dead_letters(string name, bool isSuppressed) =>
        Assert.Equal(
            isSuppressed,
            typeof(IDeadLetterSuppression).IsAssignableFrom(
                typeof(Settled).Assembly.GetType($"ConveyorActors.Actors.Protocol.{name}")
            )
        );

    [Fact]
    public async Task A_reply_to_an_actor_that_has_ended_is_not_logged()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(AllDeadLetters));
        var gone = CreateTestProbe();
        Sys.Stop(gone.Ref);
        await ExpectTerminated(gone.Ref);
        Pipelines.Tell(new GetSignal(Pipeline, Source), gone.Ref);
        Assert.IsType<SignalIs>(
            (await FishForMessageAsync<SuppressedDeadLetter>(d => d.Message is SignalIs, Patience)).Message
        );
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), gone.Ref);
        Assert.IsType<Leased>((await FishForMessageAsync<DeadLetter>(d => d.Message is Leased, Patience)).Message);
    }
}
