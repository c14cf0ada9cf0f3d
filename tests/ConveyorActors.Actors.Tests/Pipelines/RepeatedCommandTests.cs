using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// A command with a named wait that is sent again, because its reply was lost or is late, changes nothing.
/// </summary>
public class RepeatedCommandTests : ConveyorTestKit
{
    readonly Guid wait = Guid.NewGuid();

    GetBatch Lease(int max = 2, bool waits = true) =>
        new(Pipeline, Stage, new BatchRequest(max) { Wait = waits }) { Wait = wait };

    [Fact]
    public async Task A_repeated_wait_gets_one_reply()
    {
        Pipelines.Tell(Lease());
        Pipelines.Tell(Lease());
        Pipelines.Tell(Lease() with { CorrelationId = "again" });
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        await Offer(MakeMany("r", 4));
        Assert.Equal(2, (await ExpectMsgAsync<Leased>(Patience)).Batch.Count);
        Assert.Equal(2, (await GetSnapshot()).Total.InFlight);
        Assert.False(HasMessages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lease_whose_reply_was_lost_is_given_again_until_it_is_settled(bool stopsBetween)
    {
        await Offer(MakeMany("r", 4));
        Pipelines.Tell(Lease());
        var first = (await ExpectMsgAsync<Leased>(Patience)).Batch;
        if (stopsBetween)
            await (await Find($"pipelines/{Pipeline}/stage-{Stage}")).GracefulStop(Patience);
        Pipelines.Tell(Lease() with { CorrelationId = "again" });
        var again = await ExpectMsgAsync<Leased>(Patience);
        Assert.Equal((first, "again"), (again.Batch, again.InReplyTo!.CorrelationId));
        Assert.Equal(2, (await GetSnapshot()).Total.InFlight);
        await Ask<Settled>(new Complete(Pipeline, Stage, first.Id));
        Pipelines.Tell(Lease());
        Assert.Equal(["r3", "r4"], (await ExpectMsgAsync<Leased>(Patience)).Batch.Records.Select(r => r.Record.Id));
    }

    [Theory]
    [InlineData("expires")]
    [InlineData("goes back")]
    [InlineData("is begun anew")]
    public async Task An_expired_lease_is_not_given_again(string how)
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(MakeMany("r", 2));
        Pipelines.Tell(Lease());
        var first = (await ExpectMsgAsync<Leased>(Patience)).Batch;
        if (how == "expires")
            Clock.Advance(TimeSpan.FromMinutes(1));
        else if (how == "goes back")
            await Ask<Settled>(new ReturnToBuffer(Pipeline, Stage, first.Id, null, "why", false));
        else
        {
            Pipelines.Tell(new BeginAnew(Pipeline, Stage, HasFailed: false));
            await ExpectMsgAsync<BegunAnew>(Patience);
        }
        Pipelines.Tell(Lease());
        Assert.NotEqual(first.Id, (await ExpectMsgAsync<Leased>(Patience)).Batch.Id);
    }

    [Fact]
    public async Task Repeated_offers_are_accepted_once()
    {
        var one = new BufferForStage(Pipeline, Stage, Source, Make("a")) { Wait = wait };
        var many = new BufferBatchForStage(Pipeline, Stage, Source, MakeMany("r", 3)) { Wait = Guid.NewGuid() };
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await Pipelines.Ask<Offered>(one, Patience)).Result.Accepted);
            Assert.Equal(
                3,
                (await Pipelines.Ask<Offered>(many with { CorrelationId = $"{i}" }, Patience)).Result.Accepted
            );
        }
        Assert.Equal(4, (await GetSnapshot()).Total.Accepted);
    }

    [Fact]
    public async Task Repeated_requests_for_credits_are_granted_once()
    {
        await Configure(new() { MaxPerStage = 10 });
        var request = new RequestCredits(Pipeline, Stage, Source, 4, TimeSpan.FromMinutes(1), WaitForRoom: true)
        {
            Wait = wait,
        };
        var first = (await Ask<Granted>(request)).Grant;
        Pipelines.Tell(request);
        var own = (await ExpectMsgAsync<Granted>(Patience)).Grant;
        Pipelines.Tell(request);
        Assert.Equal(own, (await ExpectMsgAsync<Granted>(Patience)).Grant);
        Assert.NotEqual(first.Id, own.Id); // of another owner
    }

    [Fact]
    public async Task An_ask_that_timed_out_can_be_repeated_during_its_wait()
    {
        var first = Pipelines.Ask<Leased>(Lease(), Patience);
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        using var givesUp = new CancellationTokenSource();
        var second = Pipelines.Ask<Leased>(Lease(), Patience, givesUp.Token);
        await Service.GetSnapshotAsync(Pipeline);
        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Offer(MakeMany("r", 2));
        Assert.Equal(2, (await first).Batch.Count);
    }

    [Fact]
    public async Task A_wait_of_another_command_or_owner_under_the_same_name_is_refused()
    {
        Pipelines.Tell(Lease());
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        Assert.Contains("is under way for another command or owner", (await Ask<Failed>(Lease())).Message);
        Pipelines.Tell(Lease(max: 3));
        Assert.Contains($"Wait is {wait}", (await ExpectMsgAsync<Failed>(Patience)).Message);
    }

    [Fact]
    public async Task The_memory_for_repeated_replies_is_bounded()
    {
        var waits = Enumerable.Range(0, 200).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var name in waits)
            await Ask<Offered>(
                new BufferForStage(Pipeline, Stage, Source, Make("a", 20_000)) { Wait = name, Owner = TestActor }
            );
        Assert.Equal(200, (await GetSnapshot()).Total.Accepted);
        await Ask<Offered>(
            new BufferForStage(Pipeline, Stage, Source, Make("a", 20_000)) { Wait = waits[^1], Owner = TestActor }
        );
        Assert.Equal(200, (await GetSnapshot()).Total.Accepted);
        await Ask<Offered>(
            new BufferForStage(Pipeline, Stage, Source, Make("a", 20_000)) { Wait = waits[0], Owner = TestActor }
        );
        Assert.Equal(201, (await GetSnapshot()).Total.Accepted);
    }
}
