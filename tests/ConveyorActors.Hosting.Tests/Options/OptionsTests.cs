using System.Globalization;
using System.Reflection;
using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Tests.Options;

/// <summary>Options come from the configuration and from code, and are validated when the host starts.</summary>
public class OptionsTests
{
    [Fact]
    public async Task Options_come_from_the_section_and_then_from_code()
    {
        await using var run = await HostRun.StartAsync(
            services =>
                services.AddConveyor(options =>
                {
                    Assert.Equal(500, options.Pipelines["orders"].MaxPerStage);
                    options.Pipelines["orders"].MaxPerSource = 50;
                }),
            ("Conveyor:Pipelines:orders:MaxPerStage", "500"),
            ("Conveyor:Pipelines:orders:MaxPerSource", "5")
        );

        var settings = (await run.Buffers.GetSnapshotAsync("orders")).Settings!;
        Assert.Equal((500, 50, 100_000), (settings.MaxPerStage, settings.MaxPerSource, settings.MaxTotalRecords));
        Assert.Equal(["orders"], await run.Buffers.GetPipelinesAsync());
    }

    [Fact]
    public void A_stage_inherits_from_its_pipeline_and_a_pipeline_from_the_common_settings()
    {
        var options = Bound(
            ("Buffers:MaxPerStage", "7"),
            ("Buffers:Stage:MaxRetries", "5"),
            ("Buffers:Stage:Backoff:First", "00:00:01"),
            ("Pipelines:orders:Stage:Quantum", "8"),
            ("Pipelines:orders:Stages:mail:LeaseTimeout", "infinite"),
            ("Pipelines:orders:Stages:mail:Backoff:Max", "1.00:00:00")
        );

        var errors = new List<string>();
        var configured = ConfiguredBuffers.Read(options, errors);
        var orders = Assert.Single(configured.Pipelines);

        Assert.Empty(errors);
        Assert.Equal(
            configured.Defaults with
            {
                Stage = configured.Defaults.Stage with { Quantum = 8 },
            },
            orders.Buffers
        );
        Assert.Equal(
            new BufferSettings
            {
                MaxPerStage = 7,
                Stage = new()
                {
                    MaxRetries = 5,
                    Backoff = new() { First = TimeSpan.FromSeconds(1) },
                },
            },
            configured.Defaults
        );
        Assert.Equal(
            orders.Buffers.Stage with
            {
                LeaseTimeout = Timeout.InfiniteTimeSpan,
                Backoff = new() { First = TimeSpan.FromSeconds(1), Max = TimeSpan.FromDays(1) },
            },
            orders.Stages["mail"]
        );
    }

    [Fact]
    public async Task Pipelines_without_their_own_options_have_the_common_options()
    {
        await using var run = await HostRun.StartAsync(
            services => services.AddConveyor(),
            ("Conveyor:Buffers:MaxPerSource", "2")
        );
        await run.Buffers.BufferBatchForStageAsync(
            "any",
            "stage",
            "source",
            new ConveyorRecord[] { new("1", default), new("2", default), new("3", default) }
        );

        var snapshot = await run.Buffers.GetSnapshotAsync("any");
        Assert.Equal((2, 1), (snapshot.Total.Pending, snapshot.Total.Refused));
    }

