using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Probes.Tests;

public sealed class BufferSourceSpec : ProbeTest
{
    TestSubscriber.Probe<LeasedRecord> Run(int batchSize = 256) =>
        BufferSource
            .FromStage(Service, Pipeline, Stage, new() { BatchSize = batchSize, Clock = Clock })
            .RunWith(this.SinkProbe<LeasedRecord>(), Materializer);

    TestSubscriber.Probe<ConveyorRecord> RunCompleting(int batchSize = 256) =>
        BufferSource
            .CompletingFromStage(Service, Pipeline, Stage, new() { BatchSize = batchSize, Clock = Clock })
            .RunWith(this.SinkProbe<ConveyorRecord>(), Materializer);

    [Fact]
    public async Task Elements_are_emitted_on_demand()
    {
        await Offer(5);
        var downstream = Run();
        await downstream.RequestAsync(2);
        Assert.Equal("r1", (await downstream.ExpectNextAsync()).Record.Id);
        Assert.Equal("r2", (await downstream.ExpectNextAsync()).Record.Id);
        await downstream.ExpectNoMsgAsync(AWhile);
        Assert.Equal("r3", (await downstream.RequestNextAsync()).Record.Id);
    }

    [Fact]
    public async Task A_batch_is_leased_only_after_the_previous_batch_was_emitted()
    {
        await Offer(6);
        var downstream = Run(batchSize: 3);
        await downstream.RequestAsync(1);
        await downstream.ExpectNextAsync();
        await downstream.ExpectNoMsgAsync(AWhile);
        Assert.Equal((3, 3), (Total.InFlight, Total.Buffered));
        await downstream.RequestAsync(4);
        for (var i = 2; i <= 5; i++)
            Assert.Equal($"r{i}", (await downstream.ExpectNextAsync()).Record.Id);
        Assert.Equal(6, Total.InFlight);
    }

    [Fact]
    public async Task An_element_that_arrives_later_is_emitted_on_arrival()
    {
        var downstream = Run();
        await downstream.RequestAsync(1);
        await downstream.ExpectNoMsgAsync(AWhile);
        await Offer(1);
        var element = await downstream.ExpectNextAsync();
        Assert.Equal(SettleStatus.Ok, await element.Complete().AsTask().WaitAsync(Bound));
        Assert.Equal(1, Total.Completed);
    }

    [Fact]
    public async Task A_cancelled_wait_loses_no_record()
    {
        var downstream = Run();
        await downstream.RequestAsync(1);
        await AwaitAssertAsync(() =>
            Assert.Equal(1, Service.GetManager(Pipeline).GetSnapshot().Stages.SingleOrDefault()?.WaitingConsumers ?? 0)
        );
        await downstream.CancelAsync();
        await AwaitAssertAsync(() =>
            Assert.Equal(0, Service.GetManager(Pipeline).GetSnapshot().Stages.Single().WaitingConsumers)
        );
        await Offer(1);
        Assert.Equal("r1", await TakeOne());
    }

    [Fact]
    public async Task After_cancelling_the_rest_is_returned_and_the_handles_stay_valid()
    {
        await Offer(5);
        var downstream = Run();
        var element = await downstream.RequestNextAsync();
        await downstream.CancelAsync();
        // The probe's own stream may have had a second one in its hands.
        await AwaitAssertAsync(() => Assert.InRange(Total.Buffered, 3, 4));
        Assert.Equal(SettleStatus.Ok, await element.Complete().AsTask().WaitAsync(Bound));
        Assert.Equal(0, Total.Retries);
    }

    [Fact]
    public async Task The_stream_completes_when_the_pipeline_has_stopped()
    {
        await Offer(1);
        var downstream = Run();
        var element = await downstream.RequestNextAsync();
        await downstream.RequestAsync(1);
        var stopping = Service.StopAsync(Pipeline, TimeSpan.FromHours(1));
        await downstream.ExpectNoMsgAsync(AWhile);
        await element.Complete();
        Assert.Equal(0, (await stopping.AsTask().WaitAsync(Bound)).Remaining);
        await downstream.ExpectCompleteAsync();
    }

    [Fact]
    public async Task A_service_that_fails_fails_the_stream()
    {
        var broken = new EmbeddedBufferService();
        await broken.DisposeAsync();
        var downstream = BufferSource
            .FromStage(broken, Pipeline, Stage)
            .RunWith(this.SinkProbe<LeasedRecord>(), Materializer);
        downstream.EnsureSubscription();
        await downstream.RequestAsync(1);
        Assert.IsType<ObjectDisposedException>(await downstream.ExpectErrorAsync());
    }

    [Fact]
    public async Task A_completing_source_completes_an_element_when_the_next_one_is_requested()
    {
        await Offer(5);
        var downstream = RunCompleting();
        await downstream.RequestAsync(3);
        for (var i = 1; i <= 3; i++)
            Assert.Equal($"r{i}", (await downstream.ExpectNextAsync()).Id);
        // Between the source and the probe there is a place for one.
        await AwaitAssertAsync(() => Assert.InRange(Total.Completed, 2, 3));
        await downstream.CancelAsync();
        await AwaitAssertAsync(() => Assert.Equal(0, Total.InFlight));
        Assert.Equal((0, 5), (Total.Retries, Total.Completed + Total.Buffered));
    }
}
