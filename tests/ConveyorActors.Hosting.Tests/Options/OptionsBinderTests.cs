using System.Reflection;
using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Tests.Options;

/// <summary>Values of a configuration that are wrong, empty or too large, and times that have no end.</summary>
public sealed class OptionsBinderTests
{
    const string Day = "1.00:00:00",
        Time = "a time such as 00:00:30 or 1.00:00:00 (one day)";

    [Theory]
    [InlineData("StopDeadline")]
    [InlineData("Buffers:Stage:Backoff:First")]
    [InlineData("Pipelines:orders:Stages:mail:Backoff:Max")]
    [InlineData("Actors:AskTimeout")]
    [InlineData("Actors:Wire:GiveUpAfter")]
    public void Infinite_is_refused_and_not_offered_where_a_time_must_end(string key)
    {
        Assert.Equal([$"Conveyor:{key} is 'infinite'; it must be {Time}."], FindErrors((key, "infinite")));
        Assert.Equal([$"Conveyor:{key} is '30'; it must be {Time}."], FindErrors((key, "30")));
    }

    [Theory]
    [InlineData("Buffers:IdleAfter")]
    [InlineData("Buffers:Stage:LeaseTimeout")]
    [InlineData("Buffers:Stage:TimeToLive")]
    [InlineData("Health:FullFor")]
    [InlineData("Health:BacklogAge")]
    [InlineData("Consumers:Writer:HandlingTimeout")]
    public void Infinite_is_offered_and_taken_where_a_time_may_have_no_end(string key)
    {
        Assert.Empty(FindErrors((key, "infinite")));
        Assert.Equal([$"Conveyor:{key} is '30'; it must be {Time}, or infinite."], FindErrors((key, "30")));
    }

    [Fact]
    public void An_infinite_time_set_by_code_is_shown_as_infinite()
    {
        var options = new ConveyorOptions { StopDeadline = Timeout.InfiniteTimeSpan };
        options.Buffers.Stage.Backoff.First = Timeout.InfiniteTimeSpan;

        Assert.Equal(
            [
                "Conveyor:Buffers:Stage:Backoff:First is infinite; it must be from 0 to 10,675,199 days (TimeSpan.MaxValue).",
                "Conveyor:StopDeadline is infinite; it must be from 00:00:00 to 1.00:00:00 (one day).",
            ],
            FindErrors(options)
        );
    }

    [Theory]
    [InlineData("24:00:00")]
    [InlineData("90:00")]
    [InlineData("-24:00:00")]
    public void A_time_of_more_than_23_hours_is_not_read_as_days(string time) =>
        Assert.Equal([$"Conveyor:StopDeadline is '{time}'; it must be {Time}."], FindErrors(("StopDeadline", time)));

    [Theory]
    [InlineData("1.00:00:00")]
    [InlineData("1:00:00:00")]
    [InlineData("23:59:59.5")]
    public void A_time_that_names_its_days_is_read(string time) => Assert.Empty(FindErrors(("StopDeadline", time)));

    [Theory]
    [InlineData("DataDirectory", "the path of a directory")]
    [InlineData("MaxDataBytes", "a whole number")]
    [InlineData("StopDeadline", Time)]
    [InlineData("Buffers:MaxPerStage", "a whole number")]
    [InlineData("Buffers:LowWatermark", "a number")]
    [InlineData("Pipelines:orders:Stage:FullMode", "Reject, Wait, DropOldest or DropNewest")]
    [InlineData("Pipelines:orders:Stage:Duplicates:Enabled", "true or false")]
    [InlineData("Consumers:Writer:Workers", "a whole number")]
    [InlineData("Consumers:Writer:Name", "a name")]
    [InlineData("Actors:Journal:IdPrefix", "a prefix")]
    public void An_empty_value_is_refused_with_its_key(string key, string expected) =>
        Assert.Equal([$"Conveyor:{key} is empty; it must be {expected}, or be left out."], FindErrors((key, "")));

    [Fact]
    public void A_section_that_has_a_value_and_keys_is_refused_with_its_wrong_keys()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Conveyor:Buffers:MaxPerStage", "many"), new("Conveyor:StopDeadline", Day)])
            .AddInMemoryCollection([new("Conveyor", "x"), new("Conveyor:Buffers", "")])
            .Build();
        var options = new ConveyorOptions();

        new OptionsBinder(configuration, options.BindingErrors).Bind(configuration.GetSection("Conveyor"), options);

