using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Tests.Flow;

/// <summary>High 0.8, low 0.6: the bands are 0.05 wide.</summary>
public sealed class BackpressureControllerTests
{
    readonly BackpressureController controller = new(0.8, 0.6);

    [Fact]
    public void Pause_is_entered_at_high_and_left_a_band_below_it()
    {
        Assert.Equal(BackpressureKind.SlowDown, controller.Observe(0.7999).Kind);
        Assert.Equal(BackpressureKind.Pause, controller.Observe(0.8).Kind);
        Assert.Equal(BackpressureKind.Pause, controller.Observe(0.7501).Kind);
        Assert.Equal(BackpressureKind.SlowDown, controller.Observe(0.75).Kind);
    }

    [Fact]
    public void Slow_down_starts_a_band_above_low_and_ends_at_low()
    {
        Assert.Equal(BackpressureKind.None, controller.Observe(0.65).Kind);
        Assert.Equal(BackpressureKind.SlowDown, controller.Observe(0.6501).Kind);
        Assert.Equal(BackpressureKind.SlowDown, controller.Observe(0.6001).Kind);
        Assert.Equal(BackpressureKind.None, controller.Observe(0.6).Kind);
    }

    [Theory]
    [InlineData(0.66, 37)] // 10 + 90 * 0.06 / 0.2
    [InlineData(0.7, 55)]
    [InlineData(0.72, 64)]
    [InlineData(0.799, 99)]
    public void The_delay_grows_linearly_from_10_ms_at_low_to_100_ms_at_high(double fill, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), controller.Observe(fill).Delay);

    [Fact]
    public void A_fill_that_changes_inside_a_band_does_not_change_the_signal()
    {
        var first = controller.Observe(0.66);
        foreach (var fill in (double[])[0.69, 0.65, 0.61, 0.7, 0.66])
            Assert.Equal(first, controller.Observe(fill));
        Assert.NotEqual(first, controller.Observe(0.7001));
        var paused = controller.Observe(0.95);
        foreach (var fill in (double[])[0.8, 0.76, 1.2, 0.79])
            Assert.Equal(paused, controller.Observe(fill));
    }

    [Fact]
    public void From_pause_to_none_at_once_when_the_buffer_is_emptied()
    {
        controller.Observe(1);
        Assert.Equal(BackpressureSignal.None, controller.Observe(0));
    }

    [Fact]
    public void Levels_fall_one_band_below_their_threshold()
    {
        Assert.Equal(3, LevelAfter(0.76));
        Assert.Equal(3, LevelAfter(0.7001));
        Assert.Equal(2, LevelAfter(0.7));
        Assert.Equal(1, LevelAfter(0.65));
        Assert.Equal(0, LevelAfter(0.6));
        Assert.Equal(4, LevelAfter(0.8));
        Assert.Equal(1, LevelAfter(0.601));
    }

    [Fact]
    public void Low_is_three_quarters_of_high_unless_it_is_given()
    {
        var alone = new BackpressureController(0.8);
        Assert.Equal(BackpressureKind.Pause, alone.Observe(0.8).Kind);
        Assert.Equal(BackpressureKind.SlowDown, alone.Observe(0.6001).Kind);
        Assert.Equal(BackpressureKind.None, alone.Observe(0.6).Kind);
    }

    [Fact]
    public void A_signal_set_by_hand_is_the_start_of_the_next_change()
    {
        controller.SetSignal(BackpressureSignal.Pause);
        Assert.Equal(BackpressureSignal.Pause, controller.Current);
        Assert.Equal(BackpressureKind.Pause, controller.Observe(0.76).Kind);
        controller.SetSignal(BackpressureSignal.None);
        Assert.Equal(BackpressureKind.None, controller.Observe(0.65).Kind);
        controller.SetSignal(BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(42)));
        Assert.Equal(TimeSpan.FromMilliseconds(42), controller.Observe(0.64).Delay);
    }

    [Theory]
    [InlineData(0.6, 0.6)]
    [InlineData(0.5, 0.7)]
    public void Watermarks_out_of_order_are_refused_with_both_named(double high, double low)
    {
        var refused = Assert.Throws<ArgumentException>(() => new BackpressureController(high, low));
        Assert.Contains("LowWatermark", refused.Message, StringComparison.Ordinal);
        Assert.Contains("BackpressureThreshold", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void An_invalid_fill_is_refused(double fill) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => controller.Observe(fill));

    int LevelAfter(double fill)
    {
        controller.Observe(fill);
        return controller.Level;
    }
}
