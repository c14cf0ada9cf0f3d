using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

/// <summary>Settings of the journal that would lose records or time in silence stop the start, by name.</summary>
public sealed class JournalCheckTests : IDisposable
{
    readonly SqliteDatabase database = new();

    [Theory]
    [InlineData(
        "akka.persistence.journal.sql.replay-filter.mode = repair-by-discard-old",
        "akka.persistence.journal.sql.replay-filter.mode is repair-by-discard-old; with conveyor.persistence it must be off"
    )]
    [InlineData("akka.persistence.journal.sql.replay-filter.mode = fail", "replay-filter.mode is fail;")]
    [InlineData(
        "akka.persistence.journal.sql.prefer-parameters-on-multirow-insert = false",
        "akka.persistence.journal.sql.prefer-parameters-on-multirow-insert is false; with conveyor.persistence it must be true"
    )]
    [InlineData(
        "akka.persistence.journal.sql.circuit-breaker.reset-timeout = 30 s",
        "akka.persistence.journal.sql.circuit-breaker.reset-timeout is 30 s; with conveyor.persistence it must be 10 s or less"
    )]
    [InlineData(
        "akka.persistence.snapshot-store.sql.circuit-breaker.reset-timeout = 60 s",
        "akka.persistence.snapshot-store.sql.circuit-breaker.reset-timeout is 60 s;"
    )]
    [InlineData("akka.persistence.journal.plugin = nowhere", "nowhere has no journal: nowhere.class is missing")]
    public async Task A_wrong_setting_of_the_journal_stops_the_start_with_its_name(string wrong, string message)
    {
        using var system = ActorSystem.Create(
            "check",
            ConfigurationFactory.ParseString($"{database.Hocon}\n{JournalNode.Quick}\n{wrong}")
        );
        var refusal = Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        await system.Terminate();
    }

    [Theory]
    [InlineData("akka.persistence.journal.sql.replay-filter.mode", "off")]
    [InlineData("akka.persistence.journal.sql.circuit-breaker.reset-timeout", "2 s")]
    [InlineData("akka.persistence.journal.sql.prefer-parameters-on-multirow-insert", "true")]
    [InlineData("akka.persistence.snapshot-store.sql.circuit-breaker.reset-timeout", "2 s")]
    public async Task The_journal_gets_its_required_settings_automatically(string key, string value)
    {
        using var system = ActorSystem.Create(
            "check",
            ConfigurationFactory.ParseString(
                $"{database.Hocon}\nconveyor.persistence = on, akka.stdout-loglevel = OFF, akka.loglevel = OFF"
            )
        );
        Assert.True(ConveyorSystem.Get(system).Settings.KeepsRecords);
        Assert.Equal(value, system.Settings.Config.GetString(key));
        await system.Terminate();
    }

    [Fact]
    public async Task A_persistence_that_was_started_before_with_other_settings_stops_the_start()
    {
        using var system = ActorSystem.Create(
            "check",
            ConfigurationFactory.ParseString(database.Hocon + "\n" + JournalNode.Quick)
        );
        Akka.Persistence.Persistence.Instance.Apply(system);
        var refusal = Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system));
        Assert.Contains(
            "akka.persistence.journal.sql.replay-filter.mode is repair-by-discard-old",
            refusal.Message,
            StringComparison.Ordinal
        );
        await system.Terminate();
    }

    [Fact]
    public async Task Without_persistence_no_journal_is_needed()
    {
        using var system = ActorSystem.Create(
            "check",
            ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF, akka.loglevel = OFF")
        );
        Assert.False(ConveyorSystem.Get(system).Service.IsDurable);
        var refused = await Assert.ThrowsAnyAsync<InvalidOperationException>(() =>
            ConveyorSystem
                .Get(system)
                .Service.BufferForStageAsync("p", "s", "a", new ConveyorRecord("r", default), AckLevel.Persisted)
                .AsTask()
        );
        Assert.Contains(
            "AckLevel is Persisted, but pipeline 'p' keeps nothing on disk",
            refused.Message,
            StringComparison.Ordinal
        );
        await system.Terminate();
    }

    public void Dispose() => database.Dispose();
}
