using System.Collections.Concurrent;
using System.Diagnostics;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Observing;

/// <summary>The spans of the port over actors.</summary>
public class TraceTests : ConveyorTestKit
{
    readonly ConcurrentQueue<Activity> ended = new();

    ActivityListener Listen()
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "ConveyorActors",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    static string Shown(Activity span) =>
        $"{span.OperationName}: {string.Join(' ', span.TagObjects.Select(t => $"{t.Key["conveyor.".Length..]}={t.Value}"))}";

    [Fact]
    public async Task Offers_leases_hops_and_settlements_are_spans()
    {
        using var listener = Listen();
        await Service.BufferBatchForStageAsync(Pipeline, Stage, Source, MakeMany("r", 3));
        var lease = await Service.GetBatchAsync(Pipeline, Stage, new(3));
        await Service.HopAsync(Pipeline, Stage, lease.Id, [lease.Records[0].Sequence], "store", MakeMany("s", 2));
        await Service.CompleteAsync(Pipeline, Stage, lease.Id);
        await Service.GetSnapshotAsync(Pipeline); // is none
        Assert.Equal(
            [
                "conveyor.offer: command=BufferBatchForStage pipeline=shop stage=enrich source=web-1 records=3 status=Accepted accepted=3",
                $"conveyor.lease: command=GetBatch pipeline=shop stage=enrich lease={lease.Id} records=3",
                $"conveyor.hop: command=Hop pipeline=shop stage=enrich lease={lease.Id} target_stage=store records=2 status=Ok settled=1",
                $"conveyor.settle: command=Complete pipeline=shop stage=enrich lease={lease.Id} status=Ok settled=2",
            ],
            ended.Select(Shown)
        );
    }

    [Fact]
    public async Task Every_kind_of_offer_and_settlement_is_a_span()
    {
        using var listener = Listen();
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("1"));
        async Task<long> Lease() => (await Service.GetBatchAsync(Pipeline, Stage, new(1))).Id;
        await Service.ReturnToBufferAsync(Pipeline, Stage, await Lease(), null, "again", charge: false);
        await Service.AbandonAsync(Pipeline, Stage, await Lease(), "died");
        await Service.DeadLetterAsync(Pipeline, Stage, await Lease(), null, "bad");
        Assert.Equal(
            ["BufferForStage", "GetBatch", "ReturnToBuffer", "GetBatch", "Abandon", "GetBatch", "DeadLetterRecords"],
            ended.Select(s => s.GetTagItem("conveyor.command"))
        );
    }

    [Fact]
    public async Task A_span_is_a_child_of_its_callers_span()
    {
        using var listener = Listen();
        using var parent = new Activity("parent").Start();
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("1"));
        Assert.Same(parent, Activity.Current);
        Assert.Equal(parent.SpanId, Assert.Single(ended).ParentSpanId);
    }

    [Fact]
    public async Task A_wait_cancelled_by_its_caller_is_not_an_error()
    {
        using var listener = Listen();
        using CancellationTokenSource cancellation = new();
        var waiting = Service.GetBatchAsync(Pipeline, Stage, new(1) { Wait = true }, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var span = Assert.Single(ended);
        Assert.Equal(("Cancelled", ActivityStatusCode.Unset), (span.GetTagItem("conveyor.status"), span.Status));
    }

    [Fact]
    public async Task Without_a_listener_there_is_no_span()
    {
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("1"));
        Assert.Null(
            ConveyorActors.Actors.Observing.ConveyorTraces.Begin(
                new ConveyorActors.Actors.Protocol.Complete(Pipeline, Stage, 1)
            )
        );
        Assert.Empty(ended);
    }
}
