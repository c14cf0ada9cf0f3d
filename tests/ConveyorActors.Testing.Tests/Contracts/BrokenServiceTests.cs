using ConveyorActors.Testing.Contracts;
using Xunit.Sdk;

namespace ConveyorActors.Testing.Tests.Contracts;

/// <summary>The suite fails for a service that breaks a promise.</summary>
public sealed class BrokenServiceTests
{
    [Fact]
    public Task The_suite_passes_for_a_correct_service() => RunAsync(inner => inner);

    [Fact]
    public async Task The_suite_fails_for_a_service_that_gives_leases_in_the_wrong_order()
    {
        var failure = await Assert.ThrowsAnyAsync<XunitException>(() =>
            RunAsync(inner =>
                AlteredService.Of<LeasedBatch>(
                    inner,
                    nameof(IBufferService.GetBatchAsync),
                    async reply =>
                        await reply is var batch ? batch with { Records = [.. batch.Records.Reverse()] } : null!
                )
            )
        );
        Assert.Contains("r3 r2 r1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_suite_fails_after_a_test_when_the_numbers_of_a_service_do_not_add_up()
    {
        var failure = await Assert.ThrowsAnyAsync<XunitException>(() =>
            RunAsync(inner =>
                AlteredService.Of<PipelineSnapshot>(
                    inner,
                    nameof(IBufferService.GetSnapshotAsync),
                    async reply =>
                        await reply is var snapshot
                            ? snapshot with
                            {
                                Total = snapshot.Total with { Buffered = snapshot.Total.Buffered + 1 },
                            }
                            : null!
                )
            )
        );
        Assert.Contains("offered 3 is not completed 3 + lost 0 + pending 1", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs a test of the suite, with what the suite does before and after each.</summary>
    static async Task RunAsync(Func<IBufferService, IBufferService> alter)
    {
        var suite = new Suite(alter);
        await suite.InitializeAsync();
        await suite.Records_are_delivered_in_order();
        await suite.DisposeAsync();
    }

    // Not public, so that a runner does not look for tests here.
    sealed class Suite(Func<IBufferService, IBufferService> alter) : BufferServiceContract
    {
        protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) =>
            new(alter(new EmbeddedBufferService(clock)));

        public async Task Records_are_delivered_in_order()
        {
            await Fill(3);
            Assert.Equal("r1 r2 r3", await Drain());
        }
    }
}
