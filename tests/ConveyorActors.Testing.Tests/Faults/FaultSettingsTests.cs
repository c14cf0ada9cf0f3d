using ConveyorActors.Testing.Faults;

namespace ConveyorActors.Testing.Tests.Faults;

/// <summary>Settings that make no sense are refused when they are set, with what would be right.</summary>
public sealed class FaultSettingsTests
{
    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_rate_is_from_0_to_1(double rate)
    {
        Action[] sets =
        [
            () => _ = new FaultSettings { DelayRate = rate },
            () => _ = new FaultSettings { RefusalRate = rate },
            () => _ = new FaultSettings { LostReplyRate = rate },
            () => _ = new FaultSettings { CrashRate = rate },
        ];
        Assert.All(
            sets,
            set =>
                Assert.Contains(
                    "it must be from 0 to 1",
                    Assert.Throws<ArgumentOutOfRangeException>(set).Message,
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void A_delay_is_from_1_ms()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FaultSettings { MaxDelay = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FaultSettings { MaxDelay = TimeSpan.MaxValue });
        Assert.Equal(TimeSpan.FromMilliseconds(1), new FaultSettings { MaxDelay = new(0, 0, 0, 0, 1) }.MaxDelay);
    }

    [Theory]
    [InlineData(OfferStatus.Accepted)]
    [InlineData(OfferStatus.Duplicate)]
    [InlineData(OfferStatus.Draining)]
    public void A_refusal_is_temporary(OfferStatus status) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FaultSettings { RefusalStatus = status });

    [Fact]
    public void The_share_of_failing_calls_is_at_most_one() =>
        Assert.Contains(
            "it must be at most 1",
            Assert
                .Throws<ArgumentOutOfRangeException>(() =>
                    new FaultyBufferService(
                        new EmbeddedBufferService(),
                        new()
                        {
                            RefusalRate = 0.5,
                            LostReplyRate = 0.4,
                            CrashRate = 0.2,
                        }
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
}
