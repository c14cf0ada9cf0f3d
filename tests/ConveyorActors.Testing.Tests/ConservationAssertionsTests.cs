using Xunit.Sdk;

namespace ConveyorActors.Testing.Tests;

/// <summary>An assertion that cannot fail proves nothing: each number that is wrong makes it fail, and is named.</summary>
public sealed class ConservationAssertionsTests : IAsyncLifetime
{
    readonly EmbeddedBufferService service = new();
    PipelineSnapshot snapshot = null!;

    public async Task InitializeAsync()
    {
        await service.ConfigureAsync(
            "shop",
            new()
            {
                MaxPerStage = 5,
                Stage = new() { MaxRetries = 0 },
            }
        );
        await service.BufferBatchForStageAsync("shop", "pack", "north", Records(4));
        await service.BufferBatchForStageAsync("shop", "pack", "south", Records(3));
        var batch = await service.GetBatchAsync("shop", "pack", new(4));
        await service.CompleteAsync("shop", "pack", batch.Id, [batch.Records[0].Sequence]);
        await service.ReturnToBufferAsync("shop", "pack", batch.Id, [batch.Records[1].Sequence], "torn");
        snapshot = await service.GetSnapshotAsync("shop");
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task A_pipeline_that_adds_up_passes_and_is_returned()
    {
        Assert.Same(snapshot, snapshot.ShouldConserve());
        Assert.Equal(7, (await service.ShouldConserveAsync("shop")).Total.Offered);
    }

    [Fact]
    public void The_message_names_the_level_that_does_not_add_up_and_every_number()
    {
        var message = FailureOf(snapshot with { Total = snapshot.Total with { Completed = 2 } });
        string[] parts =
        [
            "manager: offered 7 is not completed 2 + lost 3 + pending 3; the difference is -1",
            "manager: offered 7, completed 2 + StageFull 2 + RetriesExhausted 1 + pending 3 (buffered 1, in flight 2, hopping 0, stored 0)",
            "stage pack: offered 7, completed 1 + StageFull 2 + RetriesExhausted 1 + pending 3",
            "source north: offered 4, completed 1",
            "source south: offered 3, completed 0 + StageFull 2",
            "lost at stage pack, source south: 2 StageFull",
            "used 3 of 5",
        ];
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Offered", "manager: offered 8 is not completed")]
    [InlineData("Refused", "manager: the ledger has refused 2, dropped 0")]
    [InlineData("Used", "manager: used 4 is not granted 0 + buffered 1 + in flight 2")]
    [InlineData("Limit", "manager: used 3 is over the limit 2")]
    [InlineData("Negative", "manager: a number is below zero")]
    [InlineData("PendingBytes", "pending bytes: manager 4, stages together 3, sources together 3")]
    [InlineData("Leases", "stage pack: 2 in flight, but the leases hold 0")]
    public void Each_sum_that_is_wrong_is_named(string wrong, string message)
    {
        var total = snapshot.Total;
        var changed = wrong switch
        {
            "Offered" => snapshot with { Total = total with { Offered = 8 } },
            "Refused" => snapshot with { Total = total with { Refused = 3, Offered = 8 } },
            "Used" => snapshot with { Total = total with { Used = 4 } },
            "Limit" => snapshot with { Total = total with { Limit = 2 } },
            "Negative" => snapshot with { Total = total with { Granted = -1 } },
            "PendingBytes" => snapshot with { Total = total with { PendingBytes = 4 } },
            _ => snapshot with { Stages = [.. snapshot.Stages.Select(s => s with { Leases = [] })] },
        };
        Assert.Contains(message, FailureOf(changed), StringComparison.Ordinal);
    }

    [Fact]
    public void A_level_may_exceed_a_limit_that_was_lowered() =>
        (snapshot with { Total = snapshot.Total with { Limit = 2 } }).ShouldConserve(limitsWereLowered: true);

    static string FailureOf(PipelineSnapshot wrong) =>
        Assert.ThrowsAny<XunitException>(() => wrong.ShouldConserve()).Message;

    static ConveyorRecord[] Records(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new ConveyorRecord($"r{i}", new byte[1]))];
}
