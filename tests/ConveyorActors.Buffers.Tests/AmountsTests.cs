using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests;

/// <summary>Wrong numbers and grants are refused with the parameter that the caller knows.</summary>
public sealed class AmountsTests
{
    readonly EmbeddedBufferService service = new();

    static void AssertRefused(string parameter, string message, Func<object> call)
    {
        var failure = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Equal(parameter, failure.ParamName);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_number_of_records_below_one_is_refused_with_its_name(int max)
    {
        var right = $" is {max}; it must be at least 1 record.";
        AssertRefused("request", $"request.Max{right}", () => service.GetBatchAsync("p", "s", new(max)));
        AssertRefused("max", $"max{right}", () => service.PeekAsync("p", "s", max));
        AssertRefused("max", $"max{right}", () => service.GetDeadLettersAsync("p", "s", max));
        AssertRefused("max", $"max{right}", () => service.ReplayDeadLettersAsync("p", "s", max));
        AssertRefused("max", $"max{right}", () => service.PurgeDeadLettersAsync("p", "s", max));
        AssertRefused(
            "records",
            $"records{right}",
            () => service.RequestCreditsAsync("p", "s", "a", max, TimeSpan.FromSeconds(1))
        );
        AssertRefused("max", $"max{right}", () => service.GetManager("p").GetBatch("s", max));
    }

    [Fact]
    public void A_wrong_time_of_a_request_for_a_lease_is_refused_with_its_name() =>
        AssertRefused(
            "request",
            "request.Timeout is 00:00:00; it must be from 1 ms to ",
            () => service.GetBatchAsync("p", "s", new(1) { Timeout = TimeSpan.Zero })
        );

    [Fact]
    public void A_negative_number_of_bytes_is_refused_with_its_name() =>
        AssertRefused(
            "bytesPerRecord",
            "bytesPerRecord is -1; it must be at least 0 bytes.",
            () => service.RequestCreditsAsync("p", "s", "a", 1, TimeSpan.FromSeconds(1), -1)
        );

    [Fact]
    public void A_grant_without_a_stage_or_a_source_is_refused_as_the_grant()
    {
        AssertRefused(
            "grant",
            "grant has no stage; it must be a grant that was given.",
            () => service.GiveBackCreditsAsync("p", new CreditGrant(1, null!, "a", 1, default))
        );
        AssertRefused(
            "grant",
            "grant has no source; it must be a grant that was given.",
            () => service.GiveBackCreditsAsync("p", new CreditGrant(1, "s", null!, 1, default))
        );
    }
}
