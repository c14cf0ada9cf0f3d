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
    public void Each_option_is_the_setting_that_it_is_in_this_process(string path)
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
    public void All_options_together_are_the_settings_that_they_are_in_this_process()
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
    public void A_wrong_option_is_told_by_its_key_in_the_configuration_of_the_host()
    {
        var options = new ConveyorOptions { DataDirectory = "/data" };
        options.Pipelines["orders"] = new() { MaxPerStage = 0 };

        var failure = Assert.Throws<OptionsValidationException>(() => OptionsHocon.Of(options));

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
        var actual = ConveyorSettings.FromConfig(OptionsHocon.Of(options));
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

    static void Set(object options, string path, bool first)
    {
        var parts = path.Split('.');
        foreach (var part in parts[..^1])
            options = options.GetType().GetProperty(part)!.GetValue(options)!;
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
