using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Probes.Tests;

public sealed class BufferFlowSpec : ProbeTest
{
    (TestPublisher.Probe<ConveyorRecord> Upstream, TestSubscriber.Probe<ConveyorRecord> Downstream) Run()
    {
        var (upstream, downstream) = this.SourceProbe<ConveyorRecord>()
            .Via(BufferFlow.Through(Service, Pipeline, Stage, "s", new() { Out = new() { Clock = Clock } }))
            .ToMaterialized(this.SinkProbe<ConveyorRecord>(), Keep.Both)
            .Run(Materializer);
        upstream.EnsureSubscription();
        downstream.EnsureSubscription();
        return (upstream, downstream);
    }

    [Fact]
    public async Task Upstream_is_pulled_without_demand_until_the_stage_is_full()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 3 });
        var (upstream, downstream) = Run();
        for (var i = 1; i <= 4; i++)
            await upstream.SendNextAsync(Make(i));
        await AwaitAssertAsync(() => Assert.Equal(3, Total.Pending));
        await upstream.ExpectNoMsgAsync(AWhile);
        Assert.Equal(3, Total.Offered);

        await downstream.RequestAsync(2);
        Assert.Equal("r1", (await downstream.ExpectNextAsync()).Id);
        Assert.Equal("r2", (await downstream.ExpectNextAsync()).Id);
        await upstream.SendNextAsync(Make(5));
        await upstream.SendCompleteAsync();
        await downstream.RequestAsync(10);
        for (var i = 3; i <= 5; i++)
            Assert.Equal($"r{i}", (await downstream.ExpectNextAsync()).Id);
        await downstream.ExpectCompleteAsync();
        // unused credits go back after the last reply
        await AwaitAssertAsync(() => Assert.Equal((0, 0, 5), (Total.Refused, Total.Used, Total.Completed)));
    }

    [Fact]
    public async Task Completion_follows_the_last_element_without_further_demand()
    {
        var (upstream, downstream) = Run();
        await upstream.SendCompleteAsync();
        await downstream.ExpectCompleteAsync();
    }

    [Fact]
    public async Task An_upstream_failure_is_passed_on_and_the_stage_keeps_its_records()
    {
        var (upstream, downstream) = Run();
        for (var i = 1; i <= 3; i++)
            await upstream.SendNextAsync(Make(i));
        await AwaitAssertAsync(() => Assert.Equal(3, Total.Accepted));
        await upstream.SendErrorAsync(new IOException("gone"));
        Assert.Equal("gone", (await downstream.ExpectErrorAsync()).Message);
        await AwaitAssertAsync(() => Assert.Equal((0, 0), (Total.InFlight, Total.Granted)));
        Assert.Equal(3, Total.Buffered + Total.Completed);
    }

    [Fact]
    public async Task Cancelling_is_passed_on_and_the_stage_keeps_its_records()
    {
        var (upstream, downstream) = Run();
        for (var i = 1; i <= 5; i++)
            await upstream.SendNextAsync(Make(i));
        Assert.Equal("r1", (await downstream.RequestNextAsync()).Id);
        await AwaitAssertAsync(() => Assert.Equal(5, Total.Accepted));
        await downstream.CancelAsync();
        await upstream.ExpectCancellationAsync();
        await AwaitAssertAsync(() => Assert.Equal((0, 0), (Total.InFlight, Total.Granted)));
        Assert.Equal((5, 0), (Total.Buffered + Total.Completed, Total.Retries));
    }
}
