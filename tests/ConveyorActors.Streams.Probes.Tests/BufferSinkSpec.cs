using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Probes.Tests;

public sealed class BufferSinkSpec : ProbeTest
{
    (TestPublisher.Probe<ConveyorRecord> Upstream, Task<BufferSinkCounts> Counts) Run(
        BufferSinkSettings? settings = null
    )
    {
        var (upstream, counts) = this.SourceProbe<ConveyorRecord>()
            .ToMaterialized(BufferSink.ForStage(Service, Pipeline, Stage, "s", settings), Keep.Both)
            .Run(Materializer);
        upstream.EnsureSubscription();
        return (upstream, counts);
    }

    [Fact]
    public async Task No_element_is_pulled_from_upstream_without_room()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 3 });
        var (upstream, counts) = Run();
        for (var i = 1; i <= 4; i++)
            await upstream.SendNextAsync(Make(i)); // the fourth lies between the streams' actors
        await AwaitAssertAsync(() => Assert.Equal((3, 0), (Total.Buffered, Total.Granted)));
        await upstream.ExpectNoMsgAsync(AWhile);
        Assert.Equal((3, 0), (Total.Offered, upstream.Pending));

        Assert.Equal("r1", await TakeOne());
        await upstream.SendNextAsync(Make(5)); // waits for the request, which comes when the fourth has been pulled
        await AwaitAssertAsync(() => Assert.Equal((3, 4), (Total.Buffered, Total.Offered)));
        for (var i = 2; i <= 3; i++)
            Assert.Equal($"r{i}", await TakeOne());
        await upstream.SendCompleteAsync();
        Assert.Equal(5, (await counts.WaitAsync(Bound)).Accepted);
        Assert.Equal(0, Total.Refused);
    }

    [Fact]
    public async Task Elements_are_pulled_one_by_one_up_to_the_last_credit()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerSource = 1 });
        var (upstream, counts) = Run();
        for (var i = 1; i <= 10; i++)
        {
            await upstream.SendNextAsync(Make(i));
            Assert.Equal($"r{i}", await TakeOne());
        }
        await upstream.SendCompleteAsync();
        Assert.Equal(10, (await counts.WaitAsync(Bound)).Accepted);
        // unused credits go back after the last reply
        await AwaitAssertAsync(() => Assert.Equal((0, 0), (Total.Refused, Total.Used)));
    }

    [Fact]
    public async Task A_single_element_is_offered_at_once_without_waiting_for_a_batch()
    {
        var (upstream, _) = Run();
        await upstream.SendNextAsync(Make(1));
        Assert.Equal("r1", await TakeOne());
        await upstream.SendNextAsync(Make(2));
        Assert.Equal("r2", await TakeOne());
    }

    [Fact]
    public async Task Upstream_is_cancelled_when_the_pipeline_drains()
    {
        var (upstream, counts) = Run();
        await upstream.SendNextAsync(Make(1));
        Assert.Equal("r1", await TakeOne());
        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        await upstream.SendNextAsync(Make(2));
        await upstream.ExpectCancellationAsync();
        var failure = await Assert.ThrowsAsync<BufferDrainingException>(() => counts.WaitAsync(Bound));
        Assert.Equal((1, 1), (failure.Accepted, failure.NotAccepted));
    }

    [Fact]
    public async Task The_end_waits_for_the_room_of_the_last_element()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 1 });
        var (upstream, counts) = Run();
        await upstream.SendNextAsync(Make(1));
        await upstream.SendNextAsync(Make(2));
        await upstream.SendCompleteAsync();
        await AwaitAssertAsync(() => Assert.Equal(1, Total.Buffered));
        Assert.False(counts.IsCompleted);
        Assert.Equal("r1", await TakeOne());
        Assert.Equal(2, (await counts.WaitAsync(Bound)).Accepted);
    }
}
