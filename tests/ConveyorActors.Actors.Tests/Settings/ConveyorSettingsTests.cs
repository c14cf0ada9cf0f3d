using Akka.Configuration;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Settings;

public class ConveyorSettingsTests
{
    static ConveyorSettings Read(string hocon) => ConveyorSettings.FromConfig(ConfigurationFactory.ParseString(hocon));

    [Fact]
    public void Settings_that_are_not_configured_have_the_defaults_of_the_engine()
    {
        var settings = ConveyorSettings.FromConfig(Config.Empty);
        Assert.Equal(new BufferSettings(), settings.Buffers);
        Assert.Equal(new BufferActorSettings(), settings.BufferActors);
        AssertDefaults(settings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("akka.loglevel = DEBUG")]
    [InlineData("conveyor { }")]
    [InlineData("conveyor.buffers { stage { } }")]
    public void A_configuration_without_a_setting_leaves_the_setting_unchanged(string hocon) =>
        AssertDefaults(Read(hocon));

    static void AssertDefaults(ConveyorSettings settings)
    {
        Assert.Empty(settings.Pipelines);
        var defaults = new ConveyorSettings();
        Assert.Equal(defaults, settings with { Pipelines = defaults.Pipelines });
    }

    [Fact]
    public void The_configuration_of_an_actor_system_can_be_read()
    {
        using var system = ActorSystem.Create("settings", "conveyor.buffers.max-per-stage = 7");
        Assert.Equal(7, ConveyorSettings.FromConfig(system.Settings.Config).Buffers.MaxPerStage);
    }

    [Fact]
    public void No_configuration_at_all_is_refused() =>
        Assert.Throws<ArgumentNullException>(() => ConveyorSettings.FromConfig(null!));

    [Fact]
    public void A_pipeline_sets_only_its_differences_from_the_common_settings()
    {
        var settings = Read(
            """
            conveyor {
              buffers {
                max-per-stage = 100
                max-per-source = 50
                stage { quantum = 8, backoff { first = 1 s, max = 20 s } }
              }
              pipelines.orders {
                max-per-source = 20
                stage { backoff.first = 2 s }
              }
            }
            """
        );
        var orders = settings.Pipelines["orders"];
        Assert.Equal(
            settings.Buffers with
            {
                MaxPerSource = 20,
                Stage = settings.Buffers.Stage with
                {
                    Backoff = settings.Buffers.Stage.Backoff with { First = TimeSpan.FromSeconds(2) },
                },
            },
            orders.Buffers
        );
        Assert.Equal(
            (100, 8, TimeSpan.FromSeconds(20)),
            (orders.Buffers.MaxPerStage, orders.Buffers.Stage.Quantum, orders.Buffers.Stage.Backoff.Max)
        );
        Assert.Empty(orders.Stages);
    }

    [Fact]
    public void A_stage_sets_only_its_differences_from_its_pipeline()
    {
        var settings = Read(
            """
            conveyor {
              buffers.stage { quantum = 8, max-retries = 1, duplicates.count = 77 }
              pipelines.orders {
                stage.max-retries = 2
                stages { mail { full-mode = wait, duplicates.enabled = on } }
              }
            }
            """
        );
        var mail = settings.Pipelines["orders"].Stages["mail"];
        Assert.Equal(
            settings.Pipelines["orders"].Buffers.Stage with
            {
                FullMode = FullMode.Wait,
                Duplicates = new() { Count = 77 },
            },
            mail
        );
        Assert.Equal((8, 2), (mail.Quantum, mail.MaxRetries));
        Assert.Equal(FullMode.Reject, settings.Pipelines["orders"].Buffers.Stage.FullMode);
    }

    [Theory]
    [InlineData("orders.eu", "send mail")]
    [InlineData("two words", "a.b.c")]
    [InlineData("Größe/1", "50 %")]
    [InlineData("1", "buffers")]
    public void Names_may_have_dots_and_spaces_when_they_are_quoted(string pipeline, string stage)
    {
        var settings = Read(
            $$"""
            conveyor.pipelines {
              "{{pipeline}}" {
                max-per-stage = 5
                stages { "{{stage}}" { quantum = 3 } }
              }
            }
            conveyor.pipelines."{{pipeline}}".idle-after = 3 s
            """
        );
        var (name, own) = Assert.Single(settings.Pipelines);
        Assert.Equal(pipeline, name);
        Assert.Equal((5, TimeSpan.FromSeconds(3)), (own.Buffers.MaxPerStage, own.Buffers.IdleAfter));
        Assert.Equal(stage, Assert.Single(own.Stages).Key);
        Assert.Equal(3, own.Stages[stage].Quantum);
    }

    [Fact]
    public void Pipelines_of_a_fallback_are_merged_key_by_key_with_those_before_it()
    {
        var config = ConfigurationFactory
            .ParseString("""conveyor.pipelines."a.b".max-per-stage = 1""")
            .WithFallback(
                """conveyor.pipelines { "a.b" { max-per-stage = 2, max-per-source = 3 }"""
                    + "\n"
                    + "c.max-per-stage = 4 }"
            );
        var settings = ConveyorSettings.FromConfig(config);
        Assert.Equal(
            (1, 3),
            (settings.Pipelines["a.b"].Buffers.MaxPerStage, settings.Pipelines["a.b"].Buffers.MaxPerSource)
        );
        Assert.Equal(4, settings.Pipelines["c"].Buffers.MaxPerStage);
    }

    [Fact]
    public void A_pipeline_without_its_own_settings_has_the_common_ones()
    {
        var settings = Read(
            """
            conveyor.buffers.max-per-stage = 9
            conveyor.pipelines.orders.max-per-stage = 10
            """
        );
        Assert.Equal(10, settings.GetPipeline("orders").Buffers.MaxPerStage);
        Assert.Equal(settings.Buffers, settings.GetPipeline("Orders").Buffers);
        Assert.Empty(settings.GetPipeline("Orders").Stages);
    }

    [Fact]
    public void The_low_watermark_follows_the_threshold_of_a_pipeline_while_it_is_auto()
    {
        var settings = Read(
            """
            conveyor.buffers.low-watermark = 0.5
            conveyor.pipelines {
              said.backpressure-threshold = 0.6
              auto { backpressure-threshold = 0.4, low-watermark = auto }
            }
            """
        );
        Assert.Equal(0.5, settings.Pipelines["said"].Buffers.LowWatermark);
        Assert.Equal(0.3, settings.Pipelines["auto"].Buffers.LowWatermark, precision: 9);
        Assert.Equal(
            0.3,
            Read("conveyor.pipelines.p.backpressure-threshold = 0.4").Pipelines["p"].Buffers.LowWatermark,
            precision: 9
        );
    }

    [Fact]
    public void Auto_is_one_buffer_actor_for_each_processor() =>
        Assert.Equal(
            Math.Min(Environment.ProcessorCount, 1_024),
            Read("conveyor.buffer-actors.count = auto").BufferActors.Count
        );
}
