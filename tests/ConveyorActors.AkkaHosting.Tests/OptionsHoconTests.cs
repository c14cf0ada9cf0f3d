using System.Collections;
using System.Reflection;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Options;

namespace ConveyorActors.AkkaHosting.Tests;

/// <summary>Options mean the same over actors as in this process.</summary>
public sealed class OptionsHoconTests
{
    public static TheoryData<string> Paths()
    {
        var data = new TheoryData<string>();
        foreach (var path in OptionsOf(typeof(BufferOptions), ""))
            data.Add(path);
        return data;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Each_option_gives_the_same_setting_as_in_this_process(string path)
    {
        var options = new ConveyorOptions();
        options.Buffers.Stage.Duplicates.Enabled = path.StartsWith("Stage.Duplicates", StringComparison.Ordinal)
            ? true
            : null;
        Set(options.Buffers, path, first: true);
        var orders = options.Pipelines["orders.\"of\" today"] = new() { Stages = { ["send mail"] = new() } };
        Set(orders, path, first: false);
        if (path.StartsWith("Stage.", StringComparison.Ordinal))
            Set(orders.Stages["send mail"], path["Stage.".Length..], first: true);
        options.Pipelines["as all"] = new();

        AssertSame(options);
    }

    [Fact]
    public void All_options_together_give_the_same_settings_as_in_this_process()
    {
        var options = new ConveyorOptions { StopDeadline = TimeSpan.FromSeconds(7) };
        var orders = options.Pipelines["orders"] = new();
        foreach (var path in OptionsOf(typeof(BufferOptions), ""))
        {
            Set(options.Buffers, path, first: true);
            Set(orders, path, first: false);
        }

        Assert.Equal(TimeSpan.FromSeconds(7), AssertSame(options).StopDeadline);
    }

    public static TheoryData<string> ActorPaths() => [.. OptionsOf(typeof(ActorOptions), "")];

    [Theory]
    [MemberData(nameof(ActorPaths))]
    public void Each_option_of_actors_is_a_setting_of_actors(string path)
    {
        var options = new ConveyorOptions();
        var value = ActorValue(path);
        Set(options.Actors, path, value);

        var settings = ConveyorSettings.FromConfig(OptionsHocon.Create(options));

        Assert.Equal(value, Get(settings, path.Replace("CoordinatedShutdown", "RunByCoordinatedShutdown")));
        Assert.NotEqual(
            value,
            Get(new ConveyorSettings(), path.Replace("CoordinatedShutdown", "RunByCoordinatedShutdown"))
        );
    }

    [Fact]
    public void Options_of_a_cluster_are_the_settings_of_a_cluster()
    {
        var options = new ConveyorShardingOptions
        {
            Shards = 7,
            Role = "buffers",
            PassivateAfter = TimeSpan.FromSeconds(7),
            LocateInterval = TimeSpan.FromSeconds(8),
            GrantExpiry = TimeSpan.FromSeconds(9),
            SourceBudgets = { ["web.shop"] = 10 },
        };

        var settings = ConveyorSettings.FromConfig(OptionsHocon.Create(options)).Cluster;

        Assert.Equal((true, 7, "buffers"), (settings.IsEnabled, settings.Shards, settings.Role));
        Assert.Equal(
            (options.PassivateAfter, options.LocateInterval, options.GrantExpiry),
            (settings.PassivateAfter, settings.LocateInterval, settings.GrantExpiry)
        );
        Assert.Equal(options.SourceBudgets, settings.SourceBudgets);
    }

    [Fact]
    public void Infinite_times_are_infinite()
    {
        var options = new ConveyorOptions();
        options.Buffers.IdleAfter = options.Buffers.Stage.LeaseTimeout = Timeout.InfiniteTimeSpan;
        options.Buffers.Stage.Duplicates.Enabled = true;
        options.Buffers.Stage.Duplicates.Time = Timeout.InfiniteTimeSpan;

        AssertSame(options);
    }

    [Fact]
    public void A_wrong_option_is_named_by_its_key_in_the_host_configuration()
    {
        var options = new ConveyorOptions { DataDirectory = "/data" };
        options.Pipelines["orders"] = new() { MaxPerStage = 0 };

        var failure = Assert.Throws<OptionsValidationException>(() => OptionsHocon.Create(options));

        Assert.Equal(
            [
                "Conveyor:Pipelines:orders:MaxPerStage is 0; it must be from 1 to 2,000,000,000 records.",
                "Conveyor:DataDirectory is '/data', and the buffers are actors; leave it out, and keep records in a journal (WithConveyorJournal).",
            ],
            failure.Failures
        );
    }

    static ConveyorSettings AssertSame(ConveyorOptions options)
    {
        var errors = new List<string>();
        var expected = ConfiguredBuffers.Read(options, errors);
        Assert.Empty(errors);
        var actual = ConveyorSettings.FromConfig(OptionsHocon.Create(options));
        Assert.Equal(expected.Defaults, actual.Buffers);
        Assert.Equal(expected.Pipelines.Select(p => p.Name).Order(), actual.Pipelines.Keys.Order());
        foreach (var pipeline in expected.Pipelines)
        {
            Assert.Equal(pipeline.Buffers, actual.Pipelines[pipeline.Name].Buffers);
            Assert.Equal(
                pipeline.Stages.OrderBy(s => s.Key),
                actual.Pipelines[pipeline.Name].Stages.OrderBy(s => s.Key)
            );
        }
        return actual;
    }

    static IEnumerable<string> OptionsOf(Type type, string prefix) =>
        type.GetProperties()
            .Where(p => !typeof(IEnumerable).IsAssignableFrom(p.PropertyType))
            .SelectMany(p => p.CanWrite ? [prefix + p.Name] : OptionsOf(p.PropertyType, $"{prefix}{p.Name}."));

    static object ActorValue(string path) =>
        path switch
        {
            "CoordinatedShutdown" => false,
            "Journal.IdPrefix" => "shop \"one\"-",
            "Journal.MaxEventBytes" => 500_000,
            "Wire.GiveUpAfter" => TimeSpan.FromMinutes(7),
            "BufferActors.Share" => 0.7,
            _ when path.EndsWith(nameof(BackoffOptions.Factor), StringComparison.Ordinal) => 3.0,
            _ when path.EndsWith(nameof(BackoffOptions.Jitter), StringComparison.Ordinal) => 0.7,
            _ when path.EndsWith("Bytes", StringComparison.Ordinal) => 700_000L,
            "Journal.SnapshotAfter" => 700_000L,
            _ when path.StartsWith("BufferActors.C", StringComparison.Ordinal) => 777,
            "BufferActors.BatchSize" => 77,
            _ when path.EndsWith(nameof(BackoffOptions.First), StringComparison.Ordinal) => TimeSpan.FromMilliseconds(
                7
            ),
            _ => TimeSpan.FromSeconds(7.5),
        };

    static object? Get(object settings, string path) =>
        path.Split('.').Aggregate((object?)settings, (at, part) => at!.GetType().GetProperty(part)!.GetValue(at));

    static void Set(object options, string path, object value)
    {
        var parts = path.Split('.');
        options = parts.Length == 1 ? options : Get(options, string.Join('.', parts[..^1]))!;
        options.GetType().GetProperty(parts[^1])!.SetValue(options, value);
    }

    static void Set(object options, string path, bool first)
    {
        var parts = path.Split('.');
        options = parts.Length == 1 ? options : Get(options, string.Join('.', parts[..^1]))!;
        var property = options.GetType().GetProperty(parts[^1])!;
        var type = Nullable.GetUnderlyingType(property.PropertyType)!;
        object value = type switch
        {
            _ when property.Name == nameof(BufferOptions.LowWatermark) => first ? 0.3 : 0.4,
            _ when property.Name == nameof(BackoffOptions.Factor) => first ? 3.0 : 1.5,
            _ when type == typeof(double) => first ? 0.7 : 0.9,
            _ when type == typeof(TimeSpan) => first ? TimeSpan.FromSeconds(1.5) : TimeSpan.FromDays(400),
            _ when type == typeof(bool) => true,
            _ when type.IsEnum => Enum.GetValues(type).GetValue(first ? 1 : 0)!,
            _ when type == typeof(long) => first ? 7_000_000_000L : 1L,
            _ => first ? 7 : 1_000_000,
        };
        property.SetValue(options, value);
    }
}
