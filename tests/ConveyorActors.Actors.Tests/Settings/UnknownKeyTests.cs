using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

public class UnknownKeyTests
{
    [Theory]
    [InlineData("conveyor.bufers { }", "conveyor.bufers", "conveyor.buffers")]
    [InlineData("conveyor.AskTimeout = 1 s", "conveyor.AskTimeout", "conveyor.ask-timeout")]
    [InlineData(
        "conveyor.buffers.max-per-stages = 5",
        "conveyor.buffers.max-per-stages",
        "conveyor.buffers.max-per-stage"
    )]
    [InlineData(
        "conveyor.buffers.max-bytes-total = 5",
        "conveyor.buffers.max-bytes-total",
        "conveyor.buffers.max-total-bytes"
    )]
    [InlineData(
        "conveyor.buffers.stage.fullmode = wait",
        "conveyor.buffers.stage.fullmode",
        "conveyor.buffers.stage.full-mode"
    )]
    [InlineData(
        "conveyor.buffers.stage.backoff.frist = 1 s",
        "conveyor.buffers.stage.backoff.frist",
        "conveyor.buffers.stage.backoff.first"
    )]
    [InlineData(
        "conveyor.buffers.stage.duplicates.enable = on",
        "conveyor.buffers.stage.duplicates.enable",
        "conveyor.buffers.stage.duplicates.enabled"
    )]
    [InlineData(
        "conveyor.buffer-actors.batchsize = 5",
        "conveyor.buffer-actors.batchsize",
        "conveyor.buffer-actors.batch-size"
    )]
    [InlineData(
        "conveyor.buffer-actors.retry.factr = 5",
        "conveyor.buffer-actors.retry.factr",
        "conveyor.buffer-actors.retry.factor"
    )]
    [InlineData(
        "conveyor.pipelines.orders.max-per-stages = 5",
        "conveyor.pipelines.orders.max-per-stages",
        "conveyor.pipelines.orders.max-per-stage"
    )]
    [InlineData(
        "conveyor.pipelines.orders.stag = 5",
        "conveyor.pipelines.orders.stag",
        "conveyor.pipelines.orders.stage"
    )]
    [InlineData(
        "conveyor.pipelines.orders.stage.quantums = 5",
        "conveyor.pipelines.orders.stage.quantums",
        "conveyor.pipelines.orders.stage.quantum"
    )]
    [InlineData(
        "conveyor.pipelines.\"a.b\".stages.\"c d\".quantums = 5",
        "conveyor.pipelines.\"a.b\".stages.\"c d\".quantums",
        "conveyor.pipelines.\"a.b\".stages.\"c d\".quantum"
    )]
    [InlineData("conveyor.\"a b\" = 5", "conveyor.\"a b\"", null)]
    public void A_mistyped_key_is_refused_with_the_nearest_known_one(string hocon, string unknown, string? nearest)
    {
        var refusal = Refusal(hocon);
        Assert.StartsWith(
            $"{unknown} is not a known key; the nearest one is {nearest ?? "conveyor."}",
            refusal,
            StringComparison.Ordinal
        );
        if (nearest is not null)
            Assert.EndsWith($" {nearest}.", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conveyor.pipelines.orders.eu.max-per-stage = 5", "conveyor.pipelines.orders.eu is not a known key")]
    [InlineData(
        "conveyor.pipelines.orders.stages.mail.eu.quantum = 5",
        "conveyor.pipelines.orders.stages.mail.eu is not a known key"
    )]
    public void An_unquoted_name_with_dots_is_refused_with_a_hint_to_quote_it(string hocon, string says)
    {
        var refusal = Refusal(hocon);
        Assert.StartsWith(says, refusal, StringComparison.Ordinal);
        Assert.EndsWith(
            "If it is part of a name with dots, the name must be quoted.",
            refusal,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_common_settings_have_no_block_of_stages() =>
        Assert.StartsWith(
            "conveyor.buffers.stages is not a known key; the nearest one is conveyor.buffers.stage.",
            Refusal("conveyor.buffers.stages { }"),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_mistyped_key_of_a_fallback_is_refused_as_well() =>
        Assert.StartsWith(
            "conveyor.buffers.idle is not a known key; the nearest one is conveyor.buffers.idle-after",
            Assert
                .Throws<ConfigurationException>(() =>
                    ConveyorSettings.FromConfig(
                        ConfigurationFactory
                            .ParseString("conveyor.buffers.max-per-stage = 5")
                            .WithFallback("conveyor.buffers.idle = 5 s")
                    )
                )
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void The_dispatcher_accepts_the_keys_of_Akka() =>
        ConveyorSettings.FromConfig(
            "conveyor.buffer-actor-dispatcher { type = ForkJoinDispatcher, dedicated-thread-pool.thread-count = 3 }"
        );

    [Fact]
    public void The_dispatcher_may_be_an_alias() =>
        ConveyorSettings.FromConfig("conveyor.buffer-actor-dispatcher = akka.actor.default-dispatcher");

    static string Refusal(string hocon) =>
        Assert
            .Throws<ConfigurationException>(() => ConveyorSettings.FromConfig(ConfigurationFactory.ParseString(hocon)))
            .Message;
}
