using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

public class CoreBuffersSettingsTests
{
    [Fact]
    public void Defaults_are_the_documented_ones()
    {
        var settings = new CoreBuffersSettings();
        Assert.Equal(
            (16_384, 256, TimeSpan.Zero, 3),
            (settings.Capacity, settings.BatchSize, settings.Linger, settings.MaxRetries)
        );
        Assert.Equal(new BackoffSettings(), settings.Backoff);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.StopDeadline);
    }

    public static TheoryData<Func<object>, string, string, string> Nonsense =>
        new()
        {
            {
                () =>
                    new CoreBuffersSettings { Capacity = 0 },
                "Capacity",
                "0",
                "from 1 to 67,108,864"
            },
            {
                () =>
                    new CoreBuffersSettings { Capacity = 67_108_865 },
                "Capacity",
                "67108865",
                "from 1 to 67,108,864"
            },
            {
                () =>
                    new CoreBuffersSettings { BatchSize = 0 },
                "BatchSize",
                "0",
                "from 1 to 1,048,576"
            },
            {
                () =>
                    new CoreBuffersSettings { Linger = TimeSpan.FromTicks(-1) },
                "Linger",
                "-00:00:00.0000001",
                "from 0 to"
            },
            {
                () =>
                    new CoreBuffersSettings { MaxRetries = -1 },
                "MaxRetries",
                "-1",
                "from 0 to 1,000,000"
            },
            {
                () =>
                    new CoreBuffersSettings { StopDeadline = TimeSpan.Zero },
                "StopDeadline",
                "00:00:00",
                "from 1 ms"
            },
            {
                () =>
                    new CoreBuffersSettings { Backoff = null! },
                "Backoff",
                "null",
                "must be a BackoffSettings"
            },
        };

    [Theory]
    [MemberData(nameof(Nonsense), DisableDiscoveryEnumeration = true)]
    public void An_invalid_value_is_refused_when_set_with_its_name_and_its_range(
        Func<object> set,
        string name,
        string value,
        string range
    )
    {
        var message = Assert.ThrowsAny<ArgumentException>(set).Message;
        Assert.Contains(name, message);
        Assert.Contains(value, message);
        Assert.Contains(range, message);
    }
}
