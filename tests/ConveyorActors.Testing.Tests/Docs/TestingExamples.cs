// DOCS: testing usings
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using ConveyorActors.Testing.Contracts;
using ConveyorActors.Testing.Faults;
using Xunit;
// END

namespace ConveyorActors.Testing.Tests.Docs;

/// <summary>The code of docs/Testing.md.</summary>
public sealed class TestingExamples
{
    // DOCS: testing a producer
    [Fact]
    public async Task An_import_loses_no_order_although_replies_are_lost()
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(),
            new() { Seed = 17, LostReplyRate = 0.2, CrashRate = 0.05 });
        await service.ConfigureStageAsync("shop", "pack", new() { Duplicates = new DuplicateWindow() });

        await new Import(service).RunAsync([.. Enumerable.Range(1, 50).Select(i => $"order-{i}")]);

        PipelineSnapshot now = await service.ShouldConserveAsync("shop");
        Assert.True(now.Total.Accepted == 50, $"{now.Total.Accepted} accepted; {string.Join("\n", service.Faults)}");
    }
    // END

    // DOCS: testing one fault
    [Fact]
    public async Task An_import_retries_when_the_first_reply_is_lost()
    {
        await using var service = new FaultyBufferService(new EmbeddedBufferService());
        await service.ConfigureStageAsync("shop", "pack", new() { Duplicates = new DuplicateWindow() });
        service.FailNext(FaultKind.LostReply);

        await new Import(service).RunAsync(["order-1"]);

        Assert.Equal(1, (await service.ShouldConserveAsync("shop")).Total.Accepted);
    }
    // END

    // DOCS: the code under test
    sealed class Import(IBufferProducer buffers)
    {
        public async Task RunAsync(string[] orders)
        {
            foreach (string id in orders)
            {
                bool taken = false;
                while (!taken)
                {
                    try
                    {
                        OfferResult offer = await buffers.BufferForStageAsync("shop", "pack", "web", new ConveyorRecord(id, default));
                        taken = offer.Status is OfferStatus.Accepted or OfferStatus.Duplicate;
                    }
                    catch (TimeoutException)
                    {
                        // No reply: the order is offered again, and the stage recognizes its id if it has the order.
                    }
                }
            }
        }
    }
    // END

    /// <summary>The test that the document shows is one that can fail.</summary>
    [Fact]
    public async Task The_seed_of_the_example_loses_a_reply()
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(),
            new() { Seed = 17, LostReplyRate = 0.2, CrashRate = 0.05 });
        await service.ConfigureStageAsync("shop", "pack", new() { Duplicates = new DuplicateWindow() });
        await new Import(service).RunAsync([.. Enumerable.Range(1, 50).Select(i => $"order-{i}")]);
        Assert.NotEmpty(service.Faults);
    }
}

// DOCS: the contract suite
public sealed class MyBufferServiceTests : BufferServiceContract
{
    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) => new(new MyBufferService(clock));
}
// END

/// <summary>What stands for the reader's own service: a faulty one that is told no faults. It keeps the whole contract.</summary>
sealed class MyBufferService : DelegatingBufferService
{
    readonly IBufferService service;

    public MyBufferService(TimeProvider clock)
        : this(new FaultyBufferService(new EmbeddedBufferService(clock), new(), clock)) { }

    MyBufferService(IBufferService service)
        : base(service, service, service, service, service) => this.service = service;

    public override ValueTask DisposeAsync() => service.DisposeAsync();
}