        Assert.Equal(
            [
                "Conveyor is 'x'; it must be a section with its own keys, or be left out.",
                "Conveyor:Buffers is empty; it must be a section with its own keys, or be left out.",
                "Conveyor:Buffers:MaxPerStage is 'many'; it must be a whole number.",
            ],
            FindErrors(options)
        );
        Assert.Equal(TimeSpan.FromDays(1), options.StopDeadline);
    }

    [Fact]
    public void A_value_that_is_null_is_left_out()
    {
        var options = Bind(("MaxDataBytes", null), ("Consumers:Writer:Workers", null), ("DataDirectory", null));

        Assert.Empty(FindErrors(options));
        Assert.Equal((null, 1), (options.DataDirectory, options.Consumers["Writer"].Workers));
    }

    [Theory]
    [InlineData("Buffers:MaxTotalRecords", "99999999999", "from 1 to 2,000,000,000 records")]
    [InlineData("Buffers:MaxTotalBytes", "-99999999999999999999", "at least 1 byte, or null for no limit")]
    [InlineData("Buffers:MaxTotalBytes", "99999999999999999999", "at most 9,223,372,036,854,775,807")]
    [InlineData("Consumers:Writer:Workers", "99999999999", "from 1 to 1,000")]
    [InlineData("MaxDataBytes", "-99999999999999999999", "at least 1,048,576 bytes, or be left out")]
    [InlineData("Actors:BufferActors:Capacity", "99999999999", "at most 2,147,483,647")]
    public void A_number_too_large_for_its_type_is_refused_with_the_range(string key, string number, string range) =>
        Assert.Equal([$"Conveyor:{key} is {number}; it must be {range}."], FindErrors((key, number)));

    [Fact]
    public void Every_time_that_can_be_infinite_says_so()
    {
        foreach (
            var (path, property) in FindTimes(typeof(ConveyorOptions), "").Where(t => !t.Path.StartsWith("Actors"))
        )
        {
            var options = Bind((path, "00:00:01"), ("Buffers:Stage:Duplicates:Enabled", "true"));
            object at = options;
            foreach (var part in path.Split(':')[..^1])
                at = at.GetType().GetProperty(part)!.GetValue(at)!;
            property.SetValue(at, Timeout.InfiniteTimeSpan);

            Assert.Equal(FindErrors(options).Count == 0, property.IsDefined(typeof(CanBeInfiniteAttribute)));
        }
    }

    static IEnumerable<(string Path, PropertyInfo Property)> FindTimes(Type type, string prefix) =>
        type.GetProperties()
            .SelectMany(property =>
                (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
                {
                    var t when t == typeof(TimeSpan) => [(prefix + property.Name, property)],
                    { Namespace: "ConveyorActors.Hosting.Options", IsClass: true } t => FindTimes(
                        t,
                        $"{prefix}{property.Name}:"
                    ),
                    _ => [],
                }
            );

    static IReadOnlyList<string> FindErrors(params (string Key, string? Value)[] values) => FindErrors(Bind(values));

    static IReadOnlyList<string> FindErrors(ConveyorOptions options) =>
        [.. new ConveyorOptionsValidator().Validate(null, options).Failures ?? []];

    static ConveyorOptions Bind(params (string Key, string? Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.ToDictionary(v => $"Conveyor:{v.Key}", v => v.Value))
            .Build();
        var options = new ConveyorOptions();
        new OptionsBinder(configuration, options.BindingErrors).Bind(configuration.GetSection("Conveyor"), options);
        return options;
    }

    /// <summary>As environment variables do that override a file.</summary>
    [Fact]
    public void A_name_in_another_case_changes_the_options_of_the_source_before()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    ["Conveyor:Pipelines:orders:MaxPerStage"] = "5000",
                    ["Conveyor:Pipelines:orders:Stages:mail:MaxRetries"] = "2",
                    ["Conveyor:Consumers:OrderWriter:BatchSize"] = "9",
                }
            )
            .AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    ["CONVEYOR:PIPELINES:ORDERS:MAXTOTALRECORDS"] = "7000",
                    ["CONVEYOR:PIPELINES:ORDERS:STAGES:MAIL:QUANTUM"] = "3",
                    ["CONVEYOR:CONSUMERS:ORDERWRITER:WORKERS"] = "4",
                }
            )
            .Build();
        var (options, errors) = (new ConveyorOptions(), new BindingErrors());

        new OptionsBinder(configuration, errors).Bind(configuration.GetSection("Conveyor"), options);

        Assert.Empty(errors.Sentences);
        var pipeline = Assert.Single(options.Pipelines);
        Assert.Equal(
            ("orders", 5_000, 7_000),
            (pipeline.Key, pipeline.Value.MaxPerStage, pipeline.Value.MaxTotalRecords)
        );
        var stage = Assert.Single(pipeline.Value.Stages);
        Assert.Equal(("mail", 2, 3), (stage.Key, stage.Value.MaxRetries, stage.Value.Quantum));
        var consumer = Assert.Single(options.Consumers);
        Assert.Equal(("OrderWriter", 9, 4), (consumer.Key, consumer.Value.BatchSize, consumer.Value.Workers));
        Assert.Same(consumer.Value, options.Consumers["orderwriter"]);
    }
}