    [Theory]
    [InlineData(
        "Buffers:MaxPerStage",
        "0",
        "Conveyor:Buffers:MaxPerStage is 0; it must be from 1 to 2,000,000,000 records."
    )]
    [InlineData("Buffers:MaxPerStage", "many", "Conveyor:Buffers:MaxPerStage is 'many'; it must be a whole number.")]
    [InlineData(
        "Buffers:MaxPerStage",
        "99999999999",
        "Conveyor:Buffers:MaxPerStage is 99999999999; it must be from 1 to 2,000,000,000 records."
    )]
    [InlineData(
        "Buffers:MaxTotalBytes",
        "0",
        "Conveyor:Buffers:MaxTotalBytes is 0; it must be at least 1 byte, or null for no limit."
    )]
    [InlineData(
        "Buffers:BackpressureThreshold",
        "1.5",
        "Conveyor:Buffers:BackpressureThreshold is 1.5; it must be above 0 and at most 1."
    )]
    [InlineData(
        "Buffers:BackpressureThreshold",
        "high",
        "Conveyor:Buffers:BackpressureThreshold is 'high'; it must be a number."
    )]
    [InlineData(
        "Buffers:LowWatermark",
        "0.9",
        "Conveyor:Buffers: LowWatermark is 0.9 and BackpressureThreshold is 0.8; LowWatermark must be the lower one."
    )]
    [InlineData(
        "Buffers:MaxPerStages",
        "1",
        "Conveyor:Buffers:MaxPerStages is not known; Conveyor:Buffers has the keys "
    )]
    [InlineData("Buffers", "1", "Conveyor:Buffers is '1'; it must be a section with its own keys, or be left out.")]
    [InlineData(
        "Pipelines",
        "orders",
        "Conveyor:Pipelines is 'orders'; it must be a section with names as keys, or be left out."
    )]
    [InlineData(
        "Consumers",
        "",
        "Conveyor:Consumers is empty; it must be a section with names as keys, or be left out."
    )]
    [InlineData(
        "Pipelines:orders:Stages",
        "store",
        "Conveyor:Pipelines:orders:Stages is 'store'; it must be a section with names as keys, or be left out."
    )]
    [InlineData(
        "Buffers:MaxPerStage:Records",
        "1",
        "Conveyor:Buffers:MaxPerStage is a section; it must be a whole number."
    )]
    [InlineData(
        "Pipelines:orders:IdleAfter",
        "soon",
        "Conveyor:Pipelines:orders:IdleAfter is 'soon'; it must be a time such as 00:00:30 or 1.00:00:00 (one day), or infinite."
    )]
    [InlineData(
        "Pipelines:orders:Stage:FullMode",
        "Explode",
        "Conveyor:Pipelines:orders:Stage:FullMode is 'Explode'; it must be Reject, Wait, DropOldest or DropNewest."
    )]
    [InlineData(
        "Pipelines:orders:Stage:FullMode",
        "7",
        "Conveyor:Pipelines:orders:Stage:FullMode is '7'; it must be Reject, Wait, DropOldest or DropNewest."
    )]
    [InlineData(
        "Pipelines:orders:Stages:mail:MaxRetries",
        "-1",
        "Conveyor:Pipelines:orders:Stages:mail:MaxRetries is -1; it must be from 0 to 1,000,000."
    )]
    [InlineData(
        "Pipelines:orders:Stages:mail:LeaseTimeout",
        "00:00:00",
        "Conveyor:Pipelines:orders:Stages:mail:LeaseTimeout is 00:00:00; it must be from 1 ms to "
    )]
    [InlineData(
        "Pipelines:orders:Stages:mail:Backoff:Jitter",
        "2",
        "Conveyor:Pipelines:orders:Stages:mail:Backoff:Jitter is 2; it must be from 0 to 1."
    )]
    [InlineData(
        "Pipelines:orders:Stage:Duplicates:Count",
        "5",
        "Conveyor:Pipelines:orders:Stage:Duplicates:Count is 5, and duplicates are not suppressed; it needs "
    )]
    [InlineData(
        "Pipelines:orders:Stage:Duplicates:Enabled",
        "yes",
        "Conveyor:Pipelines:orders:Stage:Duplicates:Enabled is 'yes'; it must be true or false."
    )]
    [InlineData("Pipelines:a\tb:MaxPerStage", "5", "Conveyor:Pipelines:a\tb is not the name of a pipeline: ")]
    [InlineData(
        "DataDirectory",
        " ",
        "Conveyor:DataDirectory is ' '; it must be the path of a directory, or be left out."
    )]
    [InlineData(
        "MaxDataBytes",
        "1048575",
        "Conveyor:MaxDataBytes is 1048575; it must be at least 1,048,576 bytes, or be left out."
    )]
    [InlineData(
        "MaxInMemoryBytes",
        "-1",
        "Conveyor:MaxInMemoryBytes is -1; it must be at least 0 bytes, or be left out."
    )]
    [InlineData(
        "MaxInMemoryBytes",
        "5",
        "Conveyor:MaxInMemoryBytes is 5, and there is no data directory; leave it out, or set Conveyor:DataDirectory."
    )]
    [InlineData(
        "Buffers:Stage:LeaseTimeout",
        "30",
        "Conveyor:Buffers:Stage:LeaseTimeout is '30'; it must be a time such as 00:00:30 or 1.00:00:00 (one day), or infinite."
    )]
    [InlineData(
        "Actors:Wire:GiveUpAfter",
        "00:00:20",
        "Conveyor:Actors:Wire:GiveUpAfter is 00:00:20, and the buffers of AddConveyor are not actors; leave it out, or use AddConveyorActors."
    )]
    [InlineData(
        "StopDeadline",
        "-00:00:01",
        "Conveyor:StopDeadline is -00:00:01; it must be from 00:00:00 to 1.00:00:00 (one day)."
    )]
    [InlineData(
        "Health:FullFor",
        "2.00:00:00",
        "Conveyor:Health:FullFor is 2.00:00:00; it must be from 00:00:00 to 1.00:00:00 (one day), or infinite."
    )]
    [InlineData(
        "Health:BacklogAge",
        "00:00:00",
        "Conveyor:Health:BacklogAge is 00:00:00; it must be at least 00:00:00.001 (1 ms), or infinite."
    )]
    [InlineData(
        "Consumers:Writer:BatchSize",
        "0",
        "Conveyor:Consumers:Writer:BatchSize is 0; it must be from 1 to 1,000,000 records."
    )]
    [InlineData(
        "Consumers:Writer:Workers",
        "1001",
        "Conveyor:Consumers:Writer:Workers is 1001; it must be from 1 to 1,000."
    )]
    [InlineData(
        "Consumers:Writer:HandlingTimeout",
        "00:00:00",
        "Conveyor:Consumers:Writer:HandlingTimeout is 00:00:00; it must be from "
    )]
    [InlineData(
        "Pipeline:orders:MaxPerStage",
        "5",
        "Conveyor:Pipeline is not known; Conveyor has the keys Actors, Buffers, Consumers, DataDirectory, Health, MaxDataBytes, MaxInMemoryBytes, Pipelines, StopDeadline."
    )]
    public async Task A_wrong_option_stops_the_start_with_its_key_its_value_and_the_valid_range(
        string key,
        string value,
        string error
    )
    {
        await using var run = HostRun.Build(services => services.AddConveyor(), ($"Conveyor:{key}", value));

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(run.StartAsync);

        Assert.StartsWith(error, Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_options_are_reported_at_once()
    {
        await using var run = HostRun.Build(
            services => services.AddConveyor(options => options.StopDeadline = TimeSpan.FromDays(2)),
            ("Conveyor:Buffers:MaxPerStage", "0"),
            ("Conveyor:Pipelines:orders:Stage:MaxRetries", "x"),
            ("Conveyor:Typo", "1")
        );

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(run.StartAsync);

        Assert.Equal(4, failure.Failures.Count());
    }

    [Fact]
    public void Every_setting_of_the_engine_has_an_option()
    {
        AssertAllAreOptions(typeof(BufferSettings), "Buffers", settings => settings);
        AssertAllAreOptions(typeof(StageSettings), "Buffers:Stage", settings => settings.Stage);
        AssertAllAreOptions(typeof(BackoffSettings), "Buffers:Stage:Backoff", settings => settings.Stage.Backoff);
        AssertAllAreOptions(
            typeof(DuplicateWindow),
            "Buffers:Stage:Duplicates",
            settings => settings.Stage.Duplicates!,
            ("Buffers:Stage:Duplicates:Enabled", "true")
        );
    }

    /// <summary>
    /// Sets each property of the settings by its key alone, and sees that it changes and no other does.
    /// </summary>
    static void AssertAllAreOptions(
        Type type,
        string section,
        Func<BufferSettings, object> settings,
        params (string, string)[] besides
    )
    {
        var plain = settings(Read(besides));
        foreach (
            var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(p => p.CanWrite && IsValue(p.PropertyType))
        )
        {
            var value = property.PropertyType switch
            {
                var t when t == typeof(double) => "0.7",
                var t when t == typeof(TimeSpan) || t == typeof(TimeSpan?) => "00:00:07",
                { IsEnum: true } t => Enum.GetNames(t)[1],
                _ => "7",
            };
            if (property.Name == nameof(BackoffSettings.Factor))
                value = "7";
            var changed = settings(Read([.. besides, ($"{section}:{property.Name}", value)]));
            Assert.NotEqual(property.GetValue(plain), property.GetValue(changed));
            foreach (var other in type.GetProperties().Where(p => p != property && IsValue(p.PropertyType)))
            {
                if (other.Name == nameof(BufferSettings.LowWatermark))
                    continue; // follows the threshold
                Assert.Equal(
                    Convert.ToString(other.GetValue(plain), CultureInfo.InvariantCulture),
                    Convert.ToString(other.GetValue(changed), CultureInfo.InvariantCulture)
                );
            }
        }
    }

    static bool IsValue(Type type) => type.IsValueType;

    static BufferSettings Read(params (string Key, string Value)[] values)
    {
        var errors = new List<string>();
        var options = Bound(values);
        var configured = ConfiguredBuffers.Read(options, errors);
        Assert.Empty(options.BindingErrors.Sentences.Concat(errors));
        return configured.Defaults;
    }

    static ConveyorOptions Bound(params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.ToDictionary(v => $"Conveyor:{v.Key}", v => (string?)v.Value))
            .Build();
        var options = new ConveyorOptions();
        new OptionsBinder(configuration, options.BindingErrors).Bind(configuration.GetSection("Conveyor"), options);
        return options;
    }
}
