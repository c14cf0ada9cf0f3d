using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>What a stage's actor knows of its leases stays right, whatever is done with them.</summary>
public class LeaseRegistryTests : ConveyorTestKit
{
    [Fact]
    public async Task A_lease_stays_with_its_consumer_when_other_records_are_settled()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(MakeMany("r", 2));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(2)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Ask<Settled>(new Hop(Pipeline, Stage, lease.Id, [99], "load", new[] { Make("x") }))).Result.Status
        );
        await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id, [98, 99]));
        Assert.Equal(2, (await GetSnapshot()).Total.InFlight);
        Sys.Stop(consumer.Ref);
        await Eventually(s => s.Total is { InFlight: 0, Buffered: 2 });
    }

    [Fact]
    public async Task A_hop_whose_results_wait_for_room_leaves_no_lease_behind_when_its_consumer_dies()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Offer(MakeMany("r", 2));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(2)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        Pipelines.Tell(new Hop(Pipeline, Stage, lease.Id, null, "load", MakeMany("x", 5)), consumer.Ref);
        await Eventually(s => s.Total.Hopping == 3);
        Sys.Stop(consumer.Ref);
        await ExpectTerminated(consumer.Ref);
        for (var taken = 0; taken < 5; )
        {
            var batch = (await Ask<Leased>(new GetBatch(Pipeline, "load", new BatchRequest(2) { Wait = true }))).Batch;
            taken += (await Ask<Settled>(new Complete(Pipeline, "load", batch.Id))).Result.Settled;
        }
        var now = await GetSnapshot();
        Assert.True(now.IsConserved);
        Assert.Equal((0, 7), (now.Total.Pending, now.Total.Completed));
    }

    [Fact]
    public async Task A_renewed_lease_still_goes_back_when_its_consumer_dies_after_its_first_deadline()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = TimeSpan.FromSeconds(30), Backoff = BackoffSettings.None },
            }
        );
        await Offer(Make("r1"));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        for (var i = 0; i < 3; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(20));
            Assert.True((await Ask<Settled>(new Renew(Pipeline, Stage, lease.Id))).Result.IsOk);
        }
        Sys.Stop(consumer.Ref);
        await Eventually(s => s.Total is { InFlight: 0, Buffered: 1 });
    }
}
